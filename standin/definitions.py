"""Definitions of state machines that Step Functions refuses when a machine is created, and MiniStack when it runs or never.

https://states-language.net and https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import stepfunctions

MOST_BYTES = 1_048_576
MOST_NAME = 80
MAX_DELAY_SECONDS = 31_622_400

Response = tuple[int, dict[str, str], Any]
Problem = tuple[str, str]

_TOP = {"Comment", "QueryLanguage", "StartAt", "States", "TimeoutSeconds", "Version"}
_ANY = {"Comment", "QueryLanguage", "Type"}
_NEXT = {"End", "Next"}
_FAILING = {"Catch", "Retry"}
# What a state of each type may have in either query language, and in one of them.
_FIELDS: dict[str, set[str]] = {
    "Choice": {"Assign", "Choices", "Default"},
    "Fail": {"Cause", "Error"},
    "Map": {
        *("Assign", "ItemBatcher", "ItemProcessor", "ItemReader", "ItemSelector", "Iterator", "Label", "MaxConcurrency"),
        *("ResultWriter", "ToleratedFailureCount", "ToleratedFailurePercentage"),
        *_NEXT,
        *_FAILING,
    },
    "Parallel": {"Assign", "Branches", *_NEXT, *_FAILING},
    "Pass": {"Assign", *_NEXT},
    "Succeed": set(),
    "Task": {"Assign", "Credentials", "HeartbeatSeconds", "Resource", "TimeoutSeconds", *_NEXT, *_FAILING},
    "Wait": {"Assign", "Seconds", "Timestamp", *_NEXT},
}
_IN_JSONATA = {
    "Choice": {"Output"},
    "Map": {"Items", "Output"},
    "Parallel": {"Arguments", "Output"},
    "Pass": {"Output"},
    "Succeed": {"Output"},
    "Task": {"Arguments", "Output"},
    "Wait": {"Output"},
}
_PATHS = {"InputPath", "OutputPath"}
_RESULTS = {"Parameters", "ResultPath", "ResultSelector", *_PATHS}
_IN_JSONPATH = {
    "Choice": _PATHS,
    "Fail": {"CausePath", "ErrorPath"},
    "Map": {
        *("ItemsPath", "MaxConcurrencyPath", "ToleratedFailureCountPath", "ToleratedFailurePercentagePath"),
        *_RESULTS,
    },
    "Parallel": _RESULTS,
    "Pass": {"Parameters", "Result", "ResultPath", *_PATHS},
    "Succeed": _PATHS,
    "Task": {"HeartbeatSecondsPath", "TimeoutSecondsPath", *_RESULTS},
    "Wait": {"SecondsPath", "TimestampPath", *_PATHS},
}
_CATCHER = {"Assign", "Comment", "ErrorEquals", "Next"}
_RETRIER = {"BackoffRate", "Comment", "ErrorEquals", "IntervalSeconds", "JitterStrategy", "MaxAttempts", "MaxDelaySeconds"}
# The least and the most of a retrier's numbers.
_NUMBERS = {
    "BackoffRate": (1, float("inf")),
    "IntervalSeconds": (1, 99_999_999),
    "MaxAttempts": (0, 99_999_999),
    "MaxDelaySeconds": (1, MAX_DELAY_SECONDS - 1),
}


def install() -> None:
    """Check a definition wherever one is given."""
    stepfunctions._create_state_machine = _checked(stepfunctions._create_state_machine)
    stepfunctions._update_state_machine = _checked(stepfunctions._update_state_machine)
    stepfunctions._validate_state_machine_definition = _validate


def problems_of(text: str) -> list[Problem]:
    """What is wrong with a definition, and where."""
    if len(text.encode()) > MOST_BYTES:
        return [(f"The definition has more than {MOST_BYTES} bytes", "/")]
    try:
        definition = json.loads(text)
    except ValueError as error:
        return [(f"The definition is not JSON: {error}", "/")]
    if not isinstance(definition, dict):
        return [("The definition is not an object", "/")]
    unknown = [(f"Field {name} is not supported", "/") for name in sorted(set(definition) - _TOP)]
    return unknown + list(_machine(definition, "", str(definition.get("QueryLanguage", "JSONPath"))))


def _checked(change: Callable[[dict], Response]) -> Callable[[dict], Response]:
    def change_checked(data: dict) -> Response:
        problems = problems_of(data["definition"]) if "definition" in data else []
        if not problems:
            return change(data)
        told = ", ".join(f"SCHEMA_VALIDATION_FAILED: {message} at {where}" for message, where in problems)
        return error_response_json("InvalidDefinition", f"Invalid State Machine Definition: '{told}'", 400)

    return change_checked


def _validate(data: dict) -> Response:
    diagnostics = [
        {"severity": "ERROR", "code": "SCHEMA_VALIDATION_FAILED", "message": message, "location": where}
        for message, where in problems_of(data["definition"])
    ]
    return json_response({"result": "FAIL" if diagnostics else "OK", "diagnostics": diagnostics, "truncated": False})


def _machine(definition: dict, where: str, language: str) -> Iterator[Problem]:
    states = definition.get("States")
    if not isinstance(states, dict) or not states:
        yield "States: expected an object of states", where or "/"
        return
    for name, state in states.items():
        place = f"{where}/States/{name}"
        if len(name) > MOST_NAME:
            yield f"The name has more than {MOST_NAME} characters", place
        if not isinstance(state, dict) or state.get("Type") not in _FIELDS:
            yield f"Type: expected one of {', '.join(_FIELDS)}", place
            continue
        yield from _state(state, place, language)
        for target in _targets(state):
            if target not in states:
                yield f"MISSING_TRANSITION_TARGET: {target}", place
    start = definition.get("StartAt")
    if start not in states:
        yield f"StartAt: MISSING_TRANSITION_TARGET: {start}", where or "/"
    else:
        yield from ((f"State {name} is not reachable", where or "/") for name in _unreachable(states, start))


def _state(state: dict, where: str, outer: str) -> Iterator[Problem]:
    kind, language = state["Type"], state.get("QueryLanguage", outer)
    if language not in ("JSONata", "JSONPath") or (outer == "JSONata" and language != outer):
        yield f"QueryLanguage {language} is not supported in a machine of {outer}", where
    own = _IN_JSONATA if language == "JSONata" else _IN_JSONPATH
    for name in sorted(set(state) - _ANY - _FIELDS[kind] - own.get(kind, set())):
        yield f"Field {name} is not supported in a {kind} state of {language}", where
    if _NEXT <= _FIELDS[kind] and ("Next" in state) == (state.get("End") is True):
        yield "Expected either Next or End", where
    if kind == "Task" and "Resource" not in state:
        yield "Resource: expected", where
    if kind == "Wait" and len({"Seconds", "SecondsPath", "Timestamp", "TimestampPath"} & set(state)) != 1:
        yield "Expected one of Seconds and Timestamp", where
    if kind == "Choice":
        yield from _choices(state, where, language)
    for field, check in (("Retry", _retrier), ("Catch", _catcher)):
        entries = state.get(field, [])
        for number, entry in enumerate(entries):
            place = f"{where}/{field}[{number}]"
            yield from _errors(entry, place, is_last=number == len(entries) - 1)
            yield from check(entry, place, language)
    for number, branch in enumerate(state.get("Branches", [])):
        yield from _machine(branch, f"{where}/Branches[{number}]", language)
    for name in ("ItemProcessor", "Iterator"):
        if name in state:
            yield from _machine(state[name], f"{where}/{name}", language)


def _choices(state: dict, where: str, language: str) -> Iterator[Problem]:
    if not state.get("Choices"):
        yield "Choices: expected at least one", where
    for number, rule in enumerate(state.get("Choices", [])):
        place = f"{where}/Choices[{number}]"
        if "Next" not in rule:
            yield "Next: expected", place
        if ("Condition" in rule) != (language == "JSONata"):
            yield "Condition: expected in JSONata, and nowhere else", place


def _errors(entry: dict, where: str, *, is_last: bool) -> Iterator[Problem]:
    errors = entry.get("ErrorEquals")
    if not errors:
        yield "ErrorEquals: expected at least one error", where
    elif "States.ALL" in errors and (len(errors) > 1 or not is_last):
        yield "ErrorEquals: States.ALL must be alone, and last", where


def _retrier(entry: dict, where: str, _language: str) -> Iterator[Problem]:
    yield from ((f"Field {name} is not supported", where) for name in sorted(set(entry) - _RETRIER))
    for name, (least, most) in _NUMBERS.items():
        value = entry.get(name, least)
        if not isinstance(value, int | float) or not least <= value <= most or (value != int(value) and name[0] != "B"):
            yield f"{name}: expected a number from {least} to {most}, got {value!r}", where
    if entry.get("JitterStrategy", "NONE") not in ("FULL", "NONE"):
        yield "JitterStrategy: expected FULL or NONE", where


def _catcher(entry: dict, where: str, language: str) -> Iterator[Problem]:
    known = _CATCHER | ({"Output"} if language == "JSONata" else {"ResultPath"})
    yield from ((f"Field {name} is not supported in {language}", where) for name in sorted(set(entry) - known))
    if "Next" not in entry:
        yield "Next: expected", where


def _targets(state: dict) -> set[str]:
    """The states that may come next."""
    named = [state.get("Next"), state.get("Default")]
    named += [entry.get("Next") for field in ("Choices", "Catch") for entry in state.get(field, [])]
    return {name for name in named if name}


def _unreachable(states: dict, start: str) -> list[str]:
    seen, waiting = {start}, [start]
    while waiting:
        state = states[waiting.pop()]
        found = {name for name in _targets(state) if name in states} - seen if isinstance(state, dict) else set()
        seen |= found
        waiting += found
    return sorted(set(states) - seen)
