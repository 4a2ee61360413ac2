//! Conformance packs whose template is a string within another file.

use super::*;

const TEMPLATE: &str = "\
Parameters:
  Key: {Type: String, Default: Owner}
  Value: {Type: String, Default: ''}
Conditions:
  isValueGiven: !Not [!Equals ['', !Ref Value]]
Resources:
  Tags:
    Type: AWS::Config::ConfigRule
    Properties:
      ConfigRuleName: required-tags
      Source: {Owner: AWS, SourceIdentifier: REQUIRED_TAGS}
      Scope: {ComplianceResourceTypes: ['AWS::EC2::Instance']}
      InputParameters:
        tag1Key: !Ref Key
        tag1Value: !If [isValueGiven, !Ref Value, !Ref AWS::NoValue]
";

fn read(document: &Value) -> Result<Imported, String> {
    let imported = import(&[file("f", &document.to_string())]);
    imported.map_err(|error| error.to_string())
}

fn document(document: &Value) -> Value {
    serde_json::to_value(read(document).unwrap().document).unwrap()
}

fn resources(kind: &str, properties: &Value) -> Value {
    json!({"Resources": {"Pack": {"Type": kind, "Properties": properties}}})
}

fn state(kind: &str, values: &Value) -> Value {
    let resource = json!({"mode": "managed", "type": kind, "values": values});
    json!({"values": {"root_module": {"resources": [resource]}}})
}

#[test]
fn a_pack_has_the_rules_of_its_template() {
    let ours = json!([{"ParameterName": "Value", "ParameterValue": "a,b"}]);
    let terraforms = json!([{"parameter_name": "Value", "parameter_value": "a,b"}]);
    let accounts = ["111122223333"];
    for (pack, is_excluded) in [
        (
            resources(
                "AWS::Config::ConformancePack",
                &json!({"TemplateBody": TEMPLATE, "ConformancePackInputParameters": ours}),
            ),
            false,
        ),
        (
            resources(
                "AWS::Config::OrganizationConformancePack",
                &json!({
                    "TemplateBody": TEMPLATE, "ConformancePackInputParameters": ours,
                    "ExcludedAccounts": accounts,
                }),
            ),
            true,
        ),
        (
            json!({
                "OrganizationConformancePackName": "tags", "TemplateBody": TEMPLATE,
                "ConformancePackInputParameters": ours, "ExcludedAccounts": accounts,
            }),
            true,
        ),
        (
            state(
                "aws_config_conformance_pack",
                &json!({"template_body": TEMPLATE, "input_parameter": terraforms}),
            ),
            false,
        ),
        (
            state(
                "aws_config_organization_conformance_pack",
                &json!({
                    "template_body": TEMPLATE, "input_parameter": terraforms, "excluded_accounts": accounts,
                }),
            ),
            true,
        ),
    ] {
        let document = document(&pack);
        let owner = json!([{"key": "Owner", "allowed_values": ["a", "b"]}]);
        assert_eq!(document["required_tags"], owner, "{pack}");
        let excluded = &document["scope"]["exclude"];
        let expected = if is_excluded {
            json!([{"accounts": accounts}])
        } else {
            Value::Null
        };
        assert_eq!(excluded, &expected, "{pack}");
        let [note] = &read(&pack).unwrap().notes[..] else {
            panic!("{pack}");
        };
        assert!(
            note.ends_with("Parameters[\"Key\"]: its Default \"Owner\" is used"),
            "{note}"
        );
    }
}

#[test]
fn a_template_may_have_packs_and_rules() {
    let mut template = resources(
        "AWS::Config::ConformancePack",
        &json!({"TemplateBody": {"Fn::Sub": TEMPLATE}}),
    );
    template["Resources"]["Rule"] = json!({"Type": "AWS::Config::ConfigRule", "Properties": {
        "Source": {"Owner": "AWS", "SourceIdentifier": "REQUIRED_TAGS"},
        "InputParameters": {"tag1Key": "Team"},
    }});
    let tags = json!([{"key": "Team"}, {"key": "Owner"}]);
    assert_eq!(document(&template)["required_tags"], tags);
}

#[test]
fn what_is_wrong_with_a_pack_is_named() {
    let kind = "AWS::Config::ConformancePack";
    let rule = "Resources: {A: {Type: AWS::Config::ConfigRule}}";
    let parameters = |parameters: Value| json!({"TemplateBody": TEMPLATE, "ConformancePackInputParameters": parameters});
    for (properties, expected) in [
        (
            json!({"TemplateBody": "Resources: ["}),
            "TemplateBody: expected a template as a string (line 2, column 1: unusable as YAML: ",
        ),
        (
            json!({"TemplateBody": "Resources: 1"}),
            "TemplateBody.Resources: expected an object of resources, got 1",
        ),
        (
            json!({"TemplateBody": "Resources: {A: 1}"}),
            "TemplateBody.Resources[\"A\"]: expected a resource, got 1",
        ),
        (
            json!({"TemplateBody": rule}),
            "Resources: expected a rule required-tags of AWS Config or",
        ),
        (
            parameters(json!(1)),
            "ConformancePackInputParameters: expected a list of parameters, got 1",
        ),
        (
            parameters(json!([1])),
            "ConformancePackInputParameters[0]: expected a parameter, got 1",
        ),
        (
            parameters(json!([{"ParameterValue": "a"}])),
            "ConformancePackInputParameters[0].ParameterName: expected a string, got null",
        ),
        (
            parameters(json!([{"ParameterName": "Value", "ParameterValue": {"Ref": "P"}}])),
            "ParameterValue: expected a string, written out, since only what",
        ),
        (
            json!({"TemplateBody": TEMPLATE, "ExcludedAccounts": [1]}),
            "ExcludedAccounts[0]: expected a string, in quotes, got 1",
        ),
    ] {
        let error = read(&resources(kind, &properties)).unwrap_err();
        assert!(
            error.starts_with("f:1:") && error.contains(expected),
            "{error}"
        );
    }
    let named = json!({"ConformancePackName": "p", "TemplateBody": "Resources: ["});
    let error = read(&named).unwrap_err();
    assert!(
        error.contains("TemplateBody: expected a template"),
        "{error}"
    );
    let values = json!({"template_body": TEMPLATE, "input_parameter": null});
    let mut plan = state("aws_config_conformance_pack", &values);
    plan["resource_changes"] = json!([{"change": {"after_unknown": {"input_parameter": true}}}]);
    let error = read(&plan).unwrap_err();
    let expected = "input_parameter: expected a value that is known before the apply";
    assert!(error.contains(expected), "{error}");
    let values = json!({"template_body": "Resources: ["});
    let error = read(&state("aws_config_conformance_pack", &values)).unwrap_err();
    assert!(
        error.contains("template_body: expected a template"),
        "{error}"
    );
}
