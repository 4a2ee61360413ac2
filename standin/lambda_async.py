"""Lambda's asynchronous invocation: a bounded queue, retries, and destinations of failed events."""

from __future__ import annotations

import contextvars
import json
import logging
import os
import random
import time
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from ministack.core.responses import new_uuid
from ministack.services import eventbridge, lambda_svc, sns

from .delivery import send_to_queue
from .due import DueQueue
from .permissions import role_exists, role_may

logger = logging.getLogger("standin.lambda_async")

DEFAULT_RETRY_SECONDS = 60.0
DEFAULT_MAX_RETRIES = 2
DEFAULT_MAX_AGE_SECONDS = 21_600
MAX_WORKERS = 64
FIRST_THROTTLE_SECONDS = 0.05
LAST_THROTTLE_SECONDS = 1.0
# Jitter, the same in every run, so that throttled events do not all come back at once.
_spread = random.Random(1)
DEAD_LETTER_ERROR_CHARS = 1024

RETRIES_EXHAUSTED = "RetriesExhausted"
EVENT_AGE_EXCEEDED = "EventAgeExceeded"
ZERO_CONCURRENCY = "ZeroReservedConcurrency"

Result = dict[str, Any]

_request_id: ContextVar[str | None] = ContextVar("standin_request_id", default=None)


@dataclass
class Invocation:
    """An accepted event, and how often it was tried."""

    function_arn: str
    payload: Any
    request_id: str = field(default_factory=new_uuid)
    accepted_at: float = field(default_factory=time.time)
    attempts: int = 0
    throttles: int = 0
    context: contextvars.Context = field(default_factory=contextvars.copy_context)

    @property
    def age(self) -> float:
        """Seconds since Lambda accepted the event."""
        return time.time() - self.accepted_at


@dataclass(frozen=True)
class Settings:
    """A function's settings for asynchronous events."""

    max_retries: int
    max_age: float
    on_failure: str
    dead_letters: str
    role: str

    @classmethod
    def of(cls, record: dict, config: dict, qualifier: str | None) -> Settings:
        """Read them from MiniStack's function record."""
        configs = record.get("event_invoke_configs") or {}
        invoke = (
            configs.get(qualifier or "")
            or (configs.get("$LATEST") if not qualifier else None)
            or (configs.get("") if qualifier == "$LATEST" else None)
            or {}
        )
        retries = invoke.get("MaximumRetryAttempts")
        return cls(
            max_retries=DEFAULT_MAX_RETRIES if retries is None else int(retries),
            max_age=float(invoke.get("MaximumEventAgeInSeconds") or DEFAULT_MAX_AGE_SECONDS),
            on_failure=((invoke.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination", ""),
            dead_letters=(config.get("DeadLetterConfig") or {}).get("TargetArn", ""),
            role=config.get("Role", ""),
        )


class AsyncQueue:
    """Runs accepted events when they are due, on a fixed number of threads."""

    def __init__(self, workers: int, retry_seconds: float) -> None:
        self._retry_seconds = retry_seconds
        self._due = DueQueue(workers, self._attempt_in_context, "standin-lambda-async")
        self.submit = self._due.submit
        self.clear = self._due.clear

    def _attempt_in_context(self, invocation: Invocation) -> None:
        invocation.context.run(self._attempt, invocation)

    def _attempt(self, invocation: Invocation) -> None:
        arn = invocation.function_arn
        account, region = lambda_svc._lambda_function_account_region_from_arn(arn)
        lambda_svc._request_account_id.set(account)
        lambda_svc._request_region.set(region)
        record, config, name = lambda_svc._get_func_record_for_ref(arn)
        base, _, _ = lambda_svc._get_base_func_record_for_ref(arn)
        if not record or not config or not base:
            logger.info("event for %s dropped: the function was deleted", arn)
            return
        _, qualifier = lambda_svc._lambda_function_name_and_qualifier_from_arn(arn)
        settings = Settings.of(base, config, qualifier)

        if lambda_svc._reserved_concurrency(base, config) == 0:
            self._give_up(invocation, settings, ZERO_CONCURRENCY, None)
            return
        if invocation.age > settings.max_age:
            self._give_up(invocation, settings, EVENT_AGE_EXCEEDED, None)
            return

        # AWS invokes with the configuration of the moment, under the name that was invoked.
        runnable = lambda_svc._execution_record_for_config(record, {**config, "FunctionArn": arn})
        runnable.setdefault("concurrency", base.get("concurrency"))
        started = time.monotonic()
        token = _request_id.set(invocation.request_id)
        try:
            result = lambda_svc._execute_function_with_config_scope(runnable, invocation.payload)
        finally:
            _request_id.reset(token)

        if result.get("throttle"):
            self._after_throttle(invocation, settings)
            return
        invocation.attempts += 1
        failed = bool(result.get("error"))
        lambda_svc._emit_lambda_metrics(name, (time.monotonic() - started) * 1000, error=failed, throttle=False)
        if failed:
            logger.info("%s failed, attempt %d: %s", name, invocation.attempts, json.dumps(result.get("body"))[:500])
            self._after_error(invocation, settings, result)

    def _after_throttle(self, invocation: Invocation, settings: Settings) -> None:
        delay = min(FIRST_THROTTLE_SECONDS * 2**invocation.throttles, LAST_THROTTLE_SECONDS)
        delay *= _spread.uniform(0.5, 1.0)
        invocation.throttles += 1
        if invocation.age + delay > settings.max_age:
            self._give_up(invocation, settings, EVENT_AGE_EXCEEDED, None)
        else:
            self.submit(invocation, delay)

    def _after_error(self, invocation: Invocation, settings: Settings, result: Result) -> None:
        delay = self._retry_seconds * invocation.attempts
        if invocation.attempts > settings.max_retries:
            self._give_up(invocation, settings, RETRIES_EXHAUSTED, result)
        elif invocation.age + delay > settings.max_age:
            self._give_up(invocation, settings, EVENT_AGE_EXCEEDED, result)
        else:
            self.submit(invocation, delay)

    def _give_up(self, invocation: Invocation, settings: Settings, condition: str, result: Result | None) -> None:
        logger.warning(
            "event for %s given up after %d attempts: %s", invocation.function_arn, invocation.attempts, condition
        )
        if settings.on_failure:
            _send_to_destination(settings, json.dumps(_envelope(invocation, condition, result)))
        if settings.dead_letters:
            _send_to_dead_letters(settings, invocation, result)


def install() -> None:
    """Replace MiniStack's asynchronous invocation with the queue."""
    slots = lambda_svc._ACCOUNT_CONCURRENCY_CAP
    # One slot stays free for synchronous calls, which are throttled as soon as all are taken.
    workers = min(slots - 1, MAX_WORKERS) if slots > 0 else MAX_WORKERS
    retry_seconds = float(os.environ.get("STANDIN_RETRY_SECONDS") or DEFAULT_RETRY_SECONDS)
    waiting = AsyncQueue(max(workers, 1), retry_seconds)

    def invoke_async(function: dict, event: Any) -> None:
        config = function.get("config") or function
        waiting.submit(Invocation(config["FunctionArn"], event))

    def dispatch_to_lambda(arn: str, payload: str) -> None:
        waiting.submit(Invocation(arn, json.loads(payload)))

    execute = lambda_svc._execute_function_dispatch

    def execute_under_one_id(function: dict, config: dict, event: Any, request_id: str, started: float) -> Result:
        return execute(function, config, event, _request_id.get() or request_id, started)

    emit_metrics = lambda_svc._emit_lambda_metrics

    def emit_metrics_once(name: str, duration_ms: float, error: bool, throttle: bool) -> None:
        # MiniStack counts an asynchronous call when it accepts it; here each attempt counts.
        if duration_ms or error or throttle:
            emit_metrics(name, duration_ms, error, throttle)

    reset = lambda_svc.reset

    def reset_with_queue() -> None:
        waiting.clear()
        reset()

    lambda_svc.invoke_async_with_retry = invoke_async
    lambda_svc._execute_function_dispatch = execute_under_one_id
    lambda_svc._emit_lambda_metrics = emit_metrics_once
    lambda_svc.reset = reset_with_queue
    eventbridge._dispatch_to_lambda = dispatch_to_lambda


def _envelope(invocation: Invocation, condition: str, result: Result | None) -> dict[str, Any]:
    arn = invocation.function_arn
    version = arn.split(":")[7] if arn.count(":") >= 7 else "$LATEST"
    envelope: dict[str, Any] = {
        "version": "1.0",
        "timestamp": datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "requestContext": {
            "requestId": invocation.request_id,
            "functionArn": ":".join([*arn.split(":")[:7], version]),
            "condition": condition,
            "approximateInvokeCount": invocation.attempts,
        },
        "requestPayload": invocation.payload,
    }
    if result is not None:
        envelope["responseContext"] = {
            "statusCode": 200,
            "executedVersion": version,
            "functionError": result.get("function_error") or "Unhandled",
        }
        envelope["responsePayload"] = result.get("body")
    return envelope


def _send_to_destination(settings: Settings, body: str) -> None:
    """The function's role sends, so it needs the permission for the destination."""
    arn = settings.on_failure
    service = arn.split(":")[2] if arn.count(":") >= 5 else ""
    action = {"sqs": "sqs:SendMessage", "sns": "sns:Publish", "lambda": "lambda:InvokeFunction"}.get(service)
    if action is None:
        logger.warning("destination %s is of a kind that the stand-in does not support", arn)
    elif role_exists(settings.role) and not role_may(settings.role, action, arn):
        logger.warning("destination %s not reached: %s may not %s", arn, settings.role, action)
    elif service == "sqs":
        if not send_to_queue(arn, body):
            logger.warning("destination %s does not exist", arn)
    elif service == "sns":
        if sns.publish_internal(arn, body) is None:
            logger.warning("destination %s does not exist", arn)
    else:
        eventbridge._dispatch_to_lambda(arn, body)


def _send_to_dead_letters(settings: Settings, invocation: Invocation, result: Result | None) -> None:
    """A dead-letter queue gets the bare event, with the error in attributes."""
    body = result.get("body") if result else None
    message = body.get("errorMessage") if isinstance(body, dict) else None
    attributes = {"RequestID": invocation.request_id, "ErrorCode": "200" if result else "429"}
    if message:
        attributes["ErrorMessage"] = str(message)[:DEAD_LETTER_ERROR_CHARS]
    payload = json.dumps(invocation.payload)
    if settings.dead_letters.split(":")[2] == "sns":
        sns.publish_internal(
            settings.dead_letters,
            payload,
            message_attributes={k: {"DataType": "String", "StringValue": v} for k, v in attributes.items()},
        )
    elif not send_to_queue(settings.dead_letters, payload, attributes):
        logger.warning("dead-letter queue %s does not exist", settings.dead_letters)
