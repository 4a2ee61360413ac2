"""EventBridge and Scheduler refuse what AWS refuses."""

from __future__ import annotations

import json
import unittest
from collections.abc import Callable

from botocore.exceptions import ClientError

from standin.rules import MOST_PATTERN
from standin.schedule_expressions import is_rule_schedule, is_schedule

from .support import ACCOUNT, REGION, StandInTest

TAKEN = (
    "rate(1 day)",
    "rate(12 hours)",
    "cron(0 6 * * ? *)",
    "cron(0/15 8-17,20 ? JAN-MAR,12 MON-FRI 2026-2199)",
    "cron(0 0 L * ? *)",
    "cron(0 0 15W 1/3 ? *)",
    "cron(0 0 ? * FRI#2 *)",
)
REFUSED = (
    "",
    "rate(1 days)",
    "rate(2 day)",
    "rate(0 days)",
    "cron(0 6 * * * *)",
    "cron(0 6 ? * ? *)",
    "cron(0 6 ? * 0 *)",
    "cron(99 25 ? * MON-FRI *)",
    "cron(0 6 32 * ? *)",
    "cron(0 6 * 13 ? *)",
    "cron(0 6 * * ? 1969)",
    "cron(0 6 * * ?)",
)


class ExpressionsTest(unittest.TestCase):
    def test_what_both_take_and_refuse(self) -> None:
        for expression in TAKEN:
            self.assertTrue(is_rule_schedule(expression) and is_schedule(expression), expression)
        for expression in REFUSED:
            self.assertFalse(is_rule_schedule(expression) or is_schedule(expression), expression)

    def test_only_scheduler_knows_single_times(self) -> None:
        self.assertTrue(is_schedule("at(2027-01-01T00:00:00)"))
        self.assertFalse(is_rule_schedule("at(2027-01-01T00:00:00)"))


class RulesTest(StandInTest):
    def assert_refused(self, message: str, call: Callable[[], object]) -> None:
        with self.assertRaises(ClientError) as caught:
            call()
        error = caught.exception.response["Error"]
        self.assertEqual((error["Code"], error["Message"]), ("ValidationException", message))

    def test_a_rule_with_a_schedule_that_is_none(self) -> None:
        events = self.standin.client("events")
        events.put_rule(Name="daily", ScheduleExpression="rate(1 day)")
        for expression in ("cron(0 6 ? * 0 *)", "rate(1 days)"):
            self.assert_refused(
                "Parameter ScheduleExpression is not valid.",
                lambda expression=expression: events.put_rule(Name="daily", ScheduleExpression=expression),
            )
        self.assertEqual(events.describe_rule(Name="daily")["ScheduleExpression"], "rate(1 day)")

    def test_a_schedule_that_is_none(self) -> None:
        schedules = self.standin.client("scheduler")
        target = {"Arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f", "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/r"}
        self.assert_refused(
            "Invalid Schedule Expression cron(0 6 * * * *).",
            lambda: schedules.create_schedule(
                Name="daily", ScheduleExpression="cron(0 6 * * * *)", FlexibleTimeWindow={"Mode": "OFF"}, Target=target
            ),
        )
        self.assertEqual(schedules.list_schedules()["Schedules"], [])

    def test_a_rule_goes_only_without_its_targets(self) -> None:
        events = self.standin.client("events")
        events.put_rule(Name="held", EventPattern='{"source": ["own"]}')
        events.put_targets(Rule="held", Targets=[{"Id": "1", "Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:queue"}])
        self.assert_refused("Rule can't be deleted since it has targets.", lambda: events.delete_rule(Name="held"))
        events.remove_targets(Rule="held", Ids=["1"])
        events.delete_rule(Name="held")
        self.assertNotIn("held", [rule["Name"] for rule in events.list_rules()["Rules"]])

    def test_a_pattern_has_so_many_characters(self) -> None:
        events = self.standin.client("events")
        around = len(json.dumps({"source": [""]}))
        events.put_rule(Name="long", EventPattern=json.dumps({"source": ["x" * (MOST_PATTERN - around)]}))
        with self.assertRaises(events.exceptions.LimitExceededException):
            events.put_rule(Name="longer", EventPattern=json.dumps({"source": ["x" * (MOST_PATTERN - around + 1)]}))

    def test_a_rule_has_at_most_five_targets(self) -> None:
        events = self.standin.client("events")
        events.put_rule(Name="full", EventPattern='{"source": ["own"]}')
        queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:queue"

        def put(*ids: int) -> None:
            events.put_targets(Rule="full", Targets=[{"Id": str(number), "Arn": queue} for number in ids])

        put(1, 2, 3, 4)
        put(4, 5)
        for ids in ((6,), (1, 2, 6), (6, 7, 8, 9, 10, 11)):
            with self.subTest(ids=ids), self.assertRaises(events.exceptions.LimitExceededException):
                put(*ids)
        self.assertEqual(len(events.list_targets_by_rule(Rule="full")["Targets"]), 5)
