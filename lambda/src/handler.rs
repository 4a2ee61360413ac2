//! One invocation, from what Lambda hands over to the answer.

use serde_json::Value;
use tracing::{error, info};

use crate::answer::Answer;
use crate::aws::clients::Clients;
use crate::budget::Budget;
use crate::config::Config;
use crate::error::Error;
use crate::event::{self, Event, Request};
use crate::instance::Instance;
use crate::policy::Subject;
use crate::timestamp::Timestamp;
use crate::{batch, check, sweep};

/// Everything that an invocation needs and the next one uses again.
#[derive(Debug, Clone)]
pub struct Checker {
    /// The configuration.
    pub config: Config,
    /// The SDK clients.
    pub clients: Clients,
    /// Tells the time.
    pub clock: fn() -> Timestamp,
}

impl Checker {
    /// An instance of the region, as the policy judges it.
    pub(crate) fn subject<'a>(&'a self, instance: &'a Instance, read_at: Timestamp) -> Subject<'a> {
        Subject {
            instance,
            region: &self.config.region,
            now: read_at,
        }
    }

    /// Does what the event asks for, until Lambda's `deadline` at most.
    ///
    /// # Errors
    /// The event can't be understood, or a call that matters failed; a batch reports the messages
    /// that failed in its answer instead.
    pub async fn handle(&self, payload: &Value, deadline: Timestamp) -> Result<Answer, Error> {
        let budget = Budget::until(deadline, (self.clock)());
        let event_id = payload["id"].as_str();
        let detail_type = payload["detail-type"].as_str();
        let records = payload["Records"].as_array().map(Vec::len);
        info!(event_id, detail_type, records, "Event received");
        let result = match event::parse(payload) {
            Ok(Event::Single(Request::Check(check))) => {
                check::check_one(self, &budget, &check).await
            }
            Ok(Event::Single(Request::Sweep(sweep))) => {
                Box::pin(sweep::sweep(self, &budget, &sweep)).await
            }
            Ok(Event::Single(Request::Ignore(reason))) => Ok(Answer::ignored(reason)),
            Ok(Event::Batch(records)) => {
                Ok(Box::pin(batch::work_through(self, &budget, &records)).await)
            }
            Err(error) => Err(error.into()),
        };
        result.inspect_err(|error| {
            let error_type = error.error_type();
            let retryable = error.is_retryable();
            error!(error_type, retryable, "Event failed: {error}");
        })
    }
}
