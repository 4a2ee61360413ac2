//! Amazon S3: writing the audit log.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use tag_compliance_core::record::Format;

use super::error::{CallError, Failure, from_sdk};

/// The call, by the name of its IAM action.
pub const CALL: &str = "s3:PutObject";

/// The HTTP status if an object already has the key, and if another call is writing it ("How to prevent object
/// overwrites with conditional writes", Amazon S3 user guide).
const KEY_IS_TAKEN: u16 = 412;
const CONFLICT: u16 = 409;
/// How long to wait after a conflict.
const CONFLICT_PAUSE: Duration = Duration::from_millis(50);

fn content_type(format: Format) -> &'static str {
    match format {
        Format::Json => "application/json",
        Format::JsonLines => "application/x-ndjson",
    }
}

/// The result of writing an object that must not exist yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Creation {
    /// The object was written.
    Created,
    /// An object with this key exists, and stays unchanged.
    KeyIsTaken,
}

/// Writes an object unless its key is taken. S3 refuses unless `bucket_owner` owns the bucket.
///
/// While another call is writing the same key, it retries until the caller drops the future.
///
/// # Errors
/// The call failed.
pub async fn create_object(
    client: &Client,
    bucket: &str,
    bucket_owner: &str,
    key: &str,
    format: Format,
    body: &Bytes,
) -> Result<Creation, CallError> {
    loop {
        let put = client
            .put_object()
            .bucket(bucket)
            .expected_bucket_owner(bucket_owner)
            .key(key)
            .if_none_match("*")
            .content_type(content_type(format))
            .body(ByteStream::from(body.clone()));
        let result = put.send().await;
        let Err(error) = result.map_err(|error| from_sdk(CALL, &error)) else {
            return Ok(Creation::Created);
        };
        match error.failure {
            Failure::Refused { status, .. } if status == KEY_IS_TAKEN => {
                return Ok(Creation::KeyIsTaken);
            }
            Failure::Refused { status, .. } if status == CONFLICT => {
                tokio::time::sleep(CONFLICT_PAUSE).await;
            }
            _ => return Err(error),
        }
    }
}
