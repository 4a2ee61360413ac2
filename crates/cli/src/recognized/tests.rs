use serde_json::json;

use super::*;

#[test]
fn what_another_command_reads_is_said_with_that_command() {
    let parameters = "the parameters of a rule of AWS Config: policy import makes a policy of it";
    let tag_policy = "a tag policy of AWS Organizations: policy import makes a policy of it";
    let ours = "a policy of this program: policy check and --policy read it";
    let event = "an event of EventBridge: explain reads it as --event";
    for (value, expected) in [
        (json!({"tag1Key": "Owner"}), ["", parameters, parameters]),
        (json!({"tags": {"a": {}}}), ["", tag_policy, tag_policy]),
        (json!({"required_tags": []}), [ours, "", ours]),
        (
            json!({"detail-type": "a", "detail": {}}),
            [event, event, ""],
        ),
        (json!({"Statement": []}), ["a policy document of IAM"; 3]),
        (json!({"tags": {}}), [""; 3]),
        (json!({"tags": {"a": "b"}}), [""; 3]),
        (json!([]), [""; 3]),
    ] {
        let readers = [Reader::Import, Reader::Policy, Reader::Explain];
        let known = readers.map(|reader| known(&value, reader).unwrap_or_default());
        assert_eq!(known, expected, "{value}");
    }
}

#[test]
fn what_is_recognized_has_a_place_and_what_is_read_instead() {
    for (reader, start) in [
        (Reader::Policy, "a policy is a JSON document"),
        (Reader::Import, "policy import reads"),
        (Reader::Explain, "explain reads"),
    ] {
        for (text, expected) in [
            ("a: 1", "f:1:1: this looks like YAML"),
            (
                "\n {\"Volumes\": []}",
                "f:2:2: this looks like the output of aws ec2 describe-volumes",
            ),
        ] {
            let error = recognize("f", text, reader).unwrap();
            assert_eq!(error.to_string(), expected);
            assert!(error.help()[0].starts_with(start), "{:?}", error.help());
        }
        assert!(recognize("f", "hello", reader).is_none());
        assert!(recognize("f", "{}", reader).is_none());
    }
}
