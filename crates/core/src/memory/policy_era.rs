//! Which policy is in force while two deployments overlap.

use std::time::Duration;

use crate::timestamp::Timestamp;

/// The policy in force, and since when.
///
/// The first deployment, a new policy, one that is rolled back, and a lost table are the same case: an
/// environment meets no era or that of another policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Era {
    /// The SHA-256 of the policy.
    pub policy_hash: String,
    /// Since when it has been in force.
    pub since: Timestamp,
    /// Whether its first sweep has yet to end: until then, violations of instances older than the era are the
    /// baseline.
    pub baseline: bool,
}

/// An instance launched so shortly before an era does not count as older: its launch event may be the first thing
/// that a new deployment sees.
const RECENT: Duration = Duration::from_mins(15);

impl Era {
    /// Older instances are the baseline; none if there is no baseline (any more).
    #[must_use]
    pub fn baseline_until(&self) -> Option<Timestamp> {
        self.baseline.then(|| self.since.before(RECENT))
    }
}

/// How an environment of the function reacts to the era that it meets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EraStep {
    /// It decides. Older instances are the baseline, if there is one.
    Decide {
        /// See [`Rules::baseline_until`](super::Rules::baseline_until).
        baseline_until: Option<Timestamp>,
    },
    /// It begins an era of its own, has the fleet swept, and decides.
    Begin(Era),
    /// It is outdated: a newer policy is in force.
    Yield,
}

/// How an environment that started at `started_at` reacts to the stored era.
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
