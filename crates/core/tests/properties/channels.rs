//! What channels get of hostile tags and policies: within the vendor's limits, and nothing in it is read as markup.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;
use tag_compliance_core::fix::Fix;
use tag_compliance_core::instance::{Instance, Tags};
use tag_compliance_core::memory::{Item, Look, Looked, News, Rules, Source, decide};
use tag_compliance_core::notification::{
    Alert, AlertTags, Alerts, Change, Digest, Notification, Violation, chat, jsm, pagerduty, slack,
    teams,
};
use tag_compliance_core::policy::TagPolicy;
use tag_compliance_core::provenance::Provenance;
use tag_compliance_core::subject::Subject;
use tag_compliance_core::sweep::totals::Totals;
use tag_compliance_core::testing::{at, instance, numbered, subject};

use crate::support::{cases, hostile_policy, hostile_tags, is_plain};

const CONSOLE: &str = "https://us-east-1.console.aws.amazon.com/";

/// Every text of a value, with the path to it.
fn texts(value: &Value) -> Vec<(String, &str)> {
    fn walk<'a>(value: &'a Value, path: &str, found: &mut Vec<(String, &'a str)>) {
        match value {
            Value::String(text) => found.push((path.to_owned(), text)),
            Value::Array(values) => values.iter().for_each(|it| walk(it, path, found)),
            Value::Object(fields) => {
                for (name, value) in fields {
                    walk(value, &format!("{path}/{name}"), found);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(value, "", &mut found);
    found
}

/// Every object of a value whose type is this.
fn of_type<'a>(value: &'a Value, kind: &str) -> Vec<&'a Value> {
    let inner: Box<dyn Iterator<Item = &Value>> = match value {
        Value::Array(values) => Box::new(values.iter()),
        Value::Object(fields) => Box::new(fields.values()),
        _ => return Vec::new(),
    };
    let itself = (value["type"] == kind).then_some(value);
    let inner = inner.flat_map(|it| of_type(it, kind));
    itself.into_iter().chain(inner).collect()
}

fn types(value: &Value) -> Vec<&str> {
    let texts = texts(value).into_iter();
    let types = texts.filter(|(path, _)| path.ends_with("/type"));
    types.map(|(_, text)| text).collect()
}

/// Whether no channel finds markup in the text.
fn is_title(text: &str) -> bool {
    let is_of_title = |it: char| it.is_ascii_alphanumeric() || " ,:-".contains(it);
    !text.is_empty() && text.len() <= 150 && text.chars().all(is_of_title)
}

/// Text in pieces, as it is shown.
fn joined(parts: &Value) -> String {
    let parts = parts.as_array().unwrap().iter();
    parts.map(|part| part["text"].as_str().unwrap()).collect()
}

fn check_plain(value: &Value) -> Result<(), TestCaseError> {
    for (path, text) in texts(value) {
        prop_assert!(
            text.chars().all(|it| it == '\n' || is_plain(it)),
            "{path}: {text:?}"
        );
    }
    Ok(())
}

/// Answers with the commands that are shown.
fn check_slack(message: &Value) -> Result<Vec<String>, TestCaseError> {
    check_plain(message)?;
    prop_assert!(
        is_title(message["text"].as_str().unwrap()),
        "{}",
        message["text"]
    );
    let blocks = &message["blocks"];
    prop_assert!(blocks.as_array().unwrap().len() <= 50);
    for kind in types(blocks) {
        let known = [
            "header",
            "plain_text",
            "rich_text",
            "rich_text_section",
            "rich_text_list",
            "rich_text_preformatted",
            "text",
            "link",
        ];
        prop_assert!(known.contains(&kind), "{kind} may be read as markup");
    }
    let mut characters = 0;
    for (path, text) in texts(blocks) {
        if path.ends_with("/text") {
            prop_assert!(!text.is_empty() && text.chars().count() <= 3_000);
            characters += text.chars().count();
        }
        if path.ends_with("/url") {
            prop_assert!(text.starts_with(CONSOLE), "{text}");
        }
    }
    prop_assert!(characters <= 13_200, "{characters}");
    let code = of_type(blocks, "rich_text_preformatted").into_iter();
    Ok(code.map(|code| joined(&code["elements"])).collect())
}

fn check_teams(message: &Value) -> Result<Vec<String>, TestCaseError> {
    check_plain(message)?;
    prop_assert!(message.to_string().len() < 28 * 1024);
    let card = &message["attachments"][0]["content"];
    for kind in types(card) {
        let known = [
            "AdaptiveCard",
            "TextBlock",
            "RichTextBlock",
            "TextRun",
            "Container",
            "Action.OpenUrl",
        ];
        prop_assert!(known.contains(&kind), "{kind} may be read as markup");
    }
    for block in of_type(card, "TextBlock") {
        prop_assert!(is_title(block["text"].as_str().unwrap()), "{block}");
    }
    for (path, text) in texts(card) {
        prop_assert!(!text.contains("{{"), "{path}: {text}");
        if path.ends_with("/url") {
            prop_assert!(text.starts_with(CONSOLE), "{text}");
        }
    }
    let blocks = of_type(card, "RichTextBlock").into_iter();
    let code = blocks.filter(|block| block["inlines"][0]["fontType"] == "monospace");
    Ok(code.map(|code| joined(&code["inlines"])).collect())
}

fn check_chat(message: &Value) -> Result<Vec<String>, TestCaseError> {
    check_plain(message)?;
    prop_assert!(is_title(message["content"]["title"].as_str().unwrap()));
    prop_assert!(is_title(message["metadata"]["summary"].as_str().unwrap()));
    let description = message["content"]["description"].as_str().unwrap();
    prop_assert!(description.chars().count() <= 8_000);
    let (mut fenced, mut commands) = (None, Vec::new());
    for line in description.lines() {
        match &mut fenced {
            None if line == "```" => fenced = Some(Vec::new()),
            None => {
                let is_of_title = |it: char| it.is_ascii_alphanumeric() || " ,:-.…".contains(it);
                let is_ours =
                    line.chars().all(is_of_title) || line.contains(&format!(": {CONSOLE}"));
                prop_assert!(is_ours, "{line} is not between fences");
            }
            Some(lines) if line == "```" => {
                if let [only] = &lines[..] {
                    commands.extend(
                        Some(only)
                            .filter(|it: &&String| it.starts_with("aws "))
                            .cloned(),
                    );
                }
                fenced = None;
            }
            Some(lines) => {
                prop_assert!(!line.contains(['`', '<', '>']), "{line}");
                let line = line
                    .replace("&lt;", "<")
                    .replace("&gt;", ">")
                    .replace("&amp;", "&");
                lines.push(line);
            }
        }
    }
    prop_assert!(fenced.is_none(), "the last fence is closed");
    Ok(commands)
}

/// All channels of a notification; answers with the commands that each shows.
fn check(notification: &Notification<'_>) -> Result<[Vec<String>; 3], TestCaseError> {
    Ok([
        check_slack(&slack::render(notification))?,
        check_teams(&teams::render(notification))?,
        check_chat(&chat::render(notification, "id", "thread"))?,
    ])
}

fn item(subject: &Subject<'_>, policy: &TagPolicy) -> Option<Item> {
    let evaluation = policy.evaluate(subject);
    let look = Look::evaluated(subject, &evaluation, policy, String::new(), false);
    let looked = Looked {
        look: &look,
        asked_at: subject.now,
        now: subject.now,
        source: Source::Check,
    };
    let rules = Rules {
        repeat_interval: None,
        resolved_notices: true,
        violation_events: true,
        escalate_after: None,
        baseline_until: None,
    };
    decide(None, looked, rules).map(|write| write.item)
}

fn check_violation(violation: &Violation<'_>) -> Result<(), TestCaseError> {
    let commands = violation
        .fix
        .iter()
        .flat_map(|fix| fix.commands.iter().chain(&fix.next_launch_commands));
    let commands: Vec<_> = commands.map(String::as_str).collect();
    let event = pagerduty::render(violation);
    check_plain(&event)?;
    let payload = &event["payload"];
    prop_assert!(payload["summary"].as_str().unwrap().chars().count() <= 1_024);
    prop_assert!(event.to_string().len() <= 64 * 1024);
    for (path, text) in texts(&event) {
        prop_assert!(!text.contains('\n'), "{path}: {text}");
        prop_assert!(
            !text.starts_with("aws ") || commands.contains(&text),
            "{text}"
        );
    }

    let alert = jsm::render(violation);
    check_plain(&alert)?;
    prop_assert!(alert["message"].as_str().unwrap().chars().count() <= 130);
    let description = alert["description"].as_str().unwrap();
    prop_assert!(description.chars().count() <= 15_000);
    for line in description.lines().filter(|line| line.starts_with("aws ")) {
        prop_assert!(commands.contains(&line), "{line}");
    }
    let details = alert["details"].as_object().unwrap();
    let characters = |(name, value): (&String, &Value)| {
        name.chars().count() + value.as_str().unwrap().chars().count()
    };
    prop_assert!(details.iter().map(characters).sum::<usize>() <= 8_000);
    Ok(())
}

fn changes<'a>(
    policy: &'a TagPolicy,
    fleet: &'a [(News, Instance)],
    items: &'a [Option<Item>],
) -> Vec<Change<'a>> {
    let pairs = fleet.iter().zip(items);
    let change = |((news, instance), item): (&'a (News, Instance), &'a Option<Item>)| {
        Some(Change {
            news: *news,
            id: &instance.id,
            name: policy.shown(&instance.tags).get("Name"),
            provenance: Some(Provenance::of(instance, policy)),
            evaluation: None,
            item: item.as_ref()?,
        })
    };
    pairs.filter_map(change).collect()
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn an_alert_is_shown_as_it_is(policy in hostile_policy(), tags in hostile_tags()) {
        let instance = instance(tags);
        let subject = subject(&instance);
        let evaluation = policy.evaluate(&subject);
        prop_assume!(!evaluation.is_compliant());
        let shown = check(&Notification::Alert(Alert {
            subject,
            evaluation: &evaluation,
            policy: &policy,
            tags: AlertTags::All,
        }))?;
        let fix = Fix::of(&subject, &evaluation, &policy, |_| true).unwrap();
        let all: Vec<_> = fix.commands.iter().chain(&fix.next_launch_commands).cloned().collect();
        for (commands, max_chars) in shown.into_iter().zip([3_000, 6_000, 2_500]) {
            let is_short = |it: &&String| it.chars().count() <= max_chars;
            let mut expected = all.iter().filter(is_short).peekable();
            // What is shown is there as it was, in its order, and only what has no room is not.
            for command in &commands {
                prop_assert!(expected.any(|it| it == command), "{command}");
            }
            let room: usize = all.iter().map(|it| it.chars().count()).sum();
            prop_assert!(expected.peek().is_none() || room > 1_500, "{:?}", expected.peek());
        }
        let Some(item) = item(&subject, &policy) else { return Ok(()) };
        let change = Change {
            news: News::Opened,
            id: &instance.id,
            name: policy.shown(&instance.tags).get("Name"),
            provenance: Some(fix.provenance),
            evaluation: Some(&evaluation),
            item: &item,
        };
        for fix in [None, Some(&fix)] {
            let (change, account_id) = (&change, "123456789012");
            check_violation(&Violation { change, account_id, region: "us-east-1", fix })?;
        }
    }
}

proptest! {
    #![proptest_config(cases(20))]

    #[test]
    fn many_violations_are_cut_and_counted(
        policy in hostile_policy(),
        kinds in vec(hostile_tags(), 1..8),
        (count, causes) in (1..300_usize, 1..40_usize),
        name in prop_oneof![Just("n".to_owned()), any::<char>().prop_map(String::from)],
    ) {
        let news = [News::Opened, News::Changed, News::StillOpen, News::Resolved];
        let instance = |number: usize| {
            let own = kinds[number % kinds.len()].iter();
            let own = own.map(|(key, value)| (key.raw().to_owned(), value.raw().to_owned()));
            // Of many causes, with long names: more than fits.
            let cause = ("aws:autoscaling:groupName".to_owned(), (number % causes).to_string());
            let name = ("Name".to_owned(), name.repeat(256));
            let tags: Tags = own.chain([cause, name]).collect();
            (news[number % news.len()], numbered(number as u64, tags))
        };
        let fleet: Vec<_> = (0..count).map(instance).collect();
        let items: Vec<_> = fleet.iter().map(|(_, it)| item(&subject(it), &policy)).collect();
        let changes = changes(&policy, &fleet, &items);
        let all = changes.len();
        prop_assume!(all > 0);
        let owner = policy.owner_of(&fleet[0].1);
        let notification = Notification::Alerts(Alerts { region: "us-east-1", owner, changes });
        check(&notification)?;
        // Every violation is shown or counted.
        let message = slack::render(&notification);
        let lists = of_type(&message, "rich_text_list").into_iter();
        let shown: usize = lists.map(|list| list["elements"].as_array().unwrap().len()).sum();
        let notes = texts(&message).into_iter();
        let notes = notes.filter_map(|(_, text)| {
            text.strip_prefix("… and ")?.strip_suffix(" more")?.parse::<usize>().ok()
        });
        prop_assert_eq!(shown + notes.sum::<usize>(), all);
    }

    #[test]
    fn a_digest_is_short(policy in hostile_policy(), fleet in vec(hostile_tags(), 0..30)) {
        let mut totals = Totals::default();
        let now = at("2026-01-01T10:00:00Z");
        for (number, tags) in fleet.iter().enumerate() {
            let instance = numbered(number as u64, tags.clone());
            let evaluation = policy.evaluate(&subject(&instance));
            totals.add(&policy, &instance, &evaluation, now);
        }
        check(&Notification::Digest(Digest {
            region: "us-east-1",
            policy: &policy,
            totals: &totals,
            now,
            log_bucket: "logs",
            record_prefix: "scans/2026-01-01/fleet-1767261600000-",
        }))?;
    }
}
