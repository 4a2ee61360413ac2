"""The stub's record of calls, for tests."""

from __future__ import annotations

import datetime
import json
import re
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from .faults import Fired

_ID = re.compile(r"\bi-[0-9a-f]{17}\b")


@dataclass
class Call:
    """A call, and what came of it: `done`, `refused` (the request was wrong), `condition` (which did not hold), or the
    kind of the fault.
    """

    service: str
    operation: str
    # Seconds since the epoch.
    began: float
    outcome: str = "under way"
    # The number of entries or instances in it.
    size: int = 0


@dataclass(frozen=True)
class Alert:
    """A message to the topic."""

    subject: str
    message: str
    attributes: dict[str, str]
    # Seconds since the epoch.
    at: float

    @property
    def told(self) -> set[str]:
        """The instances in an alert; a digest is about the fleet."""
        return set() if self.message.startswith("EC2 Tag Compliance Sweep\n") else set(_ID.findall(self.message))


@dataclass(frozen=True)
class Published:
    """An event on the bus."""

    source: str
    detail_type: str
    detail: dict[str, Any]
    resources: tuple[str, ...]
    # Seconds since the epoch.
    at: float


@dataclass(frozen=True)
class Metric:
    """A datum of a metric."""

    namespace: str
    name: str
    value: float
    timestamp: datetime.datetime


@dataclass(frozen=True)
class Delayed:
    """A message to the delay queue."""

    body: str
    # Seconds.
    delay: int


@dataclass
class Record:
    """Everything that the stub received."""

    objects: dict[str, bytes] = field(default_factory=dict)
    alerts: list[Alert] = field(default_factory=list)
    published: list[Published] = field(default_factory=list)
    metrics: list[Metric] = field(default_factory=list)
    delayed: list[Delayed] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    fired: list[Fired] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def metric_sums(self) -> dict[str, float]:
        """The sum of each metric by name."""
        sums: Counter[str] = Counter()
        for metric in self.metrics:
            sums[metric.name] += metric.value
        return dict(sums)

    def calls_of(self, service: str) -> list[Call]:
        """The calls of a service."""
        return [call for call in self.calls if call.service == service]

    def audit_records(self) -> dict[str, list[dict]]:
        """The records of the audit log by key; an object that is not whole fails."""
        return {key: records(key, body) for key, body in self.objects.items()}

    def summary(self) -> dict[str, object]:
        """A summary in numbers."""
        return {
            "calls": dict(Counter(f"{call.service}:{call.operation}:{call.outcome}" for call in self.calls)),
            "objects": len(self.objects),
            "alerts": len(self.alerts),
            "events": len(self.published),
            "metrics": self.metric_sums(),
            "delayed": len(self.delayed),
            "faults": dict(Counter(f"{fired.service}:{fired.kind}" for fired in self.fired)),
        }


def records(key: str, body: bytes) -> list[dict]:
    """The audit records of an object."""
    text = body.decode()
    if not key.endswith(".jsonl"):
        return [json.loads(text)]
    if not text.endswith("\n"):
        raise ValueError(f"{key} ends within a line")
    # Tags may hold U+2028 and other characters at which splitlines() would split, too.
    return [json.loads(line) for line in text.removesuffix("\n").split("\n")]
