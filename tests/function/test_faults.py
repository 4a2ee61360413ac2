"""Every fault of every AWS call on every path, against what the specification says of it."""

from __future__ import annotations

import datetime
import itertools
import json
import re
import time
import unittest
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from .fault_model import BATCH_FAULTS, DELAYED_BATCH, FAULTS, PATHS, SERVICES, Cell, Expected, Model, cells
from .model import earlier_key
from .stub import events
from .stub.aws import Aws
from .stub.fleet import ExplicitFleet, GeneratedFleet, Instance
from .stub.lambda_service import Function, Outcome

AT_A_TIME = 16
SETTLE_SECONDS = 600
TAGS = {"Environment": "prod", "Owner": "web", "Application": "shop"}
IDS = {
    "compliant": "i-0000000000000000a",
    "non-compliant": "i-0000000000000000b",
    "other": "i-0000000000000000c",
    "young": "i-0000000000000000d",
}
QUEUE = ("compliant", "non-compliant", "other", "young", "garbage", "garbage")
GARBAGE = ("not JSON", json.dumps(events.state_change("i-1")))
SWEPT = 160
PAGE_SIZE = 40
# The pages of a sweep in sixteen parts.
PAGES = range(1, 17)


def _timeout(cell: Cell) -> float:
    """Lambda's timeout in seconds: short where something hangs for good, or the matrix would take an hour."""
    if cell.kind == "hang" and cell.times is None or (cell.service, cell.kind) == ("EC2", "throttle"):
        return 8.0
    if cell.path == "sweep" and cell.service == "SQS":
        # What the hand-over may take is a good third: enough for what the SDK tries, and one call that hangs.
        return 30.0 if cell.kind == "hang" else 15.0
    return 60.0


def _events() -> dict[str, dict]:
    made = {name: events.state_change(instance_id, event_id=f"event-{name}") for name, instance_id in IDS.items()}
    return made | {"sweep": events.scheduled(event_id="event-sweep")}


class Seen:
    """What a cell came to."""

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self.events = _events()
        self.expected = Expected()
        self.problems: list[str] = []
        self.took = 0.0

    def run(self) -> Seen:
        began = time.monotonic()
        fleet = GeneratedFleet(SWEPT, padded=False) if self.cell.path == "sweep" else _young_fleet()
        with Aws(fleet) as aws, Function(aws, timeout=_timeout(self.cell), settle_seconds=SETTLE_SECONDS) as function:
            aws.services.page_size = PAGE_SIZE
            aws.fault(self.cell.service, self.cell.kind, self.cell.times)
            getattr(self, f"_{self.cell.path}")(aws, function)
            self._compare(aws, function)
        self.took = time.monotonic() - began
        return self

    def _single(self, aws: Aws, function: Function) -> None:
        self.expected = Model(self.cell, self.events).single()
        for name in ("compliant", "non-compliant", "young"):
            function.invoke_asynchronously(self.events[name])
        function.work_off_delayed(DELAYED_BATCH)

    def _queue(self, aws: Aws, function: Function) -> None:
        self.expected = Model(self.cell, self.events).queue(list(QUEUE))
        garbage = iter(GARBAGE)
        function.work_off([next(garbage) if name == "garbage" else json.dumps(self.events[name]) for name in QUEUE])
        function.work_off_delayed(DELAYED_BATCH)

    def _sweep(self, aws: Aws, function: Function) -> None:
        self.expected = Model(self.cell, self.events).sweep(PAGES, aws.fleet.expected())
        if self.cell.service == "SQS":
            # EC2 refuses half of the parts so long that another invocation has to read them.
            refused = re.compile(r"i-%2A[89a-f]\b")
            aws.fault("EC2", "throttle", where=lambda text: refused.search(text) is not None)
        function.invoke_asynchronously(self.events["sweep"])
        aws.plans["EC2"].faults = [fault for fault in aws.plans["EC2"].faults if fault.where is None]
        function.work_off_delayed(1)

    def _compare(self, aws: Aws, function: Function) -> None:
        record, expected = aws.record, self.expected
        outcomes = [_told(outcome) for outcome in function.outcomes]
        self._same("outcomes", outcomes, expected.outcomes)
        for outcome in function.outcomes:
            if outcome.share >= 1 or outcome.kind in ("timeout", "crash"):
                self.problems.append(f"not answered in time: {outcome}")
        names = {instance_id: name for name, instance_id in IDS.items()}
        self._same("alerts", Counter(_subject(alert.message, names) for alert in record.alerts), expected.alerts)
        sums = record.metric_sums()
        counts = Counter(
            {
                "compliant": sums.get("CompliantInstances", 0),
                "non-compliant": sums.get("NonCompliantInstances", 0),
                "unwritten": sums.get("UnwrittenRecords", 0),
            }
        )
        self._same("counts", +counts, +expected.counts)
        keys = [earlier_key(key) for key in record.objects]
        self._same("audit objects", {key for key, is_later in keys if not is_later}, expected.objects)
        self._same("records of later looks", Counter(key for key, is_later in keys if is_later), +expected.later)
        unwritten = function.log_text().count("Audit record not written: s3:PutObject: ")
        self._same("records that are logged as not written", unwritten, expected.unwritten)
        self._same("delayed messages", len(record.delayed), expected.delayed)
        dead = Counter("garbage" if letter.body in GARBAGE else _name(letter.event) for letter in function.dead_letters)
        self._same("dead letters", dead, expected.dead)
        if not any(fired.service == self.cell.service and fired.kind == self.cell.kind for fired in record.fired):
            self.problems.append("the fault did not happen")
        self._check_records(record.audit_records())

    def _check_records(self, records: dict[str, list[dict]]) -> None:
        """That objects hold what their keys say."""
        for key, lines in records.items():
            for line in lines:
                if {"timestamp", "instanceId", "state", "isCompliant", "requiredTags", "tags", "missingTags"} - set(line):
                    self.problems.append(f"{key} lacks fields: {line}")
                if key.endswith(".json") and (len(lines) != 1 or line["instanceId"] not in key):
                    self.problems.append(f"{key} is of {line['instanceId']}")
        if self.cell.path == "sweep" and len(self.expected.objects) == len(PAGES):
            first = [lines for key, lines in records.items() if not earlier_key(key)[1]]
            ids = Counter(line["instanceId"] for lines in first for line in lines)
            fleet = GeneratedFleet(SWEPT)
            self._same("instances in the audit log", ids, Counter(fleet.ids()))

    def _same(self, what: str, seen: object, expected: object) -> None:
        if seen != expected:
            self.problems.append(f"{what}: {_short(seen)}, expected {_short(expected)}")


def _young_fleet() -> ExplicitFleet:
    now = datetime.datetime.now(datetime.UTC)
    return ExplicitFleet(
        {
            IDS["compliant"]: Instance(TAGS),
            IDS["non-compliant"]: Instance({"Name": "b"}),
            IDS["other"]: Instance(TAGS | {"Environment": "production"}),
            IDS["young"]: Instance({}, attached=now),
        }
    )


def _told(outcome: Outcome) -> str:
    return outcome.error_type or "error without a type" if outcome.kind == "error" else outcome.kind


def _subject(message: str, names: dict[str, str]) -> str:
    if message.startswith("EC2 Tag Compliance Sweep\n"):
        return "sweep"
    return names[message.partition("\nInstance ID: ")[2].partition("\n")[0]]


def _name(event: dict) -> str:
    return event["id"].removeprefix("event-")


def _short(value: object) -> str:
    text = repr(sorted(value) if isinstance(value, set) else value)
    return text if len(text) < 600 else text[:600] + "…"


def _printed(seen: dict[Cell, Seen]) -> str:
    """The matrix: a line for each fault of a service, a column for each path."""
    lines = [f"{'fault':<32}" + "".join(f"{path:<22}" for path in PATHS)]
    rows = dict.fromkeys((cell.service, cell.kind, cell.times) for cell in seen)
    for service, kind, times in rows:
        row = [seen[Cell(path, service, kind, times)] for path in PATHS]
        words = [f"WRONG ({cell.expected.outcome()})" if cell.problems else cell.expected.outcome() for cell in row]
        lines.append(f"{service + ' ' + row[0].cell.name:<32}" + "".join(f"{word:<22}" for word in words).rstrip())
    return "\n".join([*lines, f"{len(seen)} cells, {sum(bool(cell.problems) for cell in seen.values())} of them wrong"])


class Faults(unittest.TestCase):
    """The fault matrix."""

    def test_the_matrix_is_the_full_product(self) -> None:
        """No fault of a service is left out on any path."""
        product = {
            Cell(path, service, kind, times)
            for path, service in itertools.product(PATHS, SERVICES)
            for kind, times in FAULTS + (BATCH_FAULTS if service in ("SNS", "SQS") else ())
        }
        self.assertEqual(set(cells()), product)
        self.assertEqual(len(list(cells())), 3 * (5 * len(FAULTS) + 2 * len(BATCH_FAULTS)))

    def test_each_fault_ends_as_the_specification_says(self) -> None:
        # The slow ones first, so that they do not run alone at the end.
        order = sorted(cells(), key=lambda cell: (cell.kind != "hang" or cell.times is not None, cell.kind != "hang"))
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            results = {seen.cell: seen for seen in pool.map(lambda cell: Seen(cell).run(), order)}
        seen = {cell: results[cell] for cell in cells()}
        print("\n" + _printed(seen))
        for cell, result in seen.items():
            with self.subTest(path=cell.path, service=cell.service, fault=cell.name):
                self.assertEqual(result.problems, [])


if __name__ == "__main__":
    unittest.main()
