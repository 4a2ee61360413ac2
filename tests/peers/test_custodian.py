"""Whom our program flags, and whom Cloud Custodian does: the same instances, but for what is different by design."""

from __future__ import annotations

import datetime
import itertools
import json
import random
import unittest
from concurrent.futures import ThreadPoolExecutor

from function.storm_events import seed_of_tests
from function.stub.fleet import Instance

from . import draw, fleets
from .conditions import is_younger_than
from .differences import DIFFERENCES, Difference, apart
from .engines import Fleet, Program, custodian_flags
from .rules import AT, COMMON_KEY, Builder, Rule, Tags, optional, where

CASES = 1_000
FLEET = 10
SCANS_AT_A_TIME = 2

OWNER = Builder("Owner")
ANY_CASE = Builder("Owner", ignore_key_case=True)
TODAY = AT.date().isoformat()
# Of each difference, a rule and the tags with which it shows.
EXAMPLES: dict[str, tuple[Rule, Tags]] = {
    "blank values": (OWNER.present("absent"), {"Owner": "\u200b"}),
    "whole values": (OWNER.matching("prod", (), anchored=False), {"Owner": "prod-2"}),
    "last newline": (OWNER.matching("prod", (), anchored=True), {"Owner": "prod\n"}),
    "ASCII classes": (OWNER.matching(r"\d+", (), anchored=True), {"Owner": "١٢"}),
    "Turkish i": (OWNER.matching("api", (), anchored=True, ignore_case=True), {"Owner": "AP\u0130"}),
    "space around": (OWNER.allowed_in_any_case(("prod",)), {"Owner": " Prod"}),
    "final sigma": (OWNER.allowed_in_any_case(("οδος",)), {"Owner": "ΟΔΟΣ"}),
    "spellings": (ANY_CASE.allowed(("web",)), {"OWNER": "?", "Owner": "web"}),
    "words": (OWNER.equal("present"), {"Owner": "present"}),
    "not null": (OWNER.forbidden("not-null"), {"Owner": ""}),
    "whole days": (OWNER.day(not_past=True, days_ahead=None, good=()), {"Owner": TODAY}),
    "one notation of days": (OWNER.day(not_past=False, days_ahead=9, good=()), {"Owner": TODAY.replace("-", "/")}),
    "no number": (OWNER.number(most=9), {"Owner": "many"}),
    "one notation of numbers": (OWNER.number(least=9), {"Owner": "1e3"}),
    "restarts": (where(is_younger_than(60)), {}),
    "blanks around": (OWNER.none_of(("nobody",)), {"Owner": "nobody "}),
    "case of an optional key": (optional(OWNER.present()), {"OWNER": "web"}),
}
# It was stopped and started a minute ago.
LAUNCHED, STARTED = AT - datetime.timedelta(hours=2), AT - datetime.timedelta(minutes=1)


def example(difference: Difference) -> tuple[Rule, Fleet]:
    """The rule, and the one instance with which a difference shows."""
    rule, tags = EXAMPLES[difference.name]
    return rule, [Instance({COMMON_KEY: "node"} | tags, launched=STARTED, attached=LAUNCHED)]


class CustodianTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.program = cls.enterClassContext(Program())

    def test_each_difference_is_there(self) -> None:
        self.assertEqual(list(EXAMPLES), [difference.name for difference in DIFFERENCES])
        questions = []
        for difference in DIFFERENCES:
            rule, fleet = example(difference)
            questions += [(rule, fleet), apart(rule, fleet), apart(rule, fleet, but=difference)]
        answers = iter(custodian_flags(questions))
        for difference, theirs, without, with_it_alone in zip(DIFFERENCES, answers, answers, answers, strict=True):
            with self.subTest(difference.name):
                ours = self.program.flags(*example(difference))
                self.assertNotEqual(theirs, ours, "they differ")
                self.assertEqual(without, ours, "and would not without it")
                self.assertNotEqual(with_it_alone, ours, "and no other difference is in this example")

    def test_a_thousand_rules_flag_whom_cloud_custodian_flags(self) -> None:
        seed = seed_of_tests()
        dice = random.Random(seed)
        cases = [(rule, fleets.fleet(dice, rule, FLEET)) for rule in (draw.rule(dice) for _ in range(CASES))]
        with ThreadPoolExecutor(SCANS_AT_A_TIME) as executor:
            ours = list(executor.map(lambda case: self.program.flags(*case), cases))
        questions = [cases, [apart(*case) for case in cases]]
        questions += ([apart(*case, but=difference) for case in cases] for difference in DIFFERENCES)
        answers = custodian_flags(itertools.chain.from_iterable(questions))
        begins = range(0, len(answers), CASES)
        as_written, with_all_apart, *with_one_left = (answers[begin : begin + CASES] for begin in begins)
        for (rule, fleet), flagged, theirs in zip(cases, ours, with_all_apart, strict=True):
            for place in flagged ^ theirs:
                self.fail(
                    f"seed {seed}: {'only we flag' if place in flagged else 'only they flag'} {fleet[place]}\n"
                    f"ours: {json.dumps(rule.policy, ensure_ascii=False)}\n"
                    f"theirs: {json.dumps(rule.filters, ensure_ascii=False)}"
                )

        def apart_in(answers: list[set[int]]) -> int:
            return sum(len(flagged ^ theirs) for flagged, theirs in zip(ours, answers, strict=True))

        seen = f"{CASES * FLEET} instances, {sum(map(len, ours))} violations"
        print(f"{CASES} cases held against Cloud Custodian: seed {seed}, {seen}")
        left_in = zip(DIFFERENCES, with_one_left, strict=True)
        by_design = (f"{difference.name} {apart_in(answers)}" for difference, answers in left_in)
        print(f"{apart_in(as_written)} differ by design: {', '.join(by_design)}")


if __name__ == "__main__":
    unittest.main()
