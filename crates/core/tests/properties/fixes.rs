//! What people paste into a shell, for hostile tags and policies.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::Value;
use tag_compliance_core::fix::Fix;
use tag_compliance_core::instance::TagValue;
use tag_compliance_core::testing::{instance, subject};

use crate::support::{cases, hostile_policy, hostile_tags, is_plain};

/// The words of a command as a POSIX shell splits it, of which it expands none.
fn words(command: &str) -> Vec<String> {
    let pieces: Vec<_> = command.split('\'').collect();
    assert!(pieces.len() % 2 == 1, "every quote is closed: {command}");
    let mut words = Vec::new();
    for (index, piece) in pieces.into_iter().enumerate() {
        if index % 2 == 1 {
            words.push(piece.to_owned());
            continue;
        }
        let is_harmless = |it: char| it.is_ascii_alphanumeric() || it == ' ' || it == '-';
        assert!(piece.chars().all(is_harmless), "{piece:?} of {command}");
        words.extend(piece.split_whitespace().map(str::to_owned));
    }
    words
}

/// The tags of a command, as the AWS CLI reads them.
fn tags(words: &[String]) -> Vec<Value> {
    let at = words.iter().position(|word| word == "--tags").unwrap();
    let arguments = &words[at + 1..];
    if arguments[0].starts_with('[') {
        assert_eq!(arguments.len(), 1, "{arguments:?}");
        return serde_json::from_str(&arguments[0]).unwrap();
    }
    let shorthand = |argument: &String| {
        let fields = argument.split(',').map(|field| {
            let (name, value) = field.split_once('=').unwrap();
            assert!(!value.contains(['=', '"']), "{argument}");
            (name.to_owned(), Value::from(value))
        });
        Value::Object(fields.collect())
    };
    arguments.iter().map(shorthand).collect()
}

fn keys(tags: &[Value]) -> BTreeSet<&str> {
    tags.iter()
        .map(|tag| tag["Key"].as_str().unwrap())
        .collect()
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn a_command_is_one_line_that_says_what_it_is_for(policy in hostile_policy(), tags_of_it in hostile_tags()) {
        let instance = instance(tags_of_it);
        let subject = subject(&instance);
        let evaluation = policy.evaluate(&subject);
        let Some(fix) = Fix::of(&subject, &evaluation, &policy, |_| true) else {
            prop_assert!(evaluation.is_compliant());
            return Ok(());
        };
        let invalid = evaluation.invalid_tags.iter().map(|tag| tag.key.raw());
        let added: BTreeSet<&str> = evaluation.missing_tags.iter().copied().chain(invalid).collect();
        let misspelled = evaluation.misspelled_tags.iter().map(|tag| tag.found.raw());
        let forbidden = evaluation.forbidden_tags.iter().map(|tag| tag.key.raw());
        let forbidden: BTreeSet<&str> = forbidden.collect();
        let deleted: BTreeSet<&str> = misspelled.chain(forbidden.iter().copied()).collect();

        for text in fix.commands.iter().chain(&fix.next_launch_commands).chain([&fix.next_launch]) {
            prop_assert!(text.chars().all(is_plain), "{:?}", text);
        }
        for command in &fix.commands {
            let words = words(command);
            let resources = ["--region", "us-east-1", "--resources", "i-1234567890abcdef0", "--tags"];
            prop_assert_eq!(&words[..2], ["aws", "ec2"]);
            prop_assert_eq!(&words[3..8], resources);
            prop_assert!(words[2] == "create-tags" || words[2] == "delete-tags");
            let tags = tags(&words);
            if words[2] == "create-tags" {
                prop_assert_eq!(&keys(&tags), &added);
            } else {
                // What a misspelled tag says may be nowhere else.
                prop_assert!(keys(&tags).is_superset(&forbidden));
                prop_assert!(keys(&tags).is_subset(&deleted));
            }
        }
        let needed = usize::from(!added.is_empty()) + usize::from(!forbidden.is_empty());
        prop_assert!(fix.commands.len() >= needed);

        let group = instance.tags.get("aws:autoscaling:groupName");
        for command in &fix.next_launch_commands {
            let words = words(command);
            prop_assert_eq!(&words[..3], ["aws", "autoscaling", "create-or-update-tags"]);
            for tag in tags(&words) {
                prop_assert_eq!(tag["ResourceId"].as_str(), group.map(TagValue::raw));
                prop_assert!(added.contains(tag["Key"].as_str().unwrap()));
            }
        }
    }
}
