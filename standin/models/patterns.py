"""Translates the patterns of AWS's models from Java's syntax to Python's."""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import cache
from itertools import groupby

# A property, an escape, or a character.
_TOKEN = re.compile(r"\\p\{(\w+)\}|\\u[0-9A-Fa-f]{4}|\\.|.", re.DOTALL)
# A surrogate pair, which stands for the characters beyond the first 65,536.
_BEYOND = re.compile(r"\\uD800\\uDC00-\\uDBFF\\uDFFF", re.IGNORECASE)
# In Java, a hyphen after a class is literal.
_HYPHEN = re.compile(r"(\\[wds])-(?!\])")


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern for the whole value: AWS matches the whole value, with or without anchors."""
    pattern = _HYPHEN.sub(r"\1\\-", _BEYOND.sub(r"\\U00010000-\\U0010FFFF", pattern))
    parts, is_in_class = [], False
    for token in _TOKEN.finditer(pattern):
        text = token[0]
        if token[1]:
            text = _characters(token[1]) if is_in_class else f"[{_characters(token[1])}]"
        elif text in "[]":
            is_in_class = text == "["
        parts.append(text)
    return re.compile("".join(parts))


@cache
def _characters(name: str) -> str:
    """The characters of a property, for use in brackets."""
    if name == "Print":
        return r"\x20-\x7e"
    found = [f"\\U{first:08x}-\\U{last:08x}" for category, first, last in _runs() if category.startswith(name)]
    if not found:
        raise re.error(f"the property {name} is not known")
    return "".join(found)


@cache
def _runs() -> list[tuple[str, int, int]]:
    """All characters by their category, in one pass for all properties, since there are a million."""
    found = []
    for category, codes in groupby(range(sys.maxunicode + 1), lambda code: unicodedata.category(chr(code))):
        run = list(codes)
        found.append((category, run[0], run[-1]))
    return found
