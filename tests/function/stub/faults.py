"""Faults, their timing, and a record of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal[
    "throttle",  # the service's own throttling error
    "error",  # HTTP 500
    "denied",  # the service's own access-denied error
    "reset",  # the connection is reset before the work is done
    "hang",  # the request is read and never answered
    "truncated",  # the work is done; half of the answer arrives, as if it were complete
    "garbage",  # the work is done; the answer is garbage
    "cut",  # the work is done; the connection breaks in the middle of the answer
    "lost",  # the work is done; the connection is reset before the answer
    "kill",  # the caller's process is killed before the work is done
    "kill-done",  # the work is done; the caller's process is killed before the answer
    "partial",  # some entries of a batch fail by the service's fault; some keys of a batch are left unprocessed
    "partial-sender",  # some entries of a batch fail by the sender's fault
]
KINDS: tuple[str, ...] = Kind.__args__
# With these kinds, the caller cannot know that the work was done.
WORK_IS_DONE = frozenset({"truncated", "garbage", "cut", "lost", "kill-done"})


@dataclass
class Fault:
    """A fault.

    It happens in `times` calls (None: forever) after `after` good ones, counting only the calls that match `where`.
    """

    kind: Kind
    times: int | None = None
    after: int = 0
    # Which entries of a batch fail, by their position.
    entries: tuple[int, ...] = (0,)
    # Which calls it may happen in, by the operation's name and the request's content.
    where: Callable[[str], bool] | None = None
    seen: int = field(default=0, init=False)


@dataclass(frozen=True)
class Fired:
    """A fault that happened."""

    service: str
    kind: str
    # Seconds since the epoch.
    at: float


@dataclass
class FaultPlan:
    """The faults of one service, and those that happened."""

    service: str
    fired: list[Fired]
    faults: list[Fault] = field(default_factory=list)

    def next(self, text: str) -> Fault | None:
        """The fault of a call whose request holds this text, if it has one."""
        for fault in self.faults:
            if fault.where is not None and not fault.where(text):
                continue
            fault.seen += 1
            number = fault.seen - fault.after
            if number > 0 and (fault.times is None or number <= fault.times):
                self.fired.append(Fired(self.service, fault.kind, time.time()))
                return fault
        return None


class Bucket:
    """EC2's request limit for an account and region: a token bucket.

    emptied_for: so many calls find that others have emptied it, however long they take.
    """

    def __init__(self, capacity: float = 100, per_second: float = 20, emptied_for: int = 0) -> None:
        self.emptied_for = emptied_for
        self.capacity = capacity
        self.per_second = per_second
        self.tokens = capacity
        self.filled_at = time.monotonic()
        self.refused = 0

    def take(self) -> bool:
        now = time.monotonic()
        self.tokens = min(self.capacity, self.tokens + (now - self.filled_at) * self.per_second)
        self.filled_at = now
        if self.emptied_for > 0:
            self.emptied_for -= 1
            self.tokens = 0
        if self.tokens < 1:
            self.refused += 1
            return False
        self.tokens -= 1
        return True
