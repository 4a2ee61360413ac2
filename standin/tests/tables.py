"""The function's state table, for tests."""

from __future__ import annotations

from typing import Any

from .support import StandIn

INDEX = "due"

Item = dict[str, dict[str, Any]]


def create_table(standin: StandIn, name: str, **settings: Any) -> dict[str, Any]:
    """Create a table with its sparse index and stream; return its description."""
    attributes = {"pk": "S", "sk": "S", "grp": "S", "due": "N"}
    described: dict[str, Any] = standin.client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": kind} for n, kind in attributes.items()],
        KeySchema=keys("pk", "sk"),
        GlobalSecondaryIndexes=[
            {"IndexName": INDEX, "KeySchema": keys("grp", "due"), "Projection": {"ProjectionType": "KEYS_ONLY"}}
        ],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        **settings,
    )["TableDescription"]
    return described


def keys(partition: str, sort: str) -> list[dict[str, str]]:
    """A key schema."""
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]


def key(sk: str, pk: str = "i#1") -> Item:
    """An item's key."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def stream_statement(stream_arn: str) -> dict[str, Any]:
    """The permissions that a function's role needs to poll a stream."""
    actions = [f"dynamodb:{name}" for name in ("GetRecords", "GetShardIterator", "DescribeStream", "ListStreams")]
    return {"Effect": "Allow", "Action": actions, "Resource": stream_arn}
