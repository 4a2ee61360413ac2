//! The audit log: records of evaluations and their keys.

mod objects;

use std::time::Duration;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::evaluation::finding::{ForbiddenTag, InvalidTag, MisspelledTag};
use crate::evaluation::scope::Scope;
use crate::evaluation::{Evaluation, ExemptFinding, Status, UpcomingFinding};
use crate::event::{EventDetails, EventId, Trigger};
use crate::fix::Fix;
use crate::instance::{AccountId, InstanceId, InstanceState, ServicePrincipal};
use crate::policy::document::Severity;
use crate::policy::exemption::Exemption;
use crate::policy::{ShownTags, TagPolicy};
use crate::subject::Subject;
use crate::timestamp::Timestamp;

pub use objects::{Format, Layout, Object, Objects};

/// The prefix of all objects in the audit log. The function's role may write nowhere else.
pub const PREFIX: &str = "scans/";

/// The oldest event to expect: EventBridge retries for 24 hours, Lambda for 6, and a dead letter waits for 14 days.
const MAX_EVENT_AGE: Duration = Duration::from_hours(16 * 24);
/// How far an event source's clock may be ahead of the function's.
const MAX_CLOCK_SKEW: Duration = Duration::from_mins(1);

/// The audit record of one evaluation.
///
/// The first seven fields never change name or type. Others may be added.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditRecord<'a> {
    /// When the tags were read.
    pub timestamp: Timestamp,
    pub instance_id: &'a InstanceId,
    /// The instance's state when the tags were read.
    pub state: InstanceState,
    /// Whether there is no finding; an exemption makes no difference. An out-of-scope instance has none.
    pub is_compliant: bool,
    pub required_tags: &'a [&'a str],
    /// The instance's tags, required or not; the values of forbidden ones are masked.
    pub tags: ShownTags<'a>,
    /// The required keys that are absent.
    pub missing_tags: &'a [&'a str],
    /// The tags whose value does not meet the requirement, and why.
    pub invalid_tags: &'a [InvalidTag<'a>],
    /// The forbidden tags that are present.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub forbidden_tags: &'a [ForbiddenTag<'a>],
    /// The tags that look like misspellings of missing ones.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub misspelled_tags: &'a [MisspelledTag<'a>],
    /// The findings that an exemption accepts while others remain.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub exempt_findings: &'a [ExemptFinding<'a>],
    /// The findings of rules that are enforced from a later day.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub upcoming: &'a [UpcomingFinding<'a>],
    /// The evaluation in one word.
    pub status: Status,
    /// The condition that puts the instance out of scope, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub out_of_scope: Option<Scope>,
    /// Whether the evaluation does not count yet because the instance is in its grace period.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub provisional: bool,
    /// The severity of the worst finding.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// The exemption that accepts all findings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exemption: Option<&'a Exemption>,
    /// The expired exemptions that used to accept the findings.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub expired_exemptions: &'a [&'a Exemption],
    /// The account that owns the instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<&'a AccountId>,
    /// The region of the instance.
    pub region: &'a str,
    /// The AWS service that manages the instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<&'a ServicePrincipal>,
    /// When it was launched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launched_at: Option<Timestamp>,
    /// What triggered the evaluation.
    pub trigger: Trigger,
    /// The event's own id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<&'a EventId>,
    /// The event's own time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_time: Option<Timestamp>,
    /// Whether that time is implausible, so that the record is stored under the day of the call.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub event_time_rejected: bool,
    /// The state that the event reported; EC2 may have moved on since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_state: Option<InstanceState>,
    /// The SHA-256 of the policy.
    pub policy_hash: &'a str,
    /// Where to fix the violations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix<'a>>,
}

impl<'a> AuditRecord<'a> {
    /// The record of `evaluation`.
    #[must_use]
    pub fn new(
        subject: &Subject<'a>,
        evaluation: &'a Evaluation<'a>,
        policy: &'a TagPolicy,
        event: &'a EventDetails,
        provisional: bool,
    ) -> Self {
        let instance = subject.instance;
        Self {
            timestamp: subject.now,
            instance_id: &instance.id,
            state: instance.state,
            is_compliant: evaluation.is_compliant(),
            required_tags: &evaluation.required_tags,
            tags: policy.shown(&instance.tags),
            missing_tags: &evaluation.missing_tags,
            invalid_tags: &evaluation.invalid_tags,
            forbidden_tags: &evaluation.forbidden_tags,
            misspelled_tags: &evaluation.misspelled_tags,
            exempt_findings: &evaluation.exempt_findings,
            upcoming: &evaluation.upcoming,
            status: evaluation.status(),
            out_of_scope: Some(evaluation.scope).filter(|scope| !scope.is_in()),
            provisional,
            severity: evaluation.severity(),
            exemption: evaluation.exemption,
            expired_exemptions: &evaluation.expired_exemptions,
            account_id: instance.account_id.as_ref(),
            region: subject.region,
            operator: instance.operator.as_ref(),
            launched_at: instance.launched_at,
            trigger: event.trigger,
            event_id: event.id.as_ref(),
            event_time: event.time,
            event_time_rejected: event
                .time
                .is_some_and(|time| !is_believed(time, subject.now)),
            event_state: event.state,
            policy_hash: policy.fingerprint(),
            fix: Fix::of(subject, evaluation, policy, |_| true),
        }
    }

    /// The key of the record as an object of its own, for an event with this time.
    #[must_use]
    pub fn key(&self, recorded_at: Timestamp) -> String {
        let key = instance_key(self.instance_id, recorded_at);
        if self.provisional {
            provisional_key(&key)
        } else {
            key
        }
    }

    /// The record as one line of JSON.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        // A record has only strings, flags and times, which always serialize.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// The time in the key of an event's audit record.
///
/// It is the event's own time, so that a retry or a duplicate has the same key. EventBridge's times are in whole
/// seconds, so the milliseconds come from a hash of the event's id; otherwise two events of one second would share a
/// key. An event without a time, or with an implausible one, gets `called_at`.
#[must_use]
pub fn recorded_at(event: &EventDetails, called_at: Timestamp) -> Timestamp {
    match (event.time, &event.id) {
        (Some(time), _) if !is_believed(time, called_at) => called_at,
        (Some(time), Some(id)) => time.with_millis(hash(id.as_text().raw())),
        (Some(time), None) => time,
        (None, _) => called_at,
    }
}

/// Whether an event that arrives now may have this time. Otherwise an event could write into any day of the audit
/// log.
#[must_use]
pub fn is_believed(time: Timestamp, now: Timestamp) -> bool {
    now.since(time) <= MAX_EVENT_AGE && time.since(now) <= MAX_CLOCK_SKEW
}

/// The key of the record of one instance: `scans/YYYY-MM-DD/{instanceId}-{epochMillis}.json`.
#[must_use]
pub fn instance_key(instance_id: &InstanceId, recorded_at: Timestamp) -> String {
    format!(
        "{PREFIX}{}/{instance_id}-{}.json",
        recorded_at.date(),
        recorded_at.epoch_millis()
    )
}

/// The key of a provisional evaluation's record, next to that of the final one.
#[must_use]
pub fn provisional_key(instance_key: &str) -> String {
    let stem = instance_key.strip_suffix(".json").unwrap_or(instance_key);
    format!("{stem}-provisional.json")
}

/// The common prefix of a sweep's page keys: `scans/YYYY-MM-DD/fleet-{epochMillis}-`.
#[must_use]
pub fn sweep_prefix(recorded_at: Timestamp) -> String {
    format!(
        "{PREFIX}{}/fleet-{}-",
        recorded_at.date(),
        recorded_at.epoch_millis()
    )
}

/// The key of a page of a sweep, which is a JSON Lines object.
#[must_use]
pub fn sweep_page_key(recorded_at: Timestamp, page: u32) -> String {
    format!("{}{page}.jsonl", sweep_prefix(recorded_at))
}

/// The key of a later look's record if an earlier look has taken `key`: the log is append-only.
///
/// The look's time follows the event's time, so that a look that is written twice has the same key.
#[must_use]
pub fn later_key(key: &str, looked_at: Timestamp) -> String {
    let ending = ["-provisional.json", ".jsonl", ".json"];
    let ending = ending.into_iter().find(|ending| key.ends_with(ending));
    let ending = ending.unwrap_or_default();
    let stem = key.strip_suffix(ending).unwrap_or(key);
    format!("{stem}-{}{ending}", looked_at.epoch_millis())
}

fn hash(id: &str) -> u64 {
    Sha256::digest(id)
        .iter()
        .take(size_of::<u64>())
        .fold(0, |hash, byte| hash << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests;
