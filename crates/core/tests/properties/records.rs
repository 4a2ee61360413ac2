//! Audit records of hostile tags.

use proptest::prelude::*;
use serde_json::Value;
use tag_compliance_core::event::{EventDetails, EventId};
use tag_compliance_core::instance::{TagValue, Tags};
use tag_compliance_core::policy::MASK;
use tag_compliance_core::record::AuditRecord;
use tag_compliance_core::testing::{instance, subject};
use tag_compliance_core::text::Untrusted;

use crate::support::{cases, hostile_policy, hostile_tags, hostile_text};

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn a_record_is_one_line_that_gives_the_tags_back(
        policy in hostile_policy(),
        tags in hostile_tags(),
        event_id in proptest::option::of(hostile_text(200)),
        provisional in any::<bool>(),
    ) {
        let instance = instance(tags);
        let subject = subject(&instance);
        let evaluation = policy.evaluate(&subject);
        let event = EventDetails { id: event_id.clone().map(EventId::new), ..EventDetails::manual() };
        let record = AuditRecord::new(&subject, &evaluation, &policy, &event, provisional);
        let line = record.to_json();
        prop_assert!(line.iter().all(|byte| *byte >= b' '), "one line");
        let read: Value = serde_json::from_slice(&line).unwrap();
        let tags: Tags = serde_json::from_value(read["tags"].clone()).unwrap();
        let recorded = |(key, value): (Untrusted<'_>, TagValue<'_>)| {
            let value = if policy.masks(key.raw()) { MASK } else { value.raw() };
            (key.raw().to_owned(), value.to_owned())
        };
        prop_assert_eq!(tags, instance.tags.iter().map(recorded).collect::<Tags>());
        prop_assert_eq!(read["eventId"].as_str(), event_id.as_deref());
        prop_assert_eq!(read["isCompliant"].as_bool(), Some(evaluation.violated_rules.is_empty()));
        prop_assert_eq!(read["status"].as_str(), Some(evaluation.status().as_str()));
        prop_assert_eq!(read["provisional"].as_bool().unwrap_or_default(), provisional);
        for (name, count) in [
            ("missingTags", evaluation.missing_tags.len()),
            ("invalidTags", evaluation.invalid_tags.len()),
            ("forbiddenTags", evaluation.forbidden_tags.len()),
            ("misspelledTags", evaluation.misspelled_tags.len()),
        ] {
            prop_assert_eq!(read[name].as_array().map_or(0, Vec::len), count, "{}", name);
        }
        prop_assert_eq!(line, record.to_json());
    }
}
