"""How events are checked in a cell.

An asynchronous event is invoked three times, a message is received five times.
"""

from __future__ import annotations

from collections import Counter

from ..model import audit_key
from .calls import Calls
from .cells import Cell
from .expected import Expected, content

TRIES = 3
RECEIVES = 5
DELAYED_BATCH = 10


class Checks:
    """Follows a path of checks as specified."""

    def __init__(self, cell: Cell, events: dict[str, dict]) -> None:
        self.aws = Calls(cell)
        self.events = events
        self.expected = Expected()
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
                if not self.record(audit_key(event["detail"]["instance-id"], event, provisional=name in young))
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

    def record(self, key: str) -> bool:
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
