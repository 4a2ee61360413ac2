//! The dashboard and the alarms; `end_to_end` shows that the alarm fires.

use aws_sdk_cloudwatch::types::{ComparisonOperator, StateValue, Statistic};
use aws_sdk_cloudwatchlogs::types::StandardUnit;
use serde_json::{Value, json};

use crate::deployment::{Deployment, eventually, skip};
use crate::fleet::{COMPLETE, Fleet, records_of};

#[tokio::test]
async fn the_dashboard_draws_the_metrics_that_the_function_sends() {
    let deployment = Deployment::load().await;
    let Some(name) = deployment.optional_output("dashboard_name") else {
        return skip("this environment has no dashboard");
    };
    let dashboard = deployment.cloudwatch.get_dashboard().dashboard_name(name);
    let dashboard = dashboard.send().await.unwrap();
    let body: Value = serde_json::from_str(dashboard.dashboard_body().unwrap()).unwrap();
    let namespace = deployment.output("metric_namespace");
    let widgets: Vec<(&str, Vec<&str>)> = body["widgets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|widget| {
            let properties = &widget["properties"];
            assert_eq!(widget["type"], "metric");
            assert_eq!(properties["region"], deployment.output("region"));
            assert_eq!(properties["view"], "timeSeries");
            let metrics = properties["metrics"].as_array().unwrap().iter();
            let names = metrics.map(|metric| {
                if let Some(expression) = metric[0]["expression"].as_str() {
                    return expression;
                }
                let is_ours = metric[1] != "ApproximateNumberOfMessagesVisible";
                let of = if is_ours { namespace } else { "AWS/SQS" };
                assert_eq!(metric[0], of, "{metric}");
                metric[1].as_str().unwrap()
            });
            (properties["title"].as_str().unwrap(), names.collect())
        })
        .collect();
    assert_eq!(
        widgets,
        [
            (
                "Compliance Status",
                vec!["CompliantInstances", "NonCompliantInstances"]
            ),
            ("Non-Compliant Instances", vec!["NonCompliantInstances"]),
            ("Open Violations", vec!["OpenViolations", "MissedByEvents"]),
            (
                "Compliant Share (%)",
                vec![
                    "100 * compliant / (compliant + non_compliant)",
                    "CompliantInstances",
                    "NonCompliantInstances"
                ]
            ),
            ("Dead Letters", vec!["ApproximateNumberOfMessagesVisible"]),
            ("Finished Sweeps", vec!["OpenViolations"]),
        ]
    );
}

#[tokio::test]
async fn the_alarm_is_set_as_specified() {
    let deployment = Deployment::load().await;
    let alarms = deployment.cloudwatch.describe_alarms();
    let alarms = alarms
        .alarm_names(deployment.output("alarm_name"))
        .send()
        .await
        .unwrap();
    let [alarm] = alarms.metric_alarms() else {
        panic!("{alarms:?}")
    };
    assert_eq!(
        alarm.namespace(),
        Some(deployment.output("metric_namespace"))
    );
    assert_eq!(alarm.metric_name(), Some("NonCompliantInstances"));
    assert!(alarm.dimensions().is_empty());
    assert_eq!(alarm.statistic(), Some(&Statistic::Sum));
    assert_eq!(alarm.period(), Some(300));
    assert_eq!(alarm.evaluation_periods(), Some(1));
    assert_eq!(
        alarm.comparison_operator(),
        Some(&ComparisonOperator::GreaterThanThreshold)
    );
    assert!(
        alarm
            .threshold()
            .is_some_and(|threshold| (threshold - 5.0).abs() < f64::EPSILON)
    );
    assert_eq!(alarm.treat_missing_data(), Some("notBreaching"));
    assert_eq!(
        alarm.alarm_actions(),
        [deployment.output("alert_topic_arn")]
    );
    assert_eq!(alarm.actions_enabled(), Some(true));
}

/// A widget of a metric that nobody sends would stay empty without anyone noticing.
#[tokio::test]
async fn the_function_sends_each_metric() {
    let deployment = Deployment::load().await;
    let mut fleet = Fleet::new(&deployment).await;
    let id = fleet.launch(1, COMPLETE).await.remove(0);
    deployment.invoke(&json!({"instanceId": id})).await;
    deployment.sweep().await;
    for name in [
        "CompliantInstances",
        "NonCompliantInstances",
        "OpenViolations",
    ] {
        eventually(name, async || {
            let metrics = deployment.cloudwatch.list_metrics();
            let metrics = metrics
                .namespace(deployment.output("metric_namespace"))
                .metric_name(name);
            (!metrics.send().await.unwrap().metrics().is_empty()).then_some(())
        })
        .await;
    }
    fleet.terminate().await;
}

#[tokio::test]
async fn a_check_is_counted_by_a_call_or_by_a_line() {
    let deployment = Deployment::load().await;
    let mut fleet = Fleet::new(&deployment).await;
    let id = fleet.launch(1, COMPLETE).await.remove(0);
    assert_counted(&deployment, &id).await;
    if let Some(other) = Deployment::other().await {
        assert_counted(&other, &id).await;
    }
    fleet.terminate().await;
}

/// A check of this compliant instance is counted the way that the output `metrics` says.
async fn assert_counted(deployment: &Deployment, id: &str) {
    let by_logs = deployment.output("metrics") == "logs";
    let filters = deployment.logs.describe_metric_filters();
    let filters = filters.log_group_name(deployment.output("log_group_name"));
    let filters = filters.send().await.unwrap();
    let mut made = Vec::new();
    for filter in filters.metric_filters() {
        let [metric] = filter.metric_transformations() else {
            panic!("{filter:?}")
        };
        let namespace = metric.metric_namespace();
        assert_eq!(namespace, deployment.output("metric_namespace"));
        assert_eq!(metric.unit(), Some(&StandardUnit::Count));
        assert_eq!(metric.default_value(), None);
        made.push(metric.metric_name());
    }
    made.sort_unstable();
    let all: &[&str] = &[
        "CompliantInstances",
        "NonCompliantInstances",
        "UnwrittenRecords",
    ];
    assert_eq!(made, if by_logs { all } else { &[] });

    records_of(deployment, id, 1).await;
    let before = deployment.metric("CompliantInstances").await;
    let answer = deployment.invoke(&json!({"instanceId": id})).await;
    assert_eq!(answer.payload["status"], "compliant", "{answer:?}");
    eventually("the count", async || {
        (deployment.metric("CompliantInstances").await > before).then_some(())
    })
    .await;
    let lines = deployment.log_lines("Evaluations counted").await;
    assert_eq!(!lines.is_empty(), by_logs, "{lines:?}");
}

#[tokio::test]
async fn the_system_itself_is_watched() {
    let deployment = Deployment::load().await;
    let dead_letters = deployment.output("dead_letter_queue_arn");
    let (_, queue) = dead_letters.rsplit_once(':').unwrap();
    for (output, namespace, metric, dimension) in [
        (
            "dead_letters_alarm_name",
            "AWS/SQS",
            "ApproximateNumberOfMessagesVisible",
            Some(queue),
        ),
        (
            "unwritten_records_alarm_name",
            deployment.output("metric_namespace"),
            "UnwrittenRecords",
            None,
        ),
    ] {
        let alarms = deployment.cloudwatch.describe_alarms();
        let alarms = alarms.alarm_names(deployment.output(output));
        let alarms = alarms.send().await.unwrap();
        let [alarm] = alarms.metric_alarms() else {
            panic!("{alarms:?}")
        };
        assert_eq!(alarm.namespace(), Some(namespace));
        assert_eq!(alarm.metric_name(), Some(metric));
        let values: Vec<_> = alarm.dimensions().iter().map(|d| d.value()).collect();
        let expected: Vec<_> = dimension.into_iter().map(Some).collect();
        assert_eq!(values, expected);
        assert!(
            alarm
                .threshold()
                .is_some_and(|threshold| threshold.abs() < f64::EPSILON)
        );
        assert_eq!(alarm.treat_missing_data(), Some("notBreaching"));
        assert_eq!(
            alarm.alarm_actions(),
            [deployment.output("alert_topic_arn")]
        );
        // Missing data does not trigger these alarms.
        assert!(alarm.insufficient_data_actions().is_empty(), "{alarm:?}");
    }
}

/// It alarms on missing data, so it never breaches its threshold.
#[tokio::test]
async fn a_sweep_that_does_not_come_is_told() {
    let deployment = Deployment::load().await;
    let Some(name) = deployment.optional_output("no_sweep_alarm_name") else {
        return skip("this environment has no alarm on sweeps that do not come");
    };
    let alarms = deployment.cloudwatch.describe_alarms();
    let alarms = alarms.alarm_names(name).send().await.unwrap();
    let [alarm] = alarms.metric_alarms() else {
        panic!("{alarms:?}")
    };
    let namespace = deployment.output("metric_namespace");
    assert_eq!(alarm.namespace(), Some(namespace));
    assert_eq!(alarm.metric_name(), Some("OpenViolations"));
    assert_eq!(alarm.statistic(), Some(&Statistic::SampleCount));
    assert_eq!(
        alarm.comparison_operator(),
        Some(&ComparisonOperator::LessThanThreshold)
    );
    assert!(
        alarm
            .threshold()
            .is_some_and(|threshold| threshold.abs() < f64::EPSILON)
    );
    // Two days, for a daily sweep.
    assert_eq!(alarm.period(), Some(3_600));
    assert_eq!(alarm.evaluation_periods(), Some(48));
    assert_eq!(alarm.treat_missing_data(), Some("missing"));
    assert!(alarm.alarm_actions().is_empty(), "{alarm:?}");
    assert_eq!(
        alarm.insufficient_data_actions(),
        [deployment.output("alert_topic_arn")]
    );
    assert_eq!(alarm.actions_enabled(), Some(true));

    deployment.sweep().await;
    eventually("the alarm to know of the sweep", async || {
        let alarms = deployment.cloudwatch.describe_alarms().alarm_names(name);
        let alarms = alarms.send().await.unwrap();
        (alarms.metric_alarms()[0].state_value() == Some(&StateValue::Ok)).then_some(())
    })
    .await;
}
