//! The dashboard and the alarm. That the alarm goes off is seen in `end_to_end`.

use aws_sdk_cloudwatch::types::{ComparisonOperator, Statistic};
use serde_json::{Value, json};

use crate::deployment::{Deployment, skip};

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
                assert_eq!(metric[0], namespace, "{metric}");
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

/// A metric that is drawn and never sent would stay empty and tell nobody.
#[tokio::test]
async fn the_function_sends_both_metrics() {
    let deployment = Deployment::load().await;
    deployment.invoke(&json!({})).await;
    for name in ["CompliantInstances", "NonCompliantInstances"] {
        crate::deployment::eventually(name, async || {
            let metrics = deployment.cloudwatch.list_metrics();
            let metrics = metrics
                .namespace(deployment.output("metric_namespace"))
                .metric_name(name);
            (!metrics.send().await.unwrap().metrics().is_empty()).then_some(())
        })
        .await;
    }
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
    }
}
