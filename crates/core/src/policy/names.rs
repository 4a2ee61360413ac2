//! Names in conditions, where `*` and `?` are wildcards as in EC2's filters.

use super::pattern::{Pattern, PatternError, Patterns};

/// A name, or a pattern in which `*` stands for any characters and `?` for one ("Filtering resources", Amazon EC2
/// user guide).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    text: String,
    /// None if the text has no wildcard.
    pattern: Option<Pattern>,
}

impl Name {
    /// Parses a name or pattern.
    ///
    /// # Errors
    /// As [`Patterns::compile`].
    pub fn new(text: &str, patterns: &mut Patterns) -> Result<Self, PatternError> {
        let is_plain = !text.contains(['*', '?']);
        let expression = || {
            let escaped = Pattern::escape(text);
            escaped.replace(r"\*", ".*").replace(r"\?", ".")
        };
        let pattern = (!is_plain).then(|| patterns.compile(&expression(), false));
        Ok(Self {
            text: text.to_owned(),
            pattern: pattern.transpose()?,
        })
    }

    /// Whether it has a wildcard.
    #[must_use]
    pub fn is_pattern(&self) -> bool {
        self.pattern.is_some()
    }

    /// Whether it matches a name.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        match &self.pattern {
            None => self.text == name,
            Some(pattern) => pattern.matches(name),
        }
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_characters_and_a_question_mark_for_one() {
        let matches = |name: &str, text: &str| {
            let name = Name::new(name, &mut Patterns::default()).unwrap();
            name.matches(text)
        };
        for (name, text) in [
            ("web", "web"),
            ("eks-*", "eks-"),
            ("eks-*", "eks-a.b"),
            ("*", "anything at all"),
            ("t?.*", "t3.micro"),
            ("a+b*", "a+bc"),
        ] {
            assert!(matches(name, text), "{name} {text}");
        }
        for (name, text) in [
            ("web", "Web"),
            ("eks-*", "my-eks-a"),
            ("t?.*", "t3a.micro"),
            ("t3.*", "t3xmicro"),
            ("a+b*", "aab"),
        ] {
            assert!(!matches(name, text), "{name} {text}");
        }
    }
}
