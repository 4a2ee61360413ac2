"""Sweeps of large fleets. FLEET in the environment is the size of the largest; 1000000 takes a few minutes."""

from __future__ import annotations

import os
import time
import unittest
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import islice
from types import MappingProxyType
from typing import Any

from . import remembered
from .model import earlier_key, sweep_prefix
from .stub import events
from .stub.aws import Aws
from .stub.faults import Bucket
from .stub.fleet import GeneratedFleet
from .stub.lambda_service import Function, Outcome
from .stub.table import Item

LARGEST = int(os.environ.get("FLEET", "100000"))
# Seconds that a call of EC2 takes.
LATENCY = 0.05
# How many pages a sweep has under way at a time.
UNDER_WAY = 8
# For the debug build; the release build stays below 40 (docs/performance.md).
MAX_MEMORY_MIB = 64
# What a new table on demand takes ("On-demand capacity mode", Amazon DynamoDB developer guide).
MAX_WRITES_PER_SECOND = 4_000
ITEMS_OF_A_QUERY = 250
IDS_OF_A_CALL = 200
PARTITIONS = 16
# Of each kind of what the table believes and EC2 does not.
WRONG = 320
# More of them are in violation than one invocation opens.
MISSED_FLEET = 3_400
OPENED_AT_ONCE = 1_000
OVERDUE_SECONDS = 900


def violations(fleet: GeneratedFleet) -> Iterable[Item]:
    """The table of a fleet whose violations are all open."""
    return (remembered.violation(fleet.instance_id(index), fleet.tags(index)) for index in fleet.violating())


def states(aws: Aws) -> dict[str, str]:
    """Each instance's item."""
    return {item["sk"]["S"]: item["st"]["S"] for item in aws.table.items() if item["pk"]["S"].startswith("i#")}


def told_by(function: Function) -> str:
    """A sweep's result in one line."""
    calls = Counter(f"{call.operation} {call.outcome}" for call in function.aws.record.calls)
    return (
        f"{function.cpu_seconds:.1f} s of CPU, {function.peak_kib / 1024:.1f} MiB, "
        f"{len(function.outcomes)} invocations, {dict(calls)}"
    )


class Impatient(Function):
    """The function, for a sweep that must end."""

    MOST_INVOCATIONS = 20

    def invoke(self, event: Any, timeout: float | None = None) -> Outcome:
        if len(self.outcomes) == self.MOST_INVOCATIONS:
            raise AssertionError(f"the sweep does not end: {told_by(self)}")
        return super().invoke(event, timeout)


class Sweeps(unittest.TestCase):
    """Fleets of more than a page."""

    def sweep(
        self,
        fleet: GeneratedFleet,
        *,
        timeout: float = 60.0,
        bucket: Bucket | None = None,
        page_size: int = 1_000,
        states: tuple[str, ...] = ("running", "stopped"),
        wrong: Mapping[str, str] = MappingProxyType({}),
    ) -> Function:
        """Sweeps a fleet whose violations are open, and checks what must hold for every such sweep.

        wrong: more instances that the table has as open, each with the reason to close it.
        """
        event = events.scheduled(event_id=f"sweep-{fleet.count}")
        with (
            Aws(fleet, latency=LATENCY, bucket=bucket) as aws,
            Function(aws, timeout=timeout, states=",".join(states)) as function,
        ):
            aws.table.fill(violations(fleet))
            aws.table.fill(remembered.violation(each, {}) for each in wrong)
            aws.services.page_size = page_size
            began = time.monotonic()
            function.invoke_asynchronously(event)
            function.work_off_delayed(1)
            function.measure()
            print(f"\nsweep of {fleet.count}: {time.monotonic() - began:.1f} s, {told_by(function)}")
            record = aws.record
            expected = fleet.expected(states)
            keys = {key: earlier_key(key) for key in record.objects}
            first = [lines for key, lines in record.audit_records().items() if not keys[key][1]]
            seen = Counter(line["instanceId"] for lines in first for line in lines)
            self.assertEqual(seen, Counter(fleet.ids(states)))
            prefix = sweep_prefix(event)
            self.assertEqual([key for key in record.objects if not key.startswith(prefix)], [])
            # The next invocation reads those pages again that are under way when the time of one is over.
            again = sum(is_later for _, is_later in keys.values())
            self.assertLessEqual(again, UNDER_WAY * (len(function.outcomes) - 1), "a page was written twice")
            open_violations = sum(1 for _ in fleet.violating())
            closed = Counter(wrong.values())["compliant"]
            changed = {"CompliantInstances": closed, "NonCompliantInstances": 0} if closed else {}
            self.assertEqual(record.metric_sums(), {"OpenViolations": open_violations, **changed})
            self.assertEqual(len(record.metrics), 1 + len(changed), "the totals come once")
            [digest] = record.alerts
            self.assertEqual(
                digest.subject, f"EC2 tag sweep: {expected['nonCompliant']} of {expected['checked']} instances not compliant"
            )
            self.assertEqual(function.dead_letters, [])
            for outcome in function.outcomes:
                self.assertEqual(outcome.kind, "answer", function.log_text()[-2_000:])
                self.assertLess(outcome.share, 1)
            self.assertLess(function.peak_kib / 1024, MAX_MEMORY_MIB)
            items = {item["sk"]["S"]: item for item in aws.table.items() if item["pk"]["S"].startswith("i#")}
            reasons = {each: item["why"]["S"] for each, item in items.items() if item["st"] == {"S": "closed"}}
            self.assertEqual(reasons, wrong)
            left = {each for each, item in items.items() if item["st"] == {"S": "open"} and item["v"] == {"N": "1"}}
            self.assertEqual(left, {fleet.instance_id(index) for index in fleet.violating()})
            self.assertEqual(len(items), len(wrong) + len(left))
            return function

    def test_ten_thousand(self) -> None:
        # The debug build on a busy machine takes ten times as long as the release.
        function = self.sweep(GeneratedFleet(10_000), timeout=300.0)
        self.assertEqual(len(function.outcomes), 1)
        writes = Counter(call.operation for call in function.aws.record.calls)["UpdateItem"]
        self.assertEqual(writes, 3, "what agrees is not written: the lease, its end and the pace of the digest are")

    def test_the_largest_closes_what_is_repaired_or_gone_and_leaves_the_rest(self) -> None:
        # A tenth is in violation, and of that a tenth is stopped: it is asked for by id.
        fleet, states = GeneratedFleet(LARGEST, violations_of_20=2), ("running",)
        repaired = [fleet.instance_id(index) for index in islice(filter(fleet.is_compliant, range(fleet.count)), WRONG)]
        gone = [fleet.instance_id(fleet.count + number) for number in range(WRONG)]
        wrong = dict.fromkeys(repaired, "compliant") | dict.fromkeys(gone, "gone")
        # Smaller pages than EC2's, where the fleet would not outlast an invocation.
        function = self.sweep(
            fleet,
            bucket=Bucket(),
            page_size=min(1_000, LARGEST // 500),
            states=states,
            wrong=wrong,
        )
        self.assertGreater(len(function.outcomes), 1, "it does not outlast its invocation")
        self.assert_bounded(function, fleet, len(wrong))

    def assert_bounded(self, function: Function, fleet: GeneratedFleet, wrong: int) -> None:
        """Its calls stay within the limits of EC2 and the table."""
        calls = function.aws.record.calls
        done = Counter(call.operation for call in calls)
        self.assertEqual({call.outcome for call in calls if call.service in ("EC2", "DYNAMODB")}, {"done"})
        invocations = len(function.outcomes)
        open_violations = sum(1 for _ in fleet.violating())
        of_each = PARTITIONS + open_violations // ITEMS_OF_A_QUERY
        self.assertLessEqual(done["Query"], invocations * 2 * of_each)
        pages = PARTITIONS + fleet.count // function.aws.services.page_size
        # What an invocation before has listed is asked for once more: nobody remembers what was seen.
        by_id = PARTITIONS + (open_violations + wrong) // IDS_OF_A_CALL
        self.assertLessEqual(done["DescribeInstances"], pages + by_id + invocations * UNDER_WAY + 2)
        leases, pace = 2 * invocations, 1
        self.assertLessEqual(done["UpdateItem"], wrong + leases + pace)
        writes = Counter(int(call.began) for call in calls if call.operation == "UpdateItem")
        self.assertLess(max(writes.values()), MAX_WRITES_PER_SECOND)

    def test_what_no_event_told_of_is_opened_counted_and_told_when_its_time_is_over(self) -> None:
        fleet = GeneratedFleet(MISSED_FLEET)
        missed = {fleet.instance_id(index) for index in fleet.violating()}
        self.assertGreater(len(missed), OPENED_AT_ONCE)
        with Aws(fleet) as aws, Function(aws, timeout=300.0) as function:
            function.invoke_asynchronously(events.scheduled())
            self.assertEqual(states(aws), dict.fromkeys(missed, "suspect"))
            self.assertEqual(aws.record.metric_sums(), {"OpenViolations": 0})
            [message] = function.delayed_messages()
            self.assertEqual(message.delay, OVERDUE_SECONDS)
            function.work_off_stream()
            self.assertEqual(states(aws), dict.fromkeys(missed, "suspect"), "an event may still be under way")

            aws.table.age(OVERDUE_SECONDS)
            function.work_off_delayed(1)
            self.assertEqual(states(aws), dict.fromkeys(missed, "open"))
            sums = aws.record.metric_sums()
            self.assertEqual((sums["MissedByEvents"], sums["NonCompliantInstances"]), (len(missed), len(missed)))
            function.work_off_stream()
            print(f"\n{len(missed)} missed of {fleet.count}: {len(aws.record.alerts)} messages, {told_by(function)}")
            told = Counter(each for alert in aws.record.alerts for each in alert.told)
            self.assertEqual(told, Counter(missed))
            self.assertEqual(aws.table.due(), [])
            self.assertLess(function.peak_kib / 1024, MAX_MEMORY_MIB)

    def test_the_first_sweep_of_a_policy_opens_what_is_older_as_a_baseline(self) -> None:
        fleet = GeneratedFleet(1_100)
        baseline = {fleet.instance_id(index) for index in fleet.violating()}
        with Aws(fleet) as aws, Function(aws, timeout=300.0, knows_policy=False) as function:
            function.invoke_asynchronously(events.scheduled())
            self.assertEqual(states(aws), dict.fromkeys(baseline, "open"))
            self.assertEqual(aws.record.metric_sums(), {"OpenViolations": len(baseline)})
            self.assertEqual(aws.table.due(), [])
            function.work_off_delayed(1)
            function.work_off_stream()
            self.assertEqual(len(aws.record.alerts), 1, "the digest tells of it")

    def test_a_fleet_that_outlasts_its_invocation(self) -> None:
        # So many pages that the sweep's own pace takes sixteen seconds for them, whatever the build.
        function = self.sweep(GeneratedFleet(10_000), timeout=8.0, page_size=50)
        self.assertGreater(len(function.outcomes), 1)
        self.assertEqual(function.outcomes[0].payload["status"], "sweeping")

    def test_more_is_open_than_an_invocation_may_ask_for_by_id(self) -> None:
        # An invocation gets a dozen answers. Of each of the parts that it reads side by side, four calls ask for all that
        # was listed by the invocations before.
        fleet = GeneratedFleet(40_000)
        with Aws(fleet, latency=LATENCY, bucket=Bucket(2, 2)) as aws, Impatient(aws, timeout=12.0) as function:
            aws.table.fill(violations(fleet))
            function.invoke_asynchronously(events.scheduled())
            function.work_off_delayed(1)
            print(f"\nslow sweep of {fleet.count}: {told_by(function)}")
            self.assertEqual(len(aws.record.alerts), 1)

    def test_a_throttled_account(self) -> None:
        function = self.sweep(GeneratedFleet(10_000), bucket=Bucket(5, 5, emptied_for=3))
        refused = sum(call.outcome != "done" for call in function.aws.record.calls_of("EC2"))
        self.assertGreater(refused, 0, "nothing was refused")
        self.assertLess(refused, 60, "the sweep does not slow down")


if __name__ == "__main__":
    unittest.main()
