//! Events: their ids, their sizes, and whose they are.

use serde_json::{Value, json};

use super::*;
use crate::memory::{Item, News, Shift};
use crate::notification::mail::{self, Mail};
use crate::notification::testing::{item, team_policy};
use crate::notification::{AlertTags, Alerts, Change, MAX_MESSAGE_BYTES, Notification, Test};
use crate::testing::{at, instance, subject, tags};

fn with_origin<T>(environment: &str, region: &str, then: impl FnOnce(&Origin<'_>) -> T) -> T {
    let account = "123456789012".parse().unwrap();
    then(&Origin {
        environment,
        account: &account,
        region,
        log_bucket: "logs",
        owners: &Owners::default(),
    })
}

fn detail(event: &BusEvent) -> Value {
    serde_json::from_str(&event.detail).unwrap()
}

/// The event of a violation of an instance with these tags, with its item changed by `change`.
fn event(
    (environment, region): (&str, &str),
    shift: Shift,
    pairs: &[(&str, &str)],
    change: impl FnOnce(&mut Item),
) -> BusEvent {
    let (policy, instance) = (team_policy(), instance(tags(pairs)));
    let subject = subject(&instance);
    let evaluation = policy.evaluate(&subject);
    let mut item = item(&policy, &instance);
    change(&mut item);
    let of = Violation {
        shift,
        instance_id: &instance.id,
        item: &item,
        subject: Some(subject),
        evaluation: Some(&evaluation),
        policy: &policy,
        tags: AlertTags::All,
    };
    with_origin(environment, region, |origin| violation(origin, &of))
}

fn opened(environment: &str, region: &str, change: impl FnOnce(&mut Item)) -> BusEvent {
    event(
        (environment, region),
        Shift::Opened,
        &[("Stage", "x")],
        change,
    )
}

#[test]
fn an_id_is_the_same_for_the_same_change_and_for_no_other() {
    let id = |event: BusEvent| detail(&event)["id"].clone();
    let first = id(opened("prod", "us-east-1", |_| {}));
    assert_eq!(first, id(opened("prod", "us-east-1", |_| {})));
    let others = [
        opened("test", "us-east-1", |_| {}),
        opened("prod", "eu-west-1", |_| {}),
        opened("prod", "us-east-1", |item| item.version += 1),
        opened("prod", "us-east-1", |item| {
            item.opened_at = at("2026-02-01T00:00:00Z");
        }),
    ];
    for other in others {
        assert_ne!(first, id(other));
    }
}

#[test]
fn an_instance_has_the_arn_of_its_partition() {
    for (region, arn) in [
        ("us-east-1", Some("arn:aws:ec2:us-east-1:")),
        ("cn-north-1", Some("arn:aws-cn:ec2:cn-north-1:")),
        ("us-gov-west-1", Some("arn:aws-us-gov:ec2:us-gov-west-1:")),
        ("eusc-de-east-1", Some("arn:aws-eusc:ec2:eusc-de-east-1:")),
        ("mars-1", None),
    ] {
        let event = opened("prod", region, |_| {});
        let begins = event
            .resource
            .as_deref()
            .map(|found| arn.is_some_and(|arn| found.starts_with(arn)));
        assert_eq!(begins, arn.map(|_| true), "{region}: {:?}", event.resource);
    }
}

#[test]
fn findings_say_what_is_wrong() {
    let pairs = [("Stage", "x"), ("owner", "web"), ("Temp", "1")];
    let event = event(("prod", "us-east-1"), Shift::Changed, &pairs, |_| {});
    let kinds: Vec<_> = detail(&event)["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| (finding["kind"].clone(), finding["key"].clone()))
        .collect();
    let expected = [
        ("missing", "Owner"),
        ("invalid", "Stage"),
        ("forbidden", "Temp"),
        ("misspelled", "owner"),
    ];
    assert_eq!(kinds, expected.map(|(kind, key)| (json!(kind), json!(key))));
}

#[test]
fn the_largest_message_fits_into_a_call() {
    let (size, detail) = message_of_500(64);
    assert!(size > MAX_MESSAGE_BYTES / 2, "{size}: the test is too easy");
    assert_eq!(detail["instances"].as_array().unwrap().len(), 100);
    let (_, detail) = message_of_500(600);
    assert_eq!(detail["instanceCount"], 500);
    assert_eq!(detail["instances"].as_array().unwrap().len(), 50);
}

/// The size and the detail of a message about instances whose name and cause have so many characters.
fn message_of_500(chars: usize) -> (usize, Value) {
    let policy = team_policy();
    let name = "🦀".repeat(chars);
    let found = instance(tags(&[
        ("Name", &name),
        ("aws:autoscaling:groupName", &name),
    ]));
    let subject = subject(&found);
    let evaluation = policy.evaluate(&subject);
    let mut item = item(&policy, &found);
    item.facts.owner = Some(name.clone());
    let change = || Change {
        news: News::Opened,
        id: &found.id,
        name: Some(Untrusted::new(&name)),
        provenance: Some(crate::provenance::Provenance::of(&found, &policy)),
        evaluation: Some(&evaluation),
        item: &item,
    };
    let changes: Vec<_> = (0..500).map(|_| change()).collect();
    let notification = Notification::Alerts(Alerts {
        region: "us-east-1",
        owner: Some(Untrusted::new(&name)),
        changes: changes.clone(),
    });
    let mail: Mail = mail::render(&notification);
    let posted = with_origin("prod", "us-east-1", |origin| {
        message(
            origin,
            &Message {
                notification: &notification,
                mail: &mail,
                topic: Topic::Changes(&changes, None),
                owner: Some(Untrusted::new(&name)),
                owner_pattern: None,
                now: subject.now,
            },
        )
    });
    let size = posted.event.size();
    assert!(size <= MAX_MESSAGE_BYTES, "{size}");
    let detail = detail(&posted.event);
    assert_eq!(detail["threadId"], posted.thread.to_string());
    (size, detail)
}

#[test]
fn a_test_is_of_no_instance_and_each_is_another() {
    let test = Test {
        environment: "prod",
        region: "us-east-1",
    };
    let ids = ["2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"].map(|now| {
        let event = with_origin("prod", "us-east-1", |origin| {
            test_violation(origin, &test, at(now))
        });
        assert_eq!(event.resource, None);
        detail(&event)["violationId"].clone()
    });
    assert_ne!(ids[0], ids[1]);
}
