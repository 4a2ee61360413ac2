//! From an EC2 change to its audit record, metrics, alert and alarm.

use aws_sdk_cloudwatch::types::StateValue;
use serde_json::{Value, json};

use crate::deployment::{Deployment, Remembered, eventually};
use crate::fleet::{COMPLETE, Fleet, records_of};
use crate::subscriber::{Subscriber, alerts_for};

#[tokio::test]
async fn each_launch_is_evaluated_and_only_violations_are_alerted() {
    let deployment = Deployment::load().await;
    let mut subscriber = Subscriber::new(&deployment).await;
    let mut fleet = Fleet::new(&deployment).await;
    let tagged = fleet.launch(1, COMPLETE).await.remove(0);
    let untagged = fleet.launch(1, &[]).await.remove(0);
    let half_tagged = fleet.launch(1, &COMPLETE[..1]).await.remove(0);
    let blank = [
        ("Environment", "qa"),
        ("Owner", " "),
        ("Application", "tag-compliance"),
    ];
    let invalid = fleet.launch(1, &blank).await.remove(0);

    let all = json!(["Environment", "Owner", "Application"]);
    for (id, missing, invalid_keys) in [
        (&tagged, json!([]), json!([])),
        (&untagged, all.clone(), json!([])),
        (&half_tagged, json!(["Owner", "Application"]), json!([])),
        (&invalid, json!([]), json!(["Environment", "Owner"])),
    ] {
        let record = records_of(&deployment, id, 1).await.remove(0);
        assert_eq!(record["instanceId"], json!(id));
        assert_eq!(record["state"], "running");
        assert_eq!(record["eventState"], "running");
        assert_eq!(record["trigger"], "state-change");
        assert_eq!(record["requiredTags"], all);
        assert_eq!(record["missingTags"], missing, "{id}");
        let keys: Vec<_> = record["invalidTags"]
            .as_array()
            .unwrap()
            .iter()
            .map(|tag| &tag["key"])
            .collect();
        assert_eq!(json!(keys), invalid_keys, "{id}");
        let compliant = missing == json!([]) && invalid_keys == json!([]);
        assert_eq!(record["isCompliant"], json!(compliant), "{id}");
    }

    // They have no owner, so one message may list several.
    for (id, line, listed) in [
        (
            &untagged,
            "\nMissing Tags: Environment, Owner, Application\n",
            "missing Environment, Owner, Application",
        ),
        (
            &half_tagged,
            "\nMissing Tags: Owner, Application\n",
            "missing Owner, Application",
        ),
        (
            &invalid,
            "\n  Environment: \"qa\" is not one of dev, staging, prod\n",
            "invalid Environment (one of dev, staging, prod), Owner",
        ),
    ] {
        let alert = subscriber.wait_for_alert(id).await;
        if alert.is_of_one() {
            assert_eq!(alert.subject, format!("EC2 instance {id} is not compliant"));
            assert!(alert.message.contains(line), "{}", alert.message);
        } else {
            let name = fleet.name();
            let line = format!("\n  {id} {name}: {listed}\n");
            assert!(alert.message.contains(&line), "{}", alert.message);
        }
    }
    assert_eq!(subscriber.alerts_for(&tagged).await, 0);

    eventually("the metrics", async || {
        let (compliant, non_compliant) = counts(&deployment).await;
        (compliant >= 1.0 && non_compliant >= 3.0).then_some(())
    })
    .await;

    fleet.terminate().await;
    subscriber.remove().await;
}

#[tokio::test]
async fn a_stop_and_a_start_are_new_checks_and_no_news_and_a_termination_is_neither() {
    let deployment = Deployment::load().await;
    let mut subscriber = Subscriber::new(&deployment).await;
    let mut fleet = Fleet::new(&deployment).await;
    let id = fleet.launch(1, &[]).await.remove(0);
    records_of(&deployment, &id, 1).await;
    subscriber.wait_for_alert(&id).await;
    let told = deployment.remembers(&id, "told", Remembered::is_told).await;
    fleet.stop(&id).await;
    let records = records_of(&deployment, &id, 2).await;
    assert_eq!(records[1]["state"], "stopped");
    fleet.start(&id).await;
    let records = records_of(&deployment, &id, 3).await;
    assert_eq!(records[2]["state"], "running");
    assert_eq!(deployment.remembered(&id).await, Some(told));

    fleet.terminate().await;
    // Once another instance has gone all the way, the termination's events have had their time.
    let mut later = Fleet::new(&deployment).await;
    let witness = later.launch(1, &[]).await.remove(0);
    subscriber.wait_for_alert(&witness).await;
    records_of(&deployment, &id, 3).await;
    assert_eq!(subscriber.alerts_for(&id).await, 1);
    later.terminate().await;
    subscriber.remove().await;
}

/// The counts of both metrics, once those of earlier tests are in.
pub async fn counts_at_rest(deployment: &Deployment) -> (f64, f64) {
    let mut last = counts(deployment).await;
    loop {
        tokio::time::sleep(deployment.settle_time()).await;
        let now = counts(deployment).await;
        if now == last {
            return now;
        }
        last = now;
    }
}

async fn counts(deployment: &Deployment) -> (f64, f64) {
    (
        deployment.metric("CompliantInstances").await,
        deployment.metric("NonCompliantInstances").await,
    )
}

/// Each launch has its record, and each violation its alert: one for an instance, or more if a slow machine
/// checks its events after its grace period and the environment alerts at each check.
pub async fn assert_each_is_answered(
    deployment: &Deployment,
    subscriber: &mut Subscriber<'_>,
    good: &[String],
    bad: &[String],
) {
    for (ids, compliant) in [(good, true), (bad, false)] {
        for id in ids {
            let record = records_of(deployment, id, 1).await.remove(0);
            assert_eq!(record["isCompliant"], json!(compliant), "{id}");
        }
    }
    eventually("an alert of each violation", async || {
        let alerts = subscriber.notifications().await;
        let is_told = |id: &String| alerts_for(alerts, id) > 0;
        bad.iter().all(is_told).then_some(())
    })
    .await;
    let evaluations = deployment.evaluations(None).await;
    let alerts = subscriber.notifications().await;
    for id in bad {
        let violations = evaluations.iter().filter(|record| {
            record["instanceId"] == id.as_str()
                && record["provisional"] != true
                && record["isCompliant"] == false
        });
        let (violations, told) = (violations.count(), alerts_for(alerts, id));
        assert!(
            told <= violations,
            "{id}: {told} alerts, {violations} checks"
        );
    }
    for id in good {
        assert_eq!(alerts_for(alerts, id), 0, "{id}");
    }
}

#[tokio::test]
async fn a_burst_of_launches_is_evaluated_whole_and_sets_off_the_alarm() {
    const LAUNCHES: usize = 50;
    let deployment = Deployment::load().await;
    let mut subscriber = Subscriber::new(&deployment).await;
    let mut fleet = Fleet::new(&deployment).await;
    let before = counts_at_rest(&deployment).await;
    let (good, bad) = tokio::join!(
        async {
            let mut fleet = Fleet::new(&deployment).await;
            let ids = fleet.launch(20, COMPLETE).await;
            (fleet, ids)
        },
        fleet.launch(30, &COMPLETE[1..])
    );
    let (good_fleet, good) = good;
    assert_eq!(good.len() + bad.len(), LAUNCHES);

    assert_each_is_answered(&deployment, &mut subscriber, &good, &bad).await;

    // Each evaluation is counted once: those of launches, and those of the tags at launch.
    eventually("the counts of the burst", async || {
        let mut evaluations = deployment.evaluations(None).await;
        evaluations.retain(|record| {
            let id = record["instanceId"].as_str().unwrap().to_owned();
            record["provisional"] != true && (good.contains(&id) || bad.contains(&id))
        });
        let is_compliant = |record: &&Value| record["isCompliant"] == true;
        let compliant = evaluations.iter().filter(is_compliant).count();
        let non_compliant = evaluations.len() - compliant;
        assert!(compliant >= good.len(), "{compliant}");
        assert!(non_compliant >= bad.len(), "{non_compliant}");
        let now = counts(&deployment).await;
        let counted = (now.0 - before.0, now.1 - before.1);
        #[expect(clippy::cast_precision_loss, reason = "a few dozen")]
        let wanted = (compliant as f64, non_compliant as f64);
        (counted == wanted).then_some(())
    })
    .await;

    eventually("the alarm", async || {
        (deployment.alarm_state().await == StateValue::Alarm).then_some(())
    })
    .await;
    let alarm = format!("\"AlarmName\":\"{}\"", deployment.output("alarm_name"));
    let compact = |message: &str| message.replace("\": ", "\":");
    eventually("the alarm's message", async || {
        let notifications = subscriber.notifications().await;
        notifications
            .iter()
            .any(|notification| {
                let message = compact(&notification.message);
                message.contains(&alarm) && message.contains("\"NewStateValue\":\"ALARM\"")
            })
            .then_some(())
    })
    .await;

    fleet.terminate().await;
    good_fleet.terminate().await;
    subscriber.remove().await;
}
