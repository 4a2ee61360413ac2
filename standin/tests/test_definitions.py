"""Definitions of state machines that Step Functions takes and refuses."""

from __future__ import annotations

import json
import unittest
from typing import Any

from botocore.exceptions import ClientError

from standin.definitions import MOST_BYTES, problems_of

from .machines import create_machine
from .support import StandInTest

State = dict[str, Any]

CALL = {"Type": "Task", "Resource": "arn:aws:states:::http:invoke", "Arguments": {"Method": "POST"}}
RETRY = {
    "ErrorEquals": ["States.TaskFailed"],
    "IntervalSeconds": 60,
    "BackoffRate": 1.5,
    "MaxDelaySeconds": 3600,
    "MaxAttempts": 30,
    "JitterStrategy": "FULL",
}
EVERY_ERROR = {"ErrorEquals": ["States.ALL"], "Next": "Failed"}
# Each type of state, and each thing that may come next.
STATES: dict[str, State] = {
    "Set": {"Type": "Pass", "Assign": {"a": 1}, "Output": "{% $states.input %}", "Next": "Pace"},
    "Pace": {"Type": "Wait", "Seconds": "{% $a %}", "Next": "Which?"},
    "Which?": {
        "Type": "Choice",
        "Choices": [{"Condition": "{% $a = 1 %}", "Next": "Call"}, {"Condition": "{% $a = 2 %}", "Next": "Both"}],
        "Default": "Each",
    },
    "Call": {**CALL, "TimeoutSeconds": 60, "Retry": [RETRY], "Catch": [EVERY_ERROR], "Next": "Done"},
    "Both": {
        "Type": "Parallel",
        "Branches": [{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}],
        "Output": "both",
        "Next": "Done",
    },
    "Each": {
        "Type": "Map",
        "Items": "{% [1] %}",
        "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}},
        "End": True,
    },
    "Done": {"Type": "Succeed", "Output": "done"},
    "Failed": {"Type": "Fail", "Error": "e", "Cause": "{% $states.input.Cause %}"},
}


def machine(states: dict[str, State], start: str = "Set", **settings: Any) -> str:
    return json.dumps({"QueryLanguage": "JSONata", "StartAt": start, "States": states, **settings})


def one(state: State) -> str:
    """A machine of one state, and another that its errors lead to."""
    states = {"One": state}
    if any(catcher.get("Next") == "Failed" for catcher in state.get("Catch", [])):
        states["Failed"] = STATES["Failed"]
    return machine(states, "One")


class ProblemsTest(unittest.TestCase):
    def assert_refused(self, definition: str, message: str) -> None:
        problems = problems_of(definition)
        with self.subTest(message=message):
            self.assertEqual(len(problems), 1, problems)
            self.assertIn(message, " at ".join(problems[0]))

    def test_every_type_of_state_in_jsonata(self) -> None:
        self.assertEqual(problems_of(machine(STATES, Comment="c", TimeoutSeconds=90_000)), [])

    def test_jsonpath_has_other_fields(self) -> None:
        states = {
            "Call": {
                "Type": "Task",
                "Resource": "arn:aws:states:::http:invoke",
                "Parameters": {"Method": "POST"},
                "ResultPath": "$.answer",
                "Catch": [{"ErrorEquals": ["States.Timeout"], "ResultPath": None, "Next": "Wait"}],
                "Next": "Which?",
            },
            "Which?": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.a", "NumericEquals": 1, "Next": "Wait"}],
                "Default": "Jsonata",
            },
            "Wait": {"Type": "Wait", "SecondsPath": "$.seconds", "Next": "Jsonata"},
            "Jsonata": {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% 1 %}", "End": True},
        }
        self.assertEqual(problems_of(json.dumps({"StartAt": "Call", "States": states})), [])

    def test_a_machine_that_is_broken_as_a_whole(self) -> None:
        self.assert_refused("{", "not JSON")
        self.assert_refused("[]", "not an object")
        self.assert_refused('{"StartAt": "A"}', "States: expected")
        self.assert_refused(machine({}), "States: expected")
        self.assert_refused(machine(STATES, "Absent"), "StartAt: MISSING_TRANSITION_TARGET: Absent")
        self.assert_refused(machine(STATES, Name="n"), "Field Name is not supported")
        self.assert_refused(machine(STATES, Comment="c" * MOST_BYTES), f"more than {MOST_BYTES} bytes")
        self.assert_refused(machine({**STATES, "Alone": STATES["Done"]}), "State Alone is not reachable")

    def test_a_state_that_is_broken(self) -> None:
        done = {"End": True}
        for state, message in (
            ({"Type": "Sleep"}, "Type: expected one of"),
            ({"Type": "Pass"}, "either Next or End"),
            ({"Type": "Pass", "Next": "One", "End": True}, "either Next or End"),
            ({"Type": "Pass", "Next": "Absent"}, "MISSING_TRANSITION_TARGET: Absent at /States/One"),
            ({"Type": "Pass", "Parameters": {}, **done}, "Field Parameters is not supported in a Pass state of JSONata"),
            ({**CALL, "InputPath": "$", **done}, "Field InputPath is not supported"),
            ({**CALL, "Seconds": 1, **done}, "Field Seconds is not supported in a Task"),
            ({"Type": "Task", **done}, "Resource: expected"),
            ({"Type": "Pass", "QueryLanguage": "JSONPath", **done}, "QueryLanguage JSONPath is not supported"),
            ({"Type": "Wait", **done}, "one of Seconds and Timestamp"),
            ({"Type": "Wait", "Seconds": 1, "Timestamp": "t", **done}, "one of Seconds and Timestamp"),
            ({"Type": "Choice", "Default": "One"}, "Choices: expected at least one"),
            ({"Type": "Choice", "Choices": [{"Condition": "{% true %}"}], "Default": "One"}, "Next: expected"),
            ({"Type": "Choice", "Choices": [{"Variable": "$.a", "Next": "One"}]}, "Condition: expected in JSONata"),
            ({"Type": "Parallel", "Branches": [{}], **done}, "expected an object of states at /States/One/Branches[0]"),
            ({"Type": "Map", "Items": [], "ItemProcessor": {}, **done}, "/States/One/ItemProcessor"),
        ):
            self.assert_refused(one(state), message)
        self.assert_refused(machine({"x" * 81: STATES["Done"]}, "x" * 81), "more than 80 characters")

    def test_a_retrier_that_is_broken(self) -> None:
        for change, message in (
            ({"ErrorEquals": []}, "at least one error"),
            ({"ErrorEquals": ["States.ALL", "States.Timeout"]}, "States.ALL must be alone"),
            ({"IntervalSeconds": 0}, "IntervalSeconds: expected a number from 1"),
            ({"IntervalSeconds": 1.5}, "IntervalSeconds: expected a number from 1"),
            ({"BackoffRate": 0.5}, "BackoffRate: expected a number from 1"),
            ({"MaxAttempts": -1}, "MaxAttempts: expected a number from 0"),
            ({"MaxDelaySeconds": 31_622_400}, "MaxDelaySeconds: expected a number from 1 to 31622399"),
            ({"MaxDelaySeconds": "{% 1 %}"}, "MaxDelaySeconds: expected a number"),
            ({"JitterStrategy": "SOME"}, "JitterStrategy: expected FULL or NONE"),
            ({"MaxDelay": 1}, "Field MaxDelay is not supported at /States/One/Retry[0]"),
        ):
            self.assert_refused(one({**CALL, "Retry": [{**RETRY, **change}], "End": True}), message)
        first = {**RETRY, "ErrorEquals": ["States.ALL"]}
        self.assert_refused(one({**CALL, "Retry": [first, RETRY], "End": True}), "alone, and last at /States/One/Retry[0]")

    def test_a_catcher_that_is_broken(self) -> None:
        for catchers, message in (
            ([{"ErrorEquals": ["States.ALL"]}], "Next: expected at /States/One/Catch[0]"),
            ([{**EVERY_ERROR, "ResultPath": "$"}], "Field ResultPath is not supported in JSONata"),
            ([EVERY_ERROR, {**EVERY_ERROR, "ErrorEquals": ["e"]}], "alone, and last at /States/One/Catch[0]"),
        ):
            self.assert_refused(one({**CALL, "Catch": catchers, "End": True}), message)


class DefinitionsTest(StandInTest):
    def test_a_machine_is_neither_created_nor_changed_with_what_is_refused(self) -> None:
        machines = self.standin.client("stepfunctions")
        broken = machine({"One": {"Type": "Pass"}}, "One")
        arn = create_machine(self.standin, "broken", json.loads(machine(STATES)))
        with self.assertRaisesRegex(ClientError, "InvalidDefinition.*SCHEMA_VALIDATION_FAILED.*at /States/One"):
            create_machine(self.standin, "broken-too", json.loads(broken))
        with self.assertRaisesRegex(ClientError, "InvalidDefinition"):
            machines.update_state_machine(stateMachineArn=arn, definition=broken)
        # Without a definition, the machine keeps its own.
        machines.update_state_machine(stateMachineArn=arn, loggingConfiguration={"level": "OFF"})

    def test_a_definition_can_be_asked_about(self) -> None:
        machines = self.standin.client("stepfunctions")
        self.assertEqual(machines.validate_state_machine_definition(definition=machine(STATES))["result"], "OK")
        told = machines.validate_state_machine_definition(definition=machine({"One": {"Type": "Pass"}}, "One"))
        [diagnostic] = told["diagnostics"]
        self.assertEqual((told["result"], diagnostic["location"]), ("FAIL", "/States/One"))


if __name__ == "__main__":
    unittest.main()
