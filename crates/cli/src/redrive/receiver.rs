//! The function that gets the events.

use std::time::Duration;

use serde_json::Value;
use tag_compliance_aws::lambda::{Answer, Function};
use tokio::time::{Instant, sleep};

use super::pace::Pace;
use super::signals::Signals;
use super::words::verdict;
use crate::aws::Patience;
use crate::error::Error;

/// The function that gets the events.
pub struct Receiver {
    pub function: Function,
    pub name: String,
    pub pace: Pace,
    /// For how long a function that has no room for another invocation is asked again.
    pub patience: Patience,
    /// For how long the answer to an event is awaited after a signal.
    pub grace: Duration,
}

impl Receiver {
    /// What the function made of the event: a word or two, or why it stays. None where a signal came, and
    /// nobody knows.
    pub async fn hand_over(
        &mut self,
        event: &Value,
        signals: &mut Signals,
    ) -> Result<Option<Result<String, String>>, Error> {
        let mut patience = self.patience.clone();
        loop {
            let wait = self.pace.wait(Instant::now());
            signals.while_none(sleep(wait)).await?;
            let invoked = self.function.invoke(event.to_string().into_bytes());
            match signals.until_after(self.grace, invoked).await {
                None => return Ok(None),
                Some(Ok(answer)) => {
                    return Ok(Some(verdict(&read(&answer), answer.error.as_deref())));
                }
                // Else it may have run.
                Some(Err(error)) if error.is_throttled() => {
                    let wait = patience.after(&error).ok_or(error)?;
                    signals.while_none(sleep(wait)).await?;
                }
                Some(Err(error)) => return Err(error.into()),
            }
        }
    }
}

/// The answer as JSON, as which other text is a string.
fn read(answer: &Answer) -> Value {
    let text = || String::from_utf8_lossy(&answer.payload).into_owned();
    serde_json::from_slice(&answer.payload).unwrap_or_else(|_| Value::String(text()))
}
