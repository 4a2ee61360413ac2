//! One tag policy, before it is combined with others.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::ImportError;
use super::super::notes::Notes;
use super::super::place::Place;
use super::setting::{ALLOWED_FOR_CHILDREN, Allowed, At, Change, Name};

/// One tag policy.
#[derive(Debug)]
pub(super) struct Policy {
    /// Which operators child policies may use in new statements.
    pub allowed: Allowed,
    /// Its statements, in the order of the file.
    pub sections: Vec<Section>,
}

/// A policy's statement about one tag.
#[derive(Debug)]
pub(super) struct Section {
    /// Where it is in the file.
    pub place: Place,
    /// The policy key in lower case: it "is not case sensitive" (syntax).
    pub key: String,
    /// Which operators child policies may use in this statement.
    pub allowed: Allowed,
    /// The settings, in the order of the file.
    pub settings: Vec<(Name, Place, Change)>,
}

impl Policy {
    /// Reads a policy. If it is the only one it may be an effective policy, which has no operators.
    pub fn read(
        place: &Place,
        policy: &Value,
        is_alone: bool,
        notes: &mut Notes,
    ) -> Result<Self, ImportError> {
        let fields = place.object(policy, "a tag policy")?;
        if let Some(field) = fields.keys().find(|field| *field != "tags") {
            return Err(place.expected_key("nothing beside tags", field));
        }
        let place = place.field("tags");
        let tags = fields.get("tags").unwrap_or(&Value::Null);
        let mut allowed = Allowed::default();
        let mut sections = Vec::new();
        let mut keys = BTreeSet::new();
        for (policy_key, value) in place.object(tags, "an object of policy keys")? {
            if policy_key == ALLOWED_FOR_CHILDREN {
                allowed = Allowed::read(&place.field(policy_key), value)?;
                continue;
            }
            if policy_key.starts_with("@@") {
                let expected = format!("a policy key or {ALLOWED_FOR_CHILDREN}");
                return Err(place.expected_key(&expected, policy_key));
            }
            let key = policy_key.to_lowercase();
            if !keys.insert(key.clone()) {
                let expected = "each policy key once, ignoring case";
                return Err(place.expected_key(expected, policy_key));
            }
            let at = At {
                place: place.key(policy_key),
                policy_key: &key,
                is_alone,
            };
            let (allowed, settings) = settings(&at, value, notes)?;
            sections.push(Section {
                place: at.place,
                allowed,
                settings,
                key,
            });
        }
        Ok(Self { allowed, sections })
    }
}

/// Reads the limit for child policies, and the settings.
type Settings = (Allowed, Vec<(Name, Place, Change)>);

fn settings(at: &At<'_>, value: &Value, notes: &mut Notes) -> Result<Settings, ImportError> {
    let mut allowed = Allowed::default();
    let mut settings = Vec::new();
    for (field, value) in at.place.object(value, "an object")? {
        let place = at.place.field(field);
        if field == ALLOWED_FOR_CHILDREN {
            allowed = Allowed::read(&place, value)?;
            continue;
        }
        let unknown = || at.place.expected_key(Name::EXPECTED, field);
        let name = Name::parse(field).ok_or_else(unknown)?;
        let at = At { place, ..*at };
        let mut operators = value.clone();
        // Examples: example 3 shows it there, and treats it as if it were beside tag_value.
        let nested = match (name, operators.as_object_mut()) {
            (Name::TagValue, Some(operators)) => operators.shift_remove("enforced_for"),
            _ => None,
        };
        let change = at.change(name, &operators)?;
        settings.push((name, at.place.clone(), change));
        if let Some(nested) = nested {
            let place = at.place.field("enforced_for");
            notes.other(place.note("is read as if it were beside tag_value"));
            let at = At { place, ..at };
            let change = at.change(Name::EnforcedFor, &nested)?;
            settings.push((Name::EnforcedFor, at.place, change));
        }
    }
    Ok((allowed, settings))
}
