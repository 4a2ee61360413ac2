mod any_json;
mod api_call;
mod auto_scaling;
mod batch;
mod fields;
mod instance_ids;
mod other_events;
mod state_change;
mod sweeps;
mod tag_change;

use serde_json::json;

use super::*;
use crate::testing::event;

fn checks_of(payload: &Value) -> Vec<Check> {
    match parse(payload) {
        Ok(Event::Single(Request::Check(checks))) => checks,
        other => panic!("expected checks, got {other:?}"),
    }
}

fn check_of(payload: &Value) -> Check {
    let mut checks = checks_of(payload);
    assert_eq!(checks.len(), 1);
    checks.remove(0)
}

/// Why an event asks for nothing.
fn ignored(payload: &Value) -> IgnoreReason {
    match parse(payload) {
        Ok(Event::Single(Request::Ignore(reason))) => reason,
        other => panic!("expected nothing, got {other:?}"),
    }
}

fn sweep_of(payload: &Value) -> Sweep {
    match parse(payload) {
        Ok(Event::Single(Request::Sweep(sweep))) => sweep,
        other => panic!("expected a sweep, got {other:?}"),
    }
}

fn error_of(payload: &Value) -> String {
    parse(payload).unwrap_err().to_string()
}

fn batch_of(body: &Value) -> Value {
    json!({"Records": [{"eventSource": "aws:sqs", "messageId": "m", "body": body}]})
}
