//! Where something is in a file that is imported, and reading what is there.

use std::fmt;

use serde_json::{Map, Value};
use tag_compliance_core::json::{FieldError, Path};

use super::ImportError;

/// A file, and the path of a field in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Place {
    file: String,
    path: Path,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, path } = self;
        if path.is_root() {
            return formatter.write_str(file);
        }
        write!(formatter, "{file}: {path}")
    }
}

impl Place {
    /// A whole file.
    pub fn new(file: &str) -> Self {
        Self {
            file: file.to_owned(),
            path: Path::default(),
        }
    }

    fn at(&self, path: Path) -> Self {
        Self {
            file: self.file.clone(),
            path,
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
        self.error(self.path.error(expected.to_owned(), got))
    }

    fn error(&self, error: FieldError) -> ImportError {
        ImportError::Field {
            place: self.to_string(),
            expected: error.expected.into_owned(),
            got: error.got,
        }
    }

    /// The object that is here.
    pub fn object<'a>(
        &self,
        value: &'a Value,
        expected: &str,
    ) -> Result<&'a Map<String, Value>, ImportError> {
        let object = self.path.object(value, expected.to_owned());
        object.map_err(|error| self.error(error))
    }

    /// The list that is here.
    pub fn list<'a>(&self, value: &'a Value, expected: &str) -> Result<&'a [Value], ImportError> {
        let list = self.path.array(value, expected.to_owned());
        list.map_err(|error| self.error(error))
    }

    /// The text that is here.
    pub fn text<'a>(&self, value: &'a Value, expected: &str) -> Result<&'a str, ImportError> {
        let text = self.path.string(value, expected.to_owned());
        text.map_err(|error| self.error(error))
    }

    /// The list of texts that is here.
    pub fn texts(&self, value: &Value, expected: &str) -> Result<Vec<String>, ImportError> {
        let items = self.list(value, expected)?.iter().enumerate();
        items
            .map(|(index, item)| Ok(self.index(index).text(item, "a string")?.to_owned()))
            .collect()
    }

    /// The JSON that is here in a string.
    pub fn json(&self, value: &Value) -> Result<Value, ImportError> {
        let text = self.text(value, "a string of JSON")?;
        serde_json::from_str(text)
            .map_err(|error| self.expected(&format!("a string of JSON ({error})"), value))
    }
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
