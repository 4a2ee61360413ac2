//! Places in imported files, and typed access to the values there.

use std::fmt;
use std::rc::Rc;

use serde_json::{Map, Value};
use tag_compliance_core::json::{FieldError, Node, Path, SyntaxError};

use super::ImportError;
use crate::input::written;

/// A file, and where its values are.
#[derive(Debug, PartialEq, Eq)]
struct File {
    name: String,
    node: Node,
}

/// The path of a field in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    file: Rc<File>,
    path: Path,
    /// The string of JSON or YAML that contains it. Its lines and columns aren't known.
    string: Option<Path>,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.path_after(&self.file.name))
    }
}

impl Place {
    /// Reads a file, and returns its root and its content.
    pub fn read(name: &str, text: &str) -> Result<(Self, Value), ImportError> {
        let node = written::parse_template(name, text).map_err(|error| ImportError::Syntax {
            file: name.to_owned(),
            error,
        })?;
        let document = node.to_value();
        let name = name.to_owned();
        let place = Self {
            file: Rc::new(File { name, node }),
            path: Path::default(),
            string: None,
        };
        Ok((place, document))
    }

    fn path_after(&self, file: &str) -> String {
        if self.path.is_root() {
            return file.to_owned();
        }
        format!("{file}: {}", self.path)
    }

    fn at(&self, path: Path) -> Self {
        Self {
            path,
            ..self.clone()
        }
    }

    /// A field of it.
    pub fn field(&self, name: &str) -> Self {
        self.at(self.path.field(name))
    }

    /// An entry of it, under a key that the author chose.
    pub fn key(&self, key: &str) -> Self {
        self.at(self.path.key(key))
    }

    /// An element of it.
    pub fn index(&self, index: usize) -> Self {
        self.at(self.path.index(index))
    }

    /// It, with the name of the thing there.
    pub fn named(&self, name: &str) -> Self {
        self.at(self.path.named(name))
    }

    /// A note about it.
    pub fn note(&self, text: &str) -> String {
        format!("{self}: {text}")
    }

    /// A note about unknown fields, if there are any.
    pub fn left_out(&self, fields: &Value, known: &[&str]) -> Option<String> {
        let fields = fields.as_object().into_iter().flatten();
        let unknown =
            fields.filter(|(name, value)| !known.contains(&name.as_str()) && !value.is_null());
        let names = quoted(unknown.map(|(name, _)| name));
        (!names.is_empty()).then(|| self.note(&format!("unknown fields are left out: {names}")))
    }

    /// The error that the value here isn't as expected.
    pub fn expected(&self, expected: &str, got: &Value) -> ImportError {
        let note = if is_reference(got) {
            ", written out, since only what the template says itself is resolved, such as the Default of \
             a parameter"
        } else {
            ""
        };
        self.error(&self.path.error(format!("{expected}{note}"), got), self)
    }

    /// The error that a key here isn't as expected.
    pub fn expected_key(&self, expected: &str, key: &str) -> ImportError {
        let error = self.path.error(expected.to_owned(), &key.into());
        self.error(&error, &self.key(key))
    }

    fn error(&self, error: &FieldError, pointed_at: &Self) -> ImportError {
        let string = pointed_at.string.as_ref();
        let position = self.file.node.nearest(string.unwrap_or(&pointed_at.path));
        let (line, column) = (position.at.line, position.at.column);
        let place = format!("{}:{line}:{column}", self.file.name);
        ImportError::Field {
            place: self.path_after(&place),
            expected: error.expected.clone().into_owned(),
            got: error.got.clone(),
        }
    }

    /// The object here.
    pub fn object<'a>(
        &self,
        value: &'a Value,
        expected: &str,
    ) -> Result<&'a Map<String, Value>, ImportError> {
        value
            .as_object()
            .ok_or_else(|| self.expected(expected, value))
    }

    /// The object here, if it isn't an unresolved reference of a template.
    pub fn resolved<'a>(
        &self,
        value: &'a Value,
        expected: &str,
    ) -> Result<&'a Map<String, Value>, ImportError> {
        if is_reference(value) {
            return Err(self.expected(expected, value));
        }
        self.object(value, expected)
    }

    /// The list here.
    pub fn list<'a>(&self, value: &'a Value, expected: &str) -> Result<&'a [Value], ImportError> {
        let list = value.as_array().map(Vec::as_slice);
        list.ok_or_else(|| self.expected(expected, value))
    }

    /// The text here.
    pub fn text<'a>(&self, value: &'a Value, expected: &str) -> Result<&'a str, ImportError> {
        // YAML reads an unquoted 100 as a number.
        let in_quotes = if value.is_number() || value.is_boolean() {
            ", in quotes"
        } else {
            ""
        };
        let error = || self.expected(&format!("{expected}{in_quotes}"), value);
        value.as_str().ok_or_else(error)
    }

    /// The list of texts here.
    pub fn texts(&self, value: &Value, expected: &str) -> Result<Vec<String>, ImportError> {
        let items = self.list(value, expected)?.iter().enumerate();
        items
            .map(|(index, item)| Ok(self.index(index).text(item, "a string")?.to_owned()))
            .collect()
    }

    /// The JSON in the string here, and its place.
    pub fn json(&self, value: &Value) -> Result<(Self, Value), ImportError> {
        let text = self.text(value, "a string of JSON")?;
        self.in_string(value, Node::parse(text), SyntaxError::expected_in_string)
    }

    /// The template in the string here, and its place.
    pub fn template(&self, value: &Value) -> Result<(Self, Value), ImportError> {
        let text = self.text(value, "a template as a string of JSON or YAML")?;
        let expected =
            |error: &SyntaxError| format!("a template as a string ({}: {error})", error.at);
        self.in_string(value, written::parse_template("", text), expected)
    }

    fn in_string(
        &self,
        value: &Value,
        node: Result<Node, SyntaxError>,
        expected: impl Fn(&SyntaxError) -> String,
    ) -> Result<(Self, Value), ImportError> {
        let node = node.map_err(|error| self.expected(&expected(&error), value))?;
        let place = Self {
            string: Some(self.string.as_ref().unwrap_or(&self.path).clone()),
            ..self.clone()
        };
        Ok((place, node.to_value()))
    }
}

/// Whether this is an intrinsic function, which AWS `CloudFormation` replaces ("Intrinsic function reference"):
/// `{"Ref": …}`, `{"Fn::Sub": …}`.
fn is_reference(value: &Value) -> bool {
    let fields = value.as_object().filter(|fields| fields.len() == 1);
    let name = fields.and_then(|fields| fields.keys().next());
    name.is_some_and(|name| name == "Ref" || name.starts_with("Fn::"))
}

/// A field that is set. Many programs write null for one that isn't.
pub(super) fn given<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    fields.get(name).filter(|value| !value.is_null())
}

/// A list as people write it: `"a", "b"`.
pub(super) fn quoted<T: fmt::Debug>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<_> = items.into_iter().map(|item| format!("{item:?}")).collect();
    items.join(", ")
}
