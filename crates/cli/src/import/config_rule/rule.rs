//! One rule `required-tags` of AWS Config.

use serde_json::Value;
use tag_compliance_core::policy::document::{Condition, RequiredTag, TagCondition};

use super::super::ImportError;
use super::super::place::{Place, quoted};
use super::field;

const INSTANCE: &str = "AWS::EC2::Instance";

/// A rule can check so many tags ("required-tags").
const MAX_TAGS: usize = 6;

/// Fields of a rule that say nothing about what it demands, and those that are read.
const RULE_FIELDS: [&str; 11] = [
    "ConfigRuleArn",
    "ConfigRuleId",
    "ConfigRuleName",
    "ConfigRuleState",
    "CreatedBy",
    "Description",
    "EvaluationModes",
    "InputParameters",
    "MaximumExecutionFrequency",
    "Scope",
    "Source",
];

const SCOPE_FIELDS: [&str; 4] = [
    "ComplianceResourceId",
    "ComplianceResourceTypes",
    "TagKey",
    "TagValue",
];

/// How often a rule may be evaluated, and the schedule that does the same (`ConfigRule`).
const FREQUENCIES: [(&str, &str); 5] = [
    ("One_Hour", "rate(1 hour)"),
    ("Three_Hours", "rate(3 hours)"),
    ("Six_Hours", "rate(6 hours)"),
    ("Twelve_Hours", "rate(12 hours)"),
    ("TwentyFour_Hours", "rate(1 day)"),
];

/// What a rule demands, and of which instances.
#[derive(Debug)]
pub(in super::super) struct Rule {
    /// Where it is.
    pub place: Place,
    /// The tags, and where their keys are.
    pub tags: Vec<(Place, RequiredTag)>,
    /// Which instances it is for; all where there is none.
    pub condition: Option<Condition>,
    /// Whether it is for instances at all.
    pub is_for_instances: bool,
    /// What the policy does not say of it.
    pub notes: Vec<String>,
}

/// Whether this is a rule `required-tags`.
pub(super) fn is_required_tags(rule: &Value) -> bool {
    rule.pointer("/Source/SourceIdentifier")
        .is_some_and(|it| it == "REQUIRED_TAGS")
}

/// The name of a rule, or else its place.
pub(super) fn name(rule: &Value, place: &Place) -> String {
    let name = rule.get("ConfigRuleName").and_then(Value::as_str);
    name.map_or_else(|| place.to_string(), str::to_owned)
}

/// Whether a field is a parameter of such a rule: `tag1Key` to `tag6Value`, or one like these.
pub(in super::super) fn is_parameter(name: &str) -> bool {
    name.strip_prefix("tag").is_some_and(|rest| {
        let number = rest.strip_suffix("Key").or(rest.strip_suffix("Value"));
        number.is_some_and(|number| {
            !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
        })
    })
}

impl Rule {
    /// The rule of these parameters, for all resources.
    pub fn of_parameters(place: &Place, parameters: &Value) -> Result<Self, ImportError> {
        let mut rule = Self {
            place: place.clone(),
            tags: Vec::new(),
            condition: None,
            is_for_instances: true,
            notes: Vec::new(),
        };
        let fields = place.object(parameters, "an object of parameters")?;
        let names: Vec<_> = (1..=MAX_TAGS)
            .map(|number| (format!("tag{number}Key"), format!("tag{number}Value")))
            .collect();
        let is_known = |name: &str| {
            names
                .iter()
                .any(|(key, value)| name == key || name == value)
        };
        if let Some(unknown) = fields.keys().find(|name| !is_known(name)) {
            let expected = format!("tag1Key, tag1Value to tag{MAX_TAGS}Key, tag{MAX_TAGS}Value");
            return Err(place.expected(&expected, &unknown.as_str().into()));
        }
        for (index, (key, value)) in names.iter().enumerate() {
            let values = field(place, parameters, value);
            let Some((key_place, key)) = field(place, parameters, key) else {
                // Only the parameter tag1Key is not "(Optional)".
                if index == 0 || values.is_some() {
                    let found = fields.get(key).unwrap_or(&Value::Null);
                    return Err(place
                        .field(key)
                        .expected("the key of a required tag", found));
                }
                continue;
            };
            let text = key_place.text(key, "the key of a required tag")?;
            if text.trim().is_empty() {
                return Err(key_place.expected("the key of a required tag", key));
            }
            let tag = RequiredTag {
                key: text.to_owned(),
                allowed_values: match values {
                    Some((place, values)) => rule.values(&place, values)?,
                    None => None,
                },
                ..RequiredTag::default()
            };
            rule.tags.push((key_place, tag));
        }
        Ok(rule)
    }

    /// "Separate multiple values with commas" ("required-tags"); nothing is said of blanks.
    fn values(&mut self, place: &Place, value: &Value) -> Result<Option<Vec<String>>, ImportError> {
        let text = place.text(value, "a string of values, separated by commas")?;
        let written: Vec<_> = text.split(',').collect();
        let values: Vec<_> = written.iter().map(|value| value.trim()).collect();
        if values.iter().all(|value| value.is_empty()) {
            self.notes
                .push(place.note("is empty, and so any value is allowed"));
            return Ok(None);
        }
        if values != written {
            self.notes
                .push(place.note("blanks around its values are left out"));
        }
        if values.contains(&"") {
            self.notes.push(place.note("its empty values are left out"));
        }
        let values = values.into_iter().filter(|value| !value.is_empty());
        Ok(Some(values.map(str::to_owned).collect()))
    }

    /// A whole rule.
    pub fn of_rule(place: &Place, rule: &Value) -> Result<Self, ImportError> {
        let fields = place.object(rule, "a rule")?;
        let place = match fields.get("ConfigRuleName").and_then(Value::as_str) {
            Some(name) => place.named(name),
            None => place.clone(),
        };
        if !is_required_tags(rule) {
            let found = rule
                .pointer("/Source/SourceIdentifier")
                .unwrap_or(&Value::Null);
            let place = place.field("Source").field("SourceIdentifier");
            return Err(place.expected("REQUIRED_TAGS", found));
        }
        let (inner, parameters) = field(&place, rule, "InputParameters")
            .unwrap_or_else(|| (place.field("InputParameters"), &Value::Null));
        // AWS CloudFormation has an object where the API has a string.
        let mut imported = if parameters.is_object() {
            Self::of_parameters(&inner, parameters)?
        } else {
            Self::of_parameters(&inner, &inner.json(parameters)?)?
        };
        imported.place = place;
        imported
            .notes
            .extend(imported.place.left_out(rule, &RULE_FIELDS));
        imported.frequency(rule)?;
        imported.modes(rule)?;
        imported.scope(rule)?;
        Ok(imported)
    }

    fn frequency(&mut self, rule: &Value) -> Result<(), ImportError> {
        let Some((place, frequency)) = field(&self.place, rule, "MaximumExecutionFrequency") else {
            return Ok(());
        };
        let Some((_, schedule)) = FREQUENCIES.iter().find(|(name, _)| frequency == name) else {
            let names = FREQUENCIES.map(|(name, _)| name).join(", ");
            return Err(place.expected(&format!("one of {names}"), frequency));
        };
        let text = format!(
            "is no part of a policy; the Terraform variable sweep_schedule = {schedule:?} evaluates \
             all instances as often"
        );
        self.notes.push(place.note(&text));
        Ok(())
    }

    fn modes(&mut self, rule: &Value) -> Result<(), ImportError> {
        let Some((place, modes)) = field(&self.place, rule, "EvaluationModes") else {
            return Ok(());
        };
        let mut modes = place.list(modes, "a list of modes")?.iter();
        if modes.any(|mode| mode.get("Mode").is_some_and(|mode| mode == "PROACTIVE")) {
            let text = "AWS Config can evaluate resources before they are created (PROACTIVE); this \
                policy evaluates instances that exist";
            self.notes.push(place.note(text));
        }
        Ok(())
    }

    /// `Scope`: resource types, a tag, or one resource.
    fn scope(&mut self, rule: &Value) -> Result<(), ImportError> {
        let scope = field(&self.place, rule, "Scope");
        let (place, scope) = scope.unwrap_or_else(|| (self.place.field("Scope"), &Value::Null));
        if !scope.is_null() {
            place.object(scope, "an object")?;
        }
        self.notes.extend(place.left_out(scope, &SCOPE_FIELDS));
        self.resource_types(&place, scope)?;
        let mut condition = Condition::default();
        let value = field(&place, scope, "TagValue");
        if let Some((place, key)) = field(&place, scope, "TagKey") {
            let key = place.text(key, "the key of a tag")?.to_owned();
            let values = match &value {
                Some((place, value)) => {
                    Some(vec![place.text(value, "the value of a tag")?.to_owned()])
                }
                None => None,
            };
            condition.tags = Some(vec![TagCondition {
                key,
                values,
                ..TagCondition::default()
            }]);
        } else if let Some((_, value)) = value {
            // `Scope`: with TagValue, "you must also specify a value for TagKey".
            let found = Value::from(vec![Value::from("TagValue"), value.clone()]);
            return Err(place.expected("TagKey beside TagValue", &found));
        }
        if let Some((place, id)) = field(&place, scope, "ComplianceResourceId") {
            condition.instance_ids = Some(vec![place.text(id, "the id of a resource")?.to_owned()]);
        }
        self.condition = (condition != Condition::default()).then_some(condition);
        Ok(())
    }

    fn resource_types(&mut self, place: &Place, scope: &Value) -> Result<(), ImportError> {
        let types = field(place, scope, "ComplianceResourceTypes");
        let (place, types) = match types {
            Some((place, types)) => {
                let types = place.texts(types, "a list of resource types")?;
                (place, types)
            }
            None => (place.field("ComplianceResourceTypes"), Vec::new()),
        };
        if types.is_empty() {
            let text = "the rule is for resources of all types; only EC2 instances are evaluated";
            self.notes.push(place.note(text));
            return Ok(());
        }
        self.is_for_instances = types.iter().any(|name| name == INSTANCE);
        let others: Vec<_> = types.iter().filter(|name| *name != INSTANCE).collect();
        if !others.is_empty() {
            let text = format!(
                "{}: only EC2 instances are evaluated; other resource types have no counterpart",
                quoted(others)
            );
            self.notes.push(place.note(&text));
        }
        Ok(())
    }
}
