//! One invocation, from Lambda's payload to the answer.

use serde_json::Value;
use tag_compliance_core::event::{self, Event, Request};
use tag_compliance_core::timestamp::Timestamp;
use tracing::{error, info};

use crate::answer::Answer;
use crate::budget::Budget;
use crate::context::Context;
use crate::error::Error;
use crate::{check, sqs_batch, sweep, teller, test_message};

/// Handles one event, until Lambda's `deadline` at the latest.
///
/// # Errors
/// The event is invalid, or a call that matters failed. A batch reports failed messages in its answer instead.
pub async fn handle(
    context: &Context,
    payload: &Value,
    deadline: Timestamp,
) -> Result<Answer, Error> {
    let budget = Budget::until(deadline, (context.clock)());
    let event_id = payload["id"].as_str();
    let detail_type = payload["detail-type"].as_str();
    let records = payload["Records"].as_array().map(Vec::len);
    info!(event_id, detail_type, records, "Event received");
    let result = match event::parse(payload) {
        Ok(Event::Single(Request::Check(checks))) => {
            Box::pin(check::check_event(context, &budget, &checks)).await
        }
        Ok(Event::Single(Request::Sweep(sweep))) => {
            Box::pin(sweep::sweep(context, &budget, &sweep)).await
        }
        Ok(Event::Single(Request::Tell(group))) => {
            Box::pin(teller::tell_group(context, &budget, &group)).await
        }
        Ok(Event::Single(Request::TellOverdue)) => {
            Box::pin(teller::tell_overdue(context, &budget)).await
        }
        Ok(Event::Single(Request::Test)) => Box::pin(test_message::send(context, &budget)).await,
        Ok(Event::Wake(ids)) => Box::pin(teller::tell(context, &budget, &ids)).await,
        Ok(Event::Single(Request::Ignore(reason))) => {
            let word = reason.as_str();
            info!(reason = word, "Event ignored");
            Ok(Answer::ignored(reason))
        }
        Ok(Event::Batch(records)) => {
            Ok(Box::pin(sqs_batch::work_through(context, &budget, &records)).await)
        }
        Err(error) => Err(error.into()),
    };
    result.inspect_err(|error| {
        let error_type = error.error_type();
        let retryable = error.is_retryable();
        error!(error_type, retryable, "Event failed: {error}");
    })
}
