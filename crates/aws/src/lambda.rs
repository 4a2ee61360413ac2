//! AWS Lambda: invoking the function by hand.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::Builder;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;

use crate::error::{CallError, from_sdk};

/// `Invoke` needs the permission `lambda:InvokeFunction`.
const CALL: &str = "lambda:InvokeFunction";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Longer than the function's timeout of 60 seconds; otherwise the client would give up on a running invocation.
const INVOCATION_TIMEOUT: Duration = Duration::from_secs(90);

/// What a function answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The response payload, which is JSON.
    pub payload: Vec<u8>,
    /// The function error, `Handled` or `Unhandled`; none if it succeeded.
    pub error: Option<String>,
}

/// A function, invoked synchronously.
#[derive(Debug, Clone)]
pub struct Function {
    client: Client,
    name: String,
}

impl Function {
    /// The function with this name or ARN, in the configuration's region. The SDK never retries an invocation,
    /// because the function may have run.
    #[must_use]
    pub fn new(config: &SdkConfig, name: &str) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(INVOCATION_TIMEOUT)
            .operation_attempt_timeout(INVOCATION_TIMEOUT);
        let config = Builder::from(config)
            .timeout_config(timeouts.build())
            .retry_config(RetryConfig::disabled());
        Self {
            client: Client::from_conf(config.build()),
            name: name.to_owned(),
        }
    }

    /// Invokes it with `payload`, and waits for the answer.
    ///
    /// # Errors
    /// It didn't run, or there was no answer and it may have run.
    pub async fn invoke(&self, payload: Vec<u8>) -> Result<Answer, CallError> {
        let output = self
            .client
            .invoke()
            .function_name(&self.name)
            .invocation_type(InvocationType::RequestResponse)
            .payload(Blob::new(payload))
            .send()
            .await
            .map_err(|error| from_sdk(CALL, &error))?;
        Ok(Answer {
            payload: output.payload.map(Blob::into_inner).unwrap_or_default(),
            error: output.function_error,
        })
    }
}
