//! What AWS Config records.

use super::*;

#[test]
fn an_item_of_aws_config_is_explained_in_each_of_its_forms() {
    let event = value(&fixture("config-configuration-item-change"));
    let item = &event["detail"]["configurationItem"];
    let rule = json!({"invokingEvent": json!({"configurationItem": item}).to_string()});
    let topic =
        json!({"Type": "Notification", "Message": json!({"configurationItem": item}).to_string()});
    for (name, value) in [
        ("config-event", &event),
        ("config-item", item),
        ("config-rule", &rule),
        ("config-topic", &topic),
    ] {
        let documents = json_of(name, value);
        for (field, expected) in [
            ("instanceId", json!("i-1234567890abcdef0")),
            ("accountId", json!("123456789012")),
            ("region", json!("us-east-1")),
            ("state", json!("stopped")),
            ("operator", json!("eks.amazonaws.com")),
            ("launchedAt", json!("2025-11-03T10:00:00.000Z")),
            ("timestamp", json!("2025-12-03T10:00:00.000Z")),
            ("tags", json!({"Owner": "web"})),
        ] {
            assert_eq!(column(&documents, field), [expected], "{name}: {field}");
        }
    }
}

#[test]
fn the_history_of_aws_config_is_explained_item_by_item() {
    let mut history = value(&fixture("get-resource-config-history"));
    let documents = json_of("history", &history);
    assert_eq!(column(&documents, "state"), ["terminated", "running"]);
    assert_eq!(column(&documents, "status"), ["skipped", "compliant"]);
    assert_eq!(documents[1]["accountId"], "123456789012");
    assert_eq!(documents[1]["launchedAt"], "2025-12-02T10:00:00.000Z");
    let items = history["configurationItems"].as_array_mut().unwrap();
    // What `batch-get-resource-config` answers has its tags in the configuration alone.
    items[1].as_object_mut().unwrap().remove("tags");
    items[0]["configuration"] = json!("{}");
    let documents = json_of("batch", &json!({"baseConfigurationItems": items}));
    assert_eq!(documents[1]["tags"], json!({"Owner": "web"}));
}

#[test]
fn a_summary_of_aws_config_has_no_tags() {
    let mut event = value(&fixture("config-configuration-item-change"));
    let item = event["detail"]
        .as_object_mut()
        .unwrap()
        .remove("configurationItem");
    let mut item = item.unwrap();
    for name in ["tags", "configuration"] {
        item.as_object_mut().unwrap().remove(name);
    }
    event["detail"]["configurationItem"] = json!(null);
    event["detail"]["configurationItemSummary"] = item;
    let (_, answer) = explained("summary", &event, &[]);
    assert_eq!(answer.code, Some(2));
    assert!(answer.stderr.contains("--untagged"), "{answer:?}");
}
