//! Patterns for tag values and keys, with or without regard to case.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use regex_automata::meta::{Config, Regex};
use regex_automata::nfa::thompson::WhichCaptures;
use regex_syntax::hir::{Class, ClassUnicode, Hir, HirKind};

use super::limits::{MAX_PATTERN_BYTES, MAX_PATTERN_CHARS};
use super::re2;
use crate::instance::{TagValue, Tags};
use crate::text::Untrusted;

/// Bytes that a pattern takes besides its program and the room to run it: more than was measured.
const OVERHEAD: usize = 4 << 10;

/// A regular expression that has to match a whole value. Copies share the compiled program.
#[derive(Clone)]
pub struct Pattern(Arc<Compiled>);

struct Compiled {
    text: String,
    ignore_case: bool,
    regex: Regex,
}

/// The patterns of one policy. Equal ones are compiled once, and all share one memory budget.
#[derive(Debug)]
pub struct Patterns {
    compiled: HashMap<(String, bool), Pattern>,
    classes: re2::Classes,
    bytes_left: usize,
}

/// Why a pattern can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// It isn't a regular expression. The reason is on one line.
    #[error("{0}")]
    Syntax(String),
    /// All patterns together exceed the memory budget.
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
    /// Compiles an expression, anchored at both ends.
    ///
    /// # Errors
    /// It isn't RE2 syntax, or the budget is spent.
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
        // The same engine whatever features the build has, and only what a match needs.
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
            // Whether later patterns are accepted must not depend on what still fits.
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

    /// Takes an expression's memory from the budget; returns whether enough was left.
    fn takes(&mut self, regex: &Regex) -> bool {
        let bytes = regex.memory_usage() + regex.create_cache().memory_usage() + OVERHEAD;
        let left = self.bytes_left.checked_sub(bytes);
        self.bytes_left = left.unwrap_or(0);
        left.is_some()
    }
}

impl Pattern {
    /// Compiles an expression with a budget of its own.
    ///
    /// # Errors
    /// As [`Patterns::compile`].
    pub fn new(text: &str, ignore_case: bool) -> Result<Self, PatternError> {
        Patterns::default().compile(text, ignore_case)
    }

    /// The expression that matches only this text.
    #[must_use]
    pub fn escape(text: &str) -> String {
        regex_syntax::escape(text)
    }

    /// The expression as the policy writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// Whether each text that matches has a character that is none of these, which are of ASCII; what its parts
    /// do not show each by itself is not found.
    #[must_use]
    pub fn needs_more_than(&self, characters: &str) -> bool {
        let (text, ignore_case) = (&self.0.text, self.0.ignore_case);
        let expression = re2::parse(text, ignore_case, &mut re2::Classes::default());
        expression.is_ok_and(|it| needs_more_than(&it, characters))
    }

    /// Whether the whole value matches.
    #[must_use]
    pub fn matches(&self, value: &str) -> bool {
        self.0.regex.is_match(value)
    }
}

fn needs_more_than(expression: &Hir, characters: &str) -> bool {
    let is_in = |class: &ClassUnicode, character: char| {
        let mut ranges = class.ranges().iter();
        ranges.any(|range| (range.start()..=range.end()).contains(&character))
    };
    match expression.kind() {
        HirKind::Literal(literal) => {
            let mut bytes = literal.0.iter();
            bytes.any(|byte| !characters.as_bytes().contains(byte))
        }
        HirKind::Class(Class::Unicode(class)) => !characters.chars().any(|it| is_in(class, it)),
        HirKind::Repetition(part) => part.min > 0 && needs_more_than(&part.sub, characters),
        HirKind::Concat(parts) => parts.iter().any(|it| needs_more_than(it, characters)),
        HirKind::Alternation(parts) => parts.iter().all(|it| needs_more_than(it, characters)),
        _ => false,
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

/// A tag key, or a pattern of keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagKey {
    /// The key or pattern as the policy writes it.
    pub text: String,
    /// Which keys it stands for.
    pub matching: KeyMatching,
}

/// Which keys a text of the policy stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyMatching {
    /// Exactly this one.
    Exact,
    /// This one, in any case.
    AnyCase,
    /// All that the pattern matches as a whole.
    Pattern(Pattern),
}

impl TagKey {
    /// A key, optionally in any case.
    #[must_use]
    pub fn new(text: String, ignore_case: bool) -> Self {
        let matching = if ignore_case {
            KeyMatching::AnyCase
        } else {
            KeyMatching::Exact
        };
        Self { text, matching }
    }

    /// Every key that matches the pattern.
    #[must_use]
    pub fn pattern(pattern: Pattern) -> Self {
        Self {
            text: pattern.as_str().to_owned(),
            matching: KeyMatching::Pattern(pattern),
        }
    }

    /// The instance's tag with this key: in the same case if there is one, otherwise the first that the key stands
    /// for.
    #[must_use]
    pub fn find<'a>(&self, tags: &'a Tags) -> Option<(Untrusted<'a>, TagValue<'a>)> {
        match self.matching {
            KeyMatching::Exact => tags.entry(&self.text),
            KeyMatching::AnyCase => tags
                .entry(&self.text)
                .or_else(|| self.find_all(tags).next()),
            KeyMatching::Pattern(_) => self.find_all(tags).next(),
        }
    }

    /// As [`TagKey::find`]; for a pattern, every matching tag.
    #[must_use]
    pub fn found<'a>(&self, tags: &'a Tags) -> Vec<(Untrusted<'a>, TagValue<'a>)> {
        if self.is_pattern() {
            self.find_all(tags).collect()
        } else {
            self.find(tags).into_iter().collect()
        }
    }

    /// Every tag whose key it stands for.
    pub fn find_all<'a>(
        &self,
        tags: &'a Tags,
    ) -> impl Iterator<Item = (Untrusted<'a>, TagValue<'a>)> {
        tags.iter().filter(|(key, _)| self.names(key.raw()))
    }

    /// Whether it stands for the key of a tag.
    #[must_use]
    pub fn names(&self, key: &str) -> bool {
        match &self.matching {
            KeyMatching::Exact => self.text == key,
            KeyMatching::AnyCase => same(&self.text, key, true),
            KeyMatching::Pattern(pattern) => pattern.matches(key),
        }
    }

    /// Whether case is ignored.
    #[must_use]
    pub fn ignores_case(&self) -> bool {
        self.matching == KeyMatching::AnyCase
    }

    /// Whether it is a pattern of keys.
    #[must_use]
    pub fn is_pattern(&self) -> bool {
        matches!(self.matching, KeyMatching::Pattern(_))
    }
}

/// Whether two texts are equal.
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
    fn a_pattern_may_need_a_character_that_numbers_lack() {
        for (text, expected) in [
            ("[a-z]+", true),
            ("CC-[0-9]{4}", true),
            ("(?i)a|b[0-9]", true),
            ("(CC-)?[0-9]{4}", false),
            ("[a-z]*", false),
            ("a|[0-9]", false),
            ("[a-z0-9]+", false),
            (".*", false),
            ("", false),
            ("-1\\.5", false),
        ] {
            let pattern = Pattern::new(text, false).unwrap();
            assert_eq!(pattern.needs_more_than("-.0123456789"), expected, "{text}");
        }
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
        // They are about equally large; each fits alone, and all together are far too large.
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
        // Even a small one is refused.
        assert_eq!(patterns.compile("a", false), over);
        // It was already compiled.
        assert_eq!(patterns.compile(&texts[0], false), compiled[0]);
        let unclosed = "unclosed group: a ( without its )".to_owned();
        let unclosed = Err(PatternError::Syntax(unclosed));
        assert_eq!(patterns.compile("(", false), unclosed);
        // The program fits, but not the room to run it.
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
        let key = |text: &str, ignore_case| TagKey::new(text.to_owned(), ignore_case);
        assert_eq!(found(key("Owner", false)), Some(("Owner", "b")));
        assert_eq!(found(key("Owner", true)), Some(("Owner", "b")));
        assert_eq!(found(key("oWNER", true)), Some(("OWNER", "a")));
        assert_eq!(found(key("oWNER", false)), None);
        assert_eq!(found(key("Team", true)), None);
        let pattern = Pattern::new("[oO]wn.*", false).unwrap();
        assert_eq!(found(TagKey::pattern(pattern)), Some(("Owner", "b")));
        assert!(same("STRASSE Ä", "strasse ä", true));
        assert!(!same("a", "ab", true));
    }
}
