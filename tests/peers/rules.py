"""A rule as our policy writes it, together with the filter of Cloud Custodian that means the same.

Their policies look for what is wrong: a filter leaves the instances that our rule flags.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass, replace
from functools import cached_property

from .conditions import Condition, Test, joined, key_matches, regex
from .filters import Change, Json, any_tag, changed, leaves, value_filter

# Every instance has this tag: a rule that forbids it where a condition holds asks for the condition alone.
COMMON_KEY = "Name"
# When both evaluate; at noon, so that a day that has begun is not over.
AT = datetime.datetime(2027, 1, 31, 12, tzinfo=datetime.UTC)

Tags = dict[str, str]


@dataclass(frozen=True)
class Rule:
    """One rule, by both."""

    kind: str
    # The required or forbidden tag of our policy.
    ours: Json
    theirs: Json
    # Values that the rule asks for; of a pattern of keys, keys that match.
    good: tuple[str, ...] = ("web",)
    is_forbidding: bool = False
    condition: Condition | None = None

    @property
    def key(self) -> str:
        """The key of the tag, or a key that matches its pattern."""
        return self.ours.get("key") or self.good[0]

    @property
    def keys(self) -> tuple[str, ...]:
        """The key, and those that will do as well."""
        return (self.key, *self.ours.get("alternative_keys", ()))

    @property
    def policy(self) -> Json:
        """Our policy with this rule alone."""
        tag = dict(self.ours)
        policy: Json = {"forbidden_tags" if self.is_forbidding else "required_tags": [tag]}
        if self.condition:
            condition = joined(self.condition.tests)
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
        return [leaf for each in self.filters for leaf in leaves(each)]

    def with_filters(self, change: Change, *, of_condition: bool = True) -> Rule:
        """The same rule, but for what their filters of values say."""
        condition = self.condition
        if condition and of_condition:
            tests = tuple(replace(test, theirs=changed(test.theirs, change)) for test in condition.tests)
            condition = replace(condition, tests=tests)
        return replace(self, theirs=changed(self.theirs, change), condition=condition)


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

    def none_of(self, values: tuple[str, ...]) -> Rule:
        """It has none of these values."""
        theirs = {"or": [self._filter("empty"), self._filter(list(values), op="in")]}
        return Rule("not in", self._ours(forbidden_values=values), theirs, (*values, "web"))

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
        theirs = self._unless(self._filter(regex(pattern, anchored=anchored), op=op))
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

    def day(self, *, not_past: bool, days_ahead: int | None, good: tuple[str, ...]) -> Rule:
        """It is a day, today or later, and not too far ahead."""
        date: Json = {"not_past": True} if not_past else {}
        # What they can't read as a day is in no order with one.
        tests = [self._filter("1000-01-01", op="ge", value_type="date")]
        if not_past:
            tests.append(self._filter(0, op="ge", value_type="expiration"))
        if days_ahead is not None:
            date["max_days_ahead"] = days_ahead
            tests.append(self._filter(days_ahead, op="le", value_type="expiration"))
        return Rule("date", self._ours(date=date), {"not": tests}, good)

    def number(self, *, least: float | None = None, most: float | None = None, good: tuple[str, ...] = ()) -> Rule:
        """It is a number, and within these limits, of which there is one at least."""
        limits = {"min": ("ge", least), "max": ("le", most)}
        given = {name: limit for name, (_, limit) in limits.items() if limit is not None}
        within = [self._filter(limit, op=op, value_type="float") for op, limit in limits.values() if limit is not None]
        return Rule("number", self._ours(number=given), {"or": [self._filter("empty"), {"not": within}]}, good)

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


def optional(rule: Rule) -> Rule:
    """The same rule for a tag that may be left out."""
    present = value_filter(rule.key, "present", ignore_key_case=rule.ours.get("ignore_key_case", False))
    return replace(rule, ours=rule.ours | {"optional": True}, theirs={"and": [present, rule.theirs]})


def with_alternative(rule: Rule, key: str) -> Rule:
    """The same rule for a tag for which that of another key will do as well."""
    theirs = changed(rule.theirs, lambda leaf: leaf | {"key": f"tag:{key}"})
    return replace(rule, ours=rule.ours | {"alternative_keys": [key]}, theirs={"and": [rule.theirs, theirs]})


def forbidden_like(pattern: str, keys: tuple[str, ...], *, anchored: bool, ignore_case: bool = False) -> Rule:
    """No tag's key matches. keys: some that do; anchored: whether they say that the whole key has to."""
    ours = {"key_pattern": f"(?i){pattern}" if ignore_case else pattern}
    theirs = any_tag(key_matches(pattern, anchored=anchored, ignore_case=ignore_case))
    return Rule("keys", ours, theirs, keys, is_forbidding=True)


def where(*tests: Test) -> Rule:
    """A rule that flags the instances for which all of this holds."""
    rule = Builder(COMMON_KEY).forbidden()
    return replace(rule, kind="condition", condition=Condition("when", tests))


def expression_of(glob: str) -> str:
    """The regular expression that matches what a shell's pattern is like."""
    parts = re.findall(r"\*|\?|\[!?[^\]]+\]|.", glob, re.DOTALL)
    special = {"*": "(?s:.*)", "?": "(?s:.)"}
    return "".join(
        part.replace("[!", "[^") if len(part) > 1 else special.get(part) or re.escape(part) for part in parts
    )
