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


def instance_id(number: int) -> str:
    return f"i-0{number:016x}"


class CallsTest(unittest.TestCase):
    def calls(self, fleet: Fleet, *events: dict, items: Iterable[Item] = ()) -> Counter[str]:
        """The calls that these events make, all in one process, and all of them well. items: what the table has."""
        with Aws(fleet) as aws, Function(aws, settle_seconds=60) as function:
            aws.table.fill(items)
            for event in events:
                self.assertEqual(function.invoke(event).kind, "answer", function.log_text())
            self.assertEqual({call.outcome for call in aws.record.calls}, {"done"})
            return Counter(call.operation for call in aws.record.calls)

    def test_a_compliant_instance(self) -> None:
        calls = self.calls(ExplicitFleet({instance_id(1): Instance(TAGGED)}), state_change(instance_id(1)))
        self.assertEqual(calls, cost.COMPLIANT.calls)
        self.assertEqual(calls.total(), 4)

    def test_the_table_is_read_beside_the_look_up(self) -> None:
        fleet = ExplicitFleet({instance_id(1): Instance(TAGGED)})
        with Aws(fleet, latency=1.0) as aws, Function(aws) as function:
            self.assertEqual(function.invoke(state_change(instance_id(1))).kind, "answer")
            began = {call.operation: call.began for call in aws.record.calls}
            self.assertLess(abs(began["BatchGetItem"] - began["DescribeInstances"]), 1.0)
            self.assertGreaterEqual(began["PutObject"] - began["DescribeInstances"], 1.0)

    def test_a_violation(self) -> None:
        instance = Instance()
        with Aws(ExplicitFleet({instance_id(1): instance})) as aws, Function(aws, settle_seconds=60) as function:

            def calls(work: Callable[[], object]) -> Counter[str]:
                aws.record.calls.clear()
                work()
                self.assertEqual({outcome.kind for outcome in function.outcomes}, {"answer"}, function.log_text())
                self.assertEqual({call.outcome for call in aws.record.calls}, {"done"})
                return Counter(call.operation for call in aws.record.calls)

            event = state_change(instance_id(1))
            self.assertEqual(calls(lambda: function.invoke(event)), cost.OPENING.calls)
            self.assertEqual(calls(function.work_off_stream), cost.TELLING.calls)
            again = state_change(instance_id(1))
            self.assertEqual(calls(lambda: function.invoke(again)), cost.COMPLIANT.calls)
            instance.tags = dict(TAGGED)
            self.assertEqual(calls(lambda: function.invoke(state_change(instance_id(1)))), cost.OPENING.calls)
            self.assertEqual(calls(function.work_off_stream), cost.SETTLING.calls)

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
        fleet = ExplicitFleet({instance_id(number): Instance(TAGGED if number % 10 else {}) for number in range(200)})
        with Aws(fleet) as aws, Function(aws, settle_seconds=60) as function:
            function.work_off([json.dumps(state_change(instance_id(number))) for number in range(200)])
            self.assertEqual([outcome.payload for outcome in function.outcomes], [{"batchItemFailures": []}])
            calls = Counter(call.operation for call in aws.record.calls)
        # 200 instances and the policy: three calls of at most a hundred keys.
        expected = {"DescribeInstances": 1, "BatchGetItem": 3, "PutObject": 200, "UpdateItem": 20, "PutMetricData": 1}
        self.assertEqual(calls, expected)

    def test_sweeps(self) -> None:
        # Beside what is open, the table has what was closed of late, which a query passes over.
        for count, closed in ((1000, 0), (1000, 4_000), (1112, 0), (20_000, 0)):
            # One of ten instances is stopped, and all of these states are swept.
            fleet = GeneratedFleet(count, padded=False)
            items = [remembered.violation(fleet.instance_id(index), fleet.tags(index)) for index in fleet.violating()]
            ended = range(count, count + closed)
            items += [remembered.violation(fleet.instance_id(index), {}, state="closed") for index in ended]
            calls = self.calls(fleet, scheduled(), items=items)
            expected = cost.sweep_calls(count, len(items)) | {"PublishBatch": 1, "PutMetricData": 1}
            # The lease, the pace of the digest, the end of the lease; the policy; what is overdue.
            expected |= {"GetItem": 1, "UpdateItem": 3, "BatchGetItem": 1, "Scan": 1}
            self.assertEqual(calls, expected, (count, closed))
            self.assertEqual(calls["Query"], 16 * (len(items) // 4_000 + 1), "a page holds 250 items of a sixteenth")


if __name__ == "__main__":
    unittest.main()
