//! A violation as an alert of Jira Service Management's operations
//! (<https://developer.atlassian.com/cloud/jira/service-desk-ops/rest/v2/api-group-integration-events/>).

use serde_json::{Map, Value, json};

use super::violation::Violation;
use crate::policy::document::Severity;

/// The most characters of a message. A description may have 15,000 and all details together 8,000, which is more than
/// they need (<https://docs.opsgenie.com/docs/alerts-and-alert-fields>, from which the API was taken over).
const MAX_MESSAGE: usize = 130;

/// Renders a violation: the body of a new alert, which also needs an `alias`.
#[must_use]
pub fn render(violation: &Violation<'_>) -> Value {
    let details = violation.details().into_iter();
    let details: Map<_, _> = details
        .map(|(name, value)| (name.to_owned(), Value::String(value)))
        .collect();
    let severity = violation.severity();
    let tags = ["tag-compliance"].into_iter();
    json!({
        "message": violation.summary(MAX_MESSAGE),
        "description": description(violation),
        "priority": priority(severity),
        "entity": violation.change.id,
        "source": "tag-compliance",
        "tags": tags.chain(severity.map(Severity::as_str)).collect::<Vec<_>>(),
        "details": details,
    })
}

fn description(violation: &Violation<'_>) -> String {
    let mut lines = vec![violation.summary(1_000)];
    lines.extend(violation.page());
    for step in violation.steps() {
        let place = step.place.as_deref().unwrap_or_default();
        lines.push(format!("\n{}: {place}", step.what).trim_end().to_owned());
        let note = step.note();
        lines.extend(step.commands.into_iter().chain(note));
    }
    lines.join("\n")
}

fn priority(severity: Option<Severity>) -> &'static str {
    match severity {
        Some(Severity::Critical) => "P1",
        Some(Severity::High) => "P2",
        Some(Severity::Medium) | None => "P3",
        Some(Severity::Low) => "P4",
    }
}
