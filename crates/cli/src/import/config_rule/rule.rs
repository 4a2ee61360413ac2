//! A `required-tags` rule of AWS Config.

use serde_json::{Map, Value};
use tag_compliance_core::policy::document::{Condition, RequiredTag, TagCondition};

use super::super::ImportError;
use super::super::notes::Notes;
use super::super::place::{Place, quoted};
use super::parameters;
use super::shape::{Shape, locate};

const INSTANCE: &str = "AWS::EC2::Instance";

/// How often a rule may be evaluated, with the schedule that is equivalent (`ConfigRule`).
const FREQUENCIES: [(&str, &str); 5] = [
    ("One_Hour", "rate(1 hour)"),
    ("Three_Hours", "rate(3 hours)"),
    ("Six_Hours", "rate(6 hours)"),
    ("Twelve_Hours", "rate(12 hours)"),
    ("TwentyFour_Hours", "rate(1 day)"),
];

/// What a rule requires, and of which instances.
#[derive(Debug)]
pub(in super::super) struct Rule {
    /// Where it is in the file.
    pub place: Place,
    /// The tags, and where their keys are in the file.
    pub tags: Vec<(Place, RequiredTag)>,
    /// Which instances it covers. None for all.
    pub condition: Option<Condition>,
    /// Whether it covers instances at all.
    pub is_for_instances: bool,
    /// The accounts whose instances it excludes.
    pub excluded_accounts: Option<Vec<String>>,
    /// What the policy can't express of it.
    pub notes: Notes,
}

impl Rule {
    /// A rule with these parameters, for all resources.
    pub fn of_parameters(place: &Place, parameters: &Value) -> Result<Self, ImportError> {
        let mut notes = Notes::default();
        Ok(Self {
            place: place.clone(),
            tags: parameters::tags(place, parameters, &mut notes)?,
            condition: None,
            is_for_instances: true,
            excluded_accounts: None,
            notes,
        })
    }

    /// A complete rule.
    pub fn read(place: &Place, rule: &Value, shape: &Shape) -> Result<Self, ImportError> {
        let fields = place.object(rule, "a rule")?;
        let place = match fields.get(shape.name).and_then(Value::as_str) {
            Some(name) => place.named(name),
            None => place.clone(),
        };
        if !shape.is_required_tags(rule) {
            let (place, found) = locate(&place, rule, shape.identifier)?;
            return Err(place.expected("REQUIRED_TAGS", found.unwrap_or(&Value::Null)));
        }
        let (inner, parameters) = locate(&place, rule, shape.parameters)?;
        let parameters = parameters.filter(|parameters| *parameters != "");
        // AWS CloudFormation allows an object where the API has a string.
        let mut imported = match parameters {
            None => Self::of_parameters(&inner, &Value::Object(Map::new()))?,
            Some(parameters @ Value::Object(_)) => Self::of_parameters(&inner, parameters)?,
            Some(text) => {
                let (inner, parameters) = inner.json(text)?;
                Self::of_parameters(&inner, &parameters)?
            }
        };
        imported.place = place;
        imported.scope(rule, shape)?;
        imported.left_out(rule, shape)?;
        imported.frequency(rule, shape)?;
        imported.modes(rule, shape)?;
        Ok(imported)
    }

    fn left_out(&mut self, rule: &Value, shape: &Shape) -> Result<(), ImportError> {
        for (steps, known) in shape.known {
            let (place, fields) = if steps.is_empty() {
                (self.place.clone(), Some(rule))
            } else {
                locate(&self.place, rule, steps)?
            };
            if let Some(text) = fields.and_then(|fields| place.left_out(fields, known)) {
                self.notes.important(text);
            }
        }
        Ok(())
    }

    fn frequency(&mut self, rule: &Value, shape: &Shape) -> Result<(), ImportError> {
        let (place, Some(frequency)) = locate(&self.place, rule, shape.frequency)? else {
            return Ok(());
        };
        if frequency == "" {
            return Ok(());
        }
        let Some((_, schedule)) = FREQUENCIES.iter().find(|(name, _)| frequency == name) else {
            let names = FREQUENCIES.map(|(name, _)| name).join(", ");
            return Err(place.expected(&format!("one of {names}"), frequency));
        };
        let text = format!(
            "is no part of a policy; the Terraform variable sweep_schedule = {schedule:?} evaluates \
             all instances as often"
        );
        self.notes.other(place.note(&text));
        Ok(())
    }

    fn modes(&mut self, rule: &Value, shape: &Shape) -> Result<(), ImportError> {
        let (place, Some(modes)) = locate(&self.place, rule, shape.modes)? else {
            return Ok(());
        };
        let mut modes = place.list(modes, "a list of modes")?.iter();
        if modes.any(|mode| mode.get(shape.mode).is_some_and(|mode| mode == "PROACTIVE")) {
            let text = "AWS Config can evaluate resources before they are created (PROACTIVE); this \
                policy evaluates instances that exist";
            self.notes.other(place.note(text));
        }
        Ok(())
    }

    /// The scope: resource types, a tag, a single resource, and excluded accounts.
    fn scope(&mut self, rule: &Value, shape: &Shape) -> Result<(), ImportError> {
        let at = self.place.clone();
        self.resource_types(rule, shape)?;
        let mut condition = Condition::default();
        let text = |steps, expected| {
            let (place, value) = locate(&at, rule, steps)?;
            let text = value.map(|value| place.text(value, expected)).transpose()?;
            // Terraform writes an empty string for an unset argument.
            Ok::<_, ImportError>(text.filter(|text| !text.is_empty()).map(str::to_owned))
        };
        let value = text(shape.tag_value, "the value of a tag")?;
        if let Some(key) = text(shape.tag_key, "the key of a tag")? {
            condition.tags = Some(vec![TagCondition {
                key: Some(key),
                values: value.map(|value| vec![value]),
                ..TagCondition::default()
            }]);
        } else if let Some(value) = value {
            // `Scope`: with TagValue, "you must also specify a value for TagKey".
            let (place, _) = locate(&at, rule, shape.tag_value)?;
            return Err(place.expected("the key of the tag beside its value", &value.into()));
        }
        let id = text(shape.resource_id, "the id of a resource")?;
        condition.instance_ids = id.map(|id| vec![id]);
        self.condition = (condition != Condition::default()).then_some(condition);
        if let (place, Some(accounts)) = locate(&at, rule, shape.excluded_accounts)? {
            let accounts = place.texts(accounts, "a list of accounts")?;
            self.exclude(accounts);
        }
        Ok(())
    }

    /// Excludes the instances of these accounts.
    pub fn exclude(&mut self, mut accounts: Vec<String>) {
        accounts.sort();
        self.excluded_accounts = (!accounts.is_empty()).then_some(accounts);
    }

    fn resource_types(&mut self, rule: &Value, shape: &Shape) -> Result<(), ImportError> {
        let (place, types) = locate(&self.place, rule, shape.resource_types)?;
        let types = types.map(|types| place.texts(types, "a list of resource types"));
        let types = types.transpose()?.unwrap_or_default();
        if types.is_empty() {
            let text = "the rule is for resources of all types; only EC2 instances are evaluated";
            self.notes.other(place.note(text));
            return Ok(());
        }
        self.is_for_instances = types.iter().any(|name| name == INSTANCE);
        let others: Vec<_> = types.iter().filter(|name| *name != INSTANCE).collect();
        if !others.is_empty() {
            let text = format!(
                "{}: only EC2 instances are evaluated; other resource types have no counterpart",
                quoted(others)
            );
            self.notes.other(place.note(&text));
        }
        Ok(())
    }
}
