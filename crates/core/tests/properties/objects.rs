//! The objects of batches whose records are partly retried.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;
use tag_compliance_core::event::{EventDetails, EventId, Trigger};
use tag_compliance_core::instance::Instance;
use tag_compliance_core::record::{AuditRecord, Layout, Objects, recorded_at};
use tag_compliance_core::subject::Subject;
use tag_compliance_core::testing::{at, default_policy, numbered};
use tag_compliance_core::timestamp::Timestamp;

use crate::support::{cases, hostile_tags};

/// S3: an object is never overwritten.
#[derive(Default)]
struct Log(BTreeMap<String, Vec<u8>>);

/// What comes of a write.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    Written,
    /// It is written, and the SDK repeats it, since the answer was lost.
    WrittenTwice,
    /// It is written, and nobody knows.
    AnswerLost,
    Refused,
}

/// One receive of some of the events: their order, the look, and what becomes of objects and events.
#[derive(Debug, Clone)]
struct Receive {
    order: Vec<Index>,
    /// How many milliseconds later than the one before.
    later: u64,
    fates: Vec<Fate>,
    /// Which events come again.
    fails: Vec<bool>,
}

fn receive() -> impl Strategy<Value = Receive> {
    let fate = prop_oneof![
        4 => Just(Fate::Written),
        1 => Just(Fate::WrittenTwice),
        1 => Just(Fate::AnswerLost),
        1 => Just(Fate::Refused),
    ];
    let parts = (
        vec(any::<Index>(), EVENTS),
        // The same look twice: two environments of the function may look within a millisecond.
        prop_oneof![1 => Just(0_u64), 3 => 1..1_000_u64],
        vec(fate, 3),
        vec(any::<bool>(), EVENTS),
    );
    parts.prop_map(|(order, later, fates, fails)| Receive {
        order,
        later,
        fates,
        fails,
    })
}

const EVENTS: usize = 8;
/// The times of events: three days, one of which the function does not believe.
const TIMES: [&str; 4] = [
    "2026-01-01T23:59:59Z",
    "2026-01-02T00:00:00Z",
    "2026-01-02T09:00:00Z",
    "2019-01-01T00:00:00Z",
];

/// The objects of these events in this order, of a look at this time.
fn objects(
    order: &[usize],
    instances: &[Instance],
    events: &[EventDetails],
    now: Timestamp,
) -> Objects {
    let policy = default_policy();
    let subjects: Vec<_> = order
        .iter()
        .map(|&index| Subject {
            instance: &instances[index],
            region: "us-east-1",
            now,
        })
        .collect();
    let evaluations: Vec<_> = subjects.iter().map(|it| policy.evaluate(it)).collect();
    let records: Vec<_> = order
        .iter()
        .zip(subjects.iter().zip(&evaluations))
        .map(|(&index, (subject, evaluation))| {
            let is_provisional = index % 2 == 0;
            AuditRecord::new(subject, evaluation, &policy, &events[index], is_provisional)
        })
        .collect();
    let times = order.iter().map(|&index| recorded_at(&events[index], now));
    let records: Vec<_> = records.iter().zip(times).collect();
    Objects::of(&records, Layout::Batch)
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn any_retries_end_with_a_line_for_each_event_and_one_content_for_each_key(
        tags in vec(hostile_tags(), EVENTS),
        times in vec(any::<Index>(), EVENTS),
        receives in vec(receive(), 1..5),
    ) {
        let instances: Vec<_> = tags.into_iter().enumerate()
            // Two events of an instance, and events of others.
            .map(|(index, tags)| numbered(index as u64 / 2, tags))
            .collect();
        let events: Vec<_> = times.iter().enumerate()
            .map(|(index, time)| EventDetails {
                trigger: Trigger::StateChange,
                id: Some(EventId::new(format!("event-{index}"))),
                time: Some(at(TIMES[time.index(TIMES.len())])),
                state: None,
            })
            .collect();
        let mut log = Log::default();
        let mut recorded = BTreeSet::new();
        let mut waiting: Vec<usize> = (0..EVENTS).collect();
        let mut now = at("2026-01-02T10:00:00Z");
        for receive in receives {
            now = now.after(std::time::Duration::from_millis(receive.later));
            waiting.sort_by_key(|&index| receive.order[index].index(EVENTS));
            let found = objects(&waiting, &instances, &events, now);
            let mut in_order = waiting.clone();
            in_order.sort_unstable();
            let again = objects(&in_order, &instances, &events, now);
            prop_assert_eq!(&found.all, &again.all, "the order makes no difference");

            let mut confirmed = Vec::new();
            for (number, object) in found.all.iter().enumerate() {
                let fate = receive.fates[number % receive.fates.len()];
                if fate != Fate::Refused {
                    let there = log.0.entry(object.key.clone()).or_insert_with(|| object.body.clone());
                    prop_assert_eq!(there, &object.body, "what has the key is this object");
                }
                confirmed.push(matches!(fate, Fate::Written | Fate::WrittenTwice));
            }
            for (&event, &holder) in waiting.iter().zip(&found.holders) {
                if confirmed[holder] {
                    recorded.insert(event);
                }
            }
            waiting.retain(|&index| receive.fails[index]);
        }

        let mut seen = BTreeSet::new();
        for (key, body) in &log.0 {
            for line in std::str::from_utf8(body).unwrap().lines() {
                let line: Value = serde_json::from_str(line).unwrap();
                let id = line["eventId"].as_str().unwrap();
                let index: usize = id.strip_prefix("event-").unwrap().parse().unwrap();
                prop_assert_eq!(&line["instanceId"], instances[index].id.as_str());
                let looked_at = at(line["timestamp"].as_str().unwrap());
                let day = recorded_at(&events[index], looked_at).date();
                let prefix = format!("scans/{day}/batch-");
                prop_assert!(key.starts_with(&prefix), "{} of {}", key, day);
                seen.insert(index);
            }
        }
        prop_assert!(seen.is_superset(&recorded), "{:?} of {:?}", seen, recorded);
    }
}
