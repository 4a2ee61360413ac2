//! Tags that are edited or removed on an instance, through EC2.

use serde_json::{Value, json};

use crate::deployment::{Deployment, eventually};
use crate::fleet::{COMPLETE, Fleet, records_of};
use crate::subscriber::Subscriber;

/// Waits for the newest evaluation of a tag change that `is_it`.
async fn evaluation(deployment: &Deployment, id: &str, is_it: impl Fn(&Value) -> bool) -> Value {
    eventually(&format!("the evaluation on the tags of {id}"), async || {
        let records = deployment.evaluations(Some(id)).await;
        let newest = records
            .into_iter()
            .rfind(|record| record["trigger"] == "tag-change");
        newest.filter(&is_it)
    })
    .await
}

#[tokio::test]
async fn a_change_of_tags_is_evaluated_a_repair_like_a_breach() {
    let deployment = Deployment::load().await;
    let mut subscriber = Subscriber::new(&deployment).await;
    let mut fleet = Fleet::new(&deployment).await;
    let id = fleet.launch(1, COMPLETE).await.remove(0);
    records_of(&deployment, &id, 1).await;
    // Later changes come after the grace period, and are evaluated at once.
    tokio::time::sleep(deployment.settle_time()).await;

    fleet.untag(&id, "Owner").await;
    let removed = evaluation(&deployment, &id, |record| record["isCompliant"] == false).await;
    assert_eq!(removed["missingTags"], json!(["Owner"]));
    assert_eq!(removed["provisional"], json!(null));
    let alert = subscriber.wait_for_alert(&id).await;
    assert!(
        alert.message.contains("\nMissing Tags: Owner\n"),
        "{}",
        alert.message
    );

    fleet.tag(&id, &[("Owner", "tests")]).await;
    evaluation(&deployment, &id, |record| record["isCompliant"] == true).await;

    fleet.tag(&id, &[("Environment", "qa")]).await;
    let edited = evaluation(&deployment, &id, |record| record["isCompliant"] == false).await;
    assert_eq!(edited["invalidTags"][0]["value"], "qa");
    subscriber
        .wait_for("\n  Environment: \"qa\" is not one of dev, staging, prod\n")
        .await;

    fleet.tag(&id, &[("Environment", "dev")]).await;
    evaluation(&deployment, &id, |record| record["isCompliant"] == true).await;
    assert_eq!(
        subscriber.alerts_for(&id).await,
        2,
        "one for each breach, none for a repair"
    );
    fleet.terminate().await;
    subscriber.remove().await;
}
