//! The topic of the alerts.

use serde_json::json;

use crate::deployment::{Deployment, only_statement};
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
async fn only_alarms_of_this_account_are_let_in() {
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
    let statement = only_statement(&attributes["Policy"]);
    assert_eq!(statement["Effect"], "Allow");
    assert_eq!(
        statement["Principal"],
        json!({"Service": "cloudwatch.amazonaws.com"})
    );
    assert_eq!(statement["Action"], "sns:Publish");
    assert_eq!(statement["Resource"], arn);
    let account = arn.split(':').nth(4).unwrap();
    assert_eq!(
        statement["Condition"],
        json!({"StringEquals": {"aws:SourceAccount": account}})
    );
    let key = attributes.get("KmsMasterKeyId").map_or("", String::as_str);
    assert_eq!(
        key, "",
        "an alarm can't publish to a topic under alias/aws/sns"
    );
}
