//! `policy check`, `policy import`, `policy schema`.

use serde_json::json;

use crate::support::{file, policy, policy_file, run};

#[test]
fn a_policy_is_said_in_short() {
    let mut policy = policy();
    policy["required_tags"].as_array_mut().unwrap().extend([
        json!({"key": "A", "min_length": 2}),
        json!({"key": "B", "max_length": 3, "ignore_value_case": true}),
        json!({"key": "C", "min_length": 2, "max_length": 3}),
        json!({"key": "D", "enforced_from": "2020-01-01"}),
    ]);
    let path = policy_file("check-policy.json", &policy);
    let answer = run(&["policy", "check", &path]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    let warnings: Vec<_> = answer.stderr.lines().collect();
    assert_eq!(warnings.len(), 3, "{warnings:?}");
    for (warning, part) in warnings.into_iter().zip([
        "exemptions[0].when: anyone who can tag an instance can exempt it; ",
        "exemptions[1].expires: it expired on 2025-01-31; renew or remove it",
        "exemptions[1].when: anyone who can tag an instance can exempt it; ",
    ]) {
        let begin = format!("warning: {path}:1:");
        assert!(warning.starts_with(&begin), "{warning}");
        assert!(warning.contains(part), "{warning}");
    }
    for line in [
        "Required tags",
        "  Environment: one of dev, prod; severity medium",
        "  Owner: severity high",
        "  CostCenter: in any case; matches [0-9]{4}; where Environment is prod",
        "  A: at least 2 characters",
        "  B: at most 3 characters; the value in any case",
        "  C: 2 to 3 characters",
        "  D: enforced since 2020-01-01",
        "Forbidden tags",
        "  temp: in any case; severity low",
        "Scope",
        "  those where the region is us-east-1 or eu-central-1",
        "  those where the account is 111111111111",
        "  but not those where aws:eks:cluster-name is there",
        "Exemptions",
        "  data team, until 2099-03-31: is switched off soon; where Application is legacy",
        "  expired web team, until 2025-01-31: migration; where Application is shop",
        "Owner",
        "  by the tag Owner",
    ] {
        let found = answer.stdout.lines().any(|shown| shown == line);
        assert!(found, "{line:?} in\n{}", answer.stdout);
    }
}

#[test]
fn a_small_policy_is_said_shortly() {
    let policy = json!({"required_tags": [{"key": "Owner"}], "owner_tag": "Team"});
    let answer = run(&["policy", "check", &policy_file("check-small.json", &policy)]);
    assert_eq!(answer.code, Some(0));
    assert!(answer.stdout.contains("\nScope\n  all instances\n"));
    assert!(answer.stdout.contains("  by the tag Team\n"));
    assert!(!answer.stdout.contains("Forbidden tags"));
    assert!(!answer.stdout.contains("Exemptions"));
}

#[test]
fn a_star_that_is_no_wildcard_is_warned_of() {
    let policy = json!({"required_tags": [{"key": "Owner", "allowed_values": ["*@example.com"]}]});
    let path = policy_file("check-star.json", &policy);
    let answer = run(&["policy", "check", &path]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    assert_eq!(
        answer.stderr,
        format!(
            "warning: {path}:1:52: required_tags[0] (\"Owner\").allowed_values[0]: * is not a wildcard here: \
             \"*@example.com\" matches only itself; write \"pattern\": \".*@example\\\\.com\" instead of \
             allowed_values\n"
        )
    );
}

#[test]
fn every_error_has_a_line() {
    let policy = json!({
        "required_tags": [
            {"key": "aws:x"},
            {"key": "Owner", "pattern": "(", "min_length": 0},
        ],
        "exemptions": [{"owner": " ", "reason": "x", "expires": "2025-02-30", "when": {}}],
    });
    let path = policy_file("check-errors.json", &policy);
    let answer = run(&["policy", "check", &path]);
    assert_eq!(answer.code, Some(2));
    assert_eq!(answer.stdout, "");
    let lines: Vec<_> = answer.stderr.lines().collect();
    for (column, field) in [
        (26, "required_tags[0] (\"aws:x\").key"),
        (60, "required_tags[1] (\"Owner\").pattern"),
        (77, "required_tags[1] (\"Owner\").min_length"),
        (104, "exemptions[0].owner"),
        (131, "exemptions[0].expires"),
        (151, "exemptions[0].when"),
    ] {
        let start = format!("error: {path}:1:{column}: {field}: expected ");
        let found = lines.iter().filter(|line| line.starts_with(&start)).count();
        assert_eq!(found, 1, "{start} in\n{}", answer.stderr);
    }
    assert_eq!(lines.len(), 6, "{}", answer.stderr);
}

#[test]
fn what_is_no_policy_is_refused() {
    for (name, text, reason) in [
        (
            "check-text.json",
            "hello",
            "1:1: the policy: expected an object such as ",
        ),
        ("check-brace.json", "{", "not JSON: "),
        (
            "check-field.json",
            r#"{"required_tags":[],"x":1}"#,
            "1:21: x: unknown field (known here: $schema, ",
        ),
    ] {
        let path = file(name, text);
        let answer = run(&["policy", "check", &path]);
        assert_eq!(answer.code, Some(2), "{name}");
        let start = format!("error: {path}:");
        assert!(answer.stderr.starts_with(&start), "{}", answer.stderr);
        assert!(answer.stderr.contains(reason), "{}", answer.stderr);
    }
    let answer = run(&["policy", "check", "/nowhere/policy.json"]);
    assert_eq!(answer.code, Some(2));
    assert!(
        answer
            .stderr
            .starts_with("error: /nowhere/policy.json: No such file"),
        "{}",
        answer.stderr
    );
}

#[test]
fn an_import_is_a_policy_on_standard_output_with_notes_on_standard_error() {
    let config = json!({"ConfigRules": [{
        "ConfigRuleName": "tags",
        "Source": {"Owner": "AWS", "SourceIdentifier": "REQUIRED_TAGS"},
        "Scope": {"ComplianceResourceTypes": ["AWS::EC2::Instance", "AWS::S3::Bucket"]},
        "InputParameters": "{\"tag1Key\":\"Owner\",\"tag2Key\":\"Environment\",\"tag2Value\":\"dev,prod\"}",
    }]});
    let rules = file("import-config-rules.json", &config.to_string());
    let answer = run(&["policy", "import", &rules]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    let document = answer.json();
    assert_eq!(document.get("$schema"), None);
    let keys: Vec<_> = document["required_tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| &tag["key"])
        .collect();
    assert_eq!(keys, ["Owner", "Environment"]);
    let summary = "note: 2 required, 0 optional, 0 forbidden, 0 left out\n";
    assert!(answer.stderr.starts_with(summary), "{}", answer.stderr);
    for note in answer.stderr.lines() {
        assert!(note.starts_with("note: "), "{note}");
    }
    let imported = file("import-policy.json", &answer.stdout);
    assert_eq!(run(&["policy", "check", &imported]).code, Some(0));
}

#[test]
fn a_file_for_another_command_is_named_with_that_command() {
    let ours = r#"{"required_tags": [{"key": "Owner"}]}"#;
    for (command, name, text, expected, note) in [
        (
            "check",
            "other-tag-policy.json",
            r#"{"tags": {"owner": {"tag_key": {"@@assign": "Owner"}}}}"#,
            "an AWS Organizations tag policy: policy import makes a policy of it",
            "a policy is a document in JSON or YAML",
        ),
        (
            "check",
            "other-csv.json",
            "key,value\nOwner,web\n",
            "CSV",
            "a policy is a document in JSON or YAML",
        ),
        (
            "import",
            "other-ours.json",
            ours,
            "a tag-compliance policy: policy check and --policy read it",
            "policy import reads as JSON",
        ),
        (
            "import",
            "other-table.txt",
            "key,value\nOwner,web\n",
            "CSV",
            "policy import reads as JSON",
        ),
    ] {
        let path = file(name, text);
        let answer = run(&["policy", command, &path]);
        assert_eq!(answer.code, Some(2), "{name}");
        let start = format!("error: {path}:1:1: this looks like {expected}\nnote: {note}");
        assert!(answer.stderr.starts_with(&start), "{}", answer.stderr);
    }
}

#[test]
fn an_import_needs_files_that_are_there() {
    let none = run(&["policy", "import"]);
    assert_eq!(none.code, Some(2));
    assert!(none.stderr.contains("<FILE>..."));
    let twice = run(&["policy", "import", "-", "-"]);
    assert_eq!(twice.code, Some(2));
    assert_eq!(
        twice.stderr,
        "error: standard input can be read only once: give - for one file\n"
    );
    let joined = run(&["policy", "import", "/nowhere/a.json+-", "-"]);
    assert_eq!(joined.stderr, twice.stderr);
    let first = run(&["policy", "import", "-+/nowhere/rules.json"]);
    assert_eq!(
        first.stderr,
        "error: /nowhere/rules.json: No such file or directory (os error 2)\n"
    );
    let option = run(&["policy", "import", "a.json", "--bogus"]);
    assert!(
        option.stderr.contains("unexpected argument '--bogus'"),
        "{option:?}"
    );
    let both = run(&["policy", "import", "-+a.json", "-+b.json"]);
    assert_eq!(both.stderr, twice.stderr);
    let nameless = run(&["policy", "import", ""]);
    assert!(
        nameless.stderr.starts_with("error: \"\": No such file"),
        "{nameless:?}"
    );
    let absent = run(&["policy", "import", "/nowhere/rules.json"]);
    assert_eq!(absent.code, Some(2));
    assert!(absent.stderr.starts_with("error: /nowhere/rules.json: "));
    let unknown = run(&["policy", "import", &file("import-unknown.txt", "hello")]);
    assert_eq!(unknown.code, Some(2));
    assert!(unknown.stderr.starts_with("error: "), "{}", unknown.stderr);
}

#[test]
fn our_own_policies_have_no_trap_but_those_that_they_mean() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../");
    let of_taggers = ": anyone who can tag an instance can ";
    let expired = "exemptions[1].expires: it expired on 2025-12-31; ";
    for (name, meant) in [
        ("tests/fixtures/policies/company.yaml", &[][..]),
        (
            "tests/fixtures/policies/every-part.json",
            &[of_taggers, of_taggers, expired],
        ),
        ("docs/session.in/policy.json", &[]),
        ("docs/finops.in/policy.json", &[]),
        ("docs/finops.in/next.json", &[]),
    ] {
        let answer = run(&["policy", "check", &format!("{root}{name}")]);
        assert_eq!(answer.code, Some(0), "{answer:?}");
        let warnings: Vec<_> = answer.stderr.lines().collect();
        assert_eq!(warnings.len(), meant.len(), "{name}: {warnings:?}");
        for (warning, part) in warnings.iter().zip(meant) {
            assert!(warning.contains(part), "{name}: {warning}");
        }
    }
}

#[test]
fn traps_are_told_in_the_order_of_the_file_with_line_and_column() {
    let text = "\
required_tags:
- key: Owner
  when:
    regions:
    - eu-wst-1
- key: Stage
  allowed_values: [prod, prod]
scope:
  exclude:
  - accounts: ['000000000000']
";
    let path = file("check-traps.yaml", text);
    let answer = run(&["policy", "check", "--strict", &path]);
    assert_eq!(answer.code, Some(1));
    assert_eq!(
        answer.stderr.replace(&path, "FILE"),
        "\
warning: FILE:5:7: required_tags[0] (\"Owner\").when.regions[0]: \"eu-wst-1\" is not a region that this version knows; did you mean eu-west-1?
warning: FILE:7:26: required_tags[1] (\"Stage\").allowed_values[1]: \"prod\" is there already; remove one
warning: FILE:10:16: scope.exclude[0].accounts[0]: 000000000000 is an example, not a real account; write your own
"
    );
}
