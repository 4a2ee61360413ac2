//! The calls to AWS, one file a service.

pub mod batch;
pub mod clients;
pub mod cloudwatch;
pub mod ec2;
mod environment;
pub mod error;
pub mod s3;
pub mod sns;
pub mod sqs;
