"""The instances that the stub of EC2 shows."""

from __future__ import annotations

import base64
import binascii
import datetime
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

from .ec2_xml import FULL, SMALL, STATE_CODES, Template, described_by, managed_by, tag_set

Filters = dict[str, list[str]]

_ODD = 0x9E3779B97F4A7C15 & ((1 << 60) - 1) | 1
_SPECIAL = {"*", "?", "\\"}
_DIGITS = "0123456789abcdef"
_SUFFIX = re.compile(r"i-\*([0-9a-f]{1,15})")


class UnknownFilter(Exception):
    """A filter that this stub does not know."""


class Fleet(Protocol):
    """Instances, by a position that stays the same between two pages."""

    def page(self, filters: Filters, start: int, limit: int) -> tuple[list[bytes], int, int | None]:
        """The XML of at most `limit` matching instances from position `start`, their number, and where to continue."""
        ...


def pattern(value: str) -> re.Pattern[str]:
    """What a value of a filter stands for: `*` for any characters, `?` for one, after a backslash for itself."""
    special = {"*": ".*", "?": "."}
    parts = re.findall(r"\\.|.", value, re.DOTALL)
    return re.compile("".join(special.get(part) or re.escape(part.removeprefix("\\") or part) for part in parts), re.DOTALL)


def _check(filters: Filters) -> None:
    for name in filters:
        if name not in ("instance-id", "instance-state-name", "operator.managed", "operator.principal"):
            raise UnknownFilter(name)


def iso(moment: datetime.datetime) -> str:
    """A time as EC2 writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


@dataclass
class Instance:
    """An instance that a test made."""

    tags: dict[str, str] = field(default_factory=dict)
    state: str = "running"
    # Its last start and its launch, by default a month ago.
    launched: datetime.datetime | None = None
    attached: datetime.datetime | None = None
    # How many calls EC2 takes to know it.
    hidden_for: int = 0
    # The principal of the service that manages it; empty if its account does.
    operator: str = ""
    # What else EC2 says of it, by the policy's words: `instance_types`, `availability_zones` and the like.
    attributes: dict[str, str] = field(default_factory=dict)

    def is_operated_as(self, filters: Filters) -> bool:
        """Whether the filters for its operator let it through."""
        managed = "true" if self.operator else "false"
        return managed in filters.get("operator.managed", [managed]) and self.operator in filters.get(
            "operator.principal", [self.operator]
        )


class ExplicitFleet:
    """A few instances, by their ids."""

    def __init__(self, instances: dict[str, Instance], *, padded: bool = False) -> None:
        self.instances = dict(instances)
        self.template: Template = FULL if padded else SMALL
        self._aged = datetime.timedelta()

    def advance(self, seconds: float) -> None:
        """Makes every instance older, as if time had passed."""
        self._aged += datetime.timedelta(seconds=seconds)

    def page(self, filters: Filters, start: int, limit: int) -> tuple[list[bytes], int, int | None]:
        _check(filters)
        states = filters.get("instance-state-name")
        pieces: list[bytes] = []
        count = 0
        for position, instance_id in enumerate(self._like(filters.get("instance-id"))):
            instance = self.instances[instance_id]
            if position < start or (states is not None and instance.state not in states):
                continue
            if not instance.is_operated_as(filters):
                continue
            if instance.hidden_for > 0:
                instance.hidden_for -= 1
                continue
            if count == limit:
                return pieces, count, position
            self._render(pieces, instance_id, instance)
            if instance.operator:
                pieces[-1] = managed_by(pieces[-1], instance.operator)
            if instance.attributes:
                pieces[-1] = described_by(pieces[-1], instance.attributes)
            count += 1
        return pieces, count, None

    def _like(self, wanted: list[str] | None) -> list[str]:
        """The ids that are like one of these values, in an order that stays the same."""
        if wanted is None:
            return list(self.instances)
        if not any(set(value) & _SPECIAL for value in wanted):
            return [value for value in dict.fromkeys(wanted) if value in self.instances]
        patterns = [pattern(value) for value in wanted]
        return [instance_id for instance_id in self.instances if any(like.fullmatch(instance_id) for like in patterns)]

    def _render(self, pieces: list[bytes], instance_id: str, instance: Instance) -> None:
        long_ago = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=30)
        attached = (instance.attached or instance.launched or long_ago) - self._aged
        launched = (instance.launched or instance.attached or long_ago) - self._aged
        self.template.fill(
            pieces,
            (
                instance_id[2:].encode(),
                str(STATE_CODES[instance.state]).encode(),
                instance.state.encode(),
                iso(launched).encode(),
                iso(attached).encode(),
                tag_set(instance.tags),
            ),
        )


class GeneratedFleet:
    """Any number of instances, each a function of its index: nothing is kept in memory.

    Of 20 instances 14 are compliant, 3 lack a tag, 2 have an environment that is not allowed, and 1 has a blank owner;
    of a fleet with fewer violations, the last of these. One of 10 is stopped. The last digits of the ids are evenly spread.
    """

    STATES = ("running",) * 9 + ("stopped",)

    def __init__(self, count: int, *, padded: bool = True, violations_of_20: int = 6) -> None:
        self.count = count
        self.violations_of_20 = violations_of_20
        self.template: Template = FULL if padded else SMALL

    def instance_id(self, index: int) -> str:
        return f"i-0{(index // 16 * _ODD) & ((1 << 60) - 1):015x}{_DIGITS[index % 16]}"

    def state(self, index: int) -> str:
        return self.STATES[(index + index // 16) // 3 % 10]

    def kind(self, index: int) -> int:
        kind = (index + index // 16) % 20
        return kind if kind >= 20 - self.violations_of_20 else 0

    def is_compliant(self, index: int) -> bool:
        return self.kind(index) < 14

    def tags(self, index: int) -> dict[str, str]:
        return _tags(self.kind(index), index // 320 % 40)

    def expected(self, states: tuple[str, ...] = ("running", "stopped")) -> Counter[str]:
        """How many instances in these states there are (`checked`), and how many of each status."""
        counts: Counter[str] = Counter(checked=0, compliant=0, nonCompliant=0)
        for index in range(self.count):
            if self.state(index) in states:
                counts["checked"] += 1
                counts["compliant" if self.is_compliant(index) else "nonCompliant"] += 1
        return counts

    def ids(self, states: tuple[str, ...] = ("running", "stopped")) -> Iterator[str]:
        """The ids of those in these states."""
        return (self.instance_id(index) for index in range(self.count) if self.state(index) in states)

    def violating(self) -> Iterator[int]:
        """The indexes of those that violate the policy, in whatever state."""
        return (index for index in range(self.count) if not self.is_compliant(index))

    def page(self, filters: Filters, start: int, limit: int) -> tuple[list[bytes], int, int | None]:
        _check(filters)
        states = frozenset(filters.get("instance-state-name", STATE_CODES))
        pieces: list[bytes] = []
        count = 0
        for position, index in self._candidates(filters.get("instance-id"), start):
            state = self.state(index)
            if state not in states:
                continue
            if count == limit:
                return pieces, count, position
            launched = _launch_time(index // 64 % 512)
            self.template.fill(
                pieces,
                (
                    self.instance_id(index)[2:].encode(),
                    b"16" if state == "running" else b"80",
                    state.encode(),
                    launched,
                    launched,
                    _tag_set(self.kind(index), index // 320 % 40),
                ),
            )
            count += 1
        return pieces, count, None

    def _candidates(self, wanted: list[str] | None, start: int) -> Iterator[tuple[int, int]]:
        """Positions and indexes, from a position on, of the instances whose ids are like one of these values."""
        if wanted is None:
            return ((index, index) for index in range(start, self.count))
        if len(wanted) == 1 and (match := _SUFFIX.fullmatch(wanted[0])):
            indexes = self._with_suffix(match[1])
            return ((start + step, index) for step, index in enumerate(indexes[start:]))
        indexes = sorted({index for value in wanted for index in self._like(value)})
        return ((start + step, index) for step, index in enumerate(indexes[start:]))

    def _like(self, value: str) -> range | list[int]:
        if match := _SUFFIX.fullmatch(value):
            return self._with_suffix(match[1])
        if not set(value) & _SPECIAL:
            if not re.fullmatch("i-0[0-9a-f]{16}", value):
                return []
            indexes = self._with_suffix(value[3:])
            return [index for index in indexes if self.instance_id(index) == value]
        like = pattern(value)
        return [index for index in range(self.count) if like.fullmatch(self.instance_id(index))]

    def _with_suffix(self, suffix: str) -> range:
        """The indexes of the ids that end with these hexadecimal digits, by arithmetic."""
        last = int(suffix[-1], 16)
        modulus = 1 << 4 * (len(suffix) - 1)
        first = int(suffix[:-1] or "0", 16) * pow(_ODD, -1, modulus) % modulus if modulus > 1 else 0
        return range(first * 16 + last, self.count, modulus * 16)


def _tags(kind: int, team: int) -> dict[str, str]:
    tags = {
        "Name": f"node-{team}",
        "Environment": ("dev", "staging", "prod")[team % 3],
        "Owner": f"team-{team}",
        "Application": "shop",
        "aws:autoscaling:groupName": f"nodes-{team}",
        "kubernetes.io/cluster/main": "owned",
    }
    if kind in (14, 16):
        del tags["Owner"]
    if kind in (15, 16):
        del tags["Application"]
    if kind == 16:
        del tags["Environment"]
    if kind in (17, 18):
        tags["Environment"] = "production"
    if kind == 19:
        tags["Owner"] = " "
    return tags


@lru_cache(maxsize=None)
def _tag_set(kind: int, team: int) -> bytes:
    return tag_set(_tags(kind, team))


@lru_cache(maxsize=None)
def _launch_time(day: int) -> bytes:
    return iso(datetime.datetime(2024, 1, 1, 8, tzinfo=datetime.UTC) + datetime.timedelta(days=day)).encode()


def encode_token(filters: Filters, position: int) -> str:
    """A token that goes on at a position, for these filters only."""
    return base64.urlsafe_b64encode(json.dumps([_query_hash(filters), position]).encode()).decode()


def decode_token(filters: Filters, token: str) -> int | None:
    """The position of a token; None where it is not one, or one for other filters."""
    try:
        query, position = json.loads(base64.b64decode(token, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, TypeError):
        return None
    return position if query == _query_hash(filters) else None


def _query_hash(filters: Filters) -> str:
    return hashlib.sha256(json.dumps(filters, sort_keys=True).encode()).hexdigest()[:16]
