//! Which tags an instance must have, and the verdict on the tags that it has.

use std::collections::HashSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::instance::Tags;
use crate::text::OneLine;

/// The most tags that an EC2 instance can carry ("Tag restrictions", Amazon EC2 user guide).
const MAX_TAGS: usize = 50;
/// The longest tag key, in characters (same source).
const MAX_KEY_CHARS: usize = 128;
/// The longest tag value, in characters (same source).
const MAX_VALUE_CHARS: usize = 256;

/// The tags that every instance must have: at least one, each key once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagPolicy {
    required_tags: Vec<RequiredTag>,
    fingerprint: String,
}

/// A tag that every instance must have. Keys and values are case-sensitive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RequiredTag {
    /// The tag's key.
    pub key: String,
    /// The values that it may have; every non-blank one where this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_values: Option<Vec<String>>,
}

/// The document in which a policy is configured.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PolicyDocument {
    required_tags: Vec<RequiredTag>,
}

/// Why a policy can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// The text isn't the JSON document of a policy.
    #[error("not a policy document: {0}")]
    Document(String),
    /// The policy asks for no tag, or for more than an instance can carry.
    #[error("requiredTags: expected 1 to {MAX_TAGS} tags, got {0}")]
    TagCount(usize),
    /// A key is blank or too long.
    #[error(
        "requiredTags[{index}].key: expected 1 to {MAX_KEY_CHARS} characters, not all blank, got {key:?}"
    )]
    Key {
        /// Which required tag, from 0.
        index: usize,
        /// The key.
        key: String,
    },
    /// A key is required twice.
    #[error("requiredTags[{index}].key: {key:?} is required twice")]
    DuplicateKey {
        /// Which required tag, from 0.
        index: usize,
        /// The key.
        key: String,
    },
    /// A list of allowed values allows none.
    #[error(
        "requiredTags[{index}].allowedValues: expected at least one value; leave it out to allow every value"
    )]
    NoAllowedValue {
        /// Which required tag, from 0.
        index: usize,
    },
    /// An allowed value is blank, which no compliant tag is, or too long.
    #[error(
        "requiredTags[{index}].allowedValues: expected 1 to {MAX_VALUE_CHARS} characters, not all blank, got {value:?}"
    )]
    AllowedValue {
        /// Which required tag, from 0.
        index: usize,
        /// The value.
        value: String,
    },
}

/// Everything that is wrong with a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct PolicyErrors(pub Vec<PolicyError>);

impl fmt::Display for PolicyErrors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errors: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        formatter.write_str(&errors.join("; "))
    }
}

impl TagPolicy {
    /// A policy that requires these tags, in the order in which records list them.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn new(required_tags: Vec<RequiredTag>) -> Result<Self, PolicyErrors> {
        let mut errors = Vec::new();
        if required_tags.is_empty() || required_tags.len() > MAX_TAGS {
            errors.push(PolicyError::TagCount(required_tags.len()));
        }
        let mut seen = HashSet::new();
        for (index, tag) in required_tags.iter().enumerate() {
            let key = || tag.key.clone();
            if is_blank(&tag.key) || tag.key.chars().count() > MAX_KEY_CHARS {
                errors.push(PolicyError::Key { index, key: key() });
            } else if !seen.insert(&tag.key) {
                errors.push(PolicyError::DuplicateKey { index, key: key() });
            }
            let Some(allowed_values) = &tag.allowed_values else {
                continue;
            };
            if allowed_values.is_empty() {
                errors.push(PolicyError::NoAllowedValue { index });
            }
            errors.extend(
                allowed_values
                    .iter()
                    .filter(|value| is_blank(value) || value.chars().count() > MAX_VALUE_CHARS)
                    .map(|value| PolicyError::AllowedValue {
                        index,
                        value: value.clone(),
                    }),
            );
        }
        if !errors.is_empty() {
            return Err(PolicyErrors(errors));
        }
        Ok(Self {
            fingerprint: fingerprint(&required_tags),
            required_tags,
        })
    }

    /// Reads a policy document, such as
    /// `{"requiredTags":[{"key":"Environment","allowedValues":["dev","prod"]},{"key":"Owner"}]}`.
    ///
    /// # Errors
    /// The text is no such document, or everything that is wrong with its tags.
    pub fn from_json(text: &str) -> Result<Self, PolicyErrors> {
        let document: PolicyDocument = serde_json::from_str(text)
            .map_err(|error| PolicyErrors(vec![PolicyError::Document(error.to_string())]))?;
        Self::new(document.required_tags)
    }

    /// The required keys, in the policy's order.
    pub fn required_keys(&self) -> impl Iterator<Item = &str> {
        self.required_tags.iter().map(|tag| tag.key.as_str())
    }

    /// The SHA-256 of the policy in hexadecimal: tells which policy a verdict was given by.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Judges tags: each required one must be there with a non-blank, allowed value.
    #[must_use]
    pub fn judge<'a>(&'a self, tags: &'a Tags) -> Verdict<'a> {
        let mut verdict = Verdict::default();
        for required in &self.required_tags {
            let Some((key, value)) = tags.get_key_value(&required.key) else {
                verdict.missing_tags.push(&required.key);
                continue;
            };
            let reason = if is_blank(value) {
                InvalidReason::Blank
            } else {
                match &required.allowed_values {
                    Some(allowed_values) if !allowed_values.contains(value) => {
                        InvalidReason::NotAllowed { allowed_values }
                    }
                    _ => continue,
                }
            };
            verdict.invalid_tags.push(InvalidTag { key, value, reason });
        }
        verdict
    }
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

fn fingerprint(required_tags: &[RequiredTag]) -> String {
    let mut hash = Sha256::new();
    let mut field = |text: &str| {
        // Lengths keep ["ab","c"] and ["a","bc"] apart.
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    };
    for tag in required_tags {
        field(&tag.key);
        match &tag.allowed_values {
            None => field("any"),
            Some(values) => {
                field(&values.len().to_string());
                for value in values {
                    field(value);
                }
            }
        }
    }
    hex::encode(hash.finalize())
}

/// What a policy says of an instance's tags. Compliant unless it holds a tag.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict<'a> {
    /// The required keys that are absent, in the policy's order.
    pub missing_tags: Vec<&'a str>,
    /// The required tags that are there with a value that does not count, in the policy's order.
    pub invalid_tags: Vec<InvalidTag<'a>>,
}

impl<'a> Verdict<'a> {
    /// The keys of the invalid tags.
    pub fn invalid_keys(&self) -> impl Iterator<Item = &'a str> {
        self.invalid_tags.iter().map(|tag| tag.key)
    }

    /// Whether every required tag is there with a non-blank, allowed value.
    #[must_use]
    pub fn is_compliant(&self) -> bool {
        self.missing_tags.is_empty() && self.invalid_tags.is_empty()
    }
}

/// How many instances were judged compliant and how many not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Those with every required tag.
    pub compliant: u64,
    /// The others.
    pub non_compliant: u64,
}

impl Counts {
    /// Counts one more.
    pub fn add(&mut self, is_compliant: bool) {
        if is_compliant {
            self.compliant += 1;
        } else {
            self.non_compliant += 1;
        }
    }

    /// All that were judged.
    #[must_use]
    pub fn checked(self) -> u64 {
        self.compliant + self.non_compliant
    }
}

/// A required tag whose value does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InvalidTag<'a> {
    /// The tag's key.
    pub key: &'a str,
    /// Its value.
    pub value: &'a str,
    /// Why that value does not count.
    #[serde(flatten)]
    pub reason: InvalidReason<'a>,
}

/// Why a required tag's value does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(
    tag = "reason",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
pub enum InvalidReason<'a> {
    /// It is empty or white space.
    Blank,
    /// The policy allows other values only.
    NotAllowed {
        /// Those that it allows.
        allowed_values: &'a [String],
    },
}

impl fmt::Display for InvalidTag<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (key, value) = (OneLine(self.key), OneLine(self.value));
        match self.reason {
            InvalidReason::Blank => write!(formatter, "{key}: the value is blank"),
            InvalidReason::NotAllowed { allowed_values } => {
                let allowed: Vec<_> = allowed_values
                    .iter()
                    .map(|value| OneLine(value).to_string())
                    .collect();
                let allowed = allowed.join(", ");
                write!(formatter, "{key}: \"{value}\" is not one of {allowed}")
            }
        }
    }
}

#[cfg(test)]
mod tests;
