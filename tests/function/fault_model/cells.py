"""The cells of the fault matrix: every fault of every call on every path."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

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
