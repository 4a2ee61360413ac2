//! What a text that is not JSON looks like.

use tag_compliance_core::instance::InstanceId;
use tag_compliance_core::json::{Node, Position};

const START: Position = Position { line: 1, column: 1 };

/// What begins a comment in JSON dialects and in YAML.
const COMMENTS: [&str; 3] = ["//", "/*", "#"];

/// Also accepted for policies.
pub const YAML: &str = "YAML";
pub const WITH_COMMENTS: &str = "JSON with comments: remove them, JSON has none";

/// What a text that is not JSON looks like, and where that shows; none if unknown.
pub fn looks_like(text: &str) -> Option<(Position, &'static str)> {
    let at = Node::parse(text).err()?.at;
    let is_json = |text: &str| text.starts_with(['{', '[']);
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    let Some(first) = lines().next() else {
        return Some((START, "an empty file"));
    };
    if is_json(first) {
        let line = text.lines().nth(at.line - 1).unwrap_or_default();
        let rest: String = line.chars().skip(at.column - 1).collect();
        return match rest.trim_start() {
            rest if is_comment(rest) => Some((at, WITH_COMMENTS)),
            rest if rest.starts_with('\'') => {
                Some((at, "JSON in single quotes: JSON has double quotes"))
            }
            _ => None,
        };
    }
    let contents: Vec<_> = lines().skip_while(|line| is_comment(line)).collect();
    let what = match contents.as_slice() {
        [] => "nothing but comments",
        [line, ..] if is_json(line) => WITH_COMMENTS,
        [line, ..] if line.starts_with('<') => "XML or HTML",
        [_, second, ..] if second.starts_with('|') => {
            "a table, as --output table prints it: use --output json"
        }
        [line, ..] if is_yaml(line) => YAML,
        [line, ..] if is_output_text(line) => "text, as --output text prints it: use --output json",
        [line, ..] if is_hcl(line) => "HCL, the language of Terraform",
        [first, second, ..] if first.contains(',') && second.contains(',') => "CSV",
        _ => return None,
    };
    Some((START, what))
}

fn is_comment(line: &str) -> bool {
    COMMENTS.iter().any(|start| line.starts_with(start))
}

/// The start of a document, an item of a list, or a key.
fn is_yaml(line: &str) -> bool {
    let key = line.split_once(": ").map(|(key, _)| key);
    let key = key.or_else(|| line.strip_suffix(':'));
    let is_key = |key: &str| !key.is_empty() && !key.contains(char::is_whitespace);
    line == "---" || line.starts_with("- ") || key.is_some_and(is_key)
}

/// Columns between tabs, or one of ids.
fn is_output_text(line: &str) -> bool {
    line.contains('\t') || line.parse::<InstanceId>().is_ok()
}

/// An attribute or a block.
fn is_hcl(line: &str) -> bool {
    let name = line.split_once(" =").map(|(name, _)| name.trim_end());
    let is_name = |name: &str| !name.is_empty() && !name.contains(char::is_whitespace);
    line.ends_with('{') || name.is_some_and(is_name)
}

#[cfg(test)]
mod tests {
    use super::looks_like;

    #[test]
    fn a_text_that_is_not_json_is_recognized() {
        const COMMENTS: &str = "JSON with comments";
        const TEXT: &str = "text, as --output text";
        for (text, expected) in [
            ("", Some((1, 1, "an empty file"))),
            (" \r\n\n", Some((1, 1, "an empty file"))),
            ("# nothing\n// yet\n", Some((1, 1, "nothing but comments"))),
            ("{\n  // why\n  \"a\": 1}", Some((2, 3, COMMENTS))),
            ("{\"a\": 1, /* why */ \"b\": 2}", Some((1, 10, COMMENTS))),
            ("[\n1, # why\n2]", Some((2, 4, COMMENTS))),
            ("{} // why", Some((1, 4, COMMENTS))),
            ("// why\n{}", Some((1, 1, COMMENTS))),
            ("{'a': 1}", Some((1, 2, "JSON in single quotes"))),
            ("---\na: 1", Some((1, 1, "YAML"))),
            (
                "# why\nrequired_tags:\n  - key: Owner",
                Some((1, 1, "YAML")),
            ),
            ("- key: Owner", Some((1, 1, "YAML"))),
            ("aws:Owner: web", Some((1, 1, "YAML"))),
            ("<?xml version=\"1.0\"?>", Some((1, 1, "XML or HTML"))),
            (
                "\n-----\n|  DescribeInstances |\n",
                Some((1, 1, "a table, as --output table")),
            ),
            ("i-12345678\trunning", Some((1, 1, TEXT))),
            ("i-12345678", Some((1, 1, TEXT))),
            ("required_tags = [\n{", Some((1, 1, "HCL"))),
            ("variable \"policy\" {\n}", Some((1, 1, "HCL"))),
            ("id,owner\ni-12345678,web", Some((1, 1, "CSV"))),
            ("{\"a\": 1}", None),
            ("{\"a\": x}", None),
            ("{\"a\": 1}\n{\"a\": 2}", None),
            ("{\"a\": \"http://", None),
            ("hello", None),
            ("Hello, world: this is text", None),
        ] {
            let found = looks_like(text);
            let found = found.map(|(at, what)| (at.line, at.column, what));
            match (found, expected) {
                (Some((line, column, what)), Some((at_line, at_column, start))) => {
                    assert_eq!((line, column), (at_line, at_column), "{text}");
                    assert!(what.starts_with(start), "{text}: {what}");
                }
                (found, expected) => assert_eq!(found, expected, "{text}"),
            }
        }
    }
}
