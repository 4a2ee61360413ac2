//! The formats of handwritten files: JSON, JSON with comments, and YAML.

mod commented;
mod functions;
mod yaml;

use std::path::Path;

use tag_compliance_core::json::{Node, SyntaxError};

use self::yaml::Tags;

/// Reads the text of a file of this name in any of these formats.
///
/// # Errors
/// It is none of them. A text that begins like JSON is reported as JSON, unless the file is named as YAML; any other as
/// YAML.
pub fn parse(name: &str, text: &str) -> Result<Node, SyntaxError> {
    read(name, text, Tags::Refused)
}

/// The same for a file that may be a `CloudFormation` template, where `!Ref x` means `{"Ref": "x"}`.
///
/// # Errors
/// As [`parse`].
pub fn parse_template(name: &str, text: &str) -> Result<Node, SyntaxError> {
    read(name, text, Tags::Functions)
}

fn read(name: &str, text: &str, tags: Tags) -> Result<Node, SyntaxError> {
    Node::parse(text).or_else(|error| {
        // JSON begins with one of these, or with a comment.
        match text.trim_start().chars().next() {
            Some('{' | '[' | '/') => commented::parse(text).or_else(|error| {
                if is_yaml(name) {
                    yaml::parse(text, tags)
                } else {
                    Err(error)
                }
            }),
            Some(_) => yaml::parse(text, tags),
            None => Err(error),
        }
    })
}

/// Whether a file is named as YAML, which may begin as JSON does: `{required_tags: []}`.
fn is_yaml(name: &str) -> bool {
    let extension = Path::new(name).extension();
    extension.is_some_and(|it| it.eq_ignore_ascii_case("yaml") || it.eq_ignore_ascii_case("yml"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_begins_as_json_is_told_as_what_the_file_is_named() {
        let text = "{required_tags: [{key: Owner}]}";
        let expected = json!({"required_tags": [{"key": "Owner"}]});
        for name in ["a.yaml", "a.YML"] {
            let node = parse(name, text);
            assert_eq!(
                node.map(|it| it.to_value()).as_ref(),
                Ok(&expected),
                "{name}"
            );
        }
        let deep = "[".repeat(2_000);
        for (name, expected) in [
            ("a.yaml", "unusable as YAML: recursion limit exceeded"),
            ("a.json", "not JSON: Maximum nesting depth exceeded"),
            ("a", "not JSON: Maximum nesting depth exceeded"),
        ] {
            let error = parse(name, &deep).unwrap_err();
            assert_eq!(error.to_string(), expected, "{name}");
        }
    }
}
