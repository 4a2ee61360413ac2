//! The event of a completed sweep.

use serde::Serialize;

use super::{BusEvent, Origin, SCHEMA_VERSION};
use crate::event::SweepScope;
use crate::sweep::totals::Totals;
use crate::timestamp::Timestamp;

/// A sweep that has ended.
#[derive(Debug, Clone, Copy)]
pub struct SweepCompleted<'a> {
    /// Its name, which its invocations share.
    pub sweep: &'a str,
    pub scope: SweepScope,
    pub begun_at: Timestamp,
    pub ended_at: Timestamp,
    pub totals: &'a Totals,
    /// The common prefix of the keys of its audit records.
    pub record_prefix: &'a str,
}

/// The detail of a completed sweep's event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(title = "Tag Compliance Sweep Completed"))]
#[serde(rename_all = "camelCase")]
pub struct SweepCompletedDetail {
    /// 1. A new field does not change it.
    pub schema_version: u32,
    /// The event's own id, the same whenever it is delivered again: receivers drop duplicates by it.
    pub id: String,
    /// The suffix of the environment.
    pub environment: String,
    pub account_id: String,
    pub region: String,
    /// `watched` (all states that the environment watches) or `running`.
    pub scope: &'static str,
    pub started_at: Timestamp,
    pub ended_at: Timestamp,
    /// How many instances were compliant.
    pub compliant: u64,
    pub non_compliant: u64,
    /// How many violate the policy, and an exemption accepts it for now.
    pub exempt: u64,
    pub out_of_scope: u64,
    /// How many violations are open; null unless the sweep saw all watched states.
    pub open_violations: Option<u64>,
    /// How many audit records S3 did not take.
    pub unwritten_records: u64,
    /// The sweep's audit records.
    pub audit_records: AuditRecordsPlace,
}

/// Some objects of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AuditRecordsPlace {
    pub bucket: String,
    /// How their keys begin.
    pub prefix: String,
}

/// The event of a completed sweep.
#[must_use]
pub fn sweep_completed(origin: &Origin<'_>, sweep: &SweepCompleted<'_>) -> BusEvent {
    let totals = sweep.totals;
    let counts = totals.tally.counts;
    let is_of_all = sweep.scope == SweepScope::Watched;
    let detail = SweepCompletedDetail {
        schema_version: SCHEMA_VERSION,
        id: origin.id_of("sweep", [sweep.sweep]),
        environment: origin.environment.to_owned(),
        account_id: origin.account.to_string(),
        region: origin.region.to_owned(),
        scope: if is_of_all { "watched" } else { "running" },
        started_at: sweep.begun_at,
        ended_at: sweep.ended_at,
        compliant: counts.compliant,
        non_compliant: counts.non_compliant,
        exempt: counts.exempt,
        out_of_scope: counts.out_of_scope,
        open_violations: is_of_all.then_some(totals.standing.open),
        unwritten_records: totals.unwritten_records,
        audit_records: AuditRecordsPlace {
            bucket: origin.log_bucket.to_owned(),
            prefix: sweep.record_prefix.to_owned(),
        },
    };
    BusEvent::new("Tag Compliance Sweep Completed", &detail, sweep.ended_at)
}
