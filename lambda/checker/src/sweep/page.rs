//! A page of the fleet: evaluated, and recorded as one object.

use tag_compliance_aws::s3::Format;
use tag_compliance_core::decision::AskedBy;
use tag_compliance_core::event::EventDetails;
use tag_compliance_core::instance::Instance;
use tag_compliance_core::sweep::totals::Totals;

use crate::context::Context;
use crate::delivery::AuditObject;

/// Evaluates the instances of a page; the records are JSON Lines.
pub fn evaluate(
    context: &Context,
    event: &EventDetails,
    key: String,
    instances: Vec<Instance>,
) -> (AuditObject, Totals) {
    let policy = &context.config.policy;
    let read_at = (context.clock)();
    let mut totals = Totals::default();
    let (mut records, mut lines) = (0, Vec::new());
    for instance in instances {
        let subject = context.subject(&instance, read_at);
        if instance.state.is_ending() {
            let grace_period = &context.config.grace_period;
            totals.ended_in_grace += u64::from(grace_period.was_too_short_for(&subject, policy));
            continue;
        }
        let evaluation = policy.evaluate(&subject);
        let decision = context.decide(AskedBy::Sweep(event), subject, &evaluation);
        if decision.counted().is_some() {
            totals.add(policy, &instance, &evaluation);
        } else {
            totals.provisional += 1;
        }
        lines.append(&mut decision.record.to_json());
        lines.push(b'\n');
        records += 1;
    }
    let object = AuditObject {
        key,
        looked_at: read_at,
        format: Format::JsonLines,
        records,
        body: lines.into(),
    };
    (object, totals)
}
