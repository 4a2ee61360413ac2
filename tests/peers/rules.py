"""A rule as our policy writes it, together with the filter of Cloud Custodian that means the same.

Their policies look for what is wrong: a filter leaves the instances that our rule flags.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

# Every instance has this tag, for policies that only forbid: ours ask for one required tag at least.
COMMON_KEY = "Name"

Tags = dict[str, str]
# A policy of ours or a filter of theirs, or a part of one.
Json = dict[str, Any]
Change = Callable[[Json], Json]


@dataclass(frozen=True)
class TagTest:
    """What a condition asks of a tag."""

    ours: Json
    theirs: Json
    # Values with which it holds.
    good: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return self.ours["key"]


@dataclass(frozen=True)
class Condition:
    """For which instances a rule is. place: `when`, `include` or `exclude`."""

    place: str
    tests: tuple[TagTest, ...]


@dataclass(frozen=True)
class Rule:
    """One rule, by both."""

    kind: str
    # The required or forbidden tag of our policy.
    ours: Json
    theirs: Json
    # Values that the rule asks for.
    good: tuple[str, ...] = ("web",)
    is_forbidding: bool = False
    condition: Condition | None = None

    @property
    def key(self) -> str:
        return self.ours["key"]

    @property
    def policy(self) -> Json:
        """Our policy with this rule alone."""
        tag = dict(self.ours)
        policy: Json = {"required_tags": [{"key": COMMON_KEY}], "forbidden_tags": [tag]}
        if not self.is_forbidding:
            policy = {"required_tags": [tag]}
        if self.condition:
            condition = {"tags": [test.ours for test in self.condition.tests]}
            if self.condition.place == "when":
                tag["when"] = condition
            else:
                policy["scope"] = {self.condition.place: [condition]}
        return policy

    @property
    def filters(self) -> list[Json]:
        """Their filters, all of which must hold."""
        if not self.condition:
            return [self.theirs]
        tests = [test.theirs for test in self.condition.tests]
        return [*([{"not": tests}] if self.condition.place == "exclude" else tests), self.theirs]

    @cached_property
    def leaves(self) -> list[Json]:
        """The filters of values, out of all groups."""
        return [leaf for each in self.filters for leaf in _leaves(each)]

    def with_filters(self, change: Change, *, of_condition: bool = True) -> Rule:
        """The same rule, but for what their filters of values say."""
        condition = self.condition
        if condition and of_condition:
            tests = tuple(replace(test, theirs=_changed(test.theirs, change)) for test in condition.tests)
            condition = replace(condition, tests=tests)
        return replace(self, theirs=_changed(self.theirs, change), condition=condition)


def _leaves(each: Json) -> Iterator[Json]:
    if each.get("type") == "value":
        yield each
        return
    for group in each.values():
        for inner in group:
            yield from _leaves(inner)


def _changed(each: Json, change: Change) -> Json:
    if each.get("type") == "value":
        return change(each)
    return {name: [_changed(inner, change) for inner in group] for name, group in each.items()}


def reads(leaf: Json, key: str) -> bool:
    """Whether a filter of values is about the tag of this key."""
    return leaf["key"] == f"tag:{key.lower() if 'tag_key_transforms' in leaf else key}"


def value_filter(key: str, value: object, *, ignore_key_case: bool = False, **options: object) -> Json:
    """Their filter of a tag's value."""
    found: Json = {"type": "value", "key": f"tag:{key}", "value": value} | options
    if ignore_key_case:
        found |= {"key": f"tag:{key.lower()}", "tag_key_transforms": ["lower"]}
    return found


class Builder:
    """The rules about a tag."""

    def __init__(self, key: str, *, ignore_key_case: bool = False) -> None:
        self._key = key
        self._ignore_key_case = ignore_key_case

    def present(self, word: str = "empty") -> Rule:
        """The tag is there; word: how they say that it is not."""
        return Rule("present", self._ours(), self._filter(word))

    def allowed(self, values: tuple[str, ...]) -> Rule:
        """It has one of these values."""
        return Rule("in", self._ours(allowed_values=values), self._filter(list(values), op="not-in"), values)

    def equal(self, value: str) -> Rule:
        """It has this value."""
        return Rule("equal", self._ours(allowed_values=[value]), self._filter(value, op="ne"), (value,))

    def allowed_in_any_case(self, values: tuple[str, ...]) -> Rule:
        """It has one of these values, in any case."""
        lower = [value.lower() for value in values]
        unless = {"not": [self._filter(lower, op="in", value_type="normalize")]}
        return Rule("normalize", self._ours(allowed_values=values, ignore_value_case=True), unless, values)

    def matching(self, pattern: str, good: tuple[str, ...], *, anchored: bool, ignore_case: bool = False) -> Rule:
        """It matches; anchored: whether they say that the whole value has to."""
        op = "regex" if ignore_case else "regex-case"
        options = {"ignore_value_case": True} if ignore_case else {}
        theirs = self._unless(self._filter(_regex(pattern, anchored), op=op))
        return Rule(op, self._ours(pattern=pattern, **options), theirs, good)

    def like(self, glob: str, good: tuple[str, ...]) -> Rule:
        """It is like a shell's pattern, which is an expression of ours."""
        return Rule("glob", self._ours(pattern=expression_of(glob)), self._unless(self._filter(glob, op="glob")), good)

    def at_least(self, length: int) -> Rule:
        """It has so many characters."""
        shorter = self._filter(length, op="lt", value_type="size")
        return Rule("min", self._ours(min_length=length), shorter, ("ä" * length, "🚀" * length))

    def at_most(self, length: int) -> Rule:
        """It has no more characters than these."""
        longer = self._filter(length, op="gt", value_type="size")
        return Rule("max", self._ours(max_length=length), {"or": [self._filter("empty"), longer]}, ("ä" * length,))

    def forbidden(self, word: str = "present") -> Rule:
        """The tag is not there; word: how they say that it is."""
        return Rule("forbidden", self._ours(), self._filter(word), is_forbidding=True)

    def _ours(self, **fields: object) -> Json:
        return {"key": self._key} | ({"ignore_key_case": True} if self._ignore_key_case else {}) | fields

    def _filter(self, value: object, **options: object) -> Json:
        return value_filter(self._key, value, ignore_key_case=self._ignore_key_case, **options)

    def _unless(self, holds: Json) -> Json:
        # An expression that takes the empty value takes it from them, too.
        return {"or": [self._filter("empty"), {"not": [holds]}]}


def has(key: str) -> TagTest:
    """The tag is there."""
    return TagTest({"key": key}, value_filter(key, "present"))


def lacks(key: str) -> TagTest:
    """It is not there."""
    return TagTest({"key": key, "absent": True}, value_filter(key, "absent"))


def is_one_of(key: str, values: tuple[str, ...]) -> TagTest:
    """It has one of these values."""
    return TagTest({"key": key, "values": values}, value_filter(key, list(values), op="in"), values)


def is_one_of_in_any_case(key: str, values: tuple[str, ...]) -> TagTest:
    """It has one of these values, whatever the case of key and value."""
    lower = [value.lower() for value in values]
    theirs = value_filter(key, lower, ignore_key_case=True, op="in", value_type="normalize")
    return TagTest({"key": key, "values": values, "ignore_case": True}, theirs, values)


def matches(key: str, pattern: str, good: tuple[str, ...], *, anchored: bool) -> TagTest:
    """It matches."""
    theirs = value_filter(key, _regex(pattern, anchored), op="regex-case")
    return TagTest({"key": key, "pattern": pattern}, theirs, good)


def _regex(pattern: str, anchored: bool) -> str:
    return f"^(?:{pattern})$" if anchored else pattern


def expression_of(glob: str) -> str:
    """The regular expression that matches what a shell's pattern is like."""
    parts = re.findall(r"\*|\?|\[!?[^\]]+\]|.", glob, re.DOTALL)
    special = {"*": "(?s:.*)", "?": "(?s:.)"}
    return "".join(
        part.replace("[!", "[^") if len(part) > 1 else special.get(part) or re.escape(part) for part in parts
    )
