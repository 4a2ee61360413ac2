"""The two voices under faults: a receiver of events that drops duplicates and orders by sequence knows what is so.

VOICES_CHANGES in the environment is the number of changes; TEST_LONG makes it 10000. TEST_SEED is the seed.
"""

from __future__ import annotations

import json
import os
import random
import time
import unittest
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from .model import evaluate
from .storm_events import GOOD, instance_id, seed_of_tests
from .stub import events
from .stub.aws import Aws
from .stub.fleet import ExplicitFleet, Instance
from .stub.lambda_service import Function, Message
from .stub.record import Call, Published
from .test_promise import STEP_SECONDS

CHANGES = int(os.environ.get("VOICES_CHANGES", "10000" if "TEST_LONG" in os.environ else "2000"))
INSTANCES = 150
BATCH = 150
GROUP_INTERVAL_SECONDS = 60
LONG_SECONDS = 3_600
# The share of calls in which each fault happens. The voices are called seldom.
FAULTS = {"kill": 0.004, "kill-done": 0.004, "throttle": 0.01, "partial": 0.01, "denied": 0.01, "lost": 0.01, "reset": 0.004}
MORE = {"DYNAMODB": 1, "SNS": 6, "EVENTBRIDGE": 6}
VIOLATION = "Tag Compliance Violation "
NOTIFICATION = "Tag Compliance Notification"


@dataclass
class Receiver:
    """Keeps the newest event of each violation, whatever order and however often they come in."""

    seen: set[str] = field(default_factory=set)
    newest: dict[str, dict[str, Any]] = field(default_factory=dict)
    duplicates: int = 0

    def take(self, detail: dict[str, Any]) -> None:
        if detail["id"] in self.seen:
            self.duplicates += 1
            return
        self.seen.add(detail["id"])
        known = self.newest.get(detail["violationId"])
        if known is None or known["sequence"] < detail["sequence"]:
            self.newest[detail["violationId"]] = detail

    def open(self) -> dict[str, dict[str, Any]]:
        """The newest event of each violation that is open."""
        return {key: detail for key, detail in self.newest.items() if detail["change"] != "resolved"}


def _wanted(instances: dict[str, Instance]) -> dict[str, set[str]]:
    """The same by the specification."""
    evaluations = {each: evaluate(instance.tags) for each, instance in instances.items()}
    return {each: {*it.missing, *it.invalid} for each, it in evaluations.items() if not it.is_compliant}


def _tags(dice: random.Random) -> dict[str, str]:
    tags = GOOD | {"Owner": dice.choice(("web", "shop", "data"))}
    for key in ("Environment", "Application"):
        draw = dice.random()
        if draw < 0.25:
            del tags[key]
        elif draw < 0.4:
            tags[key] = " "
    return tags


def _violations(published: list[Published]) -> list[dict[str, Any]]:
    return [event.detail for event in published if event.detail_type.startswith(VIOLATION)]


class Voices(unittest.TestCase):
    """What topic and bus tell."""

    @unittest.skipUnless("TEST_LONG" in os.environ, "its calls run side by side, so its seed does not repeat it: behind --long")
    def test_whoever_drops_duplicates_and_orders_by_sequence_knows_what_is_so(self) -> None:
        seed = seed_of_tests()
        dice = random.Random(seed)
        instances = {instance_id(number + 1): Instance(dict(GOOD)) for number in range(INSTANCES)}
        fleet = ExplicitFleet(instances)
        environment = {"ALERT_GROUP_INTERVAL_SECONDS": str(GROUP_INTERVAL_SECONDS)}
        began = time.monotonic()
        with Aws(fleet) as aws, Function(aws, environment=environment) as function:
            function.MAX_STREAM_ATTEMPTS = 3

            def go_wrong(call: Call) -> str | None:
                draw = dice.random() / MORE[call.service] if call.service in MORE else 1.0
                for kind, share in FAULTS.items():
                    draw -= share
                    if draw < 0:
                        has_entries = call.operation in ("PutEvents", "PublishBatch", "BatchGetItem")
                        return kind if kind != "partial" or has_entries else None
                return None

            aws.chaos, aws.kill = go_wrong, function.kill
            waiting: list[Message] = []
            made = 0
            while made < CHANGES or waiting:
                for _ in range(min(BATCH, CHANGES - made)):
                    made += 1
                    each = dice.choice(list(fleet.instances))
                    fleet.instances[each].tags = _tags(dice) if dice.random() < 0.6 else dict(GOOD)
                    body = json.dumps(events.tag_change(each, ["Application"], {}))
                    waiting += [Message(body) for _ in range(dice.choice((1, 1, 2, 3)))]
                dice.shuffle(waiting)
                batch, waiting = waiting[: 2 * BATCH], waiting[2 * BATCH :]
                waiting += function.receive(batch)[1]
                aws.table.age(STEP_SECONDS)
                if dice.random() < 0.5:
                    function.work_off_stream(dice.choice((10, 100, 1000)))
                if dice.random() < 0.3:
                    function.work_off_delayed()
            faults = Counter(f"{fired.service} {fired.kind}" for fired in aws.record.fired)
            aws.chaos = None
            self._settle(aws, function)

            arrived = _violations(aws.record.published)
            arrived += dice.sample(arrived, len(arrived) // 5)
            dice.shuffle(arrived)
            receiver = Receiver()
            for detail in arrived:
                receiver.take(detail)
            self._hold_state(receiver, function, fleet.instances)
            print(
                f"\n{made} changes, seed {seed}: {len(receiver.seen)} events, {receiver.duplicates} duplicates, "
                f"{len(aws.record.alerts)} mails, {len(function.outcomes)} invocations, {sum(faults.values())} faults, "
                f"{time.monotonic() - began:.0f} s"
            )
            self.assertEqual(aws.table.due(), [])
            self._hold_ids(aws.record.published)
            self._hold_threads(aws.record.published)
            for service in MORE:
                kinds = [kind for kind in FAULTS if faults[f"{service} {kind}"]]
                self.assertNotEqual(kinds, [], f"nothing went wrong with {service}: {faults}")

    def _hold_state(self, receiver: Receiver, function: Function, instances: dict[str, Instance]) -> None:
        """The receiver knows what is so, and of no violation that is over."""
        items = {item["sk"]["S"]: item for item in function.aws.table.items() if item["pk"]["S"].startswith("i#")}
        found = {}
        for key, detail in receiver.open().items():
            each = detail["instanceId"]
            self.assertEqual(key, f"{each}-{items[each]['gen']['N']}", "the end of an earlier violation is missing")
            found[each] = {finding["key"] for finding in detail["findings"]}
        wanted = _wanted(instances)
        either = sorted(found.keys() | wanted.keys())
        wrong = [(each, found.get(each), wanted.get(each), items.get(each)) for each in either if found.get(each) != wanted.get(each)]
        self.assertEqual(wrong, [], "instance, what the receiver knows, what is so, its item")

    def _settle(self, aws: Aws, function: Function) -> None:
        """The faults are over: dead letters are redriven, everything is processed, and a sweep tells what is overdue."""
        redriven = [letter.body for letter in function.dead_letters]
        function.dead_letters.clear()
        function.work_off(redriven)
        for seconds in (STEP_SECONDS, LONG_SECONDS, STEP_SECONDS):
            aws.table.age(seconds)
            function.work_off_stream()
            function.work_off_delayed()
            function.invoke(events.scheduled())
        aws.table.age(STEP_SECONDS)
        function.work_off_stream()
        function.work_off_delayed()

    def _hold_ids(self, published: list[Published]) -> None:
        """The same id is the same event; and a change of one violation is never told in two ways."""
        by_id: dict[str, dict[str, Any]] = {}
        by_sequence: dict[tuple[str, int], str] = {}
        for detail in _violations(published):
            known = by_id.setdefault(detail["id"], detail)
            told = ("violationId", "sequence", "change", "findings")
            self.assertEqual([detail[name] for name in told], [known[name] for name in told])
            sequence = (detail["violationId"], detail["sequence"])
            self.assertEqual(by_sequence.setdefault(sequence, detail["id"]), detail["id"], sequence)

    def _hold_threads(self, published: list[Published]) -> None:
        """A conversation starts with one message, and what is in it comes after."""
        starts: dict[str, str] = {}
        for event in published:
            if event.detail_type == NOTIFICATION and event.detail["isThreadStart"]:
                thread = event.detail["threadId"]
                self.assertEqual(starts.setdefault(thread, event.detail["id"]), event.detail["id"])
            elif event.detail_type == NOTIFICATION:
                self.assertIn(event.detail["threadId"], starts)

    def test_while_the_topic_is_down_the_bus_tells_once_and_the_other_way_round(self) -> None:
        for down, up in (("SNS", "EVENTBRIDGE"), ("EVENTBRIDGE", "SNS")):
            for kind in ("throttle", "denied"):
                with self.subTest(down=down, kind=kind):
                    self._one_is_down(down, up, kind)

    def _one_is_down(self, down: str, up: str, kind: str) -> None:
        instances = {instance_id(number + 1): Instance({"Owner": "web"}) for number in range(3)}
        with Aws(ExplicitFleet(instances)) as aws, Function(aws, timeout=8.0) as function:
            function.MAX_STREAM_ATTEMPTS = 3
            aws.fault(down, kind)
            function.work_off([json.dumps(events.state_change(each)) for each in instances])
            function.work_off_stream()
            self.assertEqual(_told(aws, down), Counter())
            self.assertEqual(_told(aws, up), Counter(list(instances)))
            self.assertNotEqual(aws.table.due(), [])
            aws.clear_faults()
            # What one voice owes comes back by the delay queue.
            aws.table.age(STEP_SECONDS)
            function.work_off_delayed()
            self.assertEqual((_told(aws, "SNS"), _told(aws, "EVENTBRIDGE")), (Counter(list(instances)), Counter(list(instances))))
            self.assertEqual(aws.table.due(), [])

    def test_what_is_one_mail_is_one_message_on_the_bus(self) -> None:
        instances = {instance_id(number + 1): Instance({"Owner": "web"}) for number in range(200)}
        with Aws(ExplicitFleet(instances)) as aws, Function(aws, shards=1) as function:
            function.work_off([json.dumps(events.state_change(each)) for each in instances])
            function.work_off_stream()
            [mail] = aws.record.alerts
            self.assertEqual(mail.told, set(instances))
            [message] = [event.detail for event in aws.record.published if event.detail_type == NOTIFICATION]
            self.assertEqual((message["instanceCount"], len(message["instances"])), (200, 100))
            self.assertEqual(message["title"], mail.subject)
            self.assertEqual(_told(aws, "EVENTBRIDGE"), Counter(list(instances)))


def _told(aws: Aws, voice: str) -> Counter[str]:
    """How often a voice has told of each instance."""
    if voice == "SNS":
        return Counter(each for alert in aws.record.alerts for each in alert.told)
    return Counter(detail["instanceId"] for detail in _violations(aws.record.published))


if __name__ == "__main__":
    unittest.main()
