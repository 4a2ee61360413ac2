"""Every fault of every AWS call on every path, compared with the specification."""

from __future__ import annotations

import datetime
import itertools
import json
import re
import time
import unittest
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from .fault_model.calls import UNREADABLE
from .fault_model.cells import CALLED, PATHS, SERVICES, TABLE, VOICES, Cell, cells, faults_of
from .fault_model.checks import DELAYED_BATCH, TRIES, Checks
from .fault_model.expected import Expected, content
from .fault_model.sweeps import Sweeps
from .fault_model.telling import Telling
from .model import earlier_key, is_batch
from .remembered import violation
from .stub import events
from .stub.aws import Aws
from .stub.fleet import ExplicitFleet, GeneratedFleet, Instance
from .stub.lambda_service import Function, Outcome
from .stub.record import Published

# Cells run in parallel: most of them only wait.
AT_A_TIME = 24
HANGING_AT_A_TIME = 48
SETTLE_SECONDS = 600
TAGS = {"Environment": "prod", "Owner": "web", "Application": "shop"}
IDS = {
    "compliant": "i-0000000000000000a",
    "non-compliant": "i-0000000000000000b",
    "other": "i-0000000000000000c",
    "young": "i-0000000000000000d",
}
# What the table knows and EC2 does not.
GONE = "i-0000000000000000e"
QUEUE = ("compliant", "non-compliant", "other", "young", "garbage", "garbage")
GROUP_INTERVAL_SECONDS = 900
GARBAGE = ("not JSON", json.dumps(events.state_change("i-1")))
SWEPT = 160
PAGE_SIZE = 40
# The pages of a sweep in sixteen parts.
PAGES = range(1, 17)


def _timeout(cell: Cell) -> float:
    """Lambda's timeout in seconds: short if something hangs forever, or the matrix would take an hour."""
    if (cell.service in (*VOICES, "Pace") or (cell.path, cell.service) == ("reconcile", "SQS")) and cell.kind == "hang":
        # What hangs leaves time for the message that tries again, and for the end of a sweep.
        return 60.0
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
    """The result of a cell."""

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self.events = _events()
        self.expected = Expected()
        self.problems: list[str] = []
        self.took = 0.0

    def run(self) -> Seen:
        began = time.monotonic()
        fleet = GeneratedFleet(SWEPT, padded=False) if self.cell.path == "sweep" else _young_fleet()
        environment = {"ALERT_GROUP_INTERVAL_SECONDS": str(GROUP_INTERVAL_SECONDS), "METRICS": self.cell.metrics}
        if self.cell.path == "batch":
            environment["AUDIT_RECORDS"] = "batch"
        with (
            Aws(fleet) as aws,
            Function(aws, timeout=_timeout(self.cell), settle_seconds=SETTLE_SECONDS, environment=environment) as function,
        ):
            aws.services.page_size = PAGE_SIZE
            if self.cell.path in ("wake", "group"):
                self._find_violation(aws, function)
            elif self.cell.path == "sweep":
                aws.table.fill(violation(fleet.instance_id(index), fleet.tags(index)) for index in fleet.violating())
            self._fault(aws)
            getattr(self, f"_{self.cell.path}")(aws, function)
            self._compare(aws, function)
        self.took = time.monotonic() - began
        return self

    def _find_violation(self, aws: Aws, function: Function) -> None:
        """Adds a violation that is due for an alert."""
        function.invoke_asynchronously(self.events["non-compliant"])
        # The second look need not wait: it is some time ago.
        aws.table.age(SETTLE_SECONDS)
        function.outcomes.clear()
        aws.record.objects.clear()
        aws.record.metrics.clear()

    def _fault(self, aws: Aws) -> None:
        cell = self.cell
        if cell.service not in TABLE:
            aws.fault(cell.service, cell.kind, cell.times)
            return
        wanted = re.compile(TABLE[cell.service])
        # Writes are side by side: what happens a number of times happens to the first instance of the model.
        only = IDS["non-compliant"] if cell.service == "Item" and cell.times else ""
        aws.fault("DYNAMODB", cell.kind, cell.times, where=lambda text: bool(wanted.match(text)) and only in text)

    def _single(self, aws: Aws, function: Function) -> None:
        self.expected = Checks(self.cell, self.events).single()
        for name in ("compliant", "non-compliant", "young"):
            function.invoke_asynchronously(self.events[name])
        function.work_off_delayed(DELAYED_BATCH)

    def _queue(self, aws: Aws, function: Function) -> None:
        self.expected = Checks(self.cell, self.events).queue(list(QUEUE))
        garbage = iter(GARBAGE)
        function.work_off([next(garbage) if name == "garbage" else json.dumps(self.events[name]) for name in QUEUE])
        function.work_off_delayed(DELAYED_BATCH)

    _batch = _queue

    def _sweep(self, aws: Aws, function: Function) -> None:
        self.expected = Sweeps(self.cell, self.events).sweep(PAGES, aws.fleet.expected())
        if self.cell.service == "SQS":
            # EC2 refuses half of the parts so long that another invocation has to read them.
            refused = re.compile(r"i-%2A[89a-f]\b")
            aws.fault("EC2", "throttle", where=lambda text: refused.search(text) is not None)
        function.invoke_asynchronously(self.events["sweep"])
        aws.plans["EC2"].faults = [fault for fault in aws.plans["EC2"].faults if fault.where is None]
        function.work_off_delayed(1)

    def _reconcile(self, aws: Aws, function: Function) -> None:
        self.expected = Sweeps(self.cell, self.events).reconcile()
        known = {IDS["compliant"]: {}, IDS["other"]: aws.fleet.instances[IDS["other"]].tags, GONE: {}}
        aws.table.fill(violation(each, tags) for each, tags in known.items())
        function.invoke_asynchronously(self.events["sweep"])
        if self.cell.name == "hang":
            aws.clear_faults()
        function.work_off_delayed(1)

    def _suspects(self, aws: Aws, function: Function) -> None:
        self.expected = Telling(self.cell).suspects()
        tags = aws.fleet.instances[IDS["non-compliant"]].tags
        aws.table.put(violation(IDS["non-compliant"], tags, state="suspect"))
        message = json.dumps(events.own("Suspects Due", {}, "event-Suspects Due"))
        function.work_off([message])
        self._recover(aws)
        function.work_off([letter.body for letter in function.dead_letters])
        # The second look need not wait.
        aws.table.age(SETTLE_SECONDS)
        function.work_off_stream()
        self._same("due at the end", aws.table.due(), [])

    def _wake(self, aws: Aws, function: Function) -> None:
        self.expected = Telling(self.cell).wake()
        self._claim_for_sqs(aws)
        function.MAX_STREAM_ATTEMPTS = TRIES
        function.work_off_stream()
        self._recover(aws)
        function.work_off_stream()
        self._end_interval(aws, function)

    def _group(self, aws: Aws, function: Function) -> None:
        self.expected = Telling(self.cell).group()
        self._claim_for_sqs(aws)
        [item] = aws.table.due()
        message = json.dumps(events.own("Group Due", {"group": item["grp"]["S"]}, "event-group"))
        function.work_off([message])
        self._recover(aws)
        function.work_off([letter.body for letter in function.dead_letters])
        self._end_interval(aws, function)

    def _claim_for_sqs(self, aws: Aws) -> None:
        """The group was told a moment ago, where SQS is to be called: it is for a group that waits."""
        if self.cell.service == "SQS":
            [item] = aws.table.due()
            again = {"N": str(round(1000 * (time.time() + GROUP_INTERVAL_SECONDS)))}
            aws.table.put({"pk": {"S": "ctl"}, "sk": {"S": f"group#{item['grp']['S']}"}, "again": again})

    def _recover(self, aws: Aws) -> None:
        self._same("due", bool(aws.table.due()), self.expected.is_due)
        aws.clear_faults()

    def _end_interval(self, aws: Aws, function: Function) -> None:
        aws.table.age(GROUP_INTERVAL_SECONDS)
        function.work_off_delayed(DELAYED_BATCH)
        self._same("due at the end", aws.table.due(), [])

    def _compare(self, aws: Aws, function: Function) -> None:
        record, expected = aws.record, self.expected
        outcomes = [_told(outcome) for outcome in function.outcomes]
        if self.cell.kind in UNREADABLE and self.cell.service in TABLE:
            # Half of the answer that a condition does not hold is a refusal; whether the pace's holds is a matter of time.
            outcomes = ["AwsCallFailed" if outcome == "AwsCallRefused" else outcome for outcome in outcomes]
        self._same("outcomes", outcomes, expected.outcomes)
        for outcome in function.outcomes:
            if outcome.share >= 1 or outcome.kind in ("timeout", "crash"):
                self.problems.append(f"not answered in time: {outcome}")
        names = {instance_id: name for name, instance_id in {**IDS, "gone": GONE}.items()}
        self._same("alerts", Counter(_subject(alert.message, names) for alert in record.alerts), expected.alerts)
        self._same("events", Counter(_kind(event) for event in record.published), +expected.published)
        sums = function.metric_sums()
        counts = Counter(
            {
                "compliant": sums.get("CompliantInstances", 0),
                "non-compliant": sums.get("NonCompliantInstances", 0),
                "unwritten": sums.get("UnwrittenRecords", 0),
                "open": sums.get("OpenViolations", 0),
                "missed": sums.get("MissedByEvents", 0),
            }
        )
        self._same("counts", +counts, +expected.counts)
        if self.cell.path == "batch":
            self._same("objects that are not of a batch", [key for key, body in record.objects.items() if not is_batch(key, body)], [])
            contents = [content(names[line["instanceId"]] for line in lines) for lines in record.audit_records().values()]
            self._same("audit objects", Counter(contents), Counter(key.partition(" #")[0] for key in expected.objects))
        else:
            keys = [earlier_key(key) for key in record.objects]
            self._same("audit objects", {key for key, is_later in keys if not is_later}, expected.objects)
            self._same("records of later looks", Counter(key for key, is_later in keys if is_later), +expected.later)
        unwritten = function.log_text().count("Audit record not written: s3:PutObject: ")
        self._same("records that are logged as not written", unwritten, expected.unwritten)
        self._same("delayed messages", len(record.delayed), expected.delayed)
        dead = Counter("garbage" if letter.body in GARBAGE else _name(letter.event) for letter in function.dead_letters)
        self._same("dead letters", dead, expected.dead)
        self._same("the fault happened", any(fired.kind == self.cell.kind for fired in record.fired), self.cell.is_called)
        self._check_records(record.audit_records())
        items = {item["sk"]["S"]: item for item in aws.table.items() if item["pk"]["S"].startswith("i#")}
        if self.cell.path == "sweep":
            self._same("written", {item["v"]["N"] for item in items.values()}, {"1"})
        else:
            self._same("remembered", {names[each]: item["st"]["S"] for each, item in items.items()}, expected.remembered)

    def _check_records(self, records: dict[str, list[dict]]) -> None:
        """Checks that objects match their keys."""
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


def _kind(event: Published) -> str:
    match event.detail_type.removeprefix("Tag Compliance "):
        case "Sweep Completed":
            return "sweep completed"
        case "Notification":
            return "digest" if event.detail["changes"] == ["digest"] else "message"
        case violation:
            return violation.removeprefix("Violation ").lower()


def _name(event: dict) -> str:
    return event.get("id", event["detail-type"]).removeprefix("event-")


def _short(value: object) -> str:
    text = repr(sorted(value) if isinstance(value, set) else value)
    return text if len(text) < 600 else text[:600] + "…"


def _printed(seen: dict[Cell, Seen]) -> str:
    """The matrix: a line for each fault of a service, a column for each path."""
    lines = [f"{'fault':<32}" + "".join(f"{path:<22}" for path in PATHS)]
    rows = dict.fromkeys((cell.service, cell.kind, cell.times, cell.metrics) for cell in seen)
    for service, kind, times, metrics in rows:
        row = [seen.get(Cell(path, service, kind, times, metrics)) for path in PATHS]
        words = [
            "" if cell is None else f"WRONG ({cell.expected.outcome()})" if cell.problems else cell.expected.outcome()
            for cell in row
        ]
        name = Cell("", service, kind, times).name + (", logs" if metrics == "logs" else "")
        lines.append(f"{service + ' ' + name:<32}" + "".join(f"{word:<22}" for word in words).rstrip())
    return "\n".join([*lines, f"{len(seen)} cells, {sum(bool(cell.problems) for cell in seen.values())} of them wrong"])


class Faults(unittest.TestCase):
    """The fault matrix."""

    def test_the_matrix_is_the_full_product(self) -> None:
        """Every fault of every service is on every path."""
        product = {
            Cell(path, service, kind, times)
            for path, service in itertools.product(PATHS, SERVICES)
            if service in CALLED[path]
            for kind, times in faults_of(service)
        }
        self.assertEqual({cell for cell in cells() if cell.metrics == "api"}, product)
        self.assertEqual(set().union(*CALLED.values()), set(SERVICES))

    def test_each_fault_ends_as_the_specification_says(self) -> None:
        with ThreadPoolExecutor(AT_A_TIME) as pool, ThreadPoolExecutor(HANGING_AT_A_TIME) as waiting:
            running = {cell: (waiting if cell.kind == "hang" else pool).submit(Seen(cell).run) for cell in cells()}
            seen = {cell: result.result() for cell, result in running.items()}
        print("\n" + _printed(seen))
        for cell, result in seen.items():
            with self.subTest(path=cell.path, service=cell.service, fault=cell.name):
                self.assertEqual(result.problems, [])


if __name__ == "__main__":
    unittest.main()
