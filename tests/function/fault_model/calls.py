"""How often each call's work is done in a cell.

Each AWS call is tried three times, except after refusals and most unreadable answers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from ..stub.faults import WORK_IS_DONE
from .cells import Cell

ATTEMPTS = 3
# The SDK does not retry these; but EC2's lean answer fails like a broken connection, and is retried.
UNREADABLE = ("truncated", "garbage")
# The bodies of these answers are not read.
HARMLESS = {("S3", "truncated"), ("S3", "garbage"), ("CLOUDWATCH", "truncated"), ("CLOUDWATCH", "garbage")}
# Each call gets some of the keys, and the next one requests the rest.
HARMLESS |= {("BatchGetItem", "partial")}


class Calls:
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
