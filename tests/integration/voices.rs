//! Events on the bus, and what the channels make of them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::bus::Listener;
use crate::deployment::{Deployment, eventually, skip};
use crate::fleet::Fleet;
use crate::receivers::{Receivers, chat};

/// The environment that tells its bus.
async fn telling_deployment() -> Option<Deployment> {
    let deployment = Deployment::which(|it| it.optional_output("event_bus_arn").is_some()).await;
    if deployment.is_none() {
        skip("no environment publishes events");
    }
    deployment
}

/// An owner of this test whom the channels of `scripts/test.sh` are for.
fn owner_with_channels() -> String {
    format!("voices-{:08x}", fastrand::u32(..))
}

fn is_hex(text: &Value, length: usize) -> bool {
    let text = text.as_str().unwrap();
    text.len() == length
        && text
            .bytes()
            .all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'))
}

/// A violation that was opened, changed and resolved: its instance, its events and the messages about it.
struct Told {
    instance_id: String,
    events: [Value; 3],
    messages: [Value; 3],
}

impl Told {
    fn violation_id(&self) -> &str {
        self.events[0]["violationId"].as_str().unwrap()
    }
}

/// Opens, changes and resolves a violation, each once the one before was told.
async fn tell(listener: &mut Listener<'_>, fleet: &mut Fleet<'_>, owner: &str) -> Told {
    let tags = [("Environment", "dev"), ("Owner", owner)];
    let id = fleet.launch(1, &tags).await.remove(0);
    listener.wait_for(&id, "opened").await;
    fleet.untag(&id, "Environment").await;
    listener.wait_for(&id, "changed").await;
    let repair = [("Environment", "dev"), ("Application", "shop")];
    fleet.tag(&id, &repair).await;
    listener.wait_for(&id, "resolved").await;
    let messages = eventually("the messages about it", async || {
        let messages = listener.messages_about(&id).await;
        (messages.len() >= 3).then_some(messages)
    })
    .await;
    Told {
        events: listener.details_of(&id).await.try_into().unwrap(),
        messages: messages.try_into().unwrap(),
        instance_id: id,
    }
}

#[tokio::test]
async fn a_violation_is_told_on_the_bus_from_opened_to_resolved() {
    let Some(deployment) = telling_deployment().await else {
        return;
    };
    let mut listener = Listener::new(&deployment).await;
    let mut fleet = Fleet::new(&deployment).await;
    let owner = owner_with_channels();
    let told = tell(&mut listener, &mut fleet, &owner).await;
    assert_events(&deployment, &told, &owner);
    assert_messages(&told);
    let envelopes = listener.events().await.iter();
    let envelope = envelopes
        .filter(|it| it["detail"]["instanceId"] == told.instance_id.as_str())
        .map(|it| (&it["detail-type"], &it["resources"]));
    let function = deployment.output("function_arn");
    let [partition, region, account] = [1, 3, 4].map(|part| function.split(':').nth(part).unwrap());
    let id = &told.instance_id;
    let arn = format!("arn:{partition}:ec2:{region}:{account}:instance/{id}");
    for (detail_type, resources) in envelope {
        let known = ["Opened", "Changed", "Resolved"];
        let known = known.map(|it| format!("Tag Compliance Violation {it}"));
        assert!(known.contains(&detail_type.as_str().unwrap().to_owned()));
        assert_eq!(resources, &json!([arn]));
    }
    match Receivers::load() {
        Some(receivers) => assert_in_each_channel(&receivers, &told).await,
        None => skip("the channels' receivers are not on this machine"),
    }
    fleet.terminate().await;
    listener.remove().await;
}

fn assert_events(deployment: &Deployment, told: &Told, owner: &str) {
    let findings = [
        ("opened", vec!["Application"]),
        ("changed", vec!["Environment", "Application"]),
        ("resolved", vec![]),
    ];
    let mut ids = BTreeSet::new();
    let mut sequence = 0;
    for (event, (change, keys)) in told.events.iter().zip(findings) {
        assert_eq!(event["change"], change, "{event}");
        assert_eq!(event["changes"], json!([change]), "{event}");
        assert_eq!(event["schemaVersion"], 1, "{event}");
        let suffix = deployment.output("environment_suffix");
        assert_eq!(event["environment"], suffix, "{event}");
        assert_eq!(event["region"], deployment.output("region"), "{event}");
        assert_eq!(event["owner"], owner, "{event}");
        assert_eq!(event["violationId"], told.violation_id(), "{event}");
        let found = event["findings"].as_array().unwrap().iter();
        let found: Vec<_> = found.map(|it| it["key"].as_str().unwrap()).collect();
        assert_eq!(found, keys, "{event}");
        assert!(is_hex(&event["id"], 32), "{event}");
        assert!(ids.insert(event["id"].to_string()), "{event}");
        assert!(event["sequence"].as_u64().unwrap() > sequence, "{event}");
        sequence = event["sequence"].as_u64().unwrap();
        let bucket = &event["auditRecord"]["bucket"];
        assert_eq!(bucket, deployment.output("log_bucket_name"), "{event}");
    }
    assert_eq!(told.events[2]["closedWhy"], "compliant");
    let own = format!("{}-", told.instance_id);
    assert!(told.violation_id().starts_with(&own));
}

/// They are one conversation.
fn assert_messages(told: &Told) {
    let [first, ..] = &told.messages;
    for (number, (message, change)) in told
        .messages
        .iter()
        .zip(["opened", "changed", "resolved"])
        .enumerate()
    {
        assert_eq!(message["changes"], json!([change]), "{message}");
        assert_eq!(message["isThreadStart"], number == 0, "{message}");
        assert_eq!(message["threadId"], first["threadId"], "{message}");
        let [instance] = message["instances"].as_array().unwrap().as_slice() else {
            panic!("{message}")
        };
        assert_eq!(instance["violationId"], told.violation_id(), "{message}");
    }
    assert!(is_hex(&first["threadId"], 16), "{first}");
}

/// What each receiver holds of it in the end.
async fn assert_in_each_channel(receivers: &Receivers, told: &Told) {
    let violation = told.violation_id();
    eventually("each event at the webhook", async || {
        let held = receivers.held("webhook");
        let has = |event: &Value| held["events"][event["id"].as_str().unwrap()].is_object();
        told.events.iter().all(has).then_some(())
    })
    .await;
    eventually("the end of the incident", async || {
        let alert = &receivers.held("pagerduty")["alerts"][violation];
        (alert["status"] == "resolved").then_some(())
    })
    .await;
    eventually("the end of the alert", async || {
        let held = receivers.held("jsm");
        let mut alerts = held["alerts"].as_array().unwrap().iter();
        let alert = alerts.find(|it| it["alias"] == violation)?;
        (alert["status"] == "closed").then_some(())
    })
    .await;
    let posted = eventually("the thread in Slack", async || {
        let mut posted = receivers.slack();
        posted.retain(|it| {
            let id = &it["metadata"]["event_payload"]["id"];
            told.messages.iter().any(|message| &message["id"] == id)
        });
        (posted.len() == told.messages.len()).then_some(posted)
    })
    .await;
    assert!(posted[0]["thread_ts"].is_null(), "{posted:?}");
    for reply in &posted[1..] {
        assert_eq!(reply["thread_ts"], posted[0]["ts"], "{posted:?}");
    }
    eventually("the cards in Teams", async || {
        let held = receivers.held("teams");
        let cards = held["cards"].as_array().unwrap();
        let card = |message: &Value| message["teams"]["attachments"][0]["content"].clone();
        let has = |message| cards.contains(&card(message));
        told.messages.iter().all(has).then_some(())
    })
    .await;
    eventually("the notifications of Amazon Q Developer", async || {
        let posted = chat();
        let has = |message: &Value| posted.contains(&message["chat"]);
        told.messages.iter().all(has).then_some(())
    })
    .await;
    assert_eq!(receivers.problems(), Vec::<Value>::new());
}

#[tokio::test]
async fn a_channel_with_owners_is_not_told_of_other_owners() {
    let Some(deployment) = telling_deployment().await else {
        return;
    };
    let Some(receivers) = Receivers::load() else {
        return skip("the channels' receivers are not on this machine");
    };
    let mut listener = Listener::new(&deployment).await;
    let mut fleet = Fleet::new(&deployment).await;
    let others = fleet.launch(1, &[("Owner", "quiet")]).await.remove(0);
    let others = listener.wait_for(&others, "opened").await;
    let owner = owner_with_channels();
    let ours = fleet.launch(1, &[("Owner", &owner)]).await.remove(0);
    let ours = listener.wait_for(&ours, "opened").await;
    let id = |event: &Value| event["id"].as_str().unwrap().to_owned();
    let held = eventually("the event at the webhook", async || {
        let held = receivers.held("webhook");
        held["events"][id(&ours)].is_object().then_some(held)
    })
    .await;
    assert!(held["events"][id(&others)].is_null(), "{held}");
    let alerts = &receivers.held("pagerduty")["alerts"];
    let key = others["violationId"].as_str().unwrap();
    assert!(alerts[key].is_null(), "{alerts}");
    fleet.terminate().await;
    listener.remove().await;
}

#[tokio::test]
async fn a_test_message_arrives_everywhere() {
    let Some(deployment) = telling_deployment().await else {
        return;
    };
    let mut listener = Listener::new(&deployment).await;
    let answer = deployment.invoke(&json!({"test": "channels"})).await;
    assert_eq!(answer.payload["status"], "tested", "{answer:?}");
    let events = eventually("both events", async || {
        let mut events = listener.events().await.to_vec();
        events.retain(|it| it["detail"]["changes"] == json!(["test"]));
        (events.len() == 2).then_some(events)
    })
    .await;
    let of_type = |name: &str| {
        let name = format!("Tag Compliance {name}");
        let event = events.iter().find(|it| it["detail-type"] == name.as_str());
        event.unwrap()["detail"].clone()
    };
    let (violation, message) = (of_type("Violation Opened"), of_type("Notification"));
    listener.remove().await;
    let Some(receivers) = Receivers::load() else {
        return skip("the channels' receivers are not on this machine");
    };
    let key = violation["violationId"].as_str().unwrap();
    assert!(key.starts_with("test-"), "{violation}");
    eventually("the test in each channel", async || {
        let event = &receivers.held("webhook")["events"][violation["id"].as_str().unwrap()];
        let incident = &receivers.held("pagerduty")["alerts"][key];
        let alerts = receivers.held("jsm");
        let mut alerts = alerts["alerts"].as_array().unwrap().iter();
        let alert = alerts.find(|it| it["alias"] == key)?;
        let is_posted = |it: &Value| it["metadata"]["event_payload"]["id"] == message["id"];
        let card = &message["teams"]["attachments"][0]["content"];
        let cards = receivers.held("teams");
        let is_everywhere = event.is_object()
            && incident["status"] == "resolved"
            && alert["status"] == "closed"
            && receivers.slack().iter().any(is_posted)
            && cards["cards"].as_array().unwrap().contains(card)
            && chat().contains(&message["chat"]);
        is_everywhere.then_some(())
    })
    .await;
    assert_eq!(receivers.problems(), Vec::<Value>::new());
}
