"""The context that a caller gives IAM's policy simulator, of which MiniStack takes no notice."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

from ministack.core import iam_evaluator
from ministack.services import iam

_ENTRY = re.compile(r"(ContextEntries\.member\.[0-9]+)\.ContextKeyName")
_given: ContextVar[dict[str, str]] = ContextVar("standin_simulation", default={})


def install() -> None:
    """Wrap both simulations, and the evaluation that they call."""
    for name in ("SimulateCustomPolicy", "SimulatePrincipalPolicy"):
        iam._IAM_HANDLERS[name] = _noting_context(iam._IAM_HANDLERS[name])
    iam_evaluator.evaluate = _in_context(iam_evaluator.evaluate)


def _noting_context(simulate: Callable[[dict], Any]) -> Callable[[dict], Any]:
    def simulate_in_context(parameters: dict) -> Any:
        token = _given.set(_entries(parameters))
        try:
            return simulate(parameters)
        finally:
            _given.reset(token)

    return simulate_in_context


def _entries(parameters: dict) -> dict[str, str]:
    """The value of each key, whose name has no case; of a list, the first."""
    prefixes = [entry.group(1) for entry in map(_ENTRY.fullmatch, parameters) if entry]
    return {
        iam._p(parameters, f"{prefix}.ContextKeyName").lower(): iam._p(parameters, f"{prefix}.ContextKeyValues.member.1")
        for prefix in prefixes
    }


def _in_context(evaluate: Callable[..., Any]) -> Callable[..., Any]:
    def evaluate_in_context(context: Any, *policies: Any) -> Any:
        given = {**context.service_context, **_given.get()}
        return evaluate(replace(context, service_context=given), *policies)

    return evaluate_in_context
