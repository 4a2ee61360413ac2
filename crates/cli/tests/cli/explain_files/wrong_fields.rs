//! Errors that name a field, with its line and column.

use super::*;
use crate::explain::policy_named;

#[test]
fn an_error_names_the_line_and_column_of_the_field() {
    let mut described = value(&fixture("describe-instances"));
    described["Reservations"][0]["Instances"][1]["State"]["Name"] = json!("gone");
    let mut item = value(&fixture("config-configuration-item-change"));
    item["detail"]["configurationItem"]["resourceId"] = json!("i-1");
    let mut call = value(&event("cloudtrail-create-tags"))["detail"].take();
    call["requestParameters"]["resourcesSet"]["items"][1]["resourceId"] = json!("i-1");
    let state = json!({
        "detail-type": "EC2 Instance State-change Notification",
        "detail": {"instance-id": null},
    });
    let by_hand = json!({"nested": {"InstanceID": "i-12345678"}});
    for (name, value, expected) in [
        (
            "described-wrong",
            described,
            "61:21: Reservations[0].Instances[1].State.Name: expected pending,",
        ),
        (
            "reservation-wrong",
            json!({"Instances": 1}),
            "2:16: Instances: expected an array, got 1",
        ),
        (
            "instance-wrong",
            json!([{"InstanceId": null}]),
            "3:19: [0].InstanceId: expected an instance id",
        ),
        (
            "config-wrong",
            item,
            "24:21: detail.configurationItem.resourceId: expected an instance id",
        ),
        (
            "call-wrong",
            json!({"Records": [call]}),
            "30:29: Records[0].requestParameters.resourcesSet.items[1].resourceId: expected an",
        ),
        (
            "event-wrong",
            state,
            "4:20: detail.instance-id: expected an instance id",
        ),
        (
            "by-hand-wrong",
            by_hand,
            "2:13: nested: expected the instance id under the name",
        ),
        (
            "text-wrong",
            json!({"CloudTrailEvent": "{"}),
            "2:22: CloudTrailEvent: expected a string of JSON (line 1, column 1: the text ends within",
        ),
        (
            "text-twice",
            json!({"CloudTrailEvent": "{\"a\": 1, \"a\": 2}"}),
            "2:22: CloudTrailEvent: expected a string of JSON (line 1, column 10: the key \"a\" is there",
        ),
        (
            "tag-twice",
            json!({"InstanceId": "i-12345678", "Tags": [
                {"Key": "Owner", "Value": "web"}, {"Key": "Owner", "Value": "shop"},
            ]}),
            "9:14: Tags[1].Key: expected each key once, got \"Owner\" with the values \"web\" and \"shop\"",
        ),
        (
            "item-of-another",
            json!({"resourceType": "AWS::S3::Bucket\u{1b}", "resourceId": "b"}),
            "1:1: the configuration item is of AWS::S3::Bucket\\u{1b}, not of AWS::EC2::Instance",
        ),
    ] {
        let (event, answer) = explained(name, &value, &[]);
        assert_eq!(answer.code, Some(2), "{name}");
        let start = format!("error: {event}:{expected}");
        assert!(
            answer.stderr.starts_with(&start),
            "{start}\n{}",
            answer.stderr
        );
        let errors = answer
            .stderr
            .lines()
            .filter(|line| line.starts_with("error"));
        assert_eq!(errors.count(), 1, "{name}");
    }
}

#[test]
fn a_tag_that_is_given_twice_is_refused() {
    let tags = ["--tag", "temp=", "--tag", "a=b", "--tag", "temp=secret"];
    let answer = explain(&policy_named("twice"), &tags);
    assert_eq!(answer.code, Some(2));
    assert_eq!(
        answer.stderr,
        "error: --tag temp: given twice: expected one value\n"
    );
}
