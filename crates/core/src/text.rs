//! Text from outside, made safe to show to a person.

use std::fmt;
use std::ops::RangeInclusive;

use serde::{Serialize, Serializer};

/// Text that somebody outside wrote: the key or value of a tag, the id of an event.
///
/// It has no `Display`, so that nothing can write it into a message, a key or a terminal as it is:
/// that takes [`Untrusted::one_line`]. As JSON it is itself, since JSON escapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Untrusted<'a>(&'a str);

impl<'a> Untrusted<'a> {
    /// Marks text as coming from outside.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        Self(text)
    }

    /// The text as it is: to compare it, or for a format that escapes it.
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

/// Characters that show nothing, beside white space and control characters.
///
/// A value of these looks empty to people and to no program, so that it would pass as an owner; and
/// one of them within a word makes another word that looks the same. So all of them count as blank,
/// and are written out where text is shown.
const INVISIBLE: &[RangeInclusive<char>] = &[
    // Default_Ignorable_Code_Point, which "should be ignored in rendering": all of it, with what is
    // reserved for more (DerivedCoreProperties.txt, Unicode 16.0.0).
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
    // Drawn as a blank: the empty Braille pattern, a filler of Khitan script, a note without a head.
    '\u{2800}'..='\u{2800}',
    '\u{16fe4}'..='\u{16fe4}',
    '\u{1d159}'..='\u{1d159}',
    // The other format characters without a shape: of interlinear annotations and hieroglyphs.
    '\u{fff9}'..='\u{fffb}',
    '\u{13430}'..='\u{1343f}',
];

fn is_invisible(character: char) -> bool {
    // All of ASCII, and most of what tags hold, is decided here.
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

/// The text without the blank characters around it.
#[must_use]
pub fn trim_blank(text: &str) -> &str {
    text.trim_matches(is_blank_character)
}

/// Shows text from outside on one line: whatever could start a line of its own, move the cursor,
/// change the reading direction or not be seen at all is written as `\n`, `\r` and `\t`, or else as
/// `\u{…}`.
///
/// Tags may hold any Unicode character, so without this a tag's value could forge a line of an
/// alert.
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

/// Shows text from outside in quotes, on one line, so that its ends are seen.
#[derive(Debug, Clone, Copy)]
pub struct Quoted<'a>(pub &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let escaped = self.0.replace('\\', r"\\").replace('"', "\\\"");
        write!(formatter, "\"{}\"", OneLine(&escaped))
    }
}

/// Whether a character is written out where people see text.
pub(crate) fn is_written_out(character: char) -> bool {
    character.is_control()
        || is_invisible(character)
        || matches!(
            character,
            // LINE SEPARATOR, PARAGRAPH SEPARATOR
            '\u{2028}' | '\u{2029}'
            // no characters at all: SQS refuses a message that has them
            | '\u{fffe}' | '\u{ffff}'
        )
}

/// Texts on one line, separated by commas.
#[must_use]
pub fn list<'a>(texts: impl Iterator<Item = OneLine<'a>>) -> String {
    let texts: Vec<_> = texts.map(|text| text.to_string()).collect();
    texts.join(", ")
}

/// A share in percent, cut after the first decimal, so that 100 % is all; none of nothing.
#[must_use]
pub fn percent(part: u64, whole: u64) -> Option<String> {
    let per_mille = (part * 1_000).checked_div(whole)?;
    Some(format!("{}.{} %", per_mille / 10, per_mille % 10))
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

#[cfg(test)]
mod tests;
