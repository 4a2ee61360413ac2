//! What tag policies come to, from the root to an account ("Inheritance operators" in the user
//! guide of AWS Organizations).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::ImportError;
use super::super::place::Place;
use super::setting::{ALLOWED_FOR_CHILDREN, Allowed, At, Name, Setting};

/// What is said of one tag.
#[derive(Debug)]
pub(super) struct Statement {
    /// Where it was said first.
    pub place: Place,
    /// The policy key there; the chain knows it in lower case.
    pub written_key: String,
    allowed: Allowed,
    settings: BTreeMap<Name, Setting>,
}

impl Statement {
    /// The values of a setting; none where it isn't set.
    pub fn values(&self, name: Name) -> &[String] {
        let values = self
            .settings
            .get(&name)
            .and_then(|setting| setting.values.as_deref());
        values.unwrap_or_default()
    }

    /// Whether a policy has set a setting, if to nothing.
    pub fn is_set(&self, name: Name) -> bool {
        self.settings
            .get(&name)
            .is_some_and(|setting| setting.values.is_some())
    }

    /// Where a setting was changed last.
    pub fn place_of(&self, name: Name) -> &Place {
        self.settings
            .get(&name)
            .map_or(&self.place, |setting| &setting.place)
    }

    /// The policy's second level. What it limits is limited only for the policies after it.
    fn add(
        &mut self,
        at: &At<'_>,
        value: &Value,
        notes: &mut Vec<String>,
    ) -> Result<(), ImportError> {
        let mut allowed = Allowed::default();
        for (field, value) in at.place.object(value, "an object")? {
            let place = at.place.field(field);
            if field == ALLOWED_FOR_CHILDREN {
                allowed = Allowed::read(&place, value)?;
                continue;
            }
            let unknown = || at.place.expected(Name::EXPECTED, &field.as_str().into());
            let name = Name::parse(field).ok_or_else(unknown)?;
            let change = At { place, ..*at }.change(name, value)?;
            let setting = self.settings.entry(name).or_insert_with(|| Setting {
                place: at.place.field(field),
                values: None,
                // A limit on a section is one on what can be added to it.
                allowed: self.allowed.clone(),
            });
            setting.apply(&at.place.field(field), change, notes);
        }
        self.allowed.restrict(&allowed);
        Ok(())
    }
}

/// The policies so far.
#[derive(Debug, Default)]
pub(super) struct Chain {
    /// By the policy key in lower case: it "is not case sensitive" (syntax).
    pub statements: BTreeMap<String, Statement>,
    allowed: Allowed,
}

impl Chain {
    /// Adds the policy of the next level.
    pub fn add(
        &mut self,
        place: &Place,
        policy: &Value,
        is_alone: bool,
        notes: &mut Vec<String>,
    ) -> Result<(), ImportError> {
        let fields = place.object(policy, "a tag policy")?;
        let unknown = fields.keys().find(|field| *field != "tags");
        if let Some(field) = unknown {
            return Err(place.expected("nothing beside tags", &field.as_str().into()));
        }
        let place = place.field("tags");
        let tags = fields.get("tags").unwrap_or(&Value::Null);
        let mut allowed = Allowed::default();
        let mut keys = BTreeSet::new();
        for (key, value) in place.object(tags, "an object of policy keys")? {
            if key == ALLOWED_FOR_CHILDREN {
                allowed = Allowed::read(&place.field(key), value)?;
                continue;
            }
            if key.starts_with("@@") {
                let expected = format!("a policy key or {ALLOWED_FOR_CHILDREN}");
                return Err(place.expected(&expected, &key.as_str().into()));
            }
            let policy_key = key.to_lowercase();
            if !keys.insert(policy_key.clone()) {
                return Err(place.expected(
                    "each policy key once, in whatever case",
                    &key.as_str().into(),
                ));
            }
            let at = At {
                place: place.key(key),
                policy_key: &policy_key,
                is_alone,
            };
            self.statement(&at, key, value, notes)?;
        }
        self.allowed.restrict(&allowed);
        Ok(())
    }

    fn statement(
        &mut self,
        at: &At<'_>,
        key: &str,
        value: &Value,
        notes: &mut Vec<String>,
    ) -> Result<(), ImportError> {
        if let Some(statement) = self.statements.get_mut(at.policy_key) {
            return statement.add(at, value, notes);
        }
        let mut statement = Statement {
            place: at.place.clone(),
            written_key: key.to_owned(),
            allowed: self.allowed.clone(),
            settings: BTreeMap::new(),
        };
        statement.add(at, value, notes)?;
        // A parent policy that allows children only some operators may have left nothing of it.
        let is_changed = statement
            .settings
            .values()
            .any(|setting| setting.values.is_some());
        if self.allowed.is_all() || is_changed {
            self.statements.insert(at.policy_key.to_owned(), statement);
        } else {
            let text =
                format!("is left out: a parent policy does not allow it ({ALLOWED_FOR_CHILDREN})");
            notes.push(at.place.note(&text));
        }
        Ok(())
    }
}
