"""The patterns of AWS's models, which are Java's, as Python's."""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import cache

# A property, an escape, or a character.
_TOKEN = re.compile(r"\\p\{(\w+)\}|\\u[0-9A-Fa-f]{4}|\\.|.", re.DOTALL)
# A pair of surrogates and one more: all characters beyond the first 65,536.
_BEYOND = re.compile(r"\\uD800\\uDC00-\\uDBFF\\uDFFF", re.IGNORECASE)
# Java takes the hyphen after a class for itself.
_HYPHEN = re.compile(r"(\\[wds])-(?!\])")


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """What a whole value has to match. AWS means the whole, with and without anchors."""
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
    """The characters of a property, as within brackets."""
    if name == "Print":
        return r"\x20-\x7e"
    found, start = [], None
    for code in range(sys.maxunicode + 2):
        is_one = code <= sys.maxunicode and unicodedata.category(chr(code)).startswith(name)
        if is_one and start is None:
            start = code
        elif not is_one and start is not None:
            found.append(f"\\U{start:08x}-\\U{code - 1:08x}")
            start = None
    if not found:
        raise re.error(f"the property {name} is not known")
    return "".join(found)
