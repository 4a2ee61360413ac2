//! JSON that people wrote, with the line and column of each value.

use std::cell::Cell;
use std::collections::HashMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Number, Value};

use super::Path;
use super::path::Step;
use crate::text::{Quoted, excerpt};

/// The most of a key that an error shows.
const MAX_KEY_CHARS: usize = 100;

/// A place in a text, both numbers from 1; a column is a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The character in it.
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}, column {}", self.line, self.column)
    }
}

/// A text is not JSON, or has a key twice in one object, where one of the two would be lost.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not JSON: {what}")]
pub struct SyntaxError {
    /// Where.
    pub at: Position,
    /// What is wrong.
    pub what: String,
}

/// A value, and where it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Where it begins.
    pub at: Position,
    /// What it is.
    pub kind: Kind,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Node>),
    /// An object, in the order in which it is written; each key is there once.
    Object(Vec<Entry>),
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where the key begins.
    pub at: Position,
    /// The key.
    pub key: String,
    /// Its value.
    pub value: Node,
}

impl Node {
    /// Reads a text.
    ///
    /// # Errors
    /// It is not JSON, or has a key twice.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let source = Source::new(text);
        let read = || {
            // A raw value is taken as it stands, at any depth. This one is refused beyond 128 levels.
            serde_json::from_str::<Value>(text)?;
            serde_json::from_str(text)
        };
        let raw = read().map_err(|error| source.syntax_error(&error))?;
        source.node(raw)
    }

    /// The value that is at a path, or else the last one on the way to it that is there.
    #[must_use]
    pub fn nearest(&self, path: &Path) -> &Self {
        let mut node = self;
        for step in path.steps() {
            let next = match (step, &node.kind) {
                (Step::Name(_), _) => Some(node),
                (Step::Index(index), Kind::Array(items)) => items.get(*index),
                (Step::Field(key) | Step::Key(key), Kind::Object(entries)) => {
                    let entry = entries.iter().find(|entry| entry.key == *key);
                    entry.map(|entry| &entry.value)
                }
                _ => None,
            };
            let Some(next) = next else { break };
            node = next;
        }
        node
    }

    /// The same without places.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(bool) => Value::Bool(*bool),
            Kind::Number(number) => Value::Number(number.clone()),
            Kind::String(string) => Value::String(string.clone()),
            Kind::Array(items) => items.iter().map(Self::to_value).collect(),
            Kind::Object(entries) => {
                let fields = entries
                    .iter()
                    .map(|entry| (entry.key.clone(), entry.value.to_value()));
                Value::Object(fields.collect::<Map<_, _>>())
            }
        }
    }
}

/// A text and where its lines begin.
struct Source<'a> {
    text: &'a str,
    lines: Vec<usize>,
    /// The offset that was asked for last, and its position: the next one is behind it, and lines may be
    /// as long as the text.
    last: Cell<(usize, Position)>,
}

impl<'a> Source<'a> {
    fn new(text: &'a str) -> Self {
        let breaks = text.match_indices('\n').map(|(offset, _)| offset + 1);
        Self {
            text,
            lines: std::iter::once(0).chain(breaks).collect(),
            last: Cell::new((0, Position { line: 1, column: 1 })),
        }
    }

    fn position(&self, offset: usize) -> Position {
        let line = self.lines.partition_point(|start| *start <= offset);
        let (last, position) = self.last.get();
        let (start, first) = if last <= offset && position.line == line {
            (last, position.column)
        } else {
            let start = self.lines.get(line.wrapping_sub(1)).copied();
            (start.unwrap_or_default(), 1)
        };
        let before = self.text.get(start..offset).unwrap_or_default();
        let column = first + before.chars().count();
        let position = Position { line, column };
        self.last.set((offset, position));
        position
    }

    fn syntax_error(&self, error: &serde_json::Error) -> SyntaxError {
        let (line, column) = (error.line(), error.column());
        let text = error.to_string();
        let place = format!(" at line {line} column {column}");
        let start = self.lines.get(line.wrapping_sub(1)).copied();
        // serde_json counts bytes, and an error at the end of a line is at its column 0.
        let offset = start.unwrap_or_default() + column.saturating_sub(1);
        let is_boundary = |offset: &usize| self.text.is_char_boundary(*offset);
        let offset = (0..=offset).rev().find(is_boundary).unwrap_or_default();
        SyntaxError {
            at: self.position(offset.min(self.text.len())),
            what: reworded(text.strip_suffix(&place).unwrap_or(&text)),
        }
    }

    fn at(&self, raw: &RawValue) -> Position {
        // A raw value of a string is a part of it.
        self.position(raw.get().as_ptr() as usize - self.text.as_ptr() as usize)
    }

    fn node(&self, raw: &'a RawValue) -> Result<Node, SyntaxError> {
        let at = self.at(raw);
        let text = raw.get();
        let kind = match text.as_bytes().first() {
            Some(b'{') => self.object(self.read(at, text)?)?,
            Some(b'[') => {
                let items: Vec<&RawValue> = self.read(at, text)?;
                let items = items.into_iter().map(|item| self.node(item));
                Kind::Array(items.collect::<Result<_, _>>()?)
            }
            Some(b'"') => Kind::String(self.read(at, text)?),
            Some(b'n') => Kind::Null,
            Some(b't' | b'f') => Kind::Bool(self.read(at, text)?),
            _ => Kind::Number(self.read(at, text)?),
        };
        Ok(Node { at, kind })
    }

    fn object(&self, raw: RawEntries<'a>) -> Result<Kind, SyntaxError> {
        let mut entries: Vec<Entry> = Vec::with_capacity(raw.0.len());
        let mut places: HashMap<String, Position> = HashMap::with_capacity(raw.0.len());
        for (key, value) in raw.0 {
            let at = self.at(key);
            let key: String = self.read(at, key.get())?;
            if let Some(earlier) = places.insert(key.clone(), at) {
                let shown = excerpt(&key, MAX_KEY_CHARS);
                let what = format!(
                    "the key {} is there already, at {}",
                    Quoted(&shown),
                    earlier
                );
                return Err(SyntaxError { at, what });
            }
            let value = self.node(value)?;
            entries.push(Entry { at, key, value });
        }
        Ok(Kind::Object(entries))
    }

    fn read<'b, T: Deserialize<'b>>(&self, at: Position, text: &'b str) -> Result<T, SyntaxError> {
        serde_json::from_str(text).map_err(|error| SyntaxError {
            at,
            ..self.syntax_error(&error)
        })
    }
}

/// Some messages of `serde_json` say what its parser does instead of what the text lacks.
fn reworded(what: &str) -> String {
    match what.strip_prefix("EOF while parsing ") {
        Some("a value") => "the text ends before a value".to_owned(),
        Some(part) => format!("the text ends within {part}"),
        None => what.replace("expected ident", "expected true, false or null"),
    }
}

impl SyntaxError {
    /// What a field must be that holds JSON as text, with the reason why this is none: its place is
    /// one within that text.
    #[must_use]
    pub fn expected_in_string(&self) -> String {
        format!("a string of JSON ({}: {})", self.at, self.what)
    }
}

/// An object as it is written: a map would keep one of two entries with the same key.
struct RawEntries<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'de> Deserialize<'de> for RawEntries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = RawEntries<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(RawEntries(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(line: usize, column: usize) -> Position {
        Position { line, column }
    }

    #[test]
    fn each_value_has_its_line_and_column_in_characters() {
        let text = "{\n  \"ä\": [1, \"ü\", true,\r\n  null], \"b\": {\"c\": -1.5e3}}";
        let node = Node::parse(text).unwrap();
        let value = json!({"ä": [1, "ü", true, null], "b": {"c": -1.5e3}});
        assert_eq!(node.to_value(), value);
        let root = Path::root("file");
        let list = root.key("ä");
        for (path, position) in [
            (root.clone(), at(1, 1)),
            (list.clone(), at(2, 8)),
            (list.index(0), at(2, 9)),
            (list.index(1).named("x"), at(2, 12)),
            (list.index(3), at(3, 3)),
            (root.field("b").field("c"), at(3, 21)),
            (root.field("b").field("nothing").index(1), at(3, 15)),
            (list.field("no object").field("c"), at(2, 8)),
        ] {
            assert_eq!(node.nearest(&path).at, position, "{path}");
        }
    }

    #[test]
    fn what_is_no_json_has_a_place() {
        for (text, position, what) in [
            ("", at(1, 1), "the text ends before a value"),
            ("{\n  \"a\"", at(2, 5), "the text ends within an object"),
            ("tru", at(1, 3), "the text ends before a value"),
            ("trust", at(1, 4), "expected true, false or null"),
            ("{\n  \"a\": ü}", at(2, 8), "expected value"),
            ("{\"ü\": 1,}", at(1, 9), "trailing comma"),
            ("{} {}", at(1, 4), "trailing characters"),
        ] {
            let error = Node::parse(text).unwrap_err();
            assert_eq!((error.at, error.what.as_str()), (position, what), "{text}");
        }
        let deep = Node::parse(&"[".repeat(100_000)).unwrap_err();
        assert_eq!(deep.what, "recursion limit exceeded");
    }

    #[test]
    fn a_line_may_hold_a_whole_file() {
        let items = vec!["{\"ü\":[1,2]}"; 100_000];
        let node = Node::parse(&format!("[{}]", items.join(","))).unwrap();
        let path = Path::root("file").index(99_999).key("ü").index(1);
        assert_eq!(node.nearest(&path).at, at(1, 2 + 99_999 * 12 + 8));
    }

    #[test]
    fn what_is_no_such_value_is_an_error_with_its_place() {
        let error = Source::new("[\n1]").read::<RawEntries<'_>>(at(2, 1), "1");
        let error = error.err().map(|error| error.to_string());
        let expected = "not JSON: invalid type: integer `1`, expected an object";
        assert_eq!(error.as_deref(), Some(expected));
    }

    #[test]
    fn a_key_is_there_once() {
        let error = Node::parse("{\"a\": 1,\n \"b\": {\"c\": 1, \"\\u0063\": 2}}").unwrap_err();
        assert_eq!(
            error.to_string(),
            "not JSON: the key \"c\" is there already, at line 2, column 8"
        );
        assert_eq!(
            error.expected_in_string(),
            "a string of JSON (line 2, column 16: the key \"c\" is there already, at line 2, column 8)"
        );
    }
}
