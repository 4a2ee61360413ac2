"""DynamoDB: the table of the function's state, in memory, and its stream.

MiniStack's own table does the work, with the stand-in's additions, so that expressions are interpreted in one place.
"""

from __future__ import annotations

import bisect
import contextlib
import itertools
import json
import threading
from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager
from functools import cache
from typing import Any

from ministack.core.responses import get_region, request_scope
from ministack.services import dynamodb

from standin import dynamodb as standin_dynamodb
from standin.stream_records import passes, shard_of

from .http1 import Request, Response
from .protocols import Refused
from .record import Call

NAME = "tag-compliance-state-test"
INDEX = "due"
FILTER = {"Filters": [{"Pattern": '{"dynamodb":{"NewImage":{"due":{"N":[{"exists":true}]}}}}'}]}
_KEYS = {"pk": "S", "sk": "S", "grp": "S", "due": "N"}
_OPERATIONS = {
    "BatchGetItem": "_batch_get_item",
    "GetItem": "_get_item",
    "Query": "_query",
    "Scan": "_scan",
    "UpdateItem": "_update_item",
}

Item = dict[str, dict[str, Any]]
StreamRecord = dict[str, Any]

# Each table is in an account of its own, so that tests can run side by side.
_accounts = itertools.count(1)
_lock = threading.Lock()


class Table:
    """The table of one environment; `owner` is the account that its stream names."""

    def __init__(self, owner: str) -> None:
        _install()
        self._owner = owner
        self._account = f"{next(_accounts):012}"
        with self._scope():
            dynamodb._create_table(
                {
                    "TableName": NAME,
                    "BillingMode": "PAY_PER_REQUEST",
                    "AttributeDefinitions": [{"AttributeName": n, "AttributeType": t} for n, t in _KEYS.items()],
                    "KeySchema": _key_schema("pk", "sk"),
                    "GlobalSecondaryIndexes": [
                        {
                            "IndexName": INDEX,
                            "KeySchema": _key_schema("grp", "due"),
                            "Projection": {"ProjectionType": "KEYS_ONLY"},
                        }
                    ],
                    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
                }
            )

    def close(self) -> None:
        """Forgets all."""
        with _lock, self._scope():
            dynamodb._delete_table({"TableName": NAME})
            dynamodb._closed_streams.clear()

    def answer(self, request: Request, call: Call, unprocessed: Collection[int] | None = None) -> Response:
        """Does the work. `unprocessed`: which keys of a batch are left for another call, by their place in it."""
        handler = _OPERATIONS.get(call.operation)
        if handler is None:
            raise Refused("UnknownOperationException", f"DynamoDB has no {call.operation} here")
        data = json.loads(request.body)
        with _lock, self._scope(), self._page(call, data):
            if unprocessed and call.operation == "BatchGetItem":
                status, headers, body = standin_dynamodb.leave_unprocessed(
                    getattr(dynamodb, handler), data, unprocessed
                )
            else:
                status, headers, body = getattr(dynamodb, handler)(data)
        if status != 200 and call.outcome == "done":
            is_condition = json.loads(body)["__type"] == "ConditionalCheckFailedException"
            call.outcome = "condition" if is_condition else "refused"
        call.size = sum(len(batch["Keys"]) for batch in data.get("RequestItems", {}).values()) or 1
        return Response(status, body, {**headers, "Content-Type": "application/x-amz-json-1.0"})

    @contextlib.contextmanager
    def _page(self, call: Call, data: dict[str, Any]) -> Iterator[None]:
        """Shows MiniStack no more of a partition than the page of a query: it goes through all that it sees."""
        partitions = dynamodb._tables[NAME]["items"]
        values = data.get("ExpressionAttributeValues") or {}
        pk = values.get(":pk", {}).get("S")
        if call.operation != "Query" or "IndexName" in data or "Limit" not in data or pk not in partitions:
            yield
            return
        whole = partitions[pk]
        sorts = sorted(whole)
        start = (data.get("ExclusiveStartKey") or {}).get("sk", {}).get("S", "")
        first = bisect.bisect_right(sorts, start)
        partitions[pk] = {sk: whole[sk] for sk in sorts[first : first + data["Limit"]]}
        try:
            yield
        finally:
            partitions[pk] = whole

    def items(self) -> list[Item]:
        """All items, in the order of their keys."""
        with _lock, self._scope():
            partitions = dynamodb._tables[NAME]["items"]
            return [partitions[pk][sk] for pk in sorted(partitions) for sk in sorted(partitions[pk])]

    def item(self, pk: str, sk: str) -> Item | None:
        """An item."""
        with _lock, self._scope():
            found: Item | None = dynamodb._tables[NAME]["items"].get(pk, {}).get(sk)
            return found

    def put(self, item: Item) -> None:
        """Writes an item on behalf of somebody other than the function."""
        with _lock, self._scope():
            status, _, body = dynamodb._put_item({"TableName": NAME, "Item": item})
        if status != 200:
            raise ValueError(body.decode())

    def fill(self, items: Iterable[Item]) -> None:
        """Adds many old items that are not due, without stream records."""
        with _lock, self._scope():
            for item in items:
                dynamodb._tables[NAME]["items"].setdefault(item["pk"]["S"], {})[item["sk"]["S"]] = item

    def due(self) -> list[Item]:
        """The items that are due."""
        return [item for item in self.items() if "due" in item]

    def age(self, seconds: float) -> None:
        """Makes due items and groups' claims older, as if time had passed."""
        # In place: time passes without a record of the stream.
        for item in self.items():
            for name in {"due", "again", "wake"} & set(item):
                item[name] = {"N": str(int(item[name]["N"]) - round(seconds * 1000))}

    def records(self, position: int = 0) -> list[StreamRecord]:
        """The records of the stream from a position on, in their order."""
        with _lock, self._scope():
            found = dynamodb._stream_records.get(NAME, [])[position:]
        return [
            {**record, "eventSourceARN": record["eventSourceARN"].replace(self._account, self._owner)}
            for record in found
        ]

    def _scope(self) -> AbstractContextManager[None]:
        scope: AbstractContextManager[None] = request_scope(self._account, get_region())
        return scope


class Stream:
    """The stream as an event source mapping of the function reads it, each shard on its own."""

    def __init__(self, table: Table, shards: int) -> None:
        self._table = table
        self._read = 0
        # The records of each shard that the filter admits and that are not handled.
        self.waiting: list[list[StreamRecord]] = [[] for _ in range(shards)]

    def read(self) -> bool:
        """Reads new records; returns whether any are waiting."""
        records = self._table.records(self._read)
        self._read += len(records)
        for record in records:
            if passes(record, FILTER):
                self.waiting[shard_of(record, "pk", len(self.waiting))].append(record)
        return any(self.waiting)


@cache
def _install() -> None:
    standin_dynamodb.install()
    # MiniStack parses an expression again for each item.
    tokens, dynamodb._condition_syntax_error = cache(dynamodb._tokenize), cache(dynamodb._condition_syntax_error)
    dynamodb._tokenize = lambda expression: list(tokens(expression))


def _key_schema(partition: str, sort: str) -> list[dict[str, str]]:
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]
