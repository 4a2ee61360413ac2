"""EventBridge Scheduler: how schedules are described, when they fire, what reaches the function, and by which role."""

from __future__ import annotations

import json
import time
import unittest
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any
from unittest import mock

from botocore.exceptions import ClientError
from ministack.services import eventbridge, scheduler

from .support import ACCOUNT, REGION, Queue, StandInTest, create_function, handled, wait_for

GROUP_ARN = f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule-group/default"


def utc(offset: float = 0) -> datetime:
    return datetime.now(timezone.utc) + timedelta(seconds=offset)


def at(offset: float = 0) -> str:
    """A one-time expression for so many seconds from now."""
    return f"at({utc(offset):%Y-%m-%dT%H:%M:%S})"


class SchedulesTest(StandInTest):
    standin_settings = {"AUTH": "true"}

    def setUp(self) -> None:
        self.schedules = self.standin.client("scheduler")
        self.name = self.id().rsplit(".", 1)[-1].replace("_", "-")[:50]
        self.arn = f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/{self.name}"
        self.function = create_function(self.standin, self.name)
        self.letters = Queue(self.standin, f"{self.name}-letters")
        self.role = self.create_role({"aws:SourceAccount": ACCOUNT, "aws:SourceArn": GROUP_ARN})
        self.allow("lambda:InvokeFunction", "sqs:SendMessage")

    def create_role(self, condition: dict[str, str], service: str = "scheduler.amazonaws.com", suffix: str = "") -> str:
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        document = {"Version": "2012-10-17", "Statement": [{**trust, "Condition": {"StringEquals": condition}}]}
        role: str = self.standin.client("iam").create_role(
            RoleName=f"{self.name}-sweep{suffix}", AssumeRolePolicyDocument=json.dumps(document)
        )["Role"]["Arn"]
        return role

    def allow(self, *actions: str) -> None:
        resources = {"lambda:InvokeFunction": self.function, "sqs:SendMessage": self.letters.arn}
        statements = [{"Effect": "Allow", "Action": action, "Resource": resources[action]} for action in actions]
        self.standin.client("iam").put_role_policy(
            RoleName=f"{self.name}-sweep",
            PolicyName="all",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}),
        )

    def settings(self, expression: str, **settings: Any) -> dict[str, Any]:
        """What Terraform's provider sends for a schedule without an input."""
        target = {
            "Arn": self.function,
            "RoleArn": self.role,
            "DeadLetterConfig": {"Arn": self.letters.arn},
            "RetryPolicy": {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 10},
        }
        return {
            "Name": self.name,
            "GroupName": "default",
            "ScheduleExpression": expression,
            "ScheduleExpressionTimezone": "UTC",
            "State": "ENABLED",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": target,
            **settings,
        }

    def events(self) -> list[dict[str, Any]]:
        return [record["event"] for record in handled(self.standin, self.name)]

    def wait_for_events(self, count: int) -> None:
        wait_for(f"{count} events", lambda: len(self.events()) >= count)

    def test_a_schedule_is_described_as_it_was_made(self) -> None:
        settings = self.settings("rate(1 day)")
        created = self.schedules.create_schedule(**settings)
        self.assertEqual(created["ScheduleArn"], self.arn)
        described = self.schedules.get_schedule(Name=self.name, GroupName="default")
        self.assertEqual({name: described[name] for name in settings}, settings)
        self.assertNotIn("Input", described["Target"])
        self.assertNotIn("StartDate", described)
        changed = self.settings("cron(0 6 * * ? *)", State="DISABLED")
        self.schedules.update_schedule(**changed)
        described = self.schedules.get_schedule(Name=self.name, GroupName="default")
        self.assertEqual({name: described[name] for name in changed}, changed)
        self.schedules.delete_schedule(Name=self.name, GroupName="default")
        with self.assertRaises(self.schedules.exceptions.ResourceNotFoundException):
            self.schedules.get_schedule(Name=self.name, GroupName="default")

    def test_the_function_gets_schedulers_own_event(self) -> None:
        self.schedules.create_schedule(**self.settings(at()))
        self.wait_for_events(1)
        [event] = self.events()
        self.assertRegex(event.pop("id"), r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
        fired = datetime.strptime(event.pop("time"), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
        self.assertLess(abs(utc() - fired), timedelta(seconds=60))
        self.assertEqual(
            event,
            {
                "version": "0",
                "detail-type": "Scheduled Event",
                "source": "aws.scheduler",
                "account": ACCOUNT,
                "region": REGION,
                "resources": [self.arn],
                "detail": "{}",
            },
        )

    def test_a_one_time_schedule_fires_when_it_is_due_and_once(self) -> None:
        due = utc(3).replace(microsecond=0)
        self.schedules.create_schedule(**self.settings(f"at({due:%Y-%m-%dT%H:%M:%S})"))
        self.wait_for_events(1)
        self.assertGreaterEqual(utc(), due)
        time.sleep(1.5)
        self.assertEqual(len(self.events()), 1)

    def test_a_schedule_that_is_changed_or_made_anew_fires_anew(self) -> None:
        self.schedules.create_schedule(**self.settings("rate(1 day)"))
        time.sleep(1.5)
        due = at(-1)
        self.schedules.update_schedule(**self.settings(due))
        self.wait_for_events(1)
        # A change of anything but the time does not count.
        self.schedules.update_schedule(**self.settings(due, Description="the same time"))
        time.sleep(1.5)
        self.assertEqual(len(self.events()), 1)
        self.schedules.update_schedule(**self.settings(at(-2)))
        self.wait_for_events(2)
        self.schedules.delete_schedule(Name=self.name)
        self.schedules.create_schedule(**self.settings(at(-3)))
        self.wait_for_events(3)

    def test_a_rate_counts_from_its_start_date(self) -> None:
        self.schedules.create_schedule(**self.settings("rate(1 minute)", StartDate=utc(-50)))
        time.sleep(1.2)
        self.assertEqual(self.events(), [])
        self.wait_for_events(1)

    def test_without_permission_the_event_is_a_dead_letter(self) -> None:
        self.allow("sqs:SendMessage")
        self.schedules.create_schedule(**self.settings(at()))
        [event] = self.letters.wait(1)
        self.assertEqual((event["source"], event["resources"]), ("aws.scheduler", [self.arn]))
        attributes = {k: v["StringValue"] for k, v in self.letters.messages[0]["MessageAttributes"].items()}
        self.assertEqual((attributes["SCHEDULE_ARN"], attributes["TARGET_ARN"]), (self.arn, self.function))
        self.assertIn("lambda:InvokeFunction", attributes["ERROR_MESSAGE"])
        self.assertEqual(self.events(), [])

    def test_the_role_must_trust_scheduler_for_the_group(self) -> None:
        self.schedules.create_schedule(**self.settings("rate(1 day)"))
        for suffix, service, condition in (
            ("-service", "lambda.amazonaws.com", {"aws:SourceAccount": ACCOUNT}),
            ("-account", "scheduler.amazonaws.com", {"aws:SourceAccount": "1" * 12}),
            ("-schedule", "scheduler.amazonaws.com", {"aws:SourceArn": self.arn}),
        ):
            self.role = self.create_role(condition, service, suffix)
            for change, name in (
                (self.schedules.create_schedule, f"{self.name}-new"),
                (self.schedules.update_schedule, self.name),
            ):
                with self.subTest(condition=condition, name=name), self.assertRaises(ClientError) as caught:
                    change(**self.settings("rate(1 day)", Name=name))
                error = caught.exception.response["Error"]
                self.assertEqual(error["Code"], "ValidationException")
                self.assertIn("must allow AWS EventBridge Scheduler to assume the role", error["Message"])

    def test_a_role_that_no_longer_trusts_scheduler_reaches_nothing(self) -> None:
        self.schedules.create_schedule(**self.settings("rate(1 day)"))
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        due = self.settings(at(5))
        self.schedules.update_schedule(**due)
        self.standin.client("iam").update_assume_role_policy(
            RoleName=f"{self.name}-sweep", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        )
        wait_for("the refusal", lambda: f"{self.arn} cannot reach" in self.standin.log())
        wait_for("the loss", lambda: f"does not admit {self.arn}" in self.standin.log())
        self.assertEqual((self.events(), self.letters.bodies()), ([], []))


class ClockTest(unittest.TestCase):
    """MiniStack's clock, which no test can wait for."""

    # A Monday.
    START = datetime(2026, 1, 5, 10, 0, 30, tzinfo=timezone.utc).timestamp()

    def fired_after(self, expression: str, until: float, step: float = 10) -> list[float]:
        """The seconds after its creation at which a schedule fires."""
        schedule = {
            "Arn": "a",
            "State": "ENABLED",
            "ScheduleExpression": expression,
            "CreationDate": self.START,
            "Target": {"Arn": "t"},
        }
        fired: list[float] = []
        clock = SimpleNamespace(now=0.0)
        clock.time = lambda: self.START + clock.now
        store = SimpleNamespace(_data={(ACCOUNT, REGION, "default/x"): schedule})
        with (
            mock.patch.object(scheduler, "time", clock),
            mock.patch.object(scheduler, "_schedules", store),
            mock.patch.object(scheduler, "_schedule_last_fired", {}),
            mock.patch.object(eventbridge, "_invoke_target", lambda *_: fired.append(clock.now)),
        ):
            while clock.now <= until:
                scheduler._tick_schedules()
                clock.now += step
        return fired

    def test_a_rate_fires_first_one_interval_after_the_creation(self) -> None:
        self.assertEqual(self.fired_after("rate(1 minute)", 180), [60, 120, 180])
        self.assertEqual(self.fired_after("rate(1 day)", 2 * 86_400, step=600), [86_400, 172_800])

    def test_a_cron_fires_at_its_times(self) -> None:
        self.assertEqual(self.fired_after("cron(* * * * ? *)", 150), [30, 90, 150])
        self.assertEqual(self.fired_after("cron(0 12 * * ? *)", 86_400, step=30), [7170])
        self.assertEqual(self.fired_after("cron(0 6 ? * WED *)", 7 * 86_400, step=30), [2 * 86_400 - 4 * 3600 - 30])


if __name__ == "__main__":
    unittest.main()
