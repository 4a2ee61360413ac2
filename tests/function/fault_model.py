"""What the specification expects of each cell of the fault matrix.

Each AWS call is tried three times, but for refusals and most answers that can't be read; an asynchronous event is
invoked three times, a message is received five times. From this, and from the order of the calls, follows how often
each piece of work is done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from .model import audit_key, sweep_prefix
from .stub.faults import WORK_IS_DONE

SERVICES = ("EC2", "S3", "SNS", "SQS", "CLOUDWATCH")
PATHS = ("single", "queue", "sweep")
ATTEMPTS = 3
TRIES = 3
RECEIVES = 5
DELAYED_BATCH = 10


@dataclass(frozen=True)
class Cell:
    """One fault of one service on one path; `times` is None for good."""

    path: str
    service: str
    kind: str
    times: int | None

    @property
    def name(self) -> str:
        return f"{self.kind}{f' x{self.times}' if self.times else ''}"


FAULTS: tuple[tuple[str, int | None], ...] = (
    ("throttle", 2),
    ("throttle", None),
    ("error", 2),
    ("error", None),
    ("reset", 2),
    ("reset", None),
    ("hang", 1),
    ("hang", None),
    ("denied", None),
    ("truncated", 1),
    ("truncated", None),
    ("garbage", 1),
    ("garbage", None),
    ("cut", 1),
    ("cut", None),
    ("lost", 1),
    ("lost", None),
)
BATCH_FAULTS: tuple[tuple[str, int | None], ...] = (("partial", 1), ("partial", None), ("partial-sender", None))


def faults_of(service: str) -> tuple[tuple[str, int | None], ...]:
    """The faults that a service can have."""
    return FAULTS + (BATCH_FAULTS if service in ("SNS", "SQS") else ())


def cells() -> Iterator[Cell]:
    """The whole matrix."""
    for path in PATHS:
        for service in SERVICES:
            for kind, times in faults_of(service):
                yield Cell(path, service, kind, times)


@dataclass
class Expected:
    """What there shall be in the end."""

    # What came of each invocation: `answer`, or the type of the error.
    outcomes: list[str] = field(default_factory=list)
    alerts: Counter[str] = field(default_factory=Counter)
    # Compliant and non-compliant, and records that are nowhere.
    counts: Counter[str] = field(default_factory=Counter)
    # The records of first looks, and how many of later ones there are of each.
    objects: set[str] = field(default_factory=set)
    later: Counter[str] = field(default_factory=Counter)
    unwritten: int = 0
    delayed: int = 0
    dead: Counter[str] = field(default_factory=Counter)

    def outcome(self) -> str:
        """In a word or two, for the matrix."""
        if self.dead - Counter(garbage=2):
            return "dead letters" if self.counts or self.alerts else "all to dead letters"
        return "no record" if self.unwritten else "done"


class _Calls:
    """AWS with the fault of a cell."""

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self.left = float("inf") if cell.times is None else cell.times
        refused = cell.kind in ("denied", "partial-sender")
        self.error = "AwsCallRefused" if refused else "AwsCallFailed"

    def call(self, service: str) -> tuple[bool, int]:
        """Whether a call ends well, and how often its work is done."""
        cell = self.cell
        if service != cell.service or (service, cell.kind) in HARMLESS:
            return True, 1
        copies = 0
        for _ in range(ATTEMPTS):
            if self.left <= 0:
                return True, copies + 1
            self.left -= 1
            copies += cell.kind in WORK_IS_DONE
            if cell.kind == "denied" or (cell.kind in UNREADABLE and service != "EC2"):
                break
        return False, copies

    def create(self, objects: set[str], key: str) -> bool | None:
        """Writes an object; whether none was there, or nothing where that is not known."""
        is_faulty = self.cell.service == "S3" and ("S3", self.cell.kind) not in HARMLESS
        for _ in range(ATTEMPTS):
            if not is_faulty or self.left <= 0:
                is_new = key not in objects
                objects.add(key)
                return is_new
            self.left -= 1
            if self.cell.kind in WORK_IS_DONE:
                objects.add(key)
            if self.cell.kind == "denied":
                break
        return None

    def batch(self, service: str, entries: list[str]) -> tuple[set[str], Counter[str]]:
        """The entries that fail, and how often each is taken."""
        if not entries:
            return set(), Counter()
        if service == self.cell.service and self.cell.kind.startswith("partial"):
            if self.left <= 0:
                return set(), Counter(entries)
            self.left -= 1
            return {entries[0]}, Counter(entries[1:])
        if service == self.cell.service == "SNS" and self.cell.kind == "truncated" and self.left > 0:
            # Half of the answer tells of the first entry, so that only the others seem not to be taken.
            self.left -= 1
            return set(entries[1:]), Counter(entries)
        is_good, copies = self.call(service)
        return set() if is_good else set(entries), Counter({entry: copies for entry in entries})


# The SDK does not try these again; but EC2's lean answer fails as a broken connection does, and is asked for again.
UNREADABLE = ("truncated", "garbage")
# Nobody reads the body of these answers.
HARMLESS = {("S3", "truncated"), ("S3", "garbage"), ("CLOUDWATCH", "truncated"), ("CLOUDWATCH", "garbage")}


class Model:
    """Goes through a path as the specification says."""

    def __init__(self, cell: Cell, events: dict[str, dict]) -> None:
        self.aws = _Calls(cell)
        self.events = events
        self.expected = Expected()
        self.lost_pages = 0

    def check(self, names: list[str], *, settled: bool) -> set[str]:
        """Checks instances in one invocation; returns those that fail. The young one is settled or not."""
        result = self.expected
        if not self.aws.call("EC2")[0]:
            return set(names)
        young = [name for name in names if name == "young" and not settled]
        lost = []
        for name in names:
            event = self.events[name]
            if not self._record(audit_key(event["detail"]["instance-id"], event, provisional=name in young)):
                lost.append(name)
        failed, alerts = self.aws.batch("SNS", [name for name in names if name != "compliant" and name not in young])
        result.alerts += alerts
        unsent, messages = self.aws.batch("SQS", young)
        result.delayed += messages.total()
        failed |= unsent
        counted = [name for name in names if name not in failed and name not in young]
        if counted:
            is_good, copies = self.aws.call("CLOUDWATCH")
            for name in counted:
                result.counts["compliant" if name == "compliant" else "non-compliant"] += copies
            if not is_good:
                failed |= set(counted)
        # Where S3 is at fault, CloudWatch is not.
        result.counts["unwritten"] += len([name for name in lost if name not in failed])
        return failed

    def _record(self, key: str) -> bool:
        """Adds a record to the log; whether S3 has said that it is there."""
        result = self.expected
        is_new = self.aws.create(result.objects, key)
        if is_new is False:
            # The key of this very look.
            later: set[str] = set()
            is_new = self.aws.create(later, key)
            result.later[key] += len(later)
        result.unwritten += is_new is None
        return is_new is not None

    def single(self) -> Expected:
        """Each event for itself, asynchronously."""
        for name in ("compliant", "non-compliant", "young"):
            for _ in range(TRIES):
                failed = self.check([name], settled=False)
                self.expected.outcomes.append(self.aws.error if failed else "answer")
                if not failed:
                    break
            else:
                self.expected.dead[name] += 1
        self._bring_back()
        return self.expected

    def queue(self, records: list[str]) -> Expected:
        """A batch of a queue, in which garbage fails by itself."""
        self._receive(records, settled=False)
        self._bring_back()
        return self.expected

    def _receive(self, records: list[str], *, settled: bool) -> None:
        for _ in range(RECEIVES):
            checks = [name for name in records if name != "garbage"]
            failed = self.check(checks, settled=settled) if checks else set()
            self.expected.outcomes.append("answer")
            records = [name for name in records if name == "garbage" or name in failed]
            if not records:
                return
        self.expected.dead += Counter(records)

    def _bring_back(self) -> None:
        """Copies of a message in one batch are one check; each of them that fails is a dead letter."""
        copies = self.expected.delayed
        while copies > 0:
            batch = min(copies, DELAYED_BATCH)
            copies -= batch
            before = self.expected.dead["young"]
            self._receive(["young"], settled=True)
            self.expected.dead["young"] += (batch - 1) * (self.expected.dead["young"] - before)
        self.expected.dead = +self.expected.dead

    def sweep(self, pages: Iterable[int], counts: Counter[str]) -> Expected:
        """A sweep of these pages, which is handed over to another invocation where SQS is to fail."""
        result, pages = self.expected, list(pages)
        # Records that hang leave no time for the second half.
        hangs = (self.aws.cell.service, self.aws.cell.name) == ("S3", "hang")
        hands_over = self.aws.cell.service == "SQS" or hangs
        first = pages[: len(pages) // 2] if hands_over else pages
        for _ in range(TRIES):
            self.lost_pages = 0
            is_good = self._pages(first)
            if is_good and hands_over:
                failed, messages = self.aws.batch("SQS", ["sweep"])
                result.delayed += messages.total()
                is_good = not failed
            elif is_good:
                is_good = self._finish(counts)
            result.outcomes.append("answer" if is_good else self.aws.error)
            if is_good:
                break
        else:
            result.dead["sweep"] += 1
        for _ in range(result.delayed):
            self._pages(pages[len(pages) // 2 :])
            self._finish(counts)
            result.outcomes.append("answer")
        return result

    def _pages(self, pages: list[int]) -> bool:
        is_good, _ = self.aws.call("EC2")
        for page in pages if is_good else ():
            self.lost_pages += not self._record(f"{sweep_prefix(self.events['sweep'])}{page}.jsonl")
        return is_good

    def _finish(self, counts: Counter[str]) -> bool:
        failed, digests = self.aws.batch("SNS", ["sweep"])
        self.expected.alerts += digests
        if failed:
            return False
        is_good, copies = self.aws.call("CLOUDWATCH")
        self.expected.counts["compliant"] += counts["compliant"] * copies
        self.expected.counts["non-compliant"] += counts["nonCompliant"] * copies
        # S3 takes all pages or none.
        self.expected.counts["unwritten"] += counts["checked"] * bool(self.lost_pages)
        return is_good
