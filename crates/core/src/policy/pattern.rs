//! Patterns of tag values, and keys whose case may not matter.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use regex_automata::meta::{Config, Regex};
use regex_automata::nfa::thompson::WhichCaptures;

use super::limits::{MAX_PATTERN_BYTES, MAX_PATTERN_CHARS};
use super::re2;
use crate::instance::Tags;
use crate::text::Untrusted;

/// What a pattern takes beside its program and the room to run it, in bytes: more than was measured.
const OVERHEAD: usize = 4 << 10;

/// A regular expression for whole tag values. Copies share what was compiled.
#[derive(Clone)]
pub struct Pattern(Arc<Compiled>);

struct Compiled {
    text: String,
    ignore_case: bool,
    regex: Regex,
}

/// The patterns of one policy: equal ones are compiled once, and all of them within one budget of
/// memory.
#[derive(Debug)]
pub struct Patterns {
    compiled: HashMap<(String, bool), Pattern>,
    classes: re2::Classes,
    bytes_left: usize,
}

/// Why a pattern can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// It is no expression, for this reason on one line.
    #[error("{0}")]
    Syntax(String),
    /// All patterns together would take more memory than there is for them.
    #[error("compiled, it takes more memory than there is for patterns")]
    OverBudget,
}

impl Default for Patterns {
    fn default() -> Self {
        Self {
            compiled: HashMap::new(),
            classes: re2::Classes::default(),
            bytes_left: MAX_PATTERN_BYTES,
        }
    }
}

impl Patterns {
    /// Compiles an expression; it is anchored at both ends.
    ///
    /// # Errors
    /// It is no expression of RE2's, or the budget is spent.
    pub fn compile(&mut self, text: &str, ignore_case: bool) -> Result<Pattern, PatternError> {
        let key = (text.to_owned(), ignore_case);
        if let Some(pattern) = self.compiled.get(&key) {
            return Ok(pattern.clone());
        }
        if text.chars().count() > MAX_PATTERN_CHARS {
            let limit = format!("it has more than {MAX_PATTERN_CHARS} characters");
            return Err(PatternError::Syntax(limit));
        }
        let expression = re2::parse(text, ignore_case, &mut self.classes);
        let expression = expression.map_err(PatternError::Syntax)?;
        // The same engine whatever features the build has, and no more of it than a match needs.
        let config = Config::new()
            .auto_prefilter(false)
            .backtrack(false)
            .dfa(false)
            .hybrid(false)
            .onepass(false)
            .which_captures(WhichCaptures::None)
            .nfa_size_limit(Some(self.bytes_left));
        let regex = Regex::builder()
            .configure(config)
            .build_from_hir(&expression);
        let regex = regex.ok().filter(|regex| self.takes(regex));
        let Some(regex) = regex else {
            // What comes after it must not depend on what still fits.
            self.bytes_left = 0;
            return Err(PatternError::OverBudget);
        };
        let pattern = Pattern(Arc::new(Compiled {
            text: text.to_owned(),
            ignore_case,
            regex,
        }));
        self.compiled.insert(key, pattern.clone());
        Ok(pattern)
    }

    /// Takes the memory of an expression from the budget; returns whether there is so much.
    fn takes(&mut self, regex: &Regex) -> bool {
        let bytes = regex.memory_usage() + regex.create_cache().memory_usage() + OVERHEAD;
        let left = self.bytes_left.checked_sub(bytes);
        self.bytes_left = left.unwrap_or(0);
        left.is_some()
    }
}

impl Pattern {
    /// Compiles an expression by itself.
    ///
    /// # Errors
    /// As [`Patterns::compile`].
    pub fn new(text: &str, ignore_case: bool) -> Result<Self, PatternError> {
        Patterns::default().compile(text, ignore_case)
    }

    /// The expression that matches this text alone.
    #[must_use]
    pub fn escape(text: &str) -> String {
        regex_syntax::escape(text)
    }

    /// The expression as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// Whether the whole value matches.
    #[must_use]
    pub fn matches(&self, value: &str) -> bool {
        self.0.regex.is_match(value)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        (&self.0.text, self.0.ignore_case) == (&other.0.text, other.0.ignore_case)
    }
}

impl Eq for Pattern {}

impl fmt::Debug for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0.text, formatter)
    }
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
        let long = Pattern::new(r"[\pL ]{1,256}", true).unwrap();
        assert!(long.matches(&"ä ".repeat(128)) && !long.matches(&"ä ".repeat(129)));
        assert_eq!(pattern.as_str(), "a|ab");
        assert_eq!(format!("{pattern:?}"), "\"a|ab\"");
        assert_ne!(pattern, Pattern::new("a", false).unwrap());
        assert_eq!(pattern, pattern.clone());
    }

    #[test]
    fn equal_patterns_are_compiled_once() {
        let mut patterns = Patterns::default();
        let first = patterns.compile("a+", false).unwrap();
        let left = patterns.bytes_left;
        let again = patterns.compile("a+", false).unwrap();
        assert!(Arc::ptr_eq(&first.0, &again.0));
        assert_eq!(patterns.bytes_left, left);
        let in_any_case = patterns.compile("a+", true).unwrap();
        assert_ne!(first, in_any_case);
        assert!(in_any_case.matches("A") && !first.matches("A"));
        assert!(patterns.bytes_left < left);
    }

    #[test]
    fn patterns_have_one_budget() {
        let mut patterns = Patterns::default();
        // All of them are about as large, and many times too large together.
        let texts: Vec<_> = (0..30).map(|n| format!(r"\pL{{1,250}}{n}")).collect();
        let compiled: Vec<_> = texts
            .iter()
            .map(|text| patterns.compile(text, false))
            .collect();
        let fitting = compiled
            .iter()
            .take_while(|pattern| pattern.is_ok())
            .count();
        assert!((5..15).contains(&fitting), "{fitting}");
        let over = Err(PatternError::OverBudget);
        assert!(compiled[fitting..].iter().all(|pattern| *pattern == over));
        // Not even a small one.
        assert_eq!(patterns.compile("a", false), over);
        // It is there already.
        assert_eq!(patterns.compile(&texts[0], false), compiled[0]);
        let unclosed = "unclosed group: a ( without its )".to_owned();
        let unclosed = Err(PatternError::Syntax(unclosed));
        assert_eq!(patterns.compile("(", false), unclosed);
        // Whose program fits, but not the room to run it.
        let mut patterns = Patterns::default();
        patterns.compile("[a-z]{9}", false).unwrap();
        let mut patterns = Patterns {
            bytes_left: MAX_PATTERN_BYTES - patterns.bytes_left - 1,
            ..Patterns::default()
        };
        assert_eq!(patterns.compile("[a-z]{9}", false), over);
    }

    #[test]
    fn a_pattern_is_no_longer_than_a_policy_allows() {
        assert!(Pattern::new(&"é".repeat(512), false).is_ok());
        let error = Pattern::new(&"(".repeat(1_000_000), false).unwrap_err();
        assert_eq!(error.to_string(), "it has more than 512 characters");
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
