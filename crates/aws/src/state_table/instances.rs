//! The items of instances.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use futures_util::future::try_join_all;
use tag_compliance_core::instance::InstanceId;
use tag_compliance_core::memory::{Era, Item, Told, Voice, Write, partition_key};
use tokio::time::{Instant, sleep};

use super::Table;
use super::attributes::{
    AttributeError, Attributes, number, of_item, of_told, to_item, unreadable, version_of_told,
};
use super::control::{era_key, to_era};
use super::update::{Key, Update, Updated};
use crate::error::{CallError, Failure, from_sdk};

/// The read call, by the name of its IAM action.
pub const READ: &str = "dynamodb:BatchGetItem";

/// The most keys in a call (`BatchGetItem`, Amazon DynamoDB API reference).
const MAX_KEYS: usize = 100;
const MIN_PAUSE: Duration = Duration::from_millis(50);
const MAX_PAUSE: Duration = Duration::from_secs(2);

/// The items of some instances.
#[derive(Debug, Default)]
pub struct Stored {
    /// The items that exist. An unreadable one is an error of its own.
    pub items: HashMap<InstanceId, Result<Item, AttributeError>>,
    /// Which policy is in force.
    pub era: Option<Era>,
}

/// The result of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stores {
    /// The write succeeded.
    Done,
    /// Another write came first; this is the item now.
    Conflict(Option<Box<Item>>),
}

fn key(table: Table<'_>, id: &InstanceId) -> Key {
    Key {
        partition: partition_key(table.account, table.region, id),
        sort: id.as_str().to_owned(),
    }
}

/// Reads the items of instances, and the era, with strong consistency. The ids must be distinct.
///
/// # Errors
/// A call failed, or the table hadn't answered for all keys by `end`.
pub async fn read(table: Table<'_>, ids: &[InstanceId], end: Instant) -> Result<Stored, CallError> {
    let keys = ids.iter().map(|id| key(table, id));
    let keys: Vec<_> = std::iter::once(era_key()).chain(keys).collect();
    let calls = keys
        .chunks(MAX_KEYS)
        .map(|keys| read_batch(table, keys, end));
    let mut stored = Stored::default();
    for attributes in try_join_all(calls).await?.into_iter().flatten() {
        let sort = attributes.get("sk").and_then(|it| it.as_s().ok());
        match sort.and_then(|sort| sort.parse().ok()) {
            Some(id) => {
                stored.items.insert(id, to_item(&attributes));
            }
            None => stored.era = to_era(&attributes).map_err(|error| unreadable(READ, &error))?,
        }
    }
    Ok(stored)
}

async fn read_batch(
    table: Table<'_>,
    keys: &[Key],
    end: Instant,
) -> Result<Vec<Attributes>, CallError> {
    let mut keys: Vec<_> = keys.iter().map(Key::attributes).collect();
    let mut found = Vec::new();
    let mut pause = MIN_PAUSE;
    loop {
        // Every required field is set, so building it can't fail.
        let wanted = KeysAndAttributes::builder()
            .set_keys(Some(keys))
            .consistent_read(true)
            .build()
            .map_err(|error| CallError::new(READ, Failure::NotSent(error.to_string())))?;
        let answer = table
            .client
            .batch_get_item()
            .request_items(table.name, wanted)
            .send()
            .await
            .map_err(|error| from_sdk(READ, &error))?;
        let items = answer.responses.and_then(|mut it| it.remove(table.name));
        found.extend(items.unwrap_or_default());
        let unprocessed = answer
            .unprocessed_keys
            .and_then(|mut it| it.remove(table.name));
        match unprocessed
            .map(|it| it.keys)
            .filter(|keys| !keys.is_empty())
        {
            None => return Ok(found),
            Some(_) if Instant::now() + pause >= end => return Err(CallError::out_of_time(READ)),
            Some(unprocessed) => keys = unprocessed,
        }
        sleep(pause).await;
        pause = (pause * 2).min(MAX_PAUSE);
    }
}

/// Stores a decision, unless another write came first.
///
/// # Errors
/// The call failed, or the stored item can't be read.
pub async fn store(table: Table<'_>, id: &InstanceId, write: &Write) -> Result<Stores, CallError> {
    let update = match write.replaces {
        None => Update::provided("attribute_not_exists(pk)"),
        Some(version) => {
            Update::provided("#v = :replaced").comparing("v", ":replaced", number(version))
        }
    };
    let mut update = update.of(of_item(&write.item));
    for voice in Voice::ALL {
        if let Some(told) = write.told.of(voice) {
            update = update.of(of_told(voice, Some(told)));
        }
    }
    match update.send(table, &key(table, id)).await? {
        Updated::Done => Ok(Stores::Done),
        Updated::Refused(there) => {
            let there = there.as_ref().map(to_item).transpose();
            let there = there.map_err(|error| unreadable(super::update::CALL, &error))?;
            Ok(Stores::Conflict(there.map(Box::new)))
        }
    }
}

/// Stores that an item needs no verification and no message any more, unless its state has changed since.
///
/// # Errors
/// The call failed.
pub async fn store_settled(
    table: Table<'_>,
    id: &InstanceId,
    item: &Item,
) -> Result<(), CallError> {
    let update = Update::provided("#v = :v")
        .comparing("v", ":v", number(item.version))
        .of([("due", None), ("grp", None)]);
    update.send(table, &key(table, id)).await.map(drop)
}

/// What some voices told about an item.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewlyTold {
    /// The new mark of each; none where the violation is closed.
    pub marks: Vec<(Voice, Option<Told>)>,
    /// Whether no other voice has yet to tell it.
    pub is_all: bool,
}

/// Stores what was told about an item. If that is all, it is no longer due unless its state has changed since.
///
/// # Errors
/// A call failed.
pub async fn store_told(
    table: Table<'_>,
    id: &InstanceId,
    item: &Item,
    told: &NewlyTold,
) -> Result<(), CallError> {
    let key = key(table, id);
    if told.is_all {
        let marks = told.marks.iter();
        let done = Update::provided("#v = :v")
            .comparing("v", ":v", number(item.version))
            .of(marks.flat_map(|(voice, told)| of_told(*voice, told.as_ref())))
            .of([("due", None), ("grp", None)]);
        if done.send(table, &key).await? == Updated::Done {
            return Ok(());
        }
    }
    for (voice, told) in &told.marks {
        let version = version_of_told(*voice);
        let condition = format!(
            "attribute_exists(pk) AND attribute_not_exists(#{version}) OR #{version} <= :told"
        );
        let mark = Update::provided(&condition)
            .comparing(version, ":told", number(item.version))
            .of(of_told(*voice, told.as_ref()));
        // If it is refused, another teller knew more.
        mark.send(table, &key).await?;
    }
    Ok(())
}
