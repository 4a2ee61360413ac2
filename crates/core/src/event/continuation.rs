//! The message by which an invocation hands its sweep to the next one.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Sweep, SweepScope, Trigger};
use crate::sweep::progress::Progress;

/// The `source` of the message: this function.
pub const SOURCE: &str = "tag-compliance-checker";
/// The `detail-type` of the message.
pub const DETAIL_TYPE: &str = "Sweep Continuation";

/// The `detail` of the message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Detail {
    /// Which instances are swept.
    pub scope: SweepScope,
    /// What the sweep was for.
    pub trigger: Trigger,
    /// Where it is.
    pub progress: Progress,
}

/// The message that goes on with `sweep`, in the form of an event.
#[must_use]
pub fn message(sweep: &Sweep, progress: Progress) -> String {
    let detail = Detail {
        scope: sweep.scope,
        trigger: sweep.event.trigger,
        progress,
    };
    let mut message = json!({
        "source": SOURCE,
        "detail-type": DETAIL_TYPE,
        "detail": detail,
    });
    if let Some(id) = &sweep.event.id {
        message["id"] = json!(id);
    }
    if let Some(time) = sweep.event.time {
        message["time"] = json!(time);
    }
    message.to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::event::{self, BatchRecord, Event, EventDetails, EventId, Request};
    use crate::sweep::partition::{Partition, Slice};
    use crate::sweep::totals::Totals;
    use crate::testing::{at, instance, policy, subject, tags};

    fn progress(totals: Totals) -> Progress {
        Progress {
            recorded_at: at("2025-12-03T10:00:00.042Z"),
            invocations: 2,
            policy_hash: "abc".to_owned(),
            partitions: vec![
                Partition::unread(Slice::LastDigit(9)),
                Partition {
                    slice: Slice::LastDigit(11),
                    pages: 7,
                    next_token: Some("token".to_owned()),
                },
            ],
            totals,
        }
    }

    fn found() -> Totals {
        let policy = policy(&json!({"required_tags": [{"key": "Owner"}]}));
        let mut totals = Totals::default();
        for pairs in [&[("Owner", "web")][..], &[("Owner", " ")], &[]] {
            let instance = instance(tags(pairs));
            totals.add(&policy, &instance, &policy.evaluate(&subject(&instance)));
        }
        totals
    }

    fn sweep(id: Option<&str>, time: Option<&str>) -> Sweep {
        Sweep {
            scope: SweepScope::Watched,
            event: EventDetails {
                trigger: Trigger::Schedule,
                id: id.map(EventId::new),
                time: time.map(at),
                state: None,
            },
            progress: None,
        }
    }

    fn parsed(message: &str) -> Event {
        event::parse(&serde_json::from_str(message).unwrap()).unwrap()
    }

    #[test]
    fn what_is_sent_is_what_is_read() {
        for (id, time) in [
            (Some("event-1"), Some("2025-12-03T10:00:00Z")),
            (None, None),
        ] {
            let begun = sweep(id, time);
            let message = message(&begun, progress(found()));
            let expected = Sweep {
                progress: Some(Box::new(progress(found()))),
                ..begun
            };
            assert_eq!(
                parsed(&message),
                Event::Single(Request::Sweep(expected.clone()))
            );
            let batch = json!({"Records": [
                {"eventSource": "aws:sqs", "messageId": "m", "body": message}
            ]});
            let record = BatchRecord {
                message_id: "m".to_owned(),
                request: Ok(Request::Sweep(expected)),
            };
            assert_eq!(event::parse(&batch), Ok(Event::Batch(vec![record])));
        }
    }

    #[test]
    fn one_that_we_did_not_write_is_an_error_and_no_sweep() {
        let good: Value =
            serde_json::from_str(&message(&sweep(None, None), progress(found()))).unwrap();
        let bad = |change: &dyn Fn(&mut Value)| {
            let mut message = good.clone();
            change(&mut message);
            event::parse(&message).unwrap_err().to_string()
        };
        let expected = "detail: expected what the function itself wrote of a sweep, got";
        for (text, reason) in [
            (
                bad(&|it| it["detail"] = Value::Null),
                "invalid type: null, expected struct Detail",
            ),
            (
                bad(&|it| it["detail"]["scope"] = json!("all")),
                "unknown variant `all`, expected `running` or `watched`",
            ),
            (
                bad(&|it| it["detail"]["progress"]["recordedAt"] = json!("now")),
                "not a time: expected an RFC 3339 time from 1970 on",
            ),
            (
                bad(&|it| it["detail"]["progress"]["totals"] = json!("%")),
                "totals are not gzipped JSON in base64: Invalid symbol 37, offset 0.",
            ),
            (
                bad(&|it| it["detail"]["progress"]["more"] = json!(1)),
                "unknown field `more`",
            ),
        ] {
            assert!(text.starts_with(&format!("{expected} {reason}")), "{text}");
        }
        assert_eq!(
            bad(&|it| it["id"] = json!(1)),
            "id: expected a string, got 1"
        );
        let mut foreign = good.clone();
        foreign["source"] = json!("somebody");
        let fallback = Sweep {
            scope: SweepScope::Running,
            event: EventDetails {
                trigger: Trigger::OtherEvent,
                ..EventDetails::manual()
            },
            progress: None,
        };
        assert_eq!(
            event::parse(&foreign),
            Ok(Event::Single(Request::Sweep(fallback)))
        );
    }

    /// Characters that neither repeat nor shrink, in 4 bytes each.
    fn noise(seed: &mut u32, length: usize) -> String {
        let next = |_| {
            *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            char::from_u32(0x2_0000 + (*seed >> 16) % 0xA000).unwrap()
        };
        (0..length).map(next).collect()
    }

    #[test]
    fn the_largest_message_fits_into_a_queue() {
        let policy = policy(
            &json!({"required_tags": [{"key": "Owner", "allowed_values": ["x"]}, {"key": "Team"}]}),
        );
        let mut totals = Totals::default();
        let mut seed = 1;
        for _ in 0..2 {
            let mut page = Totals::default();
            for _ in 0..1_000 {
                let owner = noise(&mut seed, 256);
                let instance = instance(tags(&[("Owner", &owner)]));
                page.add(&policy, &instance, &policy.evaluate(&subject(&instance)));
            }
            totals.merge(page);
        }
        let mut progress = progress(totals);
        progress.partitions = (0..Slice::DIGITS)
            .map(|digit| Partition {
                slice: Slice::LastDigit(digit),
                pages: 1_000,
                next_token: Some(noise(&mut seed, 500)),
            })
            .collect();
        let size = message(&sweep(Some("id"), None), progress).len();
        assert!(size < 256 * 1024, "{size}");
        assert!(size > 100 * 1024, "{size}: the test is too easy");
    }
}
