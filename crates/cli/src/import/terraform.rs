//! Resources in the output of `terraform show -json` ("JSON Output Format").

use serde_json::Value;

use super::ImportError;
use super::cloudformation::pack::TERRAFORM_PACK;
use super::config_rule::answer::required_tags;
use super::config_rule::shape::{TERRAFORM_ORGANIZATION_RULE, TERRAFORM_RULE};
use super::found::Found;
use super::notes::Notes;
use super::organizations::TagPolicy;
use super::place::{Place, given};

/// The fields that contain the resources of a state or a plan.
pub(super) const VALUES: [&str; 2] = ["values", "planned_values"];

/// Reads a state or a plan.
pub(super) fn read(
    place: &Place,
    document: &Value,
    notes: &mut Notes,
) -> Result<Found, ImportError> {
    let name = VALUES.iter().find(|name| document.get(name).is_some());
    let name = name.copied().unwrap_or_default();
    let place = place.field(name);
    let values = &document[name];
    let nothing = Value::Null;
    let module = given(place.object(values, "an object")?, "root_module").unwrap_or(&nothing);
    let mut resources = Vec::new();
    add_module(&place.field("root_module"), module, &mut resources)?;
    let mut rules = Vec::new();
    let mut of_packs = Vec::new();
    let mut policies = Vec::new();
    for (place, resource) in resources {
        let is_managed = resource.get("mode").is_none_or(|mode| mode == "managed");
        let kind = resource.get("type").and_then(Value::as_str);
        let values = resource.get("values").unwrap_or(&Value::Null);
        let inner = place.field("values");
        let shape = match kind.filter(|_| is_managed) {
            Some("aws_config_config_rule") => &TERRAFORM_RULE,
            Some("aws_config_organization_managed_rule") => &TERRAFORM_ORGANIZATION_RULE,
            Some("aws_organizations_policy") => {
                if values.get("type").is_some_and(|kind| kind == "TAG_POLICY") {
                    check_known(document, &inner, resource)?;
                    policies.push(tag_policy(&inner, values)?);
                }
                continue;
            }
            Some("aws_config_conformance_pack" | "aws_config_organization_conformance_pack") => {
                let found = TERRAFORM_PACK.rules(&inner, values, notes)?;
                if !found.is_empty() {
                    check_known(document, &inner, resource)?;
                }
                of_packs.extend(found);
                continue;
            }
            _ => continue,
        };
        if shape.is_required_tags(values) {
            check_known(document, &inner, resource)?;
        }
        rules.push((inner, values, shape));
    }
    let mut rules = required_tags(&place, rules, notes)?;
    rules.extend(of_packs);
    Found::of(&place, values, policies, rules)
}

/// The resources of a module and its child modules.
fn add_module<'a>(
    place: &Place,
    module: &'a Value,
    resources: &mut Vec<(Place, &'a Value)>,
) -> Result<(), ImportError> {
    let fields = place.object(module, "a module")?;
    if let Some(list) = given(fields, "resources") {
        let place = place.field("resources");
        let items = place.list(list, "a list of resources")?.iter().enumerate();
        resources.extend(items.map(|(index, resource)| (place.index(index), resource)));
    }
    if let Some(modules) = given(fields, "child_modules") {
        let place = place.field("child_modules");
        let modules = place.list(modules, "a list of modules")?.iter();
        for (index, module) in modules.enumerate() {
            add_module(&place.index(index), module, resources)?;
        }
    }
    Ok(())
}

/// A plan omits values that are known only after the apply, which differ from unset ones.
fn check_known(document: &Value, place: &Place, resource: &Value) -> Result<(), ImportError> {
    let changes = document.get("resource_changes").and_then(Value::as_array);
    let change = changes
        .into_iter()
        .flatten()
        .find(|change| change.get("address") == resource.get("address"));
    let unknown = change.and_then(|change| change.pointer("/change/after_unknown"));
    let fields = [
        "content",
        "excluded_accounts",
        "input_parameter",
        "input_parameters",
        "resource_id_scope",
        "resource_types_scope",
        "scope",
        "tag_key_scope",
        "tag_value_scope",
    ];
    let is_unknown = |name: &&str| {
        let field = unknown.and_then(|unknown| unknown.get(name));
        field.is_some_and(holds_true)
    };
    match fields.into_iter().find(is_unknown) {
        Some(name) => {
            let expected = "a value that is known before the apply (or import the state after it)";
            Err(place.field(name).expected(expected, &Value::Null))
        }
        None => Ok(()),
    }
}

fn holds_true(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(holds_true),
        Value::Object(fields) => fields.values().any(holds_true),
        value => value == &Value::Bool(true),
    }
}

fn tag_policy(place: &Place, values: &Value) -> Result<TagPolicy, ImportError> {
    let place = place.field("content");
    let (place, content) = place.json(values.get("content").unwrap_or(&Value::Null))?;
    Ok(TagPolicy {
        place,
        content,
        is_effective: false,
    })
}
