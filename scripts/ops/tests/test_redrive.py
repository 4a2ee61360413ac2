"""The redrive: its parts, and as a whole on a deployment."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import unittest
from typing import Any
from unittest import mock

from ops.redrive import NotADeadLetter, Queue, Redrive, describe, one_line, outcome, unwrap

from .support import ROOT, client, launch, outputs, unique, wait_for

EVENT = {
    "version": "0",
    "id": "7bf73129-1428-4cd3-a780-95db273d1602",
    "detail-type": "EC2 Instance State-change Notification",
    "source": "aws.ec2",
    "time": "2025-12-03T09:59:58Z",
    "region": "us-east-1",
    "resources": [],
    "detail": {"instance-id": "i-1234567890abcdef0", "state": "running"},
}
UNUSABLE = {"instanceId": "nonsense"}


def wrapped(event: Any) -> str:
    """The event in the envelope of Lambda's on-failure destination."""
    return json.dumps(
        {
            "version": "1.0",
            "timestamp": "2025-12-03T10:03:00.000Z",
            "requestContext": {
                "requestId": "e4b46cbf-b738-xmpl-8880-a18cdf61200e",
                "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:tag-compliance-checker-prod:$LATEST",
                "condition": "RetriesExhausted",
                "approximateInvokeCount": 3,
            },
            "requestPayload": event,
            "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
            "responsePayload": {"errorType": "AwsCallFailed", "errorMessage": "sns:Publish: no answer"},
        }
    )


class UnwrapTest(unittest.TestCase):
    def test_lambdas_envelope(self) -> None:
        for event in (EVENT, UNUSABLE, {}, [1], None):
            letter = unwrap(wrapped(event), {})
            self.assertEqual(letter.event, event)
            self.assertEqual(
                letter.reason, "Lambda: RetriesExhausted after 3 attempts, AwsCallFailed: sns:Publish: no answer"
            )

    def test_an_envelope_without_an_answer(self) -> None:
        body = {"requestContext": {"condition": "EventAgeExceeded", "approximateInvokeCount": 0}, "requestPayload": {}}
        self.assertEqual(unwrap(json.dumps(body), {}).reason, "Lambda: EventAgeExceeded after 0 attempts")

    def test_eventbridges_raw_event(self) -> None:
        attributes = {"RULE_ARN": "arn:aws:events:x", "ERROR_CODE": "NO_PERMISSIONS", "ERROR_MESSAGE": "may not"}
        letter = unwrap(json.dumps(EVENT), attributes)
        self.assertEqual(letter.event, EVENT)
        self.assertEqual(
            letter.reason, "EventBridge: ERROR_CODE=NO_PERMISSIONS, ERROR_MESSAGE=may not, RULE_ARN=arn:aws:events:x"
        )
        self.assertEqual(unwrap(json.dumps(EVENT), {}).reason, "EventBridge: no reason is given")

    def test_a_raw_event_that_a_queue_gave_up(self) -> None:
        letter = unwrap(json.dumps(EVENT), {}, "arn:aws:sqs:us-east-1:123456789012:tag-compliance-events-prod")
        self.assertEqual(letter.event, EVENT)
        self.assertEqual(
            letter.reason,
            "SQS: received too often from the queue tag-compliance-events-prod; the function's log has the errors",
        )

    def test_what_is_neither_is_never_invoked_as_a_sweep(self) -> None:
        for body in ("{}", "[]", "null", "text", "", '{"instanceId": "i-12345678"}', '{"requestPayload": {}}'):
            with self.assertRaises(NotADeadLetter, msg=body):
                unwrap(body, {})

    def test_what_a_person_reads(self) -> None:
        self.assertEqual(
            describe(EVENT),
            "EC2 Instance State-change Notification 2025-12-03T09:59:58Z "
            "7bf73129-1428-4cd3-a780-95db273d1602 i-1234567890abcdef0 running",
        )
        self.assertEqual(describe({**EVENT, "detail": "{}"}).split()[-1], EVENT["id"])
        self.assertEqual(describe(UNUSABLE), 'call {"instanceId": "nonsense"}')
        self.assertEqual(describe(None), "event null")
        self.assertEqual(outcome({"statusCode": 404, "status": "not-found", "instanceId": "i-1"}), "not-found i-1")
        self.assertEqual(outcome({"status": "ignored", "reason": "not-an-instance"}), "ignored not-an-instance")
        self.assertEqual(outcome(None), "null")

    def test_text_of_an_event_stays_on_its_line(self) -> None:
        self.assertEqual(one_line("a\n2. \x1b[31mforged"), "a\ufffd2. \ufffd[31mforged")
        self.assertEqual(len(one_line("x" * 1000)), 300)


class OnePassTest(unittest.TestCase):
    """Against clients that answer from a script."""

    def setUp(self) -> None:
        self.sqs, self.functions = mock.Mock(), mock.Mock()
        self.sqs.receive_message.side_effect = lambda **_: {"Messages": self.batches.pop(0) if self.batches else []}
        self.batches: list[list[dict[str, str]]] = []

    def message(self, number: int, receipt: str | None = None) -> dict[str, str]:
        return {"MessageId": f"m{number}", "ReceiptHandle": receipt or f"r{number}", "Body": wrapped({"n": number})}

    def answer(self, document: Any, error: str | None = None) -> dict[str, Any]:
        payload = io.BytesIO(json.dumps(document).encode())
        return {"Payload": payload} | ({"FunctionError": error} if error else {})

    def run_once(self, limit: int | None = None, dry_run: bool = False) -> Redrive:
        redrive = Redrive(Queue(self.sqs, "url"), self.functions, "checker", dry_run)
        with contextlib.redirect_stdout(io.StringIO()) as self.printed:
            redrive.run(limit)
        return redrive

    def released(self) -> list[str]:
        return [
            entry["ReceiptHandle"]
            for call in self.sqs.change_message_visibility_batch.call_args_list
            for entry in call.kwargs["Entries"]
        ]

    def test_a_message_that_comes_again_is_handled_once(self) -> None:
        self.batches = [[self.message(1)], [self.message(1, "r1-again"), self.message(2)], [self.message(1, "r1-last")]]
        self.functions.invoke.side_effect = lambda **_: self.answer({"errorType": "AwsCallFailed"}, "Unhandled")
        redrive = self.run_once()
        self.assertEqual(self.functions.invoke.call_count, 2)
        self.assertEqual((redrive.accepted, redrive.left), (0, 2))
        # The last receipt is the one that SQS honours.
        self.assertEqual(self.released(), ["r1-last", "r2"])
        self.sqs.delete_message.assert_not_called()

    def test_a_batch_that_failed_in_part_stays(self) -> None:
        self.batches = [[self.message(1)]]
        self.functions.invoke.return_value = self.answer({"batchItemFailures": [{"itemIdentifier": "m"}]})
        self.assertEqual(self.run_once().left, 1)
        self.assertIn("failed again, left: batch, 1 failed", self.printed.getvalue())

    def test_an_error_on_the_way_releases_what_is_held(self) -> None:
        self.batches = [[self.message(number) for number in range(3)]]
        self.functions.invoke.side_effect = [self.answer({"status": "compliant"}), RuntimeError("refused")]
        with self.assertRaisesRegex(RuntimeError, "refused"):
            self.run_once()
        self.sqs.delete_message.assert_called_once_with(QueueUrl="url", ReceiptHandle="r0")
        self.assertEqual(self.released(), ["r1", "r2"])

    def test_a_limit_takes_no_more_than_it_handles(self) -> None:
        self.batches = [[self.message(number) for number in range(10)], [self.message(10), self.message(11)]]
        self.functions.invoke.side_effect = lambda **_: self.answer({"status": "compliant"})
        self.assertEqual(self.run_once(limit=12).accepted, 12)
        asked = [call.kwargs["MaxNumberOfMessages"] for call in self.sqs.receive_message.call_args_list]
        self.assertEqual(asked, [10, 2])
        self.sqs.change_message_visibility_batch.assert_not_called()

    def test_a_dry_run_invokes_nothing(self) -> None:
        self.batches = [[self.message(1)]]
        self.assertEqual(self.run_once(dry_run=True).left, 1)
        self.functions.invoke.assert_not_called()
        self.assertEqual(self.released(), ["r1"])


def redrive(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the script as a person would."""
    return subprocess.run(
        [str(ROOT / "scripts" / "redrive.sh"), *arguments],
        env={**os.environ, "ENVIRONMENT_SUFFIX": "", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


class UsageTest(unittest.TestCase):
    def test_what_is_missing_is_named(self) -> None:
        result = redrive("--outputs", "/nonexistent/outputs.json")
        self.assertEqual(result.returncode, 1)
        self.assertIn("/nonexistent/outputs.json does not exist", result.stderr)
        self.assertEqual(redrive("--max", "0").returncode, 2)


class DeploymentTest(unittest.TestCase):
    """On the deployed function, with a queue of the test's own."""

    def setUp(self) -> None:
        self.outputs = os.environ["TERRAFORM_OUTPUTS"] if outputs() else ""
        self.queue = client("sqs").create_queue(QueueName=unique("ops-test"))["QueueUrl"]
        self.addCleanup(client("sqs").delete_queue, QueueUrl=self.queue)

    def send(self, body: str, **attributes: str) -> None:
        typed = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
        client("sqs").send_message(QueueUrl=self.queue, MessageBody=body, MessageAttributes=typed)

    def bodies(self) -> list[str]:
        """What is in the queue and visible."""
        messages = client("sqs").receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10, VisibilityTimeout=0)
        return [message["Body"] for message in messages.get("Messages", [])]

    def redrive(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return redrive("--outputs", self.outputs, *arguments, **environment)

    def test_accepted_messages_go_and_the_others_stay(self) -> None:
        instance_id = launch(self, {"Environment": "prod"})
        event = {**EVENT, "detail": {"instance-id": instance_id, "state": "running"}}
        self.send(wrapped(event))
        self.send(json.dumps(event), RULE_ARN="arn:aws:events:the-rule", ERROR_CODE="NO_PERMISSIONS")
        self.send(wrapped(UNUSABLE))
        self.send("{}")

        dry = self.redrive("--queue-url", self.queue, "--dry-run")
        self.assertEqual(dry.returncode, 0, dry.stderr)
        self.assertIn("before: 4 waiting", dry.stdout)
        self.assertIn("0 accepted and deleted, 4 left", dry.stdout)
        self.assertIn("after: 4 waiting, 0 received", dry.stdout)

        result = self.redrive("--queue-url", self.queue)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertEqual(result.stdout.count(f"accepted: non-compliant {instance_id}"), 2)
        self.assertIn("ERROR_CODE=NO_PERMISSIONS, RULE_ARN=arn:aws:events:the-rule", result.stdout)
        self.assertIn("failed again, left: InvalidEvent: invalid event: instanceId: expected", result.stdout)
        self.assertIn("not understood, left: expected an event, or Lambda's envelope of one, got {}", result.stdout)
        self.assertIn("2 accepted and deleted, 2 left", result.stdout)
        self.assertIn("after: 2 waiting, 0 received", result.stdout)
        self.assertEqual(sorted(self.bodies()), sorted(["{}", wrapped(UNUSABLE)]))

    def test_an_event_that_a_queue_gave_up_is_handed_over_as_it_came(self) -> None:
        instance_id = launch(self, {"Environment": "prod"})
        sqs, arn = client("sqs"), ["QueueArn"]
        letters = sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=arn)["Attributes"]["QueueArn"]
        name = unique("ops-test-events")
        policy = {"deadLetterTargetArn": letters, "maxReceiveCount": 1}
        events = sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": json.dumps(policy)})["QueueUrl"]
        self.addCleanup(sqs.delete_queue, QueueUrl=events)
        event = {**EVENT, "detail": {"instance-id": instance_id, "state": "running"}}
        sqs.send_message(QueueUrl=events, MessageBody=json.dumps(event))
        for _ in range(2):
            sqs.receive_message(QueueUrl=events, VisibilityTimeout=0)
        wait_for("the dead letter", self.bodies)
        result = self.redrive("--queue-url", self.queue)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn(f"SQS: received too often from the queue {name};", result.stdout)
        self.assertIn(f"accepted: non-compliant {instance_id}", result.stdout)
        self.assertEqual(self.bodies(), [])

    def test_no_more_than_asked_for(self) -> None:
        for _ in range(3):
            self.send(json.dumps({**EVENT, "detail": {"instance-id": "i-00000000", "state": "stopped"}}))
        result = self.redrive("--queue-url", self.queue, "--max", "2")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stdout.count("accepted: not-found i-00000000"), 2)
        self.assertIn("after: 1 waiting", result.stdout)

    def test_a_function_that_is_not_there_loses_nothing(self) -> None:
        self.send(json.dumps(EVENT))
        result = self.redrive("--queue-url", self.queue, "--function", "ops-test-nonexistent")
        self.assertEqual(result.returncode, 1)
        self.assertIn("ResourceNotFoundException", result.stderr)
        self.assertEqual(self.bodies(), [json.dumps(EVENT)])

    def test_another_environments_outputs_are_refused(self) -> None:
        result = self.redrive(ENVIRONMENT_SUFFIX="ops-test-other")
        self.assertEqual(result.returncode, 1)
        self.assertIn("expected the outputs of the environment ops-test-other, got those of", result.stderr)

    def test_a_dead_letter_that_lambda_left(self) -> None:
        instance_id = launch(self, {"Environment": "prod"})
        functions, name = client("lambda"), outputs()["function_name"]
        # A function without concurrency sends every event to its destination at once.
        functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
        try:
            functions.invoke(
                FunctionName=name, InvocationType="Event", Payload=json.dumps({"instanceId": instance_id}).encode()
            )
            wait_for(
                "the dead letter",
                lambda: f'{{"instanceId": "{instance_id}"}}' in redrive("--outputs", self.outputs, "--dry-run").stdout,
            )
        finally:
            functions.delete_function_concurrency(FunctionName=name)
        # Other tests' dead letters may lie there too.
        self.assertIn(f"accepted: non-compliant {instance_id}", self.redrive().stdout)
        self.assertNotIn(instance_id, self.redrive("--dry-run").stdout)
