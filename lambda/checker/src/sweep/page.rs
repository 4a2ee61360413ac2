//! Evaluates a page of the fleet, and records it as one object.

use tag_compliance_core::decision::AskedBy;
use tag_compliance_core::event::EventDetails;
use tag_compliance_core::memory::Look;
use tag_compliance_core::record::Object;
use tag_compliance_core::sweep::ledger::Ledger;
use tag_compliance_core::sweep::totals::Totals;

use super::pager::Read;
use crate::context::Context;
use crate::memory::Sighting;

/// The result of a page.
pub struct Evaluated {
    /// The records, as JSON Lines.
    pub object: Object,
    /// Its totals.
    pub totals: Totals,
    /// The looks that disagree with the state table.
    pub differing: Vec<Sighting>,
}

/// Evaluates the instances of a page, and notes in the ledger that they were seen.
pub fn evaluate(
    context: &Context,
    event: &EventDetails,
    key: String,
    read: Read,
    ledger: &mut Ledger,
) -> Evaluated {
    let policy = &context.config.policy;
    let read_at = (context.clock)();
    let mut totals = Totals::default();
    let mut differing = Vec::new();
    let (mut records, mut lines) = (0, Vec::new());
    for instance in read.page.instances {
        let subject = context.subject(&instance, read_at);
        let look = if instance.state.is_ending() {
            let grace_period = &context.config.grace_period;
            totals.ended_in_grace += u64::from(grace_period.was_too_short_for(&subject, policy));
            Look::Ended
        } else {
            let evaluation = policy.evaluate(&subject);
            let decision = context.decide(AskedBy::Sweep(event), subject, &evaluation);
            let look = context.look(Some((&subject, &evaluation)), key.clone());
            if decision.counted().is_some() {
                let since = ledger.violating_since(&instance.id).unwrap_or(read_at);
                totals.add(policy, &instance, &evaluation, since);
            } else {
                totals.provisional += 1;
            }
            lines.append(&mut decision.record.to_json());
            lines.push(b'\n');
            records += 1;
            look
        };
        if !ledger.sees(&instance.id, &look) {
            differing.push(Sighting {
                id: instance.id,
                look,
                asked_at: read.asked_at,
            });
        }
    }
    Evaluated {
        object: Object::page(key, read_at, records, lines),
        totals,
        differing,
    }
}
