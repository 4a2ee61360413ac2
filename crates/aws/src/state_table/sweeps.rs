//! The item that keeps sweeps from overlapping, and holds the progress of the one under way.

use tag_compliance_core::sweep::lease::Lease;

use super::Table;
use super::attributes::{
    AttributeError, Attributes, Reader, millis, number, parsed_json, string, text, time,
    unreadable, whole,
};
use super::update::{CALL, Key, Update, Updated};
use crate::error::{CallError, Failure, from_sdk};

/// The read call, by the name of its IAM action.
pub const READ: &str = "dynamodb:GetItem";

/// The stored state of the last sweep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub lease: Lease,
    /// Why its progress is unreadable and left out: another version of the function wrote it.
    pub unreadable: Option<AttributeError>,
}

fn key() -> Key {
    Key::control("sweep")
}

/// The stored state of the last sweep.
///
/// # Errors
/// The call failed, or the lease cannot be read.
pub async fn read(table: Table<'_>) -> Result<Option<Stored>, CallError> {
    let answer = table
        .client
        .get_item()
        .table_name(table.name)
        .set_key(Some(key().attributes()))
        .consistent_read(true)
        .send()
        .await
        .map_err(|error| from_sdk(READ, &error))?;
    let stored = |item: Attributes| {
        let read = Reader(&item);
        let progress = read.optional("state", parsed_json("the progress of a sweep"));
        let (progress, unreadable) = match progress {
            Ok(progress) => (progress, None),
            Err(error) => (None, Some(error)),
        };
        let lease = Lease {
            sweep: read.required("id", string)?,
            part: read.required("part", |value| {
                let part = whole(value)?;
                u32::try_from(part).map_err(|_| "a number of 32 bits")
            })?,
            until: read.required("until", millis)?,
            progress,
            swept_at: read.optional("swept", millis)?,
        };
        Ok(Stored { lease, unreadable })
    };
    let stored = answer.item.map(stored).transpose();
    stored.map_err(|error| unreadable(READ, &error))
}

/// Stores a sweep's progress, unless the stored part is no longer the one named by `there`. Returns whether it was
/// stored.
///
/// # Errors
/// The call failed.
pub async fn store(
    table: Table<'_>,
    lease: &Lease,
    there: Option<&Lease>,
) -> Result<bool, CallError> {
    let update = match there {
        None => Update::provided("attribute_not_exists(pk)"),
        Some(there) => Update::provided("#id = :there AND #part = :then AND #until = :before")
            .comparing("id", ":there", text(&there.sweep))
            .comparing("part", ":then", number(there.part.into()))
            .comparing("until", ":before", time(there.until)),
    };
    let progress = lease.progress.as_ref().map(serde_json::to_string);
    let not_sent = |error: serde_json::Error| Failure::NotSent(error.to_string());
    let progress = progress.transpose();
    let progress = progress.map_err(|error| CallError::new(CALL, not_sent(error)))?;
    let update = update.of([
        ("id", Some(text(&lease.sweep))),
        ("part", Some(number(lease.part.into()))),
        ("until", Some(time(lease.until))),
        ("state", progress.map(text)),
        ("swept", lease.swept_at.map(time)),
    ]);
    match update.send(table, &key()).await? {
        Updated::Done => Ok(true),
        // A lost answer made the SDK retry, so our own write caused the conflict.
        Updated::Refused(there) => Ok(there.is_some_and(|there| {
            there.get("id") == Some(&text(&lease.sweep))
                && there.get("part") == Some(&number(lease.part.into()))
                && there.get("until") == Some(&time(lease.until))
        })),
    }
}
