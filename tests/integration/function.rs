//! The Lambda function's configuration.

use aws_sdk_lambda::types::{Architecture, LogFormat, Runtime};
use serde_json::{Value, json};

use crate::deployment::Deployment;

#[tokio::test]
async fn it_runs_as_specified() {
    let deployment = Deployment::load().await;
    let name = deployment.output("function_name");
    let configuration = deployment
        .lambda
        .get_function_configuration()
        .function_name(name)
        .send()
        .await
        .unwrap();
    assert_eq!(
        configuration.function_arn(),
        Some(deployment.output("function_arn"))
    );
    assert_eq!(configuration.runtime(), Some(&Runtime::Providedal2023));
    assert_eq!(configuration.handler(), Some("bootstrap"));
    assert_eq!(configuration.memory_size(), Some(256));
    assert_eq!(configuration.timeout(), Some(60));
    assert_eq!(configuration.role(), Some(deployment.output("role_arn")));
    let [architecture] = configuration.architectures() else {
        panic!("{configuration:?}")
    };
    assert!(matches!(
        architecture,
        Architecture::Arm64 | Architecture::X8664
    ));
    let logging = configuration.logging_config().unwrap();
    assert_eq!(
        logging.log_group(),
        Some(deployment.output("log_group_name"))
    );
    assert_eq!(logging.log_format(), Some(&LogFormat::Json));

    let environment = configuration.environment().unwrap().variables().unwrap();
    let topic = deployment.output("alert_topic_arn");
    let settle_seconds = deployment.settle_time().as_secs().to_string();
    let has_events = deployment.optional_output("event_bus_arn").is_some();
    let has_events = has_events.to_string();
    let expected = [
        ("ALERT_TOPIC_ARN", topic),
        ("LOG_BUCKET_NAME", deployment.output("log_bucket_name")),
        ("LOG_BUCKET_OWNER", topic.split(':').nth(4).unwrap()),
        ("METRIC_NAMESPACE", deployment.output("metric_namespace")),
        ("WATCHED_STATES", "running,stopped"),
        ("SETTLE_SECONDS", &settle_seconds),
        ("SWEEP_DIGEST", "violations"),
        ("DELAY_QUEUE_URL", deployment.output("delay_queue_url")),
        ("STATE_TABLE", deployment.output("state_table_name")),
        ("ALERT_REPEAT_INTERVAL_HOURS", "168"),
        ("REMINDER_DAYS", "3,7,14"),
        ("RESOLVED_NOTICES", "false"),
        (
            "ENVIRONMENT_SUFFIX",
            deployment.output("environment_suffix"),
        ),
        ("VIOLATION_EVENTS", &has_events),
    ];
    for (variable, value) in expected {
        assert_eq!(
            environment.get(variable).map(String::as_str),
            Some(value),
            "{variable}"
        );
    }
    // Terraform leaves out the default.
    let metrics = environment.get("METRICS").map_or("api", String::as_str);
    assert_eq!(metrics, deployment.output("metrics"));
    let policy: Value = serde_json::from_str(&environment["TAG_POLICY"]).unwrap();
    let required = json!([
        {"key": "Environment", "allowed_values": ["dev", "staging", "prod"]},
        {"key": "Owner"},
        {"key": "Application"},
    ]);
    assert_eq!(policy, json!({"required_tags": required}));
    // The default would make the tests slow.
    let interval: u64 = environment["ALERT_GROUP_INTERVAL_SECONDS"].parse().unwrap();
    assert!(interval <= 900, "{interval}");
    // Terraform leaves out what is not set.
    if let Some(days) = environment.get("ESCALATE_AFTER_DAYS") {
        let days: u64 = days.parse().unwrap();
        assert!((1..=365).contains(&days), "{days}");
    }
    if let Some(owners) = environment.get("OWNERS") {
        let owners: Vec<String> = serde_json::from_str(owners).unwrap();
        assert!(!owners.is_empty());
    }
    let others = ["ESCALATE_AFTER_DAYS", "OWNERS"];
    let others = others
        .into_iter()
        .filter(|it| environment.contains_key(*it));
    assert_eq!(
        environment.len(),
        expected.len() + 2 + others.count(),
        "no variable beside these"
    );
}

#[tokio::test]
async fn failed_events_go_to_the_dead_letter_queue() {
    let deployment = Deployment::load().await;
    let name = deployment.output("function_name");
    let config = deployment.lambda.get_function_event_invoke_config();
    let config = config.function_name(name).send().await.unwrap();
    assert_eq!(config.maximum_retry_attempts(), Some(2));
    let destination = config.destination_config().unwrap().on_failure().unwrap();
    assert_eq!(
        destination.destination(),
        Some(deployment.output("dead_letter_queue_arn"))
    );
}

#[tokio::test]
async fn its_logs_are_kept_for_a_week_and_hold_the_evaluations() {
    let deployment = Deployment::load().await;
    let group = deployment.output("log_group_name");
    let groups = deployment
        .logs
        .describe_log_groups()
        .log_group_name_prefix(group);
    let groups = groups.send().await.unwrap();
    let found = groups
        .log_groups()
        .iter()
        .find(|found| found.log_group_name() == Some(group));
    assert_eq!(found.unwrap().retention_in_days(), Some(7));

    let unknown = "i-0fedcba9876543210";
    deployment.invoke(&json!({"instanceId": unknown})).await;
    crate::deployment::eventually("the log line", async || {
        let events = deployment.logs.filter_log_events().log_group_name(group);
        let events = events
            .filter_pattern(format!("\"{unknown}\""))
            .send()
            .await
            .unwrap();
        let line = format!("Instance {unknown} is not known to EC2");
        events
            .events()
            .iter()
            .filter_map(|event| serde_json::from_str::<Value>(event.message()?).ok())
            .any(|event| event["message"] == line.as_str() && event["level"] == "WARN")
            .then_some(())
    })
    .await;
}
