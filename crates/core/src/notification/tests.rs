//! What each channel gets of the same notifications: snapshots that `standin/tests/test_messages.py` hands to the
//! receivers, and `scripts/dev/pictures.py` draws.

use serde_json::{Value, json};

use super::testing::{item, with_alert, with_alerts};
use super::{Change, Digest, Notification, Violation, chat, jsm, pagerduty, slack, teams};
use crate::fix::Fix;
use crate::instance::{Instance, InstanceState};
use crate::memory::{Closed, Item, News, State};
use crate::policy::TagPolicy;
use crate::provenance::Provenance;
use crate::sweep::totals::Totals;
use crate::testing::{add, at, numbered, policy, subject, tags};
use crate::timestamp::Timestamp;

fn shop_policy() -> TagPolicy {
    policy(&json!({
        "required_tags": [
            {"key": "Environment", "allowed_values": ["dev", "staging", "prod"], "severity": "high"},
            {"key": "Owner", "severity": "high"},
            {"key": "CostCenter", "pattern": "[0-9]{4}", "example": "4711",
             "description": "Ask finance: https://wiki.example.com/costs"},
        ],
        "forbidden_tags": [{"key": "Password"}],
    }))
}

fn web_server() -> Instance {
    let mut instance = numbered(
        0,
        tags(&[
            ("Name", "shop-web-6"),
            ("Environment", "production"),
            ("Owner", "web-team"),
            ("costcenter", "4711"),
            ("aws:autoscaling:groupName", "shop-web"),
            ("aws:ec2launchtemplate:id", "lt-0a1b2c3d4e5f60718"),
            ("aws:ec2launchtemplate:version", "7"),
        ]),
    );
    instance.id = "i-0a1b2c3d4e5f60716".parse().unwrap();
    instance
}

/// Markup of every channel, in everything that a person who tags an instance can choose.
const MARKUP: &str = "<!channel> <@U1> *b* _i_ `c` ~s~ [a](https://x.example) <https://x.example|a> \
                      <at>all</at> {{DATE(2026-01-01T00:00:00Z)}} ```\n&amp; :tada: \u{202e}";

fn marked() -> Instance {
    let mut instance = web_server();
    instance.tags = tags(&[
        ("Name", MARKUP),
        ("Environment", MARKUP),
        ("Owner", MARKUP),
        ("CostCenter", MARKUP),
        ("Password", "hunter2"),
        ("aws:autoscaling:groupName", MARKUP),
    ]);
    instance
}

fn storm() -> Vec<(News, Instance)> {
    let group = |number| {
        (
            "aws:autoscaling:groupName",
            if number % 2 == 0 { "web" } else { "batch" },
        )
    };
    let instance = |number| {
        let name = format!("server-{number}");
        numbered(
            number,
            tags(&[group(number), ("Name", &name), ("Owner", "web-team")]),
        )
    };
    let alone = numbered(9_000, tags(&[("Name", "alone"), ("Owner", "web-team")]));
    let storm = (1..=430).map(|number| (News::Opened, instance(number)));
    storm.chain([(News::Changed, alone)]).collect()
}

fn sweep() -> Totals {
    let policy = shop_policy();
    let mut totals = Totals::default();
    for number in 1..=12 {
        let stage = if number < 9 { "prod" } else { "qa" };
        let pairs = [
            ("Environment", stage),
            ("Owner", "web-team"),
            ("CostCenter", "4711"),
        ];
        let mut instance = numbered(number, tags(&pairs));
        instance.state = InstanceState::Running;
        instance.launched_at = Timestamp::from_epoch_millis(1_760_000_000_000);
        add(&mut totals, &policy, &instance);
    }
    (totals.standing.open, totals.standing.new) = (4, 1);
    totals
        .standing
        .add_age(std::time::Duration::from_hours(24 * 9), &[7]);
    totals
        .standing
        .resolved
        .add("i-00000003: compliant".to_owned());
    totals
}

/// Each notification by its name.
fn with_each(mut render: impl FnMut(&str, &Notification<'_>)) {
    let policy = shop_policy();
    with_alert(&policy, &web_server(), |it| render("alert", it));
    with_alert(&policy, &marked(), |it| render("markup", it));
    with_alerts(&policy, &storm(), Some("web-team"), |it| {
        render("storm", &Notification::Alerts(it.clone()));
    });
    let markup = [(News::StillOpen, marked())];
    with_alerts(&policy, &markup, Some(MARKUP), |it| {
        render("still-open", &Notification::Alerts(it.clone()));
    });
    with_violation(
        &web_server(),
        State::Closed(Closed::Compliant),
        |violation| {
            let alerts = super::Alerts {
                region: violation.region,
                owner: None,
                changes: vec![violation.change.clone()],
            };
            render("resolved", &Notification::Alerts(alerts));
        },
    );
    let totals = sweep();
    let digest = Digest {
        region: "us-east-1",
        policy: &policy,
        totals: &totals,
        now: at("2026-01-01T10:00:00Z"),
        log_bucket: "tag-compliance-audit-log-1234567890",
        record_prefix: "scans/2026-01-01/fleet-1767261600000-",
    };
    render("digest", &Notification::Digest(digest));
}

fn with_violation<T>(
    instance: &Instance,
    state: State,
    render: impl FnOnce(&Violation<'_>) -> T,
) -> T {
    let policy = shop_policy();
    let subject = subject(instance);
    let evaluation = policy.evaluate(&subject);
    let fix = Fix::of(&subject, &evaluation, &policy, |_| true);
    let item = Item {
        state,
        ..item(&policy, instance)
    };
    let change = Change {
        news: if state.is_open() {
            News::Opened
        } else {
            News::Resolved
        },
        id: &instance.id,
        name: policy.unmasked("Name", &instance.tags),
        provenance: Some(Provenance::of(instance, &policy)),
        evaluation: Some(&evaluation),
        item: &item,
    };
    render(&Violation {
        change: &change,
        account_id: "123456789012",
        region: "us-east-1",
        fix: fix.as_ref(),
    })
}

fn check(channel: &str, name: &str, message: &Value) {
    let message = serde_json::to_string_pretty(message).unwrap();
    insta::assert_snapshot!(format!("{channel}-{name}"), message);
}

#[test]
fn slack_gets_blocks() {
    with_each(|name, notification| check("slack", name, &slack::render(notification)));
}

#[test]
fn teams_gets_a_card() {
    with_each(|name, notification| check("teams", name, &teams::render(notification)));
}

#[test]
fn amazon_q_developer_gets_a_custom_notification() {
    with_each(|name, notification| {
        let message = chat::render(
            notification,
            "0123456789abcdef0123456789abcdef",
            "0123456789abcdef",
        );
        check("chat", name, &message);
    });
}

#[test]
fn systems_that_keep_alerts_get_a_violation() {
    for (name, instance) in [("alert", web_server()), ("markup", marked())] {
        with_violation(&instance, State::Open, |violation| {
            check("pagerduty", name, &pagerduty::render(violation));
            check("jsm", name, &jsm::render(violation));
        });
    }
}
