//! Groups notifications into messages: one for each owner, listed by cause.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use tag_compliance_core::evaluation::Evaluation;
use tag_compliance_core::instance::InstanceId;
use tag_compliance_core::memory::{Group, Item, News, Write};
use tag_compliance_core::notification::mail::{self, Mail};
use tag_compliance_core::notification::{Alert, Alerts, Change, Notification};
use tag_compliance_core::policy::TagPolicy;
use tag_compliance_core::provenance::Provenance;
use tag_compliance_core::subject::Subject;
use tag_compliance_core::text::Untrusted;

use crate::context::Context;

/// The most owners that get a message of their own in one pass. The rest share a list.
const MAX_OWNERS: usize = 20;
/// The most instances in a message, so that a line for each fits into 256 KiB.
const MAX_CHANGES: usize = 500;

/// An instance after its second look.
#[derive(Debug)]
pub struct Verified<'a> {
    pub id: InstanceId,
    pub item: Item,
    /// None if EC2 no longer knows it.
    pub subject: Option<Subject<'a>>,
    pub evaluation: Option<Evaluation<'a>>,
    /// What the look changed.
    pub write: Option<Write>,
    /// What people have to be told.
    pub news: Option<News>,
}

/// What one group is told.
#[derive(Debug)]
pub struct Message<'a> {
    /// The group. None for a list of many owners.
    pub group: Option<Group>,
    /// Usually one.
    pub parts: Vec<Part<'a>>,
}

/// A message to send, and the instances that it covers.
#[derive(Debug)]
pub struct Part<'a> {
    pub mail: Mail,
    pub changes: Vec<Verified<'a>>,
}

/// Messages that cover all instances.
pub fn messages<'a>(context: &Context, news: Vec<Verified<'a>>) -> Vec<Message<'a>> {
    let mut by_group: BTreeMap<Option<Group>, Vec<Verified<'a>>> = BTreeMap::new();
    for verified in news {
        let group = verified.item.due.as_ref().map(|due| due.group.clone());
        by_group.entry(group).or_default().push(verified);
    }
    let mut groups: Vec<_> = by_group.into_iter().collect();
    groups.sort_by_key(|(_, changes)| Reverse(changes.len()));
    let rest = groups.split_off(groups.len().min(MAX_OWNERS));
    let rest: Vec<_> = rest.into_iter().flat_map(|(_, changes)| changes).collect();
    if !rest.is_empty() {
        groups.push((None, rest));
    }
    groups
        .into_iter()
        .map(|(group, changes)| {
            let is_of_one = group.is_some();
            let mut parts = Vec::new();
            let mut left = changes;
            while !left.is_empty() {
                let more = left.split_off(left.len().min(MAX_CHANGES));
                parts.push(part(context, left, is_of_one));
                left = more;
            }
            Message { group, parts }
        })
        .collect()
}

fn part<'a>(context: &Context, mut changes: Vec<Verified<'a>>, is_of_one: bool) -> Part<'a> {
    changes.sort_by(|one, other| one.id.cmp(&other.id));
    let config = &context.config;
    let notification = match changes.as_slice() {
        [
            Verified {
                subject: Some(subject),
                evaluation: Some(evaluation),
                news: Some(News::Opened | News::Changed | News::StillOpen),
                ..
            },
        ] => Notification::Alert(Alert {
            subject: *subject,
            evaluation,
            policy: &config.policy,
            tags: config.alert_tags,
        }),
        several => Notification::Alerts(Alerts {
            region: &config.region,
            owner: several
                .first()
                .filter(|_| is_of_one)
                .and_then(|change| change.item.facts.owner.as_deref())
                .map(Untrusted::new),
            changes: several
                .iter()
                .filter_map(|it| change(it, &config.policy))
                .collect(),
        }),
    };
    let mail = mail::render(&notification);
    Part { mail, changes }
}

fn change<'a>(verified: &'a Verified<'_>, policy: &'a TagPolicy) -> Option<Change<'a>> {
    let instance = verified.subject.map(|subject| subject.instance);
    Some(Change {
        news: verified.news?,
        id: &verified.id,
        name: instance.and_then(|it| policy.shown(&it.tags).get("Name")),
        provenance: instance.map(|it| Provenance::of(it, policy)),
        evaluation: verified.evaluation.as_ref(),
        item: &verified.item,
    })
}
