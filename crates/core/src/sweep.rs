//! Where a sweep is, and what it found: values that one invocation hands to the next.

pub mod lease;
pub mod ledger;
pub mod partition;
pub mod progress;
pub mod standing;
pub mod totals;
