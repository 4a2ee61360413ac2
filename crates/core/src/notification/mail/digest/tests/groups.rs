//! Violations by tag, owner and cause.

use super::*;
use crate::policy::document::Severity;

#[test]
fn violations_are_grouped_by_tag_the_most_first() {
    let policy = policy(&json!({
        "required_tags": [{"key": "Owner", "severity": "low"}, {"key": "Stage", "pattern": "x"}],
        "forbidden_tags": [{"key": "temp", "ignore_key_case": true, "severity": "high"}],
    }));
    let mut totals = Totals::default();
    for (n, pairs) in [
        &[("Stage", "y"), ("Temp", "1")][..],
        &[("Stage", "z"), ("Owner", "a")],
        &[("Owner", "b"), ("TEMP", "1")],
    ]
    .iter()
    .enumerate()
    {
        add(&mut totals, &policy, &numbered(n as u64, tags(pairs)));
    }
    let body = body(digest(&policy, &totals));
    assert_eq!(
        block(&body, "Violations by Tag"),
        [
            "Stage: 1 missing, 2 invalid",
            "temp: 2 forbidden",
            "Owner: 1 missing"
        ]
    );
    let listed = block(&body, "Non-Compliant Instances, Oldest First");
    assert!(
        listed[0].ends_with("missing Owner; invalid Stage; forbidden Temp"),
        "{listed:?}"
    );
    let mail = render(&digest(&policy, &totals));
    assert_eq!(mail.severity, Some(Severity::High));
}

#[test]
fn violations_are_grouped_by_owner_and_many_owners_are_summed_up() {
    let policy = policy(&json!({"required_tags": [{"key": "Stage"}], "owner_tag": "Team"}));
    let mut totals = Totals::default();
    let mut n = 0;
    let mut add_for = |owner: Option<&str>, count: u64| {
        for _ in 0..count {
            n += 1;
            let owner: Vec<_> = owner.iter().map(|owner| ("Team", *owner)).collect();
            add(&mut totals, &policy, &numbered(n, tags(&owner)));
        }
    };
    add_for(None, 3);
    add_for(Some(" "), 1);
    add_for(Some("web\nOwner: x"), 5);
    for owner in 0..1_100 {
        add_for(Some(&format!("team-{owner:04}")), 1);
    }
    add_for(Some("web\nOwner: x"), 1);
    let body = body(digest(&policy, &totals));
    let lines = block(&body, "Violations by Owner");
    assert_eq!(
        lines[..3],
        ["web\\nOwner: x: 6", "(no Team): 4", "team-0000: 1"]
    );
    assert_eq!(lines.len(), MAX_OWNERS + 1);
    assert_eq!(lines.last(), Some(&"… and 1082 for other owners"));
    assert_eq!(totals.by_owner().count(), Totals::MAX_COUNTED_OWNERS);
}

#[test]
fn violations_are_grouped_by_cause_and_many_causes_are_bounded() {
    let policy = policy(&json!({"required_tags": [{"key": "Stage"}]}));
    let mut totals = Totals::default();
    let group = |name: &str| tags(&[("aws:autoscaling:groupName", name)]);
    for n in 0..3 {
        add(&mut totals, &policy, &numbered(n, group("web")));
    }
    add(&mut totals, &policy, &numbered(3, group("a\nb")));
    add(&mut totals, &policy, &numbered(4, tags(&[])));
    assert_eq!(
        block(&body(digest(&policy, &totals)), "Violations by Cause"),
        [
            "Auto Scaling group web: 3. The next launch: the group's tags, with PropagateAtLaunch",
            "Auto Scaling group a\\nb: 1. The next launch: the group's tags, with PropagateAtLaunch",
        ]
    );
    for n in 0..2 * Totals::MAX_COUNTED_CAUSES as u64 {
        add(&mut totals, &policy, &numbered(n, group(&format!("g{n}"))));
    }
    assert_eq!(totals.by_cause().count(), Totals::MAX_COUNTED_CAUSES);
    let body = body(digest(&policy, &totals));
    assert_eq!(block(&body, "Violations by Cause").len(), MAX_CAUSES);
}
