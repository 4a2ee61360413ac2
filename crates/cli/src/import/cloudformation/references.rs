//! What a template refers to that it says itself: the defaults of its parameters, and the conditions
//! that these decide ("Parameters" and "Condition functions" in the user guide of AWS `CloudFormation`).

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Conditions may be made of one another, so deep.
const MAX_DEPTH: usize = 8;

/// The parameters and conditions of a template.
#[derive(Debug)]
pub(super) struct References<'a> {
    parameters: &'a Value,
    conditions: &'a Value,
    /// The parameters whose defaults were taken.
    taken: RefCell<BTreeMap<&'a str, &'a Value>>,
}

impl<'a> References<'a> {
    pub fn of(template: &'a Value) -> Self {
        Self {
            parameters: &template["Parameters"],
            conditions: &template["Conditions"],
            taken: RefCell::default(),
        }
    }

    /// The parameters whose defaults were taken, and these.
    pub fn into_taken(self) -> BTreeMap<&'a str, &'a Value> {
        self.taken.into_inner()
    }

    /// A value with what it refers to; what cannot be told stays a reference.
    pub fn resolve(&self, value: &Value) -> Value {
        self.resolved(value).unwrap_or(Value::Null)
    }

    /// The same; none for `AWS::NoValue`, which leaves a field out.
    fn resolved(&self, value: &Value) -> Option<Value> {
        match value {
            Value::Object(fields) => match function(fields) {
                Some(("Ref", name)) if name == "AWS::NoValue" => None,
                Some(("Ref", name)) => {
                    let default = name.as_str().and_then(|name| self.default(name));
                    Some(default.unwrap_or_else(|| value.clone()))
                }
                Some(("Fn::If", parts)) => match self.chosen(parts) {
                    Some(chosen) => self.resolved(chosen),
                    None => Some(value.clone()),
                },
                _ => {
                    let field = |(name, value): (&String, &Value)| {
                        Some((name.clone(), self.resolved(value)?))
                    };
                    Some(Value::Object(fields.iter().filter_map(field).collect()))
                }
            },
            Value::Array(items) => {
                let items = items.iter().filter_map(|item| self.resolved(item));
                Some(Value::Array(items.collect()))
            }
            other => Some(other.clone()),
        }
    }

    /// The default of a parameter, as a reference to the parameter returns it.
    fn default(&self, name: &str) -> Option<Value> {
        let (name, parameter) = self.parameters.as_object()?.get_key_value(name)?;
        let default = parameter.get("Default")?;
        let text = match default {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(bool) => bool.to_string(),
            _ => return None,
        };
        self.taken.borrow_mut().insert(name, default);
        let kind = parameter.get("Type").and_then(Value::as_str);
        let is_list = kind.is_some_and(|it| it == "CommaDelimitedList" || it.contains("List<"));
        Some(if is_list {
            text.split(',')
                .map(|item| Value::from(item.trim()))
                .collect()
        } else {
            text.into()
        })
    }

    /// What `Fn::If` comes to.
    fn chosen<'b>(&self, parts: &'b Value) -> Option<&'b Value> {
        let [condition, then, otherwise] = parts.as_array()?.as_slice() else {
            return None;
        };
        let holds = self.named(condition.as_str()?, MAX_DEPTH)?;
        Some(if holds { then } else { otherwise })
    }

    fn named(&self, name: &str, depth: usize) -> Option<bool> {
        self.holds(self.conditions.get(name)?, depth.checked_sub(1)?)
    }

    /// Whether a condition holds, where that can be told.
    fn holds(&self, condition: &Value, depth: usize) -> Option<bool> {
        let (name, parts) = function(condition.as_object()?)?;
        if name == "Condition" {
            return self.named(parts.as_str()?, depth);
        }
        let parts = parts.as_array()?;
        let all = || {
            let holds = parts.iter().map(|part| self.holds(part, depth));
            holds.collect::<Option<Vec<_>>>()
        };
        match name {
            "Fn::Equals" => {
                let parts: Vec<_> = parts.iter().map(|part| self.resolve(part)).collect();
                let is_known = parts.iter().all(Value::is_string);
                is_known.then(|| parts.first() == parts.last())
            }
            "Fn::Not" => Some(!*all()?.first()?),
            "Fn::And" => Some(all()?.into_iter().all(|holds| holds)),
            "Fn::Or" => Some(all()?.into_iter().any(|holds| holds)),
            _ => None,
        }
    }
}

/// The only field of an object, which may be a function.
fn function(fields: &Map<String, Value>) -> Option<(&str, &Value)> {
    let mut fields = fields.iter();
    let (name, value) = fields.next()?;
    fields.next().is_none().then_some((name.as_str(), value))
}
