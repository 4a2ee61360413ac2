"""Item calls that DynamoDB rejects and MiniStack accepts, and the records of a stream."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection
from typing import Any

from ministack.core.responses import error_response_json, request_scope
from ministack.services import dynamodb

from .dynamodb_expressions import attributes, condition_error, key_condition_error, unused_error, update_error

MAX_BATCH_KEYS = 100
MAX_BATCH_BYTES = 16 * 1024 * 1024
_EXPRESSIONS = (
    "ConditionExpression",
    "FilterExpression",
    "KeyConditionExpression",
    "ProjectionExpression",
    "UpdateExpression",
)
_FAILURE_VALUES = ("ALL_OLD", "NONE")
_TTL_THREAD = "dynamodb-ttl-reaper"
_TTL_IDENTITY = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}

Request = dict[str, Any]
Answer = tuple[int, dict[str, str], bytes]
Handler = Callable[[Request], Answer]
Table = dict[str, Any]
Item = dict[str, Any]


def install() -> None:
    """Check each call before MiniStack's own handler does the work."""
    for write in ("_put_item", "_update_item", "_delete_item", "_transact_write_items", "_batch_write_item"):
        setattr(dynamodb, write, _one_at_a_time(getattr(dynamodb, write)))
    dynamodb._get_item = _checked(dynamodb._get_item, lambda _: None)
    dynamodb._update_item = _checked(dynamodb._update_item, _objection_to_update)
    dynamodb._query = _checked(dynamodb._query, _objection_to_query)
    dynamodb._scan = _checked(dynamodb._scan, _objection_to_scan)
    dynamodb._batch_get_item = _within_batch_size(_checked(dynamodb._batch_get_item, _objection_to_batch))
    dynamodb._build_change_record = _as_aws_writes_it(dynamodb._build_change_record)
    dynamodb._remove_item = _telling_the_stream(dynamodb._remove_item)


# State machines write from threads of their own, and between a condition and its write nothing else may be written.
_writing = threading.RLock()


def _one_at_a_time(handle: Handler) -> Handler:
    def write(data: Request) -> Answer:
        with _writing:
            return handle(data)

    return write


def _checked(handle: Handler, objection: Callable[[Request], str | None]) -> Handler:
    def handle_checked(data: Request) -> Answer:
        message = _unused(data) or objection(data)
        if message is None:
            return handle(data)
        answer: Answer = error_response_json("ValidationException", message, 400)
        return answer

    return handle_checked


def _unused(data: Request) -> str | None:
    names, values = (data.get(f"ExpressionAttribute{kind}") or {} for kind in ("Names", "Values"))
    return unused_error((data.get(slot) or "" for slot in _EXPRESSIONS), names, values)


def _table(data: Request) -> Table | None:
    table: Table | None = dynamodb._tables.get(dynamodb._normalize_table_name(data.get("TableName")))
    return table


def _objection_to_update(data: Request) -> str | None:
    wanted = data.get("ReturnValuesOnConditionCheckFailure", "NONE")
    if wanted not in _FAILURE_VALUES:
        return (
            f"1 validation error detected: Value '{wanted}' at 'returnValuesOnConditionCheckFailure' failed to satisfy "
            f"constraint: Member must satisfy enum value set: [{', '.join(_FAILURE_VALUES)}]"
        )
    problem = _objection_to_condition(data, "ConditionExpression")
    expression = data.get("UpdateExpression")
    if problem is None and isinstance(expression, str) and expression.strip():
        problem = update_error(expression, data.get("ExpressionAttributeNames") or {})
    return problem


def _objection_to_condition(data: Request, slot: str) -> str | None:
    """Check a condition or filter before there is an item to apply it to."""
    expression = data.get(slot)
    if not isinstance(expression, str) or not expression.strip():
        return None
    values = data.get("ExpressionAttributeValues") or {}
    tokens = dynamodb._tokenize(expression)
    reserved: str | None = dynamodb._check_reserved_keyword_usage(tokens)
    if reserved:
        return reserved.replace("Invalid UpdateExpression", f"Invalid {slot}")
    syntax: str | None = dynamodb._condition_syntax_error(expression, slot)
    return syntax or condition_error(expression, values, slot)


def _objection_to_query(data: Request) -> str | None:
    keys = data.get("KeyConditionExpression")
    if isinstance(keys, str):
        problem = key_condition_error(keys) or _objection_to_condition(data, "KeyConditionExpression")
        if problem:
            return problem
    problem = _objection_to_scan(data)
    table, expression = _table(data), data.get("FilterExpression")
    if problem or table is None or not expression:
        return problem
    index = dynamodb._index_def(table, data.get("IndexName"))
    own = [element["AttributeName"] for element in (index or table)["KeySchema"]]
    named = attributes(expression, data.get("ExpressionAttributeNames") or {})
    filtered = next((name for name in named if name in own), None)
    if filtered is None:
        return None
    return f"Filter Expression can only contain non-primary key attributes: Primary key attribute: {filtered}"


def _objection_to_scan(data: Request) -> str | None:
    return _objection_to_condition(data, "FilterExpression") or _objection_to_projection(data)


def _objection_to_projection(data: Request) -> str | None:
    """A global index can only return, and filter by, the attributes that it projects."""
    table, name = _table(data), data.get("IndexName")
    indexes = (table or {}).get("GlobalSecondaryIndexes") or []
    index = next((index for index in indexes if index["IndexName"] == name), None)
    if table is None or index is None or index["Projection"]["ProjectionType"] == "ALL":
        return None
    if data.get("Select") == "ALL_ATTRIBUTES":
        return (
            "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global "
            f"secondary index {name} because its projection type is not ALL"
        )
    names = data.get("ExpressionAttributeNames") or {}
    has = {element["AttributeName"] for key in (table, index) for element in key["KeySchema"]}
    has.update(index["Projection"].get("NonKeyAttributes") or [])
    for slot, what in (("ProjectionExpression", ""), ("FilterExpression", " one or more filter attributes:")):
        missing = [attribute for attribute in attributes(data.get(slot) or "", names) if attribute not in has]
        if missing:
            return (
                f"One or more parameter values were invalid: Global secondary index {name} does not project"
                f"{what} [{', '.join(missing)}]"
            )
    return None


def _objection_to_batch(data: Request) -> str | None:
    wanted = {name: config for name, config in (data.get("RequestItems") or {}).items() if isinstance(config, dict)}
    if len(wanted) > 1 and sum(len(config.get("Keys") or []) for config in wanted.values()) > MAX_BATCH_KEYS:
        return "Too many items requested for the BatchGetItem call"
    for config in wanted.values():
        problem = dynamodb._validate_expression_attrs(config, ("ProjectionExpression",), "bare")
        message: str | None = json.loads(problem[2])["message"] if problem else _unused(config)
        if message:
            return message
        projection = config.get("ProjectionExpression") or ""
        reserved: str | None = dynamodb._check_reserved_keyword_usage(dynamodb._tokenize(projection))
        if reserved:
            return reserved.replace("Invalid UpdateExpression", "Invalid ProjectionExpression")
    return None


def _within_batch_size(handle: Handler) -> Handler:
    """Keys whose items would exceed the size of AWS's answers are left for another call."""

    def handle_batch(data: Request) -> Answer:
        answer = handle(data)
        return leave_unprocessed(handle_batch, data) if len(answer[2]) > MAX_BATCH_BYTES else answer

    return handle_batch


def leave_unprocessed(handle: Handler, data: Request, left: Collection[int] | None = None) -> Answer:
    """Leave keys of a batch for another call, by their position: the second half of each table, unless some are named.

    One key is always served: AWS fails a call if it can serve none of it.
    """
    served: dict[str, Any] = {}
    again: dict[str, Any] = {}
    first = 0
    for table, wanted in data["RequestItems"].items():
        keys = wanted["Keys"]
        here = range((len(keys) + 1) // 2, len(keys)) if left is None else {place - first for place in left}
        kept = [key for place, key in enumerate(keys) if place not in here] or keys[:1]
        served[table] = {**wanted, "Keys": kept}
        again[table] = {**wanted, "Keys": [key for key in keys if key not in kept]}
        first += len(keys)
    status, headers, body = handle({**data, "RequestItems": served})
    if status == 200:
        answer = json.loads(body)
        for table, wanted in again.items():
            earlier = answer["UnprocessedKeys"].get(table, {"Keys": []})["Keys"]
            if wanted["Keys"]:
                answer["UnprocessedKeys"][table] = {**wanted, "Keys": earlier + wanted["Keys"]}
        body = json.dumps(answer, ensure_ascii=False).encode()
    return status, headers, body


def _as_aws_writes_it(build: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """The id in AWS's form, and the size, which MiniStack leaves as 0."""

    def build_record(*args: Any) -> dict[str, Any]:
        record = build(*args)
        change = record["dynamodb"]
        images = (change.get(name) or {} for name in ("Keys", "NewImage", "OldImage"))
        change["SizeBytes"] = sum(dynamodb._item_size_bytes(image) for image in images)
        record["eventID"] = record["eventID"].replace("-", "")
        if threading.current_thread().name == _TTL_THREAD:
            record["userIdentity"] = dict(_TTL_IDENTITY)
        return record

    return build_record


def _telling_the_stream(remove: Callable[..., Any]) -> Callable[..., Any]:
    """Items deleted by their time to live are in the stream too."""

    def remove_item(table: Table, pk: str, sk: str) -> Any:
        item = table["items"].get(pk, {}).get(sk)
        answer = remove(table, pk, sk)
        if item is not None and threading.current_thread().name == _TTL_THREAD:
            _, _, _, region, account, _ = table["TableArn"].split(":", 5)
            with request_scope(account, region):
                dynamodb._emit_stream_event(table["TableName"], "REMOVE", item, None)
        return answer

    return remove_item
