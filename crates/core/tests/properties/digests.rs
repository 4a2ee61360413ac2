//! What people read of a sweep over hostile tags.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use tag_compliance_core::evaluation::Status;
use tag_compliance_core::notification::mail;
use tag_compliance_core::notification::{Digest, Notification};
use tag_compliance_core::provenance::Provenance;
use tag_compliance_core::sweep::totals::Totals;
use tag_compliance_core::testing::{at, instance, subject};
use tag_compliance_core::text::trim_blank;

use crate::support::{Line, block, cases, check_message, hostile_policy, hostile_tags, is_plain};

/// The most owners, and the most causes, that a digest names.
const MAX_NAMED: usize = 20;

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn no_tag_and_no_policy_can_forge_a_line(
        policy in hostile_policy(),
        fleet in vec(hostile_tags(), 0..30),
        provisional in 0..2_u64,
        (ended, out_of_scope) in (0..2_u64, 0..2_u64),
    ) {
        let mut totals = Totals::default();
        totals.provisional = provisional;
        totals.ended_in_grace = ended;
        totals.tally.counts.out_of_scope = out_of_scope;
        let (mut violations, mut exempt, mut exemptions) = (0, 0, BTreeSet::new());
        let (mut keys, mut owners) = (BTreeSet::new(), BTreeSet::new());
        let mut causes = BTreeSet::new();
        let now = at("2026-01-01T10:00:00Z");
        for (number, tags) in fleet.iter().enumerate() {
            let mut instance = instance(tags.clone());
            instance.id = format!("i-{number:08x}").parse().unwrap();
            let evaluation = policy.evaluate(&subject(&instance));
            totals.add(&policy, &instance, &evaluation, now);
            if evaluation.status() == Status::Exempt {
                exempt += 1;
                exemptions.extend(evaluation.exemption.map(|exemption| exemption.index));
            }
            if evaluation.status() == Status::NonCompliant {
                violations += 1;
                causes.extend(Provenance::of(&instance, &policy).maker_line());
                keys.extend(evaluation.violated_rules.iter().map(|rule| rule.key.text.clone()));
                let owner = policy.shown(tags).get(policy.owner_tag());
                let owner = owner.map_or("", |owner| trim_blank(owner.raw()));
                let start: String = owner.chars().take(64).collect();
                owners.insert((start.clone(), start != owner));
            }
        }
        let expired = policy.expired_exemptions(now).count();
        let mail = mail::render(&Notification::Digest(Digest {
            region: "us-east-1",
            policy: &policy,
            totals: &totals,
            now,
            log_bucket: "logs",
            record_prefix: "scans/2026-01-01/fleet-1767261600000-",
        }));

        let exact = |text: String| Line::Exact(text);
        let mut lines = vec![
            exact("EC2 Tag Compliance Sweep".to_owned()),
            exact(String::new()),
            exact("Region: us-east-1".to_owned()),
            exact(format!("Checked: {}", fleet.len())),
            Line::Between("Compliant: ", ""),
            exact(format!("Non-Compliant: {violations}")),
        ];
        for (what, count) in [
            ("Exempt", exempt), ("In Grace Period", provisional),
            ("Ended in Grace Period", ended), ("Out of Scope", out_of_scope)
        ] {
            lines.extend((count > 0).then(|| exact(format!("{what}: {count}"))));
        }
        lines.extend(block("Violations by Tag", keys.len()));
        let more_owners = usize::from(owners.len() > MAX_NAMED);
        lines.extend(block("Violations by Owner", owners.len().min(MAX_NAMED) + more_owners));
        lines.extend(block("Violations by Cause", causes.len().min(MAX_NAMED)));
        lines.extend(block("Out of Scope by Condition", usize::from(out_of_scope > 0)));
        lines.extend(block("Exempt by Exemption", exemptions.len()));
        lines.extend(block("Expired Exemptions", expired));
        lines.extend(block("Non-Compliant Instances, Oldest First", violations));
        lines.extend(block("Audit Records", 2));
        check_message(&mail, &lines, 4)?;

        // The totals that a sweep hands over give the same digest.
        let carried: Totals = serde_json::from_str(&serde_json::to_string(&totals).unwrap()).unwrap();
        prop_assert_eq!(&carried, &totals);
        prop_assert!(mail.body.lines().all(|line| line.chars().all(is_plain)));
    }
}
