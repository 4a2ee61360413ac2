//! The items of a part of the fleet.

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::{StreamExt, TryStreamExt, stream};
use tag_compliance_core::instance::InstanceId;
use tag_compliance_core::memory::partition_key_of_digit;
use tag_compliance_core::sweep::ledger::Entry;
use tag_compliance_core::sweep::partition::Slice;
use tag_compliance_core::timestamp::Timestamp;

use super::Table;
use super::attributes::{AttributeError, Attributes, text, time, to_entry};
use super::index::QUERY;
use crate::error::{CallError, from_sdk};

/// How many partitions are queried concurrently.
const MAX_CONCURRENT: usize = 4;
/// The most items in an answer, since a megabyte of items takes several in memory.
const PAGE_SIZE: i32 = 250;
/// The attributes that a sweep needs.
const PROJECTION: [&str; 13] = [
    "sk", "st", "why", "gen", "what", "read", "due", "mute", "miss", "tgen", "tesc", "bgen", "besc",
];

/// An instance with what is known of it. An unreadable item is an error of its own.
pub type Found = (InstanceId, Result<Entry, AttributeError>);

/// The current items of a part of the fleet: those that aren't closed, and those closed after `closed_since`, if
/// given.
///
/// # Errors
/// A call failed.
pub async fn read(
    table: Table<'_>,
    slice: Slice,
    closed_since: Option<Timestamp>,
) -> Result<Vec<Found>, CallError> {
    let digits = match slice {
        Slice::Whole => 0..Slice::DIGITS,
        Slice::LastDigit(digit) => digit..digit + 1,
    };
    let key = |digit| partition_key_of_digit(table.account, table.region, digit);
    let partitions = stream::iter(digits).map(|digit| partition(table, key(digit), closed_since));
    partitions
        .buffer_unordered(MAX_CONCURRENT)
        .try_concat()
        .await
}

async fn partition(
    table: Table<'_>,
    key: String,
    closed_since: Option<Timestamp>,
) -> Result<Vec<Found>, CallError> {
    let mut found = Vec::new();
    let mut start = None;
    let filter = match closed_since {
        None => "#st <> :closed",
        Some(_) => "#st <> :closed OR #read > :since",
    };
    let names = PROJECTION.map(|name| format!("#{name}"));
    loop {
        let mut query = table
            .client
            .query()
            .table_name(table.name)
            .consistent_read(true)
            .key_condition_expression("#pk = :pk")
            .filter_expression(filter)
            .projection_expression(names.join(", "))
            .expression_attribute_names("#pk", "pk")
            .expression_attribute_values(":pk", text(&key))
            .expression_attribute_values(":closed", text("closed"))
            .limit(PAGE_SIZE)
            .set_exclusive_start_key(start);
        for (name, placeholder) in PROJECTION.iter().zip(&names) {
            query = query.expression_attribute_names(placeholder, *name);
        }
        if let Some(since) = closed_since {
            query = query.expression_attribute_values(":since", time(since));
        }
        let answer = query
            .send()
            .await
            .map_err(|error| from_sdk(QUERY, &error))?;
        let items = answer.items.unwrap_or_default();
        found.extend(items.iter().filter_map(entry));
        start = answer.last_evaluated_key.filter(|key| !key.is_empty());
        if start.is_none() {
            return Ok(found);
        }
    }
}

fn entry(attributes: &Attributes) -> Option<Found> {
    let id = attributes.get("sk").map(AttributeValue::as_s)?.ok()?;
    Some((id.parse().ok()?, to_entry(attributes)))
}
