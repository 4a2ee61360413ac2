//! `policy check`, `policy import`, `policy schema`.

use serde_json::{Value, json};

use crate::support::{file, policy, policy_file, run};

#[test]
fn a_policy_is_said_in_short() {
    let mut policy = policy();
    policy["required_tags"].as_array_mut().unwrap().extend([
        json!({"key": "A", "min_length": 2}),
        json!({"key": "B", "max_length": 3, "ignore_value_case": true}),
        json!({"key": "C", "min_length": 2, "max_length": 3}),
        json!({"key": "D"}),
    ]);
    let path = policy_file("check-policy.json", &policy);
    let answer = run(&["policy", "check", &path]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    let warnings: Vec<_> = answer.stderr.lines().collect();
    let [legacy, shop] = warnings.as_slice() else {
        panic!("{warnings:?}")
    };
    for (warning, place) in [(legacy, 0), (shop, 1)] {
        let begin =
            format!("warning: exemptions[{place}].when: whoever tags an instance can exempt it;");
        assert!(warning.starts_with(&begin), "{warning}");
    }
    for line in [
        "Required tags",
        "  Environment: one of dev, prod; severity medium",
        "  Owner: severity high",
        "  CostCenter: in any case; matches [0-9]{4}; where Environment is prod",
        "  A: at least 2 characters",
        "  B: at most 3 characters; the value in any case",
        "  C: 2 to 3 characters",
        "  D",
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
    let answer = run(&["policy", "check", &policy_file("check-star.json", &policy)]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    assert_eq!(
        answer.stderr,
        "warning: required_tags[0] (\"Owner\").allowed_values[0]: * is no wildcard here, \
         \"*@example.com\" is that text alone; write \"pattern\": \".*@example\\\\.com\" instead of allowed_values\n"
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
        ("check-text.json", "hello", "1:1: not JSON: expected value"),
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
            "a tag policy of AWS Organizations: policy import makes a policy of it",
            "a policy is a JSON document",
        ),
        (
            "check",
            "other-yaml.json",
            "required_tags:\n- key: Owner\n",
            "YAML",
            "a policy is a JSON document",
        ),
        (
            "import",
            "other-ours.json",
            ours,
            "a policy of this program: policy check and --policy read it",
            "policy import reads as JSON",
        ),
        (
            "import",
            "other-template.yaml",
            "Resources:\n  A:\n    Type: AWS::Config::ConfigRule\n",
            "YAML",
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

fn schema() -> Value {
    let answer = run(&["policy", "schema"]);
    assert_eq!(answer.code, Some(0));
    answer.json()
}

#[test]
fn the_published_schema_is_that_of_the_program() {
    let published = include_str!("../../../../docs/tag-policy.schema.json");
    let answer = run(&["policy", "schema"]);
    assert_eq!(
        answer.stdout, published,
        "write it anew: cargo run --bin tag-compliance policy schema >docs/tag-policy.schema.json"
    );
}

#[test]
fn the_schema_lists_and_describes_every_field() {
    let schema = schema();
    assert_eq!(schema["$id"], "urn:tag-compliance:tag-policy:1");
    assert_eq!(schema["title"], "Tag policy");
    for (path, fields) in [
        (
            "",
            "$schema required_tags forbidden_tags scope exemptions owner_tag",
        ),
        (
            "/$defs/RequiredTag",
            "key allowed_values pattern min_length max_length ignore_key_case ignore_value_case \
             description severity when",
        ),
        (
            "/$defs/ForbiddenTag",
            "key ignore_key_case description severity when",
        ),
        ("/$defs/Scope", "include exclude"),
        ("/$defs/Exemption", "owner reason expires when"),
        (
            "/$defs/Condition",
            "tags instance_ids auto_scaling_groups states accounts regions operator \
             min_age_hours max_age_hours",
        ),
        (
            "/$defs/TagCondition",
            "key values pattern absent ignore_case",
        ),
    ] {
        let object = schema.pointer(path).unwrap();
        assert_eq!(object["additionalProperties"], false, "{path}");
        let properties = object["properties"].as_object().unwrap();
        let mut expected: Vec<_> = fields.split_whitespace().collect();
        expected.sort_unstable();
        let mut names: Vec<_> = properties.keys().collect();
        names.sort_unstable();
        assert_eq!(names, expected, "{path}");
        for (name, property) in properties {
            assert!(property["description"].is_string(), "{path} {name}");
        }
    }
}

#[test]
fn every_reference_of_the_schema_leads_somewhere() {
    fn check(schema: &Value, value: &Value) {
        if let Some(reference) = value.get("$ref") {
            let pointer = reference.as_str().unwrap().strip_prefix('#').unwrap();
            assert!(schema.pointer(pointer).is_some(), "{pointer}");
        }
        let children: Vec<_> = match value {
            Value::Array(items) => items.iter().collect(),
            Value::Object(fields) => fields.values().collect(),
            _ => Vec::new(),
        };
        for child in children {
            check(schema, child);
        }
    }
    let schema = schema();
    check(&schema, &schema);
}
