"""How a violation in the table is alerted in a cell."""

from __future__ import annotations

from collections import Counter

from .calls import Calls
from .cells import VOICES, Cell
from .checks import DELAYED_BATCH, RECEIVES, TRIES
from .expected import Expected


class Telling:
    """How a violation in the table is alerted."""

    def __init__(self, cell: Cell) -> None:
        self.aws = Calls(cell)
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
