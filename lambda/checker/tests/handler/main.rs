//! The whole handler against mocked SDK clients: its calls, their order, and what follows from their failures.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod append_only;
mod batch;
mod batch_records;
mod counting;
mod failures;
mod large_sweep;
mod leases;
mod logs;
mod memory;
mod policy;
mod reconcile;
mod settling;
mod single;
mod support;
mod sweep;
mod sweep_told;
mod teller;
mod test_message;
