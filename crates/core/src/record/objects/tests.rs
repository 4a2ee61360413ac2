use serde_json::{Value, json};

use super::*;
use crate::evaluation::Evaluation;
use crate::event::{EventDetails, EventId, Trigger};
use crate::instance::{Instance, Tags};
use crate::policy::TagPolicy;
use crate::record::recorded_at;
use crate::testing::{at, default_policy, numbered, policy, subject, tags};

/// The time of each record: its event's second, with milliseconds from the event's id.
fn event(id: &str, time: &str) -> EventDetails {
    EventDetails {
        trigger: Trigger::StateChange,
        id: Some(EventId::new(id)),
        time: Some(at(time)),
        state: None,
    }
}

/// The objects of records of these events, of an instance each; the second record of three is provisional.
fn objects(policy: &TagPolicy, tags: &Tags, events: &[EventDetails], layout: Layout) -> Objects {
    let instances: Vec<Instance> = (0..events.len())
        .map(|number| numbered(number as u64, tags.clone()))
        .collect();
    let evaluations: Vec<Evaluation<'_>> = instances
        .iter()
        .map(|instance| policy.evaluate(&subject(instance)))
        .collect();
    let records: Vec<AuditRecord<'_>> = (0..events.len())
        .map(|index| {
            let (subject, event) = (subject(&instances[index]), &events[index]);
            AuditRecord::new(&subject, &evaluations[index], policy, event, index % 3 == 1)
        })
        .collect();
    let called_at = at("2026-01-02T00:00:30Z");
    let times = events.iter().map(|it| recorded_at(it, called_at));
    Objects::of(&records.iter().zip(times).collect::<Vec<_>>(), layout)
}

fn around_midnight() -> [EventDetails; 3] {
    [
        event("one", "2026-01-02T00:00:01Z"),
        event("two", "2026-01-01T23:59:59Z"),
        event("three", "2026-01-01T23:59:58Z"),
    ]
}

fn lines(object: &Object) -> Vec<Value> {
    let text = std::str::from_utf8(&object.body).unwrap();
    assert!(text.ends_with('\n'), "{text}");
    let lines: Vec<_> = text
        .lines()
        .map(|it| serde_json::from_str(it).unwrap())
        .collect();
    assert_eq!(lines.len() as u64, object.records);
    lines
}

#[test]
fn each_record_is_an_object_that_a_later_look_may_follow() {
    let objects = objects(
        &default_policy(),
        &tags(&[]),
        &around_midnight(),
        Layout::Each,
    );
    let keys: Vec<_> = objects.keys().collect();
    assert_eq!(
        keys,
        [
            "scans/2026-01-02/i-00000000-1767312001504.json",
            "scans/2026-01-01/i-00000001-1767311999154-provisional.json",
            "scans/2026-01-01/i-00000002-1767311998746.json",
        ]
    );
    for object in &objects.all {
        assert_eq!((object.format, object.records), (Format::Json, 1));
        let later = later_key(&object.key, at("2026-01-01T10:00:00Z"));
        assert_eq!(object.later_key, Some(later));
    }
}

#[test]
fn the_records_of_a_batch_are_one_object_for_each_day() {
    let objects = objects(
        &default_policy(),
        &tags(&[]),
        &around_midnight(),
        Layout::Batch,
    );
    let [before, after] = objects.all.as_slice() else {
        panic!("{objects:?}")
    };
    assert_eq!(objects.holders, [1, 0, 0]);
    for (object, prefix, ids) in [
        (
            before,
            // The earlier of both.
            "scans/2026-01-01/batch-1767311998746-",
            &[("two", true), ("three", false)][..],
        ),
        (
            after,
            "scans/2026-01-02/batch-1767312001504-",
            &[("one", false)],
        ),
    ] {
        let hash = object.key.strip_prefix(prefix).unwrap();
        let hash = hash.strip_suffix(".jsonl").unwrap();
        let of_body = hex::encode(Sha256::digest(&object.body));
        assert!(hash.len() == 32 && of_body.starts_with(hash), "{hash}");
        assert_eq!(
            (object.format, &object.later_key),
            (Format::JsonLines, &None)
        );
        let lines = lines(object);
        let lines = lines.iter().map(|line| {
            let is_provisional = line.get("provisional") == Some(&json!(true));
            (line["eventId"].as_str().unwrap(), is_provisional)
        });
        assert_eq!(lines.collect::<Vec<_>>(), ids);
    }
    assert_eq!(
        objects.keys().collect::<Vec<_>>(),
        [&after.key, &before.key, &before.key]
    );
}

#[test]
fn no_records_are_no_object() {
    for layout in [Layout::Each, Layout::Batch] {
        let objects = objects(&default_policy(), &tags(&[]), &[], layout);
        assert_eq!((objects.all.len(), objects.keys().count()), (0, 0));
    }
}

/// EC2 allows 50 tags with keys of 128 and values of 256 characters, which have up to four bytes each.
#[test]
fn a_batch_of_the_largest_records_is_several_objects() {
    let allowed = "a".repeat(256);
    let policy = policy(&json!({"required_tags": [
        {"key": "Environment", "allowed_values": [&allowed]},
        {"key": "Owner", "allowed_values": [&allowed]},
    ]}));
    let largest = |key: &str| (format!("{key:🚀<128}"), "🚀".repeat(256));
    let mut tags: Tags = (0..48).map(|number| largest(&number.to_string())).collect();
    for key in ["Environment", "Owner"] {
        tags.extend([(key.to_owned(), "🚀".repeat(256))]);
    }
    let time = "2026-01-02T00:00:01Z";
    let events: Vec<_> = (0..200).map(|it| event(&it.to_string(), time)).collect();
    let objects = objects(&policy, &tags, &events, Layout::Batch);
    let records: u64 = objects.all.iter().map(|it| it.records).sum();
    assert_eq!(records, 200);
    assert!(objects.all.len() > 1);
    for (index, object) in objects.all.iter().enumerate() {
        let size = object.body.len();
        assert!(size <= MAX_BATCH_BYTES, "{size}");
        let held = lines(object);
        let largest = held.iter().map(|it| it.to_string().len()).max().unwrap();
        assert!(largest < 100 * 1024, "{largest}");
        // Only the last one has room for another record.
        let is_last = index + 1 == objects.all.len();
        assert!(is_last || size + largest > MAX_BATCH_BYTES, "{size}");
    }
}

#[test]
fn a_record_that_is_larger_than_an_object_should_be_is_one() {
    let line = |length| Line {
        text: vec![b'x'; length],
        recorded_at: at("2026-01-01T10:00:00Z"),
        record: 0,
    };
    let huge = MAX_BATCH_BYTES + 1;
    for (lengths, expected) in [
        (&[huge][..], 1),
        (&[huge, 1], 1),
        (&[1, huge], 1),
        (&[MAX_BATCH_BYTES - 1, 1, 1], 2),
    ] {
        let lines: Vec<_> = lengths.iter().map(|&length| line(length)).collect();
        assert_eq!(fitting(&lines), expected, "{lengths:?}");
    }
}
