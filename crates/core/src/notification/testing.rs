//! Builders of notifications, for tests.

use std::time::Duration;

use serde_json::json;

use super::{Alert, AlertTags, Alerts, Change, Notification};
use crate::instance::Instance;
use crate::memory::{Item, Look, Looked, News, Rules, Source, decide};
use crate::policy::TagPolicy;
use crate::provenance::Provenance;
use crate::testing::{at, policy, subject};
use crate::text::Untrusted;

const RULES: Rules = Rules {
    repeat_interval: Some(Duration::from_hours(1)),
    resolved_notices: true,
    violation_events: false,
    escalate_after: None,
    baseline_until: None,
};

pub fn team_policy() -> TagPolicy {
    policy(&json!({
        "required_tags": [{"key": "Owner", "severity": "high"}, {"key": "Stage", "allowed_values": ["prod"]}],
        "forbidden_tags": [{"key": "Temp"}],
    }))
}

pub fn item(policy: &TagPolicy, instance: &Instance) -> Item {
    let subject = subject(instance);
    let evaluation = policy.evaluate(&subject);
    let look = Look::evaluated(&subject, &evaluation, policy, "key".to_owned(), false);
    let now = at("2026-01-01T10:00:00Z");
    let looked = Looked {
        look: &look,
        asked_at: now,
        now,
        source: Source::Check,
    };
    decide(None, looked, RULES).unwrap().item
}

/// What `render` makes of the alert for an instance.
pub fn with_alert<T>(
    policy: &TagPolicy,
    instance: &Instance,
    render: impl FnOnce(&Notification<'_>) -> T,
) -> T {
    let subject = subject(instance);
    let evaluation = policy.evaluate(&subject);
    render(&Notification::Alert(Alert {
        subject,
        evaluation: &evaluation,
        policy,
        tags: AlertTags::All,
    }))
}

/// What `render` makes of changes of several violations.
pub fn with_alerts<T>(
    policy: &TagPolicy,
    pairs: &[(News, Instance)],
    owner: Option<&str>,
    render: impl FnOnce(&Alerts<'_>) -> T,
) -> T {
    let items: Vec<_> = pairs.iter().map(|(_, it)| item(policy, it)).collect();
    let subjects: Vec<_> = pairs.iter().map(|(_, it)| subject(it)).collect();
    let evaluations: Vec<_> = subjects.iter().map(|it| policy.evaluate(it)).collect();
    let changes = pairs.iter().zip(&items).zip(&evaluations);
    let changes = changes.map(|(((news, instance), item), evaluation)| Change {
        news: *news,
        id: &instance.id,
        name: policy.unmasked("Name", &instance.tags),
        provenance: Some(Provenance::of(instance, policy)),
        evaluation: Some(evaluation),
        item,
    });
    render(&Alerts {
        region: "us-east-1",
        owner: owner.map(Untrusted::new),
        changes: changes.collect(),
    })
}
