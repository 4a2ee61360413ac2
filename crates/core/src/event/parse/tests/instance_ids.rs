//! Where an event names its instance, and ids that are none.

use super::*;

#[test]
fn a_misspelled_id_is_an_error_and_never_a_sweep() {
    let by_hand = "the instance id under the name instanceId";
    let of_ec2 = "the instance id under the name instance-id";
    let of_group = "the instance id under the name EC2InstanceId";
    let state_change = event("ec2-state-change-running");
    let launch = event("autoscaling-launch-successful");
    let mine = json!({"source": "my.app", "detail-type": "x", "detail": {}});
    for name in [
        "instance_id",
        "InstanceId",
        "instanceID",
        "EC2InstanceID",
        "Instance Id",
        "instanceIds",
        "INSTANCE-ID",
        "instnaceId",
        "ec2-instance-id",
    ] {
        for (event, place, expected) in [
            (&json!({}), "", by_hand),
            (&json!({"detail": {}}), "detail", of_ec2),
            (&mine, "detail", of_ec2),
            (&state_change, "detail", of_ec2),
            (&launch, "detail", of_group),
        ] {
            for value in [
                json!("i-1234567890abcdef0"),
                json!(null),
                json!(["i-12345678"]),
            ] {
                let mut event = event.clone();
                let fields = event.pointer_mut(if place.is_empty() { "" } else { "/detail" });
                let fields = fields.unwrap().as_object_mut().unwrap();
                fields.retain(|name, _| name != "instance-id" && name != "EC2InstanceId");
                fields.insert(name.to_owned(), value.clone());
                let error = parse(&event).unwrap_err();
                assert_eq!(
                    (error.expected.as_ref(), error.got),
                    (expected, value.to_string()),
                    "{event}"
                );
                let field = error.field.to_string();
                assert!(field.starts_with(place) && field.contains(name), "{field}");
            }
        }
    }
    // Whatever its name, an id is one.
    for (event, field) in [
        (json!({"target": "i-12345678"}), "target"),
        (
            json!({"targets": [{"id": ["i-12345678"]}, 1, true]}),
            "targets",
        ),
        (
            json!({"detail-type": "x", "detail": {"machine": {"id": "i-12345678"}}}),
            "detail.machine",
        ),
        (json!({"EC2InstanceId": "i-12345678"}), "EC2InstanceId"),
        (json!({"instance-id": "i-12345678"}), "instance-id"),
    ] {
        assert_eq!(parse(&event).unwrap_err().field.to_string(), field);
    }
    let mut unsuccessful = event("autoscaling-launch-unsuccessful");
    unsuccessful["detail"]
        .as_object_mut()
        .unwrap()
        .remove("EC2InstanceId");
    unsuccessful["detail"]["EC2InstanceID"] = json!("i-12345678");
    assert_eq!(
        parse(&unsuccessful).unwrap_err().field.to_string(),
        "detail.EC2InstanceID"
    );
    // Under its right name beside, it is found.
    let both = json!({"instance_id": "i-1", "instanceId": "i-12345678"});
    assert_eq!(check_of(&both).instance_id.as_str(), "i-12345678");
}

#[test]
fn a_manual_call_names_its_instance() {
    let check = check_of(&json!({"instanceId": "i-12345678", "id": 7, "time": "whenever"}));
    assert_eq!(check.instance_id.as_str(), "i-12345678");
    assert_eq!(check.event, EventDetails::manual());
}

#[test]
fn an_instance_id_that_is_none_is_never_a_sweep() {
    let paths: [(Value, &str, &str); 4] = [
        (
            event("ec2-state-change-running"),
            "/detail/instance-id",
            "detail.instance-id",
        ),
        (
            event("autoscaling-launch-successful"),
            "/detail/EC2InstanceId",
            "detail.EC2InstanceId",
        ),
        (
            event("spot-interruption-warning"),
            "/detail/instance-id",
            "detail.instance-id",
        ),
        (json!({"instanceId": ""}), "/instanceId", "instanceId"),
    ];
    for (event, pointer, field) in paths {
        for wrong in [
            json!(null),
            json!(""),
            json!("i-"),
            json!("garbage"),
            json!("i-1234567890abcdef0 "),
            json!(12_345_678),
            json!(["i-12345678"]),
            json!({"id": "i-12345678"}),
            json!(true),
        ] {
            let mut event = event.clone();
            *event.pointer_mut(pointer).unwrap() = wrong.clone();
            assert_eq!(
                error_of(&event),
                format!(
                    "{field}: expected an instance id: i- and 8 or 17 hexadecimal digits, got {wrong}"
                )
            );
        }
    }
}
