//! A violation's findings as hashes, without tag values.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::evaluation::Evaluation;

/// How many characters a complaint has: 36 bits of a hash.
const CHARS: usize = 6;

/// The findings of a violation, each as a short hash of its kind and of the rule's tag. As text they are sorted and
/// concatenated, six characters each.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Complaints(Box<str>);

/// The text isn't a list of complaints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no complaints: expected six characters of base64url for each")]
pub struct InvalidComplaints;

impl Complaints {
    /// The complaints of an evaluation.
    #[must_use]
    pub fn of(evaluation: &Evaluation<'_>) -> Self {
        let missing = evaluation.missing_tags.iter().map(|key| ("missing", *key));
        let invalid = evaluation
            .invalid_tags
            .iter()
            .map(|tag| ("invalid", tag.required));
        let forbidden = evaluation
            .forbidden_tags
            .iter()
            .map(|tag| ("forbidden", tag.key.raw()));
        missing.chain(invalid).chain(forbidden).collect()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether there is one that isn't in `known`.
    #[must_use]
    pub fn has_more_than(&self, known: &Self) -> bool {
        let known: BTreeSet<_> = known.each().collect();
        self.each().any(|complaint| !known.contains(complaint))
    }

    fn each(&self) -> impl Iterator<Item = &[u8]> {
        self.0.as_bytes().chunks(CHARS)
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for Complaints {
    /// From kinds and the keys of tags.
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(complaints: I) -> Self {
        let short = |(kind, key): (&str, &str)| {
            let hash = Sha256::digest(format!("{kind}:{key}"));
            let mut text = URL_SAFE_NO_PAD.encode(hash);
            text.truncate(CHARS);
            text
        };
        let distinct: BTreeSet<_> = complaints.into_iter().map(short).collect();
        Self(distinct.into_iter().collect())
    }
}

impl fmt::Display for Complaints {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for Complaints {
    type Err = InvalidComplaints;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if !text.bytes().all(is_base64) || !text.len().is_multiple_of(CHARS) {
            return Err(InvalidComplaints);
        }
        Ok(Self(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::{instance, policy, subject, tags};

    #[test]
    fn complaints_hold_kinds_and_keys_and_no_values() {
        let policy = policy(&json!({
            "required_tags": [{"key": "Owner"}, {"key": "Stage", "allowed_values": ["prod"]}],
            "forbidden_tags": [{"key": "Temp"}],
        }));
        let of = |pairs: &[(&str, &str)]| {
            let instance = instance(tags(pairs));
            Complaints::of(&policy.evaluate(&subject(&instance)))
        };
        let expected: Complaints = [
            ("missing", "Owner"),
            ("invalid", "Stage"),
            ("forbidden", "Temp"),
        ]
        .into_iter()
        .collect();
        assert_eq!(of(&[("Stage", "x"), ("Temp", "1")]), expected);
        assert_eq!(of(&[("Stage", "y"), ("Temp", "2")]), expected);
        assert_eq!(
            of(&[("Owner", "web"), ("Stage", "prod")]),
            Complaints::default()
        );
        assert_eq!(expected.to_string().len(), 18);
        assert_eq!(expected.to_string().parse(), Ok(expected));
    }

    #[test]
    fn what_is_no_text_of_complaints_is_refused() {
        for text in ["abcde", "abc/ef", "äbcde", "abcdefg"] {
            assert_eq!(text.parse::<Complaints>(), Err(InvalidComplaints), "{text}");
        }
        assert_eq!("".parse(), Ok(Complaints::default()));
    }
}
