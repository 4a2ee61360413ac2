"""Cloud Custodian's own cases: their engine says what their tests say, and our program says the same."""

from __future__ import annotations

import unittest
from collections import Counter

from .differences import DIFFERENCES
from .engines import Program, custodian_flags
from .suite import UNSAID, cases


class SuiteTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.program = cls.enterClassContext(Program())

    def test_their_cases_have_the_same_answer_but_for_what_is_different_by_design(self) -> None:
        every = list(cases())
        fleets = [[instance for instance, _ in case.instances] for case in every]
        answers = custodian_flags((case.rule, fleet) for case, fleet in zip(every, fleets, strict=True))
        for case, fleet, theirs in zip(every, fleets, answers, strict=True):
            with self.subTest(case.test, ours=case.rule.policy, theirs=case.rule.filters):
                expected = {place for place, (_, is_flagged) in enumerate(case.instances) if is_flagged}
                self.assertEqual(theirs, expected, "their engine says what their test says")
                differing = set(range(len(fleet))) if case.difference else set()
                self.assertEqual(self.program.flags(case.rule, fleet, later=case.later) ^ theirs, differing)

    def test_every_case_of_theirs_is_counted(self) -> None:
        same, different = Counter[str](), Counter[str]()
        for case in cases():
            if case.difference:
                self.assertIn(case.difference, [difference.name for difference in DIFFERENCES])
            (different if case.difference else same)[case.kind] += len(case.instances)
        self.assertEqual(same, {"days": 18, "numbers": 25, "attributes": 9, "keys": 16, "groups": 16})
        self.assertEqual(different, {"numbers": 5})
        unsaid = Counter[str]()
        for each in UNSAID:
            unsaid[each.kind] += each.cases
        self.assertEqual(unsaid, {"days": 18, "numbers": 18, "attributes": 3, "keys": 2})


if __name__ == "__main__":
    unittest.main()
