"""Sweeps of large fleets. FLEET in the environment is the largest; 1000000 takes some minutes."""

from __future__ import annotations

import os
import time
import unittest
from collections import Counter

from .model import earlier_key, sweep_prefix
from .stub import events
from .stub.aws import Aws
from .stub.faults import Bucket
from .stub.fleet import GeneratedFleet
from .stub.lambda_service import Function

LARGEST = int(os.environ.get("FLEET", "100000"))
# Seconds that a call of EC2 takes.
LATENCY = 0.05
# How many pages a sweep has under way at a time.
UNDER_WAY = 8
# Of the debug build; the release build stays below 40 (docs/performance.md).
MAX_MEMORY_MIB = 64


class Sweeps(unittest.TestCase):
    """Fleets of more than a page."""

    def sweep(
        self, count: int, *, timeout: float = 60.0, bucket: Bucket | None = None, page_size: int = 1_000
    ) -> Function:
        """Sweeps a fleet and checks what every sweep must come to."""
        event = events.scheduled(event_id=f"sweep-{count}")
        fleet = GeneratedFleet(count)
        began = time.monotonic()
        with Aws(fleet, latency=LATENCY, bucket=bucket) as aws, Function(aws, timeout=timeout) as function:
            aws.services.page_size = page_size
            function.invoke_asynchronously(event)
            function.work_off_delayed(1)
            function.measure()
            took = time.monotonic() - began
            record = aws.record
            calls = Counter(f"{call.operation} {call.outcome}" for call in record.calls)
            print(
                f"\nsweep of {count}: {took:.1f} s, {function.cpu_seconds:.1f} s of CPU, "
                f"{function.peak_kib / 1024:.1f} MiB, {len(function.outcomes)} invocations, {dict(calls)}"
            )
            expected = fleet.expected()
            keys = {key: earlier_key(key) for key in record.objects}
            first = [lines for key, lines in record.audit_records().items() if not keys[key][1]]
            seen = Counter(line["instanceId"] for lines in first for line in lines)
            self.assertEqual(seen, Counter(fleet.ids()))
            prefix = sweep_prefix(event)
            self.assertEqual([key for key in record.objects if not key.startswith(prefix)], [])
            # The next invocation reads those pages again that are under way when the time of one is over.
            again = sum(is_later for _, is_later in keys.values())
            self.assertLessEqual(again, UNDER_WAY * (len(function.outcomes) - 1), "a page was written twice")
            self.assertEqual(record.metric_sums(), {"OpenViolations": expected["nonCompliant"]})
            self.assertEqual(len(record.metrics), 1, "the totals come once")
            [digest] = record.alerts
            self.assertEqual(
                digest.subject, f"EC2 tag sweep: {expected['nonCompliant']} of {expected['checked']} instances not compliant"
            )
            self.assertEqual(function.dead_letters, [])
            for outcome in function.outcomes:
                self.assertEqual(outcome.kind, "answer", function.log_text()[-2_000:])
                self.assertLess(outcome.share, 1)
            self.assertLess(function.peak_kib / 1024, MAX_MEMORY_MIB)
            return function

    def test_ten_thousand(self) -> None:
        # The debug build on a busy machine takes ten times as long as the release.
        self.assertEqual(len(self.sweep(10_000, timeout=300.0).outcomes), 1)

    def test_the_largest(self) -> None:
        self.sweep(LARGEST)

    def test_a_fleet_that_outlasts_its_invocation(self) -> None:
        # So many pages that the sweep's own pace takes sixteen seconds for them, whatever the build.
        function = self.sweep(10_000, timeout=8.0, page_size=50)
        self.assertGreater(len(function.outcomes), 1)
        self.assertEqual(function.outcomes[0].payload["status"], "sweeping")

    def test_a_throttled_account(self) -> None:
        function = self.sweep(10_000, bucket=Bucket(5, 5))
        refused = sum(call.outcome != "done" for call in function.aws.record.calls_of("EC2"))
        self.assertGreater(refused, 0, "nothing was refused")
        self.assertLess(refused, 60, "the sweep does not slow down")


if __name__ == "__main__":
    unittest.main()
