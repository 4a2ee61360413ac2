"""Asynchronous invocation: from a rule and from Invoke, its retries, throttles and destinations."""

from __future__ import annotations

import contextlib
import json
import time
import unittest
from typing import Any

from botocore import UNSIGNED

from .support import (
    REGION,
    Queue,
    StandInTest,
    allow_rule,
    create_function,
    create_rule,
    handled,
    invocation_metrics,
    log_lines,
    set_role_policy,
    wait_for,
)

CONCURRENCY = 4
# Long enough for a test to act between two attempts.
RETRY_SECONDS = 1.0


class LambdaAsyncTest(StandInTest):
    standin_settings = {"LAMBDA_ACCOUNT_CONCURRENCY": str(CONCURRENCY), "STANDIN_RETRY_SECONDS": str(RETRY_SECONDS)}

    def setUp(self) -> None:
        self.functions = self.standin.client("lambda")
        self.name = self.id().rsplit(".", 1)[-1].replace("_", "-")[:40]

    def create(self, timeout: int = 5, **invoke_config: Any) -> str:
        """A function with an on-failure queue that its role may send to."""
        self.failures = Queue(self.standin, f"{self.name}-failures")
        send = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": self.failures.arn}
        arn = create_function(self.standin, self.name, send, timeout=timeout)
        # AWS requires an age of a minute or more; the models do not apply to unsigned requests.
        unsigned = self.standin.own_client("lambda")
        unsigned.meta.events.register("choose-signer.lambda", lambda **_: UNSIGNED)
        unsigned.put_function_event_invoke_config(
            FunctionName=self.name,
            DestinationConfig={"OnFailure": {"Destination": self.failures.arn}},
            **invoke_config,
        )
        self.addCleanup(self.delete)
        return arn

    def delete(self) -> None:
        with contextlib.suppress(self.functions.exceptions.ResourceNotFoundException):
            self.functions.delete_function(FunctionName=self.name)

    def invoke(self, **event: Any) -> None:
        answer = self.functions.invoke(
            FunctionName=self.name, InvocationType="Event", Payload=json.dumps(event).encode()
        )
        self.assertEqual(answer["StatusCode"], 202)

    def handled(self, count: int) -> list[dict[str, Any]]:
        """What the function has logged of exactly ``count`` invocations."""
        wait_for(f"{count} invocations", lambda: len(handled(self.standin, self.name)) >= count)
        records = handled(self.standin, self.name)
        self.assertEqual(len(records), count)
        return records

    def test_a_failing_event_is_tried_three_times_and_ends_in_the_destination(self) -> None:
        arn = self.create()
        began = time.monotonic()
        self.invoke(do="fail", id=1)
        [envelope] = self.failures.wait(1)
        self.assertGreaterEqual(time.monotonic() - began, RETRY_SECONDS * (1 + 2))
        records = self.handled(3)
        request_ids = {record["requestId"] for record in records}
        self.assertEqual(len(request_ids), 1)
        self.assertRegex(envelope.pop("timestamp"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertEqual(
            envelope,
            {
                "version": "1.0",
                "requestContext": {
                    "requestId": request_ids.pop(),
                    "functionArn": f"{arn}:$LATEST",
                    "condition": "RetriesExhausted",
                    "approximateInvokeCount": 3,
                },
                "requestPayload": {"do": "fail", "id": 1},
                "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
                "responsePayload": {"errorType": "Told", "errorMessage": "told to fail"},
            },
        )

    def test_no_retries_where_none_are_wanted(self) -> None:
        self.create(MaximumRetryAttempts=0)
        self.invoke(do="fail")
        [envelope] = self.failures.wait(1)
        self.assertEqual(envelope["requestContext"]["approximateInvokeCount"], 1)
        self.handled(1)

    def test_a_crash_and_a_timeout_are_errors_too(self) -> None:
        self.create(timeout=3, MaximumRetryAttempts=1)
        self.invoke(do="exit")
        self.invoke(do="sleep", seconds=30)
        errors = {e["requestPayload"]["do"]: e["responsePayload"] for e in self.failures.wait(2)}
        self.assertEqual(errors["exit"]["errorType"], "Runtime.ExitError")
        self.assertEqual(errors["sleep"]["errorType"], "Sandbox.Timedout")
        self.invoke(do="ok")
        self.handled(5)

    def test_an_event_that_is_too_old_is_not_retried(self) -> None:
        self.create(timeout=20, MaximumEventAgeInSeconds=2, MaximumRetryAttempts=2)
        self.functions.put_function_concurrency(FunctionName=self.name, ReservedConcurrentExecutions=1)
        self.invoke(do="sleep", seconds=8)
        wait_for("the first to run", lambda: "spawned for " + self.name in self.standin.log())
        self.invoke(do="ok")
        [envelope] = self.failures.wait(1)
        self.assertEqual(envelope["requestContext"]["condition"], "EventAgeExceeded")
        self.assertEqual(envelope["requestContext"]["approximateInvokeCount"], 0)
        self.assertEqual(envelope["requestPayload"], {"do": "ok"})
        self.assertNotIn("responsePayload", envelope)

    def test_a_throttle_is_not_an_attempt(self) -> None:
        self.create(MaximumRetryAttempts=0)
        self.functions.put_function_concurrency(FunctionName=self.name, ReservedConcurrentExecutions=1)
        for _ in range(6):
            self.invoke(do="sleep", seconds=0.2)
        self.handled(6)
        self.assertEqual(self.failures.bodies(), [])

    def test_zero_concurrency_fails_events_at_once(self) -> None:
        self.create()
        self.functions.put_function_concurrency(FunctionName=self.name, ReservedConcurrentExecutions=0)
        self.invoke(do="ok")
        [envelope] = self.failures.wait(1)
        self.assertEqual(envelope["requestContext"]["approximateInvokeCount"], 0)

    def test_the_destination_needs_the_roles_permission(self) -> None:
        self.create(MaximumRetryAttempts=0)
        set_role_policy(self.standin, self.name)
        self.invoke(do="fail", id="lost")
        wait_for("the refusal", lambda: "may not sqs:SendMessage" in self.standin.log())
        self.assertEqual(self.failures.bodies(), [])

    def test_a_dead_letter_queue_gets_the_bare_event(self) -> None:
        self.create(MaximumRetryAttempts=0)
        letters = Queue(self.standin, f"{self.name}-letters")
        self.functions.update_function_configuration(
            FunctionName=self.name, DeadLetterConfig={"TargetArn": letters.arn}
        )
        self.invoke(do="fail")
        self.assertEqual(letters.wait(1), [{"do": "fail"}])
        attributes = letters.messages[0]["MessageAttributes"]
        self.assertEqual(attributes["ErrorMessage"]["StringValue"], "told to fail")
        self.assertEqual(attributes["ErrorCode"], {"StringValue": "200", "DataType": "Number"})
        self.failures.wait(1)

    def test_events_of_a_deleted_function_are_dropped(self) -> None:
        self.create()
        self.invoke(do="fail")
        self.handled(1)
        logs = self.standin.client("logs")
        self.functions.delete_function(FunctionName=self.name)
        logs.delete_log_group(logGroupName=f"/aws/lambda/{self.name}")
        time.sleep(RETRY_SECONDS * 4)
        self.assertEqual(self.failures.bodies(), [])
        groups = logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{self.name}")["logGroups"]
        self.assertEqual(groups, [], "the log group came back")

    def test_a_rule_hands_its_event_over_and_the_event_is_retried(self) -> None:
        arn = self.create()
        rule = create_rule(self.standin, self.name, {"source": ["test"]}, {"Arn": arn, "Input": '{"do": "fail"}'})
        allow_rule(self.standin, self.name, rule)
        self.standin.client("events").put_events(Entries=[{"Source": "test", "DetailType": "t", "Detail": "{}"}])
        [envelope] = self.failures.wait(1)
        self.assertEqual(envelope["requestContext"]["approximateInvokeCount"], 3)
        self.assertEqual(envelope["requestPayload"], {"do": "fail"})
        self.handled(3)

    def test_a_burst_of_launches_runs_on_few_processes(self) -> None:
        arn = self.create()
        # Ten seconds of work in total.
        target = {"Arn": arn, "Input": '{"do": "sleep", "seconds": 0.2}'}
        rule = create_rule(self.standin, self.name, {"source": ["aws.ec2"], "detail": {"state": ["running"]}}, target)
        allow_rule(self.standin, self.name, rule)
        self.standin.client("ec2").run_instances(ImageId="ami-1", MinCount=200, MaxCount=200)
        self.standin.client("sqs").list_queues()
        self.assertLess(len(handled(self.standin, self.name)), 200, "the server answers while the functions run")
        self.handled(200)
        environments = self.standin.log().count(f"environment spawned for {self.name} ")
        self.assertLess(environments, CONCURRENCY)
        self.assertEqual(self.failures.bodies(), [])
        self.standin.client("events").remove_targets(Rule=self.name, Ids=["0"])

    def test_synchronous_calls_get_through_a_burst(self) -> None:
        self.create()
        for _ in range(10):
            self.invoke(do="sleep", seconds=0.3)
        answer = self.functions.invoke(FunctionName=self.name, Payload=b'{"do": "ok"}')
        self.assertEqual(json.load(answer["Payload"]), {"did": "ok"})
        self.handled(11)

    def test_output_is_in_the_log_with_the_lines_of_the_platform(self) -> None:
        self.create(MaximumRetryAttempts=0)
        self.invoke(do="exit")
        wait_for("log", lambda: "about to die" in log_lines(self.standin, self.name))
        lines = log_lines(self.standin, self.name)
        self.assertTrue(lines[0].startswith("START RequestId: "), lines)
        self.assertEqual(json.loads(lines[1])["do"], "exit")
        self.assertTrue(any(line.startswith("REPORT RequestId: ") for line in lines), lines)

    def test_a_deleted_log_group_does_not_come_back(self) -> None:
        self.create()
        logs = self.standin.client("logs")
        logs.delete_log_group(logGroupName=f"/aws/lambda/{self.name}")
        self.functions.invoke(FunctionName=self.name, Payload=b"{}")
        groups = logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{self.name}")["logGroups"]
        self.assertEqual(groups, [])

    def test_the_runtime_sees_its_own_environment_only(self) -> None:
        self.create()
        answer = self.functions.invoke(FunctionName=self.name, Payload=b'{"do": "env"}')
        environment = json.load(answer["Payload"])
        self.assertEqual(environment["AWS_LAMBDA_LOG_GROUP_NAME"], f"/aws/lambda/{self.name}")
        self.assertEqual(environment["AWS_REGION"], REGION)
        self.assertEqual(environment["AWS_ENDPOINT_URL"], self.standin.endpoint)
        self.assertNotIn("PYTHONPATH", environment)

    def test_errors_are_counted_as_metrics(self) -> None:
        self.create(MaximumRetryAttempts=1)
        self.invoke(do="fail")
        self.failures.wait(1)
        self.assertEqual(invocation_metrics(self.standin, self.name), {"Invocations": 2, "Errors": 2})


if __name__ == "__main__":
    unittest.main()
