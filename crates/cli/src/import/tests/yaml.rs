//! Sources in YAML, or in JSON with comments.

use super::*;

fn read(text: &str) -> Result<Imported, String> {
    import(&[file("f.yaml", text)]).map_err(|error| error.to_string())
}

fn document(text: &str) -> Value {
    serde_json::to_value(read(text).unwrap().document).unwrap()
}

#[test]
fn each_form_is_read_as_yaml() {
    let owner = json!([{"key": "Owner"}]);
    for text in [
        "tag1Key: Owner",
        "InputParameters: '{\"tag1Key\": \"Owner\"}'\nSource: {SourceIdentifier: REQUIRED_TAGS}",
        "ConfigRules:\n- InputParameters: {tag1Key: Owner}\n  Source: {SourceIdentifier: REQUIRED_TAGS}",
        "tags:\n  owner:\n    tag_key: {'@@assign': Owner}\n    report_required_tag_for: {'@@assign': \
         [ec2:instance]}",
        "Policy:\n  Content: |\n    {\"tags\": {\"owner\": {\"tag_key\": {\"@@assign\": \"Owner\"},\n      \
         \"report_required_tag_for\": {\"@@assign\": [\"ec2:instance\"]}}}}",
        "{\n  // whom to ask\n  \"tag1Key\": \"Owner\",\n}",
        "# whom to ask\n{\"tag1Key\": \"Owner\"}",
        "/* an old rule */ {\"tag1Key\": \"Owner\"}",
    ] {
        assert_eq!(document(text)["required_tags"], owner, "{text}");
    }
}

const TEMPLATE: &str = "\
AWSTemplateFormatVersion: 2010-09-09
Parameters:
  Stage:
    Type: String
    Default: prod
Mappings:
  Stages:
    prod: {Keys: Environment}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  IsLarge: !And
    - !Condition IsProd
    - !Not [!Equals [!Ref Stage, '']]
Resources:
  Topic:
    Type: AWS::SNS::Topic
    Properties:
      DisplayName: !GetAtt Other.TopicName
  Tags:
    Type: AWS::Config::ConfigRule
    Properties:
      ConfigRuleName: !Sub '${AWS::StackName}-tags'
      InputParameters:
        tag1Key: !FindInMap [Stages, !Ref Stage, Keys]
        tag1Value: !Join [',', [!Ref Stage, dev]]
        tag2Key: CostCenter
        tag2Value: 4711
        tag3Key: !If [IsLarge, Owner, !Ref AWS::NoValue]
      Scope:
        ComplianceResourceTypes:
          - AWS::EC2::Instance
      Source:
        Owner: AWS
        SourceIdentifier: REQUIRED_TAGS
";

#[test]
fn a_template_may_have_short_forms() {
    assert_eq!(
        document(TEMPLATE),
        json!({"required_tags": [
            {"key": "Environment", "allowed_values": ["prod", "dev"]},
            {"key": "CostCenter", "allowed_values": ["4711"]},
            {"key": "Owner"},
        ]})
    );
}

#[test]
fn what_is_wrong_in_yaml_has_its_place() {
    for (right, wrong, expected) in [
        (
            "!FindInMap [Stages, !Ref Stage, Keys]",
            "!GetAtt Topic.TopicName",
            "f.yaml:24:18: Resources[\"Tags\"].Properties (\"x\").InputParameters.tag1Key: expected the key of \
             a required tag, written out, since only what the template says itself is resolved, such as the \
             Default of a parameter, got {\"Fn::GetAtt\":[\"Topic\",\"TopicName\"]}",
        ),
        (
            "tag2Value: 4711",
            "tag2Value: 47.11",
            "f.yaml:27:20: Resources[\"Tags\"].Properties (\"x\").InputParameters.tag2Value: expected a \
             string of values, separated by commas, in quotes, got 47.11",
        ),
        (
            "tag2Key: CostCenter",
            "tag7Key: CostCenter",
            "f.yaml:26:18: Resources[\"Tags\"].Properties (\"x\").InputParameters: expected tag1Key,",
        ),
        (
            "tag2Value: 4711",
            "<<: *values",
            "f.yaml:27:13: unusable as YAML: while parsing node, found unknown anchor",
        ),
        (
            "tag2Value: 4711",
            "<<: {tag2Value: 4711}",
            "f.yaml:27:9: unusable as YAML: expected no merge key <<: write out what it would bring in",
        ),
        (
            "tag2Value: 4711",
            "tag2Value: !!set {4711}",
            "f.yaml:27:27: unusable as YAML: expected a key that is a string: put it into quotes",
        ),
        (
            "tag2Value: 4711",
            "tag2Value: !x-y 4711",
            "f.yaml:27:20: unusable as YAML: expected no tag such as !x",
        ),
        (
            "tag2Value: 4711",
            "tag2Key: Owner",
            "f.yaml:27:9: unusable as YAML: duplicated key in mapping",
        ),
    ] {
        let text = TEMPLATE.replace("!Sub '${AWS::StackName}-tags'", "x");
        let error = read(&text.replace(right, wrong)).unwrap_err();
        assert!(error.starts_with(expected), "{error}");
    }
    let unquoted = read("tags:\n  owner:\n    tag_key:\n      @@assign: Owner").unwrap_err();
    assert!(
        unquoted.starts_with("f.yaml:4:7: unusable as YAML: ")
            && unquoted.ends_with(": put a text that begins with @ into quotes"),
        "{unquoted}"
    );
    let string = read("Policy:\n  Content: |\n    {\"tags\": 1}").unwrap_err();
    let expected = "f.yaml:3:5: Policy.Content.tags: expected an object of policy keys, got 1";
    assert_eq!(string, expected);
}
