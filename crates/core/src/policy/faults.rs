//! What is wrong with a document, collected while it is read and checked.

use std::collections::HashSet;

use serde_json::Value;

use super::error::{PolicyError, PolicyErrors};
use super::limits::MAX_KEY_CHARS;
use crate::json::{Entry, Node, Path};
use crate::text::{OneLine, Quoted, excerpt};

/// The most of a value that an error shows: a pattern in full.
const MAX_SHOWN_CHARS: usize = 600;
/// The most of a field's name that nobody knows.
const MAX_NAME_CHARS: usize = 100;

/// What is wrong so far.
#[derive(Default)]
pub(super) struct Faults<'a> {
    /// The text, where the document was one.
    text: Option<&'a Node>,
    found: Vec<PolicyError>,
    /// What is there and could not be read. What stands for it is not checked.
    unread: HashSet<Path>,
    /// What holds such a part.
    incomplete: HashSet<Path>,
}

impl<'a> Faults<'a> {
    /// None yet of a text.
    pub fn of(text: &'a Node) -> Self {
        Self {
            text: Some(text),
            ..Self::default()
        }
    }

    /// The document, as errors call it.
    pub fn document() -> Path {
        Path::root("the policy")
    }

    /// Everything that is wrong, unless that is nothing.
    pub fn into_errors(mut self) -> Result<(), PolicyErrors> {
        // What is of the same place stays as it was found.
        self.found.sort_by_key(PolicyError::at);
        if self.found.is_empty() {
            Ok(())
        } else {
            Err(PolicyErrors(self.found))
        }
    }

    /// A value that can't be read: there is none to go on with.
    pub fn unread<T>(&mut self, path: &Path, expected: &str, node: &Node) -> Option<T> {
        self.push(path, expected, &node.to_value());
        self.mark(path);
        None
    }

    /// A field that must be there is not.
    pub fn missing(&mut self, path: &Path, expected: &str) {
        if !self.is_unread(path) {
            self.push_shown(path, expected, "nothing".to_owned());
            self.mark(path);
        }
    }

    /// A field that nobody knows, beside those that are known here.
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

    /// Takes what is here for something that could not be read.
    pub fn mark(&mut self, path: &Path) {
        self.incomplete.extend(path.ancestors().nth(1));
        self.unread.insert(path.clone());
    }

    /// Whether this, or what it is a part of, could not be read.
    pub fn is_unread(&self, path: &Path) -> bool {
        path.ancestors().any(|path| self.unread.contains(&path))
    }

    /// Whether a part of this could not be read.
    pub fn is_incomplete(&self, path: &Path) -> bool {
        self.incomplete.contains(path)
    }

    /// What was read is not as expected.
    pub fn add(&mut self, path: &Path, expected: impl Into<String>, got: impl Into<Value>) {
        if !self.is_unread(path) {
            self.push(path, expected, &got.into());
        }
    }

    /// What was read lacks what it must have, or has too much of it: `got` says which.
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

/// A rule at a place of a list, by its key.
pub(super) fn named(place: &Path, key: &str) -> Path {
    if key.is_empty() {
        return place.clone();
    }
    place.named(&excerpt(key, MAX_KEY_CHARS))
}
