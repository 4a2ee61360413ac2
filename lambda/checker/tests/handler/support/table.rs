//! An in-memory state table, limited to the function's calls.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemOutput;
use aws_sdk_dynamodb::operation::get_item::GetItemOutput;
use aws_sdk_dynamodb::operation::query::QueryOutput;
use aws_sdk_dynamodb::operation::scan::ScanOutput;
use aws_sdk_dynamodb::operation::update_item::{
    UpdateItemError, UpdateItemInput, UpdateItemOutput,
};
use aws_sdk_dynamodb::types::error::ConditionalCheckFailedException;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use aws_sdk_s3::primitives::SdkBody;
use aws_smithy_mocks::{MockResponse, Rule, mock};
use serde_json::{Value, json};

pub type Attributes = HashMap<String, AttributeValue>;

/// The items by their sort keys.
pub type Items = BTreeMap<String, Attributes>;

/// An operation to fail, with its HTTP status and AWS's error code.
pub type Fault = (&'static str, u16, &'static str);

/// The table, and the calls that it has got.
#[derive(Clone, Default)]
pub struct Table(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    items: Items,
    calls: Vec<&'static str>,
    writes: Vec<String>,
    fault: Option<Fault>,
    /// The item whose writes fail.
    faulty: Option<String>,
    race: Option<Race>,
    /// The call that fails, by its index.
    faulty_call: Option<usize>,
    /// How many more batches are answered for only half of their keys.
    unprocessed: usize,
    /// How many items of the index fit into an answer. None for all.
    page_size: Option<usize>,
}

/// Another writer, which writes right before the function does.
struct Race {
    before: String,
    times: usize,
    write: Box<dyn FnMut(&mut Items) + Send>,
}

impl Table {
    pub fn fail(&self, fault: Fault) {
        self.0.lock().unwrap().fault = Some(fault);
    }

    /// Makes the writes of an item fail.
    pub fn fail_writes_of(&self, sort: &str) {
        self.0.lock().unwrap().faulty = Some(sort.to_owned());
    }

    /// Makes one call fail, by its index since calls were last forgotten.
    pub fn fail_call(&self, place: usize) {
        self.0.lock().unwrap().faulty_call = Some(place);
    }

    /// Leaves half of the keys of this many batches unprocessed.
    pub fn leave_unprocessed(&self, times: usize) {
        self.0.lock().unwrap().unprocessed = times;
    }

    /// Answers queries of the index page by page.
    pub fn in_pages_of(&self, items: usize) {
        self.0.lock().unwrap().page_size = Some(items);
    }

    pub fn mend(&self) {
        let mut state = self.0.lock().unwrap();
        state.faulty_call = None;
        state.fault = None;
        state.faulty = None;
    }

    /// Makes another writer write right before this many writes of an item.
    pub fn race(&self, before: &str, times: usize, write: impl FnMut(&mut Items) + Send + 'static) {
        self.0.lock().unwrap().race = Some(Race {
            before: before.to_owned(),
            times,
            write: Box::new(write),
        });
    }

    pub fn calls(&self) -> Vec<&'static str> {
        self.0.lock().unwrap().calls.clone()
    }

    /// Forgets the calls so far.
    pub fn forget_calls(&self) {
        let mut state = self.0.lock().unwrap();
        state.calls.clear();
        state.writes.clear();
    }

    /// The sort keys of all writes, including refused ones.
    pub fn writes(&self) -> Vec<String> {
        self.0.lock().unwrap().writes.clone()
    }

    /// Stores an item by hand.
    pub fn put(&self, sort: &str, attributes: &[(&str, AttributeValue)]) {
        let mut state = self.0.lock().unwrap();
        let item = state.items.entry(sort.to_owned()).or_default();
        let pk = if sort.starts_with("i-") { "i#" } else { "ctl" };
        item.insert("pk".to_owned(), AttributeValue::S(pk.to_owned()));
        item.insert("sk".to_owned(), AttributeValue::S(sort.to_owned()));
        for (name, value) in attributes {
            item.insert((*name).to_owned(), value.clone());
        }
    }

    /// Deletes an item by hand.
    pub fn remove(&self, sort: &str) {
        self.0.lock().unwrap().items.remove(sort);
    }

    /// The attributes of an item as text, without its key.
    pub fn item(&self, sort: &str) -> Option<Value> {
        let state = self.0.lock().unwrap();
        let item = state.items.get(sort)?;
        let attributes = item
            .iter()
            .filter(|(name, _)| *name != "pk" && *name != "sk");
        let attributes = attributes.map(|(name, value)| {
            let text = match value {
                AttributeValue::S(text) | AttributeValue::N(text) => json!(text),
                AttributeValue::Bool(flag) => json!(flag),
                other => panic!("{other:?}"),
            };
            (name.clone(), text)
        });
        Some(Value::Object(attributes.collect()))
    }

    /// An item as DynamoDB holds it.
    pub fn attributes(&self, sort: &str) -> Attributes {
        self.0.lock().unwrap().items[sort].clone()
    }

    /// The stream's event for everything that is due. None if nothing is.
    pub fn wake(&self) -> Option<Value> {
        let state = self.0.lock().unwrap();
        let due = state
            .items
            .iter()
            .filter(|(_, item)| item.contains_key("due"));
        let records: Vec<_> = due
            .map(|(sort, _)| {
                json!({
                    "eventSource": "aws:dynamodb", "eventName": "MODIFY",
                    "dynamodb": {"Keys": {"pk": {"S": "i#"}, "sk": {"S": sort}}},
                })
            })
            .collect();
        (!records.is_empty()).then(|| json!({"Records": records}))
    }

    pub fn rules(&self) -> [Rule; 5] {
        let this = || self.clone();
        let (get, batch, update, query, scan) = (this(), this(), this(), this(), this());
        [
            mock!(Client::get_item).then_compute_response(move |input| {
                get.answer("GetItem", |items| {
                    let item = items.get(&sort_of(input.key().unwrap())).cloned();
                    MockResponse::Output(GetItemOutput::builder().set_item(item).build())
                })
            }),
            mock!(Client::batch_get_item).then_compute_response(move |input| {
                let (name, wanted) = input.request_items().unwrap().iter().next().unwrap();
                assert_eq!(wanted.consistent_read(), Some(true));
                assert!(wanted.keys().len() <= 100);
                let (keys, left) = wanted.keys().split_at(batch.processed_of(wanted));
                batch.answer("BatchGetItem", |items| {
                    let found = keys.iter().filter_map(|key| items.get(&sort_of(key)));
                    let answer = BatchGetItemOutput::builder();
                    let answer = answer.responses(name, found.cloned().collect());
                    let left = KeysAndAttributes::builder().set_keys(Some(left.to_vec()));
                    let answer = answer.unprocessed_keys(name, left.build().unwrap());
                    MockResponse::Output(answer.build())
                })
            }),
            mock!(Client::update_item).then_compute_response(move |input| {
                update.begin_write(&sort_of(input.key().unwrap()));
                update.answer("UpdateItem", |items| change(items, input))
            }),
            mock!(Client::query).then_compute_response(move |input| {
                let size = query.page_size();
                query.answer("Query", |items| {
                    let values = input.expression_attribute_values().unwrap();
                    let is_wanted = |item: &&Attributes| {
                        if let Some(group) = values.get(":grp") {
                            return item.get("grp") == Some(group);
                        }
                        assert_eq!(input.consistent_read(), Some(true));
                        let since = values.get(":since");
                        is_in_partition(item, &values[":pk"])
                            && (item["st"] != values[":closed"]
                                || since.is_some_and(|it| number(&item["read"]) > number(it)))
                    };
                    let found = items.values().filter(is_wanted);
                    let (found, last) = page_of(found, input.exclusive_start_key(), size);
                    let answer = QueryOutput::builder().set_items(Some(found));
                    MockResponse::Output(answer.set_last_evaluated_key(last).build())
                })
            }),
            mock!(Client::scan).then_compute_response(move |input| {
                let size = scan.page_size();
                scan.answer("Scan", |items| {
                    let before = &input.expression_attribute_values().unwrap()[":before"];
                    let is_overdue = |item: &&Attributes| {
                        item.get("due")
                            .is_some_and(|due| number(due) < number(before))
                    };
                    let indexed = items.values().filter(|item| item.contains_key("grp"));
                    let (page, last) = page_of(indexed, input.exclusive_start_key(), size);
                    // DynamoDB filters after reading a page, so a page may be empty.
                    let found = page.iter().filter(is_overdue).cloned().collect();
                    let answer = ScanOutput::builder().set_items(Some(found));
                    MockResponse::Output(answer.set_last_evaluated_key(last).build())
                })
            }),
        ]
    }

    fn page_size(&self) -> Option<usize> {
        self.0.lock().unwrap().page_size
    }

    /// For how many keys of a batch this call answers.
    fn processed_of(&self, wanted: &KeysAndAttributes) -> usize {
        let mut state = self.0.lock().unwrap();
        let all = wanted.keys().len();
        if state.unprocessed == 0 {
            return all;
        }
        state.unprocessed -= 1;
        all / 2
    }

    fn begin_write(&self, sort: &str) {
        let mut state = self.0.lock().unwrap();
        state.writes.push(sort.to_owned());
        let State { race, items, .. } = &mut *state;
        if let Some(race) = race.as_mut().filter(|it| it.before == sort && it.times > 0) {
            race.times -= 1;
            (race.write)(items);
        }
    }

    fn answer<Output, Error>(
        &self,
        operation: &'static str,
        answer: impl FnOnce(&mut Items) -> MockResponse<Output, Error>,
    ) -> MockResponse<Output, Error> {
        let mut state = self.0.lock().unwrap();
        state.calls.push(operation);
        let written = state.writes.last().filter(|_| operation == "UpdateItem");
        let is_faulty = written.is_some() && state.faulty.as_ref() == written
            || state.faulty_call == Some(state.calls.len() - 1);
        let fault = is_faulty.then_some((operation, 500, "InternalServerError"));
        match state.fault.or(fault) {
            Some((faulty, status, code)) if faulty == operation => {
                let body = json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": "so said DynamoDB"});
                MockResponse::Http(HttpResponse::new(
                    status.try_into().unwrap(),
                    SdkBody::from(body.to_string()),
                ))
            }
            _ => answer(&mut state.items),
        }
    }
}

/// Another writer's update of an item: the same state with the next version.
pub fn move_version(items: &mut Items, sort: &str) {
    let item = items.get_mut(sort).unwrap();
    let next = number(&item["v"]) + 1;
    item.insert("v".to_owned(), AttributeValue::N(next.to_string()));
}

/// A page of an index after a given key, and the key of its last item if more may follow.
fn page_of<'a>(
    items: impl Iterator<Item = &'a Attributes>,
    after: Option<&Attributes>,
    size: Option<usize>,
) -> (Vec<Attributes>, Option<Attributes>) {
    let after = after.map(sort_of);
    let rest = items.filter(|item| after.as_ref().is_none_or(|after| sort_of(item) > *after));
    let page: Vec<_> = rest.take(size.unwrap_or(usize::MAX)).cloned().collect();
    let last = page.last().filter(|_| size == Some(page.len()));
    let last = last.map(|item| {
        let key = |name: &str| Some((name.to_owned(), item.get(name)?.clone()));
        ["pk", "sk", "grp", "due"]
            .into_iter()
            .filter_map(key)
            .collect()
    });
    (page, last)
}

/// Whether an item belongs to an instance, and is in the partition of its id's last digit.
fn is_in_partition(item: &Attributes, partition: &AttributeValue) -> bool {
    let (_, digit) = partition.as_s().unwrap().rsplit_once('#').unwrap();
    let sort = sort_of(item);
    sort.starts_with("i-") && sort.ends_with(digit)
}

fn sort_of(key: &Attributes) -> String {
    key["sk"].as_s().unwrap().clone()
}

fn number(value: &AttributeValue) -> u64 {
    value.as_n().unwrap().parse().unwrap()
}

fn change(
    items: &mut Items,
    input: &UpdateItemInput,
) -> MockResponse<UpdateItemOutput, UpdateItemError> {
    let key = input.key().unwrap();
    let there = items.get(&sort_of(key));
    let names = input.expression_attribute_names().unwrap();
    let none = HashMap::new();
    let values = input.expression_attribute_values().unwrap_or(&none);
    if !holds(input.condition_expression().unwrap(), there, names, values) {
        let refusal = ConditionalCheckFailedException::builder()
            .set_item(there.cloned())
            .build();
        return MockResponse::Error(UpdateItemError::ConditionalCheckFailedException(refusal));
    }
    let item = items.entry(sort_of(key)).or_insert_with(|| key.clone());
    let expression = input.update_expression().unwrap();
    let (set, remove) = expression.split_once("REMOVE").unwrap_or((expression, ""));
    for assignment in set
        .trim_start_matches("SET ")
        .split(", ")
        .filter(|it| !it.trim().is_empty())
    {
        let (name, value) = assignment.trim().split_once(" = ").unwrap();
        item.insert(names[name].clone(), values[value].clone());
    }
    for name in remove
        .split(", ")
        .map(str::trim)
        .filter(|it| !it.is_empty())
    {
        item.remove(&names[name]);
    }
    MockResponse::Output(UpdateItemOutput::builder().build())
}

/// Whether one of the function's conditions holds.
fn holds(
    condition: &str,
    item: Option<&Attributes>,
    names: &HashMap<String, String>,
    values: &HashMap<String, AttributeValue>,
) -> bool {
    if let Some((one, other)) = condition.split_once(" OR ") {
        return holds(one, item, names, values) || holds(other, item, names, values);
    }
    if let Some((one, other)) = condition.split_once(" AND ") {
        return holds(one, item, names, values) && holds(other, item, names, values);
    }
    let attribute = |name: &str| {
        let name = names.get(name).map_or(name, String::as_str);
        item.and_then(|item| item.get(name))
    };
    let inner = |function: &str| condition.strip_prefix(function)?.strip_suffix(')');
    if let Some(name) = inner("attribute_not_exists(") {
        return attribute(name).is_none();
    }
    if let Some(name) = inner("attribute_exists(") {
        return attribute(name).is_some();
    }
    if let Some((name, value)) = condition.split_once(" <= ") {
        // DynamoDB never orders a text and a number.
        let there = attribute(name).filter(|it| it.is_n());
        return there.is_some_and(|it| number(it) <= number(&values[value]));
    }
    let (name, value) = condition.split_once(" = ").unwrap();
    attribute(name) == Some(&values[value])
}
