//! Messages that the function sends to itself, as events.

use serde_json::{Value, json};

use super::{Continuation, EventId};
use crate::memory::Group;
use crate::timestamp::Timestamp;

/// The `source` of these messages.
pub const SOURCE: &str = "tag-compliance-checker";
/// The `detail-type` of the message that continues a sweep.
pub const SWEEP_CONTINUATION: &str = "Sweep Continuation";
/// The `detail-type` of the message that sends a waiting group's notifications.
pub const GROUP_DUE: &str = "Group Due";
/// The `detail-type` of the message that looks at a sweep's suspects again.
pub const SUSPECTS_DUE: &str = "Suspects Due";

/// The message that continues a sweep.
#[must_use]
pub fn sweep_continuation(continuation: &Continuation) -> Value {
    message(SWEEP_CONTINUATION, &json!(continuation))
}

/// The message that sends a group's due notifications.
#[must_use]
pub fn group_due(group: &Group) -> Value {
    message(GROUP_DUE, &json!({"group": group.as_str()}))
}

/// The message that looks at a sweep's suspects again.
#[must_use]
pub fn suspects_due() -> Value {
    message(SUSPECTS_DUE, &json!({}))
}

/// The message that requests a sweep as the schedule does, because the policy is new.
#[must_use]
pub fn sweep_request(policy_hash: &str, now: Timestamp) -> Value {
    let mut message = message("Scheduled Event", &json!({}));
    message["id"] = json!(format!("{}{}", prefix(policy_hash), now.epoch_millis()));
    message["time"] = json!(now);
    message
}

/// Whether an event requests a new policy's first sweep.
#[must_use]
pub fn asks_for_policy(id: &EventId, policy_hash: &str) -> bool {
    id.as_text().raw().starts_with(&prefix(policy_hash))
}

/// The prefix of such events' ids.
fn prefix(policy_hash: &str) -> String {
    format!("policy-{policy_hash}-")
}

fn message(detail_type: &str, detail: &Value) -> Value {
    json!({"source": SOURCE, "detail-type": detail_type, "detail": detail})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{self, Event, EventDetails, Request, Sweep, SweepScope, Trigger};
    use crate::testing::at;

    fn scheduled() -> EventDetails {
        EventDetails {
            trigger: Trigger::Schedule,
            ..EventDetails::manual()
        }
    }

    fn sweep(event: EventDetails, continues: Option<Continuation>) -> Event {
        Event::Single(Request::Sweep(Sweep {
            scope: SweepScope::Watched,
            event,
            continues,
        }))
    }

    #[test]
    fn what_is_sent_is_what_is_read() {
        let continuation = Continuation {
            sweep: "a".to_owned(),
            part: 3,
        };
        let message = sweep_continuation(&continuation);
        let expected = sweep(scheduled(), Some(continuation));
        assert_eq!(event::parse(&message), Ok(expected));
        let group = Group::of_owner(None);
        let expected = Event::Single(Request::Tell(group.clone()));
        assert_eq!(event::parse(&group_due(&group)), Ok(expected));
        let expected = Event::Single(Request::TellOverdue);
        assert_eq!(event::parse(&suspects_due()), Ok(expected));
        let now = at("2026-01-01T00:00:00Z");
        let id = EventId::new(format!("policy-abc-{}", now.epoch_millis()));
        let details = EventDetails {
            id: Some(id),
            time: Some(now),
            ..scheduled()
        };
        let request = sweep_request("abc", now);
        assert_eq!(event::parse(&request), Ok(sweep(details, None)));
    }

    #[test]
    fn a_message_of_the_version_before_has_the_sweep_begin_anew() {
        let old = json!({
            "source": SOURCE, "detail-type": SWEEP_CONTINUATION,
            "detail": {"scope": "watched", "trigger": "schedule", "progress": {"totals": "forged"}},
        });
        assert_eq!(event::parse(&old), Ok(sweep(scheduled(), None)));
    }

    #[test]
    fn what_the_function_did_not_write_is_an_error() {
        let error_of = |message: &Value| event::parse(message).unwrap_err().to_string();
        let wrong = |detail_type: &str, detail: Value| error_of(&message(detail_type, &detail));
        let mut late = message(SWEEP_CONTINUATION, &json!({"sweep": "a", "part": 1}));
        late["time"] = json!("noon");
        let without_detail = json!({"source": SOURCE, "detail-type": GROUP_DUE});
        for (text, expected) in [
            (
                wrong(SWEEP_CONTINUATION, json!({"sweep": 1, "part": 1})),
                "detail: expected a sweep and a part of it, got {\"sweep\":1,\"part\":1}",
            ),
            (
                wrong(
                    SWEEP_CONTINUATION,
                    json!({"sweep": "a", "part": 1, "totals": {}}),
                ),
                "detail: expected a sweep and a part of it, got {\"sweep\":\"a\",\"part\":1,\"totals\":{}}",
            ),
            (
                wrong(GROUP_DUE, json!({"group": "a\nb"})),
                "detail.group: expected 16 lowercase hexadecimal digits, got \"a\\nb\"",
            ),
            (
                wrong(GROUP_DUE, json!({})),
                "detail.group: expected 16 lowercase hexadecimal digits, got nothing",
            ),
            (
                wrong(GROUP_DUE, json!("a")),
                "detail: expected a JSON object, got \"a\"",
            ),
            (
                error_of(&without_detail),
                "detail: expected an object with a group, got nothing",
            ),
            (
                error_of(&late),
                "time: expected an RFC 3339 time from 1970 on, such as 2025-12-03T10:00:00Z, got \"noon\"",
            ),
        ] {
            assert_eq!(text, expected);
        }
    }
}
