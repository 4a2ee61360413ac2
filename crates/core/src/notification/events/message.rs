//! The event of a message to people: a group's changes, a digest, or a test.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use super::{BusEvent, DIGEST, Origin, SCHEMA_VERSION, TEST, owned, violation_id};
use crate::memory::{HexId, News};
use crate::notification::mail::Mail;
use crate::notification::{Change, MAX_MESSAGE_BYTES, Notification, chat, slack, teams};
use crate::policy::document::Severity;
use crate::text::{Untrusted, cut_at_line, excerpt};
use crate::timestamp::Timestamp;

/// The most bytes of the text, so that all of an event fits.
const MAX_TEXT_BYTES: usize = 60 * 1024;
/// The most instances that the detail lists.
const MAX_INSTANCES: usize = 100;

const DETAIL_TYPE: &str = "Tag Compliance Notification";
/// How much of each instance's findings is listed.
const MAX_SUMMARY_CHARS: usize = 200;

/// A message to people.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// What it says.
    pub notification: &'a Notification<'a>,
    /// The same as an email.
    pub mail: &'a Mail,
    /// What it is about.
    pub topic: Topic<'a>,
    /// The owner whose message it is.
    pub owner: Option<Untrusted<'a>>,
    /// The key of `owners` that its owners match.
    pub owner_pattern: Option<&'a str>,
    pub now: Timestamp,
}

/// What a message is about.
#[derive(Debug, Clone, Copy)]
pub enum Topic<'a> {
    /// Changes of violations, and the conversation that they belong to; none to start one.
    Changes(&'a [Change<'a>], Option<&'a HexId>),
    /// The sweep of this name.
    Sweep(&'a str),
    Test,
}

/// The detail of a message.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(title = "Tag Compliance Notification"))]
#[serde(rename_all = "camelCase")]
pub struct MessageDetail {
    /// 1. A new field does not change it.
    pub schema_version: u32,
    /// The message's own id, the same whenever it is delivered again: receivers drop duplicates by it.
    pub id: String,
    /// The conversation: the messages of one lifetime share it.
    pub thread_id: String,
    /// Whether the conversation starts with this message.
    pub is_thread_start: bool,
    /// The suffix of the environment.
    pub environment: String,
    pub account_id: String,
    pub region: String,
    /// The owner whose message it is; null if it is about several owners, or about none.
    pub owner: Option<String>,
    /// The owners of its instances, the first 100.
    pub owners: Vec<String>,
    /// The key of the variable `owners` that its owners match.
    pub owner_pattern: Option<String>,
    /// The worst severity: `low`, `medium`, `high` or `critical`; null if the policy gives none.
    pub severity: Option<&'static str>,
    /// What the message is about: some of `opened`, `changed`, `still-open` and `resolved`; or `escalated`, `digest` or
    /// `test` alone.
    pub changes: Vec<&'static str>,
    /// One line.
    pub title: String,
    /// The message as text, as in the email, at most 60 KiB.
    pub text: String,
    /// How many instances the message is about.
    pub instance_count: usize,
    /// The first 100 of them, or as many as fit into an event.
    pub instances: Vec<InstanceChange>,
    /// `text` and `blocks` of Slack's `chat.postMessage`.
    #[cfg_attr(feature = "schema", schemars(with = "serde_json::Map<String, Value>"))]
    pub slack: Value,
    /// A message to a workflow of Microsoft Teams, with an Adaptive Card.
    #[cfg_attr(feature = "schema", schemars(with = "serde_json::Map<String, Value>"))]
    pub teams: Value,
    /// A custom notification of Amazon Q Developer in chat applications.
    #[cfg_attr(feature = "schema", schemars(with = "serde_json::Map<String, Value>"))]
    pub chat: Value,
}

/// What has happened to one instance's violation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct InstanceChange {
    pub instance_id: String,
    /// The violation, from opened to resolved.
    pub violation_id: String,
    /// `opened`, `changed`, `still-open`, `escalated` or `resolved`.
    pub change: &'static str,
    /// The instance's `Name` tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub severity: Option<&'static str>,
    /// What made the instance.
    pub cause: Option<String>,
    pub opened_at: Timestamp,
    /// The findings on one line.
    pub summary: String,
}

/// A message's event, and the conversation that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    pub event: BusEvent,
    pub thread: HexId,
}

/// The event of a message.
#[must_use]
pub fn message(origin: &Origin<'_>, message: &Message<'_>) -> Posted {
    let id = id(origin, message);
    let (changes, thread): (&[Change<'_>], _) = match message.topic {
        Topic::Changes(changes, thread) => (changes, thread),
        Topic::Sweep(_) | Topic::Test => (&[], None),
    };
    let is_thread_start = thread.is_none();
    let thread = thread.cloned().unwrap_or_else(|| HexId::of(&id));
    let mut detail = MessageDetail {
        schema_version: SCHEMA_VERSION,
        thread_id: thread.to_string(),
        is_thread_start,
        environment: origin.environment.to_owned(),
        account_id: origin.account.to_string(),
        region: origin.region.to_owned(),
        owner: message.owner.map(owned),
        owners: owners(changes),
        owner_pattern: message.owner_pattern.map(ToOwned::to_owned),
        severity: message.mail.severity.map(Severity::as_str),
        changes: match message.topic {
            Topic::Changes(..) => words(changes),
            Topic::Sweep(_) => vec![DIGEST],
            Topic::Test => vec![TEST],
        },
        title: message.mail.subject.clone(),
        text: cut_at_line(message.mail.body.clone(), MAX_TEXT_BYTES),
        instance_count: changes.len(),
        instances: changes
            .iter()
            .take(MAX_INSTANCES)
            .map(instance_change)
            .collect(),
        slack: slack::render(message.notification),
        teams: teams::render(message.notification),
        chat: chat::render(message.notification, &id, thread.as_str()),
        id,
    };
    let mut event = BusEvent::new(DETAIL_TYPE, &detail, message.now);
    while event.size() > MAX_MESSAGE_BYTES && !detail.instances.is_empty() {
        detail.instances.truncate(detail.instances.len() / 2);
        event = BusEvent::new(DETAIL_TYPE, &detail, message.now);
    }
    Posted { event, thread }
}

/// The owners of the instances, each once.
fn owners(changes: &[Change<'_>]) -> Vec<String> {
    let owners = changes
        .iter()
        .filter_map(|it| it.item.facts.owner.as_deref());
    let owners: BTreeSet<_> = owners.collect();
    let owners = owners.into_iter().take(MAX_INSTANCES);
    owners.map(ToOwned::to_owned).collect()
}

/// The kinds of changes, each once.
#[must_use]
pub fn words(changes: &[Change<'_>]) -> Vec<&'static str> {
    let mut kinds: Vec<_> = changes.iter().map(|change| change.news).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds.into_iter().map(News::as_str).collect()
}

fn id(origin: &Origin<'_>, message: &Message<'_>) -> String {
    match message.topic {
        Topic::Changes(changes, _) => {
            let parts: Vec<_> = changes
                .iter()
                .map(|change| {
                    let item = change.item;
                    let opened_at = item.opened_at.epoch_millis();
                    let news = change.news.as_str();
                    format!("{}/{opened_at}/{}/{news}", change.id, item.version)
                })
                .collect();
            origin.id_of("changes", parts.iter().map(String::as_str))
        }
        Topic::Sweep(name) => origin.id_of("digest", [name]),
        Topic::Test => origin.id_of("test", [message.now.to_string().as_str()]),
    }
}

fn instance_change(change: &Change<'_>) -> InstanceChange {
    let facts = &change.item.facts;
    InstanceChange {
        instance_id: change.id.to_string(),
        violation_id: violation_id(change.id, change.item.opened_at),
        change: change.news.as_str(),
        name: change.name.map(owned),
        severity: facts.severity.map(Severity::as_str),
        cause: facts.cause.as_ref().map(|it| owned(it.as_text())),
        opened_at: change.item.opened_at,
        summary: change
            .evaluation
            .map(|it| excerpt(&it.summary(), MAX_SUMMARY_CHARS))
            .unwrap_or_default(),
    }
}
