//! Where something is in a file that is imported, and reading what is there.

use std::fmt;
use std::rc::Rc;

use serde_json::{Map, Value};
use tag_compliance_core::json::{FieldError, Node, Path};

use super::ImportError;

/// A file, and what is where in it.
#[derive(Debug, PartialEq, Eq)]
struct File {
    name: String,
    node: Node,
}

/// A file, and the path of a field in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    file: Rc<File>,
    path: Path,
    /// The string of JSON that this is in: the file has no lines and columns within it.
    string: Option<Path>,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.path_after(&self.file.name))
    }
}

impl Place {
    /// A whole file, and what it holds.
    pub fn read(name: &str, text: &str) -> Result<(Self, Value), ImportError> {
        let node = Node::parse(text).map_err(|error| ImportError::Json {
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

    /// A field of this.
    pub fn field(&self, name: &str) -> Self {
        self.at(self.path.field(name))
    }

    /// An entry of this, under a key that somebody chose.
    pub fn key(&self, key: &str) -> Self {
        self.at(self.path.key(key))
    }

    /// An element of this.
    pub fn index(&self, index: usize) -> Self {
        self.at(self.path.index(index))
    }

    /// This, with the name that it goes by.
    pub fn named(&self, name: &str) -> Self {
        self.at(self.path.named(name))
    }

    /// What there is to say of this.
    pub fn note(&self, text: &str) -> String {
        format!("{self}: {text}")
    }

    /// What there is to say of the fields that nothing here knows.
    pub fn left_out(&self, fields: &Value, known: &[&str]) -> Option<String> {
        let fields = fields.as_object().into_iter().flatten();
        let unknown =
            fields.filter(|(name, value)| !known.contains(&name.as_str()) && !value.is_null());
        let names = quoted(unknown.map(|(name, _)| name));
        (!names.is_empty()).then(|| self.note(&format!("unknown fields are left out: {names}")))
    }

    /// This is not what it must be.
    pub fn expected(&self, expected: &str, got: &Value) -> ImportError {
        let note = if is_reference(got) {
            ", written out, since only references to parameters with a Default are resolved"
        } else {
            ""
        };
        self.error(&self.path.error(format!("{expected}{note}"), got), self)
    }

    /// An entry of this is under a key that is not what it must be.
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

    /// The object that is here.
    pub fn object<'a>(
        &self,
        value: &'a Value,
        expected: &str,
    ) -> Result<&'a Map<String, Value>, ImportError> {
        value
            .as_object()
            .ok_or_else(|| self.expected(expected, value))
    }

    /// The object that is here, and nothing that a template refers to instead.
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

    /// The list that is here.
    pub fn list<'a>(&self, value: &'a Value, expected: &str) -> Result<&'a [Value], ImportError> {
        let list = value.as_array().map(Vec::as_slice);
        list.ok_or_else(|| self.expected(expected, value))
    }

    /// The text that is here.
    pub fn text<'a>(&self, value: &'a Value, expected: &str) -> Result<&'a str, ImportError> {
        value.as_str().ok_or_else(|| self.expected(expected, value))
    }

    /// The list of texts that is here.
    pub fn texts(&self, value: &Value, expected: &str) -> Result<Vec<String>, ImportError> {
        let items = self.list(value, expected)?.iter().enumerate();
        items
            .map(|(index, item)| Ok(self.index(index).text(item, "a string")?.to_owned()))
            .collect()
    }

    /// The JSON that is here in a string, and its place.
    pub fn json(&self, value: &Value) -> Result<(Self, Value), ImportError> {
        let text = self.text(value, "a string of JSON")?;
        let node =
            Node::parse(text).map_err(|error| self.expected(&error.expected_in_string(), value))?;
        let place = Self {
            string: Some(self.string.as_ref().unwrap_or(&self.path).clone()),
            ..self.clone()
        };
        Ok((place, node.to_value()))
    }
}

/// Whether this is what AWS `CloudFormation` puts something else for ("Intrinsic function
/// reference"): `{"Ref": …}`, `{"Fn::Sub": …}`.
fn is_reference(value: &Value) -> bool {
    let fields = value.as_object().filter(|fields| fields.len() == 1);
    let name = fields.and_then(|fields| fields.keys().next());
    name.is_some_and(|name| name == "Ref" || name.starts_with("Fn::"))
}

/// A field that is given: many programs write null for one that is not.
pub(super) fn given<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    fields.get(name).filter(|value| !value.is_null())
}

/// A list as people write it: `"a", "b"`.
pub(super) fn quoted<T: fmt::Debug>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<_> = items.into_iter().map(|item| format!("{item:?}")).collect();
    items.join(", ")
}
