"""The expected result of each cell in the fault matrix.

Each AWS call is tried three times, except after refusals and most unreadable answers; an asynchronous event is invoked
three times, a message is received five times. Together with the order of the calls, this determines how often each piece
of work is done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from .model import audit_key, sweep_prefix
from .stub.faults import WORK_IS_DONE

# The calls of DynamoDB, each by what its operation and body match: UpdateItem by what it writes.
TABLE = {
    "BatchGetItem": r"BatchGetItem ",
    "GetItem": r"GetItem ",
    "Query": r"Query ",
    "Scan": r"Scan ",
    "Item": r"UpdateItem .*i#",
    "Lease": r"UpdateItem (?!.*REMOVE[^\"]*#state).*\"sweep\"",
    "LeaseEnd": r"UpdateItem (?=.*REMOVE[^\"]*#state).*\"sweep\"",
    "Group": r"UpdateItem .*group#",
    "Pace": r"UpdateItem .*\"pace\"",
}
SERVICES = ("EC2", "S3", "SNS", "SQS", "CLOUDWATCH", "EVENTBRIDGE", *TABLE)
VOICES = {"SNS", "EVENTBRIDGE"}
CHECKS = ("EC2", "S3", "SQS", "CLOUDWATCH", "BatchGetItem", "Item")
TELLS = ("EC2", "SNS", "EVENTBRIDGE", "SQS", "BatchGetItem", "Item", "Group", "Pace")
SWEEPS = (
    *("EC2", "S3", "SNS", "EVENTBRIDGE", "SQS", "CLOUDWATCH"),
    *("BatchGetItem", "GetItem", "Scan", "Lease", "LeaseEnd", "Pace"),
)
# The calls of each path.
CALLED = {
    "single": CHECKS,
    "queue": CHECKS,
    # The same, with the records of a batch as one object: what fails to be written, and what comes again in part.
    "batch": ("S3", "SQS", "CLOUDWATCH"),
    # A fleet in parts, all of whose violations are known; the reads of these are on the next path.
    "sweep": SWEEPS,
    # A fleet of one page, with violations that the table does not know, or that are over.
    "reconcile": (*SWEEPS, "Query", "Item"),
    # The message for a second look at a sweep's findings.
    "suspects": ("Scan", "EC2", "CLOUDWATCH", "BatchGetItem", "Item"),
    # By the stream of the table, and by the message that brings a group back.
    "wake": TELLS,
    "group": ("Query", *TELLS),
}
PATHS = tuple(CALLED)
ATTEMPTS = 3
TRIES = 3
RECEIVES = 5
DELAYED_BATCH = 10
# The instances of the one page, each of which has a record.
CHECKED = 4


@dataclass(frozen=True)
class Cell:
    """One fault of one service on one path; `times` is None for a permanent one."""

    path: str
    service: str
    kind: str
    times: int | None
    # How checks count: by `api`, or by `logs`.
    metrics: str = "api"

    @property
    def name(self) -> str:
        return f"{self.kind}{f' x{self.times}' if self.times else ''}"

    @property
    def is_called(self) -> bool:
        """Whether the path calls the service at all: checks that count by logs don't call CloudWatch."""
        return not (self.metrics == "logs" and self.service == "CLOUDWATCH" and self.path in ("single", "queue"))


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
# Unprocessed keys are requested again as long as there is time.
KEYS_FAULTS: tuple[tuple[str, int | None], ...] = (("partial", 1), ("partial", None))


def faults_of(service: str) -> tuple[tuple[str, int | None], ...]:
    """The possible faults of a service."""
    return FAULTS + (BATCH_FAULTS if service in ("SNS", "SQS", "EVENTBRIDGE") else KEYS_FAULTS if service == "BatchGetItem" else ())


# With counts by logs, a few faults of each call of a check: those that fail a part of a batch, one try, or all.
LOGS_FAULTS: tuple[tuple[str, int | None], ...] = (
    ("error", 2),
    ("error", None),
    ("denied", None),
    ("lost", 1),
    ("partial", None),
)


def cells() -> Iterator[Cell]:
    """The whole matrix."""
    for path in PATHS:
        for service in CALLED[path]:
            for kind, times in faults_of(service):
                yield Cell(path, service, kind, times)
    yield from logs_cells()


def logs_cells() -> Iterator[Cell]:
    """The part with counts by logs."""
    for path in ("single", "queue"):
        for service in CALLED[path]:
            for kind, times in faults_of(service):
                if (kind, times) in LOGS_FAULTS:
                    yield Cell(path, service, kind, times, "logs")
    # These call CloudWatch all the same.
    for path in ("sweep", "suspects"):
        yield Cell(path, "CLOUDWATCH", "error", 2, "logs")
        yield Cell(path, "CLOUDWATCH", "error", None, "logs")


@dataclass
class Expected:
    """The expected end state."""

    # The outcome of each invocation: `answer`, or the type of the error.
    outcomes: list[str] = field(default_factory=list)
    alerts: Counter[str] = field(default_factory=Counter)
    # The events on the bus: of violations, messages and sweeps.
    published: Counter[str] = field(default_factory=Counter)
    # Compliant and non-compliant evaluations, and unwritten records.
    counts: Counter[str] = field(default_factory=Counter)
    # The records of first looks, and how many of later ones there are of each; or the objects of batches, numbered.
    objects: set[str] = field(default_factory=set)
    later: Counter[str] = field(default_factory=Counter)
    unwritten: int = 0
    delayed: int = 0
    # Of these, those for a second look at a sweep's findings.
    messages_of_suspects: int = 0
    # Whether the violation is still due for an alert when the fault is over.
    is_due: bool = False
    dead: Counter[str] = field(default_factory=Counter)
    # The state of each instance's item in the table at the end.
    remembered: dict[str, str] = field(default_factory=dict)

    def outcome(self) -> str:
        """A short summary for the matrix."""
        if self.dead - Counter(garbage=2):
            return "dead letters" if self.counts or self.alerts else "all to dead letters"
        return "no record" if self.unwritten else "done"


def content(names: Iterable[str]) -> str:
    """The records in an object of a batch."""
    return " ".join(sorted(names))


class _Calls:
    """AWS with a cell's fault."""

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self.left = float("inf") if cell.times is None else cell.times
        refused = cell.kind in ("denied", "partial-sender")
        self.error = "AwsCallRefused" if refused else "AwsCallFailed"

    def call(self, service: str) -> tuple[bool, int]:
        """Whether a call succeeds, and how often its work is done."""
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

    def update(self, service: str, change: Callable[[], bool], of: str = "non-compliant") -> bool | None:
        """A conditional write: whether its condition held in the last try, or nothing if that is unknown."""
        for _ in range(ATTEMPTS):
            if service != self.cell.service or self.left <= 0 or (self.cell.times and of != "non-compliant"):
                return change()
            self.left -= 1
            if self.cell.kind in WORK_IS_DONE:
                change()
            if self.cell.kind == "denied" or self.cell.kind in UNREADABLE:
                break
        return None

    def create(self, objects: set[str], key: str) -> bool | None:
        """Writes an object: whether there was none before, or nothing if that is unknown."""
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
        """The entries that fail, and how often each one is accepted."""
        if not entries:
            return set(), Counter()
        if service == self.cell.service and self.cell.kind.startswith("partial"):
            if self.left <= 0:
                return set(), Counter(entries)
            self.left -= 1
            return {entries[0]}, Counter(entries[1:])
        if service == self.cell.service == "SNS" and self.cell.kind == "truncated" and self.left > 0:
            # Half of the answer covers the first entry, so that only the others seem to have failed.
            self.left -= 1
            return set(entries[1:]), Counter(entries)
        is_good, copies = self.call(service)
        return set() if is_good else set(entries), Counter({entry: copies for entry in entries})


    def put(self, entries: list[str]) -> tuple[bool, Counter[str]]:
        """Whether the bus takes all of these events, and how often each one: what it fails to take is put again."""
        if self.cell.service != "EVENTBRIDGE" or not self.cell.kind.startswith("partial"):
            is_good, copies = self.call("EVENTBRIDGE")
            return is_good, Counter({entry: copies for entry in entries})
        taken: Counter[str] = Counter()
        for _ in range(ATTEMPTS):
            failed, some = self.batch("EVENTBRIDGE", entries)
            taken += some
            entries = [entry for entry in entries if entry in failed]
            if not entries or self.cell.kind == "partial-sender":
                break
        return not entries, taken


# The SDK does not retry these; but EC2's lean answer fails like a broken connection, and is retried.
UNREADABLE = ("truncated", "garbage")
# The bodies of these answers are not read.
HARMLESS = {("S3", "truncated"), ("S3", "garbage"), ("CLOUDWATCH", "truncated"), ("CLOUDWATCH", "garbage")}
# Each call gets some of the keys, and the next one requests the rest.
HARMLESS |= {("BatchGetItem", "partial")}


class Model:
    """Follows a path as specified."""

    def __init__(self, cell: Cell, events: dict[str, dict]) -> None:
        self.aws = _Calls(cell)
        self.events = events
        self.expected = Expected()
        self.lost_pages = 0
        # What has been done at the sweep's end. If that failed, the lease says that nothing needs to be read again.
        self.is_read = False
        self.told: set[str] = set()
        self.is_counted = False
        # How many violations a sweep has closed as compliant.
        self.closed = 0
        # How many objects of batches it has tried to write.
        self.batches = 0

    def check(self, names: list[str], *, settled: bool) -> set[str]:
        """Checks instances in one invocation, and returns those that fail; the young one may be past its grace period."""
        result = self.expected
        is_recalled, _ = self.aws.call("BatchGetItem")
        if not self.aws.call("EC2")[0]:
            return set(names)
        young = [name for name in names if name == "young" and not settled]
        if self.aws.cell.path == "batch":
            lost = [] if self._record_batch(names) else names
        else:
            events = {name: self.events[name] for name in names}
            lost = [
                name
                for name, event in events.items()
                if not self._record(audit_key(event["detail"]["instance-id"], event, provisional=name in young))
            ]
        # There is a record whatever the table answers.
        failed = set() if is_recalled else set(names)
        for name in names:
            if is_recalled and name != "compliant" and name not in young and name not in result.remembered:
                is_stored, copies = self.aws.call("Item")
                failed |= set() if is_stored else {name}
                result.remembered |= {name: "open"} if copies else {}
        unsent, messages = self.aws.batch("SQS", young)
        result.delayed += messages.total()
        failed |= unsent
        counted = [name for name in names if name not in failed and name not in young]
        if counted:
            by_logs = self.aws.cell.metrics == "logs"
            is_good, copies = (True, 1) if by_logs else self.aws.call("CLOUDWATCH")
            for name in counted:
                result.counts["compliant" if name == "compliant" else "non-compliant"] += copies
            if not is_good:
                failed |= set(counted)
        # If S3 is at fault, CloudWatch is not.
        result.counts["unwritten"] += len([name for name in lost if name not in failed])
        return failed

    def _record(self, key: str) -> bool:
        """Adds a record to the log; returns whether S3 confirmed it."""
        result = self.expected
        is_new = self.aws.create(result.objects, key)
        if is_new is False:
            # The key of this very look.
            later: set[str] = set()
            is_new = self.aws.create(later, key)
            result.later[key] += len(later)
        result.unwritten += is_new is None
        return is_new is not None

    def _record_batch(self, names: list[str]) -> bool:
        """Adds one object, which is none that was there: it holds the times of the looks."""
        self.batches += 1
        is_new = self.aws.create(self.expected.objects, f"{content(names)} #{self.batches}")
        self.expected.unwritten += is_new is None
        return is_new is not None

    def single(self) -> Expected:
        """One event at a time, asynchronously."""
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
        """A batch from a queue, in which garbage fails alone."""
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
        """Copies of a message in one batch are checked once; each copy that fails is a dead letter."""
        copies = self.expected.delayed
        while copies > 0:
            batch = min(copies, DELAYED_BATCH)
            copies -= batch
            before = self.expected.dead["young"]
            self._receive(["young"], settled=True)
            self.expected.dead["young"] += (batch - 1) * (self.expected.dead["young"] - before)
        self.expected.dead = +self.expected.dead

    def sweep(self, pages: Iterable[int], counts: Counter[str]) -> Expected:
        """A sweep of these pages, which continues in another invocation if SQS should fail."""
        result, pages = self.expected, list(pages)
        # Hanging records leave no time for the second half.
        hangs = (self.aws.cell.service, self.aws.cell.name) == ("S3", "hang")
        hands_over = self.aws.cell.service == "SQS" or hangs
        first = pages[: len(pages) // 2] if hands_over else pages
        for _ in range(TRIES):
            if self.aws.cell.service == "SQS" and result.outcomes:
                # The lease says which half is done, and EC2 still refuses the other one.
                result.outcomes.append("AwsCallFailed")
                continue
            if not self.is_read:
                self.lost_pages = 0
            is_good = self._claim() and (self.is_read or self._pages(first))
            if is_good and hands_over:
                failed, messages = self.aws.batch("SQS", ["sweep"])
                result.delayed += messages.total()
                is_good = not failed
            elif is_good:
                is_good = self._finish({"open": counts["nonCompliant"]}, counts["checked"])
            result.outcomes.append("answer" if is_good else self.aws.error)
            if is_good:
                break
        else:
            result.dead["sweep"] += 1
        for _ in range(result.delayed):
            if self.aws.cell.service != "SQS" or not result.alerts:
                # A copy of the continuation's message is refused.
                self._pages(pages[len(pages) // 2 :])
                self._finish({"open": counts["nonCompliant"]}, counts["checked"])
            result.outcomes.append("answer")
        return result

    def reconcile(self) -> Expected:
        """A sweep of one page: one violation is new, one has been open for long, one is resolved, and one instance is gone."""
        result, aws = self.expected, self.aws
        result.remembered = dict.fromkeys(("compliant", "other", "gone"), "open")
        for _ in range(TRIES):
            state = self._reconcile(is_read=False, closed=0)
            result.outcomes.append("answer" if state else aws.error)
            if state:
                break
        else:
            result.dead["sweep"] += 1
        if aws.cell.name == "hang":
            # It would be left to another invocation forever, so it ends here.
            aws.left = 0
        if state == "left":
            result.delayed += 1
            self._reconcile(is_read=aws.cell.service == "S3", closed=self.closed)
            result.outcomes.append("answer")
        for _ in range(result.messages_of_suspects):
            self._look_again()
        result.delayed += result.messages_of_suspects
        return result

    def _reconcile(self, *, is_read: bool, closed: int) -> str:
        """One invocation: `done`, `left` to another, or nothing if it fails."""
        if self.is_read:
            return "done" if self._claim() and self._finish_reconciled() else ""
        self.closed = closed
        if not (self._claim() and (is_read or self.aws.call("EC2")[0])):
            return ""
        if not self.aws.call("Query")[0]:
            return "left" if self.aws.cell.name == "hang" else ""
        if not is_read:
            self.lost_pages = 0
            is_recorded = self._record(f"{sweep_prefix(self.events['sweep'])}1.jsonl")
            self.lost_pages = int(not is_recorded)
            differing = {"compliant": "closed"} if self.expected.remembered["compliant"] == "open" else {}
            if "non-compliant" not in self.expected.remembered:
                differing["non-compliant"] = "suspect"
            if (state := self._remember(differing)) != "done":
                return state
            if not is_recorded and self.aws.cell.name == "hang":
                return "left"
        if self.expected.remembered["gone"] == "open":
            # EC2's fault has shown itself before.
            if (state := self._remember({"gone": "closed"})) != "done":
                return state
        return "done" if self._finish_reconciled() else ""

    def _remember(self, differing: dict[str, str]) -> str:
        if differing and not self.aws.call("BatchGetItem")[0]:
            return ""
        stored = []
        for name, state in differing.items():
            is_new = self.aws.update("Item", lambda name=name, state=state: self._change(name, state), of=name)
            self.closed += name == "compliant" and bool(is_new)
            stored.append(is_new is not None)
        return "done" if all(stored) else "left" if self.aws.cell.name == "hang" else ""

    def _change(self, name: str, state: str) -> bool:
        is_new = self.expected.remembered.get(name) != state
        self.expected.remembered[name] = state
        return is_new

    def _finish_reconciled(self) -> bool:
        failed, messages = self.aws.batch("SQS", ["suspects"])
        self.expected.messages_of_suspects += messages.total()
        self.is_read |= bool(failed)
        return not failed and self._finish({"open": 1, "compliant": self.closed}, CHECKED)

    def _look_again(self) -> None:
        """It comes back too early for all of them, since no time passes here."""
        for _ in range(RECEIVES):
            self.expected.outcomes.append("answer")
            if self.aws.call("Scan")[0]:
                return
        self.expected.dead["Suspects Due"] += 1

    def _claim(self) -> bool:
        """Reads which policy is in force, and takes the lease; if an answer was lost, the item shows that the lease is this sweep's."""
        return all(self.aws.call(service)[0] for service in ("BatchGetItem", "GetItem", "Lease"))

    def _pages(self, pages: list[int]) -> bool:
        is_good, _ = self.aws.call("EC2")
        for page in pages if is_good else ():
            self.lost_pages += not self._record(f"{sweep_prefix(self.events['sweep'])}{page}.jsonl")
        return is_good

    def _finish(self, counts: dict[str, int], checked: int) -> bool:
        """Tells of the sweep by each voice that has not, counts, ends the lease, and then tells what is overdue."""
        told, is_counted = self._tell_of_sweep(), self.is_counted
        if "SNS" in told and not is_counted:
            is_counted, copies = self.aws.call("CLOUDWATCH")
            self.expected.counts += Counter({name: count * copies for name, count in counts.items()})
            # S3 takes all pages or none.
            self.expected.counts["unwritten"] += checked * bool(self.lost_pages)
        if told != VOICES or not is_counted:
            self.is_read, self.told, self.is_counted = True, told, is_counted
            return False
        return self.aws.call("LeaseEnd")[0] and self.aws.call("Scan")[0]

    def _tell_of_sweep(self) -> set[str]:
        """The voices that have told of it then."""
        told = set(self.told)
        if "SNS" not in told and self.aws.call("Pace")[0]:
            failed, digests = self.aws.batch("SNS", ["sweep"])
            self.expected.alerts += digests
            told |= set() if failed else {"SNS"}
        if "EVENTBRIDGE" not in told:
            is_put, events = self.aws.put(["digest", "sweep completed"])
            self.expected.published += events
            told |= {"EVENTBRIDGE"} if is_put else set()
        return told


class TellingModel:
    """How a violation in the table is alerted."""

    def __init__(self, cell: Cell) -> None:
        self.aws = _Calls(cell)
        self.expected = Expected(remembered={"non-compliant": "open"})
        self.is_due = True
        # Whether the group's interval is running, and a message will bring it back; SQS is only called for that.
        self.is_claimed = cell.service == "SQS"
        self.is_awaited = False
        # The voices that have told it, and whether that was stored while the other had not.
        self.told: set[str] = set()
        self.is_half_told = False

    def wake(self) -> Expected:
        """The stream delivers the same record until it is handled."""
        for _ in range(TRIES):
            is_good = self._tell()
            self.expected.outcomes.append("answer" if is_good else self.aws.error)
            if is_good:
                break
        while is_good and self.is_half_told:
            # That write is a record of the stream, too.
            self.is_half_told = False
            is_good = self._tell()
            self.expected.outcomes.append("answer" if is_good else self.aws.error)
        self._recover(is_good)
        return self.expected

    def group(self) -> Expected:
        """A message in the delay queue, which is redriven if it becomes a dead letter."""
        for _ in range(RECEIVES):
            is_good = self.aws.call("Query")[0] and self._tell()
            self.expected.outcomes.append("answer")
            if is_good:
                break
        self.expected.dead += Counter(group=int(not is_good))
        self._recover(is_good)
        return self.expected

    def suspects(self) -> Expected:
        """What a sweep found and no event opened is opened, counted and alerted in the end."""
        result = self.expected
        self.is_suspect = True
        for _ in range(RECEIVES):
            is_good = self._open_missed()
            result.outcomes.append("answer")
            if is_good:
                break
        result.dead["Suspects Due"] += not is_good
        result.dead = +result.dead
        result.is_due = True
        self.aws.left = 0
        if not is_good:
            self._open_missed()
            result.outcomes.append("answer")
        result.outcomes.append("answer")
        result.alerts["non-compliant"] += 1
        result.published += Counter({"opened": 1, "message": 1})
        return result

    def _open_missed(self) -> bool:
        if not self.aws.call("Scan")[0]:
            return False
        if not self.is_suspect:
            return True
        if not (self.aws.call("BatchGetItem")[0] and self.aws.call("EC2")[0]):
            return False
        is_opened = self.aws.update("Item", self._open)
        if not is_opened:
            # A write whose answer was lost is there, and nobody knows who wrote it.
            return is_opened is not None
        is_good, copies = self.aws.call("CLOUDWATCH")
        self.expected.counts += Counter({"missed": copies, "non-compliant": copies})
        return is_good

    def _open(self) -> bool:
        was_suspect, self.is_suspect = self.is_suspect, False
        return was_suspect

    def _recover(self, is_handled: bool) -> None:
        """First the fault ends, then the interval."""
        self.expected.is_due = self.is_due
        self.aws.left = 0
        if not is_handled:
            self._tell()
            self.expected.outcomes.append("answer")
        self.is_claimed = False
        if self.expected.delayed:
            self._tell()
        self.expected.outcomes += ["answer"] * -(-self.expected.delayed // DELAYED_BATCH)

    def _tell(self) -> bool:
        """Looks again, claims the group, and publishes; returns whether the invocation succeeds."""
        if not self.aws.call("BatchGetItem")[0]:
            return False
        if not self.is_due:
            return True
        if not self.aws.call("EC2")[0]:
            return False
        is_claimed = self.aws.update("Group", self._claim)
        if is_claimed is None:
            return False
        if not is_claimed:
            return self._bring_back()
        if not self._publish():
            self.is_claimed = False
            return False
        # A mail that was not sent gives the group free; what one voice owes comes back by the delay queue.
        self.is_claimed = "SNS" in self.told
        return self.told == VOICES or self._bring_back()

    def _claim(self) -> bool:
        is_free, self.is_claimed = not self.is_claimed, True
        return is_free

    def _publish(self) -> bool:
        """Tells it by each voice that has not, the topic at the common pace, and stores which ones have. Returns whether that
        was stored: no fault takes both voices."""
        told = set()
        if "SNS" not in self.told and self.aws.call("Pace")[0]:
            failed, alerts = self.aws.batch("SNS", ["non-compliant"])
            self.expected.alerts += alerts
            told |= set() if failed else {"SNS"}
        if "EVENTBRIDGE" not in self.told and self._put():
            told.add("EVENTBRIDGE")
        return not told or self.aws.update("Item", lambda: self._is_told(told)) is not None

    def _put(self) -> bool:
        """Puts the event for machines, and then the message to people."""
        if (self.aws.cell.service, self.aws.cell.kind) == ("EVENTBRIDGE", "hang") and self.aws.left > 0:
            # It is given up before the SDK would try again: the topic's share of the time is not the bus's.
            self.aws.left -= 1
            return False
        for event in ("opened", "message"):
            is_put, events = self.aws.put([event])
            self.expected.published += events
            if not is_put:
                return False
        return True

    def _is_told(self, told: set[str]) -> bool:
        self.told |= told
        self.is_due = self.told != VOICES
        self.is_half_told |= self.is_due
        return True

    def _bring_back(self) -> bool:
        """One message brings the group back when its interval is over."""
        if self.is_awaited:
            return True
        failed, messages = self.aws.batch("SQS", ["group"])
        self.expected.delayed += messages.total()
        self.is_awaited = not failed
        return not failed
