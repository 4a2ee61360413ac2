//! The Lambda function: what happens between an event and its audit record, metrics and alert.
//!
//! [`handler`] parses an invocation and hands it on; [`check`] and [`sweep`] look at instances and
//! have `tag_compliance_core` evaluate and decide; [`delivery`] carries out what was decided, by the
//! calls of `tag_compliance_aws`. `ARCHITECTURE.md` follows an event through the files.

pub mod answer;
pub mod budget;
pub mod check;
pub mod config;
pub mod context;
pub mod delivery;
pub mod error;
pub mod handler;
pub mod logging;
pub mod memory;
pub mod sqs_batch;
pub mod sweep;
pub mod teller;
