"""Sweeps open, count and name the violations that no event reported, and nothing else."""

from __future__ import annotations

import re
import time
import unittest
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from dev.subscriber import Subscriber

from .support import client, invoke, launch, outputs, start, state_item, state_key, subscribe, told_item, unique, wait_for

MISSED = 3
OVERDUE_MS = 15 * 60 * 1_000


def alerts(subscriber: Subscriber) -> str:
    """Every message that is not a digest, as one text."""
    return "\n".join(text for text in subscriber.texts() if not text.startswith("EC2 Tag Compliance Sweep\n"))


def named_as_missed(subscriber: Subscriber) -> str:
    """The lines of the digests under "Missed by Events", as one text."""
    return "\n".join(re.findall(r"^Missed by Events:\n((?:  .*\n)+)", "\n".join(subscriber.texts()), flags=re.MULTILINE))


def sweep() -> bool:
    """Sweeps the fleet as the schedule does; returns whether no other sweep was running."""
    return invoke({"detail-type": "Scheduled Event"})["status"] == "swept"


def missed_by_events() -> float:
    """The metric's sum in the last hour."""
    now = datetime.now(UTC)
    found = client("cloudwatch").get_metric_statistics(
        Namespace=outputs()["metric_namespace"],
        MetricName="MissedByEvents",
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=1),
        Period=3_600,
        Statistics=["Sum"],
    )
    return sum(point["Sum"] for point in found["Datapoints"])


def item(instance_id: str) -> dict[str, Any]:
    return state_item(state_key(instance_id))


def opened_since(began: float) -> int:
    """How many items without an event were opened since then."""
    pages = client("dynamodb").get_paginator("scan").paginate(
        TableName=outputs()["state_table_name"],
        FilterExpression="miss >= :began",
        ExpressionAttributeValues={":began": {"N": str(round(began * 1000))}},
    )
    return sum(page["Count"] for page in pages)


def let_its_time_pass(instance_id: str) -> None:
    """Makes a suspect so old that no event about it can still be under way."""
    client("dynamodb").update_item(
        TableName=outputs()["state_table_name"],
        Key=state_key(instance_id),
        UpdateExpression="SET due = due - :time",
        ConditionExpression="st = :suspect",
        ExpressionAttributeValues={":time": {"N": str(OVERDUE_MS)}, ":suspect": {"S": "suspect"}},
    )


class MissedEventsTest(unittest.TestCase):
    def test_what_was_missed_while_the_rules_were_off_is_opened_counted_told_and_named(self) -> None:
        subscriber = subscribe(self)
        known = launch(self, {"Owner": unique("owner")})
        wait_for("what people were told", partial(told_item, known))
        before = item(known)
        rules = [outputs()[name] for name in ("rule_name", "tag_change_rule_name")]
        for rule in rules:
            client("events").disable_rule(Name=rule)
            self.addCleanup(client("events").enable_rule, Name=rule)
        missed = [start(self, {"Owner": unique("owner")}) for _ in range(MISSED)]
        time.sleep(outputs()["settle_seconds"] + 1)
        for rule in rules:
            client("events").enable_rule(Name=rule)
        self.assertEqual([item(each) for each in missed], [{}] * MISSED)
        counted, began = missed_by_events(), time.time()

        wait_for("a sweep", sweep)
        self.assertEqual([item(each)["st"]["S"] for each in missed], ["suspect"] * MISSED)
        self.assertEqual(item(known), before, "an event had opened it")
        for each in missed:
            self.assertNotIn(each, alerts(subscriber))

        for each in missed:
            let_its_time_pass(each)
        wait_for("a sweep", sweep)
        for each in missed:
            told = wait_for("what people were told", partial(told_item, each))
            self.assertEqual((told["st"]["S"], "miss" in told), ("open", True))
            wait_for("the alert", lambda each=each: each in alerts(subscriber))
        self.assertEqual(missed_by_events() - counted, opened_since(began))

        wait_for("a sweep", sweep)
        for each in missed:
            wait_for("its line in a digest", lambda each=each: each in named_as_missed(subscriber))
        self.assertNotIn(known, named_as_missed(subscriber))
        self.assertEqual(item(known), before)


if __name__ == "__main__":
    unittest.main()
