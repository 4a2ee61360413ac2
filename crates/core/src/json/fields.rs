//! Reads an object's fields one by one.

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{FieldError, Path};
use crate::expected::Expected;

/// An object, and where it is.
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    path: Path,
    object: &'a Map<String, Value>,
    null_is_absent: bool,
}

impl<'a> Fields<'a> {
    /// Reads a document.
    ///
    /// # Errors
    /// It is not an object.
    pub fn root(name: &'static str, value: &'a Value) -> Result<Self, FieldError> {
        Self::at(Path::root(name), value)
    }

    /// Reads the object at `path`.
    ///
    /// # Errors
    /// It is not an object.
    pub fn at(path: Path, value: &'a Value) -> Result<Self, FieldError> {
        let object = path.object(value, "a JSON object")?;
        Ok(Self {
            path,
            object,
            null_is_absent: false,
        })
    }

    /// The same object, with null treated as an absent field, as many programs write it.
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

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.object.is_empty()
    }

    /// The error that the object as a whole is not as expected.
    pub fn whole_error(&self, expected: impl Into<Cow<'static, str>>) -> FieldError {
        self.path.error(expected, &self.to_value())
    }

    /// The path of one of its fields.
    #[must_use]
    pub fn path(&self, name: &str) -> Path {
        self.path.field(name)
    }

    /// The field as it is, if present.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a Value> {
        let value = self.object.get(name);
        value.filter(|value| !(self.null_is_absent && value.is_null()))
    }

    /// The error that a field is not as expected.
    pub fn error(&self, name: &str, expected: impl Into<Cow<'static, str>>) -> FieldError {
        let got = self.object.get(name);
        let got = got.map_or_else(|| "nothing".to_owned(), Value::to_string);
        FieldError::new(&self.path(name), expected, &got)
    }

    /// The object in a field, if the field is present.
    ///
    /// # Errors
    /// The value has another type.
    pub fn object(&self, name: &str) -> Result<Option<Self>, FieldError> {
        let object = |value| {
            Ok(Self {
                null_is_absent: self.null_is_absent,
                ..Self::at(self.path(name), value)?
            })
        };
        self.get(name).map(object).transpose()
    }

    /// The array in a field, if the field is present.
    ///
    /// # Errors
    /// The value has another type.
    pub fn array(&self, name: &str) -> Result<Option<&'a [Value]>, FieldError> {
        let value = self.get(name);
        let array = value.map(|value| self.path(name).array(value, "an array"));
        array.transpose()
    }

    /// The objects in the array in a field, if the field is present.
    ///
    /// # Errors
    /// The value has another type.
    pub fn objects(&self, name: &str) -> Result<Option<Vec<Self>>, FieldError> {
        let Some(items) = self.array(name)? else {
            return Ok(None);
        };
        let path = self.path(name);
        let object = |(index, item)| {
            Ok(Self {
                null_is_absent: self.null_is_absent,
                ..Self::at(path.index(index), item)?
            })
        };
        let objects = items.iter().enumerate().map(object);
        objects.collect::<Result<_, _>>().map(Some)
    }

    /// The string in a field, if the field is present.
    ///
    /// # Errors
    /// The value has another type.
    pub fn string(&self, name: &str) -> Result<Option<&'a str>, FieldError> {
        let value = self.get(name);
        let string = value.map(|value| self.path(name).string(value, "a string"));
        string.transpose()
    }

    /// The string in a field that must be there.
    ///
    /// # Errors
    /// The field is absent or has another type.
    pub fn required_string(&self, name: &str) -> Result<&'a str, FieldError> {
        let string = self.string(name)?;
        string.ok_or_else(|| self.error(name, "a string"))
    }

    /// The string in a field read as `T`, if the field is present.
    ///
    /// # Errors
    /// The value has another type.
    pub fn parsed<T: Expected>(&self, name: &str) -> Result<Option<T>, FieldError> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let parsed = value.as_str().and_then(|text| text.parse().ok());
        let parsed = parsed.ok_or_else(|| self.error(name, T::EXPECTED))?;
        Ok(Some(parsed))
    }

    /// A field read by serde, if the field is present.
    ///
    /// # Errors
    /// The value has another type.
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
    fn null_is_a_value_unless_it_stands_for_an_absent_field() {
        let value = json!({"a": null, "b": {"c": null}});
        let fields = Fields::root("event", &value).unwrap();
        let error = fields.string("a").unwrap_err();
        assert_eq!(error.to_string(), "a: expected a string, got null");
        let fields = fields.null_is_absent();
        assert_eq!(fields.string("a"), Ok(None));
        let inner = fields.object("b").unwrap().unwrap();
        assert_eq!(inner.string("c"), Ok(None));
        let error = inner.error("d", "something");
        assert_eq!(error.to_string(), "b.d: expected something, got nothing");
        let error = inner.error("c", "something");
        assert_eq!(error.to_string(), "b.c: expected something, got null");
    }

    #[test]
    fn objects_in_an_array_know_their_places() {
        let value = json!({"a": [{"b": 1}, {"b": null}], "c": [{}, 2]});
        let fields = Fields::root("event", &value).unwrap().null_is_absent();
        let objects = fields.objects("a").unwrap().unwrap();
        let error = objects[0].string("b").unwrap_err();
        assert_eq!(error.to_string(), "a[0].b: expected a string, got 1");
        assert_eq!(objects[1].string("b"), Ok(None));
        assert!(fields.objects("d").unwrap().is_none());
        let error = fields.objects("c").unwrap_err();
        assert_eq!(error.to_string(), "c[1]: expected a JSON object, got 2");
    }

    #[test]
    fn a_long_value_is_shortened_and_shown_on_one_line() {
        let value = json!({"a": "\u{202e}".repeat(200)});
        let error = Fields::root("event", &value).unwrap().error("a", "b");
        assert!(error.got.starts_with("\"\\u{202e}") && error.got.ends_with('…'));
        assert!(!error.got.contains('\u{202e}'));
    }
}
