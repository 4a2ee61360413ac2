"""How Lambda's poller delivers a table's stream to a function: each shard in order, a batch until it succeeds."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import dynamodb, lambda_svc

from .event_source_polling import MAX_PAYLOAD_BYTES, invoke, may_poll
from .event_sources import Mapping
from .stream_records import Record, halves, passes, shard_of
from .stream_sources import is_stream, table_of

logger = logging.getLogger("standin.stream_polling")

# AWS promises no number; more than one, so that nothing can rely on a total order.
DEFAULT_SHARDS = 4
FIRST_PAUSE_SECONDS = 0.25
LAST_PAUSE_SECONDS = 4.0


@dataclass(frozen=True)
class Waiting:
    """A record that passes the filter, and where the stream continues after it."""

    record: Record
    size: int
    following: int


@dataclass
class Reader:
    """How far a mapping has read one shard."""

    # Everything before this position in the whole table's stream was handled.
    position: int
    # Records that wait until the window ends or the batch is full.
    waiting: list[Waiting] = field(default_factory=list)
    read: int = 0
    first_at: float = 0.0
    criteria: Any = None
    is_busy: bool = False

    def restart(self) -> None:
        """Read again from the last position that was handled."""
        self.waiting = []
        self.read = self.position


class Poller:
    """The readers of all mappings."""

    def __init__(self, shards: int) -> None:
        self._shards = shards
        self._readers: dict[str, list[Reader]] = {}

    def poll(self) -> bool:
        """Deliver each batch that is ready; return whether there was one."""
        has_begun = False
        mappings = [scoped for scoped in lambda_svc._iter_all_esms() if is_stream(scoped[2]["EventSourceArn"])]
        for account, region, mapping in mappings:
            with request_scope(account, region):
                table = table_of(mapping["EventSourceArn"])
                for reader, batch in self._batches(mapping, table) if table else ():
                    has_begun = reader.is_busy = True
                    lambda_svc._dispatch_esm_batch(mapping["UUID"], _deliver, mapping, reader, batch)
        return has_begun

    def _batches(self, mapping: Mapping, table: dict[str, Any]) -> Iterator[tuple[Reader, list[Waiting]]]:
        uuid = mapping["UUID"]
        if uuid not in self._readers:
            start = lambda_svc._dynamodb_stream_positions[uuid]
            self._readers[uuid] = [Reader(start, read=start) for _ in range(self._shards)]
        is_read = _is_on(mapping) and _function(mapping) is not None and may_poll(mapping)
        for shard, reader in enumerate(self._readers[uuid]):
            if reader.is_busy:
                continue
            if not is_read or reader.criteria != mapping.get("FilterCriteria"):
                reader.restart()
                reader.criteria = mapping.get("FilterCriteria")
            if is_read:
                self._read(reader, shard, table)
                batch = _ready(reader, mapping)
                if batch:
                    yield reader, batch

    def _read(self, reader: Reader, shard: int, table: dict[str, Any]) -> None:
        """Read new records; those older than a day are lost."""
        name, partition_key = table["TableName"], table["pk_name"]
        first = max(reader.read, dynamodb.stream_start_position(name))
        records = dynamodb.stream_records_since(name, first, sys.maxsize)
        for number, record in enumerate(records, first + 1):
            if shard_of(record, partition_key, self._shards) == shard and passes(record, reader.criteria):
                if not reader.waiting:
                    reader.first_at = time.monotonic()
                reader.waiting.append(Waiting(record, len(json.dumps(record)), number))
        reader.read = first + len(records)
        if not reader.waiting:
            reader.position = reader.read


def install() -> None:
    """Replace MiniStack's poller, which has one shard, no window and no bisecting."""
    poller = Poller(int(os.environ.get("STANDIN_STREAM_SHARDS") or DEFAULT_SHARDS))
    lambda_svc._poll_dynamodb_streams = poller.poll


def _is_on(mapping: Mapping) -> bool:
    return bool(mapping.get("Enabled", True)) and mapping["State"] != "Deleting"


def _function(mapping: Mapping) -> dict | None:
    function: dict | None
    function, _ = lambda_svc._get_func_record_for_qualifier(mapping["FunctionName"], mapping["Qualifier"])
    return function


def _ready(reader: Reader, mapping: Mapping) -> list[Waiting]:
    """The next batch, if it is full or its window is over."""
    batch, size = reader.waiting[: mapping["BatchSize"]], 0
    is_full = len(batch) == mapping["BatchSize"]
    for count, waiting in enumerate(batch):
        size += waiting.size
        if size > MAX_PAYLOAD_BYTES and count:
            batch, is_full = batch[:count], True
            break
    window = mapping.get("MaximumBatchingWindowInSeconds") or 0
    return batch if is_full or time.monotonic() - reader.first_at >= window else []


def _deliver(mapping: Mapping, reader: Reader, batch: list[Waiting]) -> None:
    """Call the function until it has handled the batch, or the mapping is gone or gives up."""
    parts, pause, attempts = [batch], FIRST_PAUSE_SECONDS, 0
    try:
        while parts and _is_on(mapping) and may_poll(mapping):
            part = parts[0]
            # The current function: the batch may succeed with other code or settings.
            function = _function(mapping)
            if function is None:
                return
            event = {"Records": [waiting.record for waiting in part]}
            result = invoke(mapping["FunctionName"], function, event, until=time.time() + pause)
            failed, throttled = bool(result.get("error")), bool(result.get("throttle"))
            attempts += failed and not throttled
            if not failed or _is_given_up(mapping, function, part, result, attempts):
                reader.position = part[-1].following
                parts, pause, attempts = parts[1:], FIRST_PAUSE_SECONDS, 0
                mapping["LastProcessingResult"] = "OK"
                logger.info("%s handled %d records of a stream", mapping["FunctionName"], len(part))
                continue
            mapping["LastProcessingResult"] = "PROBLEM: Function call failed"
            logger.warning("%s failed with %d records: %s", mapping["UUID"], len(part), str(result.get("body"))[:500])
            if mapping.get("BisectBatchOnFunctionError") and not throttled and len(part) > 1:
                # Bisecting does not count as an attempt.
                parts, attempts = [*halves(part), *parts[1:]], attempts - 1
            time.sleep(pause)
            pause = min(pause * 2, LAST_PAUSE_SECONDS)
    finally:
        reader.restart()
        reader.is_busy = False


def _is_given_up(mapping: Mapping, function: dict, part: list[Waiting], result: dict, attempts: int) -> bool:
    """Whether this failure exceeds a limit of the mapping."""
    most, oldest = mapping.get("MaximumRetryAttempts", -1), mapping.get("MaximumRecordAgeInSeconds", -1)
    age = time.time() - part[0].record["dynamodb"]["ApproximateCreationDateTime"]
    if 0 <= most < attempts:
        condition = "RetryAttemptsExhausted"
    elif 0 <= oldest < age:
        condition = "MaxRecordAgeExceeded"
    else:
        return False
    records = [waiting.record for waiting in part]
    lambda_svc._send_ddb_stream_failure_record(mapping, function, records, mapping["EventSourceArn"], result, condition)
    return True
