"""How a queue's messages reach a function, alone and in batches, and where those go that fail."""

from __future__ import annotations

import contextlib
import json
import time
import unittest
from collections import Counter
from collections.abc import Iterator
from typing import Any

from .support import (
    Queue,
    StandInTest,
    create_function,
    create_rule,
    handled,
    invocation_metrics,
    poller_statement,
    rule_arn,
    service_policy,
    wait_for,
)

# Long enough for another poll.
SILENCE_SECONDS = 1.5
# Also the function's timeout, in which its process starts.
VISIBILITY = 3
# Without a window the poller may take the first of several messages before the last is sent.
GATHERED = {"MaximumBatchingWindowInSeconds": 1}


class EventSourcePollingTest(StandInTest):
    standin_settings = {"AUTH": "true"}

    def setUp(self) -> None:
        self.functions = self.standin.client("lambda")
        self.name = self.id().rsplit(".", 1)[-1].replace("_", "-")[:50]

    def create(self, max_receives: int = 5, visibility: int = VISIBILITY, **settings: Any) -> str:
        """A function fed by ``self.queue``, what fails goes to ``self.letters``; answers with the mapping's id."""
        self.letters = Queue(self.standin, f"{self.name}-letters")
        redrive = {"deadLetterTargetArn": self.letters.arn, "maxReceiveCount": max_receives}
        self.queue = Queue(
            self.standin, self.name, RedrivePolicy=json.dumps(redrive), VisibilityTimeout=str(visibility)
        )
        create_function(self.standin, self.name, poller_statement(self.queue.arn), timeout=visibility)
        settings.setdefault("FunctionResponseTypes", ["ReportBatchItemFailures"])
        uuid: str = self.functions.create_event_source_mapping(
            FunctionName=self.name, EventSourceArn=self.queue.arn, **settings
        )["UUID"]
        return uuid

    def handled(self, count: int) -> list[dict[str, Any]]:
        """What the function has logged of exactly ``count`` messages."""
        wait_for(f"{count} messages", lambda: len(handled(self.standin, self.name)) >= count)
        records = handled(self.standin, self.name)
        self.assertEqual(len(records), count)
        return records

    def batches(self, count: int) -> list[int]:
        """How many messages each invocation had, ``count`` in all."""
        return sorted(Counter(record["requestId"] for record in self.handled(count)).values())

    def wait_until_empty(self) -> None:
        wait_for("the deletion", lambda: self.queue.left() == 0)

    @contextlib.contextmanager
    def paused(self, mapping: str) -> Iterator[None]:
        """Nothing is taken until all of it is there."""
        self.functions.update_event_source_mapping(UUID=mapping, Enabled=False)
        yield
        self.functions.update_event_source_mapping(UUID=mapping, Enabled=True)

    def test_a_delayed_message_arrives_when_it_is_due(self) -> None:
        self.create()
        began = time.monotonic()
        self.queue.send({"do": "ok", "n": 1}, delay=2)
        self.handled(1)
        self.assertGreaterEqual(time.monotonic() - began, 2)
        self.wait_until_empty()

    def test_a_batch_fails_in_part_and_the_rest_comes_back_until_it_is_a_dead_letter(self) -> None:
        self.create(max_receives=2)
        began = time.monotonic()
        self.queue.send({"do": "ok", "n": 1}, {"do": "fail", "n": 2}, {"do": "ok", "n": 3})
        self.assertEqual(self.letters.wait(1), [{"do": "fail", "n": 2}])
        self.assertGreaterEqual(time.monotonic() - began, 2 * VISIBILITY)
        self.assertEqual(sorted(record["n"] for record in self.handled(4)), [1, 2, 2, 3])
        self.wait_until_empty()

    def test_a_crash_fails_the_whole_batch(self) -> None:
        self.create(max_receives=1, **GATHERED)
        self.queue.send({"do": "ok", "n": 1}, {"do": "exit", "n": 2}, {"do": "ok", "n": 3})
        self.assertCountEqual([event["n"] for event in self.letters.wait(3)], [1, 2, 3])
        self.wait_until_empty()

    def test_an_answer_that_makes_no_sense_fails_the_whole_batch(self) -> None:
        self.create(max_receives=1, BatchSize=1)
        good = ({}, None, {"batchItemFailures": []}, {"batchItemFailures": None})
        bad_items: tuple[Any, ...] = ([{}], [{"itemIdentifier": ""}], [{"itemIdentifier": None}], ["x"], "x")
        bad = [{"batchItemFailures": items} for items in (*bad_items, [{"itemIdentifier": "unknown"}])]
        self.queue.send(*({"do": "ok", "answer": answer} for answer in (*good, *bad)))
        answers = [event["answer"] for event in self.letters.wait(len(bad))]
        self.assertCountEqual(answers, bad)
        self.wait_until_empty()

    def test_without_the_response_type_a_report_is_not_read(self) -> None:
        self.create(max_receives=1, FunctionResponseTypes=[])
        self.queue.send({"do": "fail"})
        self.handled(1)
        self.wait_until_empty()
        self.assertEqual(self.letters.bodies(), [])

    def test_a_window_gathers_more_than_ten(self) -> None:
        uuid = self.create(BatchSize=100, MaximumBatchingWindowInSeconds=2)
        with self.paused(uuid):
            self.queue.send(*({"do": "ok", "n": n} for n in range(25)))
            began = time.monotonic()
        self.assertEqual(self.batches(25), [25])
        self.assertGreaterEqual(time.monotonic() - began, 2)

    def test_a_full_batch_does_not_wait_for_the_window(self) -> None:
        self.create(BatchSize=12, MaximumBatchingWindowInSeconds=300)
        began = time.monotonic()
        self.queue.send(*({"do": "ok", "n": n} for n in range(30)))
        self.assertEqual(self.batches(24), [12, 12])
        self.assertLess(time.monotonic() - began, 60)
        time.sleep(SILENCE_SECONDS)
        self.handled(24)
        self.assertEqual(self.queue.left(), 6)

    def test_a_batch_holds_six_megabytes(self) -> None:
        uuid = self.create(BatchSize=100, MaximumBatchingWindowInSeconds=1)
        with self.paused(uuid):
            for n in range(12):
                self.queue.send({"do": "ok", "n": n, "pad": "x" * 600_000})
        self.assertEqual(self.batches(12), [2, 10])

    def test_a_mapping_that_is_disabled_or_deleted_takes_nothing(self) -> None:
        uuid = self.create()
        self.functions.update_event_source_mapping(UUID=uuid, Enabled=False)
        self.queue.send({"do": "ok", "n": 1})
        time.sleep(SILENCE_SECONDS)
        self.assertEqual(self.queue.left(), 1)
        self.functions.update_event_source_mapping(UUID=uuid, Enabled=True)
        self.handled(1)
        self.functions.delete_event_source_mapping(UUID=uuid)
        with self.assertRaises(self.functions.exceptions.ResourceNotFoundException):
            self.functions.get_event_source_mapping(UUID=uuid)
        self.queue.send({"do": "ok", "n": 2})
        time.sleep(SILENCE_SECONDS)
        self.handled(1)
        self.assertEqual(self.queue.left(), 1)

    def test_batches_run_side_by_side_and_hold_nothing_else_up(self) -> None:
        self.create(BatchSize=1, visibility=30)
        began = time.monotonic()
        self.queue.send(*({"do": "sleep", "seconds": 6, "n": n} for n in range(3)))
        self.functions.invoke(FunctionName=self.name, InvocationType="Event", Payload=b'{"do": "ok"}')
        answer = self.functions.invoke(FunctionName=self.name, Payload=b'{"do": "ok"}')
        self.assertEqual(json.load(answer["Payload"]), {"did": "ok"})
        self.assertLess(time.monotonic() - began, 6)
        self.handled(5)
        self.assertLess(time.monotonic() - began, 2 * 6)
        self.assertGreaterEqual(self.standin.log().count(f"environment spawned for {self.name} "), 3)

    def test_no_more_batches_at_a_time_than_the_mapping_says(self) -> None:
        self.create(BatchSize=1, visibility=10, ScalingConfig={"MaximumConcurrency": 2})
        began = time.monotonic()
        self.queue.send(*({"do": "sleep", "seconds": 1, "n": n} for n in range(5)))
        self.handled(5)
        self.wait_until_empty()
        self.assertGreaterEqual(time.monotonic() - began, 3)
        # Waiting messages have not been received, so no attempt is counted.
        self.assertEqual(self.letters.bodies(), [])
        self.assertEqual(self.standin.log().count(f"environment spawned for {self.name} "), 2)

    def test_the_events_of_a_rule_reach_the_function_in_batches_through_its_queue(self) -> None:
        uuid = self.create(BatchSize=200, MaximumBatchingWindowInSeconds=1)
        policy = service_policy("events.amazonaws.com", "sqs:SendMessage", self.queue.arn, rule_arn(self.name))
        self.standin.client("sqs").set_queue_attributes(QueueUrl=self.queue.url, Attributes={"Policy": policy})
        for rule in (self.name, f"{self.name}-other"):
            create_rule(self.standin, rule, {"source": [rule]}, {"Arn": self.queue.arn})
        events = self.standin.client("events")
        with self.paused(uuid):
            for rule, first in ((f"{self.name}-other", 900), *((self.name, n) for n in range(0, 30, 10))):
                details = [json.dumps({"n": n}) for n in range(first, first + 10)]
                entries = [{"Source": rule, "DetailType": "t", "Detail": detail} for detail in details]
                events.put_events(Entries=entries)
        records = self.handled(30)
        self.assertEqual(sorted(record["event"]["detail"]["n"] for record in records), list(range(30)))
        self.assertEqual(len({record["requestId"] for record in records}), 1)
        self.assertIn(f"{rule_arn(self.name)}-other cannot reach {self.queue.arn}", self.standin.log())

    def test_a_throttled_batch_is_tried_again_at_once(self) -> None:
        self.create(max_receives=1, visibility=3)
        self.functions.put_function_concurrency(FunctionName=self.name, ReservedConcurrentExecutions=1)
        self.functions.invoke(
            FunctionName=self.name, InvocationType="Event", Payload=b'{"do": "sleep", "seconds": 0.8}'
        )
        wait_for("the first to run", lambda: f"environment spawned for {self.name} " in self.standin.log())
        self.queue.send({"do": "ok", "n": 1})
        self.handled(2)
        self.wait_until_empty()
        self.assertEqual(self.letters.bodies(), [])

    def test_each_batch_is_one_invocation_in_the_metrics(self) -> None:
        self.create(max_receives=1, **GATHERED)
        self.queue.send({"do": "exit"})
        self.letters.wait(1)
        self.queue.send({"do": "ok"}, {"do": "fail"})
        self.letters.wait(2)
        self.assertEqual(invocation_metrics(self.standin, self.name), {"Invocations": 2, "Errors": 1})


if __name__ == "__main__":
    unittest.main()
