"""Work that is carried out when it is due, on a fixed number of threads."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

logger = logging.getLogger("standin.due")

T = TypeVar("T")


class DueQueue(Generic[T]):
    """Items, each handed to ``carry_out`` when it is due; of two due at once, the one submitted first comes first."""

    def __init__(self, workers: int, carry_out: Callable[[T], None], name: str) -> None:
        self._workers = workers
        self._carry_out = carry_out
        self._name = name
        self._due: list[tuple[float, int, T]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._started = False

    def submit(self, item: T, delay: float = 0.0) -> None:
        """Accept an item that is due in ``delay`` seconds."""
        with self._changed:
            heapq.heappush(self._due, (time.monotonic() + delay, next(self._order), item))
            if not self._started:
                self._started = True
                for number in range(self._workers):
                    threading.Thread(target=self._work, daemon=True, name=f"{self._name}-{number}").start()
            self._changed.notify()

    def clear(self) -> None:
        """Forget every item that waits."""
        with self._changed:
            self._due.clear()

    def _next(self) -> T:
        with self._changed:
            while True:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._due)[2]
                self._changed.wait(wait)

    def _work(self) -> None:
        while True:
            item = self._next()
            try:
                self._carry_out(item)
            except Exception:
                logger.exception("%s: %r was lost", self._name, item)
