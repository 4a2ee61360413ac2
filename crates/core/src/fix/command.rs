//! Commands of the AWS CLI that a person pastes into a shell.
//!
//! Whatever a tag holds, a command is one line, and an argument that holds text from outside is between
//! single quotes, none of which is in it: the shorthand syntax is only for plain text, and in JSON all
//! else is an escape. So neither a shell nor a spreadsheet finds anything in it to act on.

use std::fmt::Write;

use crate::text::{OneLine, is_written_out};

/// A tag as an argument: its fields, in the order of the command's reference.
pub type Fields<'a> = Vec<(&'static str, Field<'a>)>;

/// The value of a field.
#[derive(Debug, Clone, Copy)]
pub enum Field<'a> {
    /// Text.
    Text(&'a str),
    /// Yes.
    True,
}

/// A command with a profile, as an option: the environment's keys win over `AWS_PROFILE`, but not over it.
#[must_use]
pub fn by_profile(command: &str, profile: &str) -> String {
    let profile = profile.replace('\'', r"'\''");
    format!("{command} --profile '{}'", OneLine(&profile))
}

/// The argument of `--tags`.
pub fn tags(tags: &[Fields<'_>]) -> String {
    let texts = tags.iter().flatten().filter_map(|(_, field)| match field {
        Field::Text(text) => Some(text),
        Field::True => None,
    });
    let is_plain = texts.copied().all(is_plain);
    let tags = tags.iter().map(|tag| {
        let fields = tag.iter().map(|(name, field)| match (field, is_plain) {
            (Field::Text(text), true) => format!("{name}={text}"),
            (Field::True, true) => format!("{name}=true"),
            (Field::Text(text), false) => format!("\"{name}\":\"{}\"", escaped(text)),
            (Field::True, false) => format!("\"{name}\":true"),
        });
        let fields = fields.collect::<Vec<_>>().join(",");
        if is_plain {
            format!("'{fields}'")
        } else {
            format!("{{{fields}}}")
        }
    });
    let tags: Vec<_> = tags.collect();
    if is_plain {
        tags.join(" ")
    } else {
        format!("'[{}]'", tags.join(","))
    }
}

/// Whether the shorthand syntax reads the text as it is ("Using shorthand syntax", AWS CLI user guide).
pub fn is_plain(text: &str) -> bool {
    // What a person replaces.
    let text = text
        .strip_prefix('<')
        .and_then(|text| text.strip_suffix('>'))
        .unwrap_or(text);
    text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && !text.ends_with(' ')
        && text
            .chars()
            .all(|it| it.is_ascii_alphanumeric() || is_mark(it))
}

/// The marks that AWS allows in the tags of every service, but `=`, which the shorthand syntax takes for its
/// own.
fn is_mark(character: char) -> bool {
    matches!(character, ' ' | '_' | '.' | ':' | '/' | '+' | '-' | '@')
}

/// The text within a JSON string.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        let is_itself =
            character.is_alphanumeric() || is_mark(character) || "=<>".contains(character);
        if is_itself && !is_written_out(character) {
            escaped.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            // Writing to a string does not fail.
            let _ = write!(escaped, "\\u{unit:04x}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn argument(key: &str, value: &str) -> String {
        tags(&[vec![
            ("Key", Field::Text(key)),
            ("Value", Field::Text(value)),
            ("PropagateAtLaunch", Field::True),
        ]])
    }

    #[test]
    fn a_profile_is_one_word_whatever_its_name() {
        assert_eq!(by_profile("aws x", "audit"), "aws x --profile 'audit'");
        assert_eq!(
            by_profile("aws x", "a'; id\n"),
            r"aws x --profile 'a'\''; id\n'"
        );
    }

    #[test]
    fn plain_text_is_in_shorthand_and_all_else_in_json() {
        for (key, value, expected) in [
            (
                "Owner",
                "<Owner>",
                "'Key=Owner,Value=<Owner>,PropagateAtLaunch=true'",
            ),
            (
                "a b",
                "x@y.z:/+-_",
                "'Key=a b,Value=x@y.z:/+-_,PropagateAtLaunch=true'",
            ),
            (
                "Größe",
                "<Größe>",
                r#"'[{"Key":"Größe","Value":"<Größe>","PropagateAtLaunch":true}]'"#,
            ),
            (
                "O'Hara",
                "$(id);`id`&&\"\\",
                r#"'[{"Key":"O\u0027Hara","Value":"\u0024\u0028id\u0029\u003b\u0060id\u0060\u0026\u0026\u0022\u005c","PropagateAtLaunch":true}]'"#,
            ),
            (
                "a\nb",
                "\u{e0041}\u{3164}",
                r#"'[{"Key":"a\u000ab","Value":"\udb40\udc41\u3164","PropagateAtLaunch":true}]'"#,
            ),
            (
                "a",
                "x,y=z",
                r#"'[{"Key":"a","Value":"x\u002cy=z","PropagateAtLaunch":true}]'"#,
            ),
            (
                "a",
                "",
                r#"'[{"Key":"a","Value":"","PropagateAtLaunch":true}]'"#,
            ),
            (
                "a",
                "b ",
                r#"'[{"Key":"a","Value":"b ","PropagateAtLaunch":true}]'"#,
            ),
            (
                "-a",
                "b",
                r#"'[{"Key":"-a","Value":"b","PropagateAtLaunch":true}]'"#,
            ),
        ] {
            assert_eq!(argument(key, value), expected);
        }
        let two = tags(&[
            vec![("Key", Field::Text("a"))],
            vec![("Key", Field::Text("b"))],
        ]);
        assert_eq!(two, "'Key=a' 'Key=b'");
        let two = tags(&[
            vec![("Key", Field::Text("a"))],
            vec![("Key", Field::Text("'"))],
        ]);
        assert_eq!(two, r#"'[{"Key":"a"},{"Key":"\u0027"}]'"#);
    }
}
