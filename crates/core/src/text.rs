//! Text from outside, made safe to show to people.

use std::fmt;
use std::ops::RangeInclusive;

use serde::{Serialize, Serializer};

/// Text from outside, such as the key or value of a tag, or the id of an event.
///
/// It has no `Display`, so nothing can write it unescaped into a message, a key or a terminal: use
/// [`Untrusted::one_line`]. It can be serialized to JSON, which escapes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Untrusted<'a>(&'a str);

impl<'a> Untrusted<'a> {
    /// Marks text as coming from outside.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        Self(text)
    }

    /// The text as it is, for comparisons and for formats that escape it.
    #[must_use]
    pub fn raw(self) -> &'a str {
        self.0
    }

    /// The text as people may see it.
    #[must_use]
    pub fn one_line(self) -> OneLine<'a> {
        OneLine(self.0)
    }
}

impl PartialEq<&str> for Untrusted<'_> {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl PartialEq<String> for Untrusted<'_> {
    fn eq(&self, other: &String) -> bool {
        self.0 == other
    }
}

impl Serialize for Untrusted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

/// Characters that show nothing, besides white space and control characters.
///
/// A value of such characters looks empty to people, but not to programs, so it would pass as an owner. And a word
/// that contains one differs from a word that looks the same. So they count as blank, and are escaped where people
/// see them.
const INVISIBLE: &[RangeInclusive<char>] = &[
    // Default_Ignorable_Code_Point, which "should be ignored in rendering", with its reserved code points
    // (DerivedCoreProperties.txt, Unicode 16.0.0).
    '\u{ad}'..='\u{ad}',
    '\u{34f}'..='\u{34f}',
    '\u{61c}'..='\u{61c}',
    '\u{115f}'..='\u{1160}',
    '\u{17b4}'..='\u{17b5}',
    '\u{180b}'..='\u{180f}',
    '\u{200b}'..='\u{200f}',
    '\u{202a}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{3164}'..='\u{3164}',
    '\u{fe00}'..='\u{fe0f}',
    '\u{feff}'..='\u{feff}',
    '\u{ffa0}'..='\u{ffa0}',
    '\u{fff0}'..='\u{fff8}',
    '\u{1bca0}'..='\u{1bca3}',
    '\u{1d173}'..='\u{1d17a}',
    '\u{e0000}'..='\u{e0fff}',
    // Shown as a blank: the empty Braille pattern, a Khitan filler, a musical note without a head.
    '\u{2800}'..='\u{2800}',
    '\u{16fe4}'..='\u{16fe4}',
    '\u{1d159}'..='\u{1d159}',
    // Other format characters without a glyph: interlinear annotations and hieroglyphs.
    '\u{fff9}'..='\u{fffb}',
    '\u{13430}'..='\u{1343f}',
];

fn is_invisible(character: char) -> bool {
    // A fast path for ASCII, which most tags are.
    character >= '\u{ad}' && INVISIBLE.iter().any(|range| range.contains(&character))
}

fn is_blank_character(character: char) -> bool {
    character.is_whitespace() || character.is_control() || is_invisible(character)
}

/// Whether a text has no visible character.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    text.chars().all(is_blank_character)
}

/// The text without leading and trailing blanks.
#[must_use]
pub fn trim_blank(text: &str) -> &str {
    text.trim_matches(is_blank_character)
}

/// Shows text from outside on one line. Whatever could start a new line, move the cursor, change the reading
/// direction or be invisible is written as `
/// `, `\r`, `\t` or `\u{…}`.
///
/// Tags may contain any Unicode character, so otherwise a tag's value could forge a line of an alert.
#[derive(Debug, Clone, Copy)]
pub struct OneLine<'a>(pub &'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| match character {
            '\t' | '\n' | '\r' => write!(formatter, "{}", character.escape_default()),
            _ if is_written_out(character) => {
                write!(formatter, "{}", character.escape_unicode())
            }
            _ => fmt::Write::write_char(formatter, character),
        })
    }
}

/// Shows text from outside in quotes, on one line, so that blanks at its ends are visible.
#[derive(Debug, Clone, Copy)]
pub struct Quoted<'a>(pub &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let escaped = self.0.replace('\\', r"\\").replace('"', "\\\"");
        write!(formatter, "\"{}\"", OneLine(&escaped))
    }
}

/// Whether a character is escaped where people see text.
pub(crate) fn is_written_out(character: char) -> bool {
    character.is_control()
        || is_invisible(character)
        || matches!(
            character,
            // LINE SEPARATOR, PARAGRAPH SEPARATOR
            '\u{2028}' | '\u{2029}'
            // Noncharacters: SQS refuses a message that has them.
            | '\u{fffe}' | '\u{ffff}'
        )
}

/// Whether a text can be the value of a String attribute of an SNS message, by which subscriptions filter.
///
/// Values are Unicode and not empty (`MessageAttributeValue`, Amazon SNS API reference). A filter matches quotation marks,
/// backslashes and control characters only where it escapes them twice ("Filter policy constraints", Amazon SNS developer
/// guide), and of a message with a tab in any attribute, SNS tells no filtered subscription, without an error
/// (`NumberOfNotificationsFilteredOut-InvalidAttributes`; <https://github.com/aws/aws-sdk-java-v2/issues/5828>). So none of
/// these may be in a value, nor the two noncharacters that SQS refuses.
#[must_use]
pub fn can_be_attribute(text: &str) -> bool {
    !text.is_empty()
        && !text.contains(|character: char| {
            character.is_control() || matches!(character, '"' | '\\' | '\u{fffe}' | '\u{ffff}')
        })
}

/// A list on one line, separated by commas.
#[must_use]
pub fn list<'a>(texts: impl Iterator<Item = OneLine<'a>>) -> String {
    let texts: Vec<_> = texts.map(|text| text.to_string()).collect();
    texts.join(", ")
}

/// A share in percent, rounded half up to one decimal, except that `100%` means all. None for a share of nothing.
#[must_use]
pub fn percent(part: u64, whole: u64) -> Option<String> {
    if whole == 0 {
        return None;
    }
    if part >= whole {
        return Some("100%".to_owned());
    }
    let (part, whole) = (u128::from(part), u128::from(whole));
    let per_mille = ((part * 2_000 + whole) / (2 * whole)).min(999);
    Some(format!("{}.{}%", per_mille / 10, per_mille % 10))
}

/// The start of a text: at most `max_chars` characters, with `…` where something was cut.
#[must_use]
pub fn excerpt(text: &str, max_chars: usize) -> String {
    match text.char_indices().nth(max_chars) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Cuts `text` to at most `max_bytes` at the end of a line, and says how many lines were cut.
#[must_use]
pub fn cut_at_line(text: String, max_bytes: usize) -> String {
    const RESERVED_FOR_NOTE: usize = 64;
    if text.len() <= max_bytes {
        return text;
    }
    let limit = text.floor_char_boundary(max_bytes.saturating_sub(RESERVED_FOR_NOTE));
    let end = text[..limit].rfind('\n').unwrap_or(limit);
    let lines_cut = text[end..].trim_matches('\n').lines().count();
    format!("{}\n… {lines_cut} more lines were cut.\n", &text[..end])
}

/// So many of what has a regular plural, such as `1 day` or `2 days`.
#[must_use]
pub fn counted(count: impl Into<u64>, what: &str) -> String {
    let count = count.into();
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

#[cfg(test)]
mod tests;
