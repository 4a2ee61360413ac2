"""A thousand launches without tags within a minute: few messages, nobody left out, never faster than SNS allows.

TEST_LONG in the environment tries each number of owners with and without a cause, and with few and many shards.
"""

from __future__ import annotations

import itertools
import json
import os
import time
import unittest
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

from .storm_events import GOOD, instance_id
from .stub import events
from .stub.aws import Aws
from .stub.fleet import ExplicitFleet, Instance
from .stub.lambda_service import Function

SIZE = 1_000
EVENTS_OF_A_BATCH = 200
# The launches come in two windows of the stream, and an interval is over only where the test says so.
HALF = SIZE // 2
GROUP_INTERVAL_SECONDS = 900
# However many instances, and however many shards.
MOST_MESSAGES_OF_AN_OWNER = 3
MILLIS_APART = 200
OWNERS, CAUSES, SHARDS = (("web",), ("web", "shop", "data")), ("nodes", None), (4, 40)
# Of each number of owners one.
QUICK = (("web",), "nodes", 40), (("web", "shop", "data"), None, 4)
CASES = tuple(itertools.product(OWNERS, CAUSES, SHARDS)) if "TEST_LONG" in os.environ else QUICK


def _fleet(owners: tuple[str, ...], cause: str | None) -> dict[str, Instance]:
    fleet = {}
    for number in range(SIZE):
        tags = {key: value for key, value in GOOD.items() if key != "Application"}
        tags["Owner"] = owners[number % len(owners)]
        if cause:
            tags["aws:autoscaling:groupName"] = cause
        fleet[instance_id(number + 1)] = Instance(tags)
    return fleet


class AlertStorms(unittest.TestCase):
    """Alerts of a large launch without tags."""

    def storm(self, owners: tuple[str, ...], cause: str | None, shards: int) -> None:
        instances = _fleet(owners, cause)
        environment = {"ALERT_GROUP_INTERVAL_SECONDS": str(GROUP_INTERVAL_SECONDS)}
        with Aws(ExplicitFleet(instances)) as aws, Function(aws, environment=environment, shards=shards) as function:
            began = time.monotonic()
            bodies = [json.dumps(events.state_change(each)) for each in instances]
            for half in (bodies[:HALF], bodies[HALF:]):
                function.work_off(half, EVENTS_OF_A_BATCH)
                function.work_off_stream()
            aws.table.age(GROUP_INTERVAL_SECONDS)
            function.work_off_delayed()
            alerts = aws.record.alerts
            told: dict[str, set[str]] = defaultdict(set)
            messages: Counter[str] = Counter()
            for alert in alerts:
                ids = alert.told
                [owner] = {instances[each].tags["Owner"] for each in ids}
                messages[owner] += 1
                told[owner].update(ids)
                if cause:
                    self.assertIn(f"Auto Scaling group {cause}", alert.message)
            print(
                f"\n{SIZE} launches, {len(owners)} owners, {shards} shards, cause {cause}: {dict(messages)}, "
                f"{len(function.outcomes)} invocations, {len(aws.record.delayed)} delayed, "
                f"{time.monotonic() - began:.0f} s"
            )
            self.assertEqual(set().union(*told.values()), set(instances))
            self.assertLessEqual(max(messages.values()), MOST_MESSAGES_OF_AN_OWNER)
            self.assert_pace(aws)
            self.assertEqual(aws.table.due(), [])
            self.assertEqual({outcome.kind for outcome in function.outcomes}, {"answer"})
            self.assertEqual(function.dead_letters, [])

    def assert_pace(self, aws: Aws) -> None:
        """Messages have slots 200 ms apart, and none is sent before its slot."""
        changes = [record["dynamodb"] for record in aws.table.records()]
        pace = [change["NewImage"]["next"]["N"] for change in changes if change["Keys"]["sk"]["S"] == "pace"]
        slots = [int(following) - MILLIS_APART for following in pace]
        self.assertEqual(len(slots), len(aws.record.alerts))
        for slot, following in pairwise(slots):
            self.assertGreaterEqual(following - slot, MILLIS_APART)
        for slot, alert in zip(slots, aws.record.alerts, strict=True):
            self.assertGreaterEqual(round(alert.at * 1000), slot)

    def test_a_launch_of_a_thousand_is_three_messages_an_owner_at_most(self) -> None:
        with ThreadPoolExecutor(4) as pool:
            running = {case: pool.submit(self.storm, *case) for case in CASES}
            for (owners, cause, shards), result in running.items():
                with self.subTest(owners=len(owners), cause=cause, shards=shards):
                    result.result()

    def test_the_pace_is_kept_with_more_owners_than_a_second_has_messages(self) -> None:
        owners = [f"team-{number}" for number in range(12)]
        tags = {**GOOD, "Environment": ""}
        instances = {instance_id(n): Instance({**tags, "Owner": owner}) for n, owner in enumerate(owners, 1)}
        with Aws(ExplicitFleet(instances)) as aws, Function(aws, shards=4) as function:
            function.work_off([json.dumps(events.state_change(each)) for each in instances])
            function.work_off_stream()
            self.assertEqual(len(aws.record.alerts), len(owners))
            self.assert_pace(aws)


if __name__ == "__main__":
    unittest.main()
