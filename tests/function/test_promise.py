"""The promise about alerts, tested with events in random order, duplicates, kills, throttling and lost answers.

PROMISE_EVENTS in the environment is the number of events; 10000 take a few minutes.
"""

from __future__ import annotations

import json
import os
import random
import time
import unittest
from collections import Counter
from typing import Any

from .model import evaluate
from .remembered import COMPLAINT_LENGTH
from .storm_events import GOOD, instance_id, seed_of_tests
from .stub import events
from .stub.aws import Aws
from .stub.fleet import ExplicitFleet, Instance
from .stub.lambda_service import Function, Message, Outcome
from .stub.record import Call
from .stub.table import Item

EVENTS = int(os.environ.get("PROMISE_EVENTS", "1200"))
INSTANCES = 300
OWNERS = ("web", "shop", "data", "")
BATCH = 40
GROUP_INTERVAL_SECONDS = 60
# Longer than the interval, and than EC2 needs to become consistent.
STEP_SECONDS = GROUP_INTERVAL_SECONDS + 5
# Longer than what counts as overdue.
LONG_SECONDS = 3_600
# For each call that a violation depends on.
FAULTS = {"kill": 0.01, "kill-done": 0.01, "throttle": 0.005, "lost": 0.005, "denied": 0.005, "reset": 0.002}


class Watched(Function):
    """The function; each message is compared with the instances at that moment."""

    MAX_STREAM_ATTEMPTS = 3

    def __init__(self, aws: Aws, instances: dict[str, Instance], dice: random.Random, **settings: Any) -> None:
        super().__init__(aws, **settings)
        self.instances = instances
        self.dice = dice
        self.seen = 0
        self.published: Counter[tuple[str, str]] = Counter()
        # Published in an invocation with a failed call, so it may be published again.
        self.uncertain: set[tuple[str, str]] = set()
        # The lifetimes that were published.
        self.told: set[tuple[str, str]] = set()
        self.repeated = 0
        self.repeated_without_cause: list[tuple[str, str]] = []
        self.told_though_repaired: list[str] = []

    def go_wrong(self, call: Call) -> str | None:
        """The fault of a call."""
        if call.service in ("S3", "CLOUDWATCH"):
            return None
        draw = self.dice.random()
        for kind, share in FAULTS.items():
            draw -= share
            if draw < 0:
                return kind
        return None

    def invoke(self, event: Any, timeout: float | None = None) -> Outcome:
        faults = len(self.aws.record.fired)
        outcome = super().invoke(event, timeout)
        alerts = self.aws.record.alerts
        for alert in alerts[self.seen :]:
            for each in alert.told:
                self._published(each, len(self.aws.record.fired) > faults)
        self.seen = len(alerts)
        return outcome

    def _published(self, each: str, is_uncertain: bool) -> None:
        if evaluate(self.instances[each].tags).is_compliant:
            self.told_though_repaired.append(each)
        item = self.item(each)
        key = (each, item["v"]["N"])
        if self.published[key]:
            self.repeated += 1
            if key not in self.uncertain:
                self.repeated_without_cause.append(key)
        self.published[key] += 1
        self.told.add((each, item["gen"]["N"]))
        if is_uncertain:
            self.uncertain.add(key)

    def item(self, each: str) -> Item:
        """An instance's item."""
        [item] = [item for item in self.aws.table.items() if item["sk"]["S"] == each]
        return item


class Promise(unittest.TestCase):
    """Whatever goes wrong, a violation that remains is alerted."""

    def test_no_violation_is_lost_and_none_is_told_that_was_repaired(self) -> None:
        seed = seed_of_tests()
        dice = random.Random(seed)
        ids = [instance_id(number + 1) for number in range(INSTANCES)]
        instances = {each: Instance(_tags(dice)) for each in ids}
        fleet = ExplicitFleet(instances)
        environment = {"ALERT_GROUP_INTERVAL_SECONDS": str(GROUP_INTERVAL_SECONDS)}
        began = time.monotonic()
        with Aws(fleet) as aws, Watched(aws, instances, dice, environment=environment, shards=4) as function:
            aws.chaos, aws.kill = function.go_wrong, function.kill
            waiting = [Message(json.dumps(events.state_change(each))) for each in ids]
            sent = len(waiting)
            while waiting:
                while sent < EVENTS and len(waiting) < 4 * BATCH:
                    made = self._change(dice, fleet)
                    waiting += made
                    sent += len(made)
                dice.shuffle(waiting)
                batch, waiting = waiting[:BATCH], waiting[BATCH:]
                waiting += function.receive(batch)[1]
                aws.table.age(STEP_SECONDS)
                if dice.random() < 0.4:
                    function.work_off_stream(dice.choice((10, 100, 1000)))
                if dice.random() < 0.2:
                    function.work_off_delayed()
            faults = Counter(fired.kind for fired in aws.record.fired)
            aws.chaos = None
            self._work_off(aws, function)
            self._hold(aws, function, sent, faults, seed, time.monotonic() - began)

    def _change(self, dice: random.Random, fleet: ExplicitFleet) -> list[Message]:
        """Fixes or breaks an instance's tags; returns AWS's events about it, perhaps more than once."""
        each = dice.choice(list(fleet.instances))
        fleet.instances[each].tags = _tags(dice)
        body = json.dumps(events.tag_change(each, ["Application"], {}))
        return [Message(body) for _ in range(dice.choice((1, 1, 1, 2, 3)))]

    def _work_off(self, aws: Aws, function: Function) -> None:
        """The faults are over: dead letters are redriven, everything is processed, and a sweep alerts what is overdue."""
        redriven = [letter.body for letter in function.dead_letters]
        function.dead_letters.clear()
        function.work_off(redriven)
        aws.table.age(STEP_SECONDS)
        function.work_off_stream()
        function.work_off_delayed()
        aws.table.age(LONG_SECONDS)
        function.invoke(events.scheduled())
        for _ in range(2):
            aws.table.age(STEP_SECONDS)
            function.work_off_stream()
            function.work_off_delayed()

    def _hold(
        self, aws: Aws, function: Watched, sent: int, faults: Counter[str], seed: int, took: float
    ) -> None:
        changes = [record["dynamodb"]["NewImage"] for record in aws.table.records()]
        lifetimes = {(item["sk"]["S"], item["gen"]["N"]) for item in changes if item.get("st") == {"S": "open"}}
        violating = {each for each, instance in function.instances.items() if not evaluate(instance.tags).is_compliant}
        items = {item["sk"]["S"]: item for item in aws.table.items() if item["pk"]["S"].startswith("i#")}
        is_open = {each for each, item in items.items() if item["st"] == {"S": "open"}}
        lost = [each for each in violating if (each, items.get(each, {}).get("gen", {}).get("N")) not in function.told]
        rows = {
            "events": sent,
            "invocations": len(function.outcomes),
            "faults": dict(faults),
            "lifetimes": len(lifetimes),
            "published": function.published.total(),
            "messages": len(aws.record.alerts),
            "repeated by kills and lost answers": function.repeated,
            "lost": len(lost),
            "told though repaired": len(function.told_though_repaired),
            "seed": seed,
            "seconds": round(took),
        }
        print("\n" + "\n".join(f"{name:<36}{value}" for name, value in rows.items()))
        self.assertEqual(is_open, violating)
        self.assertEqual(lost, [])
        self.assertEqual(function.told_though_repaired, [])
        self.assertEqual(function.repeated_without_cause, [])
        self.assertEqual(aws.table.due(), [])
        for each in violating:
            item = items[each]
            self.assertEqual(item["tgen"], item["gen"], each)
            self.assertLessEqual(_complaints(item["what"]), _complaints(item["twhat"]), each)
        self.assertGreater(faults["kill"] + faults["kill-done"], 0, "nothing was killed")


def _complaints(attribute: dict[str, str]) -> set[str]:
    hashes = attribute["S"]
    return {hashes[first : first + COMPLAINT_LENGTH] for first in range(0, len(hashes), COMPLAINT_LENGTH)}


def _tags(dice: random.Random) -> dict[str, str]:
    tags = GOOD | {"Owner": dice.choice(OWNERS)} if dice.random() < 0.3 else dict(GOOD)
    if dice.random() < 0.3:
        del tags["Application"]
    return tags


if __name__ == "__main__":
    unittest.main()
