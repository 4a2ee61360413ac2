#![allow(clippy::too_many_lines, reason = "tables")]

mod errors;
mod same_key;

use serde_json::{Value, json};

use super::super::{Imported, import};

fn read(files: &[Value]) -> Result<Imported, String> {
    let files: Vec<_> = files
        .iter()
        .enumerate()
        .map(|(index, file)| vec![(format!("{index}.json"), file.to_string())])
        .collect();
    import(&files).map_err(|error| error.to_string())
}

/// The policy document converted from files, as JSON.
fn document(files: &[Value]) -> Value {
    serde_json::to_value(read(files).unwrap().document).unwrap()
}

/// The notes, without those that most rules cause.
fn notes(files: &[Value]) -> Vec<String> {
    let mut notes = read(files).unwrap().notes;
    let usual = ["accepts any value,", "for resources of all types"];
    notes.retain(|note| !usual.iter().any(|part| note.contains(part)));
    notes
}

/// A rule for EC2 instances, with additions to its scope.
fn rule(name: &str, parameters: &Value, more_scope: &Value) -> Value {
    let mut scope = json!({"ComplianceResourceTypes": ["AWS::EC2::Instance"]});
    for (field, value) in more_scope.as_object().unwrap() {
        scope[field] = value.clone();
    }
    json!({
        "ConfigRuleName": name,
        "Source": {"Owner": "AWS", "SourceIdentifier": "REQUIRED_TAGS"},
        "InputParameters": parameters.to_string(),
        "Scope": scope,
    })
}

/// A rule for the tag `Owner`, with additional fields.
fn owner_rule(more: &Value) -> Value {
    let mut rule = rule("r", &json!({"tag1Key": "Owner"}), &json!({}));
    for (field, value) in more.as_object().unwrap() {
        rule[field] = value.clone();
    }
    rule
}

#[test]
fn parameters_are_tags_in_the_order_in_which_they_are_written() {
    let parameters = json!({
        "tag6Key": "Zone", "tag1Key": "CostCenter", "tag1Value": "A,B", "tag2Key": "Owner", "tag3Key": null,
    });
    assert_eq!(
        document(&[parameters]),
        json!({"required_tags": [
            {"key": "Zone"}, {"key": "CostCenter", "allowed_values": ["A", "B"]}, {"key": "Owner"},
        ]})
    );
    for (value, expected, note) in [
        ("A", Some(vec!["A"]), None),
        (
            "A, B C ,D",
            Some(vec!["A", "B C", "D"]),
            Some("blanks around its values are left out"),
        ),
        (
            "A,,B,",
            Some(vec!["A", "B"]),
            Some("its empty values are left out"),
        ),
        ("", None, Some("is empty, so any value is allowed")),
        (" , ", None, Some("is empty, so any value is allowed")),
    ] {
        let parameters = [json!({"tag1Key": "a", "tag1Value": value})];
        let tags = read(&parameters).unwrap().document.required_tags;
        let expected = expected.map(|values| values.into_iter().map(str::to_owned).collect());
        assert_eq!(tags[0].allowed_values, expected, "{value:?}");
        let note = note.map(|text| format!("0.json: tag1Value: {text}"));
        assert_eq!(notes(&parameters), Vec::from_iter(note), "{value:?}");
    }
    let notes = read(&[json!({"tag1Key": "a", "tag2Key": "b"})])
        .unwrap()
        .notes;
    assert_eq!(
        notes,
        [
            "\"a\", \"b\": AWS Config accepts any value, even none at all; this policy never accepts a blank one"
        ]
    );
}

/// The example of `aws configservice put-config-rule help`.
#[test]
fn the_example_of_the_command_line_interface_is_read() {
    let example = json!({
      "ConfigRuleName": "RequiredTagsForEC2Instances",
      "Description": "Checks whether the CostCenter and Owner tags are applied to EC2 instances.",
      "Scope": {"ComplianceResourceTypes": ["AWS::EC2::Instance"]},
      "Source": {"Owner": "AWS", "SourceIdentifier": "REQUIRED_TAGS"},
      "InputParameters": "{\"tag1Key\":\"CostCenter\",\"tag2Key\":\"Owner\"}"
    });
    let expected = json!({"required_tags": [{"key": "CostCenter"}, {"key": "Owner"}]});
    for file in [
        example.clone(),
        json!({"ConfigRule": example}),
        json!({"ConfigRules": [example]}),
    ] {
        assert_eq!(document(std::slice::from_ref(&file)), expected);
        assert_eq!(notes(&[file]), [""; 0]);
    }
    let mut template = example;
    template["InputParameters"] = json!({"tag1Key": "CostCenter", "tag2Key": "Owner"});
    assert_eq!(document(&[template]), expected);
}

#[test]
fn the_scope_of_a_rule_is_that_of_the_policy() {
    for (scope, expected) in [
        (json!({}), Value::Null),
        (json!({"TagKey": null}), Value::Null),
        (
            json!({"TagKey": "Stage"}),
            json!({"tags": [{"key": "Stage"}]}),
        ),
        (
            json!({"TagKey": "Stage", "TagValue": "prod"}),
            json!({"tags": [{"key": "Stage", "values": ["prod"]}]}),
        ),
        (
            json!({"ComplianceResourceId": "i-0123456789abcdef0"}),
            json!({"instance_ids": ["i-0123456789abcdef0"]}),
        ),
    ] {
        let document = document(&[rule("r", &json!({"tag1Key": "Owner"}), &scope)]);
        assert_eq!(document["scope"]["include"][0], expected, "{scope}");
    }
}

#[test]
fn rules_are_merged() {
    let at = |key: &str, scope: &Value| rule(key, &json!({"tag1Key": key}), scope);
    let prod = json!({"TagKey": "Stage", "TagValue": "prod"});
    let dev = json!({"TagKey": "Stage", "TagValue": "dev"});
    let when = |stage: &str| json!({"tags": [{"key": "Stage", "values": [stage]}]});

    let same = json!({"ConfigRules": [at("Owner", &prod), at("Team", &prod)]});
    let expected = json!({
        "required_tags": [{"key": "Owner"}, {"key": "Team"}],
        "scope": {"include": [when("prod")]},
    });
    assert_eq!(document(std::slice::from_ref(&same)), expected);
    assert_eq!(document(&[at("Owner", &prod), at("Team", &prod)]), expected);

    let different = [
        at("Owner", &prod),
        at("Team", &json!({})),
        at("Owner", &dev),
    ];
    assert_eq!(
        document(&different),
        json!({"required_tags": [
            {"key": "Owner", "when": when("prod")},
            {"key": "Team"},
            {"key": "Owner", "when": when("dev")},
        ]})
    );
    let text = "other rules cover other instances, so the rule's tags have a `when` of their own";
    assert_eq!(
        notes(&different),
        [
            format!("0.json: (\"Owner\"): {text}"),
            format!("2.json: (\"Owner\"): {text}")
        ]
    );
}

#[test]
fn rules_for_other_resources_are_left_out() {
    let s3 = |key: &str| {
        let types = json!({"ComplianceResourceTypes": ["AWS::S3::Bucket"]});
        rule("buckets", &json!({"tag1Key": key}), &types)
    };
    let other =
        json!({"ConfigRuleName": "x", "Source": {"SourceIdentifier": "S3_BUCKET_LOGGING_ENABLED"}});
    let all = json!({"ConfigRules": [other, s3("Owner"), owner_rule(&json!({})), {}]});
    let owner = json!({"required_tags": [{"key": "Owner"}]});
    assert_eq!(document(std::slice::from_ref(&all)), owner);
    assert_eq!(
        notes(&[all]),
        [
            "0.json: ConfigRules[1] (\"buckets\"): the rule is left out: it is not for AWS::EC2::Instance",
            "0.json: ConfigRules: \"x\", \"0.json: ConfigRules[3]\": rules other than required-tags are left out",
        ]
    );
    let summary = read(&[s3("Team"), owner_rule(&json!({}))]).unwrap().summary;
    assert_eq!((summary.required, summary.left_out), (1, 1));
    let error = read(&[s3("Owner"), s3("Team")]).unwrap_err();
    assert_eq!(
        error,
        "0.json, 1.json: expected a tag for EC2 instances, got 0 required, 0 optional, 0 forbidden, 2 left \
         out; 0.json: (\"buckets\"): the rule is left out: it is not for AWS::EC2::Instance; 1.json: \
         (\"buckets\"): the rule is left out: it is not for AWS::EC2::Instance"
    );
    for scope in [
        json!(null),
        json!({}),
        json!({"ComplianceResourceTypes": []}),
    ] {
        let notes = read(&[owner_rule(&json!({"Scope": scope}))]).unwrap().notes;
        let expected = "0.json: (\"r\").Scope.ComplianceResourceTypes: the rule is for resources of all \
                        types; only EC2 instances are evaluated";
        assert_eq!(notes[1], expected);
    }
}

#[test]
fn what_a_policy_cannot_say_is_noted() {
    for (frequency, schedule) in [
        ("One_Hour", "rate(1 hour)"),
        ("Three_Hours", "rate(3 hours)"),
        ("Six_Hours", "rate(6 hours)"),
        ("Twelve_Hours", "rate(12 hours)"),
        ("TwentyFour_Hours", "rate(1 day)"),
    ] {
        let notes = notes(&[owner_rule(&json!({"MaximumExecutionFrequency": frequency}))]);
        assert!(
            notes[0].starts_with("0.json: (\"r\").MaximumExecutionFrequency: "),
            "{notes:?}"
        );
        assert!(
            notes[0].contains(&format!("sweep_schedule = \"{schedule}\"")),
            "{notes:?}"
        );
    }
    let modes = |modes: Value| notes(&[owner_rule(&json!({"EvaluationModes": modes}))]);
    assert_eq!(modes(json!([{"Mode": "DETECTIVE"}])), [""; 0]);
    assert!(
        modes(json!([{"Mode": "DETECTIVE"}, {"Mode": "PROACTIVE"}]))[0].contains("EvaluationModes")
    );
    let unknown = owner_rule(&json!({"New": 1, "Newer": null, "Scope": {"Regions": ["a"]}}));
    let unknown = notes(&[unknown]);
    assert_eq!(
        unknown,
        [
            "0.json: (\"r\"): unknown fields are left out: \"New\"",
            "0.json: (\"r\").Scope: unknown fields are left out: \"Regions\"",
        ]
    );
}

#[test]
fn the_first_key_has_the_default_that_is_documented() {
    let note = |place: &str| {
        format!("0.json: {place}tag1Key: is not set, so it has its default, \"CostCenter\"")
    };
    let cost_center = json!([{"key": "CostCenter"}]);
    let mut bare = owner_rule(&json!({}));
    bare.as_object_mut().unwrap().remove("InputParameters");
    for file in [
        bare,
        owner_rule(&json!({"InputParameters": null})),
        owner_rule(&json!({"InputParameters": ""})),
        owner_rule(&json!({"InputParameters": "{}"})),
        owner_rule(&json!({"InputParameters": {}})),
        owner_rule(&json!({"InputParameters": {"tag1Key": null, "tag2Key": null}})),
    ] {
        let files = std::slice::from_ref(&file);
        assert_eq!(document(files)["required_tags"], cost_center, "{file}");
        assert_eq!(notes(files), [note("(\"r\").InputParameters.")], "{file}");
    }
    for (parameters, expected) in [
        (
            json!({"tag1Value": "a"}),
            json!([{"key": "CostCenter", "allowed_values": ["a"]}]),
        ),
        (
            json!({"tag2Key": "Owner"}),
            json!([{"key": "CostCenter"}, {"key": "Owner"}]),
        ),
    ] {
        assert_eq!(
            document(std::slice::from_ref(&parameters))["required_tags"],
            expected
        );
        assert_eq!(notes(&[parameters]), [note("")]);
    }
}

/// A rule of an organization, as in `describe-organization-config-rules`.
fn organization_rule(key: &str, excluded: &[&str]) -> Value {
    json!({
        "OrganizationConfigRuleName": format!("{key}-rule"),
        "OrganizationConfigRuleArn": "arn:aws:config:eu-central-1:111122223333:organization-config-rule/r",
        "OrganizationManagedRuleMetadata": {
            "RuleIdentifier": "REQUIRED_TAGS",
            "InputParameters": json!({"tag1Key": key}).to_string(),
            "ResourceTypesScope": ["AWS::EC2::Instance"],
        },
        "ExcludedAccounts": excluded,
        "LastUpdateTime": "2026-10-02T12:00:00+00:00",
    })
}

#[test]
fn rules_of_an_organization_are_read() {
    let mut rule = organization_rule("Owner", &["222233334444", "111122223333"]);
    let metadata = &mut rule["OrganizationManagedRuleMetadata"];
    metadata["TagKeyScope"] = "Stage".into();
    metadata["TagValueScope"] = "prod".into();
    metadata["MaximumExecutionFrequency"] = "One_Hour".into();
    let custom = json!({
        "OrganizationConfigRuleName": "mine", "OrganizationCustomRuleMetadata": {"LambdaFunctionArn": "x"},
    });
    let expected = json!({
        "required_tags": [{"key": "Owner"}],
        "scope": {
            "include": [{"tags": [{"key": "Stage", "values": ["prod"]}]}],
            "exclude": [{"accounts": ["111122223333", "222233334444"]}],
        },
    });
    assert_eq!(document(std::slice::from_ref(&rule)), expected);
    let answer = json!({"OrganizationConfigRules": [custom, rule]});
    assert_eq!(document(std::slice::from_ref(&answer)), expected);
    assert_eq!(
        notes(&[answer]),
        [
            "0.json: OrganizationConfigRules: \"mine\": rules other than required-tags are left out",
            "0.json: OrganizationConfigRules[1] (\"Owner-rule\").OrganizationManagedRuleMetadata.\
             MaximumExecutionFrequency: is no part of a policy; the Terraform variable sweep_schedule = \
             \"rate(1 hour)\" evaluates all instances as often",
        ]
    );
    let custom = json!({"OrganizationConfigRules": [{"OrganizationCustomRuleMetadata": {}}]});
    let error = read(&[custom]).unwrap_err();
    let expected = "0.json:1:28: OrganizationConfigRules: expected a rule whose \
                    OrganizationManagedRuleMetadata.RuleIdentifier is REQUIRED_TAGS, got [";
    assert!(error.starts_with(expected), "{error}");
}

#[test]
fn accounts_are_excluded_where_every_rule_excludes_them() {
    let [one, other] = ["111122223333", "222233334444"];
    let same = [
        organization_rule("Owner", &[one, other]),
        organization_rule("Team", &[other, one]),
    ];
    assert_eq!(
        document(&same)["scope"],
        json!({"exclude": [{"accounts": [one, other]}]})
    );
    let mut scoped = organization_rule("Zone", &[other]);
    scoped["OrganizationManagedRuleMetadata"]["TagKeyScope"] = "Stage".into();
    let different = [
        organization_rule("Owner", &[one]),
        organization_rule("Team", &[]),
        scoped,
        organization_rule("Owner", &[other]),
    ];
    let not = |account: &str| json!({"accounts": [account]});
    assert_eq!(
        document(&different),
        json!({"required_tags": [
            {"key": "Owner", "when": {"not": not(one)}},
            {"key": "Team"},
            {"key": "Zone", "when": {"tags": [{"key": "Stage"}], "not": not(other)}},
            {"key": "Owner", "when": {"not": not(other)}},
        ]})
    );
    let text = "other rules cover other instances, so the rule's tags have a `when` of their own";
    let expected = [(0, "Owner"), (2, "Zone"), (3, "Owner")]
        .map(|(file, key)| format!("{file}.json: (\"{key}-rule\"): {text}"));
    assert_eq!(notes(&different), expected);
    let wrong = read(&[organization_rule("Owner", &["1"])]).unwrap_err();
    assert!(wrong.contains("scope.exclude[0].accounts"), "{wrong}");
}
