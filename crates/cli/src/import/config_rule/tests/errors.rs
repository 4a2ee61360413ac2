use super::*;

#[test]
fn what_is_wrong_is_named() {
    let source = |identifier: &str| json!({"SourceIdentifier": identifier});
    for (file, expected) in [
        (
            json!({"tag1Key": "a", "tag2Value": "b"}),
            "tag2Key: expected the key of a required tag, got null",
        ),
        (
            json!({"tag1Key": 1}),
            "tag1Key: expected the key of a required tag, in quotes, got 1",
        ),
        (
            json!({"tag1Key": " "}),
            "tag1Key: expected the key of a required tag, got \" \"",
        ),
        (
            json!({"tag1Key": "a", "tag1Value": ["b"]}),
            "tag1Value: expected a string of values",
        ),
        (
            json!({"tag1Key": "a", "tag7Key": "b"}),
            "tag6Value, got \"tag7Key\"",
        ),
        (
            json!({"tag1Key": "a", "x": "b"}),
            "expected tag1Key, tag1Value to tag6Key, tag6Value, got \"x\"",
        ),
        (
            json!({"tag1Key": "aws:x"}),
            "expected a key that does not begin with aws:",
        ),
        (
            json!({"ConfigRules": {}}),
            "ConfigRules: expected a list of rules, got {}",
        ),
        (
            json!({"ConfigRules": [1, {}]}),
            "a rule whose Source.SourceIdentifier is REQUIRED_TAGS, got [1,{}]",
        ),
        (
            json!({"ConfigRule": []}),
            "ConfigRule: expected a rule, got []",
        ),
        (
            json!({"InputParameters": "{}"}),
            "Source.SourceIdentifier: expected REQUIRED_TAGS, got null",
        ),
        (
            owner_rule(&json!({"Source": source("IAM_USER")})),
            "expected REQUIRED_TAGS, got \"IAM_USER\"",
        ),
        (
            json!({"OrganizationManagedRuleMetadata": source("REQUIRED_TAGS")}),
            "OrganizationManagedRuleMetadata.RuleIdentifier: expected REQUIRED_TAGS, got null",
        ),
        (
            json!({
                "OrganizationManagedRuleMetadata": {"RuleIdentifier": "REQUIRED_TAGS"},
                "ExcludedAccounts": "111122223333",
            }),
            "ExcludedAccounts: expected a list of accounts, got \"111122223333\"",
        ),
        (
            json!({"OrganizationManagedRuleMetadata": [1]}),
            "OrganizationManagedRuleMetadata: expected an object, got [1]",
        ),
        (
            json!({"Source": source("REQUIRED_TAGS"), "InputParameters": 1}),
            "InputParameters: expected a string of JSON, in quotes, got 1",
        ),
        (
            owner_rule(&json!({"InputParameters": "{"})),
            "InputParameters: expected a string of JSON (line 1, column 1: the text ends",
        ),
        (
            owner_rule(&json!({"InputParameters": {"tag1Key": {}}})),
            "InputParameters.tag1Key: expected the key of a required tag, got {}",
        ),
        (
            owner_rule(&json!({"InputParameters": "[]"})),
            "expected an object of parameters, got []",
        ),
        (
            owner_rule(&json!({"MaximumExecutionFrequency": "Weekly"})),
            "One_Hour, Three_Hours, Six_Hours",
        ),
        (
            owner_rule(&json!({"EvaluationModes": "x"})),
            "EvaluationModes: expected a list of modes",
        ),
        (
            owner_rule(&json!({"Scope": []})),
            "Scope: expected an object, got []",
        ),
        (
            owner_rule(&json!({"Scope": {"TagValue": "a"}})),
            "Scope.TagValue: expected the key of the tag beside its value, got \"a\"",
        ),
        (
            owner_rule(&json!({"Scope": {"TagKey": 1}})),
            "Scope.TagKey: expected the key of a tag, in quotes, got 1",
        ),
        (
            owner_rule(&json!({"Scope": {"TagKey": "a", "TagValue": 1}})),
            "TagValue: expected the value of a tag",
        ),
        (
            owner_rule(&json!({"Scope": {"ComplianceResourceId": 1}})),
            "expected the id of a resource, in quotes, got 1",
        ),
        (
            owner_rule(&json!({"Scope": {"ComplianceResourceId": "x"}})),
            "instance_ids[0]: expected an instance id",
        ),
        (
            owner_rule(&json!({"Scope": {"ComplianceResourceTypes": "x"}})),
            "expected a list of resource types",
        ),
        (
            owner_rule(&json!({"Scope": {"ComplianceResourceTypes": [1]}})),
            "Types[0]: expected a string, in quotes, got 1",
        ),
    ] {
        let error = read(std::slice::from_ref(&file)).unwrap_err();
        assert!(
            error.starts_with("0.json:") && error.contains(expected),
            "{file}: {error}"
        );
    }
}
