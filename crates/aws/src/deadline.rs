//! Calls with a deadline.

use tokio::time::{Instant, timeout_at};

use crate::error::CallError;

/// Runs `work`, which is the AWS call `call`, until `end` at the latest.
///
/// # Errors
/// The call failed, or its time is up; then it may have succeeded anyway.
pub async fn within<T>(
    end: Instant,
    call: &'static str,
    work: impl Future<Output = Result<T, CallError>>,
) -> Result<T, CallError> {
    timeout_at(end, work)
        .await
        .unwrap_or_else(|_| Err(CallError::out_of_time(call)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_call_that_hangs_ends_with_its_time() {
        let end = Instant::now() + Duration::from_secs(3);
        let hung = within(end, "sns:Publish", std::future::pending::<Result<(), _>>()).await;
        assert_eq!(Instant::now(), end);
        let error = hung.unwrap_err();
        assert!(error.is_retryable());
        assert_eq!(
            error.to_string(),
            "sns:Publish: no answer before the invocation ran out of time"
        );
        assert_eq!(within(end, "", async { Ok(1) }).await, Ok(1));
    }
}
