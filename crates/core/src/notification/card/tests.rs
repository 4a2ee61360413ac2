use serde_json::{Value, json};

use super::*;
use crate::instance::{Instance, Tags};
use crate::memory::News;
use crate::notification::testing::{team_policy, with_alert, with_alerts};
use crate::notification::{Alerts, Notification, chat, slack, teams};
use crate::testing::{default_policy, instance, numbered, policy, tags};

fn card(commands: &[&[&str]], lines: &[usize]) -> Card {
    let step = |commands: &&[&str]| {
        let commands = commands.iter().map(|it| (*it).to_owned());
        Step::new("Fix it", None, commands.collect())
    };
    let section = |count: &usize| {
        Section::new(
            "Findings",
            (0..*count).map(|line| Line::new(line.to_string())),
        )
    };
    Card {
        steps: commands.iter().map(step).collect(),
        sections: lines.iter().map(section).collect(),
        ..Card::default()
    }
}

/// How many commands and lines a card has, and how many are left out of each step and section, and of the card.
fn counts(card: &Card) -> (usize, Vec<usize>, Vec<usize>, usize) {
    let commands = card.steps.iter().map(|step| step.commands.len());
    let lines = card.sections.iter().map(|section| section.lines.len());
    (
        commands.chain(lines).sum(),
        card.steps.iter().map(|step| step.hidden).collect(),
        card.sections.iter().map(|section| section.hidden).collect(),
        card.hidden,
    )
}

#[test]
fn what_does_not_fit_is_left_out_from_the_end_and_counted() {
    let whole = card(&[&["a", "b"], &["c"]], &[3, 2, 12]);
    assert_eq!(
        counts(&whole),
        (18, vec![0, 0], vec![0, 0, 2], 0),
        "a section has ten lines"
    );
    for (room, expected) in [
        (18, (18, vec![0, 0], vec![0, 0, 2], 0)),
        (17, (17, vec![0, 0], vec![0, 0, 3], 0)),
        (8, (8, vec![0, 0], vec![0, 0], 12)),
        (7, (7, vec![0, 0], vec![0, 1], 12)),
        (4, (4, vec![0, 0], vec![2], 14)),
        (2, (2, vec![0, 1], vec![], 17)),
        (0, (0, vec![2, 1], vec![], 17)),
    ] {
        let fitted = whole.clone().fitted(|card| counts(card).0 <= room);
        assert_eq!(counts(&fitted), expected, "{room}");
    }
}

#[test]
fn a_command_is_shown_whole_or_not_at_all() {
    let card = card(&[&["long command", "short"], &["also long"]], &[]);
    let short = card.without_long_commands(5);
    assert_eq!(short.steps[0].commands, ["short"]);
    assert_eq!(counts(&short).1, [1, 1]);
}

#[test]
fn what_is_left_out_is_said() {
    let step = |hidden| Step {
        hidden,
        ..Step::new("Fix it", None, Vec::new())
    };
    let notes = [0, 1, 2].map(|hidden| step(hidden).note());
    assert_eq!(
        notes.each_ref().map(Option::as_deref),
        [
            None,
            Some("1 command is too long to show here: see the audit record."),
            Some("2 commands are too long to show here: see the audit record."),
        ]
    );
    let more = card(&[], &[12]).fitted(|card| card.sections.is_empty());
    assert_eq!(more.note().as_deref(), Some("… and 12 more"));
    let section = &card(&[], &[12]).sections[0];
    assert_eq!(section.note().as_deref(), Some("… and 2 more"));
    assert_eq!(card(&[], &[2]).sections[0].note(), None);
}

#[test]
fn a_text_from_outside_is_one_short_line() {
    let name = format!("a\n\u{202e}{}", "b".repeat(300));
    let fact = Fact::new("Name", name);
    assert!(fact.value.starts_with("a\\n\\u{202e}bbb"), "{}", fact.value);
    assert!(fact.value.ends_with('…') && fact.value.chars().count() == 201);
}

/// Several hundred violations of twenty-five causes, each as long as it can be.
fn large_storm() -> Vec<(News, Instance)> {
    let name = "\u{1f680}".repeat(256);
    let instance = |number: u64| {
        let group = format!("{}{}", number % 25, "\u{1f680}".repeat(200));
        numbered(
            number,
            tags(&[("aws:autoscaling:groupName", &group), ("Name", &name)]),
        )
    };
    (0..400).map(|n| (News::Opened, instance(n))).collect()
}

fn with_large_storm<T>(render: impl FnOnce(&Notification<'_>) -> T) -> T {
    let render = |alerts: &Alerts<'_>| render(&Notification::Alerts(alerts.clone()));
    with_alerts(&team_policy(), &large_storm(), None, render)
}

/// How long all texts are together.
fn characters(value: &Value) -> usize {
    match value {
        Value::Object(fields) => {
            let text = fields.get("text").and_then(Value::as_str);
            let text = text.map_or(0, |text| text.encode_utf16().count());
            text + fields.values().map(characters).sum::<usize>()
        }
        Value::Array(values) => values.iter().map(characters).sum(),
        _ => 0,
    }
}

#[test]
fn the_largest_storm_fits_into_each_channel_and_uses_its_room() {
    let slack = with_large_storm(slack::render);
    let characters = characters(&slack["blocks"]);
    assert!((11_000..=13_200).contains(&characters), "{characters}");

    let teams = with_large_storm(teams::render).to_string();
    let escaped: usize = teams
        .chars()
        .map(|it| if it.is_ascii() { 1 } else { 6 * it.len_utf16() })
        .sum();
    assert!((25_000..28 * 1024).contains(&escaped), "{escaped}");

    let chat = with_large_storm(|it| chat::render(it, "id", "thread"));
    let description = chat["content"]["description"].as_str().unwrap();
    let characters = description.chars().count();
    assert!((7_500..=8_000).contains(&characters), "{characters}");
    for message in [slack.to_string(), teams, description.to_owned()] {
        assert!(message.contains("… and "), "{message}");
    }
}

#[test]
fn the_longest_commands_fit_into_each_channel() {
    let rules: Vec<_> = (0..50)
        .map(|n| json!({"key": format!("{n:02}{}", "\u{1f680}".repeat(126))}))
        .collect();
    let policy = policy(&json!({"required_tags": rules, "forbidden_tags": [{"key": "Temp"}]}));
    let bad = instance(tags(&[("Temp", "x"), ("aws:autoscaling:groupName", "web")]));
    let shown = "aws ec2 delete-tags --region us-east-1";
    let notes = ["1 command is too long", "2 commands are too long"];
    for message in with_alert(&policy, &bad, |it| {
        [
            slack::render(it),
            teams::render(it),
            chat::render(it, "id", "thread"),
        ]
    }) {
        let message = message.to_string();
        for text in [shown, notes[0], notes[1]] {
            assert!(message.contains(text), "{text} is not in {message}");
        }
    }
}

#[test]
fn where_the_console_is_not_known_there_is_no_link() {
    let storm = [(News::Opened, numbered(1, Tags::new()))];
    let card = with_alerts(&team_policy(), &storm, None, |alerts| {
        Card::of(&Notification::Alerts(Alerts {
            region: "xx-new-1",
            ..alerts.clone()
        }))
    });
    let line = Line::new("i-00000001: missing Owner, Stage");
    assert_eq!(card.sections[0].lines, [line]);
    assert_eq!(card.page, None);
}

#[test]
fn an_instance_without_name_and_of_a_service_says_so() {
    let mut managed = instance(tags(&[("Name", " ")]));
    managed.operator = Some("eks.amazonaws.com".parse().unwrap());
    let card = with_alert(&default_policy(), &managed, Card::of);
    let facts = card.facts.iter();
    let facts: Vec<_> = facts
        .map(|fact| format!("{}: {}", fact.name, fact.value))
        .collect();
    assert_eq!(
        facts,
        [
            "Instance: i-1234567890abcdef0",
            "Account: 123456789012",
            "Region: us-east-1",
            "State: running",
            "Managed By: eks.amazonaws.com",
            "Launched: 2026-01-01",
        ]
    );
    assert_eq!(
        card.steps[0].what,
        "Fix this instance, as far as eks.amazonaws.com allows"
    );
}

#[test]
fn each_severity_has_its_color() {
    for (severity, color) in [
        (Some("critical"), "attention"),
        (Some("high"), "attention"),
        (Some("medium"), "warning"),
        (Some("low"), "accent"),
        (None, "default"),
    ] {
        let policy = policy(&json!({"required_tags": [{"key": "Owner", "severity": severity}]}));
        let message = with_alert(&policy, &instance(Tags::new()), teams::render);
        let title = &message["attachments"][0]["content"]["body"][0];
        assert_eq!(title["color"], color, "{severity:?}");
    }
}
