//! An audit record: what the function wrote about an instance.

use tag_compliance_core::json::{FieldError, Fields};

use super::Told;
use super::tags;

pub fn read(record: &Fields<'_>) -> Result<Told, FieldError> {
    Ok(Told {
        id: record.parsed("instanceId")?,
        account_id: record.parsed("accountId")?,
        region: record.string("region")?.map(str::to_owned),
        state: record.parsed("state")?,
        launched_at: record.parsed("launchedAt")?,
        operator: record.parsed("operator")?,
        tags: tags::object(record)?,
        time: record.parsed("timestamp")?,
        ..Told::default()
    })
}
