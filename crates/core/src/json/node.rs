//! Handwritten JSON, with the line and column of each value.

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

/// How many characters of a key an error shows.
const MAX_KEY_CHARS: usize = 100;

/// A position in a text. Lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}, column {}", self.line, self.column)
    }
}

/// The language of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// JSON.
    Json,
    /// The part of YAML that JSON can express.
    Yaml,
}

impl Language {
    fn refusal(self) -> &'static str {
        match self {
            Self::Json => "not JSON",
            Self::Yaml => "unusable as YAML",
        }
    }
}

/// A text can't be parsed, or an object has a key twice, so that one of the values would be lost.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {what}", .language.refusal())]
pub struct SyntaxError {
    pub language: Language,
    pub at: Position,
    pub what: String,
}

/// A value, and where it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Where it begins.
    pub at: Position,
    pub kind: Kind,
}

/// A value of any type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    Array(Vec<Node>),
    /// An object, in the order of the text, with unique keys.
    Object(Vec<Entry>),
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where the key begins.
    pub at: Position,
    pub key: String,
    pub value: Node,
}

impl Kind {
    /// An object with these entries.
    ///
    /// # Errors
    /// A key occurs twice.
    pub fn object(entries: Vec<Entry>) -> Result<Self, SyntaxError> {
        let mut seen: HashMap<&str, Position> = HashMap::with_capacity(entries.len());
        for entry in &entries {
            if let Some(earlier) = seen.insert(&entry.key, entry.at) {
                let shown = excerpt(&entry.key, MAX_KEY_CHARS);
                let what = format!("the key {} is there already, at {earlier}", Quoted(&shown));
                return Err(SyntaxError {
                    language: Language::Json,
                    at: entry.at,
                    what,
                });
            }
        }
        Ok(Self::Object(entries))
    }
}

impl Node {
    /// Parses a text.
    ///
    /// # Errors
    /// It isn't JSON, or has a key twice.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let lines = Lines::new(text);
        let read = || {
            // A raw value may nest to any depth. This type limits it to 128 levels.
            serde_json::from_str::<Value>(text)?;
            serde_json::from_str(text)
        };
        let raw = read().map_err(|error| lines.syntax_error(&error))?;
        lines.node(raw)
    }

    /// The value at a path, or its nearest existing parent.
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

    /// The same without positions.
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

/// A text with the offsets of its lines.
#[derive(Debug)]
pub struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
    /// The last offset asked for, with its position. Offsets usually increase, so counting continues from there; a
    /// line may be as long as the text.
    last: Cell<(usize, Position)>,
}

impl<'a> Lines<'a> {
    /// Finds the lines of a text.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        let breaks = text.match_indices('\n').map(|(offset, _)| offset + 1);
        Self {
            text,
            starts: std::iter::once(0).chain(breaks).collect(),
            last: Cell::new((0, Position { line: 1, column: 1 })),
        }
    }

    /// The position of a byte offset.
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        let line = self.starts.partition_point(|start| *start <= offset);
        let (last, position) = self.last.get();
        let (start, first) = if last <= offset && position.line == line {
            (last, position.column)
        } else {
            let start = self.starts.get(line.wrapping_sub(1)).copied();
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
        let start = self.starts.get(line.wrapping_sub(1)).copied();
        // serde_json counts bytes, and reports an error at the end of a line as column 0.
        let offset = start.unwrap_or_default() + column.saturating_sub(1);
        let is_boundary = |offset: &usize| self.text.is_char_boundary(*offset);
        let offset = (0..=offset).rev().find(is_boundary).unwrap_or_default();
        SyntaxError {
            language: Language::Json,
            at: self.position(offset.min(self.text.len())),
            what: reworded(text.strip_suffix(&place).unwrap_or(&text)),
        }
    }

    fn at(&self, raw: &RawValue) -> Position {
        // A raw value is a slice of the text.
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
        for (key, value) in raw.0 {
            let at = self.at(key);
            let key: String = self.read(at, key.get())?;
            let value = self.node(value)?;
            entries.push(Entry { at, key, value });
        }
        Kind::object(entries)
    }

    fn read<'b, T: Deserialize<'b>>(&self, at: Position, text: &'b str) -> Result<T, SyntaxError> {
        serde_json::from_str(text).map_err(|error| SyntaxError {
            at,
            ..self.syntax_error(&error)
        })
    }
}

/// Rewords messages of `serde_json` that talk about its parser.
fn reworded(what: &str) -> String {
    match what.strip_prefix("EOF while parsing ") {
        Some("a value") => "the text ends before a value".to_owned(),
        Some(part) => format!("the text ends within {part}"),
        None => what.replace("expected ident", "expected true, false or null"),
    }
}

impl SyntaxError {
    /// What a field with JSON in a string is expected to be, with the error in it. The position is the one within the
    /// string.
    #[must_use]
    pub fn expected_in_string(&self) -> String {
        format!("a string of JSON ({}: {})", self.at, self.what)
    }
}

/// The entries of an object. A map would drop one of two with the same key.
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
        let error = Lines::new("[\n1]").read::<RawEntries<'_>>(at(2, 1), "1");
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
