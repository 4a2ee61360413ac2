//! Text from outside, made safe to show to a person.

use std::fmt;

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

/// Whether a text has no visible character.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// Shows text from outside on one line: whatever could start a line of its own, move the cursor
/// or change the reading direction is written as `\u{…}`.
///
/// Tags may hold any Unicode character, so without this a tag's value could forge a line of an
/// alert.
#[derive(Debug, Clone, Copy)]
pub struct OneLine<'a>(pub &'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| {
            if breaks_a_line(character) {
                write!(formatter, "{}", character.escape_unicode())
            } else {
                fmt::Write::write_char(formatter, character)
            }
        })
    }
}

fn breaks_a_line(character: char) -> bool {
    character.is_control()
        || matches!(character,
            // LINE SEPARATOR, PARAGRAPH SEPARATOR
            '\u{2028}' | '\u{2029}'
            // zero-width characters, byte order mark, soft hyphen
            | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}'
            // directional marks, embeddings, overrides and isolates
            | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            // tag characters: an invisible copy of ASCII
            | '\u{e0000}'..='\u{e007f}'
            // no characters at all: SQS refuses a message that has them
            | '\u{fffe}' | '\u{ffff}')
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ordinary_text_stays_as_it_is() {
        for text in ["web-server", "Müller & Söhne", "東京", "🚀", "a\\b \"c\""] {
            assert_eq!(OneLine(text).to_string(), text);
        }
    }

    #[test]
    fn what_breaks_a_line_is_written_out() {
        assert_eq!(
            OneLine("a\r\nb\u{85}c\u{2028}d\u{202e}e\u{1b}[0m").to_string(),
            "a\\u{d}\\u{a}b\\u{85}c\\u{2028}d\\u{202e}e\\u{1b}[0m"
        );
    }

    #[test]
    fn a_share_is_only_100_percent_where_it_is_all() {
        assert_eq!(percent(999_999, 1_000_000).unwrap(), "99.9 %");
        assert_eq!(percent(3, 3).unwrap(), "100.0 %");
        assert_eq!(percent(0, 0), None);
    }

    #[test]
    fn an_excerpt_counts_characters_and_shows_the_cut() {
        assert_eq!(excerpt("äöü", 3), "äöü");
        assert_eq!(excerpt("äöüx", 3), "äöü…");
        assert_eq!(excerpt("", 0), "");
    }

    #[test]
    fn a_long_text_is_cut_after_a_whole_line() {
        let text = (0..100).fold(String::new(), |text, line| text + &format!("line {line}\n"));
        let cut = cut_at_line(text.clone(), 200);
        assert!(cut.len() <= 200);
        assert_eq!(cut.lines().next(), Some("line 0"));
        let kept = cut.lines().count() - 1;
        assert!(
            cut.ends_with(&format!("… {} more lines were cut.\n", 100 - kept)),
            "{cut}"
        );
        assert_eq!(cut_at_line(text.clone(), text.len()), text);
    }

    proptest! {
        #[test]
        fn one_line_is_one_line(text in any::<String>()) {
            let shown = OneLine(&text).to_string();
            prop_assert!(!shown.chars().any(breaks_a_line));
            prop_assert!(shown.lines().count() <= 1);
        }

        #[test]
        fn a_cut_text_fits(text in "(.|\n){0,400}", max_bytes in 64_usize..500) {
            prop_assert!(cut_at_line(text, max_bytes).len() <= max_bytes);
        }
    }
}
