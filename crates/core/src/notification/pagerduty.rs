//! A violation as an alert of `PagerDuty`: what an event `trigger` of its Events API v2 says of it
//! (<https://developer.pagerduty.com/docs/send-alert-event>).

use serde_json::{Map, Value, json};

use super::violation::Violation;
use crate::policy::document::Severity;

/// The most characters of a summary (the page above).
const MAX_SUMMARY: usize = 1_024;

/// Renders a violation: `payload` and `links` of a trigger. The event also needs `event_action`, `dedup_key` and
/// the `routing_key` of an integration.
#[must_use]
pub fn render(violation: &Violation<'_>) -> Value {
    let steps = violation.steps().into_iter().map(|step| {
        let (place, note) = (step.place.iter().cloned(), step.note());
        let lines: Vec<_> = place.chain(step.commands).chain(note).collect();
        (step.what.to_lowercase().replace(' ', "_"), json!(lines))
    });
    let details = violation.details().into_iter();
    let details = details.map(|(name, value)| (name.to_owned(), Value::String(value)));
    // What to do first.
    let details: Map<_, _> = steps.chain(details).collect();
    let links = violation.page().into_iter();
    let links = links.map(|href| json!({"href": href, "text": "Open in the AWS console"}));
    let item = violation.change.item;
    let mut payload = json!({
        "summary": violation.summary(MAX_SUMMARY),
        "source": violation.change.id,
        "severity": severity(violation.severity()),
        "timestamp": item.opened_at,
        "component": "ec2-instance",
        "class": "tag-compliance",
        "custom_details": details,
    });
    // PagerDuty can group alerts by it.
    if let Some(owner) = violation.owner() {
        payload["group"] = json!(owner);
    }
    json!({"payload": payload, "links": links.collect::<Vec<_>>()})
}

fn severity(severity: Option<Severity>) -> &'static str {
    match severity {
        Some(Severity::Critical) => "critical",
        Some(Severity::High) => "error",
        Some(Severity::Medium) | None => "warning",
        Some(Severity::Low) => "info",
    }
}
