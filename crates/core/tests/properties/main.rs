//! Properties that hold for any input: events, policies, tags and times, mutated and generated.
//!
//! Each property runs some hundred cases; `PROPTEST_CASES` says how many instead.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod alerts;
mod batches;
mod bombs;
mod channels;
mod digests;
mod evaluations;
mod events;
mod fixes;
mod mutation;
mod objects;
mod patterns;
mod policies;
mod records;
mod secrets;
mod support;
mod times;
