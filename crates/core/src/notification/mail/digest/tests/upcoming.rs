//! What rules will find on a later day.

use super::*;

#[test]
fn what_a_rule_will_find_is_counted_by_tag_and_day() {
    let policy = policy(&json!({"required_tags": [
        {"key": "Owner"},
        {"key": "Stage", "enforced_from": "2027-05-01"},
        {"key": "Project", "when": {"states": ["running"]}, "enforced_from": "2027-04-01"},
        {"key": "Project", "when": {"regions": ["us-east-1"]}, "enforced_from": "2027-04-01"},
    ]}));
    let mut totals = Totals::default();
    for (n, pairs) in [
        &[("Owner", "a"), ("Stage", "dev")][..],
        &[("Owner", "b")],
        &[("Stage", "dev"), ("Project", "x")],
    ]
    .iter()
    .enumerate()
    {
        add(&mut totals, &policy, &numbered(n as u64, tags(pairs)));
    }
    let body = body(digest(&policy, &totals));
    assert_eq!(
        block(&body, "Not Counted Yet"),
        [
            "Project: 2 instances, a violation from 1 April 2027",
            "Stage: 1 instance, a violation from 1 May 2027",
        ]
    );
    assert!(
        body.contains("\nCompliant: 2 (66.7%)\nNon-Compliant: 1\n"),
        "{body}"
    );
}

#[test]
fn upcoming_violations_alone_are_worth_a_digest_and_many_are_summed_up() {
    let keys = (0..23).map(|n| json!({"key": format!("Key{n:02}"), "enforced_from": "2027-04-01"}));
    let policy = policy(&json!({"required_tags": keys.collect::<Vec<_>>()}));
    let mut totals = Totals::default();
    add(&mut totals, &policy, &numbered(1, tags(&[])));
    assert!(digest(&policy, &totals).has_news());
    let body = body(digest(&policy, &totals));
    let lines = block(&body, "Not Counted Yet");
    assert_eq!(lines.len(), MAX_UPCOMING + 1);
    assert_eq!(lines[MAX_UPCOMING], "… and 3 more tags");
}
