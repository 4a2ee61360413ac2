//! References that a template resolves itself: to its parameters, and to conditions that depend on them ("Parameters"
//! and "Condition functions" in the user guide of AWS `CloudFormation`).

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// How deeply conditions may refer to one another.
const MAX_DEPTH: usize = 8;

/// The parameters and conditions of a template.
#[derive(Debug)]
pub(super) struct References<'a> {
    parameters: &'a Value,
    conditions: &'a Value,
    pub mappings: &'a Value,
    /// The parameters with given values.
    given: &'a BTreeMap<String, String>,
    /// The parameters whose defaults were used.
    taken: RefCell<BTreeMap<&'a str, &'a Value>>,
}

impl<'a> References<'a> {
    pub fn of(template: &'a Value, given: &'a BTreeMap<String, String>) -> Self {
        Self {
            parameters: &template["Parameters"],
            conditions: &template["Conditions"],
            mappings: &template["Mappings"],
            given,
            taken: RefCell::default(),
        }
    }

    /// The parameters whose defaults were used, including these.
    pub fn into_taken(self) -> BTreeMap<&'a str, &'a Value> {
        self.taken.into_inner()
    }

    /// A value with its references resolved. A reference that can't be resolved stays.
    pub fn resolve(&self, value: &Value) -> Value {
        self.resolved(value).unwrap_or(Value::Null)
    }

    /// The same. None for `AWS::NoValue`, which removes a field.
    fn resolved(&self, value: &Value) -> Option<Value> {
        match value {
            Value::Object(fields) => match function(fields) {
                Some(("Ref", name)) if name == "AWS::NoValue" => None,
                Some(("Ref", name)) => {
                    let referred = name.as_str().and_then(|name| self.value(name));
                    Some(referred.unwrap_or_else(|| value.clone()))
                }
                Some(("Fn::If", parts)) => match self.chosen(parts) {
                    Some(chosen) => self.resolved(chosen),
                    None => Some(value.clone()),
                },
                function => {
                    let computed = function.and_then(|(name, parts)| self.computed(name, parts));
                    let field = |(name, value): (&String, &Value)| {
                        Some((name.clone(), self.resolved(value)?))
                    };
                    let all = || fields.iter().filter_map(field).collect();
                    Some(computed.unwrap_or_else(|| Value::Object(all())))
                }
            },
            Value::Array(items) => {
                let items = items.iter().filter_map(|item| self.resolved(item));
                Some(Value::Array(items.collect()))
            }
            other => Some(other.clone()),
        }
    }

    /// The value that a reference to the parameter returns: the given one, or its default.
    pub fn value(&self, name: &str) -> Option<Value> {
        let (name, parameter) = self.parameters.as_object()?.get_key_value(name)?;
        let text = match self.given.get(name) {
            Some(given) => given.clone(),
            None => self.default(name, parameter.get("Default")?)?,
        };
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

    fn default(&self, name: &'a str, default: &'a Value) -> Option<String> {
        let text = match default {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(bool) => bool.to_string(),
            _ => return None,
        };
        self.taken.borrow_mut().insert(name, default);
        Some(text)
    }

    /// The result of `Fn::If`.
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

    /// Whether a condition holds, if that can be determined.
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

/// The only field of an object, which may be an intrinsic function.
fn function(fields: &Map<String, Value>) -> Option<(&str, &Value)> {
    let mut fields = fields.iter();
    let (name, value) = fields.next()?;
    fields.next().is_none().then_some((name.as_str(), value))
}
