"""EventBridge's permission for its targets, their dead-letter queues, and Scheduler's event."""

from __future__ import annotations

import json
import unittest
from datetime import datetime, timedelta, timezone
from typing import Any

from .support import (
    ACCOUNT,
    REGION,
    Queue,
    StandInTest,
    allow_rule,
    create_function,
    create_rule,
    handled,
    rule_arn,
    service_policy,
    wait_for,
)

FUNCTION = "target"
FUNCTION_ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{FUNCTION}"


class EventTargetsTest(StandInTest):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        create_function(cls.standin, FUNCTION)

    def setUp(self) -> None:
        self.name = self.id().rsplit(".", 1)[-1].replace("_", "-")
        self.rule = rule_arn(self.name)

    def put_event(self, **detail: Any) -> None:
        self.standin.client("events").put_events(
            Entries=[{"Source": self.name, "DetailType": "t", "Detail": json.dumps(detail)}]
        )

    def create_rule(self, target: str, letters: Queue, **settings: Any) -> str:
        return create_rule(
            self.standin,
            self.name,
            {"source": [self.name]},
            {"Arn": target, "DeadLetterConfig": {"Arn": letters.arn}, **settings},
        )

    def letters(self, source_arn: str | None = None) -> Queue:
        return Queue(self.standin, f"{self.name}-letters", "events.amazonaws.com", source_arn or self.rule)

    def invoked(self, marker: str) -> bool:
        return any(record["do"] == marker for record in handled(self.standin, FUNCTION))

    def test_without_permission_the_raw_event_goes_to_the_dead_letters(self) -> None:
        letters = self.letters()
        self.create_rule(FUNCTION_ARN, letters, Input='{"do": "never"}')
        self.put_event(x=1)
        [event] = letters.wait(1)
        self.assertEqual((event["source"], event["detail"]), (self.name, {"x": 1}))
        attributes = {k: v["StringValue"] for k, v in letters.messages[0]["MessageAttributes"].items()}
        self.assertEqual(attributes["RULE_ARN"], self.rule)
        self.assertEqual(attributes["TARGET_ARN"], FUNCTION_ARN)
        self.assertEqual(attributes["ERROR_CODE"], "NO_PERMISSIONS")
        self.assertIn("lambda:InvokeFunction", attributes["ERROR_MESSAGE"])
        self.assertFalse(self.invoked("never"))

    def test_permission_for_another_rule_is_none(self) -> None:
        letters = self.letters()
        self.create_rule(FUNCTION_ARN, letters)
        allow_rule(self.standin, FUNCTION, self.rule + "-other")
        self.put_event()
        letters.wait(1)

    def test_with_permission_the_function_runs(self) -> None:
        letters = self.letters()
        allow_rule(self.standin, FUNCTION, self.create_rule(FUNCTION_ARN, letters, Input='{"do": "permitted"}'))
        self.put_event()
        wait_for("the invocation", lambda: self.invoked("permitted"))
        self.assertEqual(letters.bodies(), [])

    def test_a_missing_function_is_no_resource(self) -> None:
        letters = self.letters()
        self.create_rule(FUNCTION_ARN + "-gone", letters)
        self.put_event()
        letters.wait(1)
        self.assertEqual(letters.messages[0]["MessageAttributes"]["ERROR_CODE"]["StringValue"], "NO_RESOURCE")

    def test_dead_letters_need_the_queues_admission(self) -> None:
        letters = self.letters(source_arn=self.rule + "-other")
        self.create_rule(FUNCTION_ARN, letters)
        self.put_event()
        wait_for("the refusal", lambda: f"does not admit {self.rule}:" in self.standin.log())
        self.assertEqual(letters.bodies(), [])

    def test_a_queue_as_target_needs_a_policy_too(self) -> None:
        letters, queue = self.letters(), Queue(self.standin, f"{self.name}-queue")
        self.create_rule(queue.arn, letters)
        self.put_event(n=1)
        letters.wait(1)
        policy = service_policy("events.amazonaws.com", "sqs:SendMessage", queue.arn, self.rule)
        self.standin.client("sqs").set_queue_attributes(QueueUrl=queue.url, Attributes={"Policy": policy})
        self.put_event(n=2)
        self.assertEqual([event["detail"] for event in queue.wait(1)], [{"n": 2}])

    def test_a_tls_only_queue_policy_does_not_stop_aws_itself(self) -> None:
        letters = self.letters()
        policy = json.loads(service_policy("events.amazonaws.com", "sqs:SendMessage", letters.arn, self.rule))
        policy["Statement"].append(
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "sqs:*",
                "Resource": letters.arn,
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        )
        self.standin.client("sqs").set_queue_attributes(QueueUrl=letters.url, Attributes={"Policy": json.dumps(policy)})
        self.create_rule(FUNCTION_ARN, letters)
        self.put_event()
        letters.wait(1)

    def test_a_schedule_sends_its_empty_detail_as_a_string_by_its_role(self) -> None:
        queue = Queue(self.standin, self.name)
        iam = self.standin.client("iam")
        trust = {"Effect": "Allow", "Principal": {"Service": "scheduler.amazonaws.com"}, "Action": "sts:AssumeRole"}
        role = iam.create_role(
            RoleName=self.name,
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
        )["Role"]["Arn"]
        send = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": queue.arn}
        schedules = self.standin.client("scheduler")

        def schedule_once(name: str) -> None:
            at = (datetime.now(timezone.utc) - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%S")
            schedules.create_schedule(
                Name=name,
                ScheduleExpression=f"at({at})",
                FlexibleTimeWindow={"Mode": "OFF"},
                Target={"Arn": queue.arn, "RoleArn": role},
            )

        schedule_once("refused")
        wait_for("the refusal", lambda: "schedule/default/refused cannot reach" in self.standin.log())
        iam.put_role_policy(
            RoleName=self.name,
            PolicyName="send",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [send]}),
        )
        schedule_once("allowed")
        [event] = queue.wait(1)
        self.assertEqual(
            (event["source"], event["detail-type"], event["detail"]), ("aws.scheduler", "Scheduled Event", "{}")
        )


if __name__ == "__main__":
    unittest.main()
