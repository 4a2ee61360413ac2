//! The alert topic.

use serde_json::json;

use crate::deployment::{Deployment, assert_denies_plain_http, statements};
use crate::subscriber::Subscriber;

#[tokio::test]
async fn a_subscriber_receives_what_is_published() {
    let deployment = Deployment::load().await;
    let mut subscriber = Subscriber::new(&deployment).await;
    let publish = deployment
        .sns
        .publish()
        .topic_arn(deployment.output("alert_topic_arn"));
    publish
        .subject("A test")
        .message("Hello from the test")
        .send()
        .await
        .unwrap();
    let received = subscriber.wait_for("Hello from the test").await;
    assert_eq!(received.subject, "A test");
    subscriber.remove().await;
}

#[tokio::test]
async fn only_alarms_of_this_environment_are_let_in() {
    let deployment = Deployment::load().await;
    let arn = deployment.output("alert_topic_arn");
    let attributes = deployment
        .sns
        .get_topic_attributes()
        .topic_arn(arn)
        .send()
        .await
        .unwrap();
    let attributes = attributes.attributes().unwrap();
    let [statement, insecure] = statements(&attributes["Policy"]);
    assert_eq!(statement["Effect"], "Allow");
    assert_eq!(
        statement["Principal"],
        json!({"Service": "cloudwatch.amazonaws.com"})
    );
    assert_eq!(statement["Action"], "sns:Publish");
    assert_eq!(statement["Resource"], arn);
    let names = [
        "alarm_name",
        "dead_letters_alarm_name",
        "unwritten_records_alarm_name",
        "no_sweep_alarm_name",
    ];
    // Those are there with channels.
    let of_channels = [
        "channels_dead_letters_alarm_name",
        "channels_failed_alarm_name",
    ];
    let of_channels = of_channels.map(|name| deployment.optional_output(name));
    let alarms = names.map(|name| deployment.output(name)).into_iter();
    let alarms = alarms.chain(of_channels.into_iter().flatten());
    let mut alarms: Vec<_> = alarms
        .map(|name| {
            let alarm = arn.replacen(":sns:", ":cloudwatch:", 1);
            let (scope, _) = alarm.rsplit_once(':').unwrap();
            format!("{scope}:alarm:{name}")
        })
        .collect();
    alarms.sort();
    assert_eq!(
        statement["Condition"],
        json!({"ArnEquals": {"aws:SourceArn": alarms}})
    );
    assert_denies_plain_http(&insecure, "sns:Publish", arn);
    let key = attributes.get("KmsMasterKeyId").map_or("", String::as_str);
    assert_eq!(
        key, "",
        "an alarm can't publish to a topic under alias/aws/sns"
    );
}
