"""IAM under AUTH=true: calls in CBOR, the metric namespace, batches, secure transport, the function's role."""

from __future__ import annotations

import json
import time
import unittest
import urllib.error
import urllib.request
from typing import Any

import cbor2
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from .support import (
    ACCOUNT,
    REGION,
    Queue,
    StandInTest,
    create_function,
    log_lines,
    set_role_policy,
    wait_for,
)

NAMESPACE = "TagCompliance"
BUCKET = "logs"
FUNCTION = "checker"
DENIALS = ("AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation")


def put_metric_in_cbor(endpoint: str, namespace: str, key: str, secret: str) -> tuple[int, dict[str, Any]]:
    """PutMetricData as the Rust SDK sends it; the status and the decoded answer."""
    datum = {"MetricName": "NonCompliantInstances", "Value": 1.0, "Timestamp": cbor2.CBORTag(1, time.time())}
    request = AWSRequest(
        "POST",
        f"{endpoint}/service/GraniteServiceVersion20100801/operation/PutMetricData",
        data=cbor2.dumps({"Namespace": namespace, "MetricData": [datum]}),
        headers={"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor", "Accept": "application/cbor"},
    )
    SigV4Auth(Credentials(key, secret), "monitoring", REGION).add_auth(request)
    prepared = request.prepare()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(
            urllib.request.Request(prepared.url, prepared.body, dict(prepared.headers), method="POST")
        ) as answer:
            return answer.status, cbor2.loads(answer.read() or b"\xa0")
    except urllib.error.HTTPError as error:
        return error.code, cbor2.loads(error.read())


class IamTest(StandInTest):
    standin_settings = {"AUTH": "true"}
    failures: Queue

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.standin.client("s3").create_bucket(Bucket=BUCKET)
        cls.failures = Queue(cls.standin, "failures")
        create_function(cls.standin, FUNCTION)
        cls.standin.client("lambda").put_function_event_invoke_config(
            FunctionName=FUNCTION,
            MaximumRetryAttempts=0,
            DestinationConfig={"OnFailure": {"Destination": cls.failures.arn}},
        )

    def user(self, *statements: dict[str, Any]) -> tuple[str, str]:
        """The credentials of a new user who may do just this."""
        iam = self.standin.client("iam")
        name = self.id().rsplit(".", 1)[-1][:60]
        iam.create_user(UserName=name)
        iam.put_user_policy(
            UserName=name,
            PolicyName="all",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": list(statements)}),
        )
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return key["AccessKeyId"], key["SecretAccessKey"]

    def metrics_of(self, namespace: str) -> int:
        return len(self.standin.client("cloudwatch").list_metrics(Namespace=namespace)["Metrics"])

    def assert_denied(self, call: Any, **parameters: Any) -> None:
        with self.assertRaises(ClientError) as caught:
            call(**parameters)
        self.assertEqual(caught.exception.response["ResponseMetadata"]["HTTPStatusCode"], 403, caught.exception)

    def test_a_simulation_evaluates_the_context_that_it_is_given(self) -> None:
        iam = self.standin.client("iam")
        statement = {
            "Effect": "Allow",
            "Action": "events:PutEvents",
            "Resource": "*",
            "Condition": {"StringEquals": {"events:source": "ours"}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.create_role(RoleName="simulated", AssumeRolePolicyDocument=policy)
        iam.put_role_policy(RoleName="simulated", PolicyName="all", PolicyDocument=policy)
        role = f"arn:aws:iam::{ACCOUNT}:role/simulated"
        for keys, expected in (
            ({"events:detail-type": "any", "Events:Source": "ours"}, "allowed"),
            ({"events:source": "theirs"}, "implicitDeny"),
            ({}, "implicitDeny"),
        ):
            context = [
                {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"}
                for key, value in keys.items()
            ]
            asked = {"ActionNames": ["events:PutEvents"], "ContextEntries": context}
            for answer in (
                iam.simulate_principal_policy(PolicySourceArn=role, **asked),
                iam.simulate_custom_policy(PolicyInputList=[policy], **asked),
            ):
                self.assertEqual(answer["EvaluationResults"][0]["EvalDecision"], expected, keys)

    NAMESPACE_ONLY = {
        "Effect": "Allow",
        "Action": "cloudwatch:PutMetricData",
        "Resource": "*",
        "Condition": {"StringEquals": {"cloudwatch:namespace": NAMESPACE}},
    }

    def test_a_cbor_call_is_authorised_by_its_namespace(self) -> None:
        key, secret = self.user(self.NAMESPACE_ONLY)
        status, _ = put_metric_in_cbor(self.standin.endpoint, NAMESPACE, key, secret)
        self.assertEqual(status, 200)
        self.assertEqual(self.metrics_of(NAMESPACE), 1)
        status, answer = put_metric_in_cbor(self.standin.endpoint, "Other", key, secret)
        self.assertEqual(status, 403)
        self.assertIn("AccessDenied", answer["__type"])
        self.assertIn("cloudwatch:PutMetricData", answer.get("message") or answer.get("Message", ""))
        self.assertEqual(self.metrics_of("Other"), 0)

    def test_a_cbor_call_without_permission_is_denied(self) -> None:
        key, secret = self.user({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
        status, _ = put_metric_in_cbor(self.standin.endpoint, "Nothing", key, secret)
        self.assertEqual((status, self.metrics_of("Nothing")), (403, 0))

    def test_a_cbor_call_with_a_wrong_signature_is_denied(self) -> None:
        key, _ = self.user(self.NAMESPACE_ONLY)
        status, _ = put_metric_in_cbor(self.standin.endpoint, NAMESPACE, key, "wrong")
        self.assertEqual(status, 403)

    def test_an_action_in_the_query_string_does_not_hide_the_operation(self) -> None:
        key, secret = self.user({"Effect": "Allow", "Action": "cloudwatch:ListMetrics", "Resource": "*"})
        path = "service/GraniteServiceVersion20100801/operation/DeleteAlarms?Action=ListMetrics"
        request = AWSRequest(
            "POST",
            f"{self.standin.endpoint}/{path}",
            data=cbor2.dumps({"AlarmNames": ["x"]}),
            headers={"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"},
        )
        SigV4Auth(Credentials(key, secret), "monitoring", REGION).add_auth(request)
        prepared = request.prepare()
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with self.assertRaises(urllib.error.HTTPError) as caught:
            opener.open(urllib.request.Request(prepared.url, prepared.body, dict(prepared.headers), method="POST"))
        self.assertEqual(caught.exception.code, 403)
        caught.exception.close()

    def test_the_namespace_holds_for_botocores_protocol_too(self) -> None:
        cloudwatch = self.standin.client("cloudwatch", *self.user(self.NAMESPACE_ONLY))
        data = [{"MetricName": "m", "Value": 1}]
        cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=data)
        self.assert_denied(cloudwatch.put_metric_data, Namespace="Other", MetricData=data)

    def test_a_batch_is_authorised_as_its_single_call(self) -> None:
        topic = self.standin.client("sns").create_topic(Name="batch")["TopicArn"]
        queue = Queue(self.standin, "batch")
        credentials = self.user(
            {"Effect": "Allow", "Action": "sns:Publish", "Resource": topic},
            {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": queue.arn},
        )
        self.standin.client("sns", *credentials).publish_batch(
            TopicArn=topic, PublishBatchRequestEntries=[{"Id": "1", "Message": "m"}]
        )
        sqs = self.standin.client("sqs", *credentials)
        sqs.send_message_batch(QueueUrl=queue.url, Entries=[{"Id": "1", "MessageBody": "{}"}])
        self.assert_denied(sqs.delete_message_batch, QueueUrl=queue.url, Entries=[{"Id": "1", "ReceiptHandle": "r"}])

    def test_lambdas_operations_are_told_apart(self) -> None:
        functions = self.standin.client(
            "lambda", *self.user({"Effect": "Allow", "Action": "lambda:GetFunctionEventInvokeConfig", "Resource": "*"})
        )
        functions.get_function_event_invoke_config(FunctionName=FUNCTION)
        self.assert_denied(functions.get_function, FunctionName=FUNCTION)
        self.assert_denied(functions.invoke, FunctionName=FUNCTION)
        self.assert_denied(functions.update_function_event_invoke_config, FunctionName=FUNCTION)

    def test_a_tls_only_bucket_refuses_only_what_is_marked_as_plain_http(self) -> None:
        s3 = self.standin.client("s3")
        deny = {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
        s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
        key, secret = self.user({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
        user = self.standin.client("s3", key, secret)
        user.put_object(Bucket=BUCKET, Key="secure", Body=b"1")

        def mark(request: Any, **_: Any) -> None:
            request.headers["x-standin-plain-http"] = "true"

        user.meta.events.register("before-send.s3.PutObject", mark)
        self.addCleanup(user.meta.events.unregister, "before-send.s3.PutObject", mark)
        self.assert_denied(user.put_object, Bucket=BUCKET, Key="plain", Body=b"1")
        self.assertEqual([o["Key"] for o in s3.list_objects_v2(Bucket=BUCKET)["Contents"]], ["secure"])

    def role(self, *statements: dict[str, Any]) -> tuple[str, Any]:
        """The ARN of a new role that may do just this, and a session of it."""
        name = self.id().rsplit(".", 1)[-1][:60]
        trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
        document = {"Version": "2012-10-17", "Statement": [trust]}
        iam = self.standin.client("iam")
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))["Role"]["Arn"]
        document["Statement"] = list(statements)
        iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=json.dumps(document))
        return arn, self.standin.session(arn)

    def test_a_policy_can_demand_that_no_object_is_overwritten(self) -> None:
        s3 = self.standin.client("s3")
        s3.create_bucket(Bucket="append-only")
        arn = "arn:aws:s3:::append-only/*"
        deny = {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:PutObject",
            "Resource": arn,
            "Condition": {"Null": {"s3:if-none-match": "true"}},
        }
        s3.put_bucket_policy(Bucket="append-only", Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
        user = self.standin.client("s3", *self.user({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}))
        self.assert_denied(user.put_object, Bucket="append-only", Key="k", Body=b"1")
        self.assert_denied(user.copy_object, Bucket="append-only", Key="k", CopySource=f"{BUCKET}/any")
        user.put_object(Bucket="append-only", Key="k", Body=b"1", IfNoneMatch="*")
        with self.assertRaises(ClientError) as caught:
            user.put_object(Bucket="append-only", Key="k", Body=b"2", IfNoneMatch="*")
        self.assertEqual(caught.exception.response["ResponseMetadata"]["HTTPStatusCode"], 412)
        self.assertEqual(s3.get_object(Bucket="append-only", Key="k")["Body"].read(), b"1")

    def test_the_principals_arn_is_that_of_the_role_and_not_of_its_session(self) -> None:
        everything = {"Effect": "Allow", "Action": ["s3:*", "sqs:*"], "Resource": "*"}
        role, session = self.role(everything)
        key, secret = self.user(everything)
        queue = Queue(self.standin, "one-sender")
        s3, sqs = self.standin.client("s3"), self.standin.client("sqs")
        s3.create_bucket(Bucket="one-writer")

        def all_but_the_role(action: str, resource: str) -> str:
            others = {"ArnNotEquals": {"aws:PrincipalArn": role}}
            deny = {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": resource, "Condition": others}
            return json.dumps({"Version": "2012-10-17", "Statement": [deny]})

        s3.put_bucket_policy(Bucket="one-writer", Policy=all_but_the_role("s3:PutObject", "arn:aws:s3:::one-writer/*"))
        policy = all_but_the_role("sqs:SendMessage", queue.arn)
        sqs.set_queue_attributes(QueueUrl=queue.url, Attributes={"Policy": policy})
        session("s3").put_object(Bucket="one-writer", Key="k", Body=b"")
        session("sqs").send_message(QueueUrl=queue.url, MessageBody="m")
        self.assert_denied(self.standin.client("s3", key, secret).put_object, Bucket="one-writer", Key="k", Body=b"")
        for sender in (self.standin.client("sqs", key, secret), sqs):
            self.assert_denied(sender.send_message, QueueUrl=queue.url, MessageBody="m")

    def test_the_expected_owner_of_a_bucket_is_checked(self) -> None:
        s3 = self.standin.client("s3")
        s3.put_object(Bucket=BUCKET, Key="mine", Body=b"", ExpectedBucketOwner=ACCOUNT)
        self.assert_denied(s3.put_object, Bucket=BUCKET, Key="theirs", Body=b"", ExpectedBucketOwner="1" * 12)

    def call(self, service: str, operation: str, **parameters: Any) -> str | None:
        """Let the function make a call with its role's credentials; the error's code."""
        event = {"do": "call", "service": service, "operation": operation, "parameters": parameters}
        answer = self.standin.client("lambda").invoke(FunctionName=FUNCTION, Payload=json.dumps(event).encode())
        return json.load(answer["Payload"])["error"]

    def test_the_function_may_do_what_its_role_may_and_nothing_else(self) -> None:
        topic = self.standin.client("sns").create_topic(Name="alerts")["TopicArn"]
        data = [{"MetricName": "m", "Value": 1}]
        calls: dict[str, tuple[str, str, dict[str, Any], dict[str, Any]]] = {
            "ec2": ("ec2", "DescribeInstances", {}, {"Action": "ec2:DescribeInstances", "Resource": "*"}),
            "s3": (
                "s3",
                "PutObject",
                {"Bucket": BUCKET, "Key": "scans/x"},
                {"Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{BUCKET}/scans/*"},
            ),
            "sns": (
                "sns",
                "Publish",
                {"TopicArn": topic, "Message": "m"},
                {"Action": "sns:Publish", "Resource": topic},
            ),
            "cloudwatch": (
                "cloudwatch",
                "PutMetricData",
                {"Namespace": NAMESPACE, "MetricData": data},
                self.NAMESPACE_ONLY,
            ),
        }
        statements = {name: {"Effect": "Allow", **statement} for name, (*_, statement) in calls.items()}
        for left_out in calls:
            with self.subTest(left_out=left_out):
                kept = [statement for name, statement in statements.items() if name != left_out]
                set_role_policy(self.standin, FUNCTION, *kept)
                for name, (service, operation, parameters, _) in calls.items():
                    error = self.call(service, operation, **parameters)
                    if name == left_out:
                        self.assertIn(error, DENIALS)
                    else:
                        self.assertIsNone(error, name)
        set_role_policy(self.standin, FUNCTION, *statements.values())
        for service, operation, parameters in (
            ("s3", "GetObject", {"Bucket": BUCKET, "Key": "scans/x"}),
            ("s3", "PutObject", {"Bucket": BUCKET, "Key": "elsewhere"}),
            ("s3", "ListObjectsV2", {"Bucket": BUCKET}),
            ("sns", "Publish", {"TopicArn": topic + "-other", "Message": "m"}),
            ("cloudwatch", "PutMetricData", {"Namespace": "Other", "MetricData": data}),
            ("logs", "CreateLogGroup", {"logGroupName": "/x"}),
            ("ec2", "TerminateInstances", {"InstanceIds": ["i-0123456789abcdef0"]}),
            ("sns", "DeleteTopic", {"TopicArn": topic}),
        ):
            with self.subTest(operation=operation):
                self.assertIsNotNone(self.call(service, operation, **parameters))

    def test_logs_need_the_roles_permission(self) -> None:
        functions = self.standin.client("lambda")
        iam = self.standin.client("iam")
        nothing = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "logs:*", "Resource": "*"}]}
        set_role_policy(self.standin, FUNCTION)
        functions.invoke(FunctionName=FUNCTION, Payload=b'{"do": "heard"}')
        iam.put_role_policy(RoleName=f"{FUNCTION}-role", PolicyName="deny", PolicyDocument=json.dumps(nothing))
        functions.invoke(FunctionName=FUNCTION, Payload=b'{"do": "unheard"}')
        iam.delete_role_policy(RoleName=f"{FUNCTION}-role", PolicyName="deny")
        lines = "\n".join(log_lines(self.standin, FUNCTION))
        self.assertIn('"do": "heard"', lines)
        self.assertNotIn("unheard", lines)

    def test_the_on_failure_destination_needs_the_roles_permission(self) -> None:
        functions = self.standin.client("lambda")
        set_role_policy(self.standin, FUNCTION)
        functions.invoke(FunctionName=FUNCTION, InvocationType="Event", Payload=b'{"do": "fail", "n": 1}')
        wait_for("the refusal", lambda: "may not sqs:SendMessage" in self.standin.log())
        send = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": self.failures.arn}
        set_role_policy(self.standin, FUNCTION, send)
        functions.invoke(FunctionName=FUNCTION, InvocationType="Event", Payload=b'{"do": "fail", "n": 2}')
        self.assertEqual([e["requestPayload"]["n"] for e in self.failures.wait(1)], [2])

    def test_unknown_credentials_are_refused(self) -> None:
        known, _ = self.user(self.NAMESPACE_ONLY)
        for key, secret in (("AKIAUNKNOWN", "x"), (known, "wrong")):
            with self.subTest(key=key):
                self.assert_denied(self.standin.client("sts", key, secret).get_caller_identity)
        identity = self.standin.client("sts").get_caller_identity()
        self.assertEqual(identity["Arn"], f"arn:aws:iam::{ACCOUNT}:root")


if __name__ == "__main__":
    unittest.main()
