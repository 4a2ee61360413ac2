"""A request that breaks its model is refused as AWS refuses it; one that just keeps to it is taken."""

from __future__ import annotations

import json
import unittest
from collections.abc import Callable
from functools import cache
from typing import Any
from unittest import mock

import cbor2
from botocore.exceptions import ClientError

from .support import ACCOUNT, REGION, StandIn, StandInTest

CBOR = "smithy-rpc-v2-cbor"
BUCKET = "bucket"

Parameters = dict[str, Any]


def text(characters: int) -> str:
    """A name of this length."""
    return "n" * characters


def schedule(**otherwise: Any) -> Parameters:
    """A schedule of which these parameters are otherwise; those that are None are not there."""
    target = {"Arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f", "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/scheduler"}
    parameters = {
        "Name": "daily",
        "ScheduleExpression": "rate(1 day)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": target,
    }
    return {name: value for name, value in (parameters | otherwise).items() if value is not None}


def role(name: str) -> Parameters:
    """A role of this name."""
    return {"RoleName": name, "AssumeRolePolicyDocument": "{}"}


def launch(**otherwise: Any) -> Parameters:
    """A launch of one instance, or not quite."""
    return {"ImageId": "ami-0123456789abcdef0", "InstanceType": "t3.nano", "MinCount": 1} | otherwise


def template(name: str) -> Parameters:
    """A launch template of this name."""
    return {"LaunchTemplateName": name, "LaunchTemplateData": {"InstanceType": "t3.nano"}}


def lifecycle(**rule: Any) -> Parameters:
    """A lifecycle of one rule."""
    rules = [{"ID": "r", "Filter": {}, "Expiration": {"Days": 30}} | rule]
    return {"Bucket": BUCKET, "LifecycleConfiguration": {"Rules": rules}}


def metric(namespace: str | None = "n", **datum: Any) -> Parameters:
    """One datum of a metric."""
    data = {"MetricData": [{"MetricName": "m", "Value": 1.0} | datum]}
    return data if namespace is None else {"Namespace": namespace} | data


def constraint(value: str, place: str, demand: str) -> str:
    """AWS's words for one parameter."""
    return f"1 validation error detected: Value {value} at '{place}' failed to satisfy constraint: Member must {demand}"


LENGTH = "have length less than or equal to"
NOT_NULL = "not be null"
SCHEDULE_NAME = "satisfy regular expression pattern: ^[0-9a-zA-Z-_.]+$"

# By protocol: service, operation, parameters that AWS rejects, similar ones that it accepts, code and message.
CASES: dict[str, list[tuple[str, str, Parameters, Parameters, str, str]]] = {
    "query": [
        ("iam", "create_role", role(text(65)), role(text(64)), "ValidationError",
         constraint(f"'{text(65)}'", "roleName", f"{LENGTH} 64")),
        ("iam", "create_role", role("a b"), role("a_b"), "ValidationError",
         constraint("'a b'", "roleName", r"satisfy regular expression pattern: [\w+=,.@-]+")),
        ("iam", "list_policies", {"Scope": "Mine"}, {"Scope": "Local"}, "ValidationError",
         constraint("'Mine'", "scope", "satisfy enum value set: [AWS, All, Local]")),
        ("iam", "list_roles", {"MaxItems": 1001}, {"MaxItems": 1000}, "ValidationError",
         constraint("'1001'", "maxItems", "have value less than or equal to 1000")),
        ("sns", "create_topic", {}, {"Name": "topic"}, "ValidationError", constraint("null", "name", NOT_NULL)),
    ],
    "ec2": [
        ("ec2", "create_launch_template_version", template("ab"), template("abc"), "InvalidParameterValue",
         "Value ('ab') for parameter LaunchTemplateName is invalid. Member must have length greater than or equal to 3"),
        ("ec2", "create_launch_template_version", template("a b c"), template("a-b-c"), "InvalidParameterValue",
         "Value ('a b c') for parameter LaunchTemplateName is invalid. Member must satisfy regular expression pattern: "
         r"[a-zA-Z0-9\(\)\.\-/_]+"),
        ("ec2", "run_instances", launch(MaxCount=1, InstanceInitiatedShutdownBehavior="<hide>"),
         launch(MaxCount=1, InstanceInitiatedShutdownBehavior="stop"), "InvalidParameterValue",
         "Value ('<hide>') for parameter InstanceInitiatedShutdownBehavior is invalid. "
         "Member must satisfy enum value set: [stop, terminate]"),
        ("ec2", "describe_instance_types", {"MaxResults": 101}, {"MaxResults": 100}, "InvalidParameterValue",
         "Value (101) for parameter MaxResults is invalid. Member must have value less than or equal to 100"),
        ("ec2", "run_instances", launch(), launch(MaxCount=1), "MissingParameter",
         "The request must contain the parameter MaxCount"),
        ("ec2", "describe_instances", {"MaxResults": "many"}, {"MaxResults": 5}, "InvalidParameterValue",
         "Value ('many') for parameter MaxResults is invalid. expected integer"),
    ],
    "json": [
        ("events", "put_rule", {"Name": text(65), "ScheduleExpression": "rate(1 day)"}, {"Name": text(64), "ScheduleExpression": "rate(1 day)"},
         "ValidationException", constraint(f"'{text(65)}'", "name", f"{LENGTH} 64")),
        ("events", "put_rule", {"Name": "a b", "ScheduleExpression": "rate(1 day)"}, {"Name": "a_b", "ScheduleExpression": "rate(1 day)"},
         "ValidationException", constraint("'a b'", "name", r"satisfy regular expression pattern: [\.\-_A-Za-z0-9]+")),
        ("cloudwatch", "describe_alarms", {"StateValue": "RED"}, {"StateValue": "ALARM"}, "ValidationException",
         constraint("'RED'", "stateValue", "satisfy enum value set: [ALARM, INSUFFICIENT_DATA, OK]")),
        ("stepfunctions", "list_state_machines", {"maxResults": 1001}, {"maxResults": 1000}, "ValidationException",
         constraint("'1001'", "maxResults", "have value less than or equal to 1000")),
        ("events", "list_rules", {"Limit": 101}, {"Limit": 100}, "ValidationException",
         constraint("'101'", "limit", "have value less than or equal to 100")),
        ("events", "put_rule", {"ScheduleExpression": "rate(1 day)"}, {"Name": "r", "ScheduleExpression": "rate(1 day)"}, "ValidationException",
         constraint("null", "name", NOT_NULL)),
        ("events", "list_rules", {"Limit": "many"}, {"Limit": 1}, "SerializationException",
         "Limit: expected integer, got 'many'"),
        ("logs", "create_log_group", {"logGroupName": ""}, {"logGroupName": "g"}, "InvalidParameterException",
         "2 validation errors detected: Value '' at 'logGroupName' failed to satisfy constraint: Member must have "
         "length greater than or equal to 1; Value '' at 'logGroupName' failed to satisfy constraint: Member must "
         r"satisfy regular expression pattern: [\.\-_/#A-Za-z0-9]+"),
        ("sqs", "create_queue", {}, {"QueueName": "q"}, "MissingParameter",
         "The request must contain the parameter QueueName"),
    ],
    "rest-json": [
        ("scheduler", "create_schedule", schedule(Name=text(65)), schedule(Name=text(64)), "ValidationException",
         constraint(f"'{text(65)}'", "name", f"{LENGTH} 64")),
        ("scheduler", "list_schedules", {"NamePrefix": "a b"}, {"NamePrefix": "a_b"}, "ValidationException",
         constraint("'a b'", "namePrefix", SCHEDULE_NAME)),
        ("scheduler", "create_schedule", schedule(Name="s", State="ON"), schedule(Name="s", State="ENABLED"),
         "ValidationException", constraint("'ON'", "state", "satisfy enum value set: [DISABLED, ENABLED]")),
        ("scheduler", "list_schedules", {"MaxResults": 101}, {"MaxResults": 100}, "ValidationException",
         constraint("'101'", "maxResults", "have value less than or equal to 100")),
        ("scheduler", "create_schedule", schedule(FlexibleTimeWindow=None), schedule(), "ValidationException",
         constraint("null", "flexibleTimeWindow", NOT_NULL)),
        ("chatbot", "list_microsoft_teams_channel_configurations", {"MaxResults": 101}, {"MaxResults": 100},
         "ValidationException", constraint("'101'", "maxResults", "have value less than or equal to 100")),
        ("lambda", "list_functions", {"MaxItems": 10_001}, {"MaxItems": 10_000}, "ValidationException",
         constraint("'10001'", "maxItems", "have value less than or equal to 10000")),
    ],
    "rest-xml": [
        ("s3", "put_object", {"Bucket": BUCKET, "Key": "k", "StorageClass": "COLD"},
         {"Bucket": BUCKET, "Key": "k", "StorageClass": "GLACIER"}, "InvalidArgument",
         "StorageClass: Member must satisfy enum value set: "),
        ("s3", "get_object", {"Bucket": BUCKET, "Key": "there", "ChecksumMode": "on"},
         {"Bucket": BUCKET, "Key": "there", "ChecksumMode": "enabled"}, "InvalidArgument",
         "ChecksumMode: Member must satisfy enum value set: [ENABLED], got 'on'"),
        ("s3", "list_buckets", {"MaxBuckets": 10_001}, {"MaxBuckets": 10_000}, "InvalidArgument",
         "MaxBuckets: Member must have value less than or equal to 10000, got 10001"),
        ("s3", "put_bucket_website",
         {"Bucket": BUCKET, "WebsiteConfiguration": {"IndexDocument": {"Suffix": "i"}, "ErrorDocument": {"Key": ""}}},
         {"Bucket": BUCKET, "WebsiteConfiguration": {"IndexDocument": {"Suffix": "i"}, "ErrorDocument": {"Key": "e"}}},
         "MalformedXML", "WebsiteConfiguration.ErrorDocument.Key: Member must have length greater than or equal to 1"),
        ("s3", "copy_object", {"Bucket": BUCKET, "Key": "k", "CopySource": "other"},
         {"Bucket": BUCKET, "Key": "k", "CopySource": f"{BUCKET}/there"}, "InvalidArgument",
         r"CopySource: Member must satisfy regular expression pattern: \/?.+\/.+, got 'other'"),
        ("s3", "put_bucket_lifecycle_configuration", lifecycle(Status="On"), lifecycle(Status="Enabled"),
         "MalformedXML",
         "LifecycleConfiguration.Rules[0].Status: Member must satisfy enum value set: [Disabled, Enabled], got 'On'"),
        ("s3", "put_bucket_lifecycle_configuration", lifecycle(), lifecycle(Status="Disabled"), "MalformedXML",
         "LifecycleConfiguration.Rules[0].Status: Member must not be null"),
    ],
    CBOR: [
        ("cloudwatch", "put_metric_data", metric(MetricName=text(256)), metric(MetricName=text(255)),
         "ValidationException",
         constraint(f"'{text(78)}…", "metricData.1.member.metricName", f"{LENGTH} 255")),
        ("cloudwatch", "put_metric_data", metric(":n"), metric("n:"), "ValidationException",
         constraint("':n'", "namespace", "satisfy regular expression pattern: [^:].*")),
        ("cloudwatch", "put_metric_data", metric(Unit="Apples"), metric(Unit="Count"), "ValidationException",
         "Value 'Apples' at 'metricData.1.member.unit' failed to satisfy constraint: Member must satisfy enum value set"),
        ("cloudwatch", "put_metric_data", metric(StorageResolution=0), metric(StorageResolution=1),
         "ValidationException",
         constraint("'0'", "metricData.1.member.storageResolution", "have value greater than or equal to 1")),
        ("cloudwatch", "put_metric_data", metric(None), metric(), "ValidationException",
         constraint("null", "namespace", NOT_NULL)),
    ],
}


TEMPLATES = ("abc", "a-b-c")
SCHEDULER_TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "scheduler.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)


def speaking(standin: StandIn, protocol: str, service: str) -> Any:
    """A client of this protocol."""
    with mock.patch("botocore.model.PRIORITY_ORDERED_SUPPORTED_PROTOCOLS", (protocol,)):
        return standin.own_client(service)


def in_json(body: bytes) -> bytes:
    """The document with one member more."""
    return json.dumps(json.loads(body or b"{}") | {"Color": "red"}).encode()


class ModelsTest(StandInTest):
    standin_settings = {"AUTH": "true"}

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        s3 = cls.standin.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        s3.put_object(Bucket=BUCKET, Key="there", Body=b"text")
        for name in TEMPLATES:
            cls.standin.client("ec2").create_launch_template(**template(name))
        cls.standin.client("iam").create_role(RoleName="scheduler", AssumeRolePolicyDocument=SCHEDULER_TRUST)

    def assert_refused(self, call: Callable[[], object], code: str, message: str) -> None:
        with self.assertRaises(ClientError) as caught:
            call()
        response = caught.exception.response
        self.assertEqual((response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]), (400, code))
        self.assertIn(message, response["Error"]["Message"])

    def test_each_kind_of_each_protocol_and_the_neighbor_that_is_taken(self) -> None:
        # Creating an EC2 client takes half a second.
        speaking_alike = cache(speaking)
        for protocol, cases in CASES.items():
            for service, operation, refused, taken, code, message in cases:
                with self.subTest(protocol, operation=operation, message=message):
                    call = getattr(speaking_alike(self.standin, protocol, service), operation)
                    self.assert_refused(lambda call=call, refused=refused: call(**refused), code, message)
                    call(**taken)

    def changing(self, change: Callable[[Any], Any], protocol: str, service: str) -> Any:
        """A client that changes the body of what it sends."""
        made = speaking(self.standin, protocol, service)
        made.meta.events.register("before-call.*", lambda params, **_: params.update(body=change(params["body"])))
        return made

    def test_unknown_parameters_are_refused_where_aws_refuses_them(self) -> None:
        ec2 = self.changing(lambda body: body | {"Filter.1.Operator": "not"}, "ec2", "ec2")
        self.assert_refused(
            lambda: ec2.describe_instances(Filters=[{"Name": "instance-id", "Values": ["i-1"]}]),
            "UnknownParameter",
            "The parameter Filters.1.Operator is not recognized",
        )
        s3 = self.changing(lambda body: body.replace(b"Days>", b"Weeks>"), "rest-xml", "s3")
        self.assert_refused(
            lambda: s3.put_bucket_lifecycle_configuration(**lifecycle(Status="Enabled")),
            "MalformedXML",
            "LifecycleConfiguration.Rules[0].Expiration.Weeks: unknown",
        )

    def test_unknown_parameters_are_ignored_elsewhere(self) -> None:
        self.changing(lambda body: body | {"Color": "red"}, "query", "sns").create_topic(Name="topic")
        self.changing(in_json, "json", "events").put_rule(Name="rule", ScheduleExpression="rate(1 day)")
        self.changing(in_json, "rest-json", "scheduler").create_schedule(**schedule(Name="colored"))
        in_cbor = self.changing(lambda body: cbor2.dumps(cbor2.loads(body) | {"Color": "red"}), CBOR, "cloudwatch")
        in_cbor.put_metric_data(**metric())

    def test_an_operation_that_no_model_has_goes_on_to_the_service(self) -> None:
        sns = self.changing(lambda body: body | {"Action": "PublishAll"}, "query", "sns")
        self.assert_refused(lambda: sns.create_topic(), "InvalidAction", "PublishAll")

    def test_whoever_may_not_call_learns_just_that(self) -> None:
        iam = self.standin.client("iam")
        iam.create_user(UserName="nobody")
        key = iam.create_access_key(UserName="nobody")["AccessKey"]
        nobody = self.standin.client("iam", key["AccessKeyId"], key["SecretAccessKey"], validate=False)
        with self.assertRaises(ClientError) as caught:
            nobody.create_role(**role(text(65)))
        self.assertEqual(caught.exception.response["Error"]["Code"], "AccessDenied")


if __name__ == "__main__":
    unittest.main()
