//! Which policy decides, where two deployments overlap.

use std::time::Duration;

use crate::timestamp::Timestamp;

/// The policy that decides, and since when.
///
/// The first deployment, a new policy, one that is rolled back, and a lost table are the same case: an
/// environment meets no era or that of another policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Era {
    /// The SHA-256 of the policy.
    pub policy_hash: String,
    /// Since when it decides.
    pub since: Timestamp,
    /// Whether its first sweep is still to end: until then, what instances violate that are older than
    /// the era is the baseline.
    pub baseline: bool,
}

/// Whoever was launched so shortly before an era is no older than it: the event of a launch may be the
/// first thing that a new deployment gets to see.
const RECENT: Duration = Duration::from_mins(15);

impl Era {
    /// What is older than this is the baseline; none where there is no baseline (any more).
    #[must_use]
    pub fn baseline_until(&self) -> Option<Timestamp> {
        self.baseline.then(|| self.since.before(RECENT))
    }
}

/// What an environment of the function makes of the era that it meets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EraStep {
    /// It decides. What is older than this is the baseline, where there is one.
    Decide {
        /// See [`Rules::baseline_until`](super::Rules::baseline_until).
        baseline_until: Option<Timestamp>,
    },
    /// It begins an era of its own, has the fleet swept, and decides.
    Begin(Era),
    /// It is the older one: a newer policy decides.
    Yield,
}

/// What an environment that started at `started_at` makes of the era that is stored.
#[must_use]
pub fn meet(
    stored: Option<&Era>,
    policy_hash: &str,
    started_at: Timestamp,
    now: Timestamp,
) -> EraStep {
    match stored {
        Some(era) if era.policy_hash == policy_hash => EraStep::Decide {
            baseline_until: era.baseline_until(),
        },
        Some(era) if started_at <= era.since => EraStep::Yield,
        _ => EraStep::Begin(Era {
            policy_hash: policy_hash.to_owned(),
            since: now,
            baseline: true,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::at;

    #[test]
    fn the_younger_environment_decides() {
        let era = |baseline| Era {
            policy_hash: "a".to_owned(),
            since: at("2026-01-01T10:00:00Z"),
            baseline,
        };
        let now = at("2026-01-02T00:00:00Z");
        let begun = |policy_hash: &str| {
            EraStep::Begin(Era {
                policy_hash: policy_hash.to_owned(),
                since: now,
                baseline: true,
            })
        };
        let decide = |baseline_until| EraStep::Decide { baseline_until };
        let (before, after) = (at("2026-01-01T09:00:00Z"), at("2026-01-01T11:00:00Z"));
        for (stored, hash, started_at, expected) in [
            (None, "a", before, begun("a")),
            (
                Some(era(true)),
                "a",
                before,
                decide(Some(at("2026-01-01T09:45:00Z"))),
            ),
            (Some(era(false)), "a", after, decide(None)),
            (Some(era(false)), "b", after, begun("b")),
            (Some(era(false)), "b", before, EraStep::Yield),
            (Some(era(false)), "b", era(false).since, EraStep::Yield),
        ] {
            assert_eq!(meet(stored.as_ref(), hash, started_at, now), expected);
        }
    }
}
