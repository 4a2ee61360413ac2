"""Which records of a table's stream a function gets: shards, and the filter of an event source mapping."""

from __future__ import annotations

import json
import zlib
from typing import Any

from ministack.services import eventbridge

MAX_FILTERS = 5
MAX_PATTERN_CHARS = 4096

Record = dict[str, Any]
Criteria = dict[str, Any]


def shard_of(record: Record, partition_key: str, shards: int) -> int:
    """The shard of a record: all changes of a partition are in one, in order."""
    value = json.dumps(record["dynamodb"]["Keys"][partition_key], sort_keys=True)
    return zlib.crc32(value.encode()) % shards


def passes(record: Record, criteria: Criteria | None) -> bool:
    """Whether the record passes one of the filters, or there are none."""
    filters = (criteria or {}).get("Filters") or []
    return not filters or any(_matches(record, given.get("Pattern", "")) for given in filters)


def halves(batch: list[Any]) -> tuple[list[Any], list[Any]]:
    """The halves of a failed batch; the first is tried first."""
    middle = (len(batch) + 1) // 2
    return batch[:middle], batch[middle:]


def is_filter(criteria: Criteria) -> bool:
    """Whether AWS accepts the criteria."""
    patterns = [given.get("Pattern", "") for given in criteria.get("Filters") or []]
    return len(patterns) <= MAX_FILTERS and all(
        len(pattern) <= MAX_PATTERN_CHARS and eventbridge._compiled_pattern(pattern) is not None for pattern in patterns
    )


def _matches(record: Record, pattern: str) -> bool:
    # MiniStack's matcher takes an object for a leaf; on AWS, `exists` only matches a leaf.
    alternatives = eventbridge._compiled_pattern(pattern) or []
    return any(eventbridge._matches_detail(record, alternative) for alternative in alternatives)
