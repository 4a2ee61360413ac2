"""Filter patterns over JSON log events, as CloudWatch Logs reads them.

What is read: comparisons of ``$.field`` with a text, a number or ``*``, ``&&``, ``||`` and parentheses. Other patterns are
refused, so that no filter matches otherwise than on AWS.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

Match = Callable[[Any], bool]

ABSENT = object()
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<path>\$(?:\.[A-Za-z0-9_-]+|\[\d+\])+)
    |(?P<operator><=|>=|!=|=|<|>)
    |(?P<word>&&|\|\||[(){}])
    |"(?P<text>(?:[^"\\]|\\.)*)"
    |(?P<bare>[A-Za-z0-9_.*+-]+)
    )""",
    re.VERBOSE,
)
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_ORDERS: dict[str, Callable[[float, float], bool]] = {
    "<": lambda value, limit: value < limit,
    "<=": lambda value, limit: value <= limit,
    ">": lambda value, limit: value > limit,
    ">=": lambda value, limit: value >= limit,
}


class Unreadable(ValueError):
    """A pattern that CloudWatch Logs refuses, or that is not read here."""


def parse(pattern: str) -> Match:
    """Whether a log event, as its JSON document, matches the pattern."""
    tokens = _Tokens(pattern)
    tokens.take("{")
    match = _either(tokens)
    tokens.take("}")
    if tokens.left:
        raise Unreadable(f"Invalid character(s) after the pattern: {pattern!r}")
    return match


def document_of(message: str) -> Any:
    """A log event's JSON document; ABSENT if it is none."""
    try:
        found = json.loads(message)
    except ValueError:
        return ABSENT
    return found if isinstance(found, (dict, list)) else ABSENT


def value_at(document: Any, path: str) -> Any:
    """The value at ``$.a.b[0]``; ABSENT if there is none."""
    for name, index in re.findall(r"\.([A-Za-z0-9_-]+)|\[(\d+)\]", path):
        try:
            document = document[name] if name else document[int(index)]
        except (KeyError, IndexError, TypeError):
            return ABSENT
    return document


def is_number(value: Any) -> bool:
    """Whether a value of a JSON document is a number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


class _Tokens:
    def __init__(self, pattern: str) -> None:
        self.left: list[re.Match[str]] = []
        end = 0
        while pattern[end:].strip():
            token = _TOKEN.match(pattern, end)
            if token is None:
                raise Unreadable(f"Invalid character(s) in filter pattern {pattern[end:]!r}")
            self.left.append(token)
            end = token.end()

    def next_is(self, word: str) -> bool:
        return bool(self.left) and self.left[0]["word"] == word

    def take(self, word: str) -> None:
        if not self.next_is(word):
            raise Unreadable(f"Expected {word!r} in the filter pattern")
        self.left.pop(0)

    def part(self, kind: str) -> str:
        if not self.left or self.left[0][kind] is None:
            raise Unreadable(f"Expected a {kind} in the filter pattern")
        return self.left.pop(0)[kind]


def _either(tokens: _Tokens) -> Match:
    parts = [_all(tokens)]
    while tokens.next_is("||"):
        tokens.take("||")
        parts.append(_all(tokens))
    return lambda document: any(part(document) for part in parts)


def _all(tokens: _Tokens) -> Match:
    parts = [_one(tokens)]
    while tokens.next_is("&&"):
        tokens.take("&&")
        parts.append(_one(tokens))
    return lambda document: all(part(document) for part in parts)


def _one(tokens: _Tokens) -> Match:
    if tokens.next_is("("):
        tokens.take("(")
        inner = _either(tokens)
        tokens.take(")")
        return inner
    path, operator = tokens.part("path"), tokens.part("operator")
    compare = _comparison(operator, tokens)
    return lambda document: (value := value_at(document, path)) is not ABSENT and compare(value)


def _comparison(operator: str, tokens: _Tokens) -> Match:
    is_quoted = bool(tokens.left) and tokens.left[0]["text"] is not None
    wanted = re.sub(r"\\(.)", r"\1", tokens.part("text")) if is_quoted else tokens.part("bare")
    number = float(wanted) if not is_quoted and _NUMBER.fullmatch(wanted) else None
    if operator in _ORDERS:
        if number is None:
            raise Unreadable(f"{operator} needs a number, got {wanted!r}")
        order, limit = _ORDERS[operator], number
        return lambda value: is_number(value) and order(value, limit)

    def is_equal(value: Any) -> bool:
        if number is not None and is_number(value):
            return bool(value == number)
        if wanted == "*":
            return True
        # Only the asterisk is special.
        glob = re.sub(r"[?\[]", r"[\g<0>]", wanted)
        return isinstance(value, str) and fnmatchcase(value, glob)

    return is_equal if operator == "=" else lambda value: not is_equal(value)
