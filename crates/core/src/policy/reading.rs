//! Reads a policy's text into its document, and collects everything that can't be read.

mod parts;

use serde_json::Number;

use super::document::{PolicyDocument, Severity};
use super::faults::Faults;
use crate::expected::Expected;
use crate::json::{Entry, Kind, Node, Path};
use crate::spelling;

/// Reads whatever is readable. What isn't stays empty in the document.
pub(super) fn read(text: &Node, faults: &mut Faults<'_>) -> PolicyDocument {
    PolicyDocument::read(text, &Faults::document(), faults).unwrap_or_default()
}

/// A part of a policy.
trait Part: Sized {
    /// What it is expected to be, for errors.
    const EXPECTED: &'static str;
    /// What an array of it is expected to be.
    const SEVERAL: &'static str = "an array of objects";

    /// Reads it. None if it can't be read, which is then among the faults.
    fn read(node: &Node, path: &Path, faults: &mut Faults<'_>) -> Option<Self>;
}

impl Part for String {
    const EXPECTED: &'static str = "a string";
    const SEVERAL: &'static str = "an array of strings";

    fn read(node: &Node, path: &Path, faults: &mut Faults<'_>) -> Option<Self> {
        match &node.kind {
            Kind::String(text) => Some(text.clone()),
            _ => faults.unread(path, Self::EXPECTED, node),
        }
    }
}

impl Part for bool {
    const EXPECTED: &'static str = "true or false";

    fn read(node: &Node, path: &Path, faults: &mut Faults<'_>) -> Option<Self> {
        match node.kind {
            Kind::Bool(bool) => Some(bool),
            _ => faults.unread(path, Self::EXPECTED, node),
        }
    }
}

impl Part for u32 {
    const EXPECTED: &'static str = "a whole number from 0 to 4294967295";

    fn read(node: &Node, path: &Path, faults: &mut Faults<'_>) -> Option<Self> {
        let number = match &node.kind {
            Kind::Number(number) => number.as_u64().and_then(|number| number.try_into().ok()),
            _ => None,
        };
        number.or_else(|| faults.unread(path, Self::EXPECTED, node))
    }
}

impl Part for Number {
    const EXPECTED: &'static str = "a number";

    fn read(node: &Node, path: &Path, faults: &mut Faults<'_>) -> Option<Self> {
        match &node.kind {
            Kind::Number(number) => Some(number.clone()),
            _ => faults.unread(path, Self::EXPECTED, node),
        }
    }
}

impl<T: Part> Part for Box<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn read(node: &Node, path: &Path, faults: &mut Faults<'_>) -> Option<Self> {
        T::read(node, path, faults).map(Self::new)
    }
}

impl Part for Severity {
    const EXPECTED: &'static str = <Self as Expected>::EXPECTED;

    fn read(node: &Node, path: &Path, faults: &mut Faults<'_>) -> Option<Self> {
        let severity = match &node.kind {
            Kind::String(text) => text.parse().ok(),
            _ => None,
        };
        severity.or_else(|| faults.unread(path, <Self as Part>::EXPECTED, node))
    }
}

/// Null means the field isn't set.
impl<T: Part> Part for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn read(node: &Node, path: &Path, faults: &mut Faults<'_>) -> Option<Self> {
        match node.kind {
            Kind::Null => Some(None),
            _ => T::read(node, path, faults).map(Some),
        }
    }
}

impl<T: Part + Default> Part for Vec<T> {
    const EXPECTED: &'static str = T::SEVERAL;

    fn read(node: &Node, path: &Path, faults: &mut Faults<'_>) -> Option<Self> {
        let Kind::Array(items) = &node.kind else {
            return faults.unread(path, Self::EXPECTED, node);
        };
        let items = items.iter().enumerate();
        let items = items
            .map(|(index, item)| T::read(item, &path.index(index), faults).unwrap_or_default());
        Some(items.collect())
    }
}

/// An object whose fields are read one by one. Fields that are asked for are the known ones.
struct Fields<'a, 'f, 't> {
    path: Path,
    entries: &'a [Entry],
    known: Vec<&'static str>,
    missing: Vec<(&'static str, &'static str)>,
    faults: &'f mut Faults<'t>,
}

impl Fields<'_, '_, '_> {
    /// Reads an object. Every field that `read` doesn't ask for is unknown.
    fn read<T>(
        node: &Node,
        path: &Path,
        expected: &str,
        faults: &mut Faults<'_>,
        read: impl FnOnce(&mut Fields<'_, '_, '_>) -> T,
    ) -> Option<T> {
        let Kind::Object(entries) = &node.kind else {
            return faults.unread(path, expected, node);
        };
        let mut fields = Fields {
            path: path.clone(),
            entries,
            known: Vec::new(),
            missing: Vec::new(),
            faults,
        };
        let read = read(&mut fields);
        fields.refuse_unknown();
        for (name, expected) in fields.missing {
            fields.faults.missing(&path.field(name), expected);
        }
        Some(read)
    }

    fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == name)
    }

    fn required<T: Part + Default>(&mut self, name: &'static str) -> T {
        if self.entry(name).is_none() {
            self.missing.push((name, T::EXPECTED));
        }
        self.optional(name)
    }

    fn optional<T: Part + Default>(&mut self, name: &'static str) -> T {
        self.known.push(name);
        let entry = self.entries.iter().find(|entry| entry.key == name);
        let part = entry.and_then(|it| T::read(&it.value, &self.path.field(name), self.faults));
        part.unwrap_or_default()
    }

    fn refuse_unknown(&mut self) {
        for entry in self.entries {
            if self.known.contains(&entry.key.as_str()) {
                continue;
            }
            let meant = spelling::nearest(&entry.key, self.known.iter().copied());
            self.faults.unknown(&self.path, entry, meant, &self.known);
            // The misspelled field is the one that was meant, so it isn't also reported as missing.
            if let Some(meant) = meant
                && self.entry(meant).is_none()
            {
                self.faults.mark(&self.path.field(meant));
            }
        }
    }
}

#[cfg(test)]
mod tests;
