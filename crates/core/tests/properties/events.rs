//! How the parser handles damaged events.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use tag_compliance_core::event::{Check, Event, IgnoreReason, Request, parse};
use tag_compliance_core::json::FieldError;

use crate::mutation::{damaged, restructured, wrong_json};
use crate::support::{batch_of, cases, event_texts, events, is_plain};

/// The most bytes of an error's text, whatever it is about: a hundred characters of what was got,
/// each written as nine at most, and what was expected.
const MAX_ERROR_BYTES: usize = 1_300;

/// The value at a path such as `detail.instance-id` or `resources[0]`.
fn at_path<'a>(event: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(event, |value, step| {
        let (name, index) = step.split_once('[').unwrap_or((step, ""));
        let value = value.get(name)?;
        match index.strip_suffix(']') {
            Some(index) => value.get(index.parse::<usize>().ok()?),
            None => Some(value),
        }
    })
}

/// The fields that may name an event's instance, if present.
fn named_instances(event: &Value) -> Vec<(&'static str, &Value)> {
    ["detail.instance-id", "detail.EC2InstanceId", "instanceId"]
        .into_iter()
        .filter_map(|path| Some((path, at_path(event, path)?)))
        .collect()
}

/// Holds for the text of every error.
pub fn check_error(error: &FieldError) -> Result<(), TestCaseError> {
    let text = error.to_string();
    prop_assert!(text.len() <= MAX_ERROR_BYTES, "{} bytes", text.len());
    prop_assert!(text.chars().all(is_plain), "{:?}", text);
    let field = error.field.to_string();
    prop_assert!(!field.is_empty() && text.starts_with(&field));
    Ok(())
}

/// Holds for the result of every event that isn't a batch.
pub fn check_request(
    event: &Value,
    answer: &Result<Request, FieldError>,
) -> Result<(), TestCaseError> {
    // The message within SNS's envelope is parsed on its own.
    let message = event.get("Message").and_then(Value::as_str);
    let is_envelope = [
        "Notification",
        "SubscriptionConfirmation",
        "UnsubscribeConfirmation",
    ]
    .iter()
    .any(|kind| event["Type"] == **kind && event.get("Message").is_some());
    if is_envelope {
        return match (message.map(serde_json::from_str::<Value>), answer) {
            (_, Err(error)) => check_error(error),
            (Some(Ok(inner)), _) if event["Type"] == "Notification" => {
                check_request(&inner, answer)
            }
            (_, Ok(answer)) => {
                prop_assert_eq!(answer, &Request::Ignore(IgnoreReason::NotAnInstance));
                Ok(())
            }
        };
    }
    let named = named_instances(event);
    let resource = at_path(event, "resources[0]");
    let text_of = |name: &str| event.get(name).and_then(Value::as_str);
    let detail_type = text_of("detail-type");
    match answer {
        Err(error) => {
            check_error(error)?;
            check_blame(event, error)?;
        }
        Ok(Request::Check(checks)) => check_checks(event, checks, &named)?,
        Ok(Request::Sweep(sweep)) if sweep.continues.is_some() => {
            prop_assert_eq!(detail_type, Some("Sweep Continuation"));
        }
        Ok(Request::Tell(_)) => prop_assert_eq!(detail_type, Some("Group Due")),
        Ok(Request::TellOverdue) => prop_assert_eq!(detail_type, Some("Suspects Due")),
        Ok(Request::Test) => prop_assert_eq!(text_of("test"), Some("channels")),
        Ok(Request::Sweep(_)) if detail_type == Some("Scheduled Event") => {}
        Ok(Request::Sweep(_)) if detail_type == Some("Sweep Continuation") => {}
        Ok(Request::Sweep(_)) => {
            // As after a failed launch, an empty id names nothing in the record of a call.
            let is_of_call = detail_type == Some("AWS API Call via CloudTrail");
            let names_one = named.iter().any(|(_, id)| !is_of_call || *id != "");
            prop_assert!(!names_one, "{:?} is there, and all are swept", named);
            let ours = ["aws.ec2", "aws.autoscaling"];
            let of_others = |it: &str| it.starts_with("aws.") && !ours.contains(&it);
            let is_ours_by_kind = [
                "EC2 Instance State-change Notification",
                "Tag Change on Resource",
                "AWS API Call via CloudTrail",
            ]
            .map(Some)
            .contains(&detail_type);
            prop_assert!(is_ours_by_kind || !text_of("source").is_some_and(of_others));
            let is_of_tags = detail_type == Some("Tag Change on Resource");
            prop_assert!(!is_of_tags || resource.is_none());
        }
        Ok(Request::Ignore(IgnoreReason::UnsuccessfulLaunch)) => {
            let id = at_path(event, "detail.EC2InstanceId");
            prop_assert!(id.is_none_or(|id| id == ""));
        }
        Ok(Request::Ignore(IgnoreReason::FailedCall | IgnoreReason::OtherCall)) => {
            prop_assert_eq!(detail_type, Some("AWS API Call via CloudTrail"));
        }
        Ok(Request::Ignore(IgnoreReason::NotAnInstance))
            if detail_type != Some("Tag Change on Resource") =>
        {
            let is_id =
                |(_, value): &(_, &Value)| value.as_str().is_some_and(|id| id == "i-12345678");
            let is_call = detail_type == Some("AWS API Call via CloudTrail");
            prop_assert!(
                is_call || !named.iter().any(is_id),
                "{:?} is there, and ignored",
                named
            );
        }
        Ok(Request::Ignore(IgnoreReason::NotAnInstance)) if resource.is_none() => {
            let detail = &event["detail"];
            let is_of_others = |name, ours| detail.get(name).is_some_and(|it| it != ours);
            prop_assert!(
                is_of_others("service", "ec2") || is_of_others("resource-type", "instance")
            );
        }
        Ok(Request::Ignore(IgnoreReason::NotAnInstance)) => {
            let arn = resource.and_then(Value::as_str).unwrap_or_default();
            prop_assert!(arn.starts_with("arn:"));
            let parts: Vec<&str> = arn.split(':').collect();
            prop_assert!(
                parts[2] != "ec2" || !parts[5].starts_with("instance/"),
                "{}",
                arn
            );
        }
    }
    Ok(())
}

/// Holds for the checks that an event requests.
fn check_checks(
    event: &Value,
    checks: &[Check],
    named: &[(&'static str, &Value)],
) -> Result<(), TestCaseError> {
    let resource = at_path(event, "resources[0]");
    let detail_type = event.get("detail-type").and_then(Value::as_str);
    let is_call = detail_type == Some("AWS API Call via CloudTrail");
    prop_assert!(checks.len() == 1 || (is_call && checks.len() > 1));
    let text = event.to_string();
    for check in checks {
        let id = check.instance_id.as_str();
        let is_named = named.iter().any(|(_, value)| *value == id);
        let arn = resource.and_then(Value::as_str).unwrap_or_default();
        prop_assert!(
            is_named
                || arn.ends_with(&format!(":instance/{id}"))
                || (is_call && text.contains(&format!("\"{id}\""))),
            "{}",
            id
        );
        let (rest, digits) = id.split_at(2);
        prop_assert!(rest == "i-" && [8, 17].contains(&digits.len()), "{}", id);
        prop_assert!(digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        // The event that comes back requests the same.
        let again = Event::Single(Request::Check(vec![check.clone()]));
        prop_assert_eq!(parse(&check.payload), Ok(again));
        let holds_tags = text.contains("\"tags\"") || text.contains("\"key\"");
        prop_assert!(is_call || holds_tags || check.payload == *event);
    }
    Ok(())
}

/// An error shows the value of the field that it names, unless that may be a tag's value.
fn check_blame(event: &Value, error: &FieldError) -> Result<(), TestCaseError> {
    // Keys that aren't plain names are in brackets, and a field's name may contain a dot.
    let field = error.field.to_string();
    if error.expected.contains("the function itself") || field.contains("[\"") {
        return Ok(());
    }
    let at_field = match field.as_str() {
        "event" => Some(event),
        field => at_path(event, field),
    };
    let json = at_field.map_or_else(|| "nothing".to_owned(), Value::to_string);
    if ["an object", "an array", "a string"].contains(&error.got.as_str()) {
        let hidden = format!("{field} {json}").to_lowercase();
        prop_assert!(
            hidden.contains("tag") || hidden.contains("value"),
            "{}",
            error
        );
        return Ok(());
    }
    let plain = json.chars().take(100).take_while(|it| is_plain(*it));
    let start: String = plain.collect();
    prop_assert!(error.got.starts_with(&start), "{} is not {}", error, start);
    Ok(())
}

/// Holds for every payload that Lambda may pass.
fn check_payload(payload: &Value) -> Result<(), TestCaseError> {
    let answer = parse(payload);
    prop_assert_eq!(&answer, &parse(payload), "the same answer each time");
    match answer {
        Ok(Event::Single(request)) => check_request(payload, &Ok(request)),
        Ok(Event::Wake(ids)) => {
            let records = payload["Records"].as_array().unwrap();
            prop_assert_eq!(&records[0]["eventSource"], "aws:dynamodb");
            prop_assert!(ids.len() <= records.len());
            Ok(())
        }
        Ok(Event::Batch(records)) => {
            prop_assert_eq!(records.len(), payload["Records"].as_array().unwrap().len());
            for (index, record) in records.iter().enumerate() {
                let sent = &payload["Records"][index]["messageId"];
                prop_assert_eq!(&json!(record.message_id), sent);
                if let Err(error) = &record.request {
                    check_error(error)?;
                    let body = format!("Records[{index}].body");
                    prop_assert!(error.field.to_string().starts_with(&body), "{}", error);
                }
            }
            Ok(())
        }
        Err(error) if payload.get("Records").is_some() => check_error(&error),
        Err(error) => check_request(payload, &Err(error)),
    }
}

/// The path in a standalone event for a path in a message's body.
pub fn alone_field(field: &str) -> &str {
    match field.strip_prefix('.') {
        Some(field) => field,
        None if field.is_empty() => "event",
        None => field,
    }
}

/// The body of a message is parsed like a standalone event, or refused for what it is.
fn check_body(body: &str) -> Result<(), TestCaseError> {
    let batch = batch_of(&[body.to_owned()]);
    check_payload(&batch)?;
    let Ok(Event::Batch(records)) = parse(&batch) else {
        return Err(TestCaseError::fail("the batch was not read"));
    };
    let request = &records[0].request;
    match serde_json::from_str::<Value>(body) {
        Err(_) => {
            let error = request.as_ref().unwrap_err();
            prop_assert_eq!(error.field.to_string(), "Records[0].body");
        }
        Ok(payload) if payload.get("Records").is_some() => {
            prop_assert_eq!(
                request.as_ref().unwrap_err().field.to_string(),
                "Records[0].body.Records"
            );
        }
        Ok(payload) => {
            let alone = parse(&payload);
            let same = match (&alone, request) {
                (Ok(Event::Single(alone)), Ok(request)) => alone == request,
                (Err(alone), Err(error)) => {
                    let field = error.field.to_string();
                    let field = alone_field(field.strip_prefix("Records[0].body").unwrap());
                    field == alone.field.to_string() && error.got == alone.got
                }
                _ => false,
            };
            prop_assert!(same, "{:?} alone, {:?} in a batch", alone, request);
        }
    }
    Ok(())
}

fn check_text(text: &str) -> Result<(), TestCaseError> {
    // Lambda refuses payloads that aren't JSON, but a queue doesn't.
    if let Ok(payload) = serde_json::from_str(text) {
        check_payload(&payload)?;
    }
    check_body(text)
}

/// Events that name an instance, with the path to it, and a field that means nothing.
fn checked_events() -> Vec<(Value, &'static str)> {
    let pointer = |event: &Value| {
        let at = |pointer: &&str| event.pointer(pointer).is_some_and(|id| id != "");
        [
            "/detail/instance-id",
            "/detail/EC2InstanceId",
            "/instanceId",
        ]
        .into_iter()
        .find(at)
    };
    let checked: Vec<_> = events()
        .into_iter()
        .filter_map(|event| Some((pointer(&event)?, event)))
        .map(|(pointer, event)| (event, pointer))
        .collect();
    assert!(checked.len() >= 8, "{checked:?}");
    checked
}

proptest! {
    #![proptest_config(cases(1_500))]

    #[test]
    fn damaged_bytes_are_understood_or_refused(
        bytes in damaged(event_texts().into_iter().map(String::into_bytes).collect())
    ) {
        check_text(&String::from_utf8_lossy(&bytes))?;
    }

    #[test]
    fn a_damaged_structure_is_understood_or_refused(text in restructured(events())) {
        check_text(&text)?;
    }

    #[test]
    fn a_wrong_instance_id_is_an_error_of_its_field(
        (mut event, pointer) in select(checked_events()),
        wrong in wrong_json().prop_filter_map("JSON", |text| serde_json::from_str::<Value>(&text).ok()),
        without in proptest::option::of(select(vec!["detail-type", "source", "time", "id"])),
    ) {
        let is_id = wrong.as_str().is_some_and(|text| text == "i-12345678" || text == "i-1234567890abcdef0");
        *event.pointer_mut(pointer).unwrap() = wrong.clone();
        if let Some(without) = without {
            event.as_object_mut().unwrap().remove(without);
        }
        match parse(&event) {
            Ok(Event::Single(Request::Check(checks))) => {
                prop_assert!(is_id);
                prop_assert_eq!(json!(checks[0].instance_id), wrong);
            }
            Ok(other) => prop_assert!(false, "{:?}", other),
            Err(error) => {
                prop_assert!(!is_id, "{}", error);
                prop_assert_eq!(error.field.to_string(), pointer[1..].replace('/', "."));
            }
        }
    }

    #[test]
    fn what_an_event_says_beside_changes_nothing(
        event in select(events()),
        beside in wrong_json().prop_filter_map("JSON", |text| serde_json::from_str::<Value>(&text).ok()),
        name in select(vec!["version", "account", "region", "extra", "trace-header", "Detail", "record"]),
        place in any::<Index>(),
    ) {
        let mut changed = event.clone();
        let mut targets = vec!["", "/detail", "/Records/0", "/Records/0/attributes"];
        // A message of the function itself must be unchanged.
        targets.retain(|target| event["detail-type"] != "Sweep Continuation" || target.is_empty());
        targets.retain(|target| event.pointer(target).is_some_and(Value::is_object));
        changed.pointer_mut(targets[place.index(targets.len())]).unwrap()[name] = beside;
        let without_payload = |payload: &Value| {
            let mut parsed = parse(payload);
            if let Ok(Event::Single(Request::Check(checks))) = &mut parsed {
                for check in checks {
                    check.payload = Value::Null;
                }
            }
            parsed
        };
        prop_assert_eq!(without_payload(&changed), without_payload(&event));
    }
}

#[test]
fn nesting_beyond_any_bound_is_refused() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    // `serde_json` allows 127 levels, in a body and in a value of an event.
    for depth in [1, 126, 127, 128, 10_000, 1_000_000] {
        check_text(&nested(depth)).unwrap();
        check_text(&format!(
            r#"{{"detail":{{"instance-id":{}}}}}"#,
            nested(depth)
        ))
        .unwrap();
        check_text(&"{\"detail\":".repeat(depth)).unwrap();
    }
}
