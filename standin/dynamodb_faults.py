"""DynamoDB faults that a test requests: calls that are throttled or fail, batches that are served partially.

``PUT /_standin/dynamodb`` with ``{"times": 3, "error": "ThrottlingException"}`` makes the next three calls fail like that,
and ``{"times": 3, "unprocessed": true}`` leaves half of the keys in the next three batches for another call. ``operations``
limits the fault to some operations; ``{"times": 0}`` ends it.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from functools import partial
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import dynamodb

from . import controls
from .dynamodb import Answer, Handler, leave_unprocessed

PATH = "/_standin/dynamodb"
MESSAGES = {
    "InternalServerError": (500, "Internal server error"),
    "ProvisionedThroughputExceededException": (
        400,
        "The level of configured provisioned throughput for the table was exceeded. "
        "Consider increasing your provisioning level with the UpdateTable API.",
    ),
    "RequestLimitExceeded": (400, "Throughput exceeds the current throughput limit for your account."),
    "ThrottlingException": (
        400,
        "Throughput exceeds the current capacity of your table or index. DynamoDB is automatically scaling your "
        "table or index so please try again shortly.",
    ),
}


@dataclass
class Fault:
    """A fault of the next few calls."""

    times: int = 0
    error: str = "ThrottlingException"
    unprocessed: bool = False
    operations: tuple[str, ...] = ()


class Faults:
    """The fault that is set, if any."""

    def __init__(self) -> None:
        self._fault = Fault()
        self._lock = threading.Lock()

    def set(self, fault: Fault) -> None:
        """Replace the fault."""
        with self._lock:
            self._fault = fault

    def take(self, operation: str) -> Fault | None:
        """The fault of this call, which uses up one of its times."""
        with self._lock:
            fault = self._fault
            is_meant = not fault.operations or operation in fault.operations
            if fault.unprocessed and operation != "BatchGetItem" or not is_meant or fault.times < 1:
                return None
            fault.times -= 1
            return fault


def install() -> None:
    """Wrap the item calls, and accept faults by HTTP."""
    faults = Faults()
    for name, operation in (
        ("_get_item", "GetItem"),
        ("_batch_get_item", "BatchGetItem"),
        ("_update_item", "UpdateItem"),
        ("_put_item", "PutItem"),
        ("_delete_item", "DeleteItem"),
        ("_query", "Query"),
        ("_scan", "Scan"),
    ):
        setattr(dynamodb, name, _faulty(getattr(dynamodb, name), operation, faults))
    controls.install(PATH, partial(_set, faults))


def _faulty(handle: Handler, operation: str, faults: Faults) -> Handler:
    def handle_or_fail(data: dict[str, Any]) -> Answer:
        fault = faults.take(operation)
        if fault is None:
            return handle(data)
        if fault.unprocessed:
            return leave_unprocessed(handle, data)
        status, message = MESSAGES[fault.error]
        answer: Answer = error_response_json(fault.error, message, status)
        return answer

    return handle_or_fail


def _set(faults: Faults, body: bytes) -> str:
    """What is wrong with the requested fault; nothing if it is set."""
    try:
        wanted = json.loads(body)
        fault = Fault(**{**wanted, "operations": tuple(wanted.get("operations", ()))})
    except (ValueError, TypeError, AttributeError) as error:
        return f"no fault: {error}"
    if fault.error not in MESSAGES:
        return f"unknown error: {fault.error}"
    faults.set(fault)
    return ""
