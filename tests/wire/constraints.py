"""What a model demands of a value: what is required, and enumerations, lengths, ranges and patterns."""

from __future__ import annotations

import re
from typing import Any

from botocore.model import Shape

from .patterns import compiled
from .values import Blob, Problems, Unreadable

_RANGES = {"integer": 1 << 31, "long": 1 << 63}


def hold(shape: Shape, value: Any, where: str, problems: Problems) -> None:
    """Names every constraint that the value breaks."""
    if isinstance(value, Unreadable):
        return
    match shape.type_name:
        case "structure":
            if not getattr(shape, "is_document_type", False):
                _hold_structure(shape, value, where, problems)
        case "list":
            _hold_size(shape, len(value), "items", where, problems)
            for index, item in enumerate(value):
                hold(shape.member, item, f"{where}[{index}]", problems)
        case "map":
            _hold_size(shape, len(value), "entries", where, problems)
            for key, item in value.items():
                hold(shape.key, key, f"{where}.{key} (key)", problems)
                hold(shape.value, item, f"{where}.{key}", problems)
        case "string":
            _hold_text(shape, value, where, problems)
        case "blob":
            assert isinstance(value, Blob)
            _hold_size(shape, value, "bytes", where, problems)
        case "integer" | "long" | "float" | "double":
            _hold_number(shape, value, where, problems)


def _hold_structure(shape: Shape, value: dict[str, Any], where: str, problems: Problems) -> None:
    for name in shape.required_members:
        if name not in value:
            problems.append(f"{where}.{name}: missing".lstrip("."))
    for name, item in value.items():
        hold(shape.members[name], item, f"{where}.{name}".lstrip("."), problems)


def _hold_text(shape: Shape, value: str, where: str, problems: Problems) -> None:
    if shape.enum and value not in shape.enum:
        problems.append(f"{where}: {value!r} is none of {', '.join(sorted(shape.enum)[:20])}")
    _hold_size(shape, len(value), "characters", where, problems)
    pattern = shape.metadata.get("pattern")
    if pattern is None:
        return
    try:
        matches = compiled(pattern).fullmatch(value)
    except re.error as error:
        problems.append(f"{where}: the pattern {pattern} cannot be read: {error}")
        return
    if not matches:
        problems.append(f"{where}: {value[:200]!r} does not match {pattern}")


def _hold_number(shape: Shape, value: float, where: str, problems: Problems) -> None:
    limit = _RANGES.get(shape.type_name)
    least, most = (shape.metadata.get(name) for name in ("min", "max"))
    if limit and not -limit <= value < limit:
        problems.append(f"{where}: {value} is no {shape.type_name}")
    if (least is not None and value < least) or (most is not None and value > most):
        problems.append(f"{where}: {value} is not from {least} to {most}")


def _hold_size(shape: Shape, size: int, unit: str, where: str, problems: Problems) -> None:
    least, most = (shape.metadata.get(name) for name in ("min", "max"))
    if (least is not None and size < least) or (most is not None and size > most):
        problems.append(f"{where}: {size} {unit} are not from {least} to {most}")
