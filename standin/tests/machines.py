"""State machines, for tests."""

from __future__ import annotations

import json
from typing import Any

from .roles import Statement, create_role, trust
from .support import StandIn, wait_for


def create_machine(standin: StandIn, name: str, definition: dict[str, Any], *statements: Statement) -> str:
    """Create a state machine whose role has these permissions; return its ARN."""
    arn: str = standin.client("stepfunctions").create_state_machine(
        name=name,
        definition=json.dumps(definition),
        roleArn=create_role(standin, f"{name}-states", trust("states"), *statements),
    )["stateMachineArn"]
    return arn


def ended(standin: StandIn, execution: str) -> dict[str, Any]:
    """An execution, once it has ended."""
    machines = standin.client("stepfunctions")

    def described() -> dict[str, Any] | None:
        answer: dict[str, Any] = machines.describe_execution(executionArn=execution)
        return answer if answer["status"] != "RUNNING" else None

    return wait_for("the end of the execution", described) or {}


def run(standin: StandIn, machine: str, given: Any = None) -> dict[str, Any]:
    """Run a machine to its end."""
    started = standin.client("stepfunctions").start_execution(stateMachineArn=machine, input=json.dumps(given or {}))
    return ended(standin, started["executionArn"])
