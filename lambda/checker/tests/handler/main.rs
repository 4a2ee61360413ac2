//! The handler as a whole, against mocked SDK clients: which calls it makes, in which order, and
//! what becomes of their failures.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod append_only;
mod batch;
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
mod teller;
