"""How Lambda's poller gathers a queue's messages, invokes the function, and handles its answer."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from typing import Any

from ministack.services import lambda_svc, sqs

from .event_sources import Mapping, missing_permission
from .lambda_async import FIRST_THROTTLE_SECONDS, LAST_THROTTLE_SECONDS

logger = logging.getLogger("standin.event_source_polling")

MAX_PAYLOAD_BYTES = 6 * 1024 * 1024
# A generous bound for what a record has around its body and attributes.
RECORD_BYTES = 1024

Message = dict[str, Any]
Scoped = tuple[str, str, Mapping]
Receive = Callable[[str, int], list[Message]]
Result = dict[str, Any]

_polled: ContextVar[Mapping | None] = ContextVar("standin_polled_mapping", default=None)


def install() -> None:
    """Replace MiniStack's receive, which takes at most ten and without a window, and its handling of a batch."""
    lambda_svc._iter_all_esms = _noting_mapping(lambda_svc._iter_all_esms)
    sqs._receive_messages_for_esm = _receiving_batches(sqs._receive_messages_for_esm)
    lambda_svc._run_sqs_batch = _run_batch


def _noting_mapping(mappings: Callable[[], Iterable[Scoped]]) -> Callable[[], Iterator[Scoped]]:
    """The receive knows a queue and a size, but not the mapping that it is for."""

    def noted_mappings() -> Iterator[Scoped]:
        for account, region, mapping in mappings():
            _polled.set(mapping)
            yield account, region, mapping

    return noted_mappings


def _receiving_batches(receive_ten: Receive) -> Receive:
    def receive(queue_url: str, batch_size: int) -> list[Message]:
        mapping, queue = _polled.get(), sqs._get_q(queue_url)
        if mapping is None or not may_poll(mapping):
            return []
        if queue["is_fifo"]:
            return receive_ten(queue_url, batch_size)
        with sqs._queues_lock:
            sqs._expire_retained(queue)
            sqs._dlq_sweep(queue)
            now = time.time()
            for message in queue["messages"]:
                sqs._ensure_msg_fields(message)
            visible = [message for message in queue["messages"] if message["visible_at"] <= now]
            count, full = _batch(visible, batch_size)
            window = mapping.get("MaximumBatchingWindowInSeconds") or 0
            # Messages stay in the queue while they wait, so the window does not use up their visibility timeout.
            if not full and all(now - message["visible_at"] < window for message in visible):
                return []
            return sqs._collect_msgs(queue, count, int(queue["attributes"].get("VisibilityTimeout", "30")))

    return receive


def may_poll(mapping: Mapping) -> bool:
    """Whether the function's role may read the source; logs it if not."""
    role, source_arn = _role(mapping), mapping["EventSourceArn"]
    missing = missing_permission(role, source_arn)
    if missing is None:
        return True
    problem = f"PROBLEM: {role} may not {missing} on {source_arn}"
    # The poller runs every second; one log line is enough.
    if mapping["LastProcessingResult"] != problem:
        mapping["LastProcessingResult"] = problem
        logger.warning("%s is not polled: %s", mapping["UUID"], problem)
    return False


def _role(mapping: Mapping) -> str:
    _, config = lambda_svc._get_func_record_for_qualifier(mapping["FunctionName"], mapping["Qualifier"])
    return (config or {}).get("Role", "")


def _batch(visible: list[Message], limit: int) -> tuple[int, bool]:
    """How many of the messages fit into one invocation, and whether it is then full."""
    size = 0
    for count, message in enumerate(visible[:limit]):
        content = json.dumps([message["body"], message.get("message_attributes")], default=str)
        size += len(content) + RECORD_BYTES
        if size > MAX_PAYLOAD_BYTES:
            return max(count, 1), True
    return min(len(visible), limit), len(visible) >= limit


def _run_batch(mapping: Mapping, function: dict, event: dict, batch: list[Message], url: str, queue: str) -> None:
    name = mapping["FunctionName"]
    result = invoke(name, function, event, until=min(message["visible_at"] for message in batch))
    failed = {message["id"] for message in batch} if result.get("error") else _failed_ids(mapping, result, batch)
    if result.get("error"):
        # MiniStack's own pause after an error, so that a broken function is not called in a tight loop.
        lambda_svc._esm_backoff_until[mapping["UUID"]] = time.time() + lambda_svc._ESM_BACKOFF_SECONDS
        logger.warning("%s failed with a batch from %s: %s", name, queue, json.dumps(result.get("body"))[:500])
    sqs._delete_messages_for_esm(url, {message["receipt_handle"] for message in batch if message["id"] not in failed})
    handled = f"{len(batch) - len(failed)} of {len(batch)} records"
    mapping["LastProcessingResult"] = f"OK - {handled}" if len(failed) < len(batch) else "FAILED"
    logger.info("%s handled %s from %s", name, handled, queue)


def invoke(name: str, function: dict, event: dict, until: float) -> Result:
    """Call the function, again and again until the deadline while it is throttled."""
    delay = FIRST_THROTTLE_SECONDS
    while True:
        started = time.monotonic()
        result: Result = lambda_svc._execute_function(function, event)
        if not result.get("throttle"):
            break
        if time.time() + delay >= until:
            return result
        time.sleep(delay)
        delay = min(delay * 2, LAST_THROTTLE_SECONDS)
    duration_ms = (time.monotonic() - started) * 1000
    lambda_svc._emit_lambda_metrics(name, duration_ms, error=bool(result.get("error")), throttle=False)
    return result


def _failed_ids(mapping: Mapping, result: Result, batch: list[Message]) -> set[str]:
    """The messages that the function reported as failed; all of them if the report is invalid."""
    answer = result.get("body")
    if "ReportBatchItemFailures" not in (mapping.get("FunctionResponseTypes") or []) or not isinstance(answer, dict):
        return set()
    known = {message["id"] for message in batch}
    items = answer.get("batchItemFailures") or []
    try:
        reported = {item["itemIdentifier"] for item in items}
    except (TypeError, KeyError):
        return known
    return reported if reported <= known else known
