//! How a call to AWS fails.

use aws_runtime::retries::classifiers::{THROTTLING_ERRORS, TRANSIENT_ERRORS};
use aws_sdk_ec2::config::http::HttpResponse;
use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};

use crate::networks::with_proxy;

/// A call to AWS failed, after the SDK's own retries.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{call}: {failure}")]
pub struct CallError {
    /// The call, named as IAM names its action, such as `ec2:DescribeInstances`.
    pub call: &'static str,
    /// How it failed.
    pub failure: Failure,
}

/// How a call failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The service is overloaded or in trouble: it may accept the same call later.
    #[error("the service could not answer: {code}: {message} (HTTP {status})")]
    Unavailable {
        /// AWS's error code.
        code: String,
        /// AWS's message.
        message: String,
        /// The HTTP status.
        status: u16,
    },
    /// The service refused the call: permissions, a name or a setting is wrong.
    #[error("the service refused: {code}: {message} (HTTP {status})")]
    Refused {
        /// AWS's error code.
        code: String,
        /// AWS's message.
        message: String,
        /// The HTTP status.
        status: u16,
    },
    /// No answer, or none that can be read: the connection failed or time ran out.
    #[error("no answer: {0}")]
    NoAnswer(String),
    /// Other writes of the same item came before, each time.
    #[error("other writes came before, each time")]
    Contended,
    /// The invocation had no more time for it.
    #[error("no answer before the time of the invocation was over")]
    OutOfTime,
    /// The request could not be made: it is wrong on our side.
    #[error("the request could not be made: {0}")]
    NotSent(String),
    /// An item of the state table is not what the function writes.
    #[error("the item can't be read: {0}")]
    UnreadableItem(String),
    /// The answer lacks what AWS promises.
    #[error("the answer can't be used: {0}")]
    UnusableAnswer(String),
}

impl CallError {
    /// `call` failed in this way.
    #[must_use]
    pub fn new(call: &'static str, failure: Failure) -> Self {
        Self { call, failure }
    }

    /// The invocation had no more time for `call`.
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

    /// Whether the service wants to be asked less often.
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        matches!(&self.failure, Failure::Unavailable { code, .. }
            if THROTTLING_ERRORS.contains(&code.as_str()))
    }
}

/// The one place where the SDK's errors become ours. `call` is named as IAM names its action.
pub fn from_sdk<E>(call: &'static str, error: &SdkError<E, HttpResponse>) -> CallError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let failure = match error {
        // It was done, perhaps, but what was answered can't be read.
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

/// An error with its causes, which the SDK's own text leaves out.
fn sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
