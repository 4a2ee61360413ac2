//! Damage to bytes, and to the structure of JSON.

use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

/// One change of a byte string. Each `Index` is a place in it, whatever its length.
#[derive(Debug, Clone)]
enum Damage {
    FlipBit(Index, u8),
    Insert(Index, Vec<u8>),
    Delete(Index, Index),
    Duplicate(Index, Index, u8),
    Truncate(Index),
    Splice(Index, Index, usize),
}

/// Bytes that mean something to JSON, to base64 or to UTF-8.
const TELLING: &[&[u8]] = &[
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b"\\",
    b",",
    b":",
    b"\0",
    b"\n",
    b"\xff",
    b"\xed\xa0\x80",
    b"\\ud800",
    b"\\u0000",
    b"null",
    b"true",
    b"-0",
    b"1e400",
    b"99999999999999999999999999",
    b"=",
    b"i-12345678",
    "\u{202e}".as_bytes(),
    "\u{2028}".as_bytes(),
];

fn damage(others: usize) -> impl Strategy<Value = Damage> {
    let place = any::<Index>;
    let bytes = prop_oneof![
        select(TELLING).prop_map(<[u8]>::to_vec),
        proptest::collection::vec(any::<u8>(), 1..6),
    ];
    prop_oneof![
        4 => (place(), 0..8_u8).prop_map(|(at, bit)| Damage::FlipBit(at, bit)),
        4 => (place(), bytes).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        3 => (place(), place()).prop_map(|(from, to)| Damage::Delete(from, to)),
        3 => (place(), place(), 1..20_u8).prop_map(|(from, to, times)| Damage::Duplicate(from, to, times)),
        1 => place().prop_map(Damage::Truncate),
        2 => (place(), place(), 0..others).prop_map(|(at, from, other)| Damage::Splice(at, from, other)),
    ]
}

/// One of `seeds` with one to five changes; what is spliced in comes from any of them.
pub fn damaged(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let changes = proptest::collection::vec(damage(seeds.len()), 1..6);
    (0..seeds.len(), changes).prop_map(move |(seed, changes)| {
        changes.iter().fold(seeds[seed].clone(), |bytes, change| {
            change.apply(bytes, &seeds)
        })
    })
}

impl Damage {
    fn apply(&self, mut bytes: Vec<u8>, seeds: &[Vec<u8>]) -> Vec<u8> {
        let place = |index: &Index| index.index(bytes.len() + 1);
        let region = |from: &Index, to: &Index| {
            let (from, to) = (place(from), place(to));
            from.min(to)..from.max(to)
        };
        match self {
            Self::FlipBit(at, bit) => {
                let at = place(at);
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << bit;
                }
            }
            Self::Insert(at, more) => {
                let at = place(at);
                bytes.splice(at..at, more.iter().copied());
            }
            Self::Delete(from, to) => {
                let region = region(from, to);
                bytes.drain(region);
            }
            Self::Duplicate(from, to, times) => {
                let region = region(from, to);
                let repeated = bytes[region.clone()].repeat(usize::from(*times));
                bytes.splice(region.end..region.end, repeated);
            }
            Self::Truncate(at) => {
                let at = place(at);
                bytes.truncate(at);
            }
            Self::Splice(at, from, other) => {
                let at = place(at);
                let other = &seeds[*other];
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from.index(other.len() + 1)..]);
            }
        }
        bytes
    }
}

/// JSON that a parser may stumble over.
const STUMBLING: &[&str] = &[
    "null",
    "true",
    "0",
    "-0.0",
    "1e308",
    "1e400",
    "-18446744073709551616",
    "\"\"",
    "\" \"",
    "\"\\u0000\"",
    "\"\\u202e\\u2028\\n\"",
    "[]",
    "{}",
    "[null]",
    "{\"instance-id\":null}",
    "\"i-12345678\"",
    "\"i-1234567890abcdef0\"",
    "\"i-1234567g\"",
    "\"running\"",
    "\"Tag Change on Resource\"",
    "\"Scheduled Event\"",
    "\"Sweep Continuation\"",
    "\"aws.autoscaling\"",
    "\"tag-compliance-checker\"",
    "\"2016-12-31T23:59:60Z\"",
    "\"0000-01-01T00:00:00Z\"",
];

/// What a value is replaced by, as JSON text.
pub fn wrong_json() -> impl Strategy<Value = String> {
    let nested = (1..200_usize, select(&["[", "{\"a\":"][..])).prop_map(|(depth, open)| {
        let close = if open == "[" { "]" } else { "}" };
        open.repeat(depth) + "0" + &close.repeat(depth)
    });
    prop_oneof![
        6 => select(STUMBLING).prop_map(str::to_owned),
        2 => any::<String>().prop_map(|text| json!(text).to_string()),
        1 => (1_000..40_000_usize, any::<char>())
            .prop_map(|(length, character)| json!(character.to_string().repeat(length)).to_string()),
        1 => nested,
    ]
}

/// What is done to one value of a document.
#[derive(Debug, Clone)]
enum Change {
    Replace(String),
    Remove,
    /// The field is there twice: first as it was, then with this value.
    Twice(String),
}

/// One of `seeds` with one to three of its values replaced, removed or given twice, as JSON text.
pub fn restructured(seeds: Vec<Value>) -> impl Strategy<Value = String> {
    let change = prop_oneof![
        4 => wrong_json().prop_map(Change::Replace),
        2 => Just(Change::Remove),
        1 => wrong_json().prop_map(Change::Twice),
    ];
    let changes = proptest::collection::vec((any::<Index>(), change), 1..4);
    (0..seeds.len(), changes).prop_map(move |(seed, changes)| {
        let mut values = 0;
        count(&seeds[seed], &mut values);
        let changes: Vec<_> = changes
            .into_iter()
            .map(|(place, change)| (place.index(values), change))
            .collect();
        let mut text = String::new();
        write(&seeds[seed], &mut 0, &changes, &mut text);
        text
    })
}

fn count(value: &Value, values: &mut usize) {
    *values += 1;
    match value {
        Value::Object(object) => object.values().for_each(|value| count(value, values)),
        Value::Array(items) => items.iter().for_each(|item| count(item, values)),
        _ => {}
    }
}

/// Writes a value whose changes are named by its place in the document's order. By hand, since
/// `serde_json` can't write a field twice.
fn write(value: &Value, place: &mut usize, changes: &[(usize, Change)], text: &mut String) {
    if let Some((_, Change::Replace(other))) = changes.iter().find(|(at, _)| at == place) {
        text.push_str(other);
        count(value, place);
        return;
    }
    *place += 1;
    match value {
        Value::Object(object) => {
            let fields = object
                .iter()
                .map(|(name, value)| (Some(name.as_str()), value));
            write_items(fields, ('{', '}'), place, changes, text);
        }
        Value::Array(items) => {
            let items = items.iter().map(|item| (None, item));
            write_items(items, ('[', ']'), place, changes, text);
        }
        other => {
            let _ = write!(text, "{other}");
        }
    }
}

fn write_items<'a>(
    items: impl Iterator<Item = (Option<&'a str>, &'a Value)>,
    (open, close): (char, char),
    place: &mut usize,
    changes: &[(usize, Change)],
    text: &mut String,
) {
    let mut written = Vec::new();
    for (name, value) in items {
        let name = name.map_or_else(String::new, |name| json!(name).to_string() + ":");
        let change = changes.iter().find(|(at, _)| at == place);
        let mut item = name.clone();
        write(value, place, changes, &mut item);
        match change {
            Some((_, Change::Remove)) => {}
            Some((_, Change::Twice(other))) => written.extend([item, name + other]),
            _ => written.push(item),
        }
    }
    text.push(open);
    text.push_str(&written.join(","));
    text.push(close);
}
