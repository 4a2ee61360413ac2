//! The function that gets the events.

use std::time::Duration;

use serde_json::Value;
use tag_compliance_aws::lambda::{Answer, Function};
use tokio::time::{Instant, sleep};

use super::error::RedriveError;
use super::pace::Pace;
use super::signals::Signals;
use super::words::result;
use crate::aws::Patience;

/// The function that gets the events.
pub struct Receiver {
    pub function: Function,
    pub name: String,
    pub pace: Pace,
    /// How long to retry a throttled function.
    pub patience: Patience,
    /// How long to wait for an answer after a signal.
    pub grace: Duration,
}

impl Receiver {
    /// What the function answered, in a word or two, or why the event stays. None if a signal arrived, so that
    /// the outcome is unknown.
    pub async fn hand_over(
        &mut self,
        event: &Value,
        signals: &mut Signals,
    ) -> Result<Option<Result<String, String>>, RedriveError> {
        let mut patience = self.patience.clone();
        loop {
            let wait = self.pace.wait(Instant::now());
            signals.while_none(sleep(wait)).await?;
            let invoked = self.function.invoke(event.to_string().into_bytes());
            match signals.until_after(self.grace, invoked).await {
                None => return Ok(None),
                Some(Ok(answer)) => {
                    return Ok(Some(result(&read(&answer), answer.error.as_deref())));
                }
                // After any other error it may have run.
                Some(Err(error)) if error.is_throttled() => {
                    let wait = patience.after(&error).ok_or(error)?;
                    signals.while_none(sleep(wait)).await?;
                }
                Some(Err(error)) => return Err(error.into()),
            }
        }
    }
}

/// The answer as JSON; other text as a string.
fn read(answer: &Answer) -> Value {
    let text = || String::from_utf8_lossy(&answer.payload).into_owned();
    serde_json::from_slice(&answer.payload).unwrap_or_else(|_| Value::String(text()))
}
