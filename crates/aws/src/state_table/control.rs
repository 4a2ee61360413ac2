//! The items that belong to no instance: the policy era, when groups were told, and the pace of messages.

use std::time::Duration;

use tag_compliance_core::memory::{Era, Group};
use tag_compliance_core::timestamp::Timestamp;

use super::Table;
use super::attributes::{
    AttributeError, Attributes, Reader, flag, millis, number, string, text, time, unreadable,
};
use super::update::{CALL, Key, Update, Updated};
use crate::error::CallError;

/// The time between two messages, over all invocations: SNS removes an e-mail subscription that gets more than ten a
/// second ("Amazon SNS quotas").
const SPACING: Duration = Duration::from_millis(200);
/// How long the time of a group's last message is kept.
const KEEP_GROUP: Duration = Duration::from_hours(24);

pub(super) fn era_key() -> Key {
    Key::control("policy")
}

pub(super) fn to_era(attributes: &Attributes) -> Result<Option<Era>, AttributeError> {
    let read = Reader(attributes);
    Ok(Some(Era {
        policy_hash: read.required("hash", string)?,
        since: read.required("since", millis)?,
        baseline: read.optional("base", flag)?.unwrap_or_default(),
    }))
}

/// Begins an era, unless another environment has begun one since `replaced` was read. Returns whether it began.
///
/// # Errors
/// The call failed.
pub async fn begin_era(
    table: Table<'_>,
    era: &Era,
    replaced: Option<&Era>,
) -> Result<bool, CallError> {
    let update = match replaced {
        None => Update::provided("attribute_not_exists(pk)"),
        Some(replaced) => unchanged(replaced),
    };
    let update = update.of([
        ("hash", Some(text(&era.policy_hash))),
        ("since", Some(time(era.since))),
        (
            "base",
            Some(aws_sdk_dynamodb::types::AttributeValue::Bool(era.baseline)),
        ),
    ]);
    match update.send(table, &era_key()).await? {
        Updated::Done => Ok(true),
        // A lost answer made the SDK retry, so the era is the one that we began.
        Updated::Refused(there) => Ok(there.is_some_and(|there| {
            there.get("hash") == Some(&text(&era.policy_hash))
                && there.get("since") == Some(&time(era.since))
        })),
    }
}

/// Reverts the beginning of an era, so that the next invocation begins it again, unless another one has begun since.
///
/// # Errors
/// The call failed.
pub async fn forget_era(table: Table<'_>, era: &Era) -> Result<(), CallError> {
    let update = unchanged(era).of([
        ("hash", Some(text("none"))),
        ("since", Some(number(0))),
        ("base", None),
    ]);
    update.send(table, &era_key()).await.map(drop)
}

/// Ends the baseline of an era, unless another era has begun.
///
/// # Errors
/// The call failed.
pub async fn end_baseline(table: Table<'_>, era: &Era) -> Result<(), CallError> {
    let update = unchanged(era).of([("base", None)]);
    update.send(table, &era_key()).await.map(drop)
}

fn unchanged(era: &Era) -> Update {
    Update::provided("#hash = :there AND #since = :then")
        .comparing("hash", ":there", text(&era.policy_hash))
        .comparing("since", ":then", time(era.since))
}

/// Whether a group may be told now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// It may, and nobody else may until the interval is over.
    Granted,
    /// It was told less than an interval ago, and may be told again at this time.
    Refused(Timestamp),
}

/// Claims a group for one message, if its last one is at least an interval old.
///
/// # Errors
/// The call failed, or the item cannot be read.
pub async fn claim_group(
    table: Table<'_>,
    group: &Group,
    now: Timestamp,
    interval: Duration,
) -> Result<Claim, CallError> {
    let again = now.after(interval);
    let update = Update::provided("attribute_not_exists(pk) OR #again <= :now")
        .comparing("again", ":now", time(now))
        .of([
            ("again", Some(time(again))),
            (
                "ttl",
                Some(number(again.after(KEEP_GROUP).epoch_millis() / 1_000)),
            ),
        ]);
    match update.send(table, &group_key(group)).await? {
        Updated::Done => Ok(Claim::Granted),
        Updated::Refused(there) => there_at(there, "again").map(Claim::Refused),
    }
}

/// Releases a group whose message wasn't sent.
///
/// # Errors
/// The call failed.
pub async fn release_group(
    table: Table<'_>,
    group: &Group,
    now: Timestamp,
) -> Result<(), CallError> {
    let update = Update::provided("attribute_exists(pk)").of([("again", Some(time(now)))]);
    update.send(table, &group_key(group)).await.map(drop)
}

/// Claims the right to send the one message that will wake a waiting group. Returns whether the caller got it.
///
/// # Errors
/// The call failed.
pub async fn claim_wake(
    table: Table<'_>,
    group: &Group,
    now: Timestamp,
    at: Timestamp,
) -> Result<bool, CallError> {
    let update = Update::provided("attribute_not_exists(#wake) OR #wake <= :now")
        .comparing("wake", ":now", time(now))
        .of([("wake", Some(time(at)))]);
    Ok(update.send(table, &group_key(group)).await? == Updated::Done)
}

/// Reverts [`claim_wake`], because the message for `at` wasn't sent.
///
/// # Errors
/// The call failed.
pub async fn release_wake(table: Table<'_>, group: &Group, at: Timestamp) -> Result<(), CallError> {
    let update = Update::provided("#wake = :there")
        .comparing("wake", ":there", time(at))
        .of([("wake", None)]);
    update.send(table, &group_key(group)).await.map(drop)
}

fn group_key(group: &Group) -> Key {
    Key::control(format!("group#{group}"))
}

/// Reserves the next time at which a message may be published.
///
/// # Errors
/// A call failed, or the item cannot be read.
pub async fn next_slot(table: Table<'_>, now: Timestamp) -> Result<Timestamp, CallError> {
    let key = Key::control("pace");
    let free = Update::provided("attribute_not_exists(pk) OR #next <= :now")
        .comparing("next", ":now", time(now))
        .of([("next", Some(time(now.after(SPACING))))]);
    let mut there = match free.send(table, &key).await? {
        Updated::Done => return Ok(now),
        Updated::Refused(there) => there_at(there, "next")?,
    };
    loop {
        let taken = Update::provided("#next = :there")
            .comparing("next", ":there", time(there))
            .of([("next", Some(time(there.after(SPACING))))]);
        match taken.send(table, &key).await? {
            Updated::Done => return Ok(there.max(now)),
            Updated::Refused(later) => there = there_at(later, "next")?,
        }
    }
}

fn there_at(there: Option<Attributes>, attribute: &'static str) -> Result<Timestamp, CallError> {
    let there = there.unwrap_or_default();
    let there = Reader(&there).required(attribute, millis);
    there.map_err(|error| unreadable(CALL, &error))
}
