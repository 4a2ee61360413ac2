"""PutEvents: which entries EventBridge refuses, and the faults that a test asks for.

``PUT /_standin/events`` with ``{"times": 3, "error": "ThrottlingException"}`` makes the next three calls fail, and
``{"times": 3, "error": "InternalFailure", "entries": [0, 2]}`` these entries of the next three calls, counted from 0;
``{"times": 0}`` ends the fault.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import eventbridge

from . import controls

PATH = "/_standin/events"
# Of all entries of a call. Since January 2026 AWS takes 1 MB in most regions, but its page for China still says 256 KB:
# https://aws.amazon.com/blogs/compute/more-room-to-build-serverless-services-now-support-payloads-up-to-1-mb
# https://docs.amazonaws.cn/en_us/eventbridge/latest/userguide/eb-putevent-size.html
MOST_BYTES = 262_144
TIME_BYTES = 14
MESSAGES = {
    "InternalException": (500, "Internal failure."),
    "InternalFailure": (500, "Internal failure."),
    "ThrottlingException": (400, "Rate exceeded"),
}
_REQUIRED = ("Source", "DetailType", "Detail")

Response = tuple[int, dict[str, str], Any]


@dataclass
class Fault:
    """What goes wrong the next few times: the call, or these of its entries."""

    times: int = 0
    error: str = "ThrottlingException"
    entries: tuple[int, ...] | None = None


class Faults:
    """The fault that is set, if any."""

    def __init__(self) -> None:
        self._fault = Fault()
        self._lock = threading.Lock()

    def set(self, body: bytes) -> str:
        """Take a fault from a control call; what is wrong with it, or nothing."""
        try:
            fault = Fault(**json.loads(body))
        except (ValueError, TypeError) as error:
            return f"not a fault: {error}"
        if fault.error not in MESSAGES:
            return f"unknown error: {fault.error}"
        with self._lock:
            self._fault = fault
        return ""

    def take(self) -> Fault | None:
        """The fault of this call, which counts as one of its times."""
        with self._lock:
            if self._fault.times < 1:
                return None
            self._fault.times -= 1
            return self._fault


def install() -> None:
    """Wrap the call as others make it, and take faults by HTTP."""
    faults = Faults()
    eventbridge._put_events = partial(_put_events, eventbridge._put_events, faults)
    controls.install(PATH, faults.set)


def _put_events(
    put: Callable[..., Response], faults: Faults, data: dict, allow_aws_source: bool = False
) -> Response:
    if allow_aws_source:
        return put(data, allow_aws_source=True)
    # A state machine's task may give the detail as an object.
    entries = [{**entry, "Detail": _text(entry.get("Detail"))} for entry in data.get("Entries", [])]
    data = {**data, "Entries": entries}
    if sum(map(size, entries)) > MOST_BYTES:
        return error_response_json(
            "ValidationException", "Total size of the entries in the request is over the limit.", 400
        )
    fault = faults.take()
    if fault and fault.entries is None:
        status, message = MESSAGES[fault.error]
        return error_response_json(fault.error, message, status)
    failing = set(fault.entries or ()) if fault else set()
    refused = {
        number: {"ErrorCode": fault.error, "ErrorMessage": MESSAGES[fault.error][1]}
        if fault and number in failing
        else _objection(entry)
        for number, entry in enumerate(entries)
    }
    return _put_rest(put, data, {number: error for number, error in refused.items() if error})


def _text(detail: Any) -> str | None:
    return detail if detail is None or isinstance(detail, str) else json.dumps(detail)


def size(entry: dict) -> int:
    """An entry's size, as EventBridge counts it."""
    texts = [entry.get(name) or "" for name in _REQUIRED] + (entry.get("Resources") or [])
    return sum(len(text.encode()) for text in texts) + (TIME_BYTES if entry.get("Time") else 0)


def _objection(entry: dict) -> dict[str, str] | None:
    for name in _REQUIRED:
        if not entry.get(name):
            message = f"Parameter {name} is not valid. Reason: {name} is a required argument."
            return {"ErrorCode": "InvalidArgument", "ErrorMessage": message}
    try:
        is_object = isinstance(json.loads(entry["Detail"]), dict)
    except ValueError:
        is_object = False
    return None if is_object else {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}


def _put_rest(put: Callable[..., Response], data: dict, refused: dict[int, dict[str, str]]) -> Response:
    """Put the entries that were not refused, and answer for all in their order."""
    if not refused:
        return put(data)
    entries = data["Entries"]
    rest = [entry for number, entry in enumerate(entries) if number not in refused]
    status, headers, body = put({**data, "Entries": rest})
    if status != 200:
        return status, headers, body
    answered = json.loads(body)
    results = iter(answered["Entries"])
    return json_response(
        {
            "FailedEntryCount": answered["FailedEntryCount"] + len(refused),
            "Entries": [refused.get(number) or next(results) for number in range(len(entries))],
        }
    )
