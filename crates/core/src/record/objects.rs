//! The objects of the audit log: which records share one, and under which key.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::{AuditRecord, PREFIX, later_key};
use crate::timestamp::Timestamp;

/// How large an object of a batch becomes. A single record may be larger.
const MAX_BATCH_BYTES: usize = 4 * 1024 * 1024;
/// How much of the SHA-256 is in a key.
const HASH_BYTES: usize = 16;

/// Which records of a batch share an object.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Layout {
    /// None: each is an object.
    #[default]
    Each,
    /// Those of a day.
    Batch,
}

/// The format of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One record.
    Json,
    /// One record per line.
    JsonLines,
}

/// An object of the audit log, to be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    pub key: String,
    /// The key to use if an earlier look has taken `key`. None if the key says what is in the object, so that whatever
    /// has it is this object.
    pub later_key: Option<String>,
    pub format: Format,
    /// How many records it holds.
    pub records: u64,
    pub body: Vec<u8>,
}

impl Object {
    /// A page of a sweep, from lines that each end in a line feed.
    #[must_use]
    pub fn page(key: String, looked_at: Timestamp, records: u64, lines: Vec<u8>) -> Self {
        Self {
            later_key: Some(later_key(&key, looked_at)),
            key,
            format: Format::JsonLines,
            records,
            body: lines,
        }
    }

    fn single(record: &AuditRecord<'_>, recorded_at: Timestamp) -> Self {
        let key = record.key(recorded_at);
        Self {
            later_key: Some(later_key(&key, record.timestamp)),
            key,
            format: Format::Json,
            records: 1,
            body: record.to_json(),
        }
    }

    /// `recorded_at` is the earliest of its records.
    fn batch(recorded_at: Timestamp, records: u64, body: Vec<u8>) -> Self {
        Self {
            key: batch_key(recorded_at, &body),
            later_key: None,
            format: Format::JsonLines,
            records,
            body,
        }
    }
}

/// The key of a batch's object: `scans/YYYY-MM-DD/batch-{epochMillis}-{hash}.jsonl`, with the first half of the body's
/// SHA-256.
fn batch_key(recorded_at: Timestamp, body: &[u8]) -> String {
    let hash = hex::encode(&Sha256::digest(body)[..HASH_BYTES]);
    format!(
        "{PREFIX}{}/batch-{}-{hash}.jsonl",
        recorded_at.date(),
        recorded_at.epoch_millis()
    )
}

/// The objects that hold some records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objects {
    pub all: Vec<Object>,
    /// For each record, in order, the index of its object.
    pub holders: Vec<usize>,
}

impl Objects {
    /// Puts records, each with the time of its key, into objects.
    ///
    /// What a batch's object is depends on its records alone, not on their order: the same looks have the same key and
    /// body. A redelivered event has a new look, and so is in another object.
    #[must_use]
    pub fn of(records: &[(&AuditRecord<'_>, Timestamp)], layout: Layout) -> Self {
        match layout {
            Layout::Each => Self {
                all: records
                    .iter()
                    .map(|&(it, at)| Object::single(it, at))
                    .collect(),
                holders: (0..records.len()).collect(),
            },
            Layout::Batch => Self::of_days(records),
        }
    }

    fn of_days(records: &[(&AuditRecord<'_>, Timestamp)]) -> Self {
        let mut days: BTreeMap<String, Vec<Line>> = BTreeMap::new();
        for (record, &(of, recorded_at)) in records.iter().enumerate() {
            let mut text = of.to_json();
            text.push(b'\n');
            let lines = days.entry(recorded_at.date()).or_default();
            lines.push(Line {
                text,
                recorded_at,
                record,
            });
        }
        let mut objects = Self {
            all: Vec::with_capacity(days.len()),
            holders: vec![0; records.len()],
        };
        for mut lines in days.into_values() {
            lines.sort_unstable();
            let mut rest = lines.as_slice();
            while !rest.is_empty() {
                let (first, others) = rest.split_at(fitting(rest));
                objects.add(first);
                rest = others;
            }
        }
        objects
    }

    fn add(&mut self, lines: &[Line]) {
        for line in lines {
            self.holders[line.record] = self.all.len();
        }
        let recorded_at = lines.iter().map(|it| it.recorded_at).min();
        let body: Vec<&[u8]> = lines.iter().map(|it| it.text.as_slice()).collect();
        self.all.push(Object::batch(
            recorded_at.unwrap_or_default(),
            lines.len() as u64,
            body.concat(),
        ));
    }

    /// The key of each record's object, in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        let holders = self.holders.iter();
        holders.map(|&holder| self.all[holder].key.as_str())
    }
}

/// A record as a line.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    text: Vec<u8>,
    recorded_at: Timestamp,
    /// The index of the record.
    record: usize,
}

/// How many of these lines, at least one, fit into an object.
fn fitting(lines: &[Line]) -> usize {
    let mut bytes = 0;
    let fit = lines.iter().take_while(|line| {
        bytes += line.text.len();
        bytes <= MAX_BATCH_BYTES
    });
    fit.count().max(1)
}

#[cfg(test)]
mod tests;
