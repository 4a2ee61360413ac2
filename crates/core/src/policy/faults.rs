//! Faults of a policy document, collected while it is read and validated.

use std::collections::HashSet;

use serde_json::Value;

use super::error::{PolicyError, PolicyErrors};
use super::limits::MAX_KEY_CHARS;
use crate::json::{Entry, Node, Path};
use crate::text::{OneLine, Quoted, excerpt};

/// How many characters of a value an error shows: enough for a whole pattern.
const MAX_SHOWN_CHARS: usize = 600;
/// How many characters of an unknown field's name an error shows.
const MAX_NAME_CHARS: usize = 100;

/// The faults found so far.
#[derive(Default)]
pub(super) struct Faults<'a> {
    /// The policy's text, if it was read from one.
    text: Option<&'a Node>,
    found: Vec<PolicyError>,
    /// Values that couldn't be read. Their placeholders in the document aren't validated.
    unread: HashSet<Path>,
    /// The parents of such values.
    incomplete: HashSet<Path>,
}

impl<'a> Faults<'a> {
    /// No faults yet, for this text.
    pub fn of(text: &'a Node) -> Self {
        Self {
            text: Some(text),
            ..Self::default()
        }
    }

    /// The document, by its name in errors.
    pub fn document() -> Path {
        Path::root("the policy")
    }

    /// All faults in the order of the text; Ok if there are none.
    pub fn into_errors(mut self) -> Result<(), PolicyErrors> {
        // The sort is stable: faults at the same position stay in the order in which they were found.
        self.found.sort_by_key(PolicyError::at);
        if self.found.is_empty() {
            Ok(())
        } else {
            Err(PolicyErrors(self.found))
        }
    }

    /// Reports a value that can't be read. Always none, for the caller to return.
    pub fn unread<T>(&mut self, path: &Path, expected: &str, node: &Node) -> Option<T> {
        self.push(path, expected, &node.to_value());
        self.mark(path);
        None
    }

    /// Reports a missing field.
    pub fn missing(&mut self, path: &Path, expected: &str) {
        if !self.is_unread(path) {
            self.push_shown(path, expected, "nothing".to_owned());
            self.mark(path);
        }
    }

    /// Reports an unknown field, with the known ones.
    pub fn unknown(
        &mut self,
        parent: &Path,
        entry: &Entry,
        meant: Option<&'static str>,
        known: &[&'static str],
    ) {
        let field = parent.field(&excerpt(&entry.key, MAX_NAME_CHARS));
        self.incomplete.insert(parent.clone());
        self.found.push(PolicyError::UnknownField {
            at: entry.at,
            field,
            meant,
            known: known.to_vec(),
        });
    }

    /// Marks a path as unreadable.
    pub fn mark(&mut self, path: &Path) {
        self.incomplete.extend(path.ancestors().nth(1));
        self.unread.insert(path.clone());
    }

    /// Whether the path, or one of its parents, couldn't be read.
    pub fn is_unread(&self, path: &Path) -> bool {
        path.ancestors().any(|path| self.unread.contains(&path))
    }

    /// Whether a child of the path couldn't be read.
    pub fn is_incomplete(&self, path: &Path) -> bool {
        self.incomplete.contains(path)
    }

    /// Reports a value that was read but is invalid.
    pub fn add(&mut self, path: &Path, expected: impl Into<String>, got: impl Into<Value>) {
        if !self.is_unread(path) {
            self.push(path, expected, &got.into());
        }
    }

    /// Reports a wrong number of elements or fields; `got` says how many.
    pub fn add_count(&mut self, path: &Path, expected: impl Into<String>, got: &str) {
        if !self.is_unread(path) {
            self.push_shown(path, expected, got.to_owned());
        }
    }

    fn push(&mut self, path: &Path, expected: impl Into<String>, got: &Value) {
        let got = match got {
            Value::String(text) => Quoted(text).to_string(),
            other => OneLine(&other.to_string()).to_string(),
        };
        self.push_shown(path, expected, excerpt(&got, MAX_SHOWN_CHARS));
    }

    fn push_shown(&mut self, path: &Path, expected: impl Into<String>, got: String) {
        self.found.push(PolicyError::Field {
            at: self.text.map(|text| text.nearest(path).at),
            field: path.clone(),
            expected: expected.into(),
            got,
        });
    }
}

/// The path of a rule, with its key.
pub(super) fn named(place: &Path, key: &str) -> Path {
    if key.is_empty() {
        return place.clone();
    }
    place.named(&excerpt(key, MAX_KEY_CHARS))
}
