//! What a person reads of a sweep over tags that mean harm.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use tag_compliance_checker::digest::{SweepDigest, Totals, audit_objects};
use tag_compliance_checker::policy::verdict::Status;

use crate::support::{
    Line, at, block, cases, check_message, hostile_policy, hostile_tags, instance, is_plain,
    subject,
};

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn no_tag_and_no_policy_can_forge_a_line(
        policy in hostile_policy(),
        fleet in vec(hostile_tags(), 0..30),
        provisional in 0..2_u64,
        out_of_scope in 0..2_u64,
    ) {
        let mut totals = Totals::default();
        totals.provisional = provisional;
        totals.out_of_scope = out_of_scope;
        let (mut violations, mut exempt) = (0, 0);
        let (mut keys, mut owners) = (BTreeSet::new(), BTreeSet::new());
        let now = at("2026-01-01T10:00:00Z");
        for (number, tags) in fleet.iter().enumerate() {
            let mut instance = instance(tags.clone());
            instance.id = format!("i-{number:08x}").parse().unwrap();
            let verdict = policy.judge(&subject(&instance)).unwrap();
            totals.add(&policy, &instance, &verdict);
            exempt += usize::from(verdict.status() == Status::Exempt);
            if verdict.status() == Status::NonCompliant {
                violations += 1;
                keys.extend(verdict.violated_rules.iter().map(|rule| rule.key.text.clone()));
                let owner = tags.get(policy.owner_tag()).map_or("", |owner| owner.trim());
                let start: String = owner.chars().take(64).collect();
                owners.insert((start.clone(), start != owner));
            }
        }
        let expired = policy.expired_exemptions(now).count();
        let prefix = "scans/2026-01-01/fleet-1767261600000-";
        let objects = audit_objects("us-east-1", "logs", prefix);
        let alert = SweepDigest { policy: &policy, totals: &totals }.to_alert("us-east-1", now, &objects);

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
            ("Exempt", exempt as u64), ("Not Settled Yet", provisional), ("Out of Scope", out_of_scope)
        ] {
            lines.extend((count > 0).then(|| exact(format!("{what}: {count}"))));
        }
        lines.extend(block("Violations by Tag", keys.len()));
        let more_owners = usize::from(owners.len() > SweepDigest::MAX_OWNERS);
        lines.extend(block("Violations by Owner", owners.len().min(SweepDigest::MAX_OWNERS) + more_owners));
        lines.extend(block("Expired Exemptions", expired));
        lines.extend(block("Non-Compliant Instances, Oldest First", violations));
        lines.extend(block("Audit Records", objects.len()));
        check_message(&alert, &lines, 2 + objects.len())?;

        // What a sweep carries to its next invocation says the same.
        let carried: Totals = serde_json::from_str(&serde_json::to_string(&totals).unwrap()).unwrap();
        prop_assert_eq!(&carried, &totals);
        prop_assert!(alert.body.lines().all(|line| line.chars().all(is_plain)));
    }
}
