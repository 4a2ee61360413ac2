//! Converts items to and from DynamoDB's attributes.

use std::collections::HashMap;
use std::fmt::Display;
use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::DeserializeOwned;
use tag_compliance_core::expected::Expected as _;
use tag_compliance_core::memory::{
    Cause, Closed, Due, Facts, HexId, Item, Marks, State, Told, Voice, Voices,
};
use tag_compliance_core::policy::document::Severity;
use tag_compliance_core::sweep::ledger::Entry;
use tag_compliance_core::timestamp::Timestamp;

use crate::error::{CallError, Failure};

/// An item as DynamoDB's attributes.
pub type Attributes = HashMap<String, AttributeValue>;

/// An unreadable item: somebody has changed it by hand. A retry fails again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{attribute}: expected {expected}, got {got}")]
pub struct AttributeError {
    attribute: &'static str,
    expected: &'static str,
    got: String,
}

/// How many bytes of an invalid value an error shows.
const MAX_SHOWN: usize = 100;

/// The error of a call whose answer has an unreadable item.
pub fn unreadable(call: &'static str, error: &AttributeError) -> CallError {
    CallError::new(call, Failure::UnreadableItem(error.to_string()))
}

pub fn text(value: impl Display) -> AttributeValue {
    AttributeValue::S(value.to_string())
}

pub fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub fn time(value: Timestamp) -> AttributeValue {
    number(value.epoch_millis())
}

/// The attributes of an item's state by name. Empty ones are left out.
pub fn of_item(item: &Item) -> Vec<(&'static str, Option<AttributeValue>)> {
    let (state, why) = match item.state {
        State::Open => ("open", None),
        State::Suspect => ("suspect", None),
        State::Closed(why) => ("closed", Some(why.as_str())),
    };
    let Facts {
        policy_hash,
        record_key,
        owner,
        severity,
        cause,
    } = &item.facts;
    // DynamoDB's TTL is in seconds.
    let ttl = item.expires_at().map(|it| it.epoch_millis() / 1_000);
    vec![
        ("v", Some(number(item.version))),
        ("st", Some(text(state))),
        ("why", why.map(text)),
        ("gen", Some(time(item.opened_at))),
        ("what", Some(text(&item.complaints))),
        ("read", Some(time(item.read_at))),
        ("pol", Some(text(policy_hash))),
        ("key", (!record_key.is_empty()).then(|| text(record_key))),
        ("own", owner.as_ref().map(text)),
        ("sev", severity.map(|it| text(it.as_str()))),
        ("cause", cause.as_ref().map(|it| text(it.as_text().raw()))),
        ("due", item.due.as_ref().map(|due| time(due.at))),
        ("grp", item.due.as_ref().map(|due| text(&due.group))),
        ("miss", item.missed_at.map(time)),
        ("ttl", ttl.map(number)),
    ]
}

/// The attributes of a voice's mark.
struct MarkNames {
    opened_at: &'static str,
    complaints: &'static str,
    at: &'static str,
    version: &'static str,
    escalated: &'static str,
    thread: Option<&'static str>,
}

/// The attribute with the version of the item that a voice told.
pub fn version_of_told(voice: Voice) -> &'static str {
    names_of(voice).version
}

fn names_of(voice: Voice) -> MarkNames {
    match voice {
        Voice::Topic => MarkNames {
            opened_at: "tgen",
            complaints: "twhat",
            at: "tat",
            version: "tver",
            escalated: "tesc",
            thread: None,
        },
        Voice::Bus => MarkNames {
            opened_at: "bgen",
            complaints: "bwhat",
            at: "bat",
            version: "bver",
            escalated: "besc",
            thread: Some("bthr"),
        },
    }
}

/// The attributes for what a voice told.
pub fn of_told(
    voice: Voice,
    told: Option<&Told>,
) -> impl Iterator<Item = (&'static str, Option<AttributeValue>)> {
    let names = names_of(voice);
    let escalated = told.filter(|it| it.escalated);
    let thread = told.and_then(|it| it.thread.as_ref());
    [
        (names.opened_at, told.map(|it| time(it.opened_at))),
        (names.complaints, told.map(|it| text(&it.complaints))),
        (names.at, told.map(|it| time(it.at))),
        (names.version, told.map(|it| number(it.version))),
        (
            names.escalated,
            escalated.map(|_| AttributeValue::Bool(true)),
        ),
    ]
    .into_iter()
    .chain(names.thread.map(|name| (name, thread.map(text))))
}

/// Reads an item.
///
/// # Errors
/// The first invalid attribute.
pub fn to_item(attributes: &Attributes) -> Result<Item, AttributeError> {
    let read = Reader(attributes);
    let due = read.optional("due", millis)?;
    let group = read.optional("grp", parsed("a group of 16 hexadecimal digits"))?;
    Ok(Item {
        version: read.required("v", whole)?,
        state: read.state()?,
        opened_at: read.required("gen", millis)?,
        complaints: read.required("what", parsed("hashes of six characters"))?,
        read_at: read.required("read", millis)?,
        facts: Facts {
            policy_hash: read.optional("pol", string)?.unwrap_or_default(),
            record_key: read.optional("key", string)?.unwrap_or_default(),
            owner: read.optional("own", string)?,
            severity: read.optional("sev", severity)?,
            cause: read.optional("cause", string)?.map(|it| Cause::stored(&it)),
        },
        due: due.zip(group).map(|(at, group)| Due { at, group }),
        told: read.marks()?,
        muted_until: read.optional("mute", millis)?,
        missed_at: read.optional("miss", millis)?,
    })
}

/// Reads the part of an item that a sweep needs.
///
/// # Errors
/// The first invalid attribute.
pub fn to_entry(attributes: &Attributes) -> Result<Entry, AttributeError> {
    let read = Reader(attributes);
    let opened_at = read.required("gen", millis)?;
    let told = |voice| {
        let names = names_of(voice);
        let is_told = read.optional(names.opened_at, millis)? == Some(opened_at);
        let is_escalated = read.optional(names.escalated, flag)? == Some(true);
        Ok((is_told, is_told && !is_escalated))
    };
    let ((is_told, on_topic), (_, on_bus)) = (told(Voice::Topic)?, told(Voice::Bus)?);
    let unescalated = Voices::that(|voice| match voice {
        Voice::Topic => on_topic,
        Voice::Bus => on_bus,
    });
    Ok(Entry {
        state: read.state()?,
        complaints: read.required("what", parsed("hashes of six characters"))?,
        opened_at,
        read_at: read.required("read", millis)?,
        due_at: read.optional("due", millis)?,
        muted_until: read.optional("mute", millis)?,
        missed_at: read.optional("miss", millis)?,
        is_told,
        unescalated,
    })
}

type Expected<T> = Result<T, &'static str>;

/// Reads attributes by name.
pub struct Reader<'a>(pub &'a Attributes);

impl Reader<'_> {
    pub fn optional<T>(
        &self,
        attribute: &'static str,
        read: impl Fn(&AttributeValue) -> Expected<T>,
    ) -> Result<Option<T>, AttributeError> {
        let Some(value) = self.0.get(attribute) else {
            return Ok(None);
        };
        let error = |expected| AttributeError {
            attribute,
            expected,
            got: tag_compliance_core::text::excerpt(&format!("{value:?}"), MAX_SHOWN),
        };
        read(value).map(Some).map_err(error)
    }

    pub fn required<T>(
        &self,
        attribute: &'static str,
        read: impl Fn(&AttributeValue) -> Expected<T>,
    ) -> Result<T, AttributeError> {
        self.optional(attribute, read)?.ok_or(AttributeError {
            attribute,
            expected: "a value",
            got: "none".to_owned(),
        })
    }

    fn state(&self) -> Result<State, AttributeError> {
        let living = self.required("st", |value| match value.as_s().map(String::as_str) {
            Ok("open") => Ok(Some(State::Open)),
            Ok("suspect") => Ok(Some(State::Suspect)),
            Ok("closed") => Ok(None),
            _ => Err("open, suspect or closed"),
        })?;
        if let Some(state) = living {
            return Ok(state);
        }
        // Somebody who closes an item by hand may write any reason.
        let why = self.optional("why", string)?;
        let mut words = Closed::ALL.into_iter();
        let known = words.find(|it| why.as_deref() == Some(it.as_str()));
        Ok(State::Closed(known.unwrap_or(Closed::ByHand)))
    }

    fn marks(&self) -> Result<Marks, AttributeError> {
        Ok(Marks {
            topic: self.told(Voice::Topic)?,
            bus: self.told(Voice::Bus)?,
        })
    }

    fn told(&self, voice: Voice) -> Result<Option<Told>, AttributeError> {
        let names = names_of(voice);
        let opened_at = self.optional(names.opened_at, millis)?;
        let complaints = self.optional(names.complaints, parsed("hashes of six characters"))?;
        let at = self.optional(names.at, millis)?;
        let version = self.optional(names.version, whole)?.unwrap_or_default();
        let escalated = self.optional(names.escalated, flag)?.unwrap_or_default();
        let thread = names
            .thread
            .map(|name| self.optional(name, parsed(HexId::EXPECTED)));
        let thread = thread.transpose()?.flatten();
        Ok(opened_at
            .zip(complaints)
            .zip(at)
            .map(|((opened_at, complaints), at)| Told {
                opened_at,
                complaints,
                at,
                version,
                escalated,
                thread,
            }))
    }
}

pub fn string(value: &AttributeValue) -> Expected<String> {
    value.as_s().cloned().map_err(|_| "a string")
}

pub fn whole(value: &AttributeValue) -> Expected<u64> {
    let number = value.as_n().ok().and_then(|text| text.parse().ok());
    number.ok_or("a whole number")
}

pub fn flag(value: &AttributeValue) -> Expected<bool> {
    value.as_bool().copied().map_err(|_| "true or false")
}

pub fn millis(value: &AttributeValue) -> Expected<Timestamp> {
    let millis = value.as_n().ok().and_then(|text| text.parse().ok());
    let time = millis.and_then(Timestamp::from_epoch_millis);
    time.ok_or("milliseconds since 1970")
}

pub fn parsed<T: FromStr>(expected: &'static str) -> impl Fn(&AttributeValue) -> Expected<T> {
    move |value| {
        let text = value.as_s().map_err(|_| expected)?;
        text.parse().map_err(|_| expected)
    }
}

pub fn parsed_json<T: DeserializeOwned>(
    expected: &'static str,
) -> impl Fn(&AttributeValue) -> Expected<T> {
    move |value| {
        let text = value.as_s().map_err(|_| expected)?;
        serde_json::from_str(text).map_err(|_| expected)
    }
}

fn severity(value: &AttributeValue) -> Expected<Severity> {
    let severities = Severity::ALL;
    let text = value.as_s().map(String::as_str).unwrap_or_default();
    let found = severities.into_iter().find(|it| it.as_str() == text);
    found.ok_or("low, medium, high or critical")
}
