//! `policy schema`: the published schema, and what it takes and refuses.

use serde_json::{Value, json};
use tag_compliance_core::policy::pattern::Pattern;

use crate::support::{policy_file, run};

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
        "write it again: cargo run --bin tag-compliance policy schema >docs/tag-policy.schema.json"
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
            "key optional alternative_keys aliases allowed_values forbidden_values pattern example \
             date number min_length max_length ignore_key_case ignore_value_case description \
             severity when enforced_from",
        ),
        (
            "/$defs/ForbiddenTag",
            "key key_pattern ignore_key_case description severity when enforced_from",
        ),
        ("/$defs/DateRequirement", "not_past max_days_ahead"),
        ("/$defs/NumberRequirement", "min max"),
        ("/$defs/Scope", "include exclude"),
        ("/$defs/Exemption", "owner reason expires when keys"),
        (
            "/$defs/Condition",
            "tags instance_ids auto_scaling_groups states accounts regions operator \
             instance_types availability_zones image_ids instance_profiles vpc_ids subnet_ids \
             min_age_minutes max_age_minutes min_age_hours max_age_hours any not",
        ),
        (
            "/$defs/InnerCondition",
            "tags instance_ids auto_scaling_groups states accounts regions operator \
             instance_types availability_zones image_ids instance_profiles vpc_ids subnet_ids \
             min_age_minutes max_age_minutes min_age_hours max_age_hours",
        ),
        (
            "/$defs/TagCondition",
            "key key_pattern values pattern absent ignore_case",
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
fn the_schema_takes_of_texts_with_a_shape_what_the_program_takes() {
    let schema = schema();
    for (field, texts) in [
        ("accounts", ["111111111111", "11111111111", "1111111111111"]),
        ("instance_ids", ["i-0123abcd", "i-0123wxyz", "i-0123abcd0"]),
        ("regions", ["us-gov-west-1", "useast1", "us-east-1a"]),
        (
            "operator",
            ["eks.amazonaws.com", "eks", "EKS.amazonaws.com"],
        ),
        ("states", ["stopped", "terminated", "Running"]),
    ] {
        let pointer = format!("/$defs/Condition/properties/{field}/items/pattern");
        let pattern = schema.pointer(&pointer).and_then(Value::as_str).unwrap();
        let pattern = Pattern::new(pattern, false).unwrap();
        for text in texts {
            let policy = json!({"required_tags": [{"key": "x", "when": {field: [text]}}]});
            let answer = run(&[
                "policy",
                "check",
                &policy_file("schema-shape.json", &policy),
            ]);
            let is_taken = answer.code == Some(0);
            assert_eq!(
                pattern.matches(text),
                is_taken,
                "{field} {text}: {answer:?}"
            );
        }
    }
}

#[test]
fn the_schema_refuses_what_is_there_twice_and_what_contradicts_itself() {
    let schema = schema();
    for list in [
        "RequiredTag/properties/allowed_values",
        "Condition/properties/any",
    ] {
        let pointer = format!("/$defs/{list}/uniqueItems");
        assert_eq!(schema.pointer(&pointer), Some(&json!(true)), "{list}");
    }
    let given =
        |field: &str| json!({"required": [field], "properties": {field: {"type": "string"}}});
    for object in ["ForbiddenTag", "TagCondition"] {
        let one = &schema["$defs"][object]["oneOf"];
        assert_eq!(*one, json!([given("key"), given("key_pattern")]));
    }
    let integers = |one: &str, other: &str| {
        json!({"not": {
            "required": [one, other],
            "properties": {one: {"type": "integer"}, other: {"type": "integer"}},
        }})
    };
    for condition in ["Condition", "InnerCondition"] {
        let condition = &schema["$defs"][condition];
        assert_eq!(condition["minProperties"], 1);
        let ages = [
            integers("min_age_hours", "min_age_minutes"),
            integers("max_age_hours", "max_age_minutes"),
        ];
        assert_eq!(condition["allOf"], json!(ages));
        assert_eq!(
            condition["properties"]["min_age_hours"]["maximum"],
            u32::MAX
        );
    }
}

#[test]
fn the_schema_refuses_blank_texts_and_days_that_are_no_limit() {
    let schema = schema();
    for (path, pattern) in [
        ("RequiredTag/properties/key", r"^(?![aA][wW][sS]:)[\s\S]*\S"),
        ("RequiredTag/properties/description", r"\S"),
        ("RequiredTag/properties/allowed_values/items", r"\S"),
        ("Exemption/properties/reason", r"\S"),
        ("Condition/properties/instance_types/items", r"\S"),
    ] {
        let pointer = format!("/$defs/{path}/pattern");
        assert_eq!(schema.pointer(&pointer), Some(&json!(pattern)), "{path}");
    }
    let days = "/$defs/DateRequirement/properties/max_days_ahead/maximum";
    assert_eq!(schema.pointer(days), Some(&json!(36_500)));
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
