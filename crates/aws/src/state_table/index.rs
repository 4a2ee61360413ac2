//! The index of due items.

use aws_sdk_dynamodb::types::AttributeValue;
use tag_compliance_core::instance::InstanceId;
use tag_compliance_core::memory::Group;
use tag_compliance_core::timestamp::Timestamp;

use super::Table;
use super::attributes::{Attributes, text, time};
use crate::error::{CallError, from_sdk};

/// The index contains the items that have both `grp` and `due`.
const INDEX: &str = "due";
/// The query call, by the name of its IAM action.
pub const QUERY: &str = "dynamodb:Query";
/// The scan call, by the name of its IAM action.
pub const SCAN: &str = "dynamodb:Scan";

/// The due instances of a group, the longest overdue first, at most `limit`. The index is eventually consistent.
///
/// # Errors
/// A call failed.
pub async fn due_of_group(
    table: Table<'_>,
    group: &Group,
    limit: usize,
) -> Result<Vec<InstanceId>, CallError> {
    instances(limit, async |start| {
        let answer = table
            .client
            .query()
            .table_name(table.name)
            .index_name(INDEX)
            .key_condition_expression("#grp = :grp")
            .expression_attribute_names("#grp", "grp")
            .expression_attribute_values(":grp", text(group))
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(|error| from_sdk(QUERY, &error))?;
        Ok((answer.items, answer.last_evaluated_key))
    })
    .await
}

/// Instances of any group that were due before `before`, at most `limit`.
///
/// # Errors
/// A call failed.
pub async fn overdue(
    table: Table<'_>,
    before: Timestamp,
    limit: usize,
) -> Result<Vec<InstanceId>, CallError> {
    instances(limit, async |start| {
        let answer = table
            .client
            .scan()
            .table_name(table.name)
            .index_name(INDEX)
            .filter_expression("#due < :before")
            .expression_attribute_names("#due", "due")
            .expression_attribute_values(":before", time(before))
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(|error| from_sdk(SCAN, &error))?;
        Ok((answer.items, answer.last_evaluated_key))
    })
    .await
}

/// The items of a page, and where the next page starts.
type Page = (Option<Vec<Attributes>>, Option<Attributes>);

/// Collects instances page by page, at most `limit`.
async fn instances(
    limit: usize,
    page: impl AsyncFn(Option<Attributes>) -> Result<Page, CallError>,
) -> Result<Vec<InstanceId>, CallError> {
    let mut found = Vec::new();
    let mut start = None;
    loop {
        let (items, next) = page(start).await?;
        found.extend(items.unwrap_or_default().iter().filter_map(instance));
        start = next.filter(|key| !key.is_empty());
        if start.is_none() || found.len() >= limit {
            found.truncate(limit);
            return Ok(found);
        }
    }
}

fn instance(attributes: &Attributes) -> Option<InstanceId> {
    let sort = attributes.get("sk").map(AttributeValue::as_s);
    sort?.ok()?.parse().ok()
}
