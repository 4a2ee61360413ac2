//! The event of one violation, for machines.

use serde::Serialize;
use serde_json::Value;

use super::{BusEvent, Origin, SCHEMA_VERSION, TEST, owned, owner_pattern, violation_id};
use crate::evaluation::Evaluation;
use crate::fix::Fix;
use crate::instance::InstanceId;
use crate::memory::{Item, News, Shift, State};
use crate::notification::{self, AlertTags, Change, Test, console, jsm, pagerduty};
use crate::policy::TagPolicy;
use crate::policy::document::Severity;
use crate::provenance::Provenance;
use crate::subject::Subject;
use crate::text::{OneLine, Untrusted};
use crate::timestamp::Timestamp;

const OPENED: &str = "Tag Compliance Violation Opened";
/// The instance of AWS's own examples.
const TEST_INSTANCE: &str = "i-1234567890abcdef0";

/// What has happened to a violation.
#[derive(Debug, Clone, Copy)]
pub struct Violation<'a> {
    pub shift: Shift,
    pub instance_id: &'a InstanceId,
    pub item: &'a Item,
    /// The instance; none if EC2 no longer knows it.
    pub subject: Option<Subject<'a>>,
    pub evaluation: Option<&'a Evaluation<'a>>,
    pub policy: &'a TagPolicy,
    /// Which tags the commands may show.
    pub tags: AlertTags,
}

/// The detail of a violation's event.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(
    feature = "schema",
    schemars(title = "Tag Compliance Violation Opened, Changed and Resolved")
)]
#[serde(rename_all = "camelCase")]
pub struct ViolationDetail {
    /// 1. A new field does not change it.
    pub schema_version: u32,
    /// The event's own id, the same whenever it is delivered again: receivers drop duplicates by it.
    pub id: String,
    /// The violation, from opened to resolved: the same in all of its events.
    pub violation_id: String,
    /// It grows with each change of the instance's state: of two events, the one with the larger sequence is newer.
    pub sequence: u64,
    /// The suffix of the environment that evaluated the instance.
    pub environment: String,
    pub account_id: String,
    pub region: String,
    pub instance_id: String,
    /// The instance's `Name` tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What has happened: `opened`, `changed` (the findings are others), `resolved`, or `test`.
    pub change: &'static str,
    /// The same as a list, as in `Tag Compliance Notification`: one pattern serves both.
    pub changes: [&'static str; 1],
    /// The value of the policy's owner tag, cut to 64 characters.
    pub owner: Option<String>,
    /// The owner as a list, as in `Tag Compliance Notification`: one pattern serves both.
    pub owners: Vec<String>,
    /// The key of the variable `owners` that the owner matches.
    pub owner_pattern: Option<String>,
    /// `low`, `medium`, `high` or `critical`; null if the policy gives none.
    pub severity: Option<&'static str>,
    /// What made the instance, such as an Auto Scaling group.
    pub cause: Option<String>,
    /// When the evaluation that opened the violation was requested.
    pub opened_at: Timestamp,
    /// When the latest evaluation that changed it was requested.
    pub changed_at: Timestamp,
    /// The state of the instance; null if EC2 no longer knows it.
    pub state: Option<&'static str>,
    /// What is wrong now; empty once it is resolved.
    pub findings: Vec<Finding>,
    /// The findings on one line.
    pub summary: String,
    /// Where to fix it; null once it is resolved.
    pub fix: Option<FixDetail>,
    /// The audit record of the evaluation.
    pub audit_record: AuditRecordPlace,
    /// Why it is resolved: `compliant`, `exempt`, `out-of-scope`, `ended`, `gone` or `by-hand`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_why: Option<&'static str>,
    /// The instance in the AWS console.
    pub console: Option<String>,
    /// The payload and links of an event to `PagerDuty`'s Events API v2.
    #[cfg_attr(feature = "schema", schemars(with = "serde_json::Map<String, Value>"))]
    pub pagerduty: Value,
    /// An alert to Jira Service Management, without its alias.
    #[cfg_attr(feature = "schema", schemars(with = "serde_json::Map<String, Value>"))]
    pub jsm: Value,
}

/// One thing that is wrong with an instance's tags.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// `missing`, `invalid`, `forbidden`, or `misspelled`: a tag that looks like a missing one.
    pub kind: &'static str,
    /// The tag's key.
    pub key: String,
    /// What is wrong, on one line.
    pub message: String,
}

/// Where to fix a violation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct FixDetail {
    /// Commands of the AWS CLI that fix this instance, once a person has put values for what is in angle brackets.
    pub commands: Vec<String>,
    /// Where the next launch gets its tags.
    pub next_launch: String,
    /// Commands that add them there, where a command can.
    pub next_launch_commands: Vec<String>,
}

/// An object of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AuditRecordPlace {
    pub bucket: String,
    /// Null if a sweep found the violation: the sweep's records are in pages.
    pub key: Option<String>,
}

/// The event of a violation.
#[must_use]
pub fn violation(origin: &Origin<'_>, violation: &Violation<'_>) -> BusEvent {
    let detail = detail(origin, violation);
    let detail_type = match violation.shift {
        Shift::Opened => OPENED,
        Shift::Changed => "Tag Compliance Violation Changed",
        Shift::Resolved => "Tag Compliance Violation Resolved",
    };
    let event = BusEvent::new(detail_type, &detail, violation.item.read_at);
    BusEvent {
        resource: arn(origin, violation.instance_id),
        ..event
    }
}

/// An event that shows whether a channel works, as of an opened violation that no item remembers.
#[must_use]
pub fn test_violation(origin: &Origin<'_>, test: &Test<'_>, now: Timestamp) -> BusEvent {
    let violation_id = format!("test-{}", now.epoch_millis());
    let detail = ViolationDetail {
        schema_version: SCHEMA_VERSION,
        id: origin.id_of("test violation", [violation_id.as_str()]),
        violation_id,
        sequence: 1,
        environment: origin.environment.to_owned(),
        account_id: origin.account.to_string(),
        region: origin.region.to_owned(),
        instance_id: TEST_INSTANCE.to_owned(),
        name: None,
        change: TEST,
        changes: [TEST],
        owner: None,
        owners: Vec::new(),
        owner_pattern: None,
        severity: None,
        cause: None,
        opened_at: now,
        changed_at: now,
        state: None,
        findings: Vec::new(),
        summary: test.text(),
        fix: None,
        audit_record: AuditRecordPlace {
            bucket: origin.log_bucket.to_owned(),
            key: None,
        },
        closed_why: None,
        console: None,
        pagerduty: test.pagerduty(),
        jsm: test.jsm(),
    };
    BusEvent::new(OPENED, &detail, now)
}

/// The ARN of an instance; none if the region's partition is not known.
fn arn(origin: &Origin<'_>, id: &InstanceId) -> Option<String> {
    let partition = console::partition(origin.region)?;
    let (region, account) = (origin.region, origin.account);
    Some(format!(
        "arn:{partition}:ec2:{region}:{account}:instance/{id}"
    ))
}

fn detail(origin: &Origin<'_>, violation: &Violation<'_>) -> ViolationDetail {
    let Violation {
        shift,
        instance_id,
        item,
        subject,
        evaluation,
        policy,
        tags,
    } = *violation;
    let change = shift.as_str();
    let instance = subject.map(|subject| subject.instance);
    let evaluation = evaluation.filter(|_| shift != Shift::Resolved);
    let fix = subject.zip(evaluation).and_then(|(subject, evaluation)| {
        let shows = |key: &str| tags.show(key, policy);
        Fix::of(&subject, evaluation, policy, shows)
    });
    let name = instance.and_then(|it| policy.shown(&it.tags).get("Name"));
    let shown = Change {
        news: match shift {
            Shift::Opened => News::Opened,
            Shift::Changed => News::Changed,
            Shift::Resolved => News::Resolved,
        },
        id: instance_id,
        name,
        provenance: instance.map(|it| Provenance::of(it, policy)),
        evaluation,
        item,
    };
    let payload = notification::Violation {
        change: &shown,
        account_id: origin.account.as_str(),
        region: origin.region,
        fix: fix.as_ref(),
    };
    let owner = item.facts.owner.as_deref().map(Untrusted::new);
    let (opened_at, version) = (
        item.opened_at.epoch_millis().to_string(),
        item.version.to_string(),
    );
    ViolationDetail {
        schema_version: SCHEMA_VERSION,
        id: origin.id_of(
            "violation",
            [instance_id.as_str(), &opened_at, &version, change],
        ),
        violation_id: violation_id(instance_id, item.opened_at),
        sequence: item.version,
        environment: origin.environment.to_owned(),
        account_id: origin.account.to_string(),
        region: origin.region.to_owned(),
        instance_id: instance_id.to_string(),
        name: name.map(owned),
        change,
        changes: [change],
        owner_pattern: owner_pattern(origin.owners, policy, subject.as_ref(), item)
            .map(ToOwned::to_owned),
        owners: owner.map(owned).into_iter().collect(),
        owner: owner.map(owned),
        severity: item.facts.severity.map(Severity::as_str),
        cause: item.facts.cause.as_ref().map(|it| owned(it.as_text())),
        opened_at: item.opened_at,
        changed_at: item.read_at,
        state: instance.map(|it| it.state.as_str()),
        findings: evaluation.map(findings).unwrap_or_default(),
        summary: evaluation.map(Evaluation::summary).unwrap_or_default(),
        audit_record: AuditRecordPlace {
            bucket: origin.log_bucket.to_owned(),
            key: Some(item.facts.record_key.clone()).filter(|key| !key.is_empty()),
        },
        closed_why: match item.state {
            State::Closed(why) => Some(why.as_str()),
            State::Open | State::Suspect => None,
        },
        console: console::instance(origin.region, instance_id),
        pagerduty: pagerduty::render(&payload),
        jsm: jsm::render(&payload),
        fix: fix.map(|fix| FixDetail {
            commands: fix.commands,
            next_launch: fix.next_launch,
            next_launch_commands: fix.next_launch_commands,
        }),
    }
}

fn findings(evaluation: &Evaluation<'_>) -> Vec<Finding> {
    let finding = |kind, key: &str, message: String| Finding {
        kind,
        key: key.to_owned(),
        message,
    };
    let missing = evaluation.missing_tags.iter();
    let missing =
        missing.map(|key| finding("missing", key, format!("{} is missing", OneLine(key))));
    let invalid = evaluation.invalid_tags.iter();
    let invalid = invalid.map(|tag| finding("invalid", tag.key.raw(), tag.to_string()));
    let forbidden = evaluation.forbidden_tags.iter();
    let forbidden = forbidden.map(|tag| {
        let message = format!("{} is not allowed", tag.key.one_line());
        finding("forbidden", tag.key.raw(), message)
    });
    let misspelled = evaluation.misspelled_tags.iter();
    let misspelled = misspelled.map(|tag| {
        let (found, key) = (tag.found.one_line(), OneLine(tag.key));
        let message = format!("{found} looks like a misspelling of {key}");
        finding("misspelled", tag.found.raw(), message)
    });
    let all = missing.chain(invalid).chain(forbidden);
    all.chain(misspelled).collect()
}
