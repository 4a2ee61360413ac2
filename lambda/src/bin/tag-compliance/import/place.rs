//! Where something is in a file that is imported, and reading what is there.

use std::fmt;

use serde_json::{Map, Value};

use super::ImportError;

/// How much of a value an error shows, in characters.
const MAX_SHOWN_CHARS: usize = 100;

/// A file, and the path of a field in it; the path is empty for the whole file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Place {
    file: String,
    field: String,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() {
            return formatter.write_str(&self.file);
        }
        write!(formatter, "{}: {}", self.file, self.field)
    }
}

impl Place {
    /// A whole file.
    pub fn new(file: &str) -> Self {
        Self {
            file: file.to_owned(),
            field: String::new(),
        }
    }

    fn with_field(&self, field: String) -> Self {
        Self {
            file: self.file.clone(),
            field,
        }
    }

    /// A field of this.
    pub fn field(&self, name: &str) -> Self {
        let is_plain = |char: char| char.is_ascii_alphanumeric() || "@_".contains(char);
        if !name.chars().all(is_plain) {
            return self.key(name);
        }
        let dot = if self.field.is_empty() { "" } else { "." };
        self.with_field(format!("{}{dot}{name}", self.field))
    }

    /// An entry of this, under a key that somebody chose.
    pub fn key(&self, key: &str) -> Self {
        self.with_field(format!("{}[{key:?}]", self.field))
    }

    /// An element of this.
    pub fn index(&self, index: usize) -> Self {
        self.with_field(format!("{}[{index}]", self.field))
    }

    /// This, with the name that it goes by.
    pub fn named(&self, name: &str) -> Self {
        let blank = if self.field.is_empty() { "" } else { " " };
        self.with_field(format!("{}{blank}({name:?})", self.field))
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
        let got = got.to_string();
        let got = match got.char_indices().nth(MAX_SHOWN_CHARS) {
            Some((end, _)) => format!("{}…", &got[..end]),
            None => got,
        };
        ImportError::Field {
            place: self.to_string(),
            expected: expected.to_owned(),
            got,
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
