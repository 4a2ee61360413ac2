//! The tags that an instance should have, and their values as far as these are known.

use super::command;
use super::complaints::Complaints;
use crate::instance::TagValue;
use crate::policy::TagPolicy;
use crate::policy::pattern::same;
use crate::policy::rule::Rule;
use crate::policy::value::ValueRules;
use crate::spelling::letters;
use crate::subject::Subject;
use crate::text::{is_blank, trim_blank};

/// Up to so many characters of allowed values stand in a command, to choose from.
const MAX_CHOICE_CHARS: usize = 60;

/// A tag that the instance should have.
pub struct Wanted<'a> {
    pub key: &'a str,
    pub value: String,
    pub certainty: Certainty,
}

/// How far the value of a tag is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    /// It is the only one that it can be, and overwrites no other.
    Known,
    /// It is likely, for a person to confirm.
    Likely,
    /// A person replaces what stands in its place.
    Open,
}

/// What the instance should have, by what is found.
pub fn of<'a>(
    subject: &Subject<'a>,
    complaints: &Complaints<'a>,
    policy: &TagPolicy,
    shows: impl Fn(&str) -> bool,
) -> Vec<Wanted<'a>> {
    let has_text = |value: TagValue<'_>| !is_blank(value.raw());
    let may_pass_on = |key: &str| shows(key) && !policy.masks(key);
    let missing = complaints.missing.iter().map(|&(key, found)| {
        let found_value = found.and_then(|found| subject.instance.tags.get(found));
        let found = found.filter(|found| may_pass_on(found));
        let value = found.and(found_value);
        let meant = value.map(|value| Meant {
            value: value.raw(),
            // Another spelling may be another word.
            is_certain: found.is_some_and(|found| same_word(found, key)),
        });
        (key, key, meant, found_value.is_some_and(has_text))
    });
    let invalid = complaints.invalid.iter().map(|&(key, required, value)| {
        let has_value = !is_blank(value);
        let value = Some(value).filter(|_| may_pass_on(key));
        let meant = value.map(|value| Meant {
            value,
            is_certain: true,
        });
        (key, required, meant, has_value)
    });
    let mut wanted: Vec<Wanted<'_>> = Vec::new();
    for (key, required, meant, has_value) in missing.chain(invalid) {
        // Several rules may object to the same tag.
        if wanted.iter().all(|tag| tag.key != key) {
            let (value, certainty) = value(subject, policy, required, meant, has_value);
            wanted.push(Wanted {
                key,
                value,
                certainty,
            });
        }
    }
    wanted
}

/// What a tag may mean that does not count.
struct Meant<'a> {
    value: &'a str,
    is_certain: bool,
}

/// Whether two keys differ only in case, blanks and punctuation.
fn same_word(left: &str, right: &str) -> bool {
    letters(left) == letters(right)
}

/// The value for a required tag, and how far it is known: the one that is meant, the only one that is
/// allowed, or what a person replaces. `has_value` says whether the instance has another in its place.
fn value(
    subject: &Subject<'_>,
    policy: &TagPolicy,
    key: &str,
    meant: Option<Meant<'_>>,
    has_value: bool,
) -> (String, Certainty) {
    let known_if = |is_known| {
        if is_known {
            Certainty::Known
        } else {
            Certainty::Likely
        }
    };
    let rules = policy.rules().iter();
    let rules: Vec<&ValueRules> = rules
        .filter(|rule| rule.key.text == key && rule.is_for(subject))
        .filter_map(Rule::values)
        .collect();
    let is_allowed = |value: &str| rules.iter().all(|rule| rule.allows(value, subject.now));
    let allowed = rules.iter().find_map(|rule| rule.allowed_values.as_ref());
    let allowed = allowed.into_iter().flatten().map(String::as_str);
    let allowed: Vec<&str> = allowed.filter(|value| is_allowed(value)).collect();
    if let Some(meant) = meant {
        let trimmed = trim_blank(meant.value);
        let mut alike = allowed.iter().filter(|value| same(value, trimmed, true));
        let value = match (alike.next(), alike.next()) {
            _ if is_allowed(meant.value) => Some(meant.value),
            _ if is_allowed(trimmed) => Some(trimmed),
            (Some(only), None) => Some(*only),
            _ => None,
        };
        if let Some(value) = value {
            return (value.to_owned(), known_if(meant.is_certain));
        }
    }
    match allowed.as_slice() {
        // Only a person knows whether another value was a mistake.
        [only] => ((*only).to_owned(), known_if(!has_value)),
        several => (choice(key, several), Certainty::Open),
    }
}

/// What a person replaces: the values to choose from, where these are few, or else the key.
pub fn choice(key: &str, values: &[&str]) -> String {
    let choice = values.join(" or ");
    let is_short = choice.chars().count() <= MAX_CHOICE_CHARS;
    if !values.is_empty() && is_short && command::is_plain(&choice) {
        format!("<{choice}>")
    } else {
        format!("<{key}>")
    }
}
