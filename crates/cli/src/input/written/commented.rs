//! JSON with comments and trailing commas, as in editors' settings.

use std::str::FromStr;

use jsonc_parser::ast::Value;
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use serde_json::Number;
use tag_compliance_core::json::{Entry, Kind, Language, Lines, Node, SyntaxError};

/// Only these extensions; the rest of JSON5 is refused.
const OPTIONS: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_trailing_commas: true,
    allow_loose_object_property_names: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

pub fn parse(text: &str) -> Result<Node, SyntaxError> {
    let lines = Lines::new(text);
    let parsed = parse_to_ast(text, &CollectOptions::default(), &OPTIONS);
    let parsed = parsed.map_err(|error| SyntaxError {
        language: Language::Json,
        at: lines.position(error.range().start),
        what: error.kind().to_string(),
    })?;
    let nothing = || SyntaxError {
        language: Language::Json,
        at: lines.position(text.len()),
        what: "expected a value after the comments".to_owned(),
    };
    node(&parsed.value.ok_or_else(nothing)?, &lines)
}

fn node(value: &Value<'_>, lines: &Lines<'_>) -> Result<Node, SyntaxError> {
    let at = lines.position(value.range().start);
    let kind = match value {
        Value::NullKeyword(_) => Kind::Null,
        Value::BooleanLit(bool) => Kind::Bool(bool.value),
        Value::StringLit(string) => Kind::String(string.value.to_string()),
        Value::NumberLit(number) => {
            let parsed = Number::from_str(number.value);
            Kind::Number(parsed.map_err(|_| SyntaxError {
                language: Language::Json,
                at,
                what: format!("expected a number, got {}", number.value),
            })?)
        }
        Value::Array(array) => {
            let items = array.elements.iter().map(|item| node(item, lines));
            Kind::Array(items.collect::<Result<_, _>>()?)
        }
        Value::Object(object) => {
            let entries = object.properties.iter().map(|property| {
                Ok(Entry {
                    at: lines.position(property.range.start),
                    key: property.name.as_str().to_owned(),
                    value: node(&property.value, lines)?,
                })
            });
            Kind::object(entries.collect::<Result<_, _>>()?)?
        }
    };
    Ok(Node { at, kind })
}
