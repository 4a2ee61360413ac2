use super::*;

fn read(template: &Value) -> Result<Imported, String> {
    let imported = import(&[file("t.json", &template.to_string())]);
    imported.map_err(|error| error.to_string())
}

fn document(template: &Value) -> Value {
    serde_json::to_value(read(template).unwrap().document).unwrap()
}

fn rule(parameters: &Value) -> Value {
    json!({"Type": "AWS::Config::ConfigRule", "Properties": {
        "Source": {"Owner": "AWS", "SourceIdentifier": "REQUIRED_TAGS"},
        "Scope": {"ComplianceResourceTypes": ["AWS::EC2::Instance"]},
        "InputParameters": parameters,
    }})
}

#[test]
fn the_rules_of_a_template_are_read() {
    let mut conditional = rule(&json!({"tag1Key": "Team"}));
    conditional["Condition"] = "IsProduction".into();
    let template = json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Parameters": {"P": {"Type": "String"}},
        "Resources": {
            "Bucket": {"Type": "AWS::S3::Bucket"},
            "Pack": {"Type": "AWS::Config::ConformancePack", "Properties": {"TemplateS3Uri": "s3://x"}},
            "Keys": {"Type": "AWS::Config::ConfigRule", "Properties": {
                "ConfigRuleName": {"Fn::Sub": "${P}-keys"},
                "Source": {"Owner": "AWS", "SourceIdentifier": "ACCESS_KEYS_ROTATED"},
            }},
            "Zones": rule(&json!({"tag1Key": "Zone", "tag1Value": "a,b"})),
            "Owners": {"Type": "AWS::Config::OrganizationConfigRule", "Properties": {
                "OrganizationConfigRuleName": "owners",
                "OrganizationManagedRuleMetadata": {
                    "RuleIdentifier": "REQUIRED_TAGS",
                    "ResourceTypesScope": ["AWS::EC2::Instance"],
                    "InputParameters": "{\"tag1Key\": \"Owner\"}",
                },
            }},
            "Teams": conditional,
        },
    });
    assert_eq!(
        document(&template),
        json!({"required_tags": [
            {"key": "Zone", "allowed_values": ["a", "b"]}, {"key": "Owner"}, {"key": "Team"},
        ]})
    );
    assert_eq!(
        read(&template).unwrap().notes,
        [
            "t.json: Resources[\"Pack\"].Properties: a conformance pack is left out, since its template is \
             not in this file: import that, if it has a rule required-tags",
            "t.json: Resources[\"Teams\"]: the rule is imported without its condition \"IsProduction\"",
            "\"Owner\", \"Team\": AWS Config accepts any value, even none at all; this policy never accepts \
             a blank one",
            "t.json: Resources: \"t.json: Resources[\\\"Keys\\\"].Properties\": rules other than \
             required-tags are left out",
        ]
    );
}

#[test]
fn a_template_is_read_as_the_api_has_it() {
    let template = json!({"Resources": {"A": rule(&json!({"tag1Key": "Owner"}))}});
    let yaml = "Resources:\n  A:\n    Type: AWS::Config::ConfigRule\n    Properties:\n      Source: \
                {Owner: AWS, SourceIdentifier: REQUIRED_TAGS}\n      InputParameters: {tag1Key: Owner}\n";
    for body in [template.clone(), template.to_string().into(), yaml.into()] {
        let answer = json!({"TemplateBody": body, "StagesAvailable": ["Original"]});
        assert_eq!(
            document(&answer),
            json!({"required_tags": [{"key": "Owner"}]})
        );
    }
    for (body, expected) in [
        (
            json!("Resources: ["),
            "TemplateBody: expected a template as a string (line 2, column 1: unusable as YAML: while",
        ),
        (
            json!(1),
            "TemplateBody: expected a template as a string of JSON or YAML, in quotes, got 1",
        ),
        (
            json!({}),
            "TemplateBody.Resources: expected an object of resources, got null",
        ),
    ] {
        let error = read(&json!({"TemplateBody": body})).unwrap_err();
        assert!(
            error.starts_with("t.json:1:17: ") && error.contains(expected),
            "{error}"
        );
    }
}

#[test]
fn the_tag_policy_of_a_template_is_read() {
    let content = json!({"tags": {"owner": {"tag_key": {"@@assign": "Owner"}}}});
    let policy = |kind: &str, content: Value| {
        json!({"Type": "AWS::Organizations::Policy", "Properties": {
            "Name": "n", "Type": kind, "Content": content,
        }})
    };
    for written in [content.clone(), content.to_string().into()] {
        let other = policy("SERVICE_CONTROL_POLICY", json!({}));
        let template =
            json!({"Resources": {"Other": other, "Tags": policy("TAG_POLICY", written)}});
        let key = &document(&template)["required_tags"][0]["key"];
        assert_eq!(key, "Owner");
    }
    let two = json!({"Resources": {
        "A": policy("TAG_POLICY", content.clone()), "B": policy("TAG_POLICY", content.clone()),
    }});
    let both = json!({"Resources": {
        "A": policy("TAG_POLICY", content), "B": rule(&json!({"tag1Key": "Owner"})),
    }});
    for (template, expected) in [
        (
            two,
            "t.json:1:14: Resources: expected one tag policy, since resources do not say which is the \
             parent of which: put each into a file of its own, got [\"t.json: Resources[\\\"A\\\"].Properties.Content",
        ),
        (
            both,
            "t.json:1:14: Resources: expected rules of AWS Config or a tag policy of AWS Organizations, not both",
        ),
        (
            json!({"Resources": {"A": {"Type": "AWS::Organizations::Policy"}}}),
            "t.json:1:19: Resources[\"A\"].Properties: expected an object, got null",
        ),
        (
            json!({"Resources": {"A": policy("TAG_POLICY", Value::Null)}}),
            "Resources[\"A\"].Properties.Content: expected a string of JSON, got null",
        ),
    ] {
        let error = read(&template).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn what_a_template_refers_to_is_refused() {
    let reference = json!({"Ref": "P"});
    let mut types = rule(&json!({"tag1Key": "Owner"}));
    types["Properties"]["Scope"]["ComplianceResourceTypes"] = json!([{"Ref": "P"}]);
    let mut scope = rule(&json!({"tag1Key": "Owner"}));
    scope["Properties"]["Scope"] = json!({"Fn::If": ["c", {}, {}]});
    let written_out = ", written out, since only what the template says itself is resolved, such as the Default of a \
         parameter, got {\"";
    for (rule, place) in [
        (
            rule(&json!({"tag1Key": reference})),
            "t.json:1:215: Resources[\"A\"].Properties.InputParameters.tag1Key: expected the key of a required tag",
        ),
        (
            rule(
                &json!({"tag1Key": "a", "tag1Value": {"Fn::If": ["c", reference, {"Ref": "AWS::NoValue"}]}}),
            ),
            "tag1Value: expected a string of values, separated by commas",
        ),
        (
            types,
            "Properties.Scope.ComplianceResourceTypes[0]: expected a string",
        ),
        (
            rule(&json!({"Fn::Transform": {}})),
            "InputParameters: expected an object of parameters",
        ),
        (scope, "Properties.Scope: expected an object"),
    ] {
        let error = read(&json!({"Resources": {"A": rule}})).unwrap_err();
        assert!(error.contains(&format!("{place}{written_out}")), "{error}");
    }
}

/// An excerpt of AWS's "Operational Best Practices" templates, with defaults.
fn conformance_pack() -> Value {
    let reference = |name: &str| json!({"Ref": name});
    let chosen = |condition: &str, name: &str| json!({"Fn::If": [condition, reference(name), {"Ref": "AWS::NoValue"}]});
    let is_given = |name: &str| json!({"Fn::Not": [{"Fn::Equals": ["", reference(name)]}]});
    let mut tags = rule(&json!({
        "tag1Key": chosen("key", "Key"), "tag1Value": chosen("value", "Value"),
        "tag2Key": reference("Number"), "tag3Key": {"Fn::If": ["both", "x", "Team"]},
        "tag4Key": {"Fn::If": ["either", "Zone", "y"]},
    }));
    tags["Properties"]["Scope"]["ComplianceResourceTypes"] = reference("Types");
    json!({
        "Parameters": {
            "Key": {"Type": "String", "Default": "Owner"},
            "Value": {"Type": "String", "Default": ""},
            "Number": {"Type": "Number", "Default": 7},
            "Flag": {"Type": "String", "Default": true},
            "Types": {"Type": "CommaDelimitedList", "Default": "AWS::S3::Bucket, AWS::EC2::Instance"},
            "Other": {"Type": "String", "Default": "x"},
        },
        "Conditions": {
            "key": is_given("Key"), "value": is_given("Value"),
            "both": {"Fn::And": [{"Condition": "key"}, {"Condition": "value"}]},
            "either": {"Fn::Or": [{"Condition": "value"}, {"Fn::Equals": [reference("Flag"), "true"]}]},
        },
        "Resources": {"A": tags, "B": {"Type": "AWS::S3::Bucket", "Properties": {"Name": reference("Other")}}},
    })
}

#[test]
fn a_parameter_is_its_default() {
    let template = conformance_pack();
    let keys = ["Owner", "7", "Team", "Zone"].map(|key| json!({"key": key}));
    assert_eq!(document(&template), json!({"required_tags": keys}));
    let notes = read(&template).unwrap().notes;
    let defaults = [
        ("Flag", "true"),
        ("Key", "\"Owner\""),
        ("Number", "7"),
        ("Types", "\"AWS::S3::Bucket, AWS::EC2::Instance\""),
        ("Value", "\"\""),
    ];
    let defaults = defaults.map(|(name, default)| {
        format!("t.json: Parameters[\"{name}\"]: its Default {default} is used")
    });
    assert_eq!(notes[..5], defaults);
    let policy = |content: Value| {
        json!({"Type": "AWS::Organizations::Policy", "Properties": {
            "Type": "TAG_POLICY", "Content": content,
        }})
    };
    let content = json!({"Fn::If": ["key", {"tags": {"owner": {"tag_key": {"@@assign": {"Ref": "Key"}}}}}, {}]});
    let mut template = template;
    template["Resources"] = json!({"A": policy(content)});
    assert_eq!(document(&template)["required_tags"][0]["key"], "Owner");
}

#[test]
fn a_condition_that_cannot_be_told_is_refused() {
    for condition in [
        json!(null),
        json!({"Condition": "c"}),
        json!({"Condition": 1}),
        json!({"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}),
        json!({"Fn::Equals": [{"Ref": "List"}, "x"]}),
        json!({"Fn::Equals": "x"}),
        json!({"Fn::Not": []}),
        json!({"Fn::And": [{"Fn::Equals": ["a", {"Ref": "P"}]}, {"Condition": "c"}]}),
        json!({"Fn::Or": [{}]}),
        json!({"Fn::Other": []}),
    ] {
        for key in [
            json!({"Fn::If": ["c", "a", "b"]}),
            json!({"Fn::If": ["c", "a"]}),
            json!({"Fn::If": [1, "a", "b"]}),
            json!({"Fn::If": ["undefined", "a", "b"]}),
            json!({"Ref": 1}),
        ] {
            let template = json!({
                "Parameters": {"P": {"Type": "String"}, "List": {"Default": []}},
                "Conditions": {"c": condition},
                "Resources": {"A": rule(&json!({"tag1Key": key}))},
            });
            let error = read(&template).unwrap_err();
            let expected = "tag1Key: expected the key of a required tag, written out, since only";
            assert!(error.contains(expected), "{condition}: {error}");
        }
    }
}

#[test]
fn a_template_without_rules_is_refused() {
    let nothing =
        "expected a rule required-tags of AWS Config or a tag policy of AWS Organizations, got {";
    for (resources, expected) in [
        (json!({}), nothing),
        (json!({"A": {"Type": "AWS::S3::Bucket"}}), nothing),
        (
            json!([]),
            "Resources: expected an object of resources, got []",
        ),
        (
            json!({"A": 1}),
            "Resources[\"A\"]: expected a resource, got 1",
        ),
    ] {
        let error = read(&json!({"Resources": resources})).unwrap_err();
        assert!(
            error.starts_with("t.json:1:") && error.contains(expected),
            "{error}"
        );
    }
}
