//! The Lambda function: from an event to its audit record, metrics and alert.
//!
//! [`handler`] parses an invocation and dispatches it. [`check`] and [`sweep`] look at instances, and
//! `tag_compliance_core` evaluates and decides. [`delivery`] carries out the decision with the calls of
//! `tag_compliance_aws`. `ARCHITECTURE.md` follows an event through the files.

pub mod answer;
pub mod budget;
pub mod check;
pub mod config;
pub mod context;
pub mod counting;
pub mod delivery;
pub mod error;
pub mod handler;
pub mod logging;
pub mod memory;
pub mod sqs_batch;
pub mod sweep;
pub mod teller;
pub mod test_message;
