//! Groups notifications into messages: one for each owner, listed by cause.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use tag_compliance_core::evaluation::Evaluation;
use tag_compliance_core::instance::InstanceId;
use tag_compliance_core::memory::{Group, Item, News, Shift, Write};
use tag_compliance_core::notification::events::owner_pattern;
use tag_compliance_core::subject::Subject;
use tag_compliance_core::text::Untrusted;

use crate::context::Context;

/// The most owners that get a message of their own in one pass. The rest share lists.
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
    /// What has to be told.
    pub untold: Untold,
    /// Whether the topic has to wait until the muting ends.
    pub is_topic_muted: bool,
}

impl Verified<'_> {
    /// The same without what the topic has yet to tell, which stays due.
    pub fn on_bus_only(mut self) -> Self {
        self.is_topic_muted = self.untold.topic.take().is_some();
        self
    }
}

/// What each voice has yet to tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Untold {
    /// To people, by the topic.
    pub topic: Option<News>,
    /// To people, by the bus.
    pub bus: Option<News>,
    /// To machines, by the bus.
    pub shift: Option<Shift>,
}

impl Untold {
    pub fn is_nothing(self) -> bool {
        self == Self::default()
    }

    /// Whether the bus has anything to tell.
    pub fn owes_bus(self) -> bool {
        self.bus.is_some() || self.shift.is_some()
    }

    /// Whether people are told that it has been open for too long: an escalation shares its message with nothing else.
    fn is_escalation(self) -> bool {
        self.topic.or(self.bus) == Some(News::Escalated)
    }
}

/// What one group is told.
#[derive(Debug)]
pub struct Message<'a> {
    /// The group. None for a list of many owners.
    pub group: Option<Group>,
    /// The key of `owners` that all of its owners match.
    pub owner_pattern: Option<&'a str>,
    /// Usually one; each is a message of its own.
    pub parts: Vec<Vec<Verified<'a>>>,
}

impl Message<'_> {
    /// The owner of all of it.
    pub fn owner<'b>(&self, part: &'b [Verified<'_>]) -> Option<Untrusted<'b>> {
        let first = part.first().filter(|_| self.group.is_some())?;
        first.item.facts.owner.as_deref().map(Untrusted::new)
    }
}

/// Messages that cover all instances.
pub fn messages<'a>(context: &'a Context, news: Vec<Verified<'a>>) -> Vec<Message<'a>> {
    let mut by_group: BTreeMap<Option<Group>, Vec<Verified<'a>>> = BTreeMap::new();
    for verified in news {
        let group = verified.item.due.as_ref().map(|due| due.group.clone());
        by_group.entry(group).or_default().push(verified);
    }
    let mut groups: Vec<_> = by_group.into_iter().collect();
    groups.sort_by_key(|(_, changes)| Reverse(changes.len()));
    let rest = groups.split_off(groups.len().min(MAX_OWNERS));
    let mut lists: BTreeMap<Option<&str>, Vec<Verified<'a>>> = BTreeMap::new();
    for verified in rest.into_iter().flat_map(|(_, changes)| changes) {
        let pattern = pattern_of(context, &verified);
        lists.entry(pattern).or_default().push(verified);
    }
    let groups = groups.into_iter().map(|(group, changes)| {
        let owner_pattern = changes.first().and_then(|first| pattern_of(context, first));
        (group, owner_pattern, changes)
    });
    let lists = lists.into_iter();
    groups
        .chain(lists.map(|(pattern, changes)| (None, pattern, changes)))
        .map(|(group, owner_pattern, changes)| Message {
            group,
            owner_pattern,
            parts: parts(changes),
        })
        .collect()
}

fn pattern_of<'a>(context: &'a Context, verified: &Verified<'_>) -> Option<&'a str> {
    let (config, subject) = (&context.config, verified.subject.as_ref());
    owner_pattern(&config.owners, &config.policy, subject, &verified.item)
}

/// The changes by message, each in the order of ids.
fn parts(mut changes: Vec<Verified<'_>>) -> Vec<Vec<Verified<'_>>> {
    changes.sort_by(|one, other| one.id.cmp(&other.id));
    let (escalations, others): (Vec<_>, Vec<_>) = changes
        .into_iter()
        .partition(|change| change.untold.is_escalation());
    let mut parts = Vec::new();
    for mut left in [others, escalations] {
        while !left.is_empty() {
            let more = left.split_off(left.len().min(MAX_CHANGES));
            parts.push(left);
            left = more;
        }
    }
    parts
}
