//! Patterns of tag values, and keys whose case may not matter.

use std::fmt;

use regex::{Regex, RegexBuilder};
use regex_syntax::ast::parse::Parser;

use super::re2;
use crate::instance::Tags;
use crate::text::Untrusted;

/// The most memory of a compiled pattern, in bytes: enough for a value's 256 characters of any class.
const MAX_COMPILED_BYTES: usize = 10 << 20;

/// A regular expression for whole tag values.
#[derive(Clone)]
pub struct Pattern {
    text: String,
    regex: Regex,
}

impl Pattern {
    /// Compiles an expression; it is anchored at both ends.
    ///
    /// # Errors
    /// What is wrong with it, on one line.
    pub fn new(text: &str, ignore_case: bool) -> Result<Self, String> {
        // By itself first: `a)|(?:b` is an expression only between the parentheses of the anchor.
        let expression = Parser::new()
            .parse(text)
            .map_err(|error| one_line(&error))?;
        re2::check(&expression)?;
        let regex = RegexBuilder::new(&format!(r"\A(?:{text})\z"))
            .case_insensitive(ignore_case)
            .size_limit(MAX_COMPILED_BYTES)
            .build()
            .map_err(|error| one_line(&error))?;
        Ok(Self {
            text: text.to_owned(),
            regex,
        })
    }

    /// The expression that matches this text alone.
    #[must_use]
    pub fn escape(text: &str) -> String {
        regex_syntax::escape(text)
    }

    /// The expression as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the whole value matches.
    #[must_use]
    pub fn matches(&self, value: &str) -> bool {
        self.regex.is_match(value)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.regex.as_str() == other.regex.as_str()
    }
}

impl Eq for Pattern {}

impl fmt::Debug for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, formatter)
    }
}

/// The last line of the expression's errors says what is wrong; those before draw it.
fn one_line(error: &dyn fmt::Display) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}

/// A tag's key, and whether its case matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagKey {
    /// The key as the policy writes it.
    pub text: String,
    /// Whether another case will do.
    pub ignore_case: bool,
}

impl TagKey {
    /// The tag of this key: the one of the same case, or else the first of another case.
    #[must_use]
    pub fn find<'a>(&self, tags: &'a Tags) -> Option<(Untrusted<'a>, Untrusted<'a>)> {
        let exact = tags.entry(&self.text);
        if self.ignore_case {
            exact.or_else(|| tags.iter().find(|(key, _)| self.names(key.raw())))
        } else {
            exact
        }
    }

    /// Whether this is the key of a tag.
    #[must_use]
    pub fn names(&self, key: &str) -> bool {
        same(&self.text, key, self.ignore_case)
    }
}

/// Whether two texts are the same.
#[must_use]
pub fn same(left: &str, right: &str, ignore_case: bool) -> bool {
    left == right || (ignore_case && lowercase(left).eq(lowercase(right)))
}

fn lowercase(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::tags;

    #[test]
    fn a_pattern_is_for_the_whole_value() {
        let pattern = Pattern::new("a|ab", false).unwrap();
        assert!(pattern.matches("a") && pattern.matches("ab"));
        for value in ["abc", "xa", "a\n", "A", ""] {
            assert!(!pattern.matches(value), "{value:?}");
        }
        assert!(
            Pattern::new("cc-[0-9]{4}", true)
                .unwrap()
                .matches("CC-1234")
        );
        let long = Pattern::new(r"[\w ]{1,256}", true).unwrap();
        assert!(long.matches(&"ä ".repeat(128)) && !long.matches(&"ä ".repeat(129)));
        assert_eq!(pattern.as_str(), "a|ab");
        assert_eq!(format!("{pattern:?}"), "\"a|ab\"");
        assert_ne!(pattern, Pattern::new("a", false).unwrap());
        assert_eq!(pattern, pattern.clone());
    }

    #[test]
    fn what_is_no_expression_is_told_in_one_line() {
        for (text, part) in [
            ("(", "unclosed group"),
            ("a)|(?:b", "unopened group"),
            ("(?=a)", "look-around"),
            (r"\w{1000}", "size limit"),
            ("(?x)a # comment", "other flags"),
        ] {
            let error = Pattern::new(text, false).unwrap_err();
            assert!(error.contains(part) && !error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn a_key_of_the_same_case_is_preferred() {
        let tags = tags(&[("OWNER", "a"), ("Owner", "b"), ("owner", "c")]);
        let found = |key: TagKey| {
            let found = key.find(&tags);
            found.map(|(key, value)| (key.raw(), value.raw()))
        };
        let key = |text: &str, ignore_case| TagKey {
            text: text.to_owned(),
            ignore_case,
        };
        assert_eq!(found(key("Owner", false)), Some(("Owner", "b")));
        assert_eq!(found(key("Owner", true)), Some(("Owner", "b")));
        assert_eq!(found(key("oWNER", true)), Some(("OWNER", "a")));
        assert_eq!(found(key("oWNER", false)), None);
        assert_eq!(found(key("Team", true)), None);
        assert!(same("STRASSE Ä", "strasse ä", true));
        assert!(!same("a", "ab", true));
    }
}
