//! The JSON documents of a text: one, or one after the other, as in JSON Lines.

use serde::de::IgnoredAny;
use serde_json::Deserializer;
use tag_compliance_core::json::{Node, Path, Position, SyntaxError};
use tag_compliance_core::timestamp::Timestamp;

const START: Position = Position { line: 1, column: 1 };

/// A document, and where in the text it is.
#[derive(Debug)]
pub struct Document {
    start: Position,
    pub root: Node,
}

impl Document {
    fn parse(text: &str, start: Position) -> Result<Self, SyntaxError> {
        match Node::parse(text) {
            Ok(root) => Ok(Self { start, root }),
            Err(error) => Err(SyntaxError {
                at: in_text(start, error.at),
                ..error
            }),
        }
    }

    /// Where a value is in the text, or the nearest value to it.
    pub fn position(&self, path: &Path) -> Position {
        in_text(self.start, self.root.nearest(path).at)
    }
}

/// The documents of a text. If its first line is a document, so is each other line, and an invalid one
/// does not affect the rest.
pub fn split(text: &str) -> Vec<Result<Document, SyntaxError>> {
    let lines = || {
        let lines = text.lines().zip(1..);
        lines.filter(|(line, _)| !line.trim().is_empty())
    };
    let first = lines().next();
    let documents: Vec<_> = if first.is_some_and(|(line, _)| is_whole(without_time(line))) {
        lines()
            .flat_map(|(line, number)| of_line(line, number))
            .collect()
    } else {
        one_after_the_other(text, START)
    };
    if documents.is_empty() {
        return vec![Document::parse(text, START)];
    }
    documents
}

fn of_line(line: &str, number: usize) -> Vec<Result<Document, SyntaxError>> {
    let json = without_time(line);
    let before = line.strip_suffix(json).unwrap_or_default();
    let start = Position {
        line: number,
        column: before.chars().count() + 1,
    };
    one_after_the_other(json, start)
}

/// Firehose writes events with nothing between them.
fn one_after_the_other(text: &str, start: Position) -> Vec<Result<Document, SyntaxError>> {
    let mut values = Deserializer::from_str(text).into_iter::<IgnoredAny>();
    let (mut documents, mut from, mut start) = (Vec::new(), 0, start);
    while let Some(value) = values.next() {
        // Invalid JSON has no end.
        let to = value.map_or(text.len(), |_| values.byte_offset());
        let document = text.get(from..to).unwrap_or_default();
        documents.push(Document::parse(document, start));
        start = in_text(start, end(document));
        from = to;
    }
    documents
}

/// Whether a line begins with a whole array or object.
fn is_whole(line: &str) -> bool {
    let mut values = Deserializer::from_str(line).into_iter::<IgnoredAny>();
    line.trim_start().starts_with(['{', '[']) && values.next().is_some_and(|value| value.is_ok())
}

/// CloudWatch Logs exports each line after its time.
fn without_time(line: &str) -> &str {
    match line.split_once(' ') {
        Some((time, json)) if time.parse::<Timestamp>().is_ok() => json,
        _ => line,
    }
}

/// The position after a text.
fn end(text: &str) -> Position {
    let last = text.rsplit('\n').next().unwrap_or_default();
    Position {
        line: text.matches('\n').count() + 1,
        column: last.chars().count() + 1,
    }
}

/// A position in a part of a text that begins at `start`.
fn in_text(start: Position, at: Position) -> Position {
    Position {
        line: start.line + at.line - 1,
        column: if at.line == 1 {
            start.column + at.column - 1
        } else {
            at.column
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &str) -> Vec<(usize, usize, String)> {
        let documents = split(text).into_iter();
        let place = |document: Result<Document, SyntaxError>| match document {
            Ok(document) => {
                let at = document.position(&Path::root("file").field("a"));
                (at.line, at.column, document.root.to_value().to_string())
            }
            Err(error) => (error.at.line, error.at.column, error.what),
        };
        documents.map(place).collect()
    }

    #[test]
    fn documents_come_alone_in_lines_and_one_after_the_other() {
        let one = || r#"{"a":1}"#.to_owned();
        let no_value = || "expected value".to_owned();
        for (text, expected) in [
            ("{\n \"a\": 1}", vec![(2, 7, one())]),
            ("[\n{}]\n", vec![(1, 1, "[{}]".to_owned())]),
            (
                "{\"a\":1}\n\n{\"a\": 1}\r\n",
                vec![(1, 6, one()), (3, 7, one())],
            ),
            (
                "{\"a\":1}\n{\"ä\":x}\n{\"a\":1}",
                vec![(1, 6, one()), (2, 6, no_value()), (3, 6, one())],
            ),
            (
                "{\"a\":1}{\"a\":1}x",
                vec![(1, 6, one()), (1, 13, one()), (1, 15, no_value())],
            ),
            (
                "{\n\"a\":1}{\n\"a\":1\n} {\"a\":1}",
                vec![(2, 5, one()), (3, 5, one()), (4, 8, one())],
            ),
            (
                "2025-12-03T10:00:00.000Z {\"a\":1}\n2025-12-03T10:00:01.000Z {\"a\":1}",
                vec![(1, 31, one()), (2, 31, one())],
            ),
            ("", vec![(1, 1, "the text ends before a value".to_owned())]),
            ("a: b\nc: d", vec![(1, 1, no_value())]),
            ("1\n2", vec![(1, 1, "1".to_owned()), (2, 1, "2".to_owned())]),
        ] {
            assert_eq!(places(text), expected, "{text}");
        }
    }
}
