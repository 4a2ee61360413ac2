//! What makes an invocation fail.

use lambda_runtime::Diagnostic;
use tag_compliance_aws::error::CallError;
use tag_compliance_core::json::FieldError;

/// Why an invocation fails. Lambda tries it again, and at last sends the event to the dead-letter
/// queue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The event is not one that can be understood. Final.
    #[error("invalid event: {0}")]
    Event(#[from] FieldError),
    /// A call to AWS failed after the SDK's own retries.
    #[error(transparent)]
    Call(#[from] CallError),
    /// An environment with a newer policy decides by now; the same event comes to it next time.
    #[error("a newer policy decides: this environment of the function is outdated")]
    Outdated,
    /// A sweep has gone through this many invocations, and is not done. Final.
    #[error("the sweep is not done after {0} invocations")]
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

    /// The `errorType` of the function's error answer.
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
