use serde_json::json;

use super::*;

#[test]
fn what_another_command_reads_is_said_with_that_command() {
    let parameters = "the parameters of an AWS Config rule: policy import makes a policy of it";
    let tag_policy = "an AWS Organizations tag policy: policy import makes a policy of it";
    let ours = "a tag-compliance policy: policy check and --policy read it";
    let event = "an EventBridge event: explain reads it as --event";
    for (value, expected) in [
        (json!({"tag1Key": "Owner"}), ["", parameters, parameters]),
        (json!({"tags": {"a": {}}}), ["", tag_policy, tag_policy]),
        (json!({"required_tags": []}), [ours, "", ours]),
        (
            json!({"detail-type": "a", "detail": {}}),
            [event, event, ""],
        ),
        (json!({"Statement": []}), ["an IAM policy document"; 3]),
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
        (Reader::Policy, "a policy is a document"),
        (Reader::Import, "policy import reads"),
        (Reader::Explain, "explain reads"),
    ] {
        for (text, expected) in [
            ("a,b\n1,2", "f:1:1: this looks like CSV"),
            (
                "\n {\"Volumes\": []}",
                "f:2:2: this looks like the output of aws ec2 describe-volumes",
            ),
        ] {
            let error = recognize("f", text, reader).unwrap();
            assert_eq!(error.to_string(), expected);
            assert!(error.accepted[0].starts_with(start), "{:?}", error.accepted);
        }
        assert!(recognize("f", "hello", reader).is_none());
        assert!(recognize("f", "{}", reader).is_none());
    }
}

#[test]
fn yaml_and_comments_are_read_for_policies_and_imports() {
    for text in ["a: 1", "a: [", "{\"a\": 1} // why", "{// why\n", "# why\n{"] {
        for reader in [Reader::Policy, Reader::Import] {
            assert!(recognize("f", text, reader).is_none(), "{text}");
        }
        assert!(recognize("f", text, Reader::Explain).is_some(), "{text}");
    }
    let template = "# why\nResources:\n  A:\n    Type: !Ref B\n";
    let error = recognize("f", template, Reader::Policy).unwrap();
    let expected = "f:2:1: this looks like a CloudFormation template: policy import makes a \
                    policy of it";
    assert_eq!(error.to_string(), expected);
}
