"""How sweeps end in a cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ..model import sweep_prefix
from .cells import VOICES, Cell
from .checks import RECEIVES, TRIES, Checks
from .expected import Expected

# The instances of the one page, each of which has a record.
CHECKED = 4


class Sweeps(Checks):
    """Follows a sweep as specified."""

    def __init__(self, cell: Cell, events: dict[str, dict]) -> None:
        super().__init__(cell, events)
        self.lost_pages = 0
        # What has been done at the end. If that failed, the lease says that nothing needs to be read again.
        self.is_read = False
        self.told: set[str] = set()
        self.is_counted = False
        # How many violations it has closed as compliant.
        self.closed = 0

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
            is_recorded = self.record(f"{sweep_prefix(self.events['sweep'])}1.jsonl")
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
            self.lost_pages += not self.record(f"{sweep_prefix(self.events['sweep'])}{page}.jsonl")
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
