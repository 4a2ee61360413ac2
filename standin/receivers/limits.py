"""Limits of fields that a vendor has published, as a table that a payload is held against."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def too_long(fields: dict[str, Any], limits: dict[str, int]) -> list[str]:
    """What is wrong with the texts, lists and objects of a payload: their kind is not checked, only their length."""
    problems = []
    for name, most in limits.items():
        value = fields.get(name)
        if isinstance(value, (str, list, dict)) and len(value) > most:
            problems.append(f"{name}: expected at most {most}, got {len(value)}")
    return problems


def not_text(fields: dict[str, Any], names: Iterable[str]) -> list[str]:
    """Which fields are there and are no text."""
    return [f"{name}: expected text" for name in names if name in fields and not isinstance(fields[name], str)]
