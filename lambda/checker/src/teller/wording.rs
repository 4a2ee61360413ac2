//! What a part of a message says: as an email, as events for machines, and as the messages of conversations.

use std::collections::BTreeMap;

use tag_compliance_core::memory::{HexId, News, Voice};
use tag_compliance_core::notification::attributes::Attributes;
use tag_compliance_core::notification::events::{
    self, BusEvent, Message as BusMessage, Posted, Topic, Violation,
};
use tag_compliance_core::notification::mail::{self, Mail};
use tag_compliance_core::notification::{Alert, Alerts, Change, Notification};
use tag_compliance_core::provenance::Provenance;
use tag_compliance_core::text::Untrusted;

use super::messages::{Message, Verified};
use crate::context::Context;

/// The most conversations that the changes of a part are told in.
const MAX_THREADS: usize = 3;

/// The email of a part, and what it can be filtered by. None if the topic has told all of it.
pub fn email<'a>(
    context: &'a Context,
    message: &'a Message<'_>,
    part: &'a [Verified<'_>],
) -> Option<(Mail, Attributes<'a>)> {
    let told = part.iter().filter(|it| it.untold.topic.is_some());
    let told: Vec<_> = told.collect();
    if told.is_empty() {
        return None;
    }
    let changes = changes(context, &told, |it| it.untold.topic);
    let owner = message.owner(part);
    let mail = mail::render(&notification(context, &told, changes.clone(), owner));
    let attributes = Attributes {
        owner,
        owner_pattern: message.owner_pattern,
        severity: mail.severity,
        changes: events::words(&changes),
        ..context.attributes()
    };
    Some((mail, attributes))
}

/// The event of a change for machines. None if the bus has told it.
pub fn violation(context: &Context, change: &Verified<'_>) -> Option<BusEvent> {
    let config = &context.config;
    let violation = Violation {
        shift: change.untold.shift?,
        instance_id: &change.id,
        item: &change.item,
        subject: change.subject,
        evaluation: change.evaluation.as_ref(),
        policy: &config.policy,
        tags: config.alert_tags,
    };
    Some(events::violation(&context.origin(), &violation))
}

/// The messages to people on the bus about some changes of a part, one for each conversation, with the indices of their
/// changes. What is new starts one, and so does what belongs to many: a storm that is one email is one message of a chat.
pub fn posts(
    context: &Context,
    message: &Message<'_>,
    part: &[Verified<'_>],
    is_meant: impl Fn(usize) -> bool,
) -> Vec<(Posted, Vec<usize>)> {
    let mut by_thread: BTreeMap<Option<&HexId>, Vec<usize>> = BTreeMap::new();
    for (index, change) in part.iter().enumerate() {
        let Some(news) = change.untold.bus.filter(|_| is_meant(index)) else {
            continue;
        };
        let told = change.item.told_of_it(Voice::Bus);
        let thread = told.and_then(|told| told.thread.as_ref());
        let thread = thread.filter(|_| news != News::Opened);
        by_thread.entry(thread).or_default().push(index);
    }
    if by_thread.len() > MAX_THREADS {
        let mut all: Vec<_> = by_thread.into_values().flatten().collect();
        all.sort_unstable();
        by_thread = BTreeMap::from([(None, all)]);
    }
    let owner = message.owner(part);
    by_thread
        .into_iter()
        .map(|(thread, indices)| {
            let told: Vec<_> = indices.iter().map(|index| &part[*index]).collect();
            let changes = changes(context, &told, |it| it.untold.bus);
            let notification = notification(context, &told, changes.clone(), owner);
            let mail = mail::render(&notification);
            let post = BusMessage {
                notification: &notification,
                mail: &mail,
                topic: Topic::Changes(&changes, thread),
                owner,
                owner_pattern: message.owner_pattern,
                now: (context.clock)(),
            };
            (events::message(&context.origin(), &post), indices)
        })
        .collect()
}

fn notification<'a>(
    context: &'a Context,
    told: &[&'a Verified<'_>],
    changes: Vec<Change<'a>>,
    owner: Option<Untrusted<'a>>,
) -> Notification<'a> {
    let config = &context.config;
    let is_alert = |news| matches!(news, News::Opened | News::Changed | News::StillOpen);
    if let (
        [change],
        [
            Verified {
                subject: Some(subject),
                evaluation: Some(evaluation),
                ..
            },
        ],
    ) = (changes.as_slice(), told)
        && is_alert(change.news)
    {
        return Notification::Alert(Alert {
            subject: *subject,
            evaluation,
            policy: &config.policy,
            tags: config.alert_tags,
        });
    }
    Notification::Alerts(Alerts {
        region: &config.region,
        owner,
        changes,
    })
}

fn changes<'a>(
    context: &'a Context,
    told: &[&'a Verified<'_>],
    news: impl Fn(&Verified<'_>) -> Option<News>,
) -> Vec<Change<'a>> {
    let policy = &context.config.policy;
    let change = |verified: &&'a Verified<'_>| {
        let instance = verified.subject.map(|subject| subject.instance);
        Some(Change {
            news: news(verified)?,
            id: &verified.id,
            name: instance.and_then(|it| policy.shown(&it.tags).get("Name")),
            provenance: instance.map(|it| Provenance::of(it, policy)),
            evaluation: verified.evaluation.as_ref(),
            item: &verified.item,
        })
    };
    told.iter().filter_map(change).collect()
}
