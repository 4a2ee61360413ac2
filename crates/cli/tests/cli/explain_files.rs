//! `explain`: the forms in which people have their instances.

use serde_json::{Value, json};

use crate::explain::{explain, policy_named, record};
use crate::support::{Answer, event, file, policy_file};

fn fixture(name: &str) -> String {
    event(&format!("../instances/{name}"))
}

fn value(path: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// What is explained of a value, with these options.
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

/// The documents of `--format json`, one a line or one alone.
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

#[test]
fn all_instances_of_describe_instances_are_explained() {
    let answer = value(&fixture("describe-instances"));
    let documents = json_of("described", &answer);
    for (field, expected) in [
        (
            "instanceId",
            ["i-1234567890abcdef0", "i-0fedcba9876543210"].map(|it| json!(it)),
        ),
        ("accountId", ["123456789012"; 2].map(|it| json!(it))),
        ("region", ["eu-central-1", "us-east-1"].map(|it| json!(it))),
        ("state", ["running", "stopped"].map(|it| json!(it))),
        (
            "launchedAt",
            ["2025-11-03T10:00:00.000Z", "2025-12-02T10:00:00.000Z"].map(|it| json!(it)),
        ),
        ("operator", [json!(null), json!("eks.amazonaws.com")]),
        (
            "tags",
            [json!({"Owner": "web", "Environment": "prod"}), json!({})],
        ),
        ("status", ["compliant", "non-compliant"].map(|it| json!(it))),
    ] {
        assert_eq!(column(&documents, field), expected, "{field}");
    }
    let (event, text) = explained("described-text", &answer, &[]);
    assert_eq!(text.code, Some(1));
    let second = format!("\n\n{event}: Reservations[0].Instances[1]\ni-0fedcba9876543210: non");
    assert!(text.stdout.contains(&second), "{}", text.stdout);
    let first = format!("{event}: Reservations[0].Instances[0]\ni-1234567890abcdef0: compliant");
    assert!(text.stdout.starts_with(&first), "{}", text.stdout);
}

#[test]
fn what_a_query_leaves_of_it_is_explained() {
    let answer = value(&fixture("describe-instances"));
    let reservation = &answer["Reservations"][0];
    let instances = &reservation["Instances"];
    for (name, value, count) in [
        ("instances", instances.clone(), 2),
        ("nested", json!([instances]), 2),
        ("reservations", json!([reservation]), 2),
        ("reservation", reservation.clone(), 2),
        ("instance", instances[0].clone(), 1),
        (
            "selected",
            json!([{"InstanceId": "i-12345678", "Tags": null}]),
            1,
        ),
    ] {
        let documents = json_of(name, &value);
        assert_eq!(documents.len(), count, "{name}");
    }
    let selected = json!([{"InstanceId": "i-12345678", "State": {"Name": "running"}}]);
    let (event, answer) = explained("no-tags-selected", &selected, &[]);
    assert_eq!(answer.code, Some(2));
    let start = format!("error: {event}:2:3: the file does not say which tags");
    assert!(answer.stderr.starts_with(&start), "{}", answer.stderr);
}

#[test]
fn each_line_of_json_lines_is_explained() {
    let good = value(&record("lines-good", &json!({"tags": {"Owner": "web"}})));
    let bad = value(&record("lines-bad", &json!({"tags": {}})));
    let volume = value(&event("tag-change-volume"));
    let change = value(&event("tag-change-instance"));
    let lines = format!("{good}\n{bad}\n\n2025-12-03T10:00:00.000Z {change}\n{volume}\n");
    let (event, answer) = text_explained("lines", &lines, &["--format", "json"]);
    assert_eq!(answer.code, Some(1), "{answer:?}");
    assert_eq!(answer.stdout.lines().count(), 3);
    let statuses = column(&documents(&answer), "status");
    assert_eq!(statuses, ["compliant", "non-compliant", "non-compliant"]);
    let note = format!(
        "note: 1 of 4 left out: not about an instance; the first is {event}:5:1: \
         this is not about an EC2 instance: it looks like an event of EventBridge about a volume"
    );
    assert!(answer.stderr.starts_with(&note), "{}", answer.stderr);
    let (event, answer) = text_explained("lines-text", &lines, &[]);
    for heading in ["1\ni-", "2\ni-", "4\ni-"] {
        let heading = format!("{event}:{heading}");
        assert!(
            answer.stdout.contains(&heading),
            "{heading}: {}",
            answer.stdout
        );
    }
}

#[test]
fn a_line_that_is_wrong_leaves_the_others() {
    let good = value(&record("broken-good", &json!({"tags": {"Owner": "web"}})));
    let wrong = json!({"instanceId": "i-1", "tags": {}});
    let lines = format!("{good}\n{wrong}\n{{\"instanceId\": nope}}\n{good}");
    let (event, answer) = text_explained("broken", &lines, &["--format", "json"]);
    assert_eq!(answer.code, Some(2));
    assert_eq!(documents(&answer).len(), 2);
    let errors: Vec<_> = answer.stderr.lines().collect();
    let id = format!("error: {event}:2:15: instanceId: expected an instance id: i- and");
    assert!(errors[0].starts_with(&id), "{errors:?}");
    let syntax = format!("error: {event}:3:17: not JSON: expected");
    assert!(errors[1].starts_with(&syntax), "{errors:?}");
    assert_eq!(errors.len(), 2);
}

#[test]
fn an_item_of_aws_config_is_explained_in_each_of_its_forms() {
    let event = value(&fixture("config-configuration-item-change"));
    let item = &event["detail"]["configurationItem"];
    let rule = json!({"invokingEvent": json!({"configurationItem": item}).to_string()});
    let topic =
        json!({"Type": "Notification", "Message": json!({"configurationItem": item}).to_string()});
    for (name, value) in [
        ("config-event", &event),
        ("config-item", item),
        ("config-rule", &rule),
        ("config-topic", &topic),
    ] {
        let documents = json_of(name, value);
        for (field, expected) in [
            ("instanceId", json!("i-1234567890abcdef0")),
            ("accountId", json!("123456789012")),
            ("region", json!("us-east-1")),
            ("state", json!("stopped")),
            ("operator", json!("eks.amazonaws.com")),
            ("launchedAt", json!("2025-11-03T10:00:00.000Z")),
            ("timestamp", json!("2025-12-03T10:00:00.000Z")),
            ("tags", json!({"Owner": "web"})),
        ] {
            assert_eq!(column(&documents, field), [expected], "{name}: {field}");
        }
    }
}

#[test]
fn the_history_of_aws_config_is_explained_item_by_item() {
    let mut history = value(&fixture("get-resource-config-history"));
    let documents = json_of("history", &history);
    assert_eq!(column(&documents, "state"), ["terminated", "running"]);
    assert_eq!(column(&documents, "status"), ["skipped", "compliant"]);
    assert_eq!(documents[1]["accountId"], "123456789012");
    assert_eq!(documents[1]["launchedAt"], "2025-12-02T10:00:00.000Z");
    let items = history["configurationItems"].as_array_mut().unwrap();
    // What `batch-get-resource-config` answers has its tags in the configuration alone.
    items[1].as_object_mut().unwrap().remove("tags");
    items[0]["configuration"] = json!("{}");
    let documents = json_of("batch", &json!({"baseConfigurationItems": items}));
    assert_eq!(documents[1]["tags"], json!({"Owner": "web"}));
}

#[test]
fn a_summary_of_aws_config_has_no_tags() {
    let mut event = value(&fixture("config-configuration-item-change"));
    let item = event["detail"]
        .as_object_mut()
        .unwrap()
        .remove("configurationItem");
    let mut item = item.unwrap();
    for name in ["tags", "configuration"] {
        item.as_object_mut().unwrap().remove(name);
    }
    event["detail"]["configurationItem"] = json!(null);
    event["detail"]["configurationItemSummary"] = item;
    let (_, answer) = explained("summary", &event, &[]);
    assert_eq!(answer.code, Some(2));
    assert!(answer.stderr.contains("--untagged"), "{answer:?}");
}

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
    let said = "  Tags          those that the call set; the instance may have more\n";
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
fn what_cannot_be_explained_is_recognized() {
    let names: serde_json::Map<_, _> = ('a'..='j').map(|it| (it.to_string(), json!(1))).collect();
    for (name, value, expected) in [
        (
            "plan",
            json!({"resource_changes": ["i-12345678"]}),
            "a Terraform plan",
        ),
        (
            "state",
            json!({"version": 4, "terraform_version": "1.11.4"}),
            "a Terraform state",
        ),
        (
            "iam",
            json!({"Version": "2012-10-17", "Statement": []}),
            "a policy document of IAM",
        ),
        (
            "policy",
            json!({"required_tags": []}),
            "a policy of this program: policy check and --policy read it",
        ),
        ("empty", json!({}), "an empty JSON object"),
        (
            "field",
            json!({"a\u{1b}": 1}),
            "a JSON object with the field a\\u{1b}",
        ),
        (
            "fields",
            json!({"a": 1, "b": 2}),
            "a JSON object with the fields a, b",
        ),
        (
            "many",
            json!(names),
            "a JSON object with the fields a, b, c, d, e, f, g, h and 2 more",
        ),
        (
            "string",
            json!("i-12345678"),
            "the JSON value \"i-12345678\"",
        ),
        (
            "query",
            json!([["i-12345678", "running", null], ["i-23456789", 1]]),
            "the output of the AWS CLI with --query: leave --query out",
        ),
        (
            "http",
            json!({"httpMethod": "GET"}),
            "a JSON object with the field httpMethod",
        ),
    ] {
        let (event, answer) = explained(&format!("is-{name}"), &value, &["--untagged"]);
        assert_eq!(answer.code, Some(2), "{name}");
        let lines: Vec<_> = answer.stderr.lines().collect();
        assert_eq!(
            lines[0],
            format!("error: {event}:1:1: this looks like {expected}")
        );
        assert!(
            lines[1].starts_with("note: explain reads an event"),
            "{lines:?}"
        );
        assert_eq!(lines.len(), 4, "{lines:?}");
    }
}

#[test]
fn a_file_that_is_not_json_is_recognized() {
    for (name, text, expected) in [
        (
            "table",
            "-----\n| a |",
            "1:1: this looks like a table, as --output table prints it: use",
        ),
        (
            "yaml",
            "Reservations:\n- Instances: []",
            "1:1: this looks like YAML",
        ),
        (
            "comments",
            "{\n  // why\n}",
            "2:3: this looks like JSON with comments",
        ),
        ("nothing", "", "1:1: this looks like an empty file"),
    ] {
        let (event, answer) = text_explained(name, text, &["--untagged"]);
        assert_eq!(answer.code, Some(2), "{name}");
        let start = format!("error: {event}:{expected}");
        assert!(answer.stderr.starts_with(&start), "{}", answer.stderr);
        let note = "\nnote: explain reads an event";
        assert!(answer.stderr.contains(note), "{}", answer.stderr);
    }
}

#[test]
fn an_instance_in_lower_case_is_explained() {
    let instance = json!({
        "instanceId": "i-12345678",
        "state": {"name": "stopped"},
        "tags": [{"key": "Owner", "value": "web"}],
    });
    let documents = json_of("lower-case", &instance);
    assert_eq!(column(&documents, "tags"), [json!({"Owner": "web"})]);
    assert_eq!(column(&documents, "state"), ["stopped"]);
}

#[test]
fn the_messages_of_a_batch_are_explained() {
    let mut batch = value(&event("sqs-batch"));
    let (file, answer) = explained("messages-broken", &batch, &["--untagged"]);
    assert_eq!(answer.code, Some(2));
    let expected = format!(
        "error: {file}:22:15: Records[1].body: expected a string of JSON (line 1, column 2: "
    );
    assert!(answer.stderr.starts_with(&expected), "{}", answer.stderr);
    assert!(answer.stdout.contains("i-1234567890abcdef0"), "{answer:?}");
    let record = json!({"instanceId": "i-23456789", "tags": {"Owner": "web"}});
    let envelope = json!({"Type": "Notification", "Message": record.to_string()});
    batch["Records"][1]["body"] = envelope.to_string().into();
    let (_, answer) = explained("messages", &batch, &["--untagged", "--format", "json"]);
    let ids = column(&documents(&answer), "instanceId");
    assert_eq!(ids, ["i-1234567890abcdef0", "i-23456789"]);
    for record in batch["Records"].as_array_mut().unwrap() {
        record.as_object_mut().unwrap().remove("body");
    }
    let (_, answer) = explained("messages-without", &batch, &["--untagged"]);
    let reason = "1:1: the batch has no message with a body";
    assert!(answer.stderr.contains(reason), "{}", answer.stderr);
}

#[test]
fn a_list_without_instances_is_an_error() {
    for (name, value) in [
        ("array", json!([])),
        ("reservations", json!({"Reservations": []})),
        ("records", json!({"Records": []})),
    ] {
        let (event, answer) = explained(&format!("nothing-{name}"), &value, &["--untagged"]);
        assert_eq!(answer.code, Some(2), "{name}");
        assert_eq!(
            answer.stderr,
            format!("error: {event}: the file has no instances\n")
        );
    }
    let volume = json!({"resourceType": "AWS::EC2::Volume", "resourceId": "vol-1"});
    let (event, answer) = explained("only-others", &json!([volume, volume]), &[]);
    assert_eq!(answer.code, Some(2));
    let error = format!(
        "error: {event}:2:3: the configuration item is of AWS::EC2::Volume, not of AWS::EC2::Instance\n"
    );
    assert!(answer.stderr.contains(&error), "{}", answer.stderr);
    assert!(
        answer
            .stderr
            .starts_with("note: 2 of 2 left out: not about an instance; the first"),
        "{answer:?}"
    );
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

#[test]
fn a_sweep_says_what_was_looked_for() {
    let event = |kind: &str, source: &str| {
        let call = json!({"eventSource": "ec2.amazonaws.com", "eventName": "RunInstances"});
        json!({"source": source, "detail-type": kind, "detail": call})
    };
    for (name, kind, looked_for) in [
        (
            "state",
            "EC2 Instance State-change Notification",
            "detail.instance-id, detail.EC2InstanceId, instanceId",
        ),
        ("tags", "Tag Change on Resource", "resources[0]"),
        (
            "call",
            "AWS API Call via CloudTrail",
            "a list of instances in responseElements or",
        ),
    ] {
        let event = event(kind, "aws.ec2");
        let (_, answer) = explained(&format!("sweep-{name}"), &event, &["--untagged"]);
        assert_eq!(answer.code, Some(2), "{name}");
        let reason = format!("asks for a sweep of the fleet: looked for {looked_for}");
        assert!(
            answer.stderr.contains(&reason),
            "{reason}\n{}",
            answer.stderr
        );
    }
}

#[test]
fn account_and_region_come_from_the_arn_where_the_event_has_none() {
    let mut change = value(&event("tag-change-instance"));
    for name in ["account", "region"] {
        change.as_object_mut().unwrap().remove(name);
    }
    let documents = json_of("arn", &change);
    assert_eq!(documents[0]["accountId"], "123456789012");
    assert_eq!(documents[0]["region"], "us-east-1");
    change["resources"][0] = json!("arn:aws:ec2:us-east-1a::instance/i-0000000aaaaaaaaaa");
    let documents = json_of("arn-of-a-zone", &change);
    assert_eq!(documents[0]["accountId"], json!(null));
    assert_eq!(documents[0]["region"], json!(null));
    let mut warning = value(&event("spot-interruption-warning"));
    warning["region"] = json!(null);
    let (_, answer) = explained("arn-short", &warning, &["--untagged", "--format", "json"]);
    assert_eq!(answer.json()["region"], json!(null));
}

#[test]
fn an_instance_that_its_group_terminates_does_not_run() {
    let event = value(&event("autoscaling-terminate-successful"));
    let of_kind = |kind: &str| {
        let mut event = event.clone();
        event["detail-type"] = json!(kind);
        event
    };
    let mut to_pool = event.clone();
    to_pool["detail"]["Destination"] = json!("WarmPool");
    for (name, event, state) in [
        (
            "successful",
            of_kind("EC2 Instance Terminate Successful"),
            "terminated",
        ),
        (
            "hook",
            of_kind("EC2 Instance-terminate Lifecycle Action"),
            "shutting-down",
        ),
        (
            "unsuccessful",
            of_kind("EC2 Instance Terminate Unsuccessful"),
            "running",
        ),
        ("pool", to_pool, "running"),
    ] {
        let tags = ["--tag", "Owner=web", "--format", "json"];
        let (_, answer) = explained(&format!("group-{name}"), &event, &tags);
        assert_eq!(answer.json()["state"], state, "{name}");
    }
    let (_, answer) = explained("group-tagless", &event, &[]);
    assert_eq!(
        answer.code,
        Some(0),
        "its tags no longer matter: {answer:?}"
    );
}

#[test]
fn an_option_for_one_instance_is_refused_for_several() {
    let answer = value(&fixture("describe-instances"));
    let (event, answer) = explained("one-id", &answer, &["--instance-id", "i-12345678"]);
    assert_eq!(answer.code, Some(2));
    let error = format!("error: --instance-id names one instance, but {event} has 2\n");
    assert_eq!(answer.stderr, error);
}

#[test]
fn a_tag_that_is_given_twice_is_refused() {
    let tags = ["--tag", "Owner=", "--tag", "a=b", "--tag", "Owner=x"];
    let answer = explain(&policy_named("twice"), &tags);
    assert_eq!(answer.code, Some(2));
    assert_eq!(
        answer.stderr,
        "error: --tag Owner: given twice, as \"\" and as \"x\"\n"
    );
}
