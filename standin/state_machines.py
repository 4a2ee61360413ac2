"""Executions of Step Functions: a name is used once, and the machine's role must allow what a task does.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any

import jsonata
from ministack.core.responses import error_response_json, get_account_id, get_region, json_response
from ministack.services import cloudwatch, stepfunctions

from .leading_keys import leading_keys
from .models import check
from .permissions import role_may, service_may_assume

SERVICE = "states.amazonaws.com"
# AWS gives an expression a second; here it shares a process with all other executions.
EVALUATION_MILLISECONDS = 60_000
# Of an execution's input, of a state's output and of the variables that it assigns:
# https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html
MOST_BYTES = 262_144

Response = tuple[int, dict[str, str], Any]

# The role and the machine of the execution that runs a task; empty outside one.
_role: ContextVar[str] = ContextVar("standin_execution_role", default="")
_machine: ContextVar[str] = ContextVar("standin_execution_machine", default="")


def install() -> None:
    """Wrap the start of an execution and its tasks."""
    stepfunctions._create_state_machine = _with_role(stepfunctions._create_state_machine)
    stepfunctions._update_state_machine = _with_role(stepfunctions._update_state_machine)
    stepfunctions._start_execution = _starting(stepfunctions._start_execution)
    stepfunctions._emit_execution_status_event = _counting(stepfunctions._emit_execution_status_event)
    stepfunctions._execute_pass = _within_size(stepfunctions._execute_pass)
    stepfunctions._apply_state_assign = _with_small_variables(stepfunctions._apply_state_assign)
    stepfunctions._execute_task = _under_its_role(stepfunctions._execute_task)
    stepfunctions._invoke_resource = _where_allowed(stepfunctions._invoke_resource)
    jsonata.Jsonata.jsonata = staticmethod(_patient(jsonata.Jsonata.jsonata))


def _patient(compile_expression: Callable[..., Any]) -> Callable[..., Any]:
    def compile_patiently(expression: str, **limits: Any) -> Any:
        return compile_expression(expression, **{**limits, "timeout": EVALUATION_MILLISECONDS})

    return compile_patiently


def may(action: str, resource: str, keys: Mapping[str, Any] | None = None) -> bool:
    """Whether the machine's role may do an action."""
    return role_may(_role.get(), action, resource, keys)


def machine_arn() -> str:
    """The machine whose task runs: the resource of what it does itself, such as calling an endpoint."""
    return _machine.get()


def _with_role(change: Callable[[dict], Response]) -> Callable[[dict], Response]:
    def change_with_role(data: dict) -> Response:
        machine = data.get("stateMachineArn") or _own("states", f"stateMachine:{data.get('name')}")
        role = data.get("roleArn")
        if role and not service_may_assume(role, SERVICE, machine, get_account_id()):
            return error_response_json(
                "AccessDeniedException",
                f"Neither the global service principal {SERVICE}, nor the regional one is authorized to assume the "
                "provided role.",
                400,
            )
        return change(data)

    return change_with_role


def _starting(start: Callable[[dict], Response]) -> Callable[[dict], Response]:
    def start_once(data: dict) -> Response:
        running = _execution(data)
        is_same = running and running["status"] == "RUNNING" and running["input"] == data.get("input", "{}")
        if running and is_same:
            return json_response({"executionArn": running["executionArn"], "startDate": running["startDate"]})
        return start(data)

    return start_once


def _execution(data: dict) -> dict | None:
    machine = stepfunctions._resolve_state_machine_arn(data.get("stateMachineArn", ""))
    if machine is None or not data.get("name"):
        return None
    prefix = machine.replace(":stateMachine:", ":execution:")
    execution: dict | None = stepfunctions._executions.get(f"{prefix}:{data['name']}")
    return execution


def _counting(emit: Callable[[dict], None]) -> Callable[[dict], None]:
    """Count each status change, of which MiniStack emits an event."""

    def emit_and_count(execution: dict) -> None:
        metric = _METRICS[execution["status"]]
        cloudwatch.record_metric("AWS/States", metric, 1, "Count", {"StateMachineArn": execution["stateMachineArn"]})
        emit(execution)

    return emit_and_count


def _under_its_role(execute: Callable[..., Any]) -> Callable[..., Any]:
    def execute_task(state: dict, raw_input: Any, execution: dict | None, ctx: dict) -> Any:
        arn = (execution or {}).get("stateMachineArn", "")
        role = _role.set((stepfunctions._state_machines.get(arn) or {}).get("roleArn", ""))
        machine = _machine.set(arn)
        try:
            output, next_state = execute(state, raw_input, execution, ctx)
        finally:
            _role.reset(role)
            _machine.reset(machine)
        _hold_size(output, "output")
        return output, next_state

    return execute_task


def _within_size(execute: Callable[..., Any]) -> Callable[..., Any]:
    def execute_pass(*given: Any) -> Any:
        output, next_state = execute(*given)
        _hold_size(output, "output")
        return output, next_state

    return execute_pass


def _with_small_variables(assign: Callable[..., None]) -> Callable[..., None]:
    def assign_small(state: dict, raw_input: Any, ctx: dict, *rest: Any, **named: Any) -> None:
        assign(state, raw_input, ctx, *rest, **named)
        variables = ctx.get("variables", {})
        _hold_size({name: variables.get(name) for name in state.get("Assign", {})}, "Assign")

    return assign_small


def _hold_size(value: Any, what: str) -> None:
    size = len(json.dumps(value).encode())
    if size > MOST_BYTES:
        message = f"The state's {what} has {size} bytes: expected at most {MOST_BYTES}"
        raise stepfunctions._ExecutionError("States.DataLimitExceeded", message)


def _where_allowed(invoke: Callable[[str, Any], Any]) -> Callable[[str, Any], Any]:
    def invoke_where_allowed(resource: str, given: Any) -> Any:
        name = resource.removeprefix("arn:aws:states:::").removeprefix("aws-sdk:").partition(".")[0]
        if name in _TASKS and isinstance(given, dict):
            action, arn_of = _TASKS[name]
            problems = check.problems_of(*action.split(":"), given) if action.startswith("dynamodb:") else []
            if problems:
                raise stepfunctions._ExecutionError(
                    "States.Runtime", f"The Parameters could not be used to start the Task: [{', '.join(problems)}]"
                )
            arn = arn_of(given)
            if not may(action, arn, leading_keys(given) if action.startswith("dynamodb:") else None):
                raise stepfunctions._ExecutionError(
                    _ERRORS[action.partition(":")[0]],
                    f"{_role.get()} is not authorized to perform: {action} on resource: {arn}",
                )
        return invoke(resource, given)

    return invoke_where_allowed


def _own(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{get_region()}:{get_account_id()}:{resource}"


def _table(given: dict) -> str:
    name = str(given.get("TableName", ""))
    return name if name.startswith("arn:") else _own("dynamodb", f"table/{name}")


def _queue(given: dict) -> str:
    return _own("sqs", str(given.get("QueueUrl", "")).rsplit("/", 1)[-1])


def _function(given: dict) -> str:
    name = str(given.get("FunctionName", ""))
    return name if name.startswith("arn:") else _own("lambda", f"function:{name}")


def _topic(given: dict) -> str:
    return str(given.get("TopicArn", ""))


# What a task of an integrated service asks of the machine's role, and on what.
_TASKS: dict[str, tuple[str, Callable[[dict], str]]] = {
    "dynamodb:deleteItem": ("dynamodb:DeleteItem", _table),
    "dynamodb:getItem": ("dynamodb:GetItem", _table),
    "dynamodb:putItem": ("dynamodb:PutItem", _table),
    "dynamodb:query": ("dynamodb:Query", _table),
    "dynamodb:scan": ("dynamodb:Scan", _table),
    "dynamodb:updateItem": ("dynamodb:UpdateItem", _table),
    "sns:publish": ("sns:Publish", _topic),
    "sqs:sendMessage": ("sqs:SendMessage", _queue),
    "lambda:invoke": ("lambda:InvokeFunction", _function),
}
_ERRORS = {
    "dynamodb": "DynamoDB.AmazonDynamoDBException",
    "lambda": "Lambda.AWSLambdaException",
    "sns": "SNS.AmazonSNSException",
    "sqs": "SQS.AmazonSQSException",
}
_METRICS = {
    "RUNNING": "ExecutionsStarted",
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "TIMED_OUT": "ExecutionsTimedOut",
    "ABORTED": "ExecutionsAborted",
}
