//! Templates of AWS `CloudFormation`, which include the conformance packs of AWS Config ("Custom conformance pack" in
//! its developer guide).

pub(super) mod pack;
mod references;
mod template;
mod text;

use std::collections::BTreeMap;

use serde_json::Value;

use self::pack::PACK;
use self::template::Template;
use super::ImportError;
use super::found::Found;
use super::notes::Notes;
use super::organizations::TagPolicy;
use super::place::{Place, given};

/// The fields that name a pack in the input of `put-conformance-pack` and `put-organization-conformance-pack`.
const PACK_NAMES: [&str; 2] = ["ConformancePackName", "OrganizationConformancePackName"];

/// Reads a template, bare or within the API's JSON: `get-template`, `put-conformance-pack`.
pub(super) fn read(
    place: &Place,
    document: &Value,
    notes: &mut Notes,
) -> Result<Found, ImportError> {
    if PACK_NAMES.iter().any(|name| document.get(name).is_some()) {
        let rules = PACK.rules(place, document, notes)?;
        return Found::of(place, document, Vec::new(), rules);
    }
    match document.get("TemplateBody") {
        None => read_template(place, document, notes),
        Some(template @ Value::Object(_)) => {
            read_template(&place.field("TemplateBody"), template, notes)
        }
        Some(text) => {
            let (place, template) = place.field("TemplateBody").template(text)?;
            read_template(&place, &template, notes)
        }
    }
}

fn read_template(place: &Place, template: &Value, notes: &mut Notes) -> Result<Found, ImportError> {
    let resources = Template::read(place, template, &BTreeMap::new(), notes)?;
    let mut of_packs = Vec::new();
    let mut policies = Vec::new();
    for resource in resources.resources()? {
        let (inner, properties) = (resource.inner(), resource.properties);
        match resource.kind {
            "AWS::Organizations::Policy" => policies.extend(tag_policy(&inner, properties)?),
            "AWS::Config::ConformancePack" | "AWS::Config::OrganizationConformancePack" => {
                of_packs.extend(PACK.rules(&inner, properties, notes)?);
            }
            _ => {}
        }
    }
    let mut rules = resources.rules(notes)?;
    rules.extend(of_packs);
    Found::of(&resources.place, &template["Resources"], policies, rules)
}

/// The tag policy in a resource. Its content may be an object or a string.
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
