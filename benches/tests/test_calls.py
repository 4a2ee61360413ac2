"""The calls that the cost model counts on, counted: the function itself, against the stub."""

from __future__ import annotations

import datetime
import json
import unittest
from collections import Counter
from collections.abc import Callable, Iterable

import cost
from function import remembered
from function.stub.aws import Aws
from function.stub.events import scheduled, state_change
from function.stub.fleet import ExplicitFleet, Fleet, GeneratedFleet, Instance
from function.stub.lambda_service import Function
from function.stub.table import Item

TAGGED = {"Environment": "prod", "Owner": "web", "Application": "shop"}
# What EventBridge bills as one event, and DynamoDB as one write.
EVENT_BYTES, WRITE_BYTES = 64 * 1024, 1024


def instance_id(number: int) -> str:
    return f"i-0{number:016x}"


class CallsTest(unittest.TestCase):
    def calls(self, fleet: Fleet, *events: dict, items: Iterable[Item] = (), metrics: str = "api") -> Counter[str]:
        """The calls that these events make, all in one process, and all of them well. items: what the table has."""
        with Aws(fleet) as aws, Function(aws, settle_seconds=60, environment={"METRICS": metrics}) as function:
            aws.table.fill(items)
            for event in events:
                self.assertEqual(function.invoke(event).kind, "answer", function.log_text())
            self.assertEqual({call.outcome for call in aws.record.calls}, {"done"})
            return Counter(call.operation for call in aws.record.calls)

    def test_a_compliant_instance(self) -> None:
        calls = self.calls(ExplicitFleet({instance_id(1): Instance(TAGGED)}), state_change(instance_id(1)))
        self.assertEqual(calls, cost.COMPLIANT.calls)
        self.assertEqual(calls.total(), 4)

    def test_counts_by_logs_are_no_calls_of_an_event_and_one_of_a_sweep(self) -> None:
        fleet = ExplicitFleet({instance_id(1): Instance(TAGGED)})
        calls = self.calls(fleet, state_change(instance_id(1)), metrics="logs")
        self.assertEqual(calls + Counter(PutMetricData=1), cost.COMPLIANT.calls)
        self.assertEqual(self.calls(fleet, scheduled(), metrics="logs")["PutMetricData"], 1)

    def test_the_table_is_read_beside_the_look_up(self) -> None:
        fleet = ExplicitFleet({instance_id(1): Instance(TAGGED)})
        with Aws(fleet, latency=1.0) as aws, Function(aws) as function:
            self.assertEqual(function.invoke(state_change(instance_id(1))).kind, "answer")
            began = {call.operation: call.began for call in aws.record.calls}
            self.assertLess(abs(began["BatchGetItem"] - began["DescribeInstances"]), 1.0)
            self.assertGreaterEqual(began["PutObject"] - began["DescribeInstances"], 1.0)

    def test_a_violation_with_and_without_events(self) -> None:
        for has_events, teller in cost.TELLERS.items():
            instance = Instance()
            environment = {"VIOLATION_EVENTS": json.dumps(has_events)}
            with (
                self.subTest(has_events=has_events),
                Aws(ExplicitFleet({instance_id(1): instance})) as aws,
                Function(aws, settle_seconds=60, environment=environment) as function,
            ):

                def assert_work(work: Callable[[], object], expected: cost.Work) -> None:
                    aws.record.calls.clear()
                    aws.record.published.clear()
                    work()
                    self.assertEqual({outcome.kind for outcome in function.outcomes}, {"answer"}, function.log_text())
                    self.assertEqual({call.outcome for call in aws.record.calls}, {"done"})
                    self.assertEqual(Counter(call.operation for call in aws.record.calls), expected.calls)
                    self.assertEqual(len(aws.record.published), expected.events)
                    for event in aws.record.published:
                        self.assertLess(len(json.dumps(event.detail)), EVENT_BYTES, "paid as one")

                def assert_told(expected: cost.Work) -> None:
                    before = len(function.log_text())
                    assert_work(function.work_off_stream, expected)
                    begins, *others = map(len, function.log_text()[before:].encode().splitlines(keepends=True))
                    self.assertEqual((begins, sum(others)), (cost.BATCH_LINE, expected.log_bytes))

                def check() -> None:
                    function.invoke(state_change(instance_id(1)))

                def item() -> Item:
                    return next(item for item in aws.table.items() if item["sk"]["S"] == instance_id(1))

                assert_work(check, cost.OPENING)
                assert_told(teller.telling)
                assert_work(check, cost.COMPLIANT)
                for mark in {"tat", "bat"} & set(item()):
                    item()[mark] = {"N": str(int(item()[mark]["N"]) - 1000 * 3600 * cost.REPEAT_HOURS)}
                assert_work(check, cost.OPENING)
                assert_told(teller.repeating)
                instance.tags = dict(TAGGED)
                assert_work(check, cost.OPENING)
                assert_told(teller.settling)
                self.assertLess(len(json.dumps(item())), WRITE_BYTES, "paid as one")

    def test_a_new_instance_without_tags_and_what_comes_back(self) -> None:
        now = datetime.datetime.now(datetime.UTC)
        fleet = ExplicitFleet({instance_id(1): Instance(launched=now)})
        with Aws(fleet) as aws, Function(aws, settle_seconds=60) as function:
            function.invoke(state_change(instance_id(1)))
            self.assertEqual(Counter(call.operation for call in aws.record.calls), cost.PROVISIONAL.calls)
            aws.record.calls.clear()
            function.work_off_delayed()
            self.assertEqual(Counter(call.operation for call in aws.record.calls), cost.OPENING.calls)

    def test_a_batch_of_two_hundred(self) -> None:
        # 200 instances and the policy: three calls of at most a hundred keys.
        fixed = {"DescribeInstances": 1, "BatchGetItem": 3, "UpdateItem": 20}
        for settings, expected in (
            ({}, {"PutObject": 200, "PutMetricData": 1}),
            ({"AUDIT_RECORDS": "batch", "METRICS": "logs"}, {"PutObject": 1}),
        ):
            fleet = ExplicitFleet({instance_id(number): Instance(TAGGED if number % 10 else {}) for number in range(200)})
            with Aws(fleet) as aws, Function(aws, settle_seconds=60, environment=settings) as function:
                function.work_off([json.dumps(state_change(instance_id(number))) for number in range(200)])
                self.assertEqual([outcome.payload for outcome in function.outcomes], [{"batchItemFailures": []}])
                self.assertEqual(Counter(call.operation for call in aws.record.calls), fixed | expected)

    def test_the_lines_of_each_event(self) -> None:
        now = datetime.datetime.now(datetime.UTC)
        instance = Instance(TAGGED)
        fleet = ExplicitFleet({instance_id(1): instance, instance_id(2): Instance(launched=now)})
        with Aws(fleet) as aws, Function(aws, settle_seconds=60) as function:

            def logged(work: Callable[[], object]) -> tuple[int, int]:
                """Bytes of the line that begins the invocation, and of the others."""
                before = len(function.log_text())
                work()
                lines = function.log_text()[before:].splitlines(keepends=True)
                self.assertIn("Event received", lines[0])
                return len(lines[0].encode()), sum(len(line.encode()) for line in lines[1:])

            def checked(number: int) -> tuple[int, int]:
                return logged(lambda: function.invoke(state_change(instance_id(number))))

            def batched() -> tuple[int, int]:
                return logged(lambda: function.work_off([json.dumps(state_change(instance_id(1)))]))

            self.assertEqual(checked(1), (cost.EVENT_LINE, cost.COMPLIANT.log_bytes))
            self.assertEqual(batched(), (cost.BATCH_LINE, cost.COMPLIANT.log_bytes))
            self.assertEqual(checked(2), (cost.EVENT_LINE, cost.PROVISIONAL.log_bytes))
            instance.tags = {}
            self.assertEqual(checked(1), (cost.EVENT_LINE, cost.OPENING.log_bytes))

    def test_the_line_that_counts(self) -> None:
        fleet = ExplicitFleet({instance_id(1): Instance(TAGGED)})
        with Aws(fleet) as aws, Function(aws, environment={"METRICS": "logs"}) as function:
            function.invoke(state_change(instance_id(1)))
            line = function.log_text().splitlines(keepends=True)[-1]
        self.assertIn("Evaluations counted", line)
        self.assertEqual(len(line), cost.COUNT_LINE)

    def test_a_sweep_puts_its_digest_and_its_end_on_the_bus(self) -> None:
        for has_events in (True, False):
            environment = {"VIOLATION_EVENTS": json.dumps(has_events)}
            with Aws(ExplicitFleet({instance_id(1): Instance()})) as aws, Function(aws, environment=environment) as function:
                aws.table.fill([remembered.violation(instance_id(1), {})])
                self.assertEqual(function.invoke(scheduled()).kind, "answer", function.log_text())
                self.assertEqual(len(aws.record.published), cost.SWEEP_EVENTS * has_events)
                self.assertEqual(len(aws.record.calls_of("EVENTBRIDGE")), int(has_events))

    def test_sweeps(self) -> None:
        # Beside what is open, the table has what was closed of late, which a query passes over.
        for count, closed in ((1000, 0), (1000, 4_000), (1112, 0), (20_000, 0)):
            # One of ten instances is stopped, and all of these states are swept.
            fleet = GeneratedFleet(count, padded=False)
            items = [remembered.violation(fleet.instance_id(index), fleet.tags(index)) for index in fleet.violating()]
            ended = range(count, count + closed)
            items += [remembered.violation(fleet.instance_id(index), {}, state="closed") for index in ended]
            calls = self.calls(fleet, scheduled(), items=items)
            expected = cost.sweep_calls(count, len(items)) | {"PublishBatch": 1, "PutMetricData": 1, "PutEvents": 1}
            # The lease, the pace of the digest, the end of the lease; the policy; what is overdue.
            expected |= {"GetItem": 1, "UpdateItem": 3, "BatchGetItem": 1, "Scan": 1}
            self.assertEqual(calls, expected, (count, closed))
            self.assertEqual(calls["Query"], 16 * (len(items) // 4_000 + 1), "a page holds 250 items of a sixteenth")


if __name__ == "__main__":
    unittest.main()
