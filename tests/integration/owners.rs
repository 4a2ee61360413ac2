//! What each owner is told: SNS filters by the attributes that the function gives its messages.

use serde_json::json;

use crate::deployment::{Deployment, skip};
use crate::fleet::Fleet;
use crate::least_privilege::with_variable;
use crate::subscriber::{Notification, Subscriber};

/// The keys of Terraform's variable `owners`, as the function gets them.
const OWNERS: [&str; 3] = ["tests-web", "tests-*", "*"];

fn attribute<'a>(message: &'a Notification, name: &str) -> Option<&'a str> {
    message.attributes.get(name).map(String::as_str)
}

#[tokio::test]
async fn each_owner_gets_the_alerts_of_its_own_instances() {
    let deployment = Deployment::load().await;
    if !deployment.is_stand_in() {
        return skip("SNS takes up to 15 minutes until it filters");
    }
    let owners = json!(OWNERS).to_string();
    with_variable(&deployment, "OWNERS", owners, async || {
        let mut everything = Subscriber::new(&deployment).await;
        let mut escalations =
            Subscriber::filtered(&deployment, &json!({"change": ["escalated"]})).await;
        let mut subscribers = Vec::new();
        for key in OWNERS {
            let filter = json!({"owner_pattern": [key]});
            subscribers.push(Subscriber::filtered(&deployment, &filter).await);
        }
        let mut fleet = Fleet::new(&deployment).await;
        let mut ids = Vec::new();
        for tags in [
            &[("Owner", "tests-web")] as &[_],
            // SNS can't compare this owner, so only the key tells whose it is.
            &[("Owner", "tests-\"data\"")],
            &[],
        ] {
            ids.append(&mut fleet.launch(1, tags).await);
        }
        for id in &ids {
            everything.wait_for_alert(id).await;
        }
        let scope: Vec<_> = deployment.output("function_arn").split(':').collect();
        let whose = [Some("tests-web"), None, None];
        for ((key, owner), (subscriber, id)) in OWNERS
            .into_iter()
            .zip(whose)
            .zip(subscribers.iter_mut().zip(&ids))
        {
            let alert = subscriber.wait_for_alert(id).await;
            assert_eq!(attribute(&alert, "owner_pattern"), Some(key));
            assert_eq!(attribute(&alert, "owner"), owner);
            assert_eq!(attribute(&alert, "change"), Some("[\"opened\"]"));
            assert_eq!(attribute(&alert, "region"), scope.get(3).copied());
            assert_eq!(attribute(&alert, "account"), scope.get(4).copied());
            for other in ids.iter().filter(|other| *other != id) {
                assert_eq!(subscriber.alerts_for(other).await, 0, "{key}: {other}");
            }
        }
        assert!(escalations.notifications().await.is_empty());
        fleet.terminate().await;
        for subscriber in subscribers {
            subscriber.remove().await;
        }
        escalations.remove().await;
        everything.remove().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_about_no_owner_goes_to_those_who_get_everything() {
    let deployment = Deployment::load().await;
    if !deployment.is_stand_in() {
        return skip("SNS takes up to 15 minutes until it filters");
    }
    let mut everything = Subscriber::new(&deployment).await;
    let filter = json!({"owner_pattern": ["*"]});
    let mut everyone_else = Subscriber::filtered(&deployment, &filter).await;
    let filter = json!({"$or": [{"change": ["escalated"]}, {"owner_pattern": ["tests-web"]}]});
    let mut both = Subscriber::filtered(&deployment, &filter).await;
    let publish = |message: &'static str| {
        let topic = deployment.output("alert_topic_arn");
        deployment.sns.publish().topic_arn(topic).message(message)
    };
    // As an alarm does, whose messages have no attributes.
    publish("An alarm of the test").send().await.unwrap();
    everything.wait_for("An alarm of the test").await;
    let escalated = aws_sdk_sns::types::MessageAttributeValue::builder()
        .data_type("String.Array")
        .string_value("[\"escalated\"]")
        .build()
        .unwrap();
    let escalation = publish("An escalation of the test").message_attributes("change", escalated);
    escalation.send().await.unwrap();
    both.wait_for("An escalation of the test").await;
    assert_eq!(both.notifications().await.len(), 1);
    assert!(everyone_else.notifications().await.is_empty());
    both.remove().await;
    everyone_else.remove().await;
    everything.remove().await;
}
