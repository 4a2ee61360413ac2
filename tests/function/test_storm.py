"""A storm of events through the function, compared with a model of the specification."""

from __future__ import annotations

import json
import random
import re
import time
import unittest
from collections import Counter
from operator import itemgetter
from typing import Any

from . import storm_events
from .model import earlier_key, is_batch, own_key
from .storm_model import Garbage, StormModel, canonical, instance_of, shown
from .stub import events
from .stub.aws import Aws
from .stub.fleet import ExplicitFleet, Instance
from .stub.lambda_service import Function
from .stub.record import Record

SIZE = 10_000
# Of a storm whose records are written by the batch.
SMALL = 2_000
# The share of events with an invocation of their own.
SINGLE = 0.1
SETTLE_SECONDS = 600
# Every line that an alert may have; text from tags is indented, or follows a list of the policy's own keys.
LINE = re.compile(
    r"|EC2 Instance Non-Compliant Alert|Instance ID: i-[0-9a-f]+|State: [a-z-]+|Region: us-east-1"
    r"|Missing Tags: (?:Environment|Owner|Application)(?:, (?:Owner|Application))*"
    r"|Where To Fix It:|(?:Invalid|Misspelled|Current) Tags:|  .+|… \d+ more lines were cut\."
    r"|Account: \d{12}|Launched: [-\d:.TZ]+|Console: https://us-east-1\.console\.aws\.amazon\.com/\S+"
    r"|Please (?:add|correct|rename) the (?:missing|invalid|misspelled) tags"
    r"(?:,? (?:and )?(?:add|correct|rename) the (?:missing|invalid|misspelled) ones)* to ensure compliance\."
)


class Watched(Function):
    """The function; a model of it sees each invocation first."""

    model: StormModel

    def invoke(self, event: Any, timeout: float | None = None) -> Any:
        self.model.invoke(event)
        return super().invoke(event, timeout)


def _is_single(body: str) -> bool:
    try:
        event = json.loads(body)
        instance_of(event)
    except Garbage:
        return isinstance(event, dict) and "Records" not in event
    except ValueError:
        return False
    return True


class Storms(unittest.TestCase):
    """Many events at once."""

    maxDiff = 2_000

    def test_a_storm_ends_as_the_model_says(self) -> None:
        objects = self._storm(SIZE).objects
        self.assertFalse(any(is_batch(key, body) for key, body in objects.items()))

    def test_a_storm_that_is_counted_by_logs_ends_so_too(self) -> None:
        # Nothing else is logged at this level, but the counts are.
        record = self._storm(SMALL, {"METRICS": "logs", "AWS_LAMBDA_LOG_LEVEL": "ERROR"})
        self.assertEqual([call for call in record.calls if call.operation == "PutMetricData"], [])

    def test_a_storm_whose_records_are_written_by_the_batch_ends_as_the_model_says(self) -> None:
        objects = self._storm(SMALL, {"AUDIT_RECORDS": "batch"}).objects
        self.assertTrue(any(is_batch(key, body) for key, body in objects.items()))

    def _storm(self, size: int, environment: dict[str, str] | None = None) -> Record:
        """Compares what comes of a storm with the model, and returns what AWS was asked."""
        seed = storm_events.seed_of_tests()
        storm = storm_events.make(seed, size)
        dice = random.Random(seed)
        singles = [body for body in storm.bodies if dice.random() < SINGLE and _is_single(body)]
        chosen = Counter(singles)
        queued = [body for body in storm.bodies if not chosen[body] or chosen.subtract([body])]
        self.assertEqual(len(singles) + len(queued), size)
        fleet = ExplicitFleet(storm.instances)
        began = time.monotonic()
        with Aws(fleet) as aws, Watched(aws, settle_seconds=SETTLE_SECONDS, environment=environment) as function:
            function.model = model = StormModel(storm.instances, SETTLE_SECONDS)
            for body in singles:
                function.invoke_asynchronously(json.loads(body))
            function.work_off(queued)
            storm_events.later(storm)
            model.is_settled = True
            function.work_off_delayed(200)
            record, effects = aws.record, model.effects
            self.assertEqual(len(record.calls_of("EC2")), effects.lookups)
            self.assertEqual(record.alerts, [], "no check tells anybody")
            function.work_off_stream()
            took = time.monotonic() - began
            print(
                f"\nstorm of {size} events, seed {seed}: {len(singles)} single, {len(queued)} queued, "
                f"{storm.garbage} garbage; {len(function.outcomes)} invocations, {len(aws.record.calls_of('EC2'))} "
                f"DescribeInstances, {len(record.objects)} audit objects, {len(record.alerts)} alerts, "
                f"{len(record.delayed)} came back, {len(function.dead_letters)} dead letters, {took:.0f} s"
            )
            looks: dict[str, list[dict]] = {}
            for key, lines in record.audit_records().items():
                for line in lines:
                    first = own_key(line) if is_batch(key, record.objects[key]) else earlier_key(key)[0]
                    looks.setdefault(first, []).append(line)
            written = {key: [shown(line) for line in sorted(lines, key=itemgetter("timestamp"))] for key, lines in looks.items()}
            self.assertEqual(set(written), set(effects.records))
            for key, expected in effects.records.items():
                self.assertEqual(written[key], expected, key)
            told = Counter(each for alert in record.alerts for each in alert.told if each in storm.instances)
            self.assertEqual(told, Counter(model.told()))
            self.assertEqual(aws.table.due(), [])
            sums = function.metric_sums()
            counted = {"compliant": sums["CompliantInstances"], "non-compliant": sums["NonCompliantInstances"]}
            self.assertEqual(counted, dict(effects.counts))
            self.assertEqual(canonical([message.body for message in record.delayed]), effects.delayed)
            failed = sum(
                len(outcome.payload["batchItemFailures"]) if "batchItemFailures" in (outcome.payload or {}) else 1
                for outcome in function.outcomes
                if outcome.kind == "error" or "batchItemFailures" in outcome.payload
            )
            self.assertEqual(failed, effects.failed_records)
            # All garbage is in the dead letters, and nothing else.
            self.assertEqual(len(function.dead_letters), storm.garbage)
            for outcome in function.outcomes:
                self.assertLess(outcome.share, 1, outcome)
                self.assertIn(outcome.error_type, (None, "InvalidEvent"))
            self.assert_no_line_is_forged([alert.message for alert in record.alerts])
            return record

    def assert_no_line_is_forged(self, messages: list[str]) -> None:
        singles = [message for message in messages if message.startswith("EC2 Instance Non-Compliant Alert\n")]
        self.assertTrue(singles)
        for message in messages:
            self.assertFalse(re.search("[\u202a-\u202e\u2066-\u2069\u200b-\u200f\ufeff\x00-\x09\x0b-\x1f\x7f-\x9f]", message))
            self.assertLessEqual(len(message.encode()), 256 * 1024)
        for message in singles:
            lines = message.splitlines()
            for line in lines:
                self.assertRegex(line, LINE)
                self.assertTrue(LINE.fullmatch(line), f"{line!r} of {message!r}")
            for once in ("Instance ID: ", "State: ", "Region: ", "Current Tags:"):
                self.assertEqual(sum(line.startswith(once) for line in lines), 1, message)

    def test_a_thousand_launches_cost_at_most_twenty_lookups(self) -> None:
        ids = [storm_events.instance_id(number) for number in range(1, 1_001)]
        for records in ("each", "batch"):
            with self.subTest(records=records):
                self._launch(ids, records)

    def _launch(self, ids: list[str], records: str) -> None:
        fleet = ExplicitFleet({each: Instance(storm_events.GOOD) for each in ids})
        with Aws(fleet) as aws, Function(aws, environment={"AUDIT_RECORDS": records}) as function:
            function.work_off([json.dumps(events.state_change(each, event_id=f"launch-{each}")) for each in ids])
            calls = Counter(call.operation for call in aws.record.calls)
            print(f"\na thousand launches in full batches, AUDIT_RECORDS={records}: {dict(calls)}")
            self.assertLessEqual(calls["DescribeInstances"], 20)
            self.assertEqual(calls["PutMetricData"], len(function.outcomes))
            self.assertEqual(calls["UpdateItem"], 0, "what is well leaves nothing to remember")
            self.assertEqual(calls["PutObject"], 1_000 if records == "each" else len(function.outcomes))
            written = [line for lines in aws.record.audit_records().values() for line in lines]
            self.assertEqual({line["instanceId"] for line in written}, set(ids))
            self.assertEqual(len(written), 1_000)
            self.assertEqual(aws.record.metric_sums(), {"CompliantInstances": 1_000, "NonCompliantInstances": 0})
            self.assertEqual(function.dead_letters, [])

    def test_a_thousand_launches_that_are_counted_by_logs_make_no_call_for_it(self) -> None:
        ids = [storm_events.instance_id(number) for number in range(1, 1_001)]
        fleet = ExplicitFleet({each: Instance(storm_events.GOOD) for each in ids})
        with Aws(fleet) as aws, Function(aws, environment={"METRICS": "logs"}) as function:
            function.work_off([json.dumps(events.state_change(each, event_id=f"launch-{each}")) for each in ids])
            self.assertEqual(aws.record.calls_of("CLOUDWATCH"), [])
            lines = [line for line in function.logs() if line["message"] == "Evaluations counted"]
            self.assertEqual(len(lines), len(function.outcomes), "a line for each batch")
            self.assertEqual(function.metric_sums(), {"CompliantInstances": 1_000, "NonCompliantInstances": 0})


if __name__ == "__main__":
    unittest.main()
