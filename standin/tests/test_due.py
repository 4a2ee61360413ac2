"""Work that waits until it is due."""

from __future__ import annotations

import queue
import unittest

from standin.due import DueQueue

from .support import PATIENCE


class DueQueueTest(unittest.TestCase):
    def setUp(self) -> None:
        self.done: queue.Queue[str] = queue.Queue()

    def carry_out(self, item: str) -> None:
        if item == "broken":
            raise ValueError(item)
        self.done.put(item)

    def test_what_is_due_first_comes_first(self) -> None:
        due = DueQueue(1, self.carry_out, "test")
        due.submit("later", 0.02)
        due.submit("sooner", 0.01)
        self.assertEqual([self.done.get(timeout=PATIENCE) for _ in range(2)], ["sooner", "later"])

    def test_what_is_forgotten_never_comes(self) -> None:
        due = DueQueue(1, self.carry_out, "test")
        due.submit("forgotten", 0.01)
        due.clear()
        due.submit("kept", 0.02)
        self.assertEqual(self.done.get(timeout=PATIENCE), "kept")

    def test_one_that_fails_is_lost_and_the_next_comes(self) -> None:
        due = DueQueue(1, self.carry_out, "test")
        with self.assertLogs("standin.due", "ERROR") as logged:
            due.submit("broken")
            due.submit("whole")
            self.assertEqual(self.done.get(timeout=PATIENCE), "whole")
        self.assertIn("broken", logged.output[0])


if __name__ == "__main__":
    unittest.main()
