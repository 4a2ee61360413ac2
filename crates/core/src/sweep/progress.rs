//! A sweep's progress in the state table, for the next invocation.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::partition::Partition;
use super::totals::Totals;
use crate::event::{EventDetails, SweepScope};
use crate::packed;
use crate::timestamp::Timestamp;

/// The progress of a sweep. The totals are stored with the partitions that are left, so that a part which is
/// repeated starts from the same totals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Progress {
    /// Which instances it checks.
    pub scope: SweepScope,
    /// The event that asked for it.
    pub event: EventDetails,
    /// When the sweep counts as having happened, which is in the keys of its audit objects.
    pub recorded_at: Timestamp,
    /// When it began.
    pub begun_at: Timestamp,
    /// How many invocations have worked on it.
    pub invocations: u32,
    /// The fingerprint of the policy it evaluates by.
    pub policy_hash: String,
    /// The partitions that are left to read; none before the first page.
    pub partitions: Vec<Partition>,
    #[serde(serialize_with = "pack", deserialize_with = "unpack")]
    pub totals: Totals,
    /// What has been done at its end; none while there is something to read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
}

/// What has been done at a sweep's end. What failed is tried again, and nothing else is repeated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ended {
    /// Whether the alert topic has the digest.
    pub is_on_topic: bool,
    /// Whether the event bus has the events.
    pub is_on_bus: bool,
    /// Whether the totals were sent as metrics.
    pub is_counted: bool,
}

impl Progress {
    /// A sweep that is to begin.
    #[must_use]
    pub fn begin(
        scope: SweepScope,
        event: EventDetails,
        recorded_at: Timestamp,
        begun_at: Timestamp,
        policy_hash: &str,
    ) -> Self {
        Self {
            scope,
            event,
            recorded_at,
            begun_at,
            invocations: 0,
            policy_hash: policy_hash.to_owned(),
            partitions: Vec::new(),
            totals: Totals::default(),
            ended: None,
        }
    }
}

/// The most bytes of totals, which take about 300 KiB at most.
const MAX_TOTALS: u64 = 4 * 1024 * 1024;

/// Compressed, since an item holds 400 KB, which many owners' names could exceed.
fn pack<S: Serializer>(totals: &Totals, serializer: S) -> Result<S::Ok, S::Error> {
    let json = serde_json::to_vec(totals).map_err(serde::ser::Error::custom)?;
    let packed = packed::pack(&json).map_err(serde::ser::Error::custom)?;
    serializer.serialize_str(&packed)
}

fn unpack<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Totals, D::Error> {
    let text = String::deserialize(deserializer)?;
    let malformed = |error: &dyn std::fmt::Display| {
        serde::de::Error::custom(format!("totals are not gzipped JSON in base64: {error}"))
    };
    let json = packed::unpack(&text, MAX_TOTALS).map_err(|error| malformed(&error))?;
    serde_json::from_slice(&json).map_err(|error| malformed(&error))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::instance::Instance;
    use crate::sweep::partition::Slice;
    use crate::testing::{at, instance, policy, subject, tags};

    fn progress(totals: Totals) -> Progress {
        let begun = Progress::begin(
            SweepScope::Watched,
            EventDetails::manual(),
            at("2025-12-03T10:00:00.042Z"),
            at("2025-12-03T10:00:01Z"),
            "abc",
        );
        Progress { totals, ..begun }
    }

    /// Characters that don't compress, in 4 bytes each.
    fn noise(seed: &mut u32, length: usize) -> String {
        let next = |_| {
            *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            char::from_u32(0x2_0000 + (*seed >> 16) % 0xA000).unwrap()
        };
        (0..length).map(next).collect()
    }

    #[test]
    fn the_largest_fits_into_an_item_and_is_read_as_it_was_written() {
        let policy = policy(
            &json!({"required_tags": [{"key": "Owner", "allowed_values": ["x"]}, {"key": "Team"}]}),
        );
        let mut totals = Totals::default();
        let mut seed = 1;
        for _ in 0..2 {
            let mut page = Totals::default();
            for _ in 0..1_000 {
                let owner = noise(&mut seed, 256);
                let maker = noise(&mut seed, 100);
                let instance: Instance = instance(tags(&[
                    ("Owner", &owner),
                    ("aws:autoscaling:groupName", &maker),
                    ("aws:cloudformation:stack-name", &maker),
                ]));
                let evaluation = policy.evaluate(&subject(&instance));
                page.add(&policy, &instance, &evaluation, at("2026-01-01T10:00:00Z"));
            }
            totals.merge(page);
        }
        let mut progress = progress(totals);
        progress.partitions = (0..Slice::DIGITS)
            .map(|digit| Partition {
                slice: Slice::LastDigit(digit),
                pages: 1_000,
                next_token: Some(noise(&mut seed, 500)),
                is_read: true,
                asked_to: Some(noise(&mut seed, 19)),
            })
            .collect();
        let text = serde_json::to_string(&progress).unwrap();
        let size = text.len();
        assert!(size < 350_000, "{size}");
        assert!(size > 100_000, "{size}: the test is too easy");
        assert_eq!(serde_json::from_str::<Progress>(&text).unwrap(), progress);
    }

    #[test]
    fn totals_that_are_not_packed_are_refused() {
        let mut value = serde_json::to_value(progress(Totals::default())).unwrap();
        value["totals"] = json!("%");
        let error = serde_json::from_value::<Progress>(value).unwrap_err();
        let expected = "totals are not gzipped JSON in base64: Invalid symbol 37, offset 0.";
        assert_eq!(error.to_string(), expected);
    }
}
