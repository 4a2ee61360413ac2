"""RedriveExecution, which MiniStack lacks: a failed execution continues with the task that failed it.

AWS also redrives executions that were stopped, and runs a Fail state or a Choice again; here only a task's failure is known.

https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
"""

from __future__ import annotations

import contextvars
import json
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from ministack import app
from ministack.core.responses import error_response_json, json_response, now_iso
from ministack.services import stepfunctions

TARGET = "AWSStepFunctions.RedriveExecution"

Response = tuple[int, dict[str, str], Any]
Handler = Callable[[str, str, dict, bytes, dict], Awaitable[Response]]


@dataclass(frozen=True)
class Failed:
    """A task as it began, with the variables of its execution."""

    name: str
    given: Any
    context: dict[str, Any]


# By the ARN of the execution.
_failed: dict[str, Failed] = {}


def install() -> None:
    """Note each task that fails, and answer the call."""
    stepfunctions._execute_task = _noting(stepfunctions._execute_task)
    app.SERVICE_HANDLERS["states"] = _redriving(app.SERVICE_HANDLERS["states"])


def _noting(execute: Callable[..., Any]) -> Callable[..., Any]:
    def execute_task(state: dict, given: Any, execution: dict | None, context: dict) -> Any:
        try:
            return execute(state, given, execution, context)
        except stepfunctions._ExecutionError:
            # A task assigns its variables only once it has succeeded.
            _failed[(execution or {}).get("executionArn", "")] = Failed(context["State"]["Name"], given, context)
            raise

    return execute_task


def _redriving(handle: Handler) -> Handler:
    async def handle_request(method: str, path: str, headers: dict, body: bytes, query: dict) -> Response:
        if headers.get("x-amz-target") != TARGET:
            return await handle(method, path, headers, body, query)
        answer: Response = stepfunctions._finalize_response(_redrive(json.loads(body)))
        return answer

    return handle_request


def _redrive(data: dict) -> Response:
    arn = data["executionArn"]
    execution = stepfunctions._executions.get(arn)
    if execution is None:
        return error_response_json("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'", 400)
    failed = _failed.pop(arn, None)
    if execution["status"] != "FAILED" or failed is None:
        return error_response_json("ExecutionNotRedrivable", f"Execution {arn} is not redrivable", 400)
    execution.update(status="RUNNING", stopDate=None, output=None, error=None, cause=None)
    stepfunctions._add_event(execution, "ExecutionRedriven")
    threading.Thread(target=contextvars.copy_context().run, args=(_continue, execution, failed), daemon=True).start()
    return json_response({"redriveDate": now_iso()})


def _continue(execution: dict, failed: Failed) -> None:
    states = json.loads(stepfunctions._state_machines[execution["stateMachineArn"]]["definition"])["States"]
    try:
        output = stepfunctions._run_sub_machine(states, failed.name, failed.given, execution, failed.context)
    except stepfunctions._ExecutionError as error:
        stepfunctions._fail_execution(execution, error.error, error.cause)
        return
    execution.update(status="SUCCEEDED", output=json.dumps(output), stopDate=now_iso())
    stepfunctions._emit_execution_status_event(execution)
