//! Removes tag values from events: any of them may be a secret.

use serde_json::{Map, Value};

use crate::json::FieldError;

/// An event without its tag values, which checks don't need. Covers `detail.tags` of a tag change, and the tags in
/// requests and responses that CloudTrail records.
pub fn without_tag_values(event: Value) -> Value {
    match event {
        Value::Object(fields) => Value::Object(without_values(fields)),
        Value::Array(items) => items.into_iter().map(without_tag_values).collect(),
        scalar => scalar,
    }
}

fn without_values(fields: Map<String, Value>) -> Map<String, Value> {
    let is_tag = fields.contains_key("key");
    let is_kept = |name: &str, value: &Value| match name {
        "tags" => !value.is_object(),
        "value" => !is_tag,
        _ => true,
    };
    let kept = fields
        .into_iter()
        .filter(|(name, value)| is_kept(name, value));
    kept.map(|(name, value)| (name, without_tag_values(value)))
        .collect()
}

/// An error about an event, without content that may be a tag's value, because errors are logged.
pub fn without_content(error: FieldError) -> FieldError {
    let got = error.got.to_ascii_lowercase();
    let holds_tags = got.contains("tag") || got.contains("value");
    if !holds_tags && !error.field.is_tag_value() {
        return error;
    }
    let got = match got.chars().next() {
        _ if error.expected == "JSON" => "text that is none",
        Some('{') => "an object",
        Some('[') => "an array",
        Some('"') => "a string",
        // Numbers and null are never a tag's value.
        _ => return error,
    };
    FieldError {
        got: got.to_owned(),
        ..error
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_keeps_all_but_the_values_of_tags() {
        let event = json!({"id": "1", "detail": {
            "changed-tag-keys": ["Password"],
            "tags": {"Password": "hunter2"},
            "requestParameters": {
                "tagSet": {"items": [{"key": "Password", "value": "hunter2"}]},
                "tagSpecificationSet": {"items": [
                    {"resourceType": "instance", "tags": [{"key": "Password", "value": "hunter2"}]},
                ]},
                "filter": {"name": "a", "value": "b"},
            },
        }});
        let expected = json!({"id": "1", "detail": {
            "changed-tag-keys": ["Password"],
            "requestParameters": {
                "tagSet": {"items": [{"key": "Password"}]},
                "tagSpecificationSet": {"items": [
                    {"resourceType": "instance", "tags": [{"key": "Password"}]},
                ]},
                "filter": {"name": "a", "value": "b"},
            },
        }});
        assert_eq!(without_tag_values(event), expected);
    }

    #[test]
    fn an_error_shows_what_is_no_value_of_a_tag() {
        for (event, expected) in [
            (
                json!({"detail": "x"}),
                "detail: expected a JSON object, got \"x\"",
            ),
            (
                json!({"detail": r#"{"tags": {"a": "hunter2"}}"#}),
                "detail: expected a JSON object, got a string",
            ),
            (
                json!({"detail": [{"key": "a", "value": "hunter2"}]}),
                "detail: expected a JSON object, got an array",
            ),
            (
                json!({"detail": {"instance-id": {"tags": {"a": "hunter2"}}}}),
                "detail.instance-id: expected an instance id: i- and 8 or 17 hexadecimal digits, got an object",
            ),
        ] {
            let mut event = event;
            event["source"] = json!("aws.ec2");
            event["detail-type"] = json!("EC2 Instance State-change Notification");
            assert_eq!(
                super::super::parse(&event).unwrap_err().to_string(),
                expected
            );
        }
        let call = |tags: Value| {
            let event = json!({"source": "aws.ec2", "detail-type": "AWS API Call via CloudTrail", "detail": {
                "eventSource": "ec2.amazonaws.com", "eventName": "CreateTags",
                "requestParameters": {"tagSet": {"items": tags}}}});
            super::super::parse(&event).unwrap_err().to_string()
        };
        let tags = "detail.requestParameters.tagSet.items";
        for (items, expected) in [
            (
                json!("hunter2"),
                format!("{tags}: expected an array, got a string"),
            ),
            (
                json!(["hunter2"]),
                format!("{tags}[0]: expected a JSON object, got a string"),
            ),
            (
                json!([22]),
                format!("{tags}[0]: expected a JSON object, got 22"),
            ),
            (
                json!([{"key": 1, "value": "hunter2"}]),
                format!("{tags}[0].key: expected a string, got 1"),
            ),
            (
                json!([{"value": "hunter2"}]),
                format!("{tags}[0].key: expected a string, got nothing"),
            ),
        ] {
            assert_eq!(call(items), expected);
        }
        let body = json!({"Records": [{"eventSource": "aws:sqs", "messageId": "m", "body": "tag a=hunter2"}]});
        let parsed = format!("{:?}", super::super::parse(&body).unwrap());
        assert!(parsed.contains("text that is none"), "{parsed}");
        assert!(!parsed.contains("hunter2"), "{parsed}");
    }
}
