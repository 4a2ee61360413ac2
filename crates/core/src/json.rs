//! Reading JSON that others wrote, with errors that name the field.

use std::borrow::Cow;
use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::expected::Expected;
use crate::text::{OneLine, excerpt};

/// A field is not what it must be. Final: the same text will not get better.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: expected {expected}, got {got}")]
pub struct FieldError {
    /// The path of the field, such as `Records[2].body.detail.instance-id`.
    pub field: String,
    /// What it must be.
    pub expected: Cow<'static, str>,
    /// What it is: its JSON, shortened.
    pub got: String,
}

impl FieldError {
    /// The most characters that it shows of a value.
    const MAX_SHOWN_CHARS: usize = 100;

    /// The field at `path` is not as expected; `got` is its JSON.
    #[must_use]
    pub fn new(path: &Path, expected: impl Into<Cow<'static, str>>, got: &str) -> Self {
        Self {
            field: path.to_string(),
            expected: expected.into(),
            got: OneLine(&excerpt(got, Self::MAX_SHOWN_CHARS)).to_string(),
        }
    }
}

/// Where a value is in a document. The root goes by a name of its own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Path {
    root: Cow<'static, str>,
    fields: String,
}

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.fields.is_empty() {
            &self.root
        } else {
            &self.fields
        })
    }
}

impl Path {
    /// A whole document, which errors call `name`.
    #[must_use]
    pub fn root(name: impl Into<Cow<'static, str>>) -> Self {
        Self {
            root: name.into(),
            fields: String::new(),
        }
    }

    /// Whether this is a whole document.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.fields.is_empty()
    }

    fn with(&self, fields: String) -> Self {
        Self {
            root: self.root.clone(),
            fields,
        }
    }

    /// A field of this.
    #[must_use]
    pub fn field(&self, name: &str) -> Self {
        let is_plain = |char: char| char.is_ascii_alphanumeric() || "@_-".contains(char);
        if name.is_empty() || !name.chars().all(is_plain) {
            return self.key(name);
        }
        let dot = if self.is_root() { "" } else { "." };
        self.with(format!("{}{dot}{name}", self.fields))
    }

    /// An entry of this, under a key that somebody chose.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        self.with(format!("{}[{key:?}]", self.fields))
    }

    /// An element of this.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.with(format!("{}[{index}]", self.fields))
    }

    /// This, with the name that it goes by.
    #[must_use]
    pub fn named(&self, name: &str) -> Self {
        let blank = if self.is_root() { "" } else { " " };
        self.with(format!("{}{blank}({name:?})", self.fields))
    }

    /// The value here is not as expected.
    pub fn error(&self, expected: impl Into<Cow<'static, str>>, got: &Value) -> FieldError {
        FieldError::new(self, expected, &got.to_string())
    }

    /// The object that is here.
    ///
    /// # Errors
    /// It is none.
    pub fn object<'a>(
        &self,
        value: &'a Value,
        expected: impl Into<Cow<'static, str>>,
    ) -> Result<&'a Map<String, Value>, FieldError> {
        let object = value.as_object();
        object.ok_or_else(|| self.error(expected, value))
    }

    /// The array that is here.
    ///
    /// # Errors
    /// It is none.
    pub fn array<'a>(
        &self,
        value: &'a Value,
        expected: impl Into<Cow<'static, str>>,
    ) -> Result<&'a [Value], FieldError> {
        let array = value.as_array().map(Vec::as_slice);
        array.ok_or_else(|| self.error(expected, value))
    }

    /// The string that is here.
    ///
    /// # Errors
    /// It is none.
    pub fn string<'a>(
        &self,
        value: &'a Value,
        expected: impl Into<Cow<'static, str>>,
    ) -> Result<&'a str, FieldError> {
        let string = value.as_str();
        string.ok_or_else(|| self.error(expected, value))
    }
}

/// An object and where it is.
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    path: Path,
    object: &'a Map<String, Value>,
    null_is_absent: bool,
}

impl<'a> Fields<'a> {
    /// A document.
    ///
    /// # Errors
    /// It is no object.
    pub fn root(name: &'static str, value: &'a Value) -> Result<Self, FieldError> {
        Self::at(Path::root(name), value)
    }

    /// The object at `path`.
    ///
    /// # Errors
    /// It is none.
    pub fn at(path: Path, value: &'a Value) -> Result<Self, FieldError> {
        let object = path.object(value, "a JSON object")?;
        Ok(Self {
            path,
            object,
            null_is_absent: false,
        })
    }

    /// The same, where null stands for a field that is not given, as many programs write it.
    #[must_use]
    pub fn null_is_absent(mut self) -> Self {
        self.null_is_absent = true;
        self
    }

    /// The object as a whole.
    #[must_use]
    pub fn to_value(&self) -> Value {
        Value::Object(self.object.clone())
    }

    /// Its fields, as they are.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &'a Value)> + use<'a> {
        let fields = self.object.iter();
        fields.map(|(name, value)| (name.as_str(), value))
    }

    /// Whether it has no fields.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.object.is_empty()
    }

    /// The object as a whole is not as expected.
    pub fn whole_error(&self, expected: impl Into<Cow<'static, str>>) -> FieldError {
        self.path.error(expected, &self.to_value())
    }

    /// The path of one of its fields.
    #[must_use]
    pub fn path(&self, name: &str) -> Path {
        self.path.field(name)
    }

    /// The field as it is, where it is there.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a Value> {
        let value = self.object.get(name);
        value.filter(|value| !(self.null_is_absent && value.is_null()))
    }

    /// The field that is not as expected, as an error.
    pub fn error(&self, name: &str, expected: impl Into<Cow<'static, str>>) -> FieldError {
        let got = self.get(name);
        let got = got.map_or_else(|| "nothing".to_owned(), Value::to_string);
        FieldError::new(&self.path(name), expected, &got)
    }

    /// The object in a field, where the field is there.
    ///
    /// # Errors
    /// There is something else.
    pub fn object(&self, name: &str) -> Result<Option<Self>, FieldError> {
        let object = |value| {
            Ok(Self {
                null_is_absent: self.null_is_absent,
                ..Self::at(self.path(name), value)?
            })
        };
        self.get(name).map(object).transpose()
    }

    /// The array in a field, where the field is there.
    ///
    /// # Errors
    /// There is something else.
    pub fn array(&self, name: &str) -> Result<Option<&'a [Value]>, FieldError> {
        let value = self.get(name);
        let array = value.map(|value| self.path(name).array(value, "an array"));
        array.transpose()
    }

    /// The string in a field, where the field is there.
    ///
    /// # Errors
    /// There is something else.
    pub fn string(&self, name: &str) -> Result<Option<&'a str>, FieldError> {
        let value = self.get(name);
        let string = value.map(|value| self.path(name).string(value, "a string"));
        string.transpose()
    }

    /// The string in a field that must be there.
    ///
    /// # Errors
    /// There is nothing, or something else.
    pub fn required_string(&self, name: &str) -> Result<&'a str, FieldError> {
        let string = self.string(name)?;
        string.ok_or_else(|| self.error(name, "a string"))
    }

    /// The string in a field read as `T`, where the field is there.
    ///
    /// # Errors
    /// There is something else.
    pub fn parsed<T: Expected>(&self, name: &str) -> Result<Option<T>, FieldError> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let parsed = value.as_str().and_then(|text| text.parse().ok());
        let parsed = parsed.ok_or_else(|| self.error(name, T::EXPECTED))?;
        Ok(Some(parsed))
    }

    /// What is in a field, read by serde, where the field is there.
    ///
    /// # Errors
    /// There is something else.
    pub fn deserialized<T: DeserializeOwned>(
        &self,
        name: &str,
        expected: &'static str,
    ) -> Result<Option<T>, FieldError> {
        let value = self.get(name).map(T::deserialize);
        value.transpose().map_err(|_| self.error(name, expected))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_is_written_as_people_write_it() {
        let root = Path::root("event");
        assert_eq!(root.to_string(), "event");
        let path = root.field("tags").key("Cost Center").index(2).field("@@a");
        assert_eq!(path.to_string(), "tags[\"Cost Center\"][2].@@a");
        assert_eq!(root.named("a rule").to_string(), "(\"a rule\")");
        assert_eq!(root.field("x").named("y").to_string(), "x (\"y\")");
        assert_eq!(root.field("a b").to_string(), "[\"a b\"]");
    }

    #[test]
    fn null_is_a_value_unless_it_stands_for_an_absent_field() {
        let value = json!({"a": null, "b": {"c": null}});
        let fields = Fields::root("event", &value).unwrap();
        let error = fields.string("a").unwrap_err();
        assert_eq!(error.to_string(), "a: expected a string, got null");
        let fields = fields.null_is_absent();
        assert_eq!(fields.string("a"), Ok(None));
        let inner = fields.object("b").unwrap().unwrap();
        assert_eq!(inner.string("c"), Ok(None));
        let error = inner.error("c", "something");
        assert_eq!(error.to_string(), "b.c: expected something, got nothing");
    }

    #[test]
    fn a_long_value_is_shortened_and_shown_on_one_line() {
        let value = json!({"a": "\u{202e}".repeat(200)});
        let error = Fields::root("event", &value).unwrap().error("a", "b");
        assert!(error.got.starts_with("\"\\u{202e}") && error.got.ends_with('…'));
        assert!(!error.got.contains('\u{202e}'));
    }
}
