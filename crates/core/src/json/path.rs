//! Paths to values in a document.

use std::borrow::Cow;
use std::fmt;

use serde_json::{Map, Value};

use super::FieldError;
use crate::text::Quoted;

/// The path to a value in a document. The root has a name of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Path {
    root: Cow<'static, str>,
    steps: Vec<Step>,
}

/// A step of a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Step {
    /// To a field of a known name.
    Field(String),
    /// To an entry whose key the author chose.
    Key(String),
    /// To an element of an array.
    Index(usize),
    /// To the same place, adding the name of the thing there.
    Name(String),
}

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_root() {
            return formatter.write_str(&self.root);
        }
        for (place, step) in self.steps.iter().enumerate() {
            let between = |text| if place == 0 { "" } else { text };
            match step {
                Step::Field(name) => write!(formatter, "{}{name}", between("."))?,
                Step::Key(key) => write!(formatter, "[{}]", Quoted(key))?,
                Step::Index(index) => write!(formatter, "[{index}]")?,
                Step::Name(name) => write!(formatter, "{}({})", between(" "), Quoted(name))?,
            }
        }
        Ok(())
    }
}

impl Path {
    /// A whole document, which errors call by `name`.
    #[must_use]
    pub fn root(name: impl Into<Cow<'static, str>>) -> Self {
        Self {
            root: name.into(),
            steps: Vec::new(),
        }
    }

    /// Whether this is a whole document.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.steps.is_empty()
    }

    /// This path, its parent, and so on to the whole document.
    pub(crate) fn ancestors(&self) -> impl Iterator<Item = Self> {
        let lengths = (0..=self.steps.len()).rev();
        lengths.map(|length| Self {
            root: self.root.clone(),
            steps: self.steps.iter().take(length).cloned().collect(),
        })
    }

    /// Whether it may lead to a tag's value: into tags, but not to a key.
    pub(crate) fn is_tag_value(&self) -> bool {
        let fields = self.steps.iter().filter_map(|step| match step {
            Step::Field(name) | Step::Key(name) => Some(name.as_str()),
            _ => None,
        });
        let mut fields = fields.rev();
        fields.clone().next() != Some("key") && fields.any(|name| name.contains("tag"))
    }

    pub(super) fn steps(&self) -> &[Step] {
        &self.steps
    }

    fn with(&self, step: Step) -> Self {
        let mut path = self.clone();
        path.steps.push(step);
        path
    }

    /// The path of a field.
    #[must_use]
    pub fn field(&self, name: &str) -> Self {
        let is_plain = |char: char| char.is_ascii_alphanumeric() || "@_-".contains(char);
        if name.is_empty() || !name.chars().all(is_plain) {
            return self.key(name);
        }
        self.with(Step::Field(name.to_owned()))
    }

    /// The path of an entry whose key the author chose.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        self.with(Step::Key(key.to_owned()))
    }

    /// The path of an element.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.with(Step::Index(index))
    }

    /// This path, with the name of the thing there.
    #[must_use]
    pub fn named(&self, name: &str) -> Self {
        self.with(Step::Name(name.to_owned()))
    }

    /// This path in another document, which has at `to` what this one has at `from`.
    #[must_use]
    pub fn moved(&self, from: &Self, to: &Self) -> Self {
        let below = self.steps.strip_prefix(from.steps.as_slice());
        let mut path = to.clone();
        path.steps.extend_from_slice(below.unwrap_or(&self.steps));
        path
    }

    /// The error that the value here isn't as expected.
    pub fn error(&self, expected: impl Into<Cow<'static, str>>, got: &Value) -> FieldError {
        FieldError::new(self, expected, &got.to_string())
    }

    /// The value as an object.
    ///
    /// # Errors
    /// It has another type.
    pub fn object<'a>(
        &self,
        value: &'a Value,
        expected: impl Into<Cow<'static, str>>,
    ) -> Result<&'a Map<String, Value>, FieldError> {
        let object = value.as_object();
        object.ok_or_else(|| self.error(expected, value))
    }

    /// The value as an array.
    ///
    /// # Errors
    /// It has another type.
    pub fn array<'a>(
        &self,
        value: &'a Value,
        expected: impl Into<Cow<'static, str>>,
    ) -> Result<&'a [Value], FieldError> {
        let array = value.as_array().map(Vec::as_slice);
        array.ok_or_else(|| self.error(expected, value))
    }

    /// The value as a string.
    ///
    /// # Errors
    /// It has another type.
    pub fn string<'a>(
        &self,
        value: &'a Value,
        expected: impl Into<Cow<'static, str>>,
    ) -> Result<&'a str, FieldError> {
        let string = value.as_str();
        string.ok_or_else(|| self.error(expected, value))
    }
}

#[cfg(test)]
mod tests {
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
    fn a_path_moves_with_the_value_that_it_leads_to() {
        let (event, file) = (Path::root("event"), Path::root("file"));
        let path = event.field("detail").field("eventName");
        let records = file.field("Records").index(1);
        for (from, to, expected) in [
            (&event, &records, "Records[1].detail.eventName"),
            (&event.field("detail"), &records, "Records[1].eventName"),
            (&event.field("detail"), &file, "eventName"),
        ] {
            assert_eq!(path.moved(from, to).to_string(), expected);
        }
    }
}
