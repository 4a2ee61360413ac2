//! What makes an invocation fail.

use lambda_runtime::Diagnostic;
use tag_compliance_aws::error::CallError;
use tag_compliance_core::json::FieldError;

/// Why an invocation fails. Lambda retries it, and finally sends the event to the dead-letter queue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The event is invalid. A retry fails again.
    #[error("invalid event: {0}")]
    Event(#[from] FieldError),
    /// A call to AWS failed after the SDK's own retries.
    #[error(transparent)]
    Call(#[from] CallError),
    /// A newer policy is in force. The retry reaches an environment that has it.
    #[error("a newer policy is in force: this environment of the function is outdated")]
    Outdated,
    /// The sweep isn't done after this many invocations. A retry fails again.
    #[error("the sweep is unfinished after {0} invocations")]
    EndlessSweep(u32),
}

impl Error {
    /// Whether the same event may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Event(_) | Self::EndlessSweep(_) => false,
            Self::Outdated => true,
            Self::Call(error) => error.is_retryable(),
        }
    }

    /// The `errorType` in Lambda's error response.
    #[must_use]
    pub fn error_type(&self) -> &'static str {
        match self {
            Self::Event(_) => "InvalidEvent",
            Self::EndlessSweep(_) => "EndlessSweep",
            Self::Outdated => "OutdatedEnvironment",
            Self::Call(error) if error.is_retryable() => "AwsCallFailed",
            Self::Call(_) => "AwsCallRefused",
        }
    }
}

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        Self {
            error_type: error.error_type().to_owned(),
            error_message: error.to_string(),
        }
    }
}
