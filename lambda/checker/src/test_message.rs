//! Sends a test message by every voice.

use tag_compliance_aws::error::CallError;
use tag_compliance_aws::sns::Publication;
use tag_compliance_core::notification::attributes::Attributes;
use tag_compliance_core::notification::events::{self, Message, Topic};
use tag_compliance_core::notification::{Notification, Test, mail};
use tracing::info;

use crate::answer::Answer;
use crate::budget::Budget;
use crate::context::Context;
use crate::delivery::put_events;
use crate::error::Error;
use crate::teller;

/// Sends a test message to the alert topic, and events of it to the bus.
///
/// # Errors
/// The topic or the bus failed.
pub async fn send(context: &Context, budget: &Budget) -> Result<Answer, Error> {
    let (config, now) = (&context.config, (context.clock)());
    let origin = context.origin();
    let test = Test {
        environment: &config.environment_suffix,
        region: &config.region,
    };
    let notification = Notification::Test(test);
    let mail = mail::render(&notification);
    let attributes = Attributes {
        changes: vec![events::TEST],
        ..context.attributes()
    };
    let publication = Publication {
        mail: &mail,
        attributes: &attributes,
    };
    let mut events = Vec::new();
    if config.violation_events {
        let message = Message {
            notification: &notification,
            mail: &mail,
            topic: Topic::Test,
            owner: None,
            owner_pattern: None,
            now,
        };
        events.push(events::message(&origin, &message).event);
        events.push(events::test_violation(&origin, &test, now));
    }
    let bodies: Vec<_> = events.iter().collect();
    let end = budget.sending_end();
    let (sent, put) = tokio::join!(
        teller::send(context, budget, publication),
        put_events(context, &bodies, end)
    );
    let put: Result<(), CallError> = put.into_iter().collect();
    let message_id = sent?;
    put?;
    info!(message_id, "SNS notification sent");
    Ok(Answer::tested(message_id, events.len()))
}
