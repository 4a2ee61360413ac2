//! Templates of AWS `CloudFormation`, of which the conformance packs of AWS Config are some ("Custom
//! conformance pack" in its developer guide), as JSON.

mod references;

use serde_json::{Map, Value};

use self::references::References;
use super::ImportError;
use super::config_rule::answer::required_tags;
use super::config_rule::shape::{ORGANIZATION_RULE, RULE};
use super::found::{Found, PACK_LEFT_OUT};
use super::notes::Notes;
use super::organizations::TagPolicy;
use super::place::{Place, given};

/// What a template has, alone or as the API has it: `get-template`, `put-conformance-pack`.
pub(super) fn read(
    place: &Place,
    document: &Value,
    notes: &mut Notes,
) -> Result<Found, ImportError> {
    match document.get("TemplateBody") {
        None => read_template(place, document, notes),
        Some(template @ Value::Object(_)) => {
            read_template(&place.field("TemplateBody"), template, notes)
        }
        Some(text) => {
            let (place, template) = place.field("TemplateBody").json(text)?;
            read_template(&place, &template, notes)
        }
    }
}

fn read_template(place: &Place, template: &Value, notes: &mut Notes) -> Result<Found, ImportError> {
    let parameters = place.field("Parameters");
    let place = place.field("Resources");
    let resources = place.object(&template["Resources"], "an object of resources")?;
    let references = References::of(template);
    let resources = resolved(resources, &references);
    for (name, default) in references.into_taken() {
        let text = format!("its Default {default} is taken");
        notes.verdict(parameters.key(name).note(&text));
    }
    let mut rules = Vec::new();
    let mut policies = Vec::new();
    for (name, resource) in &resources {
        let place = place.key(name);
        let fields = place.object(resource, "a resource")?;
        let nothing = &Value::Null;
        let properties = given(fields, "Properties").unwrap_or(nothing);
        let inner = place.field("Properties");
        let shape = match fields.get("Type").and_then(Value::as_str) {
            Some("AWS::Config::ConfigRule") => &RULE,
            Some("AWS::Config::OrganizationConfigRule") => &ORGANIZATION_RULE,
            Some("AWS::Organizations::Policy") => {
                policies.extend(tag_policy(&inner, properties)?);
                continue;
            }
            Some("AWS::Config::ConformancePack" | "AWS::Config::OrganizationConformancePack") => {
                notes.verdict(place.note(PACK_LEFT_OUT));
                continue;
            }
            _ => continue,
        };
        if let Some(condition) = given(fields, "Condition")
            && shape.is_required_tags(properties)
        {
            let text = format!("the rule is taken over without its condition {condition}");
            notes.verdict(place.note(&text));
        }
        rules.push((inner, properties, shape));
    }
    let rules = required_tags(&place, rules, notes)?;
    Found::of(&place, &template["Resources"], policies, rules)
}

/// The resources; those that are read, with what they refer to.
fn resolved(resources: &Map<String, Value>, references: &References<'_>) -> Map<String, Value> {
    let resource = |(name, resource): (&String, &Value)| {
        let mut resource = resource.clone();
        if let Some(properties) = resource.get_mut("Properties")
            && is_read(&resources[name])
        {
            *properties = references.resolve(properties);
        }
        (name.clone(), resource)
    };
    resources.iter().map(resource).collect()
}

/// Whether a resource is a rule `required-tags` or a tag policy.
fn is_read(resource: &Value) -> bool {
    let properties = &resource["Properties"];
    match resource["Type"].as_str() {
        Some("AWS::Config::ConfigRule") => RULE.is_required_tags(properties),
        Some("AWS::Config::OrganizationConfigRule") => {
            ORGANIZATION_RULE.is_required_tags(properties)
        }
        kind => kind == Some("AWS::Organizations::Policy") && properties["Type"] == "TAG_POLICY",
    }
}

/// The tag policy of a resource. Its content may be an object or a string.
fn tag_policy(place: &Place, properties: &Value) -> Result<Option<TagPolicy>, ImportError> {
    let fields = place.object(properties, "an object")?;
    if fields.get("Type").is_none_or(|kind| kind != "TAG_POLICY") {
        return Ok(None);
    }
    let place = place.field("Content");
    let (place, content) = match given(fields, "Content") {
        Some(content @ Value::Object(_)) => (place, content.clone()),
        content => place.json(content.unwrap_or(&Value::Null))?,
    };
    Ok(Some(TagPolicy {
        place,
        content,
        is_effective: false,
    }))
}
