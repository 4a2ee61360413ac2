//! YAML, restricted to what JSON can express.

use saphyr::{LoadableYamlNode, MarkedYaml, Marker, Scalar, ScanError, YamlData};
use serde_json::Number;
use tag_compliance_core::json::{Entry, Kind, Language, Node, Position, SyntaxError};

use super::functions::long_form;

/// How to treat tags such as `!Ref`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tags {
    Refused,
    /// As short forms of `CloudFormation`'s functions.
    Functions,
}

/// Characters that can't begin a plain scalar in YAML, but people write them: `@@assign`, `*@example.com`.
const RESERVED: [&str; 5] = ["@", "*", "&", "%", "`"];

/// The deepest indentation. The reader is recursive, and nothing else limits nested blocks.
const MAX_INDENTATION: usize = 256;

pub fn parse(text: &str, tags: Tags) -> Result<Node, SyntaxError> {
    let reader = Reader {
        lines: text.lines().collect(),
        tags,
    };
    reader.check_indentation()?;
    let documents = MarkedYaml::load_from_str(text).map_err(|error| reader.syntax_error(&error))?;
    match documents.as_slice() {
        [document] => reader.node(document),
        [] => Err(unusable(
            Position { line: 1, column: 1 },
            "expected a value, got nothing but comments",
        )),
        [_, second, ..] => {
            let at = position(&second.span.start);
            Err(unusable(at, "expected one document, got several"))
        }
    }
}

fn position(marker: &Marker) -> Position {
    Position {
        line: marker.line(),
        column: marker.col() + 1,
    }
}

struct Reader<'a> {
    lines: Vec<&'a str>,
    tags: Tags,
}

impl Reader<'_> {
    /// Each nested block takes at least one character of indentation: a blank, or the `-` of a list.
    fn check_indentation(&self) -> Result<(), SyntaxError> {
        let is_indentation = |byte: &u8| b" \t-?:".contains(byte);
        let indentation = |line: &&str| line.bytes().take_while(is_indentation).count();
        let mut lines = self.lines.iter();
        match lines.position(|line| indentation(line) > MAX_INDENTATION) {
            Some(index) => Err(unusable(
                Position {
                    line: index + 1,
                    column: 1,
                },
                &format!(
                    "expected lines that are indented by at most {MAX_INDENTATION} characters"
                ),
            )),
            None => Ok(()),
        }
    }

    /// The rest of a line.
    fn rest(&self, at: Position) -> String {
        let line = self.lines.get(at.line.wrapping_sub(1));
        let rest = line.copied().unwrap_or_default().chars();
        rest.skip(at.column - 1).collect()
    }

    fn syntax_error(&self, error: &ScanError) -> SyntaxError {
        let at = position(error.marker());
        let rest = self.rest(at);
        let reserved = RESERVED.iter().find(|start| rest.starts_with(**start));
        let hint = reserved.map_or_else(String::new, |start| {
            format!(": put a text that begins with {start} into quotes")
        });
        unusable(at, &format!("{}{hint}", error.info()))
    }

    fn node(&self, yaml: &MarkedYaml<'_>) -> Result<Node, SyntaxError> {
        self.node_at(&yaml.data, position(&yaml.span.start))
    }

    fn node_at<'a>(
        &self,
        data: &YamlData<'a, MarkedYaml<'a>>,
        at: Position,
    ) -> Result<Node, SyntaxError> {
        let kind = match data {
            YamlData::Value(scalar) => self.scalar(scalar, at)?,
            YamlData::Sequence(items) => {
                let items = items.iter().map(|item| self.node(item));
                Kind::Array(items.collect::<Result<_, _>>()?)
            }
            YamlData::Mapping(entries) => {
                let entries = entries.iter().map(|(key, value)| self.entry(key, value));
                Kind::object(entries.collect::<Result<_, _>>()?)?
            }
            YamlData::Tagged(tag, tagged) if self.tags == Tags::Functions && tag.handle == "!" => {
                // A tagged scalar has no position of its own.
                let value = self.node_at(&tagged.data, at)?;
                let form = long_form(&tag.suffix, value, at);
                form.ok_or_else(|| unusable_tag(at))?
            }
            _ => return Err(unusable_tag(at)),
        };
        Ok(Node { at, kind })
    }

    fn scalar(&self, scalar: &Scalar<'_>, at: Position) -> Result<Kind, SyntaxError> {
        Ok(match scalar {
            Scalar::Null => Kind::Null,
            Scalar::Boolean(bool) => Kind::Bool(*bool),
            Scalar::Integer(number) => {
                let rest = self.rest(at);
                let is_digit = |char: &char| char.is_ascii_digit();
                let digits: String = rest.chars().take_while(is_digit).collect();
                // An account or a cost center with a leading zero is text, not a number.
                if digits.len() > 1 && digits.starts_with('0') {
                    return Ok(Kind::String(digits));
                }
                Kind::Number((*number).into())
            }
            Scalar::FloatingPoint(number) => {
                let number = Number::from_f64(number.into_inner());
                let infinite = || unusable(at, "expected a finite number");
                Kind::Number(number.ok_or_else(infinite)?)
            }
            Scalar::String(string) => Kind::String(string.to_string()),
        })
    }

    fn entry(&self, key: &MarkedYaml<'_>, value: &MarkedYaml<'_>) -> Result<Entry, SyntaxError> {
        let at = position(&key.span.start);
        let YamlData::Value(Scalar::String(key)) = &key.data else {
            let what = "expected a key that is a string: put it into quotes";
            return Err(unusable(at, what));
        };
        // Neither YAML 1.2 nor CloudFormation ("Template formats") has merge keys.
        if key == "<<" {
            let what = "expected no merge key <<: write out what it would bring in";
            return Err(unusable(at, what));
        }
        Ok(Entry {
            at,
            key: key.to_string(),
            value: self.node(value)?,
        })
    }
}

fn unusable_tag(at: Position) -> SyntaxError {
    unusable(at, "expected no tag such as !x")
}

fn unusable(at: Position, what: &str) -> SyntaxError {
    SyntaxError {
        language: Language::Yaml,
        at,
        what: what.to_owned(),
    }
}

#[cfg(test)]
mod tests;
