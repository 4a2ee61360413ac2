//! The published schemas of the events.

use std::fs;
use std::path::Path;

use schemars::{JsonSchema, schema_for};
use serde_json::{Value, json};
use tag_compliance_core::notification::events::{
    MessageDetail, SweepCompletedDetail, ViolationDetail,
};

/// The schema of a detail as it is published.
fn schema_of<T: JsonSchema>(name: &str) -> Value {
    let mut schema = schema_for!(T);
    let id = format!("urn:tag-compliance:{name}:1");
    schema.insert("$id".to_owned(), id.into());
    json!(schema)
}

fn schemas() -> [(&'static str, Value); 3] {
    [
        (
            "violation-event",
            schema_of::<ViolationDetail>("violation-event"),
        ),
        (
            "notification-event",
            schema_of::<MessageDetail>("notification-event"),
        ),
        (
            "sweep-event",
            schema_of::<SweepCompletedDetail>("sweep-event"),
        ),
    ]
}

#[test]
fn the_published_schemas_are_those_of_the_events() {
    for (name, schema) in schemas() {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../docs/{name}.schema.json"));
        let text = format!("{schema:#}\n");
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            fs::write(&path, &text).unwrap();
        }
        let published = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(
            published, text,
            "{name}: write it again with UPDATE_SCHEMAS=1 in the environment of this test"
        );
    }
}

#[test]
fn every_field_is_described_or_says_enough_by_its_name() {
    let known = [
        "accountId",
        "region",
        "instanceId",
        "endedAt",
        "nonCompliant",
        "outOfScope",
        "bucket",
        "startedAt",
        "openedAt",
        "severity",
    ];
    for (name, schema) in schemas() {
        let definitions = schema["$defs"].as_object().into_iter().flatten();
        let objects = definitions
            .map(|(_, definition)| definition)
            .chain([&schema]);
        for object in objects {
            let fields = object["properties"].as_object().into_iter().flatten();
            for (field, described) in fields {
                let is_described = described["description"].is_string();
                assert!(
                    is_described || known.contains(&field.as_str()),
                    "{name}: {field}"
                );
            }
        }
    }
}
