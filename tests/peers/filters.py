"""Filters of Cloud Custodian, and those of values within them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

# A policy of ours or a filter of theirs, or a part of one.
Json = dict[str, Any]
Change = Callable[[Json], Json]


def value_filter(key: str, value: object, *, ignore_key_case: bool = False, **options: object) -> Json:
    """Their filter of a tag's value."""
    if ignore_key_case:
        return attribute_filter(f"tag:{key.lower()}", value, tag_key_transforms=["lower"], **options)
    return attribute_filter(f"tag:{key}", value, **options)


def attribute_filter(name: str, value: object, **options: object) -> Json:
    """Their filter of what EC2 says of an instance, by its name in DescribeInstances."""
    return {"type": "value", "key": name, "value": value} | options


def any_tag(*tests: Json) -> Json:
    """Their filter of tags of which all of these hold for one: of its `Key` and its `Value`."""
    return {"type": "list-item", "key": "Tags", "attrs": list(tests)}


def any_of(filters: list[Json]) -> Json:
    """One of these holds."""
    return filters[0] if len(filters) == 1 else {"or": filters}


def leaves(each: Json) -> Iterator[Json]:
    """The filters of values in a filter."""
    if each.get("type") == "value":
        yield each
        return
    for inner in itertools.chain.from_iterable(part for part in each.values() if isinstance(part, list)):
        yield from leaves(inner)


def changed(each: Json, change: Change) -> Json:
    """The same filter, but for what its filters of values say."""
    if each.get("type") == "value":
        return change(each)
    return {
        name: [changed(inner, change) for inner in part] if isinstance(part, list) else part for name, part in each.items()
    }


def reads(leaf: Json, key: str) -> bool:
    """Whether a filter of values is about the tag of this key."""
    return leaf["key"] == f"tag:{key.lower() if 'tag_key_transforms' in leaf else key}"
