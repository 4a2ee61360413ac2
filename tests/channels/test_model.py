"""Thousands of events in random order, with duplicates and failing receivers: each receiver ends as the model says.

CHANNEL_EVENTS in the environment is how many events reach channels; 10000 take ten minutes, and twenty on a busy machine.
"""

from __future__ import annotations

import os
import random
import unittest
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from function.storm_events import seed_of_tests
from standin.tests.support import wait_for

from .world import WorldTest, event, notification, violation

EVENTS = int(os.environ.get("CHANNEL_EVENTS") or ("10000" if os.environ.get("TEST_LONG") else "500"))
INSTANCES = 60
DUPLICATES = 0.2
# After so many events, a receiver begins to fail.
CALM = 40
# A thousand at once would only wait for the stand-in.
MOST_RUNNING = 24
ALL = ("outage", "reset", "rate_limited", "slow")
# What PagerDuty says of a revoked key is final, and so is Slack's word of a channel that is gone.
FAULTS = {"slack": (*ALL, "revoked"), "pagerduty": ALL, "jsm": (*ALL, "revoked", "deleted")}

Detail = dict[str, Any]


@dataclass
class Violation:
    """The last violation of an instance."""

    instance: str
    gen: int = 0
    is_open: bool = False
    told: int = 0

    @property
    def thread(self) -> str:
        """The conversation about it."""
        return f"{self.instance[-8:]}{self.gen:08x}"


class ModelTest(WorldTest):
    scale = 0.00001
    settings = {"STANDIN_HTTP_TASK_SECONDS": "3"}

    def setUp(self) -> None:
        super().setUp()
        self.dice = random.Random(seed_of_tests())
        self.fleet = [Violation(f"i-{number:017x}") for number in range(INSTANCES)]
        # What was published and has not been delivered.
        self.pending: list[tuple[str, Detail]] = []
        self.messages: dict[str, Detail] = {}
        self.lifetimes: Counter[str] = Counter()

    def change(self) -> None:
        """An instance changes: its item is written, then events are published, of which EventBridge repeats some."""
        one = self.dice.choice(self.fleet)
        change = "opened" if not one.is_open else self.dice.choice(("changed", "resolved"))
        if change == "opened":
            one.gen, one.told = one.gen + 1, 0
            self.lifetimes[one.instance] += 1
        one.is_open, one.told = change != "resolved", one.told + 1
        self.world.write(one.instance, "open" if one.is_open else "closed", one.gen)
        told = notification(one.told, one.thread, starts=change == "opened")
        self.messages[told["id"]] = told
        alert = event(one.instance, one.gen, change)
        for delivery in (("alerts", told), ("oncall", alert), ("desk", alert)):
            self.pending += [delivery] * (2 if self.dice.random() < DUPLICATES else 1)

    def deliveries(self) -> Iterator[tuple[str, Detail]]:
        """Deliver in any order, while instances go on changing."""
        made = 0
        while made < EVENTS or self.pending:
            if made < EVENTS and (not self.pending or self.dice.random() < 0.25):
                before = len(self.pending)
                self.change()
                made += len(self.pending) - before
            else:
                yield self.pending.pop(self.dice.randrange(len(self.pending)))

    def fail_somewhere(self) -> None:
        receiver = self.dice.choice(tuple(FAULTS))
        self.world.fault(receiver, self.dice.choice(FAULTS[receiver]), times=self.dice.randint(1, 30), seconds=5, retry_after=1)

    def test_every_receiver_ends_with_the_state_of_the_model(self) -> None:
        started: list[Future[str]] = []
        with ThreadPoolExecutor(4) as pool:
            for number, (channel, detail) in enumerate(self.deliveries()):
                if number % CALM == 0:
                    self.fail_somewhere()
                if number % (MOST_RUNNING // 2) == 0:
                    wait_for("executions to end", lambda: self.world.running() < MOST_RUNNING, timeout=300)
                started.append(pool.submit(self.world.start, channel, detail))
        for receiver in FAULTS:
            self.world.fault(receiver)
        self.assertGreaterEqual(len({execution.result() for execution in started}), EVENTS)
        wait_for("the end of all executions", lambda: not self.world.running(), timeout=300)
        self.assertEqual(self.world.failed(), [])
        self.assert_alerts()
        self.assert_messages()
        self.assertEqual({name: receiver.problems for name, receiver in self.world.receivers.items() if receiver.problems}, {})

    def assert_alerts(self) -> None:
        expected = {violation(one.instance, one.gen) for one in self.fleet if one.is_open}
        self.assertGreater(len(expected), INSTANCES / 4)
        self.assertGreater(sum(self.lifetimes.values()), EVENTS / 20)
        shown = self.world.receivers["pagerduty"].state()["alerts"]
        self.assertEqual({key for key, alert in shown.items() if alert["status"] == "triggered"}, expected)
        opened = [alert["alias"] for alert in self.world.receivers["jsm"].state()["alerts"] if alert["status"] == "open"]
        self.assertEqual(sorted(opened), sorted(expected))

    def assert_messages(self) -> None:
        posted = {message["metadata"]["event_payload"]["id"]: message for message in self.world.messages()}
        self.assertEqual(posted.keys(), self.messages.keys())
        # A reply is in the thread of its own violation, or stands alone where it came before the opening.
        by_ts = {message["ts"]: message["metadata"]["event_payload"]["id"] for message in self.world.messages()}
        threaded = 0
        for identity, message in posted.items():
            told = self.messages[identity]
            self.assertEqual(message["text"], told["slack"]["text"])
            if "thread_ts" in message:
                first = self.messages[by_ts[message["thread_ts"]]]
                self.assertEqual((first["threadId"], first["isThreadStart"]), (told["threadId"], True))
                self.assertFalse(told["isThreadStart"])
                threaded += 1
        self.assertGreater(threaded, len(posted) / 10)


if __name__ == "__main__":
    unittest.main()
