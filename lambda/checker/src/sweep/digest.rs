//! Tells of a sweep that has ended: the digest for people, and an event for machines.

use tag_compliance_aws::error::CallError;
use tag_compliance_aws::sns::Publication;
use tag_compliance_core::notification::attributes::Attributes;
use tag_compliance_core::notification::events::{self, Message, SweepCompleted, Topic};
use tag_compliance_core::notification::mail::{self, Mail};
use tag_compliance_core::notification::{Digest, Notification};
use tag_compliance_core::record;
use tag_compliance_core::sweep::progress::Progress;
use tag_compliance_core::timestamp::Timestamp;
use tracing::info;

use crate::budget::Budget;
use crate::config::SweepDigestMode;
use crate::context::Context;
use crate::delivery::put_events;
use crate::teller;

/// What came of telling of a sweep.
pub struct Told {
    pub on_topic: Result<(), CallError>,
    pub on_bus: Result<(), CallError>,
}

/// Tells of a sweep by each voice that has not yet done so.
pub async fn tell(
    context: &Context,
    budget: &Budget,
    sweep: &str,
    progress: &Progress,
    now: Timestamp,
) -> Told {
    let config = &context.config;
    let record_prefix = record::sweep_prefix(progress.recorded_at);
    let digest = Digest {
        region: &config.region,
        policy: &config.policy,
        totals: &progress.totals,
        now,
        log_bucket: &config.log_bucket,
        record_prefix: &record_prefix,
    };
    let is_told = digest.has_news() || config.sweep_digest == SweepDigestMode::Always;
    let notification = Notification::Digest(digest);
    let mail = is_told.then(|| mail::render(&notification));
    let done = progress.ended.unwrap_or_default();
    let topic = async {
        if let (Some(mail), false) = (&mail, done.is_on_topic) {
            send(context, budget, mail).await?;
        }
        Ok(())
    };
    let bus = async {
        if !config.violation_events || done.is_on_bus {
            return Ok(());
        }
        let message = mail.as_ref().map(|mail| Message {
            notification: &notification,
            mail,
            topic: Topic::Sweep(sweep),
            owner: None,
            owner_pattern: None,
            now,
        });
        let origin = context.origin();
        let completed = SweepCompleted {
            sweep,
            scope: progress.scope,
            begun_at: progress.begun_at,
            ended_at: now,
            totals: &progress.totals,
            record_prefix: &record_prefix,
        };
        let message = message.map(|message| events::message(&origin, &message).event);
        let completed = events::sweep_completed(&origin, &completed);
        let events: Vec<_> = message.iter().chain([&completed]).collect();
        let put = put_events(context, &events, budget.sending_end()).await;
        put.into_iter().collect()
    };
    let (on_topic, on_bus) = tokio::join!(topic, bus);
    Told { on_topic, on_bus }
}

async fn send(context: &Context, budget: &Budget, mail: &Mail) -> Result<(), CallError> {
    let attributes = Attributes {
        severity: mail.severity,
        ..context.attributes()
    };
    let attributes = &attributes;
    let message_id = teller::send(context, budget, Publication { mail, attributes }).await?;
    info!(message_id, "SNS notification sent");
    Ok(())
}
