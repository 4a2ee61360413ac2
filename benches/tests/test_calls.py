"""The calls that the cost model counts on, counted: the function itself, against the stub."""

from __future__ import annotations

import datetime
import json
import unittest
from collections import Counter

import cost
from function.stub.aws import Aws
from function.stub.events import scheduled, state_change
from function.stub.fleet import ExplicitFleet, Fleet, GeneratedFleet, Instance
from function.stub.lambda_service import Function

TAGGED = {"Environment": "prod", "Owner": "web", "Application": "shop"}


def instance_id(number: int) -> str:
    return f"i-0{number:016x}"


class CallsTest(unittest.TestCase):
    def calls(self, fleet: Fleet, *events: dict) -> Counter[str]:
        """The calls that these events make, all in one process, and all of them well."""
        with Aws(fleet) as aws, Function(aws, settle_seconds=60) as function:
            for event in events:
                self.assertEqual(function.invoke(event).kind, "answer", function.log_text())
            self.assertEqual({call.outcome for call in aws.record.calls}, {"done"})
            return Counter(call.operation for call in aws.record.calls)

    def test_a_compliant_instance(self) -> None:
        calls = self.calls(ExplicitFleet({instance_id(1): Instance(TAGGED)}), state_change(instance_id(1)))
        self.assertEqual(calls, cost.COMPLIANT.calls)

    def test_a_violation(self) -> None:
        calls = self.calls(ExplicitFleet({instance_id(1): Instance()}), state_change(instance_id(1)))
        self.assertEqual(calls, cost.VIOLATION.calls)

    def test_a_new_instance_without_tags_and_what_comes_back(self) -> None:
        now = datetime.datetime.now(datetime.UTC)
        fleet = ExplicitFleet({instance_id(1): Instance(launched=now)})
        with Aws(fleet) as aws, Function(aws, settle_seconds=60) as function:
            function.invoke(state_change(instance_id(1)))
            self.assertEqual(Counter(call.operation for call in aws.record.calls), cost.PROVISIONAL.calls)
            aws.record.calls.clear()
            function.work_off_delayed()
            self.assertEqual(Counter(call.operation for call in aws.record.calls), cost.VIOLATION.calls)

    def test_a_batch_of_two_hundred(self) -> None:
        fleet = ExplicitFleet({instance_id(number): Instance(TAGGED if number % 10 else {}) for number in range(200)})
        with Aws(fleet) as aws, Function(aws, settle_seconds=60) as function:
            function.work_off([json.dumps(state_change(instance_id(number))) for number in range(200)])
            self.assertEqual([outcome.payload for outcome in function.outcomes], [{"batchItemFailures": []}])
            calls = Counter(call.operation for call in aws.record.calls)
        # 20 violations: two calls of ten alerts.
        self.assertEqual(calls, {"DescribeInstances": 1, "PutObject": 200, "PublishBatch": 2, "PutMetricData": 1})

    def test_sweeps(self) -> None:
        for count in (1000, 1112, 20_000):
            # One of ten instances is stopped, and all of these states are swept.
            calls = self.calls(GeneratedFleet(count, padded=False), scheduled())
            expected = cost.sweep_calls(count) | {"PublishBatch": 1, "PutMetricData": 1}
            self.assertEqual(calls, expected, count)


if __name__ == "__main__":
    unittest.main()
