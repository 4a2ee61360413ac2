//! One sweep at a time.

use std::time::Duration;

use super::progress::Progress;
use crate::event::{Sweep, SweepScope, own};
use crate::timestamp::Timestamp;

/// How long a part of a sweep may take before another sweep may begin: enough for several attempts.
pub const LENGTH: Duration = Duration::from_mins(35);
/// How long after a sweep an event that names no instance requests nothing.
const FALLBACK_PAUSE: Duration = Duration::from_mins(5);

/// The state table's item of the last sweep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    pub sweep: String,
    /// The next part.
    pub part: u32,
    /// Until when no other sweep may begin.
    pub until: Timestamp,
    /// Its progress; none if it has ended.
    pub progress: Option<Progress>,
    /// When the last sweep of the watched states ended: what came later is new.
    pub swept_at: Option<Timestamp>,
}

/// The decision on a request to sweep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// A sweep begins, if the lease is still the one that was read.
    Begin,
    /// The sweep continues from here.
    GoOn(Box<Lease>, Box<Progress>),
    /// Nothing is done.
    Refused(Refusal),
}

/// Why a request to sweep is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// A sweep is under way.
    AlreadySweeping,
    /// The fleet was swept a moment ago, and the event names no instance.
    JustSwept,
    /// The message continues a part that is done, or a sweep that nobody began.
    Outdated,
}

impl Refusal {
    /// The word in answers and logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AlreadySweeping => "already-sweeping",
            Self::JustSwept => "just-swept",
            Self::Outdated => "outdated-continuation",
        }
    }
}

/// The id of the sweep that an event requests. It is the event's own id, so that a retry continues it.
#[must_use]
pub fn name(request: &Sweep, now: Timestamp) -> String {
    match &request.event.id {
        Some(id) => id.as_text().one_line().to_string(),
        None => format!("at-{}", now.epoch_millis()),
    }
}

/// Decides on a request to sweep, by the stored state of the last sweep.
#[must_use]
pub fn claim(there: Option<Lease>, request: &Sweep, policy_hash: &str, now: Timestamp) -> Claim {
    if let Some(continues) = &request.continues {
        return match there {
            Some(lease) if lease.sweep == continues.sweep => match &lease.progress {
                // The message of the previous part: its invocation was killed between writing the table and sending
                // the next message.
                Some(progress)
                    if lease.part == continues.part
                        || lease.part.checked_sub(1) == Some(continues.part) =>
                {
                    let progress = Box::new(progress.clone());
                    Claim::GoOn(Box::new(lease), progress)
                }
                _ => Claim::Refused(Refusal::Outdated),
            },
            _ => Claim::Refused(Refusal::Outdated),
        };
    }
    let Some(lease) = there else {
        return Claim::Begin;
    };
    // A new policy doesn't wait for a sweep by the previous one.
    let is_superseded = |progress: &Progress| {
        let id = request.event.id.as_ref();
        progress.policy_hash != policy_hash
            && id.is_some_and(|id| own::asks_for_policy(id, policy_hash))
    };
    let is_fallback = request.scope == SweepScope::Running;
    match &lease.progress {
        Some(progress) if lease.sweep == name(request, now) => {
            let progress = Box::new(progress.clone());
            Claim::GoOn(Box::new(lease), progress)
        }
        Some(progress) if now < lease.until && !is_superseded(progress) => {
            Claim::Refused(Refusal::AlreadySweeping)
        }
        // When a sweep ends, so does its lease.
        None if is_fallback && now.since(lease.until) < FALLBACK_PAUSE => {
            Claim::Refused(Refusal::JustSwept)
        }
        _ => Claim::Begin,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Continuation, EventDetails, EventId, Trigger};
    use crate::testing::at;

    fn request(id: Option<&str>, scope: SweepScope, part: Option<u32>) -> Sweep {
        Sweep {
            scope,
            event: EventDetails {
                trigger: Trigger::Schedule,
                id: id.map(EventId::new),
                ..EventDetails::manual()
            },
            continues: part.map(|part| Continuation {
                sweep: id.unwrap_or_default().to_owned(),
                part,
            }),
        }
    }

    fn lease(ended: bool) -> Lease {
        let begun = at("2026-01-01T10:00:00Z");
        let event = EventDetails::manual();
        let progress = Progress::begin(SweepScope::Watched, event, begun, begun, "abc");
        Lease {
            sweep: "a".to_owned(),
            part: 3,
            until: at("2026-01-01T10:35:00Z"),
            progress: (!ended).then_some(progress),
            swept_at: None,
        }
    }

    #[test]
    fn one_sweep_at_a_time() {
        use Refusal::{AlreadySweeping, JustSwept, Outdated};
        use SweepScope::{Running, Watched};
        let refused = |why: Refusal| Some(why.as_str());
        for (minute, ended, request, expected) in [
            (
                30,
                false,
                request(Some("b"), Watched, None),
                refused(AlreadySweeping),
            ),
            (
                30,
                false,
                request(None, Running, None),
                refused(AlreadySweeping),
            ),
            (
                30,
                false,
                request(Some("a"), Watched, None),
                Some("goes on"),
            ),
            (36, false, request(Some("b"), Watched, None), None),
            (36, true, request(None, Running, None), refused(JustSwept)),
            (36, true, request(Some("b"), Watched, None), None),
            (40, true, request(None, Running, None), None),
            (
                30,
                false,
                request(Some("a"), Watched, Some(3)),
                Some("goes on"),
            ),
            (
                30,
                false,
                request(Some("a"), Watched, Some(2)),
                Some("goes on"),
            ),
            (
                30,
                false,
                request(Some("a"), Watched, Some(1)),
                refused(Outdated),
            ),
            (
                30,
                false,
                request(Some("a"), Watched, Some(4)),
                refused(Outdated),
            ),
            (
                30,
                false,
                request(Some("b"), Watched, Some(3)),
                refused(Outdated),
            ),
            (
                30,
                true,
                request(Some("a"), Watched, Some(3)),
                refused(Outdated),
            ),
        ] {
            let now = at(&format!("2026-01-01T10:{minute}:00Z"));
            let found = match claim(Some(lease(ended)), &request, "abc", now) {
                Claim::Begin => None,
                Claim::GoOn(lease, _) => (lease.part == 3).then_some("goes on"),
                Claim::Refused(why) => Some(why.as_str()),
            };
            assert_eq!(found, expected, "{minute} {ended} {request:?}");
        }
        let now = at("2026-01-01T10:00:00Z");
        let begins = request(Some("a"), Watched, None);
        assert_eq!(claim(None, &begins, "abc", now), Claim::Begin);
        let forged = request(Some("a"), Watched, Some(0));
        assert_eq!(claim(None, &forged, "abc", now), Claim::Refused(Outdated));
    }

    #[test]
    fn a_policy_that_begins_takes_the_place_of_the_one_before() {
        let now = at("2026-01-01T10:30:00Z");
        let claimed = |asked_for: &str, policy_hash| {
            let message = own::sweep_request(asked_for, now);
            let request = request(message["id"].as_str(), SweepScope::Watched, None);
            claim(Some(lease(false)), &request, policy_hash, now)
        };
        let refused = Claim::Refused(Refusal::AlreadySweeping);
        assert_eq!(claimed("new", "new"), Claim::Begin);
        assert_eq!(claimed("abc", "abc"), refused, "it is under way");
        assert_eq!(
            claimed("new", "another"),
            refused,
            "an outdated environment"
        );
    }

    #[test]
    fn a_sweep_is_named_by_its_event() {
        let now = at("1970-01-01T00:00:01Z");
        assert_eq!(
            name(&request(Some("a\nb"), SweepScope::Watched, None), now),
            "a\\nb"
        );
        assert_eq!(
            name(&request(None, SweepScope::Watched, None), now),
            "at-1000"
        );
    }
}
