//! What CloudTrail records.

use super::*;

#[test]
fn a_call_is_explained_in_each_of_cloudtrail_s_forms() {
    let event = value(&event("cloudtrail-create-tags"));
    let record = &event["detail"];
    let text = json!({"EventName": "CreateTags", "CloudTrailEvent": record.to_string()});
    for (name, value) in [
        ("call-event", &event),
        ("call-record", record),
        ("call-file", &json!({"Records": [record]})),
        ("call-lookup", &json!({"Events": [&text]})),
        ("call-text", &text),
    ] {
        let documents = json_of(name, value);
        for (field, expected) in [
            ("instanceId", json!("i-1234567890abcdef0")),
            ("accountId", json!("123456789012")),
            ("region", json!("us-east-1")),
            ("tags", json!({"Owner": "web", "Application": "shop"})),
            ("tagsArePartial", json!(true)),
        ] {
            assert_eq!(column(&documents, field), [expected], "{name}: {field}");
        }
    }
    let (_, answer) = explained("call-said", record, &[]);
    let said = "  Tags          only only those that the call set; the instance may have more\n";
    assert!(answer.stdout.contains(said), "{}", answer.stdout);
}

#[test]
fn a_launch_has_the_tags_of_its_request_and_of_its_answer() {
    let mut record = value(&event("cloudtrail-run-instances"))["detail"].take();
    let items = &mut record["responseElements"]["instancesSet"]["items"];
    items[0]["tagSet"]["items"] = json!([{"key": "Owner", "value": "web"}, {"key": "Empty"}]);
    items[0]["launchTime"] = json!(1_764_755_980_000_u64);
    let specifications = &mut record["requestParameters"]["tagSpecificationSet"]["items"];
    let of_volumes = json!({"resourceType": "volume", "tags": [{"key": "a", "value": "b"}]});
    specifications.as_array_mut().unwrap().push(of_volumes);
    let documents = json_of("launch", &record);
    let tags = [
        json!({"Name": "web", "Owner": "web", "Empty": ""}),
        json!({"Name": "web"}),
    ];
    assert_eq!(column(&documents, "tags"), tags);
    assert_eq!(column(&documents, "state"), ["pending", "pending"]);
    let launched = ["2025-12-03T09:59:40.000Z", "2025-12-03T09:59:41.000Z"];
    assert_eq!(column(&documents, "launchedAt"), launched);
}

#[test]
fn a_start_says_nothing_of_tags() {
    let mut record = value(&event("cloudtrail-start-instances"))["detail"].take();
    let (_, answer) = explained("start", &record, &["--tag", "Owner=web"]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    record["eventName"] = json!("CreateTags");
    let (_, answer) = explained("nothing-tagged", &record, &[]);
    assert_eq!(answer.code, Some(2));
    let reason = "it looks like CloudTrail's record of CreateTags of ec2.amazonaws.com";
    assert!(answer.stderr.contains(reason), "{answer:?}");
}

#[test]
fn a_launch_that_says_no_more_than_the_id_has_no_tags() {
    let instances = json!({"items": [{"instanceId": "i-12345678"}]});
    let record = json!({
        "eventSource": "ec2.amazonaws.com",
        "eventName": "RunInstances",
        "responseElements": {"instancesSet": instances},
    });
    let (_, answer) = explained("bare-launch", &record, &["--region", "us-east-1"]);
    assert_eq!(answer.code, Some(1), "{answer:?}");
    assert!(
        answer.stdout.contains("i-12345678: non-compliant"),
        "{answer:?}"
    );
}
