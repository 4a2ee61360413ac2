//! A sweep's progress and findings, which one invocation hands to the next.

pub mod lease;
pub mod ledger;
pub mod partition;
pub mod progress;
pub mod standing;
pub mod totals;
