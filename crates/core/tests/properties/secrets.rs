//! The value of a forbidden tag is a secret: nothing that leaves the core holds it.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};
use tag_compliance_core::decision::{AskedBy, decide};
use tag_compliance_core::event::{self, Event, EventDetails, Request};
use tag_compliance_core::fix::Fix;
use tag_compliance_core::grace::GracePeriod;
use tag_compliance_core::instance::Tags;
use tag_compliance_core::memory::{Item, Look, Looked, News, Rules, Source};
use tag_compliance_core::notification::{
    Alert, AlertTags, Alerts, Change, Digest, Notification, Violation, chat, jsm, mail, pagerduty,
    slack, teams,
};
use tag_compliance_core::policy::TagPolicy;
use tag_compliance_core::provenance::Provenance;
use tag_compliance_core::record::AuditRecord;
use tag_compliance_core::sweep::totals::Totals;
use tag_compliance_core::testing::{at, instance, policy, subject};

use crate::support::cases;

/// Keys that are forbidden by their name, in any case or by a pattern, and that something else wants to show.
const FORBIDDEN: &[&str] = &[
    "Password",
    "PASSWORD",
    "TOKEN",
    "Owner",
    "Name",
    "Stage",
    "stage",
    "Mail",
    "x-secret",
    "eks:nodegroup-name",
    "karpenter.sh/nodepool",
    "karpenter.k8s.aws/ec2nodeclass",
];

/// A policy that asks for tags, some of which it forbids at the same time.
fn forbidding(enforced_from: Option<&str>, owner_tag: &str) -> TagPolicy {
    let forbidden = |mut rule: Value| {
        if let Some(day) = enforced_from {
            rule["enforced_from"] = json!(day);
        }
        rule
    };
    let stages: Vec<_> = (0..9).map(|n| format!("stage-{n}")).collect();
    policy(&json!({
        "owner_tag": owner_tag,
        "required_tags": [
            {"key": "Project", "aliases": ["Password"]},
            {"key": "Stage", "allowed_values": stages, "when": {"states": ["running"]}},
            {"key": "Mail", "pattern": "[a-z]+@acme", "when": {"states": ["running"]}},
            {"key": "Name", "optional": true, "max_length": 4, "when": {"states": ["running"]}},
        ],
        "forbidden_tags": [
            forbidden(json!({"key": "Password"})),
            forbidden(json!({"key": "token", "ignore_key_case": true})),
            forbidden(json!({"key_pattern": "Owner|Name|(?i:stage)|Mail|.*secret|eks:.*|karpenter.*", "when": {"regions": ["us-east-1"]}})),
        ],
        "exemptions": [{"owner": "lab", "reason": "lab", "expires": "2026-12-31", "keys": ["Project"],
                        "when": {"tags": [{"key": "Lab"}]}}],
    }))
}

/// What nobody else writes: digits of which texts here have fewer in a row.
fn secret() -> impl Strategy<Value = String> {
    let around = || select(vec!["", " ", "stage-1", "\u{200b}", "{\"value\":\""]);
    (around(), 10_u64.pow(11)..10_u64.pow(12), around())
        .prop_map(|(before, digits, after)| format!("{before}{digits}{after}"))
}

fn digits(secret: &str) -> String {
    let run = secret.split(|it: char| !it.is_ascii_digit());
    run.max_by_key(|run| run.len())
        .unwrap_or_default()
        .to_owned()
}

/// All that is made of an instance.
fn outputs(policy: &TagPolicy, tags: &Tags) -> Vec<String> {
    let instance = instance(tags.clone());
    let subject = subject(&instance);
    let evaluation = policy.evaluate(&subject);
    let now = subject.now;
    let mut outputs = vec![format!(
        "{:?}",
        policy.outcomes(&subject).collect::<Vec<_>>()
    )];
    for provisional in [false, true] {
        let event = EventDetails::manual();
        let record = AuditRecord::new(&subject, &evaluation, policy, &event, provisional);
        outputs.push(String::from_utf8(record.to_json()).unwrap());
    }
    let grace = GracePeriod::new(std::time::Duration::from_hours(48), &[]);
    let event = EventDetails::manual();
    let decision = decide(AskedBy::Sweep(&event), subject, &evaluation, policy, &grace);
    outputs.push(String::from_utf8(decision.record.to_json()).unwrap());
    let fix = Fix::of(&subject, &evaluation, policy, |_| true);
    outputs.push(format!("{fix:?}"));
    outputs.push(format!("{:?}", policy.owner_of(&instance)));

    for tags in [AlertTags::All, AlertTags::Policy] {
        let alert = Alert {
            subject,
            evaluation: &evaluation,
            policy,
            tags,
        };
        outputs.extend(rendered(&Notification::Alert(alert)));
    }
    let mut totals = Totals::default();
    totals.add(policy, &instance, &evaluation, now);
    outputs.push(serde_json::to_string(&totals).unwrap());
    let digest = Digest {
        region: "us-east-1",
        policy,
        totals: &totals,
        now,
        log_bucket: "logs",
        record_prefix: "scans/",
    };
    outputs.extend(rendered(&Notification::Digest(digest)));

    let look = Look::evaluated(&subject, &evaluation, policy, String::new(), false);
    outputs.push(format!("{look:?}"));
    let rules = Rules {
        repeat_interval: None,
        resolved_notices: true,
        violation_events: true,
        escalate_after: None,
        baseline_until: None,
    };
    let looked = Looked {
        look: &look,
        asked_at: now,
        now,
        source: Source::Check,
    };
    if let Some(write) = tag_compliance_core::memory::decide(None, looked, rules) {
        outputs.push(format!("{write:?}"));
        outputs.extend(listed(policy, tags, &write.item));
    }
    outputs
}

/// What all channels get of a notification.
fn rendered(notification: &Notification<'_>) -> [String; 5] {
    let mail = mail::render(notification);
    [
        mail.subject,
        mail.body,
        slack::render(notification).to_string(),
        teams::render(notification).to_string(),
        chat::render(notification, "id", "thread").to_string(),
    ]
}

/// The messages that list an instance among others, and those about its violation.
fn listed(policy: &TagPolicy, tags: &Tags, item: &Item) -> Vec<String> {
    let instance = instance(tags.clone());
    let subject = subject(&instance);
    let evaluation = policy.evaluate(&subject);
    let fix = Fix::of(&subject, &evaluation, policy, |_| true);
    let change = Change {
        news: News::Opened,
        id: &instance.id,
        name: policy.shown(&instance.tags).get("Name"),
        provenance: Some(Provenance::of(&instance, policy)),
        evaluation: Some(&evaluation),
        item,
    };
    let owner = policy.owner_of(&instance);
    let alerts = Alerts {
        region: "us-east-1",
        owner,
        changes: vec![change.clone(), change],
    };
    let violation = Violation {
        change: &alerts.changes[0],
        account_id: "123456789012",
        region: "us-east-1",
        fix: fix.as_ref(),
    };
    let of_violation = [pagerduty::render(&violation), jsm::render(&violation)];
    let mut listed: Vec<_> = of_violation.iter().map(ToString::to_string).collect();
    listed.extend(rendered(&Notification::Alerts(alerts)));
    listed
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn nothing_holds_the_value_of_a_forbidden_tag(
        keys in subsequence(FORBIDDEN, 1..=FORBIDDEN.len()),
        secrets in vec(secret(), FORBIDDEN.len()),
        others in subsequence(vec!["Lab", "Cost"], 0..=2),
        enforced_from in select(vec![None, Some("2025-01-01"), Some("2099-01-01")]),
        owner_tag in select(vec!["Owner", "Name", "Cost"]),
    ) {
        let policy = forbidding(enforced_from, owner_tag);
        let secret = keys.iter().zip(&secrets).map(|(key, value)| ((*key).to_owned(), value.clone()));
        let others = others.iter().map(|key| ((*key).to_owned(), "shown".to_owned()));
        let tags: Tags = secret.chain(others).collect();
        for output in outputs(&policy, &tags) {
            for secret in &secrets {
                prop_assert!(!output.contains(&digits(secret)), "{secret} is in {output}");
            }
        }
    }

    #[test]
    fn no_event_that_comes_back_and_no_error_about_one_holds_the_value_of_a_tag(
        secret in secret(),
        shape in 0..6_usize,
    ) {
        let tag = json!([{"key": "Password", "value": secret}]);
        let values = json!({"Password": secret});
        let call = |tags: Value| json!({
            "source": "aws.ec2", "detail-type": "AWS API Call via CloudTrail",
            "detail": {"eventSource": "ec2.amazonaws.com", "eventName": "CreateTags", "requestParameters": {
                "resourcesSet": {"items": [{"resourceId": "i-12345678"}]}, "tagSet": tags}},
        });
        let change = |keys: Value, tags: Value| json!({
            "source": "aws.tag", "detail-type": "Tag Change on Resource",
            "resources": ["arn:aws:ec2:us-east-1:123456789012:instance/i-12345678"],
            "detail": {"changed-tag-keys": keys, "tags": tags},
        });
        let event = match shape {
            0 => call(json!({"items": tag})),
            1 => call(tag),
            2 => call(json!({"items": [secret]})),
            3 => change(json!(["Password"]), values),
            4 => change(json!([values]), tag),
            _ => json!({"instanceId": {"tags": values}}),
        };
        let told = match event::parse(&event) {
            Ok(Event::Single(Request::Check(checks))) => {
                checks.iter().map(|check| check.payload.to_string()).collect()
            }
            Ok(other) => format!("{other:?}"),
            Err(error) => error.to_string(),
        };
        prop_assert!(!told.contains(&digits(&secret)), "{told}");
        let is_understood = [true, false, false, true, false, false][shape];
        prop_assert_eq!(told.contains("i-12345678"), is_understood, "{}", told);
    }
}

#[test]
fn the_same_outputs_show_what_is_not_forbidden() {
    let policy = policy(&json!({"required_tags": [{"key": "Project"}], "owner_tag": "Owner"}));
    let value = "987654321012";
    let tags = [("Owner", value), ("Name", value), ("Password", value)];
    let tags: Tags = tags
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into_iter()
        .collect();
    let shown = outputs(&policy, &tags)
        .into_iter()
        .filter(|it| it.contains(value));
    assert_eq!(shown.count(), 22, "or the property could not fail");
    assert!(subject(&instance(tags)).now < at("2027-01-01T00:00:00Z"));
}
