"""The syntax of DynamoDB's expressions, where MiniStack overlooks what AWS rejects."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

CONDITION_FUNCTIONS = frozenset(
    {"attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains", "size"}
)
_UPDATE_FUNCTIONS = {"if_not_exists": 2, "list_append": 2}
_SECTIONS = ("SET", "REMOVE", "ADD", "DELETE")
_ORDERING = frozenset({"<", "<=", ">", ">=", "BETWEEN"})
_ORDERED_TYPES = frozenset({"S", "N", "B"})
_PREFIX_TYPES = frozenset({"S", "B"})
_WORDS = frozenset({"AND", "OR", "NOT", "BETWEEN", "IN"})

_TOKEN = re.compile(r"\s*(?:(?P<text>[#:]?[A-Za-z0-9_]+|<>|<=|>=|[=<>(),.\[\]+-])|(?P<other>\S))")

Values = Mapping[str, Mapping[str, Any]]
Names = Mapping[str, str]


@dataclass(frozen=True)
class _Token:
    text: str
    start: int
    end: int

    @property
    def is_name(self) -> bool:
        """Whether this is an attribute or one of its placeholders, or a function."""
        return self.text[0] == "#" or self.text[0].isalpha() or self.text[0] == "_"

    @property
    def is_value(self) -> bool:
        return self.text[0] == ":"


class _Invalid(Exception):
    """A fault of an expression, in AWS's words."""


def _tokens(expression: str) -> list[_Token]:
    found = []
    for match in _TOKEN.finditer(expression.rstrip()):
        group = "text" if match.group("text") else "other"
        found.append(_Token(match.group(group), match.start(group), match.end(group)))
    return found


def update_error(expression: str, names: Names) -> str | None:
    """AWS's error for an invalid update expression."""
    try:
        _Update(expression, names).read()
    except _Invalid as invalid:
        return f"Invalid UpdateExpression: {invalid}"
    return None


def condition_error(expression: str, values: Values, slot: str) -> str | None:
    """AWS's error for the functions and operands of a condition; MiniStack checks the grammar itself."""
    tokens = _tokens(expression)
    for token, following in zip(tokens, tokens[1:], strict=False):
        is_function = following.text == "(" and token.is_name and token.text.upper() not in _WORDS
        if is_function and token.text not in CONDITION_FUNCTIONS:
            return f"Invalid {slot}: Invalid function name; function: {token.text}"
    compared = [(operator, operand, _ORDERED_TYPES) for operator, operand in _ordered_operands(tokens)]
    for operator, operand, types in [*compared, *_prefixes(tokens)]:
        kind = next(iter(values.get(operand.text, {})), "S")
        if kind not in types:
            what = "operator" if operator in _ORDERING else "operator or function"
            return (
                f"Invalid {slot}: Incorrect operand type for operator or function; "
                f"{what}: {operator}, operand type: {kind}"
            )
    return None


def key_condition_error(expression: str) -> str | None:
    """AWS's error for a key condition with operators that keys do not have."""
    for token in _tokens(expression):
        is_function = token.text in CONDITION_FUNCTIONS and token.text != "begins_with"
        if token.text.upper() in ("OR", "NOT", "IN") or token.text == "<>" or is_function:
            return f"Invalid operator used in KeyConditionExpression: {token.text}"
    return None


def unused_error(expressions: Iterable[str], names: Names, values: Values) -> str | None:
    """AWS's error for unused placeholders; one that is a prefix of another is not used by it."""
    used = {token.text for expression in expressions for token in _tokens(expression)}
    for kind, given in (("Names", names), ("Values", values)):
        unused = [placeholder for placeholder in given if placeholder not in used]
        if used and unused:
            return f"Value provided in ExpressionAttribute{kind} unused in expressions: keys: {{{', '.join(unused)}}}"
    return None


def attributes(expression: str, names: Names) -> list[str]:
    """The top-level attributes that an expression names, in order."""
    tokens = _tokens(expression)
    found = []
    for number, token in enumerate(tokens):
        before = tokens[number - 1].text if number else ""
        after = tokens[number + 1].text if number + 1 < len(tokens) else ""
        if token.is_name and before != "." and after != "(" and token.text.upper() not in _WORDS:
            found.append(names.get(token.text, token.text))
    return list(dict.fromkeys(found))


def _ordered_operands(tokens: list[_Token]) -> Iterator[tuple[str, _Token]]:
    """The values compared by order, each with its operator."""
    for number, token in enumerate(tokens):
        operator = token.text.upper()
        if operator not in _ORDERING:
            continue
        around = tokens[max(number - 1, 0) : number + (4 if operator == "BETWEEN" else 2)]
        yield from ((operator, operand) for operand in around if operand.is_value)


def _prefixes(tokens: list[_Token]) -> Iterator[tuple[str, _Token, frozenset[str]]]:
    """The values used as prefixes."""
    for number, token in enumerate(tokens):
        if token.text == "begins_with":
            comma = next((n for n in range(number, len(tokens) - 1) if tokens[n].text == ","), None)
            if comma is not None and tokens[comma + 1].is_value:
                yield token.text, tokens[comma + 1], _PREFIX_TYPES


class _Update:
    """Reads an update expression from its first token to its last."""

    def __init__(self, expression: str, names: Names) -> None:
        self._expression = expression
        self._names = names
        self._tokens = _tokens(expression)
        self._at = 0
        self._paths: list[list[str]] = []

    def read(self) -> None:
        """Raise for the first fault."""
        seen: set[str] = set()
        while self._at < len(self._tokens):
            section = self._text().upper()
            if section not in _SECTIONS:
                self._fail()
            if section in seen:
                raise _Invalid(f'The "{section}" section can only be used once in an update expression;')
            seen.add(section)
            self._at += 1
            self._action(section)
            while self._text() == ",":
                self._at += 1
                self._action(section)
        self._hold_apart()

    def _action(self, section: str) -> None:
        self._paths.append(self._path())
        if section == "SET":
            self._take("=")
            self._sum()
        elif section in ("ADD", "DELETE"):
            self._value()

    def _sum(self) -> None:
        self._operand()
        if self._text() in ("+", "-"):
            self._at += 1
            self._operand()

    def _operand(self) -> None:
        token = self._token()
        if token and token.text == "(":
            self._at += 1
            self._sum()
            self._take(")")
        elif token and token.is_value:
            self._at += 1
        elif token and self._text(1) == "(":
            self._function(token.text)
        else:
            self._path()

    def _function(self, name: str) -> None:
        if name not in _UPDATE_FUNCTIONS:
            raise _Invalid(f"Invalid function name; function: {name}")
        self._at += 2
        for number in range(_UPDATE_FUNCTIONS[name]):
            if number:
                self._take(",")
            self._operand()
        self._take(")")

    def _value(self) -> None:
        token = self._token()
        if token is None or not token.is_value:
            self._fail()
        self._at += 1

    def _path(self) -> list[str]:
        parts = [self._name()]
        while self._text() in (".", "["):
            self._at += 1
            if self._text(-1) == ".":
                parts.append(self._name())
                continue
            if not self._text().isdigit():
                self._fail()
            parts.append(f"[{self._text()}]")
            self._at += 1
            self._take("]")
        return parts

    def _name(self) -> str:
        token = self._token()
        if token is None or not token.is_name or token.text.upper() in _SECTIONS:
            self._fail()
        assert token is not None
        self._at += 1
        return self._names.get(token.text, token.text)

    def _hold_apart(self) -> None:
        for number, one in enumerate(self._paths):
            for two in self._paths[number + 1 :]:
                shorter = min(len(one), len(two))
                if one[:shorter] == two[:shorter]:
                    raise _Invalid(
                        "Two document paths overlap with each other; must remove or rewrite one of these paths; "
                        f"path one: [{', '.join(one)}], path two: [{', '.join(two)}]"
                    )

    def _token(self, offset: int = 0) -> _Token | None:
        position = self._at + offset
        return self._tokens[position] if 0 <= position < len(self._tokens) else None

    def _text(self, offset: int = 0) -> str:
        token = self._token(offset)
        return token.text if token else ""

    def _take(self, text: str) -> None:
        if self._text() != text:
            self._fail()
        self._at += 1

    def _fail(self) -> None:
        before, here, after = self._token(-1), self._token(), self._token(1)
        start = (before or here).start if before or here else 0  # type: ignore[union-attr]
        last = after or here or before
        near = self._expression[start : last.end if last else None]
        raise _Invalid(f'Syntax error; token: "{here.text if here else "<EOF>"}", near: "{near}"')
