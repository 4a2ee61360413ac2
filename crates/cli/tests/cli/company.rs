//! A realistic company policy, written without workarounds.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Answer, file, policy_file, run};

fn company() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let path = root.join("tests/fixtures/policies/company.yaml");
    path.to_string_lossy().into_owned()
}

const GOOD: [&str; 6] = [
    "Environment=dev",
    "Owner=team-payments@acme.com",
    "CostCenter=CC-1042",
    "Application=pay-ledger-api",
    "BackupPlan=daily",
    "Project=x",
];

/// Explains a valid instance with changed tags on a day of 2026. `KEY-` removes a tag.
fn explain(tags: &[&str], arguments: &[&str]) -> Answer {
    let key = |tag: &str| tag.split(['=', '-']).next().unwrap().to_owned();
    let given: Vec<_> = tags.iter().map(|tag| key(tag)).collect();
    let good = GOOD.into_iter().filter(|tag| !given.contains(&key(tag)));
    let tags: Vec<_> = good
        .chain(tags.iter().copied().filter(|tag| !tag.ends_with('-')))
        .map(|tag| format!("--tag={tag}"))
        .collect();
    let company = company();
    let mut all = vec!["explain", "--policy", &company, "--at=2026-11-27T10:00:00Z"];
    all.extend(tags.iter().map(String::as_str));
    all.extend(arguments);
    run(&all)
}

fn status(tags: &[&str], arguments: &[&str]) -> Value {
    let answer = explain(tags, &[arguments, &["--format=json"]].concat());
    answer.json()["status"].clone()
}

#[test]
fn the_policy_is_valid_and_short() {
    let text = std::fs::read_to_string(company()).unwrap();
    assert!(text.lines().count() <= 60, "{}", text.lines().count());
    let answer = run(&["policy", "check", "--strict", &company()]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    assert_eq!(answer.stderr, "");
    for line in [
        "Environment: misspelled as stage, env, Umgebung; one of dev, test, staging, prod, sandbox; severity high",
        "CostCenter: misspelled as Kostenstelle; matches CC-1[0-2][0-9]{2}; such as CC-1042; severity critical",
        "ExpiryDate: a day not past and at most 90 days ahead; where (the account is 111111111111 or \
         222222222222 or Environment is sandbox); severity high",
        "BackupPlan: one of daily, weekly, none; where not (the Auto Scaling group is *); severity medium",
        "Project: severity low; enforced from 2027-04-01, reported until then",
        "keys that match (?i).*(passw(or)?d|secret).*: severity critical",
        "but not those where the Auto Scaling group is eks-*",
        "procurement@acme.com, until 2027-01-31: Vendor Initech manages these until migration; for \
         CostCenter, Application where Vendor is initech and the account is 333333333333",
    ] {
        assert!(answer.stdout.contains(line), "{line} in {}", answer.stdout);
    }
    assert_eq!(status(&[], &[]), "compliant");
}

#[test]
fn a_day_exists_is_not_past_and_not_too_far_ahead() {
    for (day, wrong) in [
        ("2026-11-27", None),
        ("2027-02-25", None),
        ("2027-02-26", Some("is more than 90 days ahead")),
        ("2026-11-26", Some("is in the past")),
        ("2020-02-31", Some("is not a day such as 2027-01-31")),
    ] {
        let tags = ["Environment=sandbox", &format!("ExpiryDate={day}")];
        let answer = explain(&tags, &[]);
        assert_eq!(answer.code, Some(i32::from(wrong.is_some())), "{day}");
        let line = wrong.map(|wrong| format!("\"{day}\" {wrong} (high)"));
        let line = line.unwrap_or_else(|| format!("\"{day}\"\n"));
        assert!(answer.stdout.contains(&line), "{line}: {}", answer.stdout);
    }
}

#[test]
fn keys_of_secrets_are_forbidden_and_their_values_are_nowhere() {
    for key in ["db_password", "api_secret", "passwd", "SECRET"] {
        let tag = format!("{key}=hunter2");
        for format in ["text", "json"] {
            let answer = explain(&[&tag], &["--format", format]);
            assert_eq!(answer.code, Some(1), "{key}");
            assert!(answer.stdout.contains(key), "{}", answer.stdout);
            let all = format!("{}{}", answer.stdout, answer.stderr);
            assert!(!all.contains("hunter2"), "{all}");
        }
    }
}

#[test]
fn a_star_in_the_name_of_a_group_stands_for_others() {
    for (group, expected) in [
        ("eks-nodes", "out-of-scope"),
        ("web", "compliant"),
        ("my-eks-nodes", "compliant"),
    ] {
        let tag = format!("aws:autoscaling:groupName={group}");
        assert_eq!(status(&[&tag, "BackupPlan-"], &[]), expected, "{group}");
    }
    assert_eq!(status(&["aws:eks:cluster-name=a"], &[]), "out-of-scope");
    // What people can set leaves nothing out.
    assert_eq!(status(&["eks:cluster-name=a"], &[]), "compliant");
}

#[test]
fn one_of_several_conditions_is_enough() {
    for (tags, account, expected) in [
        (&["Environment=dev"][..], "333333333333", "compliant"),
        (&["Environment=dev"], "111111111111", "non-compliant"),
        (&["Environment=sandbox"], "333333333333", "non-compliant"),
        (
            &["Environment=sandbox", "ExpiryDate=2026-12-31"],
            "111111111111",
            "compliant",
        ),
    ] {
        let account = format!("--account={account}");
        assert_eq!(status(tags, &[&account]), expected, "{tags:?} {account}");
    }
}

#[test]
fn several_rules_for_a_key_are_one_complaint() {
    let expiry = |when: Value| json!({"key": "ExpiryDate", "date": {}, "when": when});
    let document = json!({"required_tags": [
        expiry(json!({"accounts": ["111111111111"]})),
        expiry(json!({"states": ["running"]})),
    ]});
    let policy = policy_file("company-two-rules.json", &document);
    let answer = run(&[
        "explain",
        "--policy",
        &policy,
        "--untagged",
        "--account=111111111111",
        "--format=json",
    ]);
    assert_eq!(answer.json()["status"], "non-compliant");
}

#[test]
fn an_exemption_accepts_what_it_names_and_no_password() {
    let vendor = ["Vendor=Initech", "CostCenter-", "Application-"];
    let theirs = "--account=333333333333";
    assert_eq!(status(&vendor, &[theirs]), "exempt");
    assert_eq!(
        status(&vendor, &["--account=444444444444"]),
        "non-compliant"
    );
    let with_secret = [vendor.as_slice(), &["password=hunter2"]].concat();
    let answer = explain(&with_secret, &[theirs]);
    assert_eq!(answer.code, Some(1));
    for line in [
        "this instance: non-compliant (critical)\n",
        "  valid for CostCenter: procurement@acme.com, until 2027-01-31: ",
        "  valid for Application: procurement@acme.com, ",
    ] {
        assert!(answer.stdout.contains(line), "{line}: {}", answer.stdout);
    }
    let document = explain(&with_secret, &[theirs, "--format=json"]).json();
    let accepted = document["exemptFindings"].as_array().unwrap();
    let keys: Vec<_> = accepted.iter().map(|it| &it["key"]).collect();
    assert_eq!(keys, ["CostCenter", "Application"]);
    let without_owner = ["Vendor=Initech", "Owner-"];
    assert_eq!(status(&without_owner, &[theirs]), "non-compliant");
}

#[test]
fn a_rule_of_later_on_is_reported_until_then() {
    let answer = explain(&["Project-"], &[]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    let mut lines = answer.stdout.lines();
    let line = lines.find(|line| line.contains("Project")).unwrap();
    let words: Vec<_> = line.split_whitespace().collect();
    assert_eq!(words.join(" "), "missing Project (low) from 1 April 2027");
    let document = explain(&["Project-"], &["--format=json"]).json();
    let rules = document["rules"].as_array().unwrap();
    let project = rules.iter().find(|it| it["key"] == "Project").unwrap();
    assert_eq!(project["enforcedFrom"], "2027-04-01");
}

#[test]
fn other_words_for_a_key_are_known() {
    for (tags, hint) in [
        (["Kostenstelle=CC-1042", "CostCenter-"], "Kostenstelle"),
        (["stage=dev", "Environment-"], "stage"),
    ] {
        let answer = explain(&tags, &[]);
        let hint = format!("did you mean \"{hint}\"?");
        assert!(answer.stdout.contains(&hint), "{}", answer.stdout);
    }
}

#[test]
fn every_misspelled_field_is_told_at_once() {
    let policy = file(
        "company-typos.yaml",
        "required_tags:\n- key: Environment\n  allowed_value: [x]\n- key: Owner\n  severty: high\nexemption: []\n",
    );
    let answer = run(&["policy", "check", &policy]);
    assert_eq!(answer.code, Some(2));
    for part in [
        ":3:3: required_tags[0] (\"Environment\").allowed_value: unknown field, did you mean allowed_values?",
        ":5:3: required_tags[1] (\"Owner\").severty: unknown field, did you mean severity?",
        ":6:1: exemption: unknown field, did you mean exemptions?",
    ] {
        assert!(answer.stderr.contains(part), "{part} in {}", answer.stderr);
    }
}

#[test]
fn comments_are_read_in_json_too() {
    let policy = file(
        "company-comments.json",
        "{\n // why\n \"required_tags\": [{\"key\": \"Owner\"},], /* all */\n}",
    );
    let answer = run(&["policy", "check", &policy]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
}

#[test]
fn an_import_says_what_comes_to_nothing() {
    for (name, policy, note) in [
        (
            "company-remove.json",
            json!({"tags": {"environment": {"tag_value": {"@@remove": ["devv"]}}}}),
            "@@remove: \"devv\": nothing to remove, since no such value is set",
        ),
        (
            "company-no-key.json",
            json!({"tags": {"environment": {"tag_value": {"@@assign": ["dev"]}}}}),
            "there is no tag_key, so the key is in lower case",
        ),
    ] {
        let answer = run(&["policy", "import", &file(name, &policy.to_string())]);
        assert_eq!(answer.code, Some(0));
        assert!(answer.stderr.contains(note), "{}", answer.stderr);
    }
}

#[test]
fn a_condition_that_no_allowed_value_meets_is_warned_of() {
    let policy = policy_file(
        "company-dead-when.json",
        &json!({"required_tags": [
            {"key": "Environment", "allowed_values": ["dev", "prod"]},
            {"key": "Class", "when": {"tags": [{"key": "Environment", "values": ["production"]}]}},
        ]}),
    );
    for (strict, code) in [(&[][..], 0), (&["--strict"], 1)] {
        let answer = run(&[&["policy", "check", &policy], strict].concat());
        assert_eq!(answer.code, Some(code), "{answer:?}");
        assert_eq!(
            answer.stderr,
            format!(
                "warning: {policy}:1:134: required_tags[1] (\"Class\").when.tags[0] (\"Environment\").values: \
                 it matches no allowed value of \"Environment\", which are dev, prod; write one of these\n"
            )
        );
    }
    let good = policy_file(
        "company-strict.json",
        &json!({"required_tags": [{"key": "Owner"}]}),
    );
    assert_eq!(run(&["policy", "check", "--strict", &good]).code, Some(0));
}

#[test]
fn a_policy_that_does_not_fit_into_the_function_is_warned_of() {
    // Multiples of a large odd number hardly compress.
    let values: Vec<_> = (0..1_500_u64)
        .map(|n| format!("{:016x}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
        .collect();
    let document = json!({"required_tags": [{"key": "Id", "allowed_values": values}]});
    let policy = policy_file("company-large.json", &document);
    let answer = run(&["policy", "check", "--strict", &policy]);
    assert_eq!(answer.code, Some(1));
    let warning = format!("warning: {policy}: the policy takes ");
    assert!(answer.stderr.starts_with(&warning), "{}", answer.stderr);
    let advice =
        " bytes, compressed, other settings at most 828, of Lambda's 4,096; shorten lists, ";
    assert!(answer.stderr.contains(advice), "{}", answer.stderr);
    let small = run(&["policy", "check", &company()]);
    let size = " bytes, other settings at most 828, of Lambda's 4,096\n";
    assert!(small.stdout.contains(size), "{}", small.stdout);
}
