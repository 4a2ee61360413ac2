"""The definition itself: what no execution shows."""

from __future__ import annotations

import json
import re
import unittest
from typing import Any

import jsonata

from .deployed import deployed

HOUR = 3600


class DefinitionTest(unittest.TestCase):
    states: dict[str, dict[str, Any]]

    @classmethod
    def setUpClass(cls) -> None:
        cls.states = json.loads(deployed().definition)["States"]

    def test_the_waits_grow_from_seconds_to_half_an_hour_and_are_a_day_in_all(self) -> None:
        [tries] = re.findall(r"\$tries < (\d+)", json.dumps(self.states["Accepted?"]))
        expression = jsonata.Jsonata.jsonata(self.states["Wait Longer"]["Seconds"][2:-2])
        for random, hours in ((0.0, 16), (0.5, 24), (0.999999, 32)):
            expression.register_lambda("random", lambda random=random: random)
            waits = [expression.evaluate(None, {"tries": number}) for number in range(int(tries))]
            self.assertEqual(waits, sorted(waits))
            self.assertLessEqual(waits[-1], HOUR / 2)
            self.assertAlmostEqual(sum(waits) / HOUR, hours, delta=1)

    def test_no_state_is_a_fail_state_which_could_not_be_redriven(self) -> None:
        self.assertEqual({state["Type"] for state in self.states.values()}, {"Task", "Choice", "Wait", "Succeed"})

    def test_every_call_of_the_table_is_tried_for_half_an_hour(self) -> None:
        for name, state in self.states.items():
            if ":dynamodb:" in state.get("Resource", ""):
                [*others, last] = state["Retry"]
                self.assertEqual(last["ErrorEquals"], ["States.ALL"], name)
                waits = [min(300, 2 * 2**number) for number in range(last["MaxAttempts"])]
                # At random, half of it.
                self.assertGreater(sum(waits) / 2, HOUR / 3, name)
                # A condition that fails is an answer.
                conditional = "ConditionExpression" in state["Arguments"]
                answers = [{"ErrorEquals": ["DynamoDB.ConditionalCheckFailedException"], "MaxAttempts": 0}]
                self.assertEqual(others, answers if conditional else [], name)

    def test_no_request_is_repeated_without_looking_again(self) -> None:
        for name, state in self.states.items():
            if ":http:" in state.get("Resource", ""):
                self.assertNotIn("Retry", state, name)

    def test_reads_are_consistent(self) -> None:
        for name, state in self.states.items():
            if state.get("Resource", "").endswith("getItem"):
                self.assertIs(state["Arguments"]["ConsistentRead"], True, name)


if __name__ == "__main__":
    unittest.main()
