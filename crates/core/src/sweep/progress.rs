//! Where a sweep is when the time of an invocation is over.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::partition::Partition;
use super::totals::Totals;
use crate::packed;
use crate::timestamp::Timestamp;

/// Where a sweep is. What it found goes along with what is left to read, so that a part which is done
/// again starts from the same totals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Progress {
    /// When the sweep counts as having happened, which is in the keys of its audit objects.
    pub recorded_at: Timestamp,
    /// How many invocations have worked on it.
    pub invocations: u32,
    /// By which policy it evaluates.
    pub policy_hash: String,
    /// What is left to read; before the first page nothing is known of that.
    pub partitions: Vec<Partition>,
    /// What was found.
    #[serde(serialize_with = "pack", deserialize_with = "unpack")]
    pub totals: Totals,
}

impl Progress {
    /// A sweep that is to begin.
    #[must_use]
    pub fn begin(recorded_at: Timestamp, policy_hash: &str) -> Self {
        Self {
            recorded_at,
            invocations: 0,
            policy_hash: policy_hash.to_owned(),
            partitions: Vec::new(),
            totals: Totals::default(),
        }
    }
}

/// The most bytes of totals; they are some 300 KiB at most.
const MAX_TOTALS: u64 = 4 * 1024 * 1024;

/// Packed, since a message holds 256 KiB, which the names of many owners could exceed.
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
