//! Calls to AWS, one file a service.
//!
//! Each call is a function that takes the SDK's `&Client`. It fails with an [`error::CallError`], which says whether
//! a retry may succeed. The crate knows what is sent and received (`tag_compliance_core`), but not who calls.

pub mod batch;
pub mod clients;
pub mod cloudwatch;
pub mod deadline;
pub mod ec2;
mod environment;
pub mod error;
pub mod event_bus;
#[cfg(feature = "lambda")]
pub mod lambda;
pub mod networks;
pub mod profiles;
pub mod s3;
pub mod sns;
pub mod sqs;
pub mod state_table;
