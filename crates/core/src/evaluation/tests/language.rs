use serde_json::{Value, json};

use crate::instance::{Described, Instance};
use crate::testing::{at, instance, policy, subject, tags};

/// What a policy says of an instance with these tags, as `missing Owner; invalid CostCenter`.
fn said(policy: &Value, pairs: &[(&str, &str)]) -> String {
    said_at(policy, pairs, "2027-03-31T12:00:00Z")
}

fn said_at(document: &Value, pairs: &[(&str, &str)], now: &str) -> String {
    let policy = policy(document);
    let instance = instance(tags(pairs));
    let mut subject = subject(&instance);
    subject.now = at(now);
    let evaluation = policy.evaluate(&subject);
    let missing = evaluation
        .missing_tags
        .iter()
        .map(|key| format!("missing {key}"));
    let invalid = evaluation.invalid_tags.iter();
    let invalid = invalid.map(|tag| format!("invalid {}", tag.key.raw()));
    let forbidden = evaluation.forbidden_tags.iter();
    let forbidden = forbidden.map(|tag| format!("forbidden {}", tag.key.raw()));
    let exempt = evaluation.exempt_findings.iter();
    let exempt = exempt.map(|it| format!("exempt {}", it.rule.key.text));
    let upcoming = evaluation.upcoming.iter();
    let upcoming = upcoming.map(|it| {
        format!(
            "{} {} from {}",
            it.outcome.as_str(),
            it.rule.key.text,
            it.enforced_from
        )
    });
    let said: Vec<_> = missing
        .chain(invalid)
        .chain(forbidden)
        .chain(exempt)
        .chain(upcoming)
        .collect();
    let status = evaluation.status();
    if said.is_empty() {
        status.to_string()
    } else {
        format!("{status}: {}", said.join("; "))
    }
}

#[test]
fn an_optional_tag_is_checked_where_it_is_there() {
    let document = json!({"required_tags": [
        {"key": "Runbook", "pattern": "https://.*", "optional": true, "ignore_key_case": true},
    ]});
    assert_eq!(said(&document, &[]), "compliant");
    assert_eq!(said(&document, &[("Runbook", "https://wiki")]), "compliant");
    assert_eq!(
        said(&document, &[("runbook", "wiki")]),
        "non-compliant: invalid runbook"
    );
    assert_eq!(
        said(&document, &[("Runbook", " ")]),
        "non-compliant: invalid Runbook"
    );
    let exact = json!({"required_tags": [{"key": "Runbook", "optional": true}]});
    assert_eq!(
        said(&exact, &[("RUNBOOK", "x")]),
        "non-compliant: missing Runbook"
    );
    assert_eq!(said(&exact, &[("Run-book", "x")]), "compliant");
    let policy = policy(&document);
    let instance = instance(tags(&[("Runbook", "https://wiki")]));
    assert!(
        policy
            .evaluate(&subject(&instance))
            .required_tags
            .is_empty()
    );
}

#[test]
fn one_of_several_keys_is_enough() {
    let document = json!({"required_tags": [
        {"key": "Owner", "alternative_keys": ["Team", "Squad"], "pattern": "[a-z]+"},
    ]});
    for (pairs, expected) in [
        (&[("Team", "web")][..], "compliant"),
        (&[("Owner", "WEB"), ("Squad", "web")], "compliant"),
        (
            &[("Owner", "WEB"), ("Squad", "WEB")],
            "non-compliant: invalid Owner",
        ),
        (&[("Squad", "WEB")], "non-compliant: invalid Squad"),
        (&[("Name", "web")], "non-compliant: missing Owner"),
    ] {
        assert_eq!(said(&document, pairs), expected, "{pairs:?}");
    }
    let policy = policy(&document);
    assert!(policy.is_about("Squad") && !policy.is_about("Name"));
    let instance = instance(tags(&[("squat", "web")]));
    let evaluation = policy.evaluate(&subject(&instance));
    assert_eq!(evaluation.misspelled_tags[0].found, "squat");
}

#[test]
fn an_alias_is_pointed_out() {
    let document = json!({"required_tags": [{"key": "CostCenter", "aliases": ["Kostenstelle"]}]});
    let policy = policy(&document);
    let instance = instance(tags(&[("kosten-stelle", "4711")]));
    let evaluation = policy.evaluate(&subject(&instance));
    assert_eq!(evaluation.misspelled_tags[0].found, "kosten-stelle");
}

#[test]
fn keys_are_forbidden_by_pattern_each_by_its_name() {
    let document = json!({
        "required_tags": [{"key": "Owner"}],
        "forbidden_tags": [{"key_pattern": "(?i).*(password|passwd|secret).*"}],
    });
    assert_eq!(
        said(
            &document,
            &[
                ("Owner", "a"),
                ("db_password", "x"),
                ("API_SECRET", "y"),
                ("pass", "z")
            ]
        ),
        "non-compliant: forbidden API_SECRET; forbidden db_password"
    );
    assert_eq!(said(&document, &[("Owner", "a")]), "compliant");
}

#[test]
fn a_rule_only_reports_until_the_day_from_which_it_is_enforced() {
    let document = json!({
        "required_tags": [{"key": "Owner"}, {"key": "Project", "enforced_from": "2027-04-01"}],
        "forbidden_tags": [{"key": "Temp", "enforced_from": "2027-04-01"}],
    });
    let pairs = [("Owner", "web"), ("Temp", "1")];
    assert_eq!(
        said_at(&document, &pairs, "2027-03-31T23:59:59.999Z"),
        "compliant: missing Project from 2027-04-01; forbidden Temp from 2027-04-01"
    );
    assert_eq!(
        said_at(&document, &pairs, "2027-04-01T00:00:00Z"),
        "non-compliant: missing Project; forbidden Temp"
    );
}

#[test]
fn an_exemption_is_for_the_rules_that_it_names_and_for_forbidden_tags_only_by_name() {
    let document = |keys: Value| {
        let mut exemption = json!({"owner": "procurement", "reason": "until migration", "expires": "2027-12-31",
            "when": {"tags": [{"key": "Vendor"}]}});
        if !keys.is_null() {
            exemption["keys"] = keys;
        }
        json!({
            "required_tags": [{"key": "Owner"}, {"key": "BackupPlan"}],
            "forbidden_tags": [{"key": "password"}],
            "exemptions": [exemption],
        })
    };
    let vendor = ("Vendor", "initech");
    for (keys, pairs, expected) in [
        (
            Value::Null,
            &[vendor][..],
            "exempt: missing Owner; missing BackupPlan",
        ),
        (
            Value::Null,
            &[vendor, ("password", "x")],
            "non-compliant: forbidden password; exempt Owner; exempt BackupPlan",
        ),
        (
            json!(["BackupPlan"]),
            &[vendor],
            "non-compliant: missing Owner; exempt BackupPlan",
        ),
        (
            json!(["BackupPlan"]),
            &[vendor, ("Owner", "web")],
            "exempt: missing BackupPlan",
        ),
        (
            json!(["password"]),
            &[
                vendor,
                ("Owner", "web"),
                ("BackupPlan", "daily"),
                ("password", "x"),
            ],
            "exempt: forbidden password",
        ),
        (
            json!(["BackupPlan"]),
            &[("Owner", "web")],
            "non-compliant: missing BackupPlan",
        ),
    ] {
        assert_eq!(
            said(&document(keys.clone()), pairs),
            expected,
            "{keys} {pairs:?}"
        );
    }
}

#[test]
fn two_rules_for_one_key_list_it_once() {
    let when = |account: &str| json!({"accounts": [account]});
    let document = json!({"required_tags": [
        {"key": "Expiry", "pattern": "20.*", "when": {"states": ["running"]}},
        {"key": "Expiry", "date": {}, "when": {"not": when("999999999999")}},
    ]});
    assert_eq!(said(&document, &[]), "non-compliant: missing Expiry");
    assert_eq!(
        said(&document, &[("Expiry", "x")]),
        "non-compliant: invalid Expiry"
    );
}

#[test]
fn conditions_are_about_what_ec2_says_of_an_instance() {
    let described = Described {
        instance_type: Some("t3.micro".to_owned()),
        availability_zone: Some("us-east-1a".to_owned()),
        image_id: Some("ami-1".to_owned()),
        instance_profile: Some("web-server".to_owned()),
        vpc_id: Some("vpc-1".to_owned()),
        subnet_id: Some("subnet-1".to_owned()),
    };
    let instance = Instance {
        described,
        launched_at: Some(at("2027-03-31T11:30:00Z")),
        ..instance(tags(&[
            ("aws:autoscaling:groupName", "eks-prod-1"),
            ("kubernetes.io/cluster/a", "owned"),
        ]))
    };
    for (condition, holds) in [
        (json!({"instance_types": ["m5.*", "t3.*"]}), true),
        (json!({"instance_types": ["m5.*"]}), false),
        (json!({"availability_zones": ["us-east-1?"]}), true),
        (json!({"image_ids": ["ami-1"]}), true),
        (json!({"image_ids": ["ami-2"]}), false),
        (json!({"instance_profiles": ["web-*"]}), true),
        (json!({"vpc_ids": ["vpc-1"]}), true),
        (json!({"subnet_ids": ["subnet-2"]}), false),
        (json!({"auto_scaling_groups": ["eks-*"]}), true),
        (json!({"auto_scaling_groups": ["eks"]}), false),
        (
            json!({"tags": [{"key_pattern": "kubernetes\\.io/cluster/.*"}]}),
            true,
        ),
        (
            json!({"tags": [{"key_pattern": "kubernetes\\.io/cluster/.*", "values": ["owned"]}]}),
            true,
        ),
        (
            json!({"tags": [{"key_pattern": "kubernetes\\.io/cluster/.*", "absent": true}]}),
            false,
        ),
        (
            json!({"tags": [{"key_pattern": ".*nothing.*", "absent": true}]}),
            true,
        ),
        (json!({"min_age_minutes": 30}), true),
        (json!({"min_age_minutes": 31}), false),
        (json!({"max_age_minutes": 31, "min_age_hours": 0}), true),
        (
            json!({"any": [{"image_ids": ["ami-2"]}, {"vpc_ids": ["vpc-1"]}]}),
            true,
        ),
        (
            json!({"any": [{"image_ids": ["ami-2"]}, {"vpc_ids": ["vpc-2"]}]}),
            false,
        ),
        (json!({"not": {"image_ids": ["ami-2"]}}), true),
        (
            json!({"not": {"image_ids": ["ami-1"], "vpc_ids": ["vpc-1"]}}),
            false,
        ),
        (
            json!({"not": {"image_ids": ["ami-1"], "vpc_ids": ["vpc-2"]}}),
            true,
        ),
    ] {
        let policy = policy(&json!({"required_tags": [{"key": "Owner", "when": condition}]}));
        let mut subject = subject(&instance);
        subject.now = at("2027-03-31T12:00:00Z");
        let when = policy.rules()[0].when.as_ref().unwrap();
        assert_eq!(when.holds(&subject), holds, "{when}");
    }
}

#[test]
fn what_is_not_known_of_an_instance_is_no_name() {
    let instance = instance(tags(&[]));
    for condition in [
        json!({"instance_types": ["*"]}),
        json!({"auto_scaling_groups": ["*"]}),
        json!({"subnet_ids": ["*"]}),
    ] {
        let policy = policy(&json!({"required_tags": [{"key": "Owner", "when": condition}]}));
        let when = policy.rules()[0].when.as_ref().unwrap();
        assert!(!when.holds(&subject(&instance)), "{when}");
    }
}

#[test]
fn conditions_are_said_in_words() {
    let policy = policy(&json!({"required_tags": [{"key": "Owner", "when": {
        "tags": [{"key_pattern": "k8s/.*"}],
        "instance_types": ["t3.*", "m5.*"],
        "min_age_minutes": 90,
        "any": [{"vpc_ids": ["vpc-1"]}, {"subnet_ids": ["subnet-1"]}],
        "not": {"availability_zones": ["us-east-1a"], "image_ids": ["ami-1"]},
    }}]}));
    assert_eq!(
        policy.rules()[0].when.as_ref().unwrap().to_string(),
        "a tag whose key matches k8s/.* is there and the instance type is t3.* or m5.* and it was \
         launched 90 minutes ago or earlier and (the VPC is vpc-1 or the subnet is subnet-1) and \
         not (the Availability Zone is us-east-1a and the image is ami-1)"
    );
}
