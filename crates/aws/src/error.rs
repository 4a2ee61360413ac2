//! How a call to AWS fails.

use aws_runtime::retries::classifiers::{THROTTLING_ERRORS, TRANSIENT_ERRORS};
use aws_sdk_ec2::config::http::HttpResponse;
use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};

use crate::networks::with_proxy;

/// A call to AWS failed, after the SDK's own retries.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{call}: {failure}")]
pub struct CallError {
    /// The call, by the name of its IAM action, such as `ec2:DescribeInstances`.
    pub call: &'static str,
    pub failure: Failure,
}

/// How a call failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The service is overloaded or failing, and may accept the same call later.
    #[error("the service was unavailable: {code}: {message} (HTTP {status})")]
    Unavailable {
        /// AWS's error code.
        code: String,
        /// AWS's message.
        message: String,
        status: u16,
    },
    /// The service refused the call: a permission, a name or a setting is wrong.
    #[error("the service refused: {code}: {message} (HTTP {status})")]
    Refused {
        /// AWS's error code.
        code: String,
        /// AWS's message.
        message: String,
        status: u16,
    },
    /// There was no answer or an unreadable one: the connection failed or timed out.
    #[error("no answer: {0}")]
    NoAnswer(String),
    /// Another write to the same item came first, in every attempt.
    #[error("other writes came first each time")]
    Contended,
    /// The invocation ran out of time.
    #[error("no answer before the invocation ran out of time")]
    OutOfTime,
    /// The request couldn't be built, which is a bug of ours.
    #[error("the request could not be made: {0}")]
    NotSent(String),
    /// An item of the state table isn't one that the function writes.
    #[error("the item cannot be read: {0}")]
    UnreadableItem(String),
    /// The answer lacks something that AWS documents.
    #[error("the answer cannot be used: {0}")]
    UnusableAnswer(String),
}

impl CallError {
    #[must_use]
    pub fn new(call: &'static str, failure: Failure) -> Self {
        Self { call, failure }
    }

    /// The error of a `call` for which the invocation ran out of time.
    #[must_use]
    pub fn out_of_time(call: &'static str) -> Self {
        Self::new(call, Failure::OutOfTime)
    }

    /// Whether the same call may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self.failure {
            Failure::Unavailable { .. }
            | Failure::NoAnswer(_)
            | Failure::Contended
            | Failure::OutOfTime
            | Failure::UnreadableItem(_)
            | Failure::UnusableAnswer(_) => true,
            Failure::Refused { .. } | Failure::NotSent(_) => false,
        }
    }

    /// Whether the service took the call, but not this entry of its batch.
    #[must_use]
    pub fn is_of_entry(&self) -> bool {
        matches!(
            self.failure,
            Failure::Unavailable { status: 200, .. } | Failure::Refused { status: 200, .. }
        )
    }

    /// Whether the service throttled the call.
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        matches!(&self.failure, Failure::Unavailable { code, .. }
            if THROTTLING_ERRORS.contains(&code.as_str()))
    }
}

/// Maps the SDK's errors to ours, for all calls. `call` is the name of the IAM action.
pub fn from_sdk<E>(call: &'static str, error: &SdkError<E, HttpResponse>) -> CallError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let failure = match error {
        // The call may have succeeded, but its answer can't be read.
        SdkError::ServiceError(context) if context.raw().status().is_success() => {
            Failure::UnusableAnswer(sources(error))
        }
        SdkError::ServiceError(context) => {
            let status = context.raw().status().as_u16();
            let code = context.err().code().unwrap_or("unknown").to_owned();
            let message = context.err().message().unwrap_or("no message").to_owned();
            let transient = status >= 500
                || THROTTLING_ERRORS.contains(&code.as_str())
                || TRANSIENT_ERRORS.contains(&code.as_str());
            if transient {
                Failure::Unavailable {
                    code,
                    message,
                    status,
                }
            } else {
                Failure::Refused {
                    code,
                    message,
                    status,
                }
            }
        }
        SdkError::ConstructionFailure(_) => Failure::NotSent(sources(error)),
        _ => Failure::NoAnswer(with_proxy(sources(error))),
    };
    CallError::new(call, failure)
}

/// An error with its causes, which the SDK's `Display` leaves out.
fn sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
