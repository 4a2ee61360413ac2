//! The calls to AWS, one file a service.
//!
//! Each call is a function over the SDK's `&Client`, and fails with a [`error::CallError`] that tells
//! whether another try may succeed. The crate knows what is sent and what comes back
//! (`tag_compliance_core`), and not who calls.

pub mod batch;
pub mod clients;
pub mod cloudwatch;
pub mod deadline;
pub mod ec2;
mod environment;
pub mod error;
#[cfg(feature = "lambda")]
pub mod lambda;
pub mod networks;
pub mod profiles;
pub mod s3;
pub mod sns;
pub mod sqs;
pub mod state_table;
