"""A model's constraints on a value: required members, enumerations, lengths, ranges and patterns."""

from __future__ import annotations

import re
from typing import Any

from botocore.model import Shape

from .patterns import compiled
from .values import Blob, Broken, Kind, Problems, Unreadable, join, mistyped

_RANGES = {"integer": 1 << 31, "long": 1 << 63}
# How many values of a large enumeration to show.
MAX_NAMED = 20
# S3 reads this header in any case, and the AWS CLI's transfers by the Common Runtime write it in lowercase.
_IN_ANY_CASE = ("ChecksumMode",)


def hold(shape: Shape, value: Any, where: str, problems: Problems) -> None:
    """Names every constraint that the value violates."""
    if isinstance(value, Unreadable):
        return
    match shape.type_name:
        case "structure":
            if not getattr(shape, "is_document_type", False):
                _hold_structure(shape, value, where, problems)
        case "list":
            _hold_size(shape, len(value), value, where, problems)
            for index, item in enumerate(value):
                hold(shape.member, item, f"{where}[{index}]", problems)
        case "map":
            _hold_size(shape, len(value), value, where, problems)
            for key, item in value.items():
                hold(shape.key, key, f"{where}.{key} (key)", problems)
                hold(shape.value, item, f"{where}.{key}", problems)
        case "string":
            _hold_text(shape, value, where, problems)
        case "blob":
            assert isinstance(value, Blob)
            _hold_size(shape, value, value, where, problems)
        case "integer" | "long" | "float" | "double":
            _hold_number(shape, value, where, problems)


def _hold_structure(shape: Shape, value: dict[str, Any], where: str, problems: Problems) -> None:
    for name in shape.required_members:
        if name not in value:
            problems.append(Broken(Kind.MISSING, join(where, name), None, "Member must not be null"))
    for name, item in value.items():
        hold(shape.members[name], item, join(where, name), problems)


def _hold_text(shape: Shape, value: str, where: str, problems: Problems) -> None:
    named = value.upper() if shape.name in _IN_ANY_CASE else value
    if shape.enum and named not in shape.enum:
        known = ", ".join(sorted(shape.enum)[:MAX_NAMED])
        problems.append(Broken(Kind.ENUMERATION, where, value, f"Member must satisfy enum value set: [{known}]"))
    _hold_size(shape, len(value), value, where, problems)
    pattern = shape.metadata.get("pattern")
    if pattern is None:
        return
    try:
        matches = compiled(pattern).fullmatch(value)
    except re.error as error:
        problems.append(f"{where}: the pattern {pattern} cannot be read: {error}")
        return
    if not matches:
        demand = f"Member must satisfy regular expression pattern: {pattern}"
        problems.append(Broken(Kind.PATTERN, where, value, demand))


def _hold_number(shape: Shape, value: float, where: str, problems: Problems) -> None:
    limit = _RANGES.get(shape.type_name)
    if limit and not -limit <= value < limit:
        problems.append(mistyped(where, shape.type_name, value))
    _hold_limits(shape, value, Kind.RANGE, value, where, problems)


def _hold_size(shape: Shape, size: int, value: Any, where: str, problems: Problems) -> None:
    _hold_limits(shape, size, Kind.LENGTH, value, where, problems)


def _hold_limits(shape: Shape, measured: float, kind: Kind, value: Any, where: str, problems: Problems) -> None:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    what = "length" if kind is Kind.LENGTH else "value"
    if least is not None and measured < least:
        problems.append(Broken(kind, where, value, f"Member must have {what} greater than or equal to {least}"))
    if most is not None and measured > most:
        problems.append(Broken(kind, where, value, f"Member must have {what} less than or equal to {most}"))
