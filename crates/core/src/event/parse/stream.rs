//! Records of the state table's stream.

use serde_json::Value;

use crate::expected::Expected as _;
use crate::instance::InstanceId;
use crate::json::{FieldError, Fields, Path};

/// Whether the records come from a stream ("Amazon DynamoDB Streams record event", AWS Lambda developer guide).
pub fn is_one(records: &[Value]) -> bool {
    let source = records.first().and_then(|record| record.get("eventSource"));
    source.and_then(Value::as_str) == Some("aws:dynamodb")
}

/// The changed instances, without duplicates.
///
/// # Errors
/// The first record whose key isn't that of an item.
pub fn instances(records: &[Value]) -> Result<Vec<InstanceId>, FieldError> {
    let mut found = Vec::with_capacity(records.len());
    for (index, record) in records.iter().enumerate() {
        let path = Path::root("event").field("Records").index(index);
        let record = Fields::at(path, record)?;
        let mut fields = record;
        for name in ["dynamodb", "Keys", "sk"] {
            let object = fields.object(name)?;
            fields = object.ok_or_else(|| fields.error(name, "an object"))?;
        }
        let sort = fields.required_string("S")?;
        // Items of no instance are never due, and a person may have written anything.
        if let Some(digits) = sort.strip_prefix("i-") {
            let id = format!("i-{digits}").parse();
            found.push(id.map_err(|_| fields.error("S", InstanceId::EXPECTED))?);
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::event::{Event, parse};

    fn record(sort: &Value) -> Value {
        json!({
            "eventSource": "aws:dynamodb", "eventName": "MODIFY",
            "dynamodb": {"Keys": {"pk": {"S": "i#123456789012#us-east-1#0"}, "sk": {"S": sort}}},
        })
    }

    fn parsed(sorts: &[Value]) -> Result<Event, String> {
        let records: Vec<_> = sorts.iter().map(record).collect();
        parse(&json!({"Records": records})).map_err(|error| error.to_string())
    }

    #[test]
    fn a_stream_names_instances_each_once() {
        let sorts = [
            json!("i-12345678"),
            json!("pace"),
            json!("i-12345678"),
            json!("i-02345678"),
        ];
        let ids = ["i-02345678", "i-12345678"].map(|id| id.parse().unwrap());
        assert_eq!(parsed(&sorts), Ok(Event::Wake(ids.to_vec())));
    }

    #[test]
    fn a_record_without_the_key_of_an_item_is_an_error() {
        for (sort, expected) in [
            (
                json!(1),
                "Records[0].dynamodb.Keys.sk.S: expected a string, got 1",
            ),
            (
                json!("i-x"),
                "Records[0].dynamodb.Keys.sk.S: expected an instance id: i- and 8 or 17 hexadecimal digits, got \"i-x\"",
            ),
        ] {
            assert_eq!(parsed(&[sort]), Err(expected.to_owned()));
        }
        let bare = |dynamodb: &Value| json!({"eventSource": "aws:dynamodb", "dynamodb": dynamodb});
        for (records, expected) in [
            (
                json!([{"eventSource": "aws:dynamodb"}]),
                "Records[0].dynamodb: expected an object, got nothing",
            ),
            (
                json!([bare(&json!({"Keys": "sk"}))]),
                "Records[0].dynamodb.Keys: expected a JSON object, got \"sk\"",
            ),
            (
                json!([record(&json!("i-12345678")), 1]),
                "Records[1]: expected a JSON object, got 1",
            ),
        ] {
            let error = parse(&json!({"Records": records})).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }
}
