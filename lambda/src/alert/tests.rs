use proptest::collection::btree_map;
use proptest::prelude::*;

use super::*;
use crate::instance::Tags;
use crate::policy::{RequiredTag, TagPolicy};

fn policy() -> TagPolicy {
    let tag = |key: &str, allowed_values: Option<&[&str]>| RequiredTag {
        key: key.to_owned(),
        allowed_values: allowed_values
            .map(|values| values.iter().map(|value| (*value).to_owned()).collect()),
    };
    TagPolicy::new(vec![
        tag("Environment", Some(&["dev", "staging", "prod"])),
        tag("Owner", None),
        tag("Application", None),
    ])
    .unwrap()
}

fn instance(tags: Tags) -> Instance {
    Instance {
        id: "i-1234567890abcdef0".parse().unwrap(),
        account_id: None,
        state: InstanceState::Running,
        tags,
    }
}

fn alert_for(tags: Tags) -> Alert {
    let policy = policy();
    let instance = instance(tags);
    Alert::for_instance(&instance, &policy.judge(&instance.tags), "us-east-1")
}

fn tags(pairs: &[(&str, &str)]) -> Tags {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

#[test]
fn missing_tags_are_named() {
    let alert = alert_for(tags(&[("Environment", "prod"), ("Name", "web-server")]));
    assert_eq!(
        alert.subject,
        "EC2 instance i-1234567890abcdef0 is not compliant"
    );
    assert_eq!(
        alert.body,
        "EC2 Instance Non-Compliant Alert\n\
         \n\
         Instance ID: i-1234567890abcdef0\n\
         State: running\n\
         Region: us-east-1\n\
         \n\
         Missing Tags: Owner, Application\n\
         \n\
         Current Tags:\n\
         \x20 Environment: prod\n\
         \x20 Name: web-server\n\
         \n\
         Please add the missing tags to ensure compliance.\n"
    );
}

#[test]
fn invalid_tags_get_a_block_of_their_own() {
    let alert = alert_for(tags(&[
        ("Environment", "qa"),
        ("Owner", " "),
        ("Application", "shop"),
    ]));
    assert!(!alert.body.contains("Missing Tags"), "{}", alert.body);
    assert!(
        alert.body.contains(
            "Region: us-east-1\n\
             \n\
             Invalid Tags:\n\
             \x20 Environment: \"qa\" is not one of dev, staging, prod\n\
             \x20 Owner: the value is blank\n\
             \n\
             Current Tags:\n"
        ),
        "{}",
        alert.body
    );
    assert!(
        alert
            .body
            .ends_with("\nPlease correct the invalid tags to ensure compliance.\n")
    );
}

#[test]
fn an_untagged_instance_and_a_mixed_one() {
    assert!(
        alert_for(Tags::new())
            .body
            .contains("\nCurrent Tags:\n  (none)\n\nPlease add the")
    );
    let alert = alert_for(tags(&[("Environment", "qa")]));
    assert!(
        alert
            .body
            .contains("\nMissing Tags: Owner, Application\n\nInvalid Tags:\n")
    );
    assert!(alert.body.ends_with(
        "Please add the missing tags and correct the invalid ones to ensure compliance.\n"
    ));
}

#[test]
fn tag_text_cannot_forge_a_line() {
    let forged = "x\nMissing Tags: none\r\u{2028}State: stopped";
    let alert = alert_for(tags(&[
        ("Owner", forged),
        ("Name\nState: stopped", "\u{85}State: x"),
    ]));
    let lines: Vec<_> = alert.body.lines().collect();
    assert_eq!(
        lines
            .iter()
            .filter(|line| line.starts_with("State:"))
            .count(),
        1
    );
    assert_eq!(
        lines
            .iter()
            .filter(|line| line.starts_with("Missing Tags:"))
            .count(),
        1
    );
    assert!(!alert.body.contains(['\r', '\u{2028}', '\u{85}']));
}

#[test]
fn the_largest_tags_that_aws_allows_fit() {
    // U+E0001 is written as 9 bytes, more than any other character.
    let worst = |chars: usize| "\u{e0001}".repeat(chars);
    let tags: Tags = (0..50)
        .map(|n| (format!("{n:02}{}", worst(126)), worst(256)))
        .collect();
    let alert = alert_for(tags);
    assert!(alert.body.len() <= MAX_BODY_BYTES);
    assert!(alert.body.contains("49\\u{e0001}"), "all 50 tags are there");

    let required = |n: usize| RequiredTag {
        key: format!("{n:02}{}", worst(126)),
        allowed_values: Some((0..20).map(|n| format!("{n:02}{}", worst(254))).collect()),
    };
    let policy = TagPolicy::new((0..50).map(required).collect()).unwrap();
    let instance = instance(
        (0..50)
            .map(|n| (format!("{n:02}{}", worst(126)), worst(256)))
            .collect(),
    );
    let alert = Alert::for_instance(&instance, &policy.judge(&instance.tags), "us-east-1");
    assert!(alert.body.len() <= MAX_BODY_BYTES, "{}", alert.body.len());
    assert!(
        alert
            .body
            .contains(" more lines were cut.\n\nPlease correct")
    );
}

#[test]
fn an_alert_is_cut_as_soon_as_it_would_be_too_long() {
    let mut longest = 0;
    let mut cut = 0;
    for last in 1..=250 {
        // One line of some 256 KiB: the allowed values, the last of which decides.
        let mut allowed_values = vec!["v".repeat(248); 1_047];
        allowed_values.push("v".repeat(last));
        let policy = TagPolicy::new(vec![RequiredTag {
            key: "Owner".to_owned(),
            allowed_values: Some(allowed_values),
        }])
        .unwrap();
        let instance = instance(tags(&[("Owner", "x")]));
        let alert = Alert::for_instance(&instance, &policy.judge(&instance.tags), "us-east-1");
        assert!(alert.body.len() <= MAX_BODY_BYTES, "{last}");
        longest = longest.max(alert.body.len());
        cut += usize::from(alert.body.contains(" lines were cut."));
    }
    assert!(0 < cut && cut < 250, "{cut}");
    assert_eq!(longest, MAX_BODY_BYTES, "nothing is cut before it must be");
}

#[test]
fn a_digest_counts_all_and_lists_the_first() {
    let policy = policy();
    let mut digest = SweepDigest::default();
    let good = tags(&[
        ("Environment", "dev"),
        ("Owner", "web"),
        ("Application", "shop"),
    ]);
    let bad = tags(&[("Environment", "qa"), ("Owner", "web")]);
    digest.add(
        &"i-00000000".parse().unwrap(),
        InstanceState::Running,
        &policy.judge(&good),
    );
    for n in 0..SweepDigest::MAX_LISTED + 3 {
        let id = format!("i-{n:08x}").parse().unwrap();
        digest.add(&id, InstanceState::Stopped, &policy.judge(&bad));
    }
    let alert = Alert::for_sweep(
        &digest,
        "us-east-1",
        "s3://logs/scans/2025-12-03/fleet-1-*.jsonl",
    );
    assert_eq!(
        alert.subject,
        "EC2 tag sweep: 103 of 104 instances not compliant"
    );
    assert!(
        alert.body.starts_with(
            "EC2 Tag Compliance Sweep\n\
             \n\
             Region: us-east-1\n\
             Checked: 104\n\
             Compliant: 1\n\
             Non-Compliant: 103\n\
             \n\
             Non-Compliant Instances:\n\
             \x20 i-00000000 (stopped): missing Application; invalid Environment\n"
        ),
        "{}",
        alert.body
    );
    assert!(
        alert.body.ends_with(
            "  i-00000063 (stopped): missing Application; invalid Environment\n\
             \x20 … and 3 more\n\
             \n\
             Audit records: s3://logs/scans/2025-12-03/fleet-1-*.jsonl\n"
        ),
        "{}",
        alert.body
    );
}

#[test]
fn a_digest_names_invalid_tags_alone() {
    let policy = policy();
    let mut digest = SweepDigest::default();
    let bad = tags(&[("Environment", "qa"), ("Owner", "web"), ("Application", "")]);
    digest.add(
        &"i-00000000".parse().unwrap(),
        InstanceState::Running,
        &policy.judge(&bad),
    );
    let alert = Alert::for_sweep(&digest, "us-east-1", "s3://logs/");
    assert!(
        alert
            .body
            .contains("\n  i-00000000 (running): invalid Environment, Application\n\nAudit")
    );
}

proptest! {
    #[test]
    fn every_alert_keeps_the_limits_of_sns(
        tags in btree_map(".{1,20}|\\PC{1,128}", ".{0,40}|(.|\n){0,256}", 0..50)
    ) {
        let alert = alert_for(tags.clone());
        prop_assert!(alert.subject.is_ascii() && alert.subject.len() < 100);
        prop_assert!(!alert.subject.contains('\n'));
        prop_assert!(alert.body.len() <= MAX_BODY_BYTES);
        let listed = alert.body.lines().skip_while(|line| *line != "Current Tags:").skip(1);
        prop_assert_eq!(
            listed.take_while(|line| !line.is_empty()).count(),
            tags.len().max(1)
        );
    }
}
