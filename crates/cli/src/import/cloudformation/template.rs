//! A template with its references resolved, and its AWS Config rules.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::super::ImportError;
use super::super::config_rule::Rule;
use super::super::config_rule::answer::required_tags;
use super::super::config_rule::shape::{ORGANIZATION_RULE, RULE, Shape};
use super::super::notes::Notes;
use super::super::place::{Place, given};
use super::references::References;

/// The resources of a template.
#[derive(Debug)]
pub(super) struct Template {
    /// Where they are in the file.
    pub place: Place,
    /// The resources. Those that are imported have their references resolved.
    resources: Map<String, Value>,
}

/// A resource of a template.
pub(super) struct Resource<'a> {
    /// Where it is in the file.
    pub place: Place,
    pub kind: &'a str,
    /// Its properties, or null.
    pub properties: &'a Value,
    fields: &'a Map<String, Value>,
}

impl Resource<'_> {
    /// Where its properties are in the file.
    pub fn inner(&self) -> Place {
        self.place.field("Properties")
    }
}

impl Template {
    /// Reads a template, with the given parameters, if any.
    pub fn read(
        place: &Place,
        template: &Value,
        parameters: &BTreeMap<String, String>,
        notes: &mut Notes,
    ) -> Result<Self, ImportError> {
        let defaults = place.field("Parameters");
        let place = place.field("Resources");
        let resources = place.object(&template["Resources"], "an object of resources")?;
        let references = References::of(template, parameters);
        let resources = resolved(resources, &references);
        for (name, default) in references.into_taken() {
            let text = format!("its Default {default} is used");
            notes.important(defaults.key(name).note(&text));
        }
        Ok(Self { place, resources })
    }

    /// The resources, in the order of the file.
    pub fn resources(&self) -> Result<Vec<Resource<'_>>, ImportError> {
        let resources = self.resources.iter().map(|(name, resource)| {
            let place = self.place.key(name);
            let fields = place.object(resource, "a resource")?;
            let kind = fields.get("Type").and_then(Value::as_str);
            Ok(Resource {
                place,
                kind: kind.unwrap_or_default(),
                properties: given(fields, "Properties").unwrap_or(&Value::Null),
                fields,
            })
        });
        resources.collect()
    }

    /// Its `required-tags` rules.
    pub fn rules(&self, notes: &mut Notes) -> Result<Vec<Rule>, ImportError> {
        let mut rules = Vec::new();
        for resource in self.resources()? {
            let Some(shape) = shape(resource.kind) else {
                continue;
            };
            if let Some(condition) = given(resource.fields, "Condition")
                && shape.is_required_tags(resource.properties)
            {
                let text = format!("the rule is imported without its condition {condition}");
                notes.important(resource.place.note(&text));
            }
            rules.push((resource.inner(), resource.properties, shape));
        }
        required_tags(&self.place, rules, notes)
    }
}

fn shape(kind: &str) -> Option<&'static Shape> {
    match kind {
        "AWS::Config::ConfigRule" => Some(&RULE),
        "AWS::Config::OrganizationConfigRule" => Some(&ORGANIZATION_RULE),
        _ => None,
    }
}

/// The resources. Those that are imported have their references resolved.
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

/// Whether a resource is a `required-tags` rule, a tag policy or a conformance pack.
fn is_read(resource: &Value) -> bool {
    let properties = &resource["Properties"];
    let kind = resource["Type"].as_str().unwrap_or_default();
    match (shape(kind), kind) {
        (Some(shape), _) => shape.is_required_tags(properties),
        (None, "AWS::Organizations::Policy") => properties["Type"] == "TAG_POLICY",
        (None, kind) => kind.ends_with("ConformancePack"),
    }
}
