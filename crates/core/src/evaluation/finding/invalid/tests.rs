use serde_json::{Value, json};

use super::*;
use crate::evaluation::Evaluation;
use crate::testing::{at, instance, policy, subject, tags};

/// What is said of a value of `Owner`, under a rule with these fields, on the last of January.
fn said(rule: &Value, value: &str) -> (String, Value) {
    let mut document = json!({"required_tags": [{"key": "Owner"}]});
    let fields = document["required_tags"][0].as_object_mut().unwrap();
    fields.extend(rule.as_object().unwrap().clone());
    let policy = policy(&document);
    let instance = instance(tags(&[("Owner", value)]));
    let mut subject = subject(&instance);
    subject.now = at("2027-01-31T12:00:00Z");
    let Evaluation { invalid_tags, .. } = policy.evaluate(&subject);
    let tag = invalid_tags.first();
    let json = tag.map_or(Value::Null, |tag| serde_json::to_value(tag).unwrap());
    (tag.map(ToString::to_string).unwrap_or_default(), json)
}

fn text(rule: &Value, value: &str) -> String {
    said(rule, value).0
}

#[test]
fn a_date_is_a_day_of_the_calendar_that_is_neither_over_nor_too_far_ahead() {
    let rule = json!({"date": {"not_past": true, "max_days_ahead": 90}});
    for value in ["2027-01-31", "2027-02-01", "2027-05-01"] {
        assert_eq!(text(&rule, value), "", "{value}");
    }
    for (value, wrong) in [
        ("2027-01-30", "is in the past"),
        ("1969-12-31", "is in the past"),
        ("0001-01-01", "is in the past"),
        ("0000-12-31", "is not a day such as 2027-01-31"),
        ("2027-05-02", "is more than 90 days ahead"),
        ("2020-02-31", "is not a day such as 2027-01-31"),
        ("31.01.2028", "is not a day such as 2027-01-31"),
        ("never", "is not a day such as 2027-01-31"),
    ] {
        assert_eq!(text(&rule, value), format!("Owner: \"{value}\" {wrong}"));
    }
    let any_day = json!({"date": {}});
    assert_eq!(text(&any_day, "1899-12-31"), "");
    assert_eq!(text(&any_day, "9999-12-31"), "");
}

#[test]
fn a_number_is_compared_as_a_number() {
    let rule = json!({"number": {"min": 0.5, "max": 100}});
    for value in ["0.5", "7", "007", "100", "100.0"] {
        assert_eq!(text(&rule, value), "", "{value}");
    }
    for (value, wrong) in [
        ("0.49", "is less than 0.5"),
        ("-1", "is less than 0.5"),
        ("100.01", "is more than 100"),
        ("100.00000000000000000001", "is more than 100"),
        ("1e2", "is not a number such as 12 or 0.5"),
        ("ten", "is not a number such as 12 or 0.5"),
    ] {
        assert_eq!(text(&rule, value), format!("Owner: \"{value}\" {wrong}"));
    }
}

#[test]
fn a_forbidden_value_is_one_whatever_blanks_are_around_it() {
    let rule = json!({"forbidden_values": ["TBD", "n/a"], "ignore_value_case": true});
    assert_eq!(text(&rule, "web"), "");
    for value in ["TBD", "tbd ", "N/A"] {
        assert_eq!(
            text(&rule, value),
            format!("Owner: \"{value}\" is a forbidden value")
        );
    }
    let exact = json!({"forbidden_values": ["TBD"]});
    assert_eq!(text(&exact, "tbd"), "");
}

#[test]
fn a_value_that_is_nearly_allowed_gets_a_hint() {
    let rule = json!({"allowed_values": ["dev", "prod", "staging"]});
    for (value, hint) in [
        ("Prod", " (did you mean \"prod\"?)"),
        ("stagin", " (did you mean \"staging\"?)"),
        ("prod ", " (it has a blank at its end)"),
        ("\u{200b}prod", " (it has a blank at its start)"),
        (" prod ", " (it has blanks around it)"),
        ("qa", ""),
    ] {
        let said = text(&rule, value);
        let wrong = format!("is not one of dev, prod, staging{hint}");
        assert!(said.ends_with(&wrong), "{said}");
    }
}

#[test]
fn a_day_or_a_number_with_blanks_around_it_gets_a_hint() {
    let (day, number) = (json!({"date": {}}), json!({"number": {"max": 3}}));
    for (rule, value, hint) in [
        (&number, " 5", " (it has a blank at its start)"),
        (&number, "5\u{200b}", " (it has a blank at its end)"),
        (&number, "5 %", ""),
        (&number, "12 ", " (it has a blank at its end)"),
        (&day, "2027-01-31 ", " (it has a blank at its end)"),
        (&day, " 2027-01-31 ", " (it has blanks around it)"),
        (&day, " never", ""),
    ] {
        let (text, json) = said(rule, value);
        let example = if rule == &day {
            "2027-01-31"
        } else {
            "12 or 0.5"
        };
        assert!(
            text.ends_with(&format!("such as {example}{hint}")),
            "{text}"
        );
        let blanks = Some(true).filter(|_| !hint.is_empty());
        assert_eq!(
            json.get("surroundingBlanks"),
            blanks.map(Value::Bool).as_ref()
        );
    }
}

#[test]
fn what_a_masked_value_has_around_it_is_not_given_away() {
    for values in [json!({"date": {}}), json!({"number": {}})] {
        let mut rule = json!({"key": "Pin", "when": {"states": ["running"]}});
        let fields = rule.as_object_mut().unwrap();
        fields.extend(values.as_object().unwrap().clone());
        let policy = policy(&json!({
            "required_tags": [rule],
            "forbidden_tags": [{"key": "Pin", "when": {"regions": ["us-east-1"]}}],
        }));
        let instance = instance(tags(&[("Pin", "1 ")]));
        let evaluation = policy.evaluate(&subject(&instance));
        assert_eq!(evaluation.invalid_tags[0].hint(), None, "{values}");
    }
}

#[test]
fn of_many_allowed_values_the_five_nearest_are_told() {
    let values: Vec<_> = (1000..1300).map(|number| format!("CC-{number}")).collect();
    let (text, json) = said(&json!({"allowed_values": values}), "CC-1O42");
    assert_eq!(
        text,
        "Owner: \"CC-1O42\" is not one of CC-1042, CC-1142, CC-1242, CC-1002, CC-1012 or 295 more \
         (did you mean \"CC-1042\"?)"
    );
    assert_eq!(json["allowedValues"].as_array().unwrap().len(), 5);
    assert_eq!(json["moreAllowedValues"], 295);
    assert_eq!(json["didYouMean"], "CC-1042");
}

#[test]
fn an_example_says_more_than_a_pattern() {
    let rule = json!({"pattern": "[a-z]+@acme\\.com", "example": "payments@acme.com"});
    let (text, json) = said(&rule, "payments");
    assert_eq!(
        text,
        "Owner: \"payments\" does not look like \"payments@acme.com\""
    );
    assert_eq!(
        json,
        json!({
            "key": "Owner",
            "value": "payments",
            "reason": "pattern-mismatch",
            "pattern": "[a-z]+@acme\\.com",
            "example": "payments@acme.com",
        })
    );
    let (text, json) = said(&rule, "a@acme.com\t");
    assert!(text.ends_with("(it has a blank at its end)"), "{text}");
    assert_eq!(json["surroundingBlanks"], true);
    assert_eq!(
        said(&json!({"pattern": "[0-9]{4}"}), "12").0,
        "Owner: \"12\" does not match [0-9]{4}"
    );
    let described =
        json!({"pattern": "[0-9]{4}", "description": "Four digits, as finance has them."});
    assert_eq!(
        said(&described, "12 ").0,
        "Owner: \"12 \" is not as described: Four digits, as finance has them."
    );
    assert_eq!(
        said(&described, "1234 ").0,
        "Owner: \"1234 \" is not as described: Four digits, as finance has them. (it has a blank at its end)"
    );
}

#[test]
fn other_objections_have_no_hint() {
    for (rule, value, expected) in [
        (json!({}), " ", "Owner: the value is blank"),
        (
            json!({"min_length": 3}),
            "ab",
            "Owner: \"ab\" is shorter than 3 characters",
        ),
        (
            json!({"max_length": 1}),
            "ab",
            "Owner: \"ab\" is longer than 1 character",
        ),
    ] {
        assert_eq!(text(&rule, value), expected);
    }
    assert_eq!(InvalidReason::Blank.to_string(), "is blank");
}
