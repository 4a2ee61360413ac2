"""Conditions as our policy writes them, together with the filters of Cloud Custodian that mean the same."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .filters import Json, any_of, any_tag, attribute_filter, value_filter

MINUTES_OF_A_DAY = 24 * 60

# What a test is about, by name, and values with which it holds.
Good = tuple[tuple[str, tuple[str, ...]], ...]
# Our words for what EC2 says of an instance, and the names in DescribeInstances.
ATTRIBUTES = {
    "instance_types": "InstanceType",
    "availability_zones": "Placement.AvailabilityZone",
    "instance_profiles": "IamInstanceProfile.Arn",
    "image_ids": "ImageId",
    "vpc_ids": "VpcId",
    "subnet_ids": "SubnetId",
}


@dataclass(frozen=True)
class Test:
    """What a condition asks."""

    # A condition of ours that asks nothing else.
    ours: Json
    theirs: Json
    tags: Good = ()
    attributes: Good = ()


@dataclass(frozen=True)
class Condition:
    """For which instances a rule is: those for which all tests hold. place: `when`, `include` or `exclude`."""

    place: str
    tests: tuple[Test, ...]

    @property
    def tags(self) -> Good:
        """The tags that it is about, and values with which it may hold."""
        return _joined(test.tags for test in self.tests)

    @property
    def attributes(self) -> Good:
        """What else it is about."""
        return _joined(test.attributes for test in self.tests)


def joined(tests: tuple[Test, ...]) -> Json:
    """The condition of ours that asks all of this."""
    condition: Json = {}
    for test in tests:
        for name, part in test.ours.items():
            condition[name] = condition.get(name, []) + part if name == "tags" else part
    return condition


def has(key: str) -> Test:
    """The tag is there."""
    return _of_tag(key, {}, value_filter(key, "present"))


def lacks(key: str) -> Test:
    """It is not there."""
    return _of_tag(key, {"absent": True}, value_filter(key, "absent"))


def is_one_of(key: str, values: tuple[str, ...]) -> Test:
    """It has one of these values."""
    return _of_tag(key, {"values": values}, value_filter(key, list(values), op="in"), values)


def is_one_of_in_any_case(key: str, values: tuple[str, ...]) -> Test:
    """It has one of these values, whatever the case of key and value."""
    lower = [value.lower() for value in values]
    theirs = value_filter(key, lower, ignore_key_case=True, op="in", value_type="normalize")
    return _of_tag(key, {"values": values, "ignore_case": True}, theirs, values)


def matches(key: str, pattern: str, good: tuple[str, ...], *, anchored: bool) -> Test:
    """It matches."""
    theirs = value_filter(key, regex(pattern, anchored=anchored), op="regex-case")
    return _of_tag(key, {"pattern": pattern}, theirs, good)


def has_like(key_pattern: str, keys: tuple[str, ...], values: tuple[str, ...] = (), *, anchored: bool = True) -> Test:
    """A tag whose key matches is there, with one of these values where there are any. keys: some that match."""
    ours: Json = {"key_pattern": key_pattern} | ({"values": values} if values else {})
    tests = [key_matches(key_pattern, anchored=anchored)]
    tests += [attribute_filter("Value", list(values), op="in")] if values else []
    return Test({"tags": [ours]}, any_tag(*tests), tuple((key, values) for key in keys))


def lacks_like(key_pattern: str, keys: tuple[str, ...], *, anchored: bool = True) -> Test:
    """No tag is there whose key matches."""
    theirs = {"not": [any_tag(key_matches(key_pattern, anchored=anchored))]}
    return Test({"tags": [{"key_pattern": key_pattern, "absent": True}]}, theirs, tuple((key, ()) for key in keys))


def is_named(attribute: str, names: tuple[str, ...], good: tuple[str, ...]) -> Test:
    """What EC2 says by name is like one of these. good: values that are."""
    key = ATTRIBUTES[attribute]
    if attribute == "instance_profiles":
        # EC2 says an ARN, in which a path may precede the name.
        likes = ["[^/]*".join(part.replace(r"\?", "[^/]") for part in re.escape(name).split(r"\*")) for name in names]
        theirs = [attribute_filter(key, rf".*/{like}\Z", op="regex-case") for like in likes]
    else:
        theirs = [attribute_filter(key, name, op="glob") for name in names]
    return Test({attribute: names}, any_of(theirs), attributes=((attribute, good),))


def is_id_of(attribute: str, ids: tuple[str, ...]) -> Test:
    """It is one of these."""
    return Test(
        {attribute: ids}, attribute_filter(ATTRIBUTES[attribute], list(ids), op="in"), attributes=((attribute, ids),)
    )


def is_at_least(minutes: int) -> Test:
    """It was launched so many minutes ago, or earlier."""
    return Test({"min_age_minutes": minutes}, _age("ge", minutes))


def is_younger_than(minutes: int) -> Test:
    """It was launched less than so many minutes ago."""
    return Test({"max_age_minutes": minutes}, _age("lt", minutes))


def one_of(*ways: tuple[Test, ...]) -> Test:
    """One of these conditions holds."""
    theirs = [{"and": [test.theirs for test in way]} for way in ways]
    return _group({"any": [joined(way) for way in ways]}, {"or": theirs}, tuple(itertools.chain.from_iterable(ways)))


def unless(*tests: Test) -> Test:
    """This condition does not hold."""
    return _group({"not": joined(tests)}, {"not": [test.theirs for test in tests]}, tests)


def regex(pattern: str, *, anchored: bool) -> str:
    """An expression of theirs; anchored: whether it says that the whole text has to match."""
    return f"^(?:{pattern})$" if anchored else pattern


def key_matches(pattern: str, *, anchored: bool, ignore_case: bool = False) -> Json:
    """What they ask of the key of a tag in a list."""
    return attribute_filter("Key", regex(pattern, anchored=anchored), op="regex" if ignore_case else "regex-case")


def _of_tag(key: str, fields: Json, theirs: Json, good: tuple[str, ...] = ()) -> Test:
    return Test({"tags": [{"key": key} | fields]}, theirs, ((key, good),))


def _age(op: str, minutes: int) -> Json:
    return attribute_filter("LaunchTime", minutes / MINUTES_OF_A_DAY, op=op, value_type="age")


def _group(ours: Json, theirs: Json, tests: tuple[Test, ...]) -> Test:
    return Test(ours, theirs, _joined(test.tags for test in tests), _joined(test.attributes for test in tests))


def _joined(parts: Iterable[tuple[Any, ...]]) -> tuple[Any, ...]:
    return tuple(itertools.chain.from_iterable(parts))
