//! `explain`: the formats of files with instances.

mod api_calls;
mod config_items;
mod described;
mod events;
mod recognized;
mod several;
mod wrong_fields;

use serde_json::{Value, json};

use crate::explain::explain;
use crate::support::{Answer, event, file, policy_file};

fn fixture(name: &str) -> String {
    event(&format!("../instances/{name}"))
}

fn value(path: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Explains a value, with these options.
fn explained(name: &str, value: &Value, options: &[&str]) -> (String, Answer) {
    text_explained(name, &format!("{value:#}"), options)
}

fn text_explained(name: &str, text: &str, options: &[&str]) -> (String, Answer) {
    let event = file(&format!("explain-files-{name}.json"), text);
    let policy = policy_file(
        &format!("explain-files-{name}-policy.json"),
        &json!({"required_tags": [{"key": "Owner"}]}),
    );
    let arguments = [["--event", &event].as_slice(), options].concat();
    let answer = explain(&policy, &arguments);
    (event, answer)
}

/// The documents of `--format json`: one per line, or a single one.
fn documents(answer: &Answer) -> Vec<Value> {
    let values = serde_json::Deserializer::from_str(&answer.stdout).into_iter();
    values.collect::<Result<_, _>>().unwrap()
}

fn json_of(name: &str, value: &Value) -> Vec<Value> {
    let (_, answer) = explained(name, value, &["--format", "json"]);
    assert_eq!(answer.stderr, "", "{name}");
    documents(&answer)
}

fn column(documents: &[Value], field: &str) -> Vec<Value> {
    documents.iter().map(|it| it[field].clone()).collect()
}
