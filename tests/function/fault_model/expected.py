"""The end state that is expected of a cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field


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
