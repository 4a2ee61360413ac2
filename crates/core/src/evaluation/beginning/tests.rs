use serde_json::{Value, json};

use crate::evaluation::Status;
use crate::testing::{at, instance, policy, subject, tags};

/// Whether what an instance violates on 1 March may have begun by time alone. It has the tag `Lab`.
fn by_time(document: &Value, launched_at: Option<&str>, lab: &str) -> bool {
    let policy = policy(document);
    let mut instance = instance(tags(&[("Lab", lab)]));
    instance.launched_at = launched_at.map(at);
    let mut subject = subject(&instance);
    subject.now = at("2026-03-01T12:00:00Z");
    let evaluation = policy.evaluate(&subject);
    assert_eq!(evaluation.status(), Status::NonCompliant, "{document}");
    evaluation.may_begin_by_time(&policy, &subject)
}

/// The same of an instance that is ten hours old.
fn by_age(document: &Value) -> bool {
    by_time(document, Some("2026-03-01T02:00:00Z"), "1")
}

#[test]
fn a_date_begins_a_violation_by_time_alone_where_it_has_just_passed() {
    let dated = |key: &str, date: Value| json!({"required_tags": [{"key": key, "date": date}]});
    let old = Some("2026-01-01T00:00:00Z");
    let not_past = json!({"not_past": true, "max_days_ahead": 3});
    for (date, lab, expected) in [
        (&not_past, "2026-02-28", true),
        // Eight days ago it was too far ahead, which is another finding.
        (&not_past, "2026-02-26", true),
        (&not_past, "2026-02-20", false),
        (&not_past, "2026-03-09", false),
        (&not_past, "never", false),
        (&not_past, " ", false),
        (&json!({}), "never", false),
        (&json!({"max_days_ahead": 3}), "2026-03-09", false),
    ] {
        let found = by_time(&dated("Lab", date.clone()), old, lab);
        assert_eq!(found, expected, "{date} {lab:?}");
    }
    assert!(!by_time(&dated("Owner", not_past.clone()), old, "1"));
    let launched_since = Some("2026-03-01T02:00:00Z");
    let document = dated("Lab", not_past);
    assert!(
        !by_time(&document, launched_since, "2026-02-28"),
        "an event has told of the launch"
    );
}

#[test]
fn a_rule_begins_a_violation_by_time_alone_in_the_days_after_its_first() {
    let enforced = |from: &str| json!({"required_tags": [{"key": "Owner", "enforced_from": from}]});
    let old = Some("2026-01-01T00:00:00Z");
    assert!(by_time(&enforced("2026-03-01"), old, "1"));
    assert!(by_time(&enforced("2026-02-22"), old, "1"));
    assert!(
        !by_time(&enforced("2026-02-21"), old, "1"),
        "a sweep has found it"
    );
    let document = enforced("2026-03-01");
    assert!(by_time(&document, Some("2026-02-28T23:59:59.999Z"), "1"));
    assert!(by_time(&document, None, "1"), "EC2 does not say when");
    assert!(
        !by_time(&document, Some("2026-03-01T00:00:00Z"), "1"),
        "an event has told of the launch"
    );
}

#[test]
fn an_age_begins_a_violation_by_time_alone_where_it_has_just_been_reached() {
    let scope = |scope: Value| json!({"required_tags": [{"key": "Owner"}], "scope": scope});
    let rule = |when: Value| json!({"required_tags": [{"key": "Owner", "when": when}]});
    for (document, expected) in [
        (json!({"required_tags": [{"key": "Owner"}]}), false),
        (rule(json!({"min_age_hours": 10})), true),
        (rule(json!({"states": ["running"]})), false),
        (scope(json!({"include": [{"min_age_hours": 5}]})), true),
        (
            scope(json!({"include": [{"min_age_hours": 20}, {"states": ["running"]}]})),
            false,
        ),
        (scope(json!({"exclude": [{"max_age_hours": 5}]})), true),
        (
            scope(json!({"exclude": [{"max_age_hours": 5, "states": ["stopped"]}]})),
            false,
        ),
    ] {
        assert_eq!(by_age(&document), expected, "{document}");
    }
    let document = rule(json!({"min_age_hours": 10}));
    let long_ago = Some("2026-01-01T00:00:00Z");
    assert!(!by_time(&document, long_ago, "1"), "a sweep has found it");
}

#[test]
fn an_exemption_begins_a_violation_by_time_alone_where_it_has_just_ended() {
    let exempt = |when: Value, expires: &str| {
        let document = json!({"required_tags": [{"key": "Owner"}], "exemptions": [
            {"owner": "web", "reason": "lab", "expires": expires, "when": when},
        ]});
        by_time(&document, Some("2026-02-28T02:00:00Z"), "1")
    };
    let lab = || json!({"tags": [{"key": "Lab"}]});
    assert!(exempt(lab(), "2026-02-28"));
    assert!(!exempt(lab(), "2026-02-27"), "it was over at the launch");
    let young = |key: &str| json!({"max_age_hours": 5, "tags": [{"key": key}]});
    assert!(exempt(young("Lab"), "2026-12-31"));
    assert!(!exempt(young("Other"), "2026-12-31"));
}

#[test]
fn what_began_by_time_does_not_hide_what_events_may_have_missed() {
    let dated = json!({"key": "Lab", "date": {"not_past": true}});
    let soon = json!({"key": "Owner", "enforced_from": "2026-02-28"});
    let old = Some("2026-01-01T00:00:00Z");
    let found = |rules: Value| by_time(&json!({"required_tags": rules}), old, "2026-02-28");
    assert!(found(json!([dated, soon])));
    assert!(!found(json!([dated, soon, {"key": "Stage"}])));
    let document = json!({"required_tags": [dated, {"key": "Stage"}], "exemptions": [
        {"owner": "web", "reason": "lab", "expires": "2026-02-28", "keys": ["Stage"],
         "when": {"states": ["running"]}},
    ]});
    assert!(by_time(&document, old, "2026-02-28"));
}

#[test]
fn a_tag_in_another_case_than_an_optional_one_may_have_begun_a_violation() {
    let rule = |is_optional: bool| {
        policy(&json!({"required_tags": [
            {"key": "Owner"},
            {"key": "Count", "alternative_keys": ["Number"], "optional": is_optional},
            {"key": "number-of", "optional": true},
        ]}))
    };
    for (key, is_optional, misspelled) in [
        ("count", true, true),
        ("NUMBER", true, true),
        ("Number-Of", true, true),
        ("counts", true, false),
        ("count", false, false),
    ] {
        let policy = rule(is_optional);
        let instance = instance(tags(&[("Owner", "web"), (key, "5")]));
        let evaluation = policy.evaluate(&subject(&instance));
        let found = evaluation.misspelled_tags.first().map(|it| it.found.raw());
        // A required tag is missing before the change, too.
        assert_eq!(found, Some(key).filter(|_| misspelled || !is_optional));
        let changed = [key.to_owned()];
        assert_eq!(
            evaluation.may_be_due_to(&policy, &changed),
            misspelled,
            "{key}"
        );
        assert!(!policy.is_about(key), "it has no rule of its own");
    }
}

#[test]
fn a_tag_with_a_rule_of_its_own_is_no_other_in_another_case() {
    let policy = policy(&json!({"required_tags": [
        {"key": "Count", "alternative_keys": ["B"], "optional": true},
        {"key": "b", "optional": true},
    ]}));
    let instance = instance(tags(&[("b", "5")]));
    assert!(policy.evaluate(&subject(&instance)).is_compliant());
}
