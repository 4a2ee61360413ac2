//! Violations in the state table, and the alerts that come of them.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::FutureExt;
use serde_json::{Value, json};

use crate::deployment::{Deployment, Remembered, eventually};
use crate::event_queue::set_mapping_enabled;
use crate::events::{mapping_of, stream_arn};
use crate::fleet::{COMPLETE, Fleet, records_of};
use crate::least_privilege::without;
use crate::subscriber::Subscriber;

/// A generous bound for a second look and the message after it.
pub const TELLING: Duration = Duration::from_secs(8);

/// The message that tells a group what is due.
pub fn group_due(group: &str) -> Value {
    json!({
        "source": "tag-compliance-checker",
        "detail-type": "Group Due",
        "detail": {"group": group},
    })
}

/// Changes what the state table holds of an instance, as a person would.
async fn update_by_hand(
    deployment: &Deployment,
    id: &str,
    expression: &str,
    values: &[(&str, String)],
) {
    let update = deployment.dynamodb.update_item();
    let mut update = update
        .table_name(deployment.output("state_table_name"))
        .set_key(Some(HashMap::from(
            deployment
                .instance_key(id)
                .map(|(name, value)| (name.to_owned(), value)),
        )))
        .update_expression(expression)
        .condition_expression("attribute_exists(pk)");
    for (name, value) in values {
        update = update.expression_attribute_values(*name, AttributeValue::N(value.clone()));
    }
    update.send().await.unwrap();
}

/// An instance with its own owner, in violation and past its grace period.
async fn violating(fleet: &mut Fleet<'_>, subscriber: &mut Subscriber<'_>) -> String {
    let owner = format!("owner-{:08x}", fastrand::u32(..));
    let tags = [("Owner", owner.as_str()), ("Application", "shop")];
    let id = fleet.launch(1, &tags).await.remove(0);
    subscriber.wait_for_alert(&id).await;
    id
}

#[tokio::test]
async fn a_violation_is_remembered_beside_its_record_and_told_once() {
    let deployment = Deployment::load().await;
    let mut subscriber = Subscriber::new(&deployment).await;
    let mut fleet = Fleet::new(&deployment).await;
    let owned = fleet.launch(1, &COMPLETE[1..2]).await.remove(0);
    let nobodys = fleet.launch(1, &[]).await.remove(0);
    for (id, owner, complaints) in [(&owned, Some("tests"), 2), (&nobodys, None, 3)] {
        records_of(&deployment, id, 1).await;
        subscriber.wait_for_alert(id).await;
        let item = deployment.remembers(id, "told", Remembered::is_told).await;
        assert_eq!(item.text("own"), owner, "{item:?}");
        // Six characters of a hash for each.
        assert_eq!(item.text("what").map(str::len), Some(6 * complaints));
        assert!(item.number("gen") <= item.number("tat"), "{item:?}");
        assert_eq!(item.number("ttl"), None, "what is open never expires");
        let key = item.text("key").unwrap();
        let mut records = deployment.audit_records(key).await;
        records.retain(|record| record["instanceId"] == id.as_str());
        let [record] = records.as_slice() else {
            panic!("{key}: {records:?}")
        };
        assert_eq!(record["status"], "non-compliant", "{key}");
        assert_ne!(record["provisional"], true, "{key}");
    }
    tokio::time::sleep(TELLING).await;
    for id in [&owned, &nobodys] {
        assert_eq!(subscriber.alerts_for(id).await, 1, "{id}");
    }
    fleet.terminate().await;
    subscriber.remove().await;
}

#[tokio::test]
async fn a_repair_closes_a_violation_and_is_told_to_nobody() {
    let deployment = Deployment::load().await;
    let mut subscriber = Subscriber::new(&deployment).await;
    let mut fleet = Fleet::new(&deployment).await;
    let id = violating(&mut fleet, &mut subscriber).await;
    let told = deployment.remembers(&id, "told", Remembered::is_told).await;
    fleet.tag(&id, &[("Environment", "dev")]).await;
    let closed = deployment
        .remembers(&id, "closed", |item| item.is_closed("compliant"))
        .await;
    assert_eq!(closed.number("gen"), told.number("gen"));
    assert!(closed.number("ttl").is_some(), "{closed:?}");
    let notifications = subscriber.notifications().await;
    let of_it = notifications.iter().filter(|it| it.message.contains(&id));
    assert_eq!(of_it.count(), 1, "{notifications:?}");
    fleet.terminate().await;
    subscriber.remove().await;
}

/// The stream hands over what its shards hold side by side, so it is off until both are due.
#[tokio::test]
async fn what_one_owner_has_to_be_told_is_one_message() {
    let deployment = Deployment::load().await;
    let mut subscriber = Subscriber::new(&deployment).await;
    let mut fleet = Fleet::new(&deployment).await;
    let owner = format!("owner-{:08x}", fastrand::u32(..));
    let mapping = mapping_of(&deployment, &stream_arn(&deployment).await).await;
    let mapping = mapping.uuid().unwrap();

    set_mapping_enabled(&deployment, mapping, false).await;
    let tell = async {
        let ids = fleet.launch(2, &[("Owner", &owner)]).await;
        let mut groups = Vec::new();
        for id in &ids {
            let item = deployment.remembers(id, "due", Remembered::is_due).await;
            groups.push(item.text("grp").unwrap().to_owned());
        }
        groups.dedup();
        let [group] = groups.as_slice() else {
            panic!("{groups:?}")
        };
        eventually("both in the index", async || {
            (due_of(&deployment, group).await == 2).then_some(())
        })
        .await;
        let answer = deployment.invoke(&group_due(group)).await;
        assert_eq!(
            answer.payload,
            json!({"statusCode": 200, "status": "told", "verified": 2, "told": 2})
        );
        assert_eq!(due_of(&deployment, group).await, 0);
        ids
    };
    let told = AssertUnwindSafe(tell).catch_unwind().await;
    set_mapping_enabled(&deployment, mapping, true).await;
    let ids = told.unwrap_or_else(|panic| std::panic::resume_unwind(panic));

    let alert = subscriber.wait_for_alert(&ids[0]).await;
    assert_eq!(alert.subject, "2 EC2 instances not compliant");
    assert!(
        alert.message.contains(&format!("\nOwner: {owner}\n")),
        "{}",
        alert.message
    );
    // Only now does the stream wake the function, for something already alerted.
    tokio::time::sleep(TELLING).await;
    for id in &ids {
        assert!(alert.alerts_of(id), "{}", alert.message);
        assert_eq!(subscriber.alerts_for(id).await, 1, "{id}");
    }
    fleet.terminate().await;
    subscriber.remove().await;
}

/// How many instances of a group are due, as the index has them.
async fn due_of(deployment: &Deployment, group: &str) -> i32 {
    let query = deployment.dynamodb.query();
    let query = query
        .table_name(deployment.output("state_table_name"))
        .index_name("due")
        .key_condition_expression("grp = :group")
        .expression_attribute_values(":group", AttributeValue::S(group.to_owned()));
    query.send().await.unwrap().count()
}

#[tokio::test]
async fn a_termination_closes_a_violation_without_a_look_at_ec2() {
    let deployment = Deployment::load().await;
    let mut subscriber = Subscriber::new(&deployment).await;
    let mut fleet = Fleet::new(&deployment).await;
    let id = violating(&mut fleet, &mut subscriber).await;
    deployment.remembers(&id, "told", Remembered::is_told).await;
    without(&deployment, "ec2:DescribeInstances", async || {
        fleet.terminate().await;
        deployment
            .remembers(&id, "closed", |item| item.text("why") == Some("ended"))
            .await;
    })
    .await;
    // The bus is told of its end after a second look.
    deployment
        .remembers(&id, "closed", |item| item.is_closed("ended"))
        .await;
    assert_eq!(subscriber.alerts_for(&id).await, 1);
    subscriber.remove().await;
}

#[tokio::test]
async fn nobody_is_told_of_what_is_muted_until_it_is_muted_no_more() {
    let deployment = Deployment::load().await;
    let mut subscriber = Subscriber::new(&deployment).await;
    let mut fleet = Fleet::new(&deployment).await;
    let id = violating(&mut fleet, &mut subscriber).await;
    let told = deployment.remembers(&id, "told", Remembered::is_told).await;

    let in_an_hour =
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + Duration::from_hours(1);
    let mute = [(":until", in_an_hour.as_millis().to_string())];
    update_by_hand(&deployment, &id, "SET mute = :until", &mute).await;
    fleet.untag(&id, "Application").await;
    eventually("the log of the silence", async || {
        let lines = deployment
            .log_lines(&format!("Instance {id} is muted"))
            .await;
        (!lines.is_empty()).then_some(())
    })
    .await;
    tokio::time::sleep(TELLING).await;
    let muted = deployment.remembered(&id).await.unwrap();
    assert!(muted.is_due(), "{muted:?}");
    assert_ne!(muted.text("what"), told.text("what"));
    assert_eq!(muted.text("twhat"), told.text("what"));
    assert_eq!(subscriber.alerts_for(&id).await, 1);

    // A write of what is due wakes the function.
    update_by_hand(&deployment, &id, "REMOVE mute", &[]).await;
    eventually("the second alert", async || {
        (subscriber.alerts_for(&id).await == 2).then_some(())
    })
    .await;
    fleet.terminate().await;
    subscriber.remove().await;
}

#[tokio::test]
async fn a_forged_part_of_a_sweep_is_refused_and_changes_nothing() {
    let deployment = Deployment::load().await;
    let sweep = deployment.control_item("sweep").await;
    assert!(sweep.is_some(), "the baseline was swept");
    let records = deployment.audit_keys("/fleet-").await;
    let forged = json!({
        "source": "tag-compliance-checker",
        "detail-type": "Sweep Continuation",
        "detail": {"sweep": "x", "part": 0},
    });
    let answer = deployment.invoke(&forged).await;
    assert_eq!(answer.function_error, None, "{answer:?}");
    assert_eq!(
        answer.payload,
        json!({"statusCode": 200, "status": "ignored", "reason": "outdated-continuation"})
    );
    assert_eq!(deployment.control_item("sweep").await, sweep);
    assert_eq!(deployment.audit_keys("/fleet-").await, records);
}
