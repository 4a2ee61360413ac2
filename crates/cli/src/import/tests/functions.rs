//! Intrinsic functions of templates.

use super::*;

/// The document imported from a template whose rule has these parameters.
fn document(parameters: &Value) -> Result<Value, String> {
    let template = json!({
        "Parameters": {
            "Key": {"Type": "String", "Default": "Owner"},
            "Number": {"Type": "Number", "Default": 7},
            "List": {"Type": "CommaDelimitedList", "Default": "a, b"},
            "Open": {"Type": "String"},
        },
        "Mappings": {"Values": {"Owner": {"allowed": "x,y", "first": 1, "list": ["p", "q"]}}},
        "Resources": {"A": {"Type": "AWS::Config::ConfigRule", "Properties": {
            "Source": {"Owner": "AWS", "SourceIdentifier": "REQUIRED_TAGS"},
            "InputParameters": parameters,
        }}},
    });
    let imported = import(&[file("t.json", &template.to_string())]);
    let imported = imported.map_err(|error| error.to_string())?;
    Ok(serde_json::to_value(imported.document.required_tags).unwrap())
}

#[test]
fn a_function_is_what_it_comes_to() {
    let key = json!({"Ref": "Key"});
    for (value, expected) in [
        (json!({"Fn::Sub": "${Key}-${Number}"}), "Owner-7"),
        (json!({"Fn::Sub": "${!Key}"}), "${Key}"),
        (
            json!({"Fn::Sub": ["${Key}-${Mine}", {"Mine": {"Ref": "Number"}}]}),
            "Owner-7",
        ),
        (json!({"Fn::Join": ["-", ["x", key]]}), "x-Owner"),
        (json!({"Fn::Join": ["-", {"Ref": "List"}]}), "a-b"),
        (
            json!({"Fn::Select": ["1", {"Fn::Split": ["-", {"Fn::Sub": "a-${Key}"}]}]}),
            "Owner",
        ),
        (json!({"Fn::Select": [0, ["x", "y"]]}), "x"),
        (
            json!({"Fn::Select": [1, {"Fn::FindInMap": ["Values", key, "list"]}]}),
            "q",
        ),
    ] {
        let tags = document(&json!({"tag1Key": value}));
        assert_eq!(tags, Ok(json!([{"key": expected}])), "{value}");
    }
    let allowed = json!({"Fn::FindInMap": ["Values", key, "allowed"]});
    let owner = json!([{"key": "Owner", "allowed_values": ["x", "y"]}]);
    let parameters = json!({"tag1Key": key, "tag1Value": allowed});
    assert_eq!(document(&parameters), Ok(owner));
    let seven = json!([{"key": "Owner", "allowed_values": ["1"]}]);
    let first = json!({"Fn::FindInMap": ["Values", key, "first"]});
    for parameters in [
        json!({"tag1Key": key, "tag1Value": first}),
        json!({"Fn::Sub": "{\"tag1Key\": \"${Key}\", \"tag1Value\": \"1\"}"}),
    ] {
        assert_eq!(document(&parameters), Ok(seven.clone()), "{parameters}");
    }
}

#[test]
fn a_function_that_cannot_be_told_is_refused() {
    for value in [
        json!({"Fn::Sub": "${Open}"}),
        json!({"Fn::Sub": "${AWS::Region}"}),
        json!({"Fn::Sub": "${List}"}),
        json!({"Fn::Sub": "${Key"}),
        json!({"Fn::Sub": 1}),
        json!({"Fn::Sub": [1, {}]}),
        json!({"Fn::Sub": ["${Mine}", {"Mine": {"Ref": "Open"}}]}),
        json!({"Fn::Join": ["-", ["x", {"Ref": "Open"}]]}),
        json!({"Fn::Join": [1, ["x"]]}),
        json!({"Fn::Join": ["-", "x"]}),
        json!({"Fn::Join": ["-"]}),
        json!({"Fn::Join": "-"}),
        json!({"Fn::Split": [1, "x"]}),
        json!({"Fn::Split": ["-", {"Ref": "Open"}]}),
        json!({"Fn::Split": []}),
        json!({"Fn::Select": [2, ["x"]]}),
        json!({"Fn::Select": ["x", ["x"]]}),
        json!({"Fn::Select": [[], ["x"]]}),
        json!({"Fn::Select": [0]}),
        json!({"Fn::FindInMap": ["Values", {"Ref": "Open"}, "allowed"]}),
        json!({"Fn::FindInMap": ["Values", "Nobody", "allowed"]}),
        json!({"Fn::FindInMap": ["Values", "Owner"]}),
        json!({"Fn::GetAtt": ["A", "B"]}),
    ] {
        let error = document(&json!({"tag1Key": value})).unwrap_err();
        let expected =
            "InputParameters.tag1Key: expected the key of a required tag, written out, since";
        assert!(error.contains(expected), "{value}: {error}");
    }
}
