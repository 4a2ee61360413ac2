//! Notifications as cards: short, and without the markup of any channel.
//!
//! A title has no text from outside. All other text may have some: it is on one line and has no character that
//! hides or moves text, but a channel still has to show it as it is, and not to read it as markup.

mod fitting;
mod of_notification;

use crate::policy::document::Severity;
use crate::text::{OneLine, counted, excerpt};

/// The most lines of a section, and the most sections. More is for the mail and the audit log.
const MAX_LINES: usize = 10;
const MAX_SECTIONS: usize = 20;
/// The most characters of a line, and of a fact's value.
const MAX_CHARS: usize = 200;

/// What stands between facts in a row.
pub(super) const SEPARATOR: &str = " · ";

/// A notification for a channel.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Card {
    /// What it is about, on one line, without text from outside.
    pub title: String,
    /// What is found, on one line, where it is about one instance.
    pub summary: Option<String>,
    /// How bad the worst violation is, where the policy says so.
    pub severity: Option<Severity>,
    /// What and where, the most telling first.
    pub facts: Vec<Fact>,
    /// What to do first.
    pub steps: Vec<Step>,
    /// What is found.
    pub sections: Vec<Section>,
    /// How many lines are in sections that it does not have.
    pub hidden: usize,
    /// Where its details are.
    pub page: Option<Page>,
}

/// A fact: `name: value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    pub name: &'static str,
    pub value: String,
    /// The page about the value.
    pub url: Option<String>,
}

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What it fixes, without text from outside.
    pub what: String,
    /// Where that is done, if not by commands alone.
    pub place: Option<String>,
    /// The commands that do it, as they are to be pasted.
    pub commands: Vec<String>,
    /// How many commands it does not have.
    pub hidden: usize,
}

/// Lines under a heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    pub heading: String,
    /// Where the next launch gets its tags, if that helps.
    pub advice: Option<String>,
    pub lines: Vec<Line>,
    /// How many lines it does not have.
    pub hidden: usize,
}

/// A line of a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What it begins with.
    pub link: Option<Page>,
    /// What follows.
    pub text: String,
}

/// A page of the AWS console, and what stands for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub text: String,
    pub url: String,
}

impl Fact {
    fn new(name: &'static str, value: impl AsRef<str>) -> Self {
        let value = shown(value.as_ref());
        Self {
            name,
            value,
            url: None,
        }
    }
}

impl Step {
    pub(super) fn new(what: &str, place: Option<&str>, commands: Vec<String>) -> Self {
        Self {
            what: what.to_owned(),
            place: place.map(shown),
            commands,
            hidden: 0,
        }
    }

    /// What is said of the commands that it does not have.
    #[must_use]
    pub fn note(&self) -> Option<String> {
        let commands = counted(u64::try_from(self.hidden).unwrap_or(u64::MAX), "command");
        let are = if self.hidden == 1 { "is" } else { "are" };
        (self.hidden > 0)
            .then(|| format!("{commands} {are} too long to show here: see the audit record."))
    }
}

impl Section {
    fn new(heading: impl AsRef<str>, lines: impl IntoIterator<Item = Line>) -> Self {
        let mut lines: Vec<_> = lines.into_iter().collect();
        let hidden = lines.split_off(lines.len().min(MAX_LINES)).len();
        Self {
            heading: shown(heading.as_ref()),
            advice: None,
            lines,
            hidden,
        }
    }

    /// Its text if it has only one, which needs no list.
    #[must_use]
    pub fn only_text(&self) -> Option<&str> {
        match (self.lines.as_slice(), &self.advice, self.hidden) {
            ([Line { link: None, text }], None, 0) => Some(text),
            _ => None,
        }
    }

    /// What is said of the lines that it does not have.
    #[must_use]
    pub fn note(&self) -> Option<String> {
        (self.hidden > 0).then(|| format!("… and {} more", self.hidden))
    }
}

impl Line {
    fn new(text: impl AsRef<str>) -> Self {
        let text = shown(text.as_ref());
        Self { link: None, text }
    }
}

impl Card {
    /// What is said of the sections that it does not have.
    #[must_use]
    pub fn note(&self) -> Option<String> {
        (self.hidden > 0).then(|| format!("… and {} more", self.hidden))
    }
}

/// The start of a text, safe to show.
fn shown(text: &str) -> String {
    let text = OneLine(text).to_string();
    excerpt(&text, MAX_CHARS)
}

#[cfg(test)]
mod tests;
