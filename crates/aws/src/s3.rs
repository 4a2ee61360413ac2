//! Amazon S3: writing the audit log.

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;

use super::error::{CallError, from_sdk};

/// The call, named as IAM names its action.
pub const CALL: &str = "s3:PutObject";

/// The format of an object of the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One record.
    Json,
    /// One record a line.
    JsonLines,
}

impl Format {
    fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::JsonLines => "application/x-ndjson",
        }
    }
}

/// Writes an object, or overwrites it. S3 refuses unless `bucket_owner` owns the bucket.
///
/// # Errors
/// The call failed.
pub async fn put_object(
    client: &Client,
    bucket: &str,
    bucket_owner: &str,
    key: &str,
    format: Format,
    body: Vec<u8>,
) -> Result<(), CallError> {
    client
        .put_object()
        .bucket(bucket)
        .expected_bucket_owner(bucket_owner)
        .key(key)
        .content_type(format.content_type())
        .body(ByteStream::from(body))
        .send()
        .await
        .map(drop)
        .map_err(|error| from_sdk(CALL, &error))
}
