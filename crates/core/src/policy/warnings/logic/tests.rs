use std::time::Duration;

use serde_json::{Value, json};

use super::super::super::TagPolicy;
use super::*;
use crate::instance::InstanceState;
use crate::subject::Subject;
use crate::testing::{at, instance, policy, tags};

fn both(one: &Value, other: &Value) -> TagPolicy {
    policy(&json!({"required_tags": [{"key": "x"}], "scope": {"exclude": [one, other]}}))
}

fn tag(key: &str, test: Value) -> Value {
    let mut tag = test;
    tag["key"] = key.into();
    json!({"tags": [tag]})
}

#[test]
fn a_condition_implies_what_is_wider() {
    let any = |inner: Value| json!({"any": [inner, {"states": ["stopped"]}]});
    for (narrow, wide) in [
        (
            tag("a", json!({"values": ["x"]})),
            tag("a", json!({"values": ["x", "y"]})),
        ),
        (tag("a", json!({"values": ["x"]})), tag("a", json!({}))),
        (tag("a", json!({"pattern": "x"})), tag("a", json!({}))),
        (
            tag("a", json!({"values": ["x", "xy"]})),
            tag("a", json!({"pattern": "x.*"})),
        ),
        (
            tag("a", json!({"values": ["X"]})),
            tag("a", json!({"values": ["x"], "ignore_case": true})),
        ),
        (
            json!({"instance_ids": ["i-12345678"]}),
            json!({"instance_ids": ["i-12345678", "i-87654321"]}),
        ),
        (
            json!({"states": ["running"]}),
            json!({"states": ["running", "stopped"]}),
        ),
        (
            json!({"accounts": ["111111111111"]}),
            json!({"accounts": ["111111111111", "222222222222"]}),
        ),
        (
            json!({"regions": ["us-east-1"]}),
            json!({"regions": ["us-east-2", "us-east-1"]}),
        ),
        (
            json!({"operator": ["a.b"]}),
            json!({"operator": ["a.b", "c.d"]}),
        ),
        (
            json!({"instance_types": ["t3.micro", "m*"]}),
            json!({"instance_types": ["t3.*", "m*"]}),
        ),
        (json!({"min_age_hours": 2}), json!({"min_age_hours": 1})),
        (json!({"max_age_hours": 1}), json!({"max_age_hours": 2})),
        (
            any(json!({"regions": ["us-east-1"]})),
            any(json!({"regions": ["us-east-1"]})),
        ),
    ] {
        let policy = both(&narrow, &wide);
        let (narrow, wide) = (&policy.exclude()[0], &policy.exclude()[1]);
        assert!(implies(narrow, wide), "{narrow} {wide}");
        assert!(narrow == wide || !implies(wide, narrow), "{wide} {narrow}");
        assert!(!exclude_each_other(narrow, wide), "{narrow} {wide}");
    }
}

#[test]
fn what_may_be_so_or_not_is_neither() {
    let matching = |values: &[&str]| json!({"tags": [{"key_pattern": "a.*", "values": values}]});
    for (one, other) in [
        (matching(&["x"]), matching(&["y"])),
        (
            tag("a", json!({"values": ["x"]})),
            tag("b", json!({"values": ["y"]})),
        ),
        (
            tag("a", json!({"values": ["x", "y"]})),
            tag("a", json!({"values": ["y", "z"]})),
        ),
        (
            tag("a", json!({"pattern": "x.*"})),
            tag("a", json!({"pattern": ".*y"})),
        ),
        (
            tag("a", json!({"absent": true})),
            tag("a", json!({"values": ["x"], "ignore_case": true})),
        ),
        (
            tag("a", json!({"absent": true})),
            tag("a", json!({"absent": true, "ignore_case": true})),
        ),
        (
            json!({"instance_types": ["t*"]}),
            json!({"instance_types": ["t3.?"]}),
        ),
        (
            json!({"instance_types": ["t3.micro"]}),
            json!({"image_ids": ["t3.micro"]}),
        ),
        (
            json!({"regions": ["us-east-1"]}),
            json!({"states": ["running"]}),
        ),
        (
            json!({"regions": ["us-east-1"]}),
            json!({"availability_zones": ["us-*"]}),
        ),
        (json!({"min_age_hours": 1}), json!({"max_age_hours": 2})),
    ] {
        let policy = both(&one, &other);
        let (one, other) = (&policy.exclude()[0], &policy.exclude()[1]);
        assert!(!implies(one, other), "{one} {other}");
        assert!(!exclude_each_other(one, other), "{one} {other}");
    }
}

#[test]
fn contrary_conditions_exclude_each_other() {
    let matching = |test: Value| {
        let mut test = test;
        test["key_pattern"] = "a.*".into();
        json!({"tags": [test]})
    };
    for (one, other) in [
        (matching(json!({})), matching(json!({"absent": true}))),
        (
            tag("a", json!({"values": ["x"]})),
            tag("a", json!({"values": ["y"]})),
        ),
        (
            tag("a", json!({"values": ["x"]})),
            tag("a", json!({"values": ["y"], "ignore_case": true})),
        ),
        (
            tag("a", json!({"values": ["x"]})),
            tag("a", json!({"pattern": "y"})),
        ),
        (tag("a", json!({})), tag("a", json!({"absent": true}))),
        (
            json!({"instance_ids": ["i-12345678"]}),
            json!({"instance_ids": ["i-87654321"]}),
        ),
        (
            json!({"states": ["running"]}),
            json!({"states": ["stopped"]}),
        ),
        (
            json!({"accounts": ["111111111111"]}),
            json!({"accounts": ["222222222222"]}),
        ),
        (
            json!({"regions": ["us-east-1"]}),
            json!({"regions": ["us-east-2"]}),
        ),
        (
            json!({"regions": ["us-east-1"]}),
            json!({"availability_zones": ["us-east-2a"]}),
        ),
        (json!({"min_age_hours": 2}), json!({"max_age_minutes": 90})),
        (
            json!({"regions": ["us-east-1"]}),
            json!({"not": {"regions": ["us-east-1", "us-east-2"]}}),
        ),
        (
            json!({"regions": ["us-east-1"]}),
            json!({"any": [{"regions": ["us-east-2"]}, {"max_age_hours": 0}]}),
        ),
    ] {
        let policy = both(&one, &other);
        let (one, other) = (&policy.exclude()[0], &policy.exclude()[1]);
        assert!(exclude_each_other(one, other), "{one} {other}");
        assert!(exclude_each_other(other, one), "{other} {one}");
        assert!(!implies(one, other), "{one} {other}");
    }
}

#[test]
fn some_conditions_hold_always() {
    for (condition, expected) in [
        (
            json!({"states": ["pending", "running", "stopping", "stopped"]}),
            true,
        ),
        (json!({"states": ["pending", "running", "stopping"]}), false),
        (
            json!({"instance_types": ["*"], "image_ids": ["*"], "availability_zones": ["a", "*"]}),
            true,
        ),
        (json!({"auto_scaling_groups": ["*"]}), false),
        (json!({"min_age_hours": 0}), true),
        (
            json!({"any": [{"states": ["running"]}, {"min_age_minutes": 0}]}),
            true,
        ),
        (
            json!({"any": [{"states": ["running", "pending"]}, {"states": ["stopped"], "min_age_hours": 0},
                {"states": ["stopping"]}]}),
            true,
        ),
        (
            json!({"any": [{"states": ["running", "pending", "stopping"]},
                {"states": ["stopped"], "regions": ["us-east-1"]}]}),
            false,
        ),
        (
            json!({"any": [tag("a", json!({"absent": true})), {"states": ["running"]}, tag("a", json!({}))]}),
            true,
        ),
        (
            json!({"any": [tag("a", json!({"absent": true})), tag("b", json!({}))]}),
            false,
        ),
        (
            json!({"any": [{"max_age_hours": 2}, {"min_age_hours": 2}]}),
            true,
        ),
        (
            json!({"any": [{"max_age_hours": 2}, {"min_age_hours": 3}]}),
            false,
        ),
        (json!({"not": {"max_age_minutes": 0}}), true),
        (json!({"not": {"instance_types": ["*"]}}), false),
    ] {
        let policy = both(&condition, &condition);
        assert_eq!(always_holds(&policy.exclude()[0]), expected, "{condition}");
    }
}

/// Some of these, and at least one.
fn some<'a>(random: &mut fastrand::Rng, all: &[&'a str]) -> Vec<&'a str> {
    let count = random.usize(1..=all.len());
    random.choose_multiple(all.iter().copied(), count)
}

fn tag_of_some_case(random: &mut fastrand::Rng) -> Value {
    let test = random.choice([
        json!({"values": ["x"]}),
        json!({"values": ["x", "y"]}),
        json!({"values": ["Y"], "ignore_case": true}),
        json!({"pattern": "x.?"}),
        json!({"absent": true}),
        json!({}),
    ]);
    let mut tag = test.unwrap_or_default();
    tag["key"] = random.choice(["a", "A"]).into();
    tag
}

/// A condition of a few parts, and perhaps of others.
fn condition(random: &mut fastrand::Rng, may_nest: bool) -> Value {
    let mut condition = json!({});
    for _ in 0..random.usize(1..=2) {
        let (field, part) = match random.u8(0..5) {
            0 => (
                "regions",
                json!(some(random, &["us-east-1", "us-east-2", "eu-west-1"])),
            ),
            1 => (
                "states",
                json!(some(random, &["pending", "running", "stopping", "stopped"])),
            ),
            2 => (
                "availability_zones",
                json!(some(random, &["us-east-1a", "us-east-2a", "us-*"])),
            ),
            3 => ("min_age_hours", json!(random.u8(0..6))),
            _ => (
                "tags",
                json!([tag_of_some_case(random), tag_of_some_case(random)]),
            ),
        };
        condition[field] = part;
    }
    if condition["min_age_hours"].is_null() && random.u8(0..4) == 0 {
        condition["max_age_hours"] = json!(random.u8(0..12));
    }
    if may_nest && random.u8(0..3) == 0 {
        let branches = [
            self::condition(random, false),
            self::condition(random, false),
        ];
        condition["any"] = json!(branches);
    }
    if may_nest && random.u8(0..3) == 0 {
        condition["not"] = self::condition(random, false);
    }
    condition
}

#[test]
fn one_of_several_conditions_may_hold_always() {
    let stopped = json!({"states": ["stopped"]});
    for (other, expected) in [
        (json!({"not": stopped}), true),
        (
            json!({"not": {"states": ["stopped"], "regions": ["us-east-1"]}}),
            false,
        ),
        (json!({"not": {"states": ["running"]}}), false),
        (json!({"states": ["pending", "running", "stopping"]}), true),
    ] {
        let policy = both(&stopped, &other);
        assert_eq!(
            one_always_holds(policy.exclude().iter()),
            expected,
            "{other}"
        );
    }
}

#[test]
fn what_is_said_of_conditions_is_so_of_every_instance() {
    let mut random = fastrand::Rng::with_seed(1);
    let mut said = [0; 4];
    for _ in 0..300 {
        let (one, other) = (condition(&mut random, true), condition(&mut random, true));
        let policy = both(&one, &other);
        let (one, other) = (&policy.exclude()[0], &policy.exclude()[1]);
        let claims = [
            implies(one, other),
            exclude_each_other(one, other),
            contradiction_in(one).is_some(),
            always_holds(one),
        ];
        for (count, claim) in said.iter_mut().zip(claims) {
            *count += usize::from(claim);
        }
        for _ in 0..60 {
            let keys = random.choice([&[][..], &["a"], &["A"], &["a", "A"]]);
            let keys = keys.unwrap_or_default().iter();
            let values = ["x", "y", "Y", "X", "xy", "z"];
            let pairs: Vec<_> = keys.map(|key| (*key, values[random.usize(..6)])).collect();
            let mut instance = instance(tags(&pairs));
            if random.bool() {
                instance.state = InstanceState::Stopped;
            }
            let region = ["us-east-1", "us-east-2", "eu-west-1"][random.usize(..3)];
            instance.described.availability_zone = Some(format!("{region}a"));
            let now = at("2026-01-01T00:00:00Z").after(Duration::from_secs(random.u64(..43_200)));
            let subject = Subject {
                instance: &instance,
                region,
                now,
            };
            let (holds, other_holds) = (one.holds(&subject), other.holds(&subject));
            let context = format!("{one} / {other}: {subject:?}");
            assert!(!claims[0] || !holds || other_holds, "implies: {context}");
            assert!(!claims[1] || !holds || !other_holds, "excludes: {context}");
            assert!(!claims[2] || !holds, "never: {context}");
            assert!(!claims[3] || holds, "always: {context}");
        }
    }
    assert!(said.iter().all(|count| *count > 0), "{said:?}");
}
