//! The messages of batches with damaged records.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use tag_compliance_core::event::{Event, parse};
use tag_compliance_core::json::Path;

use crate::events::{alone_field, check_error, check_request};
use crate::mutation::{restructured, wrong_json};
use crate::support::{batch_of, cases, event_texts, events};

fn how_often<'a>(ids: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, usize> {
    ids.fold(BTreeMap::new(), |mut counts, id| {
        *counts.entry(id).or_default() += 1;
        counts
    })
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn each_message_of_a_batch_is_answered_for_itself(
        bodies in proptest::collection::vec(
            prop_oneof![restructured(events()), wrong_json(), select(event_texts())], 0..20),
        ids in proptest::collection::vec("[ab]{1,2}", 20),
    ) {
        let mut batch = batch_of(&bodies);
        for (record, id) in batch["Records"].as_array_mut().unwrap().iter_mut().zip(&ids) {
            record["messageId"] = json!(id);
        }
        let Ok(Event::Batch(records)) = parse(&batch) else {
            return Err(TestCaseError::fail("the batch was not read"));
        };
        prop_assert_eq!(records.len(), bodies.len());
        let came = how_often(ids[..bodies.len()].iter().map(String::as_str));
        prop_assert_eq!(how_often(records.iter().map(|record| record.message_id.as_str())), came);
        for (index, (record, body)) in records.into_iter().zip(&bodies).enumerate() {
            let mut request = record.request;
            let Ok(payload) = serde_json::from_str::<Value>(body) else {
                let field = request.unwrap_err().field.to_string();
                prop_assert_eq!(field, format!("Records[{index}].body"));
                continue;
            };
            if let Err(error) = &mut request {
                check_error(error)?;
                let field = error.field.to_string();
                let field = field.strip_prefix(&format!("Records[{index}].body"));
                error.field = Path::root(alone_field(field.unwrap()).to_owned());
            }
            check_request(&payload, &request)?;
        }
    }
}
