//! Tags, whose keys people write and whose values may be secrets.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use crate::text::Untrusted;

/// An instance's tags, sorted by key, so that the same tags always give the same record. The keys are
/// [`Untrusted`], and the values may be secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Tags(BTreeMap<String, String>);

impl Tags {
    /// No tags.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of a tag.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<TagValue<'_>> {
        self.entry(key).map(|(_, value)| value)
    }

    /// A tag, with its key.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<(Untrusted<'_>, TagValue<'_>)> {
        self.0.get_key_value(key).map(tag)
    }

    /// The tags by key.
    pub fn iter(&self) -> impl Iterator<Item = (Untrusted<'_>, TagValue<'_>)> {
        self.0.iter().map(tag)
    }

    pub fn keys(&self) -> impl Iterator<Item = Untrusted<'_>> {
        self.iter().map(|(key, _)| key)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

fn tag<'a>((key, value): (&'a String, &'a String)) -> (Untrusted<'a>, TagValue<'a>) {
    (Untrusted::new(key), TagValue(value))
}

/// The value of a tag, which is a secret where a policy forbids the tag.
///
/// It is neither text nor JSON, so that nothing can show it by accident: that takes
/// [`TagPolicy::shown_value`](crate::policy::TagPolicy::shown_value), which masks secrets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TagValue<'a>(&'a str);

impl<'a> TagValue<'a> {
    /// The value as it is, to evaluate it: what is shown, logged, sent or stored must not hold it.
    #[must_use]
    pub fn raw(self) -> &'a str {
        self.0
    }
}

impl fmt::Debug for TagValue<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TagValue(…)")
    }
}

impl FromIterator<(String, String)> for Tags {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(tags: I) -> Self {
        Self(tags.into_iter().collect())
    }
}

impl Extend<(String, String)> for Tags {
    fn extend<I: IntoIterator<Item = (String, String)>>(&mut self, tags: I) {
        self.0.extend(tags);
    }
}
