"""``dynamodb:LeadingKeys``: the partition key that a call names, which policies may restrict."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from ministack.core import iam_actions
from ministack.services import dynamodb

KEY = "dynamodb:LeadingKeys"
_EQUALS = re.compile(r"(#?\w+)\s*=\s*(:\w+)")


def install() -> None:
    """Add the condition key to those of DynamoDB's calls."""
    iam_actions.dynamodb_service_context = _with_leading_keys(iam_actions.dynamodb_service_context)


def leading_keys(call: dict[str, Any]) -> dict[str, list[str]]:
    """The condition key of a query or of a call on one item; nothing for any other call, such as a scan."""
    table = dynamodb._tables.get(dynamodb._normalize_table_name(call.get("TableName")))
    if table is None:
        return {}
    schema = (dynamodb._index_def(table, call.get("IndexName")) or table)["KeySchema"]
    name = next(key["AttributeName"] for key in schema if key["KeyType"] == "HASH")
    item = call.get("Key") or call.get("Item") or _queried(call)
    value = item.get(name) if isinstance(item, dict) else None
    return {KEY: [str(part) for part in value.values()]} if isinstance(value, dict) else {}


def _queried(call: dict[str, Any]) -> dict[str, Any]:
    """The attributes that a query compares with a value."""
    names, values = (call.get(f"ExpressionAttribute{kind}") or {} for kind in ("Names", "Values"))
    compared = _EQUALS.findall(str(call.get("KeyConditionExpression", "")))
    return {names.get(name, name): values.get(value) for name, value in compared}


def _with_leading_keys(service_context: Callable[[bytes], dict]) -> Callable[[bytes], dict]:
    def context(body: bytes) -> dict:
        try:
            call = json.loads(body or b"{}")
        except ValueError:
            call = None
        return {**service_context(body), **(leading_keys(call) if isinstance(call, dict) else {})}

    return context
