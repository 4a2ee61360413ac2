//! `explain`: attributes of instances that conditions ask for.

use serde_json::{Value, json};

use crate::explain::explain;
use crate::support::{event, file};

/// Each condition, with the field of a description and the option that it depends on.
const CONDITIONS: [(&str, &str, &str); 6] = [
    ("instance_types", "t3.micro", "--instance-type"),
    ("availability_zones", "us-west-2c", "--availability-zone"),
    ("image_ids", "ami-0abcdef1234567890", "--image-id"),
    ("instance_profiles", "web-server", "--instance-profile"),
    ("vpc_ids", "vpc-0123456789abcdef0", "--vpc-id"),
    ("subnet_ids", "subnet-0123456789abcdef0", "--subnet-id"),
];

fn policy(name: &str, condition: &str, value: &str) -> String {
    let when = json!({(condition): [value]});
    let policy = json!({"forbidden_tags": [{"key": "Name", "when": when}]});
    file(
        &format!("attributes-{name}-{condition}.json"),
        &policy.to_string(),
    )
}

fn description() -> Value {
    json!({
        "InstanceId": "i-1234567890abcdef0",
        "InstanceType": "t3.micro",
        "ImageId": "ami-0abcdef1234567890",
        "LaunchTime": "2025-12-03T10:00:00+00:00",
        "State": {"Code": 16, "Name": "running"},
        "Placement": {"AvailabilityZone": "us-west-2c"},
        "IamInstanceProfile": {"Arn": "arn:aws:iam::123456789012:instance-profile/teams/web-server"},
        "VpcId": "vpc-0123456789abcdef0",
        "SubnetId": "subnet-0123456789abcdef0",
        "Tags": [{"Key": "Name", "Value": "web"}],
    })
}

#[test]
fn a_description_has_them() {
    let described = file("attributes-description.json", &description().to_string());
    for (condition, value, _) in CONDITIONS {
        let policy = policy("described", condition, value);
        let answer = explain(&policy, &["--event", &described]);
        assert_eq!(answer.code, Some(1), "{condition}: {answer:?}");
        assert!(answer.stdout.contains(&format!("{value}\n")), "{answer:?}");
    }
}

#[test]
fn an_option_has_the_last_word() {
    let mut other = description();
    for field in ["InstanceType", "ImageId", "VpcId", "SubnetId"] {
        other[field] = json!("other");
    }
    other["Placement"]["AvailabilityZone"] = json!("us-west-2a");
    other["IamInstanceProfile"]["Arn"] = json!("arn:aws:iam::123456789012:instance-profile/other");
    let other = file("attributes-other.json", &other.to_string());
    for (condition, value, option) in CONDITIONS {
        let policy = policy("option", condition, value);
        let answer = explain(&policy, &["--event", &other]);
        assert_eq!(answer.code, Some(0), "{condition}: {answer:?}");
        let answer = explain(&policy, &["--event", &other, option, value]);
        assert_eq!(answer.code, Some(1), "{condition}: {answer:?}");
    }
}

#[test]
fn what_is_not_known_is_pointed_out() {
    for (condition, value, option) in CONDITIONS {
        let policy = policy("unknown", condition, value);
        let answer = explain(&policy, &["--tag", "Name=web"]);
        assert_eq!(answer.code, Some(0), "{condition}: {answer:?}");
        let pointed_out = format!("not given: see {option}\n");
        assert!(answer.stdout.contains(&pointed_out), "{answer:?}");
    }
}

#[test]
fn the_record_of_a_launch_and_an_item_of_aws_config_have_them() {
    let launch = event("cloudtrail-run-instances");
    let mut record: Value =
        serde_json::from_str(&std::fs::read_to_string(&launch).unwrap()).unwrap();
    let instance = &mut record["detail"]["responseElements"]["instancesSet"]["items"][0];
    instance["instanceType"] = json!("t3.micro");
    instance["placement"] = json!({"availabilityZone": "us-west-2c"});
    let launch = file("attributes-launch.json", &record.to_string());
    let item = event("../instances/config-configuration-item-change");
    let mut of_config: Value =
        serde_json::from_str(&std::fs::read_to_string(&item).unwrap()).unwrap();
    let configuration = &mut of_config["detail"]["configurationItem"]["configuration"];
    configuration["instanceType"] = json!("t3.micro");
    let of_config = file("attributes-config.json", &of_config.to_string());
    for event in [launch, of_config] {
        let policy = policy("recorded", "instance_types", "t3.micro");
        let options = ["--event", &event, "--tag", "Name=web", "--format", "json"];
        let answer = explain(&policy, &options);
        assert_eq!(answer.code, Some(1), "{event}: {answer:?}");
        let document: Value = serde_json::from_str(answer.stdout.lines().next().unwrap())
            .or_else(|_| serde_json::from_str(&answer.stdout))
            .unwrap();
        assert_eq!(document["instanceType"], "t3.micro", "{document}");
    }
}
