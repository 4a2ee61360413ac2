use super::*;

fn read(document: &Value) -> Result<Imported, String> {
    let imported = import(&[file("s.json", &document.to_string())]);
    imported.map_err(|error| error.to_string())
}

fn document(document: &Value) -> Value {
    serde_json::to_value(read(document).unwrap().document).unwrap()
}

fn resource(kind: &str, values: &Value) -> Value {
    json!({"address": format!("{kind}.x"), "mode": "managed", "type": kind, "name": "x", "values": values})
}

fn state(resources: &Value) -> Value {
    json!({"format_version": "1.0", "values": {"root_module": {"resources": resources}}})
}

fn rule(parameters: &Value) -> Value {
    resource(
        "aws_config_config_rule",
        &json!({
            "name": "tags", "description": "", "maximum_execution_frequency": "", "tags": {}, "tags_all": {},
            "evaluation_mode": [{"mode": "DETECTIVE"}],
            "input_parameters": parameters,
            "scope": [{
                "compliance_resource_id": "", "compliance_resource_types": ["AWS::EC2::Instance"],
                "tag_key": "", "tag_value": "",
            }],
            "source": [{"owner": "AWS", "source_identifier": "REQUIRED_TAGS", "source_detail": []}],
        }),
    )
}

fn organization_rule() -> Value {
    resource(
        "aws_config_organization_managed_rule",
        &json!({
            "name": "owners", "rule_identifier": "REQUIRED_TAGS", "timeouts": null,
            "input_parameters": "{\"tag1Key\": \"Owner\"}",
            "resource_types_scope": ["AWS::EC2::Instance"], "tag_key_scope": "Stage", "tag_value_scope": "prod",
            "excluded_accounts": ["111122223333"],
        }),
    )
}

fn tag_policy(kind: &str, content: &str) -> Value {
    resource(
        "aws_organizations_policy",
        &json!({"name": "p", "type": kind, "content": content}),
    )
}

const OWNER: &str = "{\"tags\": {\"owner\": {\"tag_key\": {\"@@assign\": \"Owner\"}}}}";

#[test]
fn the_rules_of_a_state_are_read() {
    let mut unmanaged = rule(&"{\"tag1Key\": \"Data\"}".into());
    unmanaged["mode"] = "data".into();
    let mut proactive = rule(&"{\"tag1Key\": \"Zone\", \"tag1Value\": \"a,b\"}".into());
    proactive["values"]["evaluation_mode"] = json!([{"mode": "PROACTIVE"}]);
    let other = resource(
        "aws_config_config_rule",
        &json!({"name": "keys", "source": [{"source_identifier": "ACCESS_KEYS_ROTATED"}]}),
    );
    let pack = resource("aws_config_conformance_pack", &json!({}));
    let resources = json!([pack, unmanaged, other, proactive, rule(&"".into())]);
    let state = state(&resources);
    assert_eq!(
        document(&state),
        json!({"required_tags": [{"key": "Zone", "allowed_values": ["a", "b"]}, {"key": "CostCenter"}]})
    );
    let notes = read(&state).unwrap().notes;
    let expected = [
        "s.json: values.root_module.resources[0].values: a conformance pack is left out, since",
        "values.root_module.resources[4].values (\"tags\").input_parameters.tag1Key: is not set",
        "\"CostCenter\": AWS Config accepts any value",
        "values: \"keys\": rules other than required-tags are left out",
        "resources[3].values (\"tags\").evaluation_mode: AWS Config can evaluate",
    ];
    assert_eq!(notes.len(), expected.len(), "{notes:?}");
    for (note, expected) in notes.iter().zip(expected) {
        assert!(note.contains(expected), "{note}");
    }
}

#[test]
fn rules_of_modules_and_plans_are_read() {
    let bucket = resource("aws_s3_bucket", &json!({}));
    let inner = json!({"resources": [bucket, organization_rule()], "address": "module.a.module.b"});
    let modules = json!({"root_module": {"child_modules": [{"child_modules": [inner]}]}});
    let expected = json!({
        "required_tags": [{"key": "Owner"}],
        "scope": {
            "include": [{"tags": [{"key": "Stage", "values": ["prod"]}]}],
            "exclude": [{"accounts": ["111122223333"]}],
        },
    });
    assert_eq!(document(&json!({"values": modules})), expected);
    let plan = json!({"planned_values": modules, "prior_state": {"values": {}}});
    assert_eq!(document(&plan), expected);
}

#[test]
fn what_a_plan_does_not_know_is_refused() {
    for (resource, field) in [
        (rule(&Value::Null), "input_parameters"),
        (rule(&"{}".into()), "scope"),
        (organization_rule(), "excluded_accounts"),
        (tag_policy("TAG_POLICY", OWNER), "content"),
    ] {
        let plan = |unknown: Value| {
            json!({
                "planned_values": {"root_module": {"resources": [resource]}},
                "resource_changes": [
                    {"address": "other", "change": {"after_unknown": {field: true}}},
                    {"address": resource["address"], "change": {"after_unknown": unknown}},
                ],
            })
        };
        let known = json!({"id": true, field: [{"tag_key": false}]});
        assert!(read(&plan(known)).is_ok(), "{field}");
        for unknown in [json!(true), json!([{"tag_key": [true]}])] {
            let error = read(&plan(json!({field: unknown}))).unwrap_err();
            let expected = format!(
                "planned_values.root_module.resources[0].values.{field}: expected a value that is known \
                 before the apply (or import the state after it), got null"
            );
            assert!(error.ends_with(&expected), "{error}");
        }
    }
}

#[test]
fn the_tag_policy_of_a_state_is_one_of_a_chain() {
    let other = tag_policy("SERVICE_CONTROL_POLICY", "{}");
    let root = state(&json!([other, tag_policy("TAG_POLICY", OWNER)]));
    let child = json!({"tags": {"owner": {"tag_value": {"@@assign": ["a"]}}}});
    let files =
        [("s.json", &root), ("c.json", &child)].map(|(name, text)| file(name, &text.to_string()));
    let tags = import(&files).unwrap().document.required_tags;
    assert_eq!(tags[0].key, "Owner");
    assert_eq!(
        tags[0].allowed_values.as_deref(),
        Some(&["a".to_owned()][..])
    );
    let mixed = [files[0].clone(), file("r.json", "{\"tag1Key\": \"a\"}")];
    for mixed in [&mixed, &[mixed[1].clone(), mixed[0].clone()]] {
        let error = import(mixed).unwrap_err().to_string();
        let expected = ":1:1: expected a file of the same kind as the first, got {";
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn what_is_wrong_in_a_state_is_named() {
    for (document, expected) in [
        (
            json!({"values": 1}),
            "s.json:1:11: values: expected an object, got 1",
        ),
        (
            json!({"values": {}}),
            "s.json:1:11: values.root_module: expected a module, got null",
        ),
        (
            json!({"values": {"root_module": {"resources": 1}}}),
            "root_module.resources: expected a list of resources, got 1",
        ),
        (
            json!({"values": {"root_module": {"child_modules": 1}}}),
            "root_module.child_modules: expected a list of modules, got 1",
        ),
        (
            state(&json!([])),
            "values: expected a rule required-tags of AWS Config or a tag policy of AWS Organizations, got",
        ),
        (
            state(&json!([tag_policy("TAG_POLICY", "{")])),
            "resources[0].values.content: expected a string of JSON (line 1, column 1: the text ends",
        ),
        (
            state(&json!([rule(&"{\"tag1Key\": 1}".into())])),
            "values (\"tags\").input_parameters.tag1Key: expected the key of a required tag, in quotes, got 1",
        ),
    ] {
        let error = read(&document).unwrap_err();
        assert!(
            error.starts_with("s.json:1:") && error.contains(expected),
            "{error}"
        );
    }
    let mut scope = rule(&"{}".into());
    scope["values"]["scope"] = json!({"tag_key": "a"});
    let error = read(&state(&json!([scope]))).unwrap_err();
    assert!(error.contains(".scope: expected a list, got {"), "{error}");
}
