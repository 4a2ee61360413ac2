"""The redrive, as an operator runs it, on a deployment. The program's own tests cover the details."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path
from typing import Any

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


class ProgramTest(unittest.TestCase):
    """Which program the script calls, and with which arguments."""

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)

    def program(self, version: str, name: str = "tag-compliance") -> str:
        """A program that prints its arguments."""
        path = self.directory / name
        path.write_text(
            f'#!/bin/sh\n[ "$1" != --version ] || exec echo "tag-compliance {version}"\nprintf "%s\\n" "$@"\n',
            encoding="utf-8",
        )
        path.chmod(0o755)
        return str(path)

    def test_one_of_this_version_is_called(self) -> None:
        manifest = (ROOT / "Cargo.toml").read_text(encoding="utf-8")
        version = re.search(r'^version = "(.*)"$', manifest, flags=re.MULTILINE)
        assert version
        program = self.program(version[1])
        path = f"{self.directory}:{os.environ['PATH']}"
        default = str(ROOT / "cfn-outputs" / "flat-outputs.json")
        for environment in ({"TAG_COMPLIANCE": program}, {"TAG_COMPLIANCE": "", "PATH": path}):
            for arguments, outputs in (
                (["--dry-run"], ["--outputs", default]),
                (["--outputs", "a b.json"], []),
                (["--queue-url", "URL"], ["--outputs", default]),
                (["--queue-url=URL", "--function", "F"], []),
                (["--queue-url", "URL", "--drop=ID"], []),
            ):
                called = redrive(*arguments, **environment)
                self.assertEqual(called.stdout.splitlines(), ["redrive", *outputs, *arguments], called.stderr)

    def test_another_version_that_is_asked_for_is_refused(self) -> None:
        result = redrive("--dry-run", TAG_COMPLIANCE=self.program("0.0.1"))
        self.assertEqual(result.returncode, 1)
        self.assertIn("is not this version of tag-compliance", result.stderr)

    def test_another_version_that_lies_on_the_path_is_left_aside(self) -> None:
        self.program("0.0.1")
        self.program("0.0.1", "cargo")
        path = f"{self.directory}:{os.environ['PATH']}"
        target = str(self.directory / "target")
        built = self.directory / "target" / "debug"
        built.mkdir(parents=True)
        (built / "tag-compliance").symlink_to(self.program("", "built"))
        result = redrive("--dry-run", TAG_COMPLIANCE="", PATH=path, CARGO_TARGET_DIR=target)
        self.assertIn("--dry-run", result.stdout.splitlines())
        self.assertIn("--bin\ntag-compliance\n", result.stderr)


class DeploymentTest(unittest.TestCase):
    """With the deployed function and the test's own queue."""

    def setUp(self) -> None:
        self.outputs = os.environ["TERRAFORM_OUTPUTS"] if outputs() else ""
        self.queue = client("sqs").create_queue(QueueName=unique("ops-test"))["QueueUrl"]
        self.addCleanup(client("sqs").delete_queue, QueueUrl=self.queue)

    def send(self, body: str, **attributes: str) -> None:
        typed = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
        client("sqs").send_message(QueueUrl=self.queue, MessageBody=body, MessageAttributes=typed)

    def bodies(self) -> list[str]:
        """The visible messages in the queue."""
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
        self.assertIn("after: 4 waiting, 0 in flight", dry.stdout)

        result = self.redrive("--queue-url", self.queue)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertEqual(result.stdout.count(f"accepted: non-compliant {instance_id}"), 2)
        self.assertIn("ERROR_CODE=NO_PERMISSIONS, RULE_ARN=arn:aws:events:the-rule", result.stdout)
        self.assertIn("failed again, left: InvalidEvent: invalid event: instanceId: expected", result.stdout)
        self.assertIn("not understood, left: expected an event, or Lambda's envelope of one, got {}", result.stdout)
        self.assertIn("2 accepted and deleted, 2 left", result.stdout)
        self.assertIn("after: 2 waiting, 0 in flight", result.stdout)
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

    def test_one_dead_letter_is_dropped_alone(self) -> None:
        for body in (wrapped(UNUSABLE), wrapped(EVENT)):
            self.send(body)
        shown = self.redrive("--queue-url", self.queue, "--dry-run").stdout
        found = re.search(r"call .*nonsense.*\n.*\n   message (\S+)", shown)
        assert found, shown
        result = self.redrive("--queue-url", self.queue, "--drop", found[1])
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("redrive: 1 dropped", result.stdout)
        self.assertIn("after: 1 waiting, 0 in flight", result.stdout)
        self.assertEqual(self.bodies(), [wrapped(EVENT)])

    def test_what_is_ended_shows_its_messages_again(self) -> None:
        self.send(wrapped(UNUSABLE))
        self.send(wrapped(UNUSABLE))
        with subprocess.Popen(
            # The second one would come after a hundred seconds.
            [ROOT / "scripts" / "redrive.sh", "--outputs", self.outputs, "--queue-url", self.queue, "--rate", "0.01"],
            env={**os.environ, "ENVIRONMENT_SUFFIX": ""},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as ended:
            assert ended.stdout and ended.stderr
            for line in ended.stdout:
                if "failed again" in line:
                    break
            ended.terminate()
            self.assertEqual(ended.wait(), 128 + signal.SIGTERM)
            self.assertIn("error: ended by SIGTERM\n", ended.stderr.read())
        self.assertEqual(len(self.bodies()), 2)

    def test_a_queue_that_is_still_delivered_is_refused(self) -> None:
        result = self.redrive("--queue-url", outputs()["delay_queue_url"])
        self.assertEqual(result.returncode, 1)
        self.assertIn("is not a dead-letter queue", result.stderr)

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
        # Without concurrency, Lambda sends every event to the destination at once.
        functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
        try:
            functions.invoke(
                FunctionName=name, InvocationType="Event", Payload=json.dumps({"instanceId": instance_id}).encode()
            )
            wait_for(
                "the dead letter",
                lambda: f'{{"instanceId":"{instance_id}"}}' in redrive("--outputs", self.outputs, "--dry-run").stdout,
            )
        finally:
            functions.delete_function_concurrency(FunctionName=name)
        # Other tests may have dead letters there too.
        self.assertIn(f"accepted: non-compliant {instance_id}", self.redrive().stdout)
        self.assertNotIn(instance_id, self.redrive("--dry-run").stdout)
