use super::*;

const GOOD: &[(&str, &str)] = &[
    ("AWS_REGION", "us-east-1"),
    ("LOG_BUCKET_NAME", "compliance-logs-test"),
    ("LOG_BUCKET_OWNER", "123456789012"),
    (
        "ALERT_TOPIC_ARN",
        "arn:aws:sns:us-east-1:123456789012:compliance-alerts-test",
    ),
    ("METRIC_NAMESPACE", "TagCompliance"),
    ("WATCHED_STATES", "running, stopped"),
    ("TAG_POLICY", r#"{"required_tags":[{"key":"Owner"}]}"#),
    ("SETTLE_SECONDS", "60"),
    (
        "DELAY_QUEUE_URL",
        "https://sqs.us-east-1.amazonaws.com/123456789012/tag-compliance-delay-test",
    ),
    ("SWEEP_DIGEST", "violations"),
    ("STATE_TABLE", "tag-compliance-state-test"),
    ("ALERT_GROUP_INTERVAL_SECONDS", "60"),
    ("ALERT_REPEAT_INTERVAL_HOURS", "168"),
    ("REMINDER_DAYS", "3,7,14"),
    ("RESOLVED_NOTICES", "false"),
    ("ENVIRONMENT_SUFFIX", "test"),
    ("VIOLATION_EVENTS", "true"),
];

fn config_with(variable: &str, value: Option<&str>) -> Result<Config, ConfigError> {
    Config::from_lookup(|name| {
        if name == variable {
            return value.map(str::to_owned);
        }
        config_value(name)
    })
}

fn config_value(name: &str) -> Option<String> {
    let found = GOOD.iter().find(|(good, _)| *good == name);
    found.map(|(_, value)| (*value).to_owned())
}

#[test]
fn a_good_environment_is_read() {
    let config = config_with("UNRELATED", None).unwrap();
    assert_eq!(config.region, "us-east-1");
    assert_eq!(config.log_bucket, "compliance-logs-test");
    assert_eq!(config.log_bucket_owner.as_str(), "123456789012");
    assert!(config.alert_topic_arn.ends_with(":compliance-alerts-test"));
    assert_eq!(config.metric_namespace, "TagCompliance");
    assert_eq!(
        config.watched_states,
        [InstanceState::Running, InstanceState::Stopped]
    );
    assert_eq!(config.policy.rules()[0].key.text, "Owner");
    assert_eq!(config.grace_period.length, Duration::from_mins(1));
    assert!(config.grace_period.launches_are_watched);
    assert!(
        config
            .delay_queue_url
            .ends_with("/tag-compliance-delay-test")
    );
    assert_eq!(config.sweep_digest, SweepDigestMode::Violations);
    assert_eq!(config.state_table, "tag-compliance-state-test");
    assert_eq!(config.group_interval, Duration::from_mins(1));
    let week = RepeatInterval(Some(Duration::from_hours(168)));
    assert_eq!(config.repeat_interval, week);
    assert!(!config.resolved_notices);
    assert_eq!(config.environment_suffix, "test");
    assert!(config.violation_events);
    assert_eq!(config.owners, Owners::default());
    assert_eq!(config.escalate_after, None);
}

#[test]
fn open_violations_are_overdue_after_some_days_or_never() {
    for (text, expected) in [("3, 7,14", &[3, 7, 14][..]), ("365", &[365]), ("none", &[])] {
        let config = config_with("REMINDER_DAYS", Some(text)).unwrap();
        assert_eq!(config.reminder_days, expected, "{text}");
    }
}

#[test]
fn an_open_violation_is_escalated_after_days() {
    for (text, expected) in [
        ("1", Some(Duration::from_hours(24))),
        ("365", Some(Duration::from_hours(365 * 24))),
        ("0", None),
        ("366", None),
        ("soon", None),
    ] {
        let config = config_with("ESCALATE_AFTER_DAYS", Some(text));
        let found = config
            .as_ref()
            .ok()
            .and_then(|config| config.escalate_after);
        assert_eq!(found, expected, "{text}");
        assert_eq!(config.is_err(), expected.is_none(), "{text}");
    }
}

#[test]
fn owners_are_a_list() {
    let config = config_with("OWNERS", Some(r#"["web", "*"]"#)).unwrap();
    assert_eq!(config.owners.pattern_of(None), Some("*"));
    let error = config_with("OWNERS", Some("web")).unwrap_err().to_string();
    assert!(error.contains("OWNERS: expected a JSON list"), "{error}");
}

#[test]
fn an_open_violation_is_told_again_after_hours_or_never() {
    for (text, expected) in [
        ("never", Some(None)),
        ("0", Some(Some(Duration::ZERO))),
        ("8760", Some(Some(Duration::from_hours(8_760)))),
        ("8761", None),
        ("-1", None),
        ("null", None),
    ] {
        let config = config_with("ALERT_REPEAT_INTERVAL_HOURS", Some(text));
        let found = config.ok().map(|config| config.repeat_interval.0);
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn evaluations_are_counted_by_calls_or_by_logs() {
    for (value, expected) in [
        (None, Metrics::Api),
        (Some("api"), Metrics::Api),
        (Some("logs"), Metrics::Logs),
    ] {
        let config = config_with("METRICS", value).unwrap();
        assert_eq!(config.metrics, expected, "{value:?}");
    }
}

#[test]
fn a_digest_can_always_be_asked_for() {
    let config = config_with("SWEEP_DIGEST", Some("always")).unwrap();
    assert_eq!(config.sweep_digest, SweepDigestMode::Always);
}

#[test]
fn the_records_of_a_batch_are_an_object_each_or_one() {
    for (value, expected) in [
        (None, Layout::Each),
        (Some("each"), Layout::Each),
        (Some("batch"), Layout::Batch),
    ] {
        let config = config_with("AUDIT_RECORDS", value).unwrap();
        assert_eq!(config.audit_records, expected, "{value:?}");
    }
}

#[test]
fn an_alert_shows_all_tags_unless_those_of_the_policy_are_asked_for() {
    for (value, expected) in [
        (None, AlertTags::All),
        (Some("all"), AlertTags::All),
        (Some("policy"), AlertTags::Policy),
    ] {
        let config = config_with("ALERT_TAGS", value).unwrap();
        assert_eq!(config.alert_tags, expected, "{value:?}");
    }
}

#[test]
fn a_policy_may_be_compressed() {
    // From Terraform's base64gzip of {"required_tags":[{"key":"Team"}]}.
    let compressed = "H4sIAAAAAAACA6tWKkotLM0sSk2JL0lML1ayiq5Wyk6tVLJSCklNzFWqja0FALIu+TEiAAAA";
    let config = config_with("TAG_POLICY", Some(compressed)).unwrap();
    assert_eq!(config.policy.rules()[0].key.text, "Team");
}

#[test]
fn every_variable_is_needed() {
    for (variable, _) in GOOD {
        for value in [None, Some(""), Some("  ")] {
            let ConfigError(errors) = config_with(variable, value).unwrap_err();
            let named: Vec<_> = errors.iter().map(|error| error.variable).collect();
            assert_eq!(named, [*variable], "{value:?}");
        }
    }
}

#[test]
fn a_wrong_value_is_shown_with_what_was_expected() {
    for (variable, value, expected) in [
        ("LOG_BUCKET_OWNER", "12345678901", "an AWS account id"),
        ("LOG_BUCKET_OWNER", "12345678901x", "an AWS account id"),
        (
            "ALERT_TOPIC_ARN",
            "compliance-alerts",
            "the ARN of an SNS topic",
        ),
        (
            "ALERT_TOPIC_ARN",
            "arn:aws:sns:us-east-1:123456789012:",
            "the ARN of an SNS topic",
        ),
        (
            "ALERT_TOPIC_ARN",
            "arn:aws:sqs:us-east-1:123456789012:q",
            "the ARN of an SNS topic",
        ),
        ("METRIC_NAMESPACE", "AWS/EC2", "a CloudWatch namespace"),
        ("METRIC_NAMESPACE", ":x", "a CloudWatch namespace"),
        ("METRICS", "emf", "expected api or logs, got \"emf\""),
        (
            "WATCHED_STATES",
            "running,terminated",
            "pending, running, stopping or stopped",
        ),
        (
            "WATCHED_STATES",
            "running,",
            "pending, running, stopping or stopped",
        ),
        ("TAG_POLICY", "{}", "required_tags"),
        (
            "TAG_POLICY",
            r#"{"required_tags":[]}"#,
            "expected at least one required or forbidden tag",
        ),
        ("TAG_POLICY", "Owner", "gzipped in base64, got \"Owner\""),
        ("TAG_POLICY", "T3duZXI=", "gzipped in base64"),
        (
            "SETTLE_SECONDS",
            "901",
            "expected 0 to 900 seconds, got \"901\"",
        ),
        ("SETTLE_SECONDS", "-1", "expected 0 to 900 seconds"),
        ("SETTLE_SECONDS", "1.5", "expected 0 to 900 seconds"),
        (
            "AUDIT_RECORDS",
            "Batch",
            "expected each or batch, got \"Batch\"",
        ),
        (
            "SWEEP_DIGEST",
            "never",
            "expected violations or always, got \"never\"",
        ),
        ("ALERT_TAGS", "some", "expected all or policy, got \"some\""),
        (
            "REMINDER_DAYS",
            "7,3",
            "expected ascending numbers of days from 1 to 365",
        ),
        (
            "REMINDER_DAYS",
            "3,3",
            "expected ascending numbers of days from 1 to 365",
        ),
        (
            "REMINDER_DAYS",
            "0,3",
            "expected ascending numbers of days from 1 to 365",
        ),
        (
            "REMINDER_DAYS",
            "3,366",
            "separated by commas, or none, got \"3,366\"",
        ),
        ("REMINDER_DAYS", "a week", "or none, got \"a week\""),
        ("ALERT_TAGS", " ", "expected a value, got a blank one"),
    ] {
        let error = config_with(variable, Some(value)).unwrap_err().to_string();
        assert!(
            error.contains(variable) && error.contains(expected),
            "{error}"
        );
    }
    assert!(config_with("METRIC_NAMESPACE", Some(&"n".repeat(255))).is_ok());
    assert!(config_with("METRIC_NAMESPACE", Some(&"n".repeat(256))).is_err());
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let error = Config::from_lookup(|_| None).unwrap_err();
    assert_eq!(error.0.len(), GOOD.len());
    let text = error.to_string();
    assert!(
        text.starts_with("invalid configuration: AWS_REGION: "),
        "{text}"
    );
    assert!(
        text.contains("; TAG_POLICY: expected a value, but it is not set"),
        "{text}"
    );
}
