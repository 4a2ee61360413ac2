"""A good request of each protocol is good, and each way to break a model is found."""

from __future__ import annotations

import dataclasses
import datetime
import gzip
import json
import re
import unittest
from typing import Any

import cbor2

from standin.models.check import check
from standin.models.patterns import compiled
from standin.recording import Request

from .support import request

CBOR = "smithy-rpc-v2-cbor"
NOW = datetime.datetime(2026, 11, 25, tzinfo=datetime.UTC)
QUEUE = "https://sqs.us-east-1.amazonaws.com/123456789012/q"

# By protocol: service, operation of a client, parameters.
GOOD: dict[str, list[tuple[str, str, dict[str, Any]]]] = {
    "query": [
        ("sns", "publish_batch", {
            "TopicArn": "arn:aws:sns:us-east-1:123456789012:t",
            "PublishBatchRequestEntries": [
                {"Id": "1", "Message": "m", "MessageAttributes": {"a": {"DataType": "String", "StringValue": "v"}}}
            ],
        }),
        ("iam", "create_role", {
            "RoleName": "role", "AssumeRolePolicyDocument": "{}", "Tags": [{"Key": "Owner", "Value": "Größe ü"}]
        }),
        ("sts", "get_caller_identity", {}),
        ("cloudwatch", "set_alarm_state", {
            "protocol": "query", "AlarmName": "a", "StateValue": "OK", "StateReason": "r"
        }),
    ],
    "ec2": [
        ("ec2", "describe_instances", {
            "Filters": [{"Name": "instance-id", "Values": ["i-1", "i-2"]}], "MaxResults": 1000
        }),
        ("ec2", "run_instances", {
            "ImageId": "ami-1", "InstanceType": "t3.nano", "MinCount": 1, "MaxCount": 1,
            "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "a", "Value": ""}]}],
        }),
    ],
    "json": [
        ("sqs", "send_message_batch", {
            "QueueUrl": QUEUE, "Entries": [{"Id": "1", "MessageBody": "b", "DelaySeconds": 900}]
        }),
        ("logs", "put_log_events", {
            "logGroupName": "/aws/lambda/f", "logStreamName": "s", "logEvents": [{"timestamp": 1, "message": "m"}]
        }),
        ("dynamodb", "put_item", {"TableName": "table", "Item": {"id": {"S": "i-1"}, "data": {"B": b"\0"}}}),
        ("events", "put_events", {"Entries": [{"Time": NOW, "Source": "s", "DetailType": "t", "Detail": "{}"}]}),
        ("events", "create_connection", {
            "Name": "c", "AuthorizationType": "API_KEY",
            "AuthParameters": {"ApiKeyAuthParameters": {"ApiKeyName": "Authorization", "ApiKeyValue": "Bearer t"}},
        }),
        ("events", "create_api_destination", {
            "Name": "d", "ConnectionArn": "arn:aws:events:us-east-1:123456789012:connection/c/1",
            "InvocationEndpoint": "https://webhook.example/hook", "HttpMethod": "POST",
        }),
        ("stepfunctions", "create_state_machine", {
            "name": "m", "definition": "{}", "roleArn": "arn:aws:iam::123456789012:role/r"
        }),
    ],
    "rest-json": [
        ("lambda", "create_function", {
            "FunctionName": "f", "Role": "arn:aws:iam::123456789012:role/r", "Code": {"ZipFile": b"zip"},
            "Runtime": "provided.al2023", "Timeout": 60, "Environment": {"Variables": {"NAME": "value"}},
        }),
        ("lambda", "invoke", {"FunctionName": "f", "InvocationType": "Event", "Payload": b"{}"}),
        ("lambda", "untag_resource", {
            "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "TagKeys": ["a", "b"]
        }),
        ("scheduler", "get_schedule", {"Name": "s", "GroupName": "default"}),
    ],
    "rest-xml": [
        ("s3", "put_object", {"Bucket": "bucket", "Key": "a/b c.json", "Body": b"{}", "Metadata": {"a": "b"}}),
        ("s3", "put_bucket_lifecycle_configuration", {
            "Bucket": "bucket",
            "LifecycleConfiguration": {
                "Rules": [{"ID": "r", "Status": "Enabled", "Filter": {}, "Expiration": {"Days": 30}}]
            },
        }),
        ("s3", "put_bucket_acl", {
            "Bucket": "bucket",
            "AccessControlPolicy": {
                "Owner": {"ID": "o"},
                "Grants": [{"Grantee": {"Type": "CanonicalUser", "ID": "o"}, "Permission": "READ"}],
            },
        }),
        ("s3", "get_bucket_policy", {"Bucket": "bucket"}),
        ("s3", "list_objects_v2", {"Bucket": "bucket", "MaxKeys": 5}),
        ("s3", "copy_object", {"Bucket": "bucket", "Key": "k", "CopySource": "bucket/other"}),
    ],
    CBOR: [
        ("cloudwatch", "put_metric_data", {
            "protocol": CBOR,
            "Namespace": "TagCompliance",
            "MetricData": [{"MetricName": "m", "Value": 1.5, "Timestamp": NOW, "Unit": "Count"}],
        }),
    ],
}

METRIC = ("cloudwatch", "put_metric_data")
SEND = ("sqs", "send_message")
UPDATE = ("lambda", "update_function_configuration")
LIFECYCLE = ("s3", "put_bucket_lifecycle_configuration")


def datum(**otherwise: Any) -> dict[str, Any]:
    """The parameters of METRIC with one datum."""
    return {"protocol": CBOR, "Namespace": "n", "MetricData": [{"MetricName": "m", "Value": 1.0} | otherwise]}


# Calls whose parameters violate the model, and the messages.
BROKEN: list[tuple[str, str, dict[str, Any], str]] = [
    ("sns", "create_topic", {}, "^Name: Member must not be null, got null$"),
    ("ec2", "run_instances", {"MinCount": 1}, "MaxCount: Member must not be null"),
    (*SEND, {"QueueUrl": QUEUE}, "MessageBody: Member must not be null"),
    ("lambda", "add_permission", {"FunctionName": "f", "StatementId": "s", "Action": "lambda:*"}, "Principal: Member must not be null"),
    (*LIFECYCLE, {"Bucket": "b", "LifecycleConfiguration": {"Rules": [{"ID": "r"}]}}, r"Rules\[0\]\.Status: Member must not be null"),
    ("cloudwatch", "put_metric_alarm", {"EvaluationCriteria": {}}, "expected one member of a union, got 0"),
    (*METRIC, {"protocol": CBOR, "MetricData": []}, "Namespace: Member must not be null"),
    ("sqs", "send_message_batch", {"QueueUrl": QUEUE, "Entries": [{"Id": "1"}]}, r"Entries\[0\]\.MessageBody: Member must not be null"),
    ("iam", "create_role", {"RoleName": "r" * 65, "AssumeRolePolicyDocument": "{}"}, "RoleName: .* length less than or equal to 64, got 'rrr"),
    ("iam", "create_role", {"RoleName": "a b", "AssumeRolePolicyDocument": "{}"}, r"RoleName: .* expression pattern: .*, got 'a b'"),
    ("iam", "create_role", {"RoleName": "r", "AssumeRolePolicyDocument": ""}, "AssumeRolePolicyDocument: .* length greater than or equal to 1, got ''"),
    ("ec2", "run_instances", {"MinCount": "x", "MaxCount": 1}, "MinCount: expected integer, got 'x'"),
    ("ec2", "run_instances", {"MinCount": 1, "MaxCount": 1, "InstanceType": "t9"}, r"InstanceType: .* enum value set: \[a1.*, got 't9'"),
    (*SEND, {"QueueUrl": QUEUE, "MessageBody": 5}, "MessageBody: expected string, got 5"),
    (*SEND, {"QueueUrl": QUEUE, "MessageBody": "b", "DelaySeconds": 1 << 31}, "DelaySeconds: expected integer, got 2147483648"),
    (*SEND, {"QueueUrl": QUEUE, "MessageBody": "b", "DelaySeconds": "1"}, "DelaySeconds: expected integer, got '1'"),
    (*UPDATE, {"FunctionName": "f", "Timeout": 0}, "Timeout: .* value greater than or equal to 1, got 0"),
    (*UPDATE, {"FunctionName": "f", "Runtime": "rust"}, "Runtime: .* enum value set: .*, got 'rust'"),
    (*UPDATE, {"FunctionName": "f", "Timeout": "60"}, "Timeout: expected integer, got '60'"),
    (*UPDATE, {"FunctionName": "f", "Environment": {"Variables": {"1": "v"}}}, r"Variables\.1 \(key\): .* pattern: .*, got '1'"),
    ("lambda", "get_policy", {"FunctionName": "f n"}, "FunctionName: .* pattern: .*, got 'f n'"),
    ("scheduler", "list_schedules", {"MaxResults": 101}, "MaxResults: .* value less than or equal to 100, got 101"),
    (*LIFECYCLE, {"Bucket": "b", "LifecycleConfiguration": {"Rules": [{"Status": "On"}]}}, r"Status: .* set: \[Disabled, Enabled\], got 'On'"),
    ("s3", "put_object", {"Bucket": "b", "Key": "k", "StorageClass": "COLD"}, "StorageClass: .* set: .*, got 'COLD'"),
    ("s3", "list_objects_v2", {"Bucket": "b", "MaxKeys": "many"}, "MaxKeys: expected integer, got 'many'"),
    ("logs", "put_log_events", {"logGroupName": "g", "logStreamName": "s", "logEvents": []}, r"logEvents: .* length greater than or equal to 1, got \[\]"),
    (*METRIC, {"protocol": CBOR, "Namespace": ":x"}, "Namespace: .* pattern: .*, got ':x'"),
    (*METRIC, datum(MetricName=""), "MetricName: .* length greater than or equal to 1, got ''"),
    (*METRIC, datum(Unit="Apples"), "Unit: .* set: .*, got 'Apples'"),
    (*METRIC, datum(StorageResolution=0), "value greater than or equal to 1, got 0"),
]


def changed(made: Request, body: bytes | None = None, target: str | None = None, **headers: str | None) -> Request:
    """The request otherwise; a header that is None is gone."""
    merged = made.headers | {name.replace("_", "-"): value for name, value in headers.items()}
    body = made.body if body is None else body
    return dataclasses.replace(
        made,
        body=body,
        size=len(body or b""),
        target=target or made.target,
        headers={name: value for name, value in merged.items() if value is not None},
    )


def good(protocol: str, index: int = 0) -> Request:
    service, operation, parameters = GOOD[protocol][index]
    return request(service, operation, **parameters)


class CheckTest(unittest.TestCase):
    def assert_broken(self, made: Request, pattern: str) -> None:
        checked = check(made)
        assert checked
        self.assertTrue(any(re.search(pattern, problem) for problem in checked.problems), checked.problems)

    def test_good_requests_of_each_protocol(self) -> None:
        for protocol, calls in GOOD.items():
            for service, operation, parameters in calls:
                with self.subTest(protocol, operation=operation):
                    checked = check(request(service, operation, **parameters))
                    assert checked
                    self.assertEqual(checked.problems, [])
                    self.assertEqual((checked.service, checked.client), (service, "Python"))
                    self.assertEqual(checked.operation.lower(), operation.replace("_", ""))

    def test_parameters_that_break_the_model(self) -> None:
        for service, operation, parameters, pattern in BROKEN:
            with self.subTest(operation=operation, pattern=pattern):
                self.assert_broken(request(service, operation, **parameters), pattern)

    def test_unknown_parameters(self) -> None:
        for protocol, body in (
            ("query", good("query").body + b"&PublishBatchRequestEntries.member.1.Urgent=yes"),
            ("ec2", good("ec2").body + b"&Filter.1.Operator=not"),
            ("json", good("json").body.replace(b'"Id"', b'"Key": "k", "Id"')),
            ("rest-json", good("rest-json").body.replace(b'"Runtime"', b'"Language": "rust", "Runtime"')),
            (CBOR, cbor2.dumps(cbor2.loads(good(CBOR).body) | {"Dimension": "d"})),
        ):
            with self.subTest(protocol):
                self.assert_broken(
                    changed(good(protocol), body),
                    r"^(PublishBatchRequestEntries\[0\]\.Urgent|Filters\[0\]\.Operator|Entries\[0\]\.Key|Language|Dimension)"
                    ": unknown$",
                )
        lifecycle = good("rest-xml", 1)
        weeks = lifecycle.body.replace(b"<Days>30</Days>", b"<Weeks>4</Weeks>")
        self.assert_broken(changed(lifecycle, weeks), "Weeks: unknown")
        self.assert_broken(changed(good("rest-xml"), x_amz_color="red"), r"x-amz-color \(header\): unknown")
        self.assert_broken(changed(good("rest-json", 3), target="/schedules/s?group=g"), r"group \(query\): unknown")

    def test_operations_that_are_not_there(self) -> None:
        publish_all = b"Action=PublishAll&Version=2010-03-31"
        self.assert_broken(changed(good("query"), publish_all), "sns has no operation 'PublishAll'")
        self.assert_broken(changed(good("ec2"), b"Version=2016-11-15"), "ec2 has no operation ''")
        self.assert_broken(changed(good("json"), x_amz_target="AmazonSQS.SendAll"), "sqs has no operation 'SendAll'")
        functors = "/2015-03-31/functors"
        self.assert_broken(changed(good("rest-json"), target=functors), f"no operation is POST {functors}")
        self.assert_broken(
            changed(good(CBOR), target="/service/GraniteServiceVersion20100801/operation/PutAll"),
            "cloudwatch has no operation 'PutAll'",
        )
        authorization = good("json").headers["authorization"].replace("/sqs/", "/sqz/")
        self.assert_broken(changed(good("json"), authorization=authorization), "no service signs as sqz")

    def test_an_operation_of_another_name_than_the_request_says(self) -> None:
        get = changed(good("rest-xml"), target="/bucket/key?x-id=GetObject")
        self.assert_broken(get, "x-id: expected PutObject, got GetObject")

    def test_protocols_that_a_service_does_not_speak(self) -> None:
        cbor = changed(good("json"), smithy_protocol="rpc-v2-cbor")
        self.assert_broken(cbor, "sqs speaks json, not smithy-rpc-v2-cbor")
        self.assert_broken(changed(good("query"), x_amz_target="AmazonSNS.Publish"), "sns speaks query, not json")

    def test_calls_that_do_not_fit_their_protocol(self) -> None:
        older = good("query").body.replace(b"2010-03-31", b"2010-03-30")
        self.assert_broken(changed(good("query"), older), "Version: expected")
        self.assert_broken(changed(good("json"), x_amz_target="AmazonSQ.SendMessageBatch"), "is not a call of sqs in json")
        self.assert_broken(changed(good("ec2"), target="/?Action=DescribeInstances"), "is not a call of ec2 in ec2")
        self.assert_broken(dataclasses.replace(good("json"), method="PUT"), "is not a call of sqs in json")
        plain = changed(good("json"), content_type="application/json")
        self.assert_broken(plain, "content-type: expected application/x-amz-json-1.0")

    def test_bodies_that_cannot_be_read(self) -> None:
        for protocol, body in (("json", b"{"), (CBOR, b"\xa1"), ("ec2", b"Action=DescribeInstances&x")):
            with self.subTest(protocol):
                self.assert_broken(changed(good(protocol), body), "the body cannot be read")
        self.assert_broken(changed(good("rest-json"), b"{"), "the body is not JSON")
        self.assert_broken(changed(good("rest-xml", 1), b"<a>"), "the body is not XML")
        self.assert_broken(changed(good("rest-xml", 1), b"<Rules/>"), "the element LifecycleConfiguration, got Rules")
        self.assert_broken(changed(good("rest-xml", 3), b"body"), "a body: expected none")

    def test_lists_of_the_query_protocols(self) -> None:
        body = good("ec2").body
        self.assert_broken(changed(good("ec2"), body.replace(b"Value.2", b"Value.3")), "expected items from 1 on")
        self.assert_broken(changed(good("ec2"), body + b"&MaxResults=5"), "MaxResults: given twice")
        self.assert_broken(changed(good("ec2"), body + b"&DryRun=yes"), "DryRun: expected boolean, got 'yes'")
        body = good("query").body
        self.assert_broken(changed(good("query"), body.replace(b".member.", b".")), "expected the field member")
        self.assert_broken(changed(good("query"), body.replace(b".1.Name=", b".1.Nome=")), "expected Name and Value")

    def test_a_checksum_that_is_required(self) -> None:
        headers = {name.replace("-", "_"): None for name in good("rest-xml", 1).headers if "checksum" in name}
        self.assert_broken(changed(good("rest-xml", 1), **headers), "the body has no checksum")

    def test_a_compressed_body(self) -> None:
        made = good(CBOR)
        checked = check(changed(made, gzip.compress(made.body), content_encoding="gzip"))
        self.assertEqual(checked and checked.problems, [])

    def test_wrong_types_of_json(self) -> None:
        document = json.loads(good("json").body)
        for value, expected in (({}, "list"), (["one"], "structure"), ([{"Id": []}], "string")):
            with self.subTest(value=value):
                body = json.dumps(document | {"Entries": value}).encode()
                self.assert_broken(changed(good("json"), body), f"Entries.*: expected {expected}, got")
        document = json.loads(good("rest-json").body)
        for name, value in (("Environment", {"Variables": []}), ("Code", {"ZipFile": "no base64"}), ("Publish", "true")):
            with self.subTest(name):
                body = json.dumps(document | {name: value}).encode()
                self.assert_broken(changed(good("rest-json"), body), rf"{name}.*: expected (map|blob|boolean), got")

    def test_wrong_types_of_cbor(self) -> None:
        made = good(CBOR)
        document = cbor2.loads(made.body)
        wrong = (("Value", "1", "double"), ("Timestamp", 1, "timestamp"), ("MetricName", b"m", "string"))
        for name, value, expected in wrong:
            with self.subTest(name):
                data = [document["MetricData"][0] | {name: value}]
                body = cbor2.dumps(document | {"MetricData": data})
                self.assert_broken(changed(made, body), rf"MetricData\[0\]\.{name}: expected {expected}")

    def test_a_null_is_as_if_it_were_not_there(self) -> None:
        body = json.dumps(json.loads(good("json").body) | {"QueueUrl": None}).encode()
        self.assert_broken(changed(good("json"), body), "QueueUrl: Member must not be null")

    def test_an_object_too_long_to_be_kept(self) -> None:
        checked = check(dataclasses.replace(good("rest-xml"), body=None, size=1 << 20))
        self.assertEqual(checked and checked.problems, [])

    def test_what_is_not_signed_is_none_of_awss(self) -> None:
        self.assertIsNone(check(Request("GET", "/_ministack/health", {}, b"", 0)))

    def test_clients_by_their_user_agent(self) -> None:
        for agent, client in (
            ("APN/1.0 HashiCorp/1.0 Terraform/1.11.4 terraform-provider-aws/5.100.0 aws-sdk-go-v2/1.36", "Terraform"),
            ("aws-sdk-rust/1.3.9 os/linux lang/rust/1.95.0", "Rust"),
            ("curl/8", "other"),
        ):
            checked = check(changed(good("json"), user_agent=agent))
            self.assertEqual(checked and checked.client, client)


class PatternTest(unittest.TestCase):
    def test_javas_patterns(self) -> None:
        for pattern, matching, other in (
            (r"[\p{L}\p{N}]+", "Größe9", "a b"),
            (r"\p{Print}+", "a b", "é"),
            (r"[\w-_]*", "a-_", "a b"),
            (r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*", "a\N{GRINNING FACE}", "\x00"),
            (r"^[a-z]+$", "abc", "abc1"),
            (r"[a-z]+", "abc", "abc1"),
        ):
            with self.subTest(pattern):
                self.assertTrue(compiled(pattern).fullmatch(matching))
                self.assertFalse(compiled(pattern).fullmatch(other))
        with self.assertRaises(re.error):
            compiled(r"\p{Nonsense}")


if __name__ == "__main__":
    unittest.main()
