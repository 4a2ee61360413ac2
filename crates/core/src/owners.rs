//! Which instances a group of people is told of: the keys of Terraform's variable `owners`.

use std::cmp::Reverse;
use std::collections::HashSet;

use serde_json::Value;

use crate::packed;
use crate::policy::limits::MAX_VALUE_CHARS;
use crate::text::{Quoted, Untrusted, can_be_attribute, excerpt, trim_blank};

/// The most keys: SNS has at most 200 filtered subscriptions for one topic ("Filter policy constraints", Amazon SNS
/// developer guide).
///
/// Terraform reads this number and the next from `limits.json` of its module `alerts`; a test holds both together.
pub const MAX_OWNERS: usize = 200;
/// The longest key, in characters: as long as the tag value that it stands for.
pub const MAX_OWNER_CHARS: usize = MAX_VALUE_CHARS;

/// The key of everyone else.
const EVERYONE_ELSE: &str = "*";
/// More than the longest list takes as JSON with every character escaped.
const MAX_JSON_BYTES: u64 = 1 << 20;

/// Values of the owner tag and patterns of them, in which `*` stands for any characters. Letters are told apart by case,
/// as in tags. By default there are none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owners {
    /// The one that wins comes first.
    keys: Vec<String>,
}

/// Why a list of owners can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OwnersError {
    /// It is no list.
    #[error("expected a JSON list of strings, or that gzipped in base64, got {got}")]
    NotAList {
        /// What it is, in quotes.
        got: String,
    },
    /// It is too long.
    #[error("expected at most {MAX_OWNERS} entries, got {got}")]
    TooMany {
        /// How many it has.
        got: usize,
    },
    /// An entry is no key.
    #[error("[{index}]: expected {expected}, got {got}")]
    Entry {
        /// Its place, from 0.
        index: usize,
        /// What it must be.
        expected: String,
        /// What it is, as JSON.
        got: String,
    },
}

impl Owners {
    /// Reads the function's variable: a JSON list of strings, or that gzipped and in base64.
    ///
    /// # Errors
    /// It is neither, or an entry is no key.
    pub fn from_variable(text: &str) -> Result<Self, OwnersError> {
        let text = text.trim();
        if text.starts_with('[') {
            return Self::from_json(text);
        }
        let json = packed::unpack(text, MAX_JSON_BYTES).ok();
        let json = json.and_then(|bytes| String::from_utf8(bytes).ok());
        Self::from_json(&json.ok_or_else(|| not_a_list(text))?)
    }

    /// Reads a JSON list of strings.
    ///
    /// # Errors
    /// It is none, or an entry is no key.
    pub fn from_json(text: &str) -> Result<Self, OwnersError> {
        let entries: Vec<Value> = serde_json::from_str(text).map_err(|_| not_a_list(text))?;
        if entries.len() > MAX_OWNERS {
            return Err(OwnersError::TooMany { got: entries.len() });
        }
        let mut seen = HashSet::new();
        for (index, entry) in entries.iter().enumerate() {
            let expected = match entry.as_str().filter(|key| is_key(key)) {
                None => format!(
                    "a value of the owner tag, or a pattern with *, of 1 to {MAX_OWNER_CHARS} characters, without blanks \
                     at its ends, control characters, quotation marks, backslashes and **"
                ),
                Some(key) if !seen.insert(key) => "an owner that is not listed before".to_owned(),
                Some(_) => continue,
            };
            let got = excerpt(&entry.to_string(), 100);
            return Err(OwnersError::Entry {
                index,
                expected,
                got,
            });
        }
        let mut keys: Vec<_> = seen.into_iter().map(str::to_owned).collect();
        keys.sort_by_cached_key(|key| {
            (key.contains('*'), Reverse(key.chars().count()), key.clone())
        });
        Ok(Self { keys })
    }

    /// The key for an owner: itself, otherwise the longest pattern that matches, of several the first in byte order,
    /// otherwise `*`. Only `*` stands for instances without an owner.
    #[must_use]
    pub fn pattern_of(&self, owner: Option<Untrusted<'_>>) -> Option<&str> {
        let is_its = |key: &&String| match owner {
            Some(owner) => matches(key, owner.raw()),
            None => key.as_str() == EVERYONE_ELSE,
        };
        self.keys.iter().find(is_its).map(String::as_str)
    }
}

fn not_a_list(text: &str) -> OwnersError {
    let got = Quoted(&excerpt(text, 100)).to_string();
    OwnersError::NotAList { got }
}

/// Whether a text can be a key. It must be able to be a message attribute, by which SNS filters.
fn is_key(text: &str) -> bool {
    can_be_attribute(text)
        && text.chars().count() <= MAX_OWNER_CHARS
        && trim_blank(text) == text
        && !text.contains("**")
}

fn matches<'a>(key: &str, owner: &'a str) -> bool {
    let Some((start, rest)) = key.split_once('*') else {
        return key == owner;
    };
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    let between = owner.strip_prefix(start);
    let between = between.and_then(|rest| rest.strip_suffix(end));
    // The first place of each part leaves most for the next.
    let after = |left: Option<&'a str>, part| left?.split_once(part).map(|(_, after)| after);
    middle.split('*').fold(between, after).is_some()
}

#[cfg(test)]
mod tests;
