//! Reading a JSON object field by field, with errors that name the field.

use serde_json::{Map, Value};

use crate::text::{OneLine, excerpt};

/// A field of an event is not what it must be. Final: the same event will not get better.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: expected {expected}, got {got}")]
pub struct EventError {
    /// The path of the field, such as `Records[2].body.detail.instance-id`.
    pub field: String,
    /// What it must be.
    pub expected: &'static str,
    /// What it is: its JSON, shortened.
    pub got: String,
}

impl EventError {
    const MAX_SHOWN_CHARS: usize = 100;

    pub(super) fn new(field: impl Into<String>, expected: &'static str, got: &str) -> Self {
        Self {
            field: field.into(),
            expected,
            got: OneLine(&excerpt(got, Self::MAX_SHOWN_CHARS)).to_string(),
        }
    }

    /// The same error, of a field that lies under `parent`.
    pub(super) fn under(mut self, parent: &str) -> Self {
        self.field = if self.field == ROOT {
            parent.to_owned()
        } else {
            format!("{parent}.{}", self.field)
        };
        self
    }
}

/// How the top level is called where an error names it.
const ROOT: &str = "event";

/// A JSON object and where it stands.
#[derive(Clone)]
pub(super) struct Fields<'a> {
    path: String,
    object: &'a Map<String, Value>,
}

impl<'a> Fields<'a> {
    /// The top level of an event.
    pub(super) fn root(value: &'a Value) -> Result<Self, EventError> {
        Self::at(String::new(), value)
    }

    /// The object at `path`.
    pub(super) fn at(path: String, value: &'a Value) -> Result<Self, EventError> {
        match value {
            Value::Object(object) => Ok(Self { path, object }),
            other => {
                let field = if path.is_empty() {
                    ROOT.to_owned()
                } else {
                    path
                };
                Err(EventError::new(field, "a JSON object", &other.to_string()))
            }
        }
    }

    /// The object as a whole.
    pub(super) fn to_value(&self) -> Value {
        Value::Object(self.object.clone())
    }

    /// The path of one of its fields.
    pub(super) fn path(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }

    /// The field that is not as expected, as an error.
    pub(super) fn error(&self, name: &str, expected: &'static str) -> EventError {
        let got = self
            .get(name)
            .map_or_else(|| "nothing".to_owned(), Value::to_string);
        EventError::new(self.path(name), expected, &got)
    }

    /// The field as it is, where it is there.
    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.object.get(name)
    }

    /// The object in a field, where the field is there.
    pub(super) fn object(&self, name: &str) -> Result<Option<Fields<'a>>, EventError> {
        self.get(name)
            .map(|value| Fields::at(self.path(name), value))
            .transpose()
    }

    /// The array in a field, where the field is there.
    pub(super) fn array(&self, name: &str) -> Result<Option<&'a [Value]>, EventError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Array(items)) => Ok(Some(items)),
            Some(_) => Err(self.error(name, "an array")),
        }
    }

    /// The string in a field, where the field is there.
    pub(super) fn string(&self, name: &str) -> Result<Option<&'a str>, EventError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.error(name, "a string")),
        }
    }

    /// The string in a field that must be there.
    pub(super) fn required_string(&self, name: &str) -> Result<&'a str, EventError> {
        self.string(name)?
            .ok_or_else(|| self.error(name, "a string"))
    }

    /// The strings in a field, where the field is there.
    pub(super) fn strings(&self, name: &str) -> Result<Option<Vec<String>>, EventError> {
        let error = || self.error(name, "an array of strings");
        let string = |item: &Value| item.as_str().map(str::to_owned).ok_or_else(error);
        self.array(name)?
            .map(|items| items.iter().map(string).collect())
            .transpose()
    }

    /// The string in a field read as `T`, where the field is there.
    pub(super) fn parsed<T: std::str::FromStr>(
        &self,
        name: &str,
        expected: &'static str,
    ) -> Result<Option<T>, EventError> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => value
                .as_str()
                .and_then(|text| text.parse().ok())
                .map(Some)
                .ok_or_else(|| self.error(name, expected)),
        }
    }
}
