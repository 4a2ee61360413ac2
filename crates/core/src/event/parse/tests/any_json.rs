//! What must hold for any JSON.

use proptest::prelude::*;

use super::*;

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        Just(json!("i-1234567890abcdef0")),
        Just(json!("aws.autoscaling")),
        Just(json!("EC2 Instance State-change Notification")),
        Just(json!("Tag Change on Resource")),
        Just(json!("Scheduled Event")),
    ];
    let key = prop_oneof![
        Just("detail-type".to_owned()),
        Just("source".to_owned()),
        Just("detail".to_owned()),
        Just("instance-id".to_owned()),
        Just("EC2InstanceId".to_owned()),
        Just("instanceId".to_owned()),
        Just("resources".to_owned()),
        Just("Records".to_owned()),
        Just("body".to_owned()),
        ".{0,5}",
    ];
    leaf.prop_recursive(4, 64, 8, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(key.clone(), inner, 0..6)
                .prop_map(|object| object.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn nothing_makes_the_parser_panic(payload in any_json()) {
        let _ = parse(&payload);
    }

    #[test]
    fn an_instance_id_that_is_there_is_checked_or_refused_but_never_swept(
        wrong in any_json(),
    ) {
        let mut event = event("ec2-state-change-running");
        event["detail"]["instance-id"] = wrong;
        let is_sweep = matches!(parse(&event), Ok(Event::Single(Request::Sweep(_))));
        prop_assert!(!is_sweep);
    }
}
