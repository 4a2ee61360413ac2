//! Events and answers on one line each, for people.

use serde_json::Value;
use tag_compliance_core::text::{OneLine, excerpt};

const MAX_SHOWN_CHARS: usize = 300;

/// Untrusted text, which must not forge a line of ours.
pub fn one_line(text: &str) -> String {
    OneLine(&excerpt(text, MAX_SHOWN_CHARS)).to_string()
}

/// A value within a sentence: text as is, anything else as JSON.
pub fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// Which event it is.
pub fn describe(event: &Value) -> String {
    if let Some(published) = published(event) {
        return format!("by SNS: {}", describe(&published));
    }
    if !event.is_object() {
        return format!("event {event}");
    }
    if event.get("detail-type").is_none() {
        return format!("call {event}");
    }
    let detail = |name| event.get("detail").and_then(|detail| detail.get(name));
    let parts = [
        event.get("detail-type"),
        event.get("time"),
        event.get("id"),
        detail("instance-id"),
        detail("EC2InstanceId"),
        detail("state"),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().map(plain).collect();
    parts.join(" ")
}

/// The event in SNS's envelope.
pub fn published(event: &Value) -> Option<Value> {
    if event.get("Type")?.as_str()? != "Notification" {
        return None;
    }
    serde_json::from_str(event.get("Message")?.as_str()?).ok()
}

/// What the function answered, in a word or two; none if that is no answer of ours.
pub fn outcome(answer: &Value) -> Option<String> {
    if let Some(failures) = failures(answer) {
        return Some(format!("batch, {failures} failed"));
    }
    answer.get("status")?.as_str()?;
    let parts = ["status", "instanceId", "reason"].map(|name| answer.get(name));
    let parts: Vec<_> = parts.into_iter().flatten().map(plain).collect();
    Some(parts.join(" "))
}

fn failures(answer: &Value) -> Option<usize> {
    Some(answer.get("batchItemFailures")?.as_array()?.len())
}

/// The result for an event: the function's answer in a word or two, or why the event stays.
pub fn result(answer: &Value, function_error: Option<&str>) -> Result<String, String> {
    if let Some(kind) = function_error {
        let of = |name: &str| answer.get(name).map(plain);
        let kind = of("errorType").unwrap_or_else(|| kind.to_owned());
        let message = of("errorMessage").unwrap_or_else(|| answer.to_string());
        return Err(format!("{kind}: {message}"));
    }
    let told = outcome(answer);
    let told = told.ok_or_else(|| format!("not an answer of the function: {answer}"))?;
    match failures(answer) {
        Some(1..) => Err(told),
        _ => Ok(told),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json as value;

    use super::*;

    fn event() -> Value {
        value!({
            "detail-type": "EC2 Instance State-change Notification", "source": "aws.ec2",
            "time": "2025-12-03T09:59:58Z", "id": "7bf73129",
            "detail": {"instance-id": "i-1234567890abcdef0", "state": "running"},
        })
    }

    #[test]
    fn an_event_is_described_by_what_people_look_for() {
        let described = "EC2 Instance State-change Notification 2025-12-03T09:59:58Z 7bf73129 \
                         i-1234567890abcdef0 running";
        assert_eq!(describe(&event()), described);
        let published = value!({"Type": "Notification", "Message": event().to_string()});
        assert_eq!(describe(&published), format!("by SNS: {described}"));
        for (event, expected) in [
            (value!({"detail-type": "A", "detail": "{}", "id": 7}), "A 7"),
            (
                value!({"instanceId": "nonsense", "a": [1, {}]}),
                "call {\"instanceId\":\"nonsense\",\"a\":[1,{}]}",
            ),
            (
                value!({"Type": "Notification", "Message": "text"}),
                "call {\"Type\":\"Notification\",\"Message\":\"text\"}",
            ),
            (
                value!({"Type": "SubscriptionConfirmation"}),
                "call {\"Type\":\"SubscriptionConfirmation\"}",
            ),
            (Value::Null, "event null"),
        ] {
            assert_eq!(describe(&event), expected);
        }
    }

    #[test]
    fn an_answer_says_what_came_of_an_event() {
        for (answer, error, expected) in [
            (
                value!({"statusCode": 404, "status": "not-found", "instanceId": "i-1"}),
                None,
                Ok("not-found i-1"),
            ),
            (
                value!({"status": "ignored", "reason": "not-an-instance"}),
                None,
                Ok("ignored not-an-instance"),
            ),
            (
                value!({"batchItemFailures": []}),
                None,
                Ok("batch, 0 failed"),
            ),
            (
                value!({"batchItemFailures": [{"itemIdentifier": "m"}]}),
                None,
                Err("batch, 1 failed"),
            ),
            (
                value!({"errorType": "AwsCallFailed", "errorMessage": "sns:Publish: no answer"}),
                Some("Unhandled"),
                Err("AwsCallFailed: sns:Publish: no answer"),
            ),
            (value!(null), Some("Unhandled"), Err("Unhandled: null")),
            (
                value!(null),
                None,
                Err("not an answer of the function: null"),
            ),
            (
                value!({"statusCode": 200}),
                None,
                Err("not an answer of the function: {\"statusCode\":200}"),
            ),
        ] {
            let result = result(&answer, error);
            assert_eq!(
                result.as_deref().map_err(String::as_str),
                expected,
                "{answer}"
            );
        }
    }

    #[test]
    fn text_of_an_event_stays_on_its_line() {
        assert_eq!(
            one_line("a\n2. \u{1b}[31mforged"),
            "a\\n2. \\u{1b}[31mforged"
        );
        assert_eq!(one_line(&"x".repeat(1_000)).chars().count(), 301);
    }
}
