"""The roles of terraform/github against the escalation tree, and against what an apply and a destroy really need."""

from __future__ import annotations

import copy
import json
import unittest
from collections.abc import Iterator
from typing import Any

from dev.authorization import Account, Step, steps

from .role import BOUNDARY, FUNCTION, NUMBER, PARTITION, REGION, STEPS, Role, roles, simulate
from .role_tree import TREE, Try


def real() -> list[Try]:
    """Each step of an apply and of a destroy, of which the apply's role may take both and the janitor's the second."""
    listed = json.loads(STEPS.read_text(encoding="utf-8"))
    phases = (("apply", "apply"), ("apply", "destroy"), ("janitor", "destroy"))
    return [Try(role, phase, Step(*json.loads(line)), allowed=True) for role, phase in phases for line in listed[phase]]


def outcomes(tries: list[Try], changed: dict[str, Role] | None = None) -> list[bool]:
    """Whether each is allowed, by the roles as they are or as they were changed."""
    there = changed or roles()
    return [answer["allowed"] for answer in simulate([(there[one.role], one.step) for one in tries])]


def without_one_condition() -> Iterator[tuple[str, dict[str, Role]]]:
    """The roles, each time without one key of one condition of one statement."""
    for name, role in roles().items():
        for kind in ("policies", "boundary"):
            for policy, document in role[kind].items():
                for index, statement in enumerate(document["Statement"]):
                    for operator, keys in statement.get("Condition", {}).items():
                        for key in keys:
                            changed = copy.deepcopy(roles())
                            condition = changed[name][kind][policy]["Statement"][index]["Condition"]
                            del condition[operator][key]
                            yield f"{name}: {statement['Sid']} without {operator} {key}", changed


def without_one_denial() -> Iterator[tuple[str, dict[str, Role]]]:
    """The roles, each time without one statement that denies."""
    for name, role in roles().items():
        for kind in ("policies", "boundary"):
            for policy, document in role[kind].items():
                for index, statement in enumerate(document["Statement"]):
                    if statement["Effect"] == "Deny":
                        changed = copy.deepcopy(roles())
                        del changed[name][kind][policy]["Statement"][index]
                        yield f"{name}: without {statement['Sid']}", changed


class RoleTest(unittest.TestCase):
    maxDiff = None

    def test_each_step_of_the_tree_is_answered_as_it_says(self) -> None:
        wrong = [one for one, got in zip(TREE, outcomes(TREE), strict=True) if got != one.allowed]
        self.assertEqual(wrong, [])

    def test_each_step_of_an_apply_and_of_a_destroy_is_allowed(self) -> None:
        tries = real()
        self.assertGreater(len(tries), 250)
        missing = [one for one, got in zip(tries, outcomes(tries), strict=True) if not got]
        self.assertEqual(missing, [])

    def test_every_step_is_one_that_aws_knows(self) -> None:
        tries = [*TREE, *real()]
        answers = simulate([(roles()[one.role], one.step) for one in tries])
        problems = {(one.step.action, *answer["problems"]) for one, answer in zip(tries, answers, strict=True) if answer["problems"]}
        self.assertEqual(problems, set())

    def test_no_condition_and_no_denial_is_without_effect(self) -> None:
        cases = [*without_one_condition(), *without_one_denial()]
        self.assertGreater(len(cases), 30)
        questions: list[tuple[Role, Step]] = []
        for _, changed in cases:
            questions += [(changed[one.role], one.step) for one in TREE]
        answers = [answer["allowed"] for answer in simulate(questions)]
        expected = [one.allowed for one in TREE]
        idle = [case for index, (case, _) in enumerate(cases) if answers[index * len(TREE) :][: len(TREE)] == expected]
        self.assertEqual(idle, [])

    def test_no_statement_of_the_janitor_is_without_use(self) -> None:
        tries = [one for one in real() if one.role == "janitor"]
        listing = {"List", "ListStates", "UseStates"}
        idle = []
        for policy, document in roles()["janitor"]["policies"].items():
            for index, statement in enumerate(document["Statement"]):
                changed = copy.deepcopy(roles())
                del changed["janitor"]["policies"][policy]["Statement"][index]
                if statement["Sid"] not in listing and all(outcomes(tries, changed)):
                    idle.append(statement["Sid"])
        self.assertEqual(idle, [])


class StepsTest(unittest.TestCase):
    """How a call becomes steps, where the recording of an environment has no such call."""

    account = Account(PARTITION, REGION, NUMBER, BOUNDARY, FUNCTION)

    def asked(self, service: str, operation: str, **given: Any) -> list[Step]:
        return list(steps(service, operation, given, self.account))

    def test_who_asks_for_its_identity_needs_no_right(self) -> None:
        self.assertEqual(self.asked("sts", "GetCallerIdentity"), [])

    def test_actions_of_all_three_states_of_an_alarm_count(self) -> None:
        [step] = self.asked("cloudwatch", "PutMetricAlarm", AlarmName="one", AlarmActions=["a"], OKActions=["b"], InsufficientDataActions=["c"])
        self.assertEqual(step.keys, {"cloudwatch:AlarmActions": ["a", "c", "b"]})

    def test_each_object_is_deleted_by_a_right_of_its_own(self) -> None:
        [step] = self.asked("s3", "DeleteObjects", Bucket="logs", Delete={"Objects": [{"Key": "scans/one"}]})
        self.assertEqual(step.resource, f"arn:{PARTITION}:s3:::logs/scans/one")


if __name__ == "__main__":
    unittest.main()
