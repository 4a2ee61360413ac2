//! Checking the whole fleet, page by page.

use tracing::info;

use crate::answer::Answer;
use crate::audit::{self, AuditRecord};
use crate::aws::s3::Format;
use crate::aws::{cloudwatch, ec2, sns};
use crate::check::put_audit_object;
use crate::config::SweepDigestMode;
use crate::digest::{self, SweepDigest};
use crate::error::Error;
use crate::event::{Sweep, SweepScope};
use crate::handler::Checker;
use crate::instance::{Instance, InstanceState};
use crate::settle;
use crate::timestamp::Timestamp;

/// Checks every instance in the states that the sweep asks for: an audit object a page, one
/// digest for all violations, and the totals as metrics, which go last.
///
/// # Errors
/// EC2 could not be asked, or the digest or the totals could not be sent. An audit object that
/// could not be written is logged, and fails nothing.
pub async fn sweep(checker: &Checker, sweep: &Sweep) -> Result<Answer, Error> {
    let Checker {
        config,
        clients,
        clock,
    } = checker;
    let recorded_at = audit::recorded_at(&sweep.event, clock());
    let states: &[InstanceState] = match sweep.scope {
        SweepScope::Watched => &config.watched_states,
        SweepScope::Running => &[InstanceState::Running],
    };

    let mut digest = SweepDigest::new(&config.policy);
    let mut pages_written = 0;
    let mut pages = ec2::fleet(&clients.ec2, states);
    let mut next_page = pages.next().await;
    while let Some(page) = next_page {
        let records = judge_page(checker, sweep, &page?, clock(), &mut digest);
        if records.is_empty() {
            next_page = pages.next().await;
            continue;
        }
        pages_written += 1;
        let key = audit::sweep_page_key(recorded_at, pages_written);
        // EC2 works on the next page while S3 takes this one.
        (next_page, ()) = tokio::join!(
            pages.next(),
            put_audit_object(checker, &key, Format::JsonLines, records)
        );
    }

    let counts = digest.counts;
    info!(
        compliant = counts.compliant,
        non_compliant = counts.non_compliant,
        pages = pages_written,
        "Sweep done"
    );
    let now = clock();
    if digest.has_news(now) || config.sweep_digest == SweepDigestMode::Always {
        let prefix = audit::sweep_prefix(recorded_at);
        let audit_objects = digest::audit_objects(&config.region, &config.log_bucket, &prefix);
        let alert = digest.to_alert(&config.region, now, &audit_objects);
        let message_id = sns::publish(&clients.sns, &config.alert_topic_arn, &alert).await?;
        info!(message_id, "SNS notification sent");
    }
    cloudwatch::put_counts(&clients.cloudwatch, &config.metric_namespace, counts, now).await?;
    Ok(Answer::swept(counts))
}

/// Judges a page and returns its records as JSON Lines; empty where nothing was to be judged.
fn judge_page<'a>(
    checker: &'a Checker,
    sweep: &Sweep,
    page: &[Instance],
    read_at: Timestamp,
    digest: &mut SweepDigest<'a>,
) -> Vec<u8> {
    let Checker { config, .. } = checker;
    let mut lines = Vec::new();
    // The instance may have ended between EC2's filter and its answer.
    for instance in page.iter().filter(|instance| !instance.state.is_ending()) {
        let subject = checker.subject(instance, read_at);
        let Some(verdict) = config.policy.judge(&subject) else {
            digest.out_of_scope += 1;
            continue;
        };
        // The event of its launch will see to it.
        let is_provisional = settle::provisional(config, &subject, &verdict).is_some();
        if is_provisional {
            digest.provisional += 1;
        } else {
            digest.add(instance, &verdict);
        }
        let event = &sweep.event;
        let record = AuditRecord::new(&subject, &verdict, &config.policy, event, is_provisional);
        lines.append(&mut record.to_json());
        lines.push(b'\n');
    }
    lines
}
