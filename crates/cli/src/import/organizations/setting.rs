//! A setting of a tag policy, and the operators that set it ("Inheritance operators" in the user guide of AWS
//! Organizations).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::ImportError;
use super::super::notes::Notes;
use super::super::place::{Place, quoted};

/// The field that limits the operators of child policies.
pub(super) const ALLOWED_FOR_CHILDREN: &str = "@@operators_allowed_for_child_policies";

/// An operator that sets values. Within one setting they apply in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Operator {
    Assign,
    Append,
    Remove,
}

impl Operator {
    const ALL: [Self; 3] = [Self::Assign, Self::Append, Self::Remove];

    fn name(self) -> &'static str {
        match self {
            Self::Assign => "@@assign",
            Self::Append => "@@append",
            Self::Remove => "@@remove",
        }
    }
}

/// The operators that child policies may use. A policy can withdraw some, but never restore them (operators).
#[derive(Debug, Clone)]
pub(super) struct Allowed(BTreeSet<Operator>);

impl Default for Allowed {
    fn default() -> Self {
        Self(Operator::ALL.into())
    }
}

impl Allowed {
    /// Whether all are allowed.
    pub fn is_all(&self) -> bool {
        self.0.len() == Operator::ALL.len()
    }

    /// The operators in a list.
    pub fn read(place: &Place, value: &Value) -> Result<Self, ImportError> {
        let expected = "@@all, @@none, @@assign, @@append or @@remove";
        let mut allowed = BTreeSet::new();
        for (index, name) in place
            .texts(value, "a list of operators")?
            .iter()
            .enumerate()
        {
            match name.as_str() {
                "@@all" => allowed.extend(Operator::ALL),
                "@@none" => {}
                name => {
                    let operator = Operator::ALL.into_iter().find(|it| it.name() == name);
                    let unknown = || place.index(index).expected(expected, &name.into());
                    allowed.insert(operator.ok_or_else(unknown)?);
                }
            }
        }
        Ok(Self(allowed))
    }

    /// Withdraws those that another limit doesn't allow.
    pub fn restrict(&mut self, other: &Self) {
        self.0.retain(|operator| other.0.contains(operator));
    }
}

/// The settings of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Name {
    /// The tag key, in its required case.
    TagKey,
    /// The allowed values.
    TagValue,
    /// The resource types for which AWS prevents noncompliant tags.
    EnforcedFor,
    /// The resource types for which AWS reports a missing tag.
    ReportRequiredTagFor,
}

impl Name {
    /// The names of the settings, for errors.
    pub const EXPECTED: &str = "tag_key, tag_value, enforced_for or report_required_tag_for";

    /// The setting with this field name.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "tag_key" => Some(Self::TagKey),
            "tag_value" => Some(Self::TagValue),
            "enforced_for" => Some(Self::EnforcedFor),
            "report_required_tag_for" => Some(Self::ReportRequiredTagFor),
            _ => None,
        }
    }

    /// The values given to an operator.
    fn values(
        self,
        place: &Place,
        value: &Value,
        policy_key: &str,
    ) -> Result<Vec<String>, ImportError> {
        if self == Self::TagKey {
            let tag_key = place.text(value, "a tag key")?;
            if tag_key.to_lowercase() != policy_key {
                // Syntax: "The value for the tag key must match the value for the policy key".
                let expected = format!("the policy key {policy_key:?}, in any case");
                return Err(place.expected(&expected, value));
            }
            return Ok(vec![tag_key.to_owned()]);
        }
        let values = place.texts(value, "a list of strings")?;
        let too_many = |value: &String| self == Self::TagValue && value.matches('*').count() > 1;
        if let Some(index) = values.iter().position(too_many) {
            let expected = "at most one wildcard";
            return Err(place
                .index(index)
                .expected(expected, &values[index].as_str().into()));
        }
        Ok(values)
    }
}

/// What one policy does with a setting.
#[derive(Debug, Default)]
pub(super) struct Change {
    values: BTreeMap<Operator, Vec<String>>,
    allowed: Allowed,
}

/// A setting, as the chain leaves it so far.
#[derive(Debug)]
pub(super) struct Setting {
    /// Where it was last changed.
    pub place: Place,
    /// Its values. None if it isn't set.
    pub values: Option<Vec<String>>,
    /// Whether it isn't set because all its values were removed.
    pub is_emptied: bool,
    /// The operators that the policies of this level may use.
    allowed: Allowed,
    /// Which policy of this level has assigned it.
    assigned_by: Option<Place>,
}

impl Setting {
    /// A setting that no policy mentions.
    pub fn new(place: &Place, allowed: &Allowed) -> Self {
        Self {
            place: place.clone(),
            values: None,
            is_emptied: false,
            allowed: allowed.clone(),
            assigned_by: None,
        }
    }

    /// Applies one operator of a policy, if its parent allows that.
    fn allowed_values<'a>(
        &self,
        operator: Operator,
        place: &Place,
        change: &'a Change,
        notes: &mut Notes,
    ) -> Option<&'a [String]> {
        let values = change.values.get(&operator)?;
        if self.allowed.0.contains(&operator) {
            return Some(values);
        }
        let text =
            format!("is ignored: a parent policy does not allow it ({ALLOWED_FOR_CHILDREN})");
        notes.other(place.field(operator.name()).note(&text));
        None
    }

    /// Assigns a policy's values, unless an earlier policy of this level has assigned some.
    pub fn assign(&mut self, place: &Place, change: &Change, notes: &mut Notes) {
        let Some(values) = self.allowed_values(Operator::Assign, place, change, notes) else {
            return;
        };
        if let Some(first) = &self.assigned_by {
            if self.values.as_deref() != Some(values) {
                let text = format!("is ignored: the policy attached before it counts ({first})");
                notes.other(place.field(Operator::Assign.name()).note(&text));
            }
            return;
        }
        self.values = Some(values.to_vec());
        self.is_emptied = false;
        self.place = place.clone();
        self.assigned_by = Some(place.clone());
    }

    /// Appends and removes a policy's values.
    pub fn append_and_remove(&mut self, place: &Place, change: &Change, notes: &mut Notes) {
        if let Some(values) = self.allowed_values(Operator::Append, place, change, notes) {
            self.place = place.clone();
            for value in values {
                let current = self.values.get_or_insert_default();
                if !current.contains(value) {
                    current.push(value.clone());
                }
                self.is_emptied = false;
            }
        }
        if let Some(values) = self.allowed_values(Operator::Remove, place, change, notes) {
            self.place = place.clone();
            let current = self.values.as_deref().unwrap_or_default();
            let absent: Vec<_> = values.iter().filter(|it| !current.contains(it)).collect();
            if !absent.is_empty() {
                let text = format!(
                    "{}: nothing to remove, since no such value is set",
                    quoted(absent)
                );
                notes.important(place.field(Operator::Remove.name()).note(&text));
            }
            // Examples: the effective policy of example 3 omits a setting that lost all its values.
            if let Some(current) = self.values.as_mut().filter(|current| !current.is_empty()) {
                current.retain(|value| !values.contains(value));
                self.is_emptied = current.is_empty();
            }
            if self.is_emptied {
                self.values = None;
            }
        }
    }

    /// Finishes a level, once all its policies have been applied.
    pub fn end_level(&mut self, change: &Change) {
        self.allowed.restrict(&change.allowed);
        self.assigned_by = None;
    }
}

/// Where a statement or setting is, and in which policy.
pub(super) struct At<'a> {
    /// Where it is in the file.
    pub place: Place,
    /// The statement's key, in lower case.
    pub policy_key: &'a str,
    /// Whether it is the only policy.
    pub is_alone: bool,
}

impl At<'_> {
    /// Reads a setting: operators, or a plain value as in effective policies.
    pub fn change(&self, name: Name, value: &Value) -> Result<Change, ImportError> {
        let place = &self.place;
        let mut change = Change::default();
        let Some(operators) = value.as_object() else {
            if !self.is_alone {
                let expected =
                    "operators such as @@assign: an effective policy has no parents or children";
                return Err(place.expected(expected, value));
            }
            change.values.insert(
                Operator::Assign,
                name.values(place, value, self.policy_key)?,
            );
            return Ok(change);
        };
        for (field, value) in operators {
            let inner = place.field(field);
            if field == ALLOWED_FOR_CHILDREN {
                change.allowed = Allowed::read(&inner, value)?;
                continue;
            }
            // Operators: @@append and @@remove are for "only multi-valued settings".
            let is_single = name == Name::TagKey;
            let known = if is_single {
                &Operator::ALL[..1]
            } else {
                &Operator::ALL
            };
            let Some(operator) = known.iter().find(|operator| operator.name() == field) else {
                let names: Vec<_> = known.iter().map(|operator| operator.name()).collect();
                let expected = format!("{} or {ALLOWED_FOR_CHILDREN}", names.join(", "));
                return Err(place.expected_key(&expected, field));
            };
            change
                .values
                .insert(*operator, name.values(&inner, value, self.policy_key)?);
        }
        Ok(change)
    }
}
