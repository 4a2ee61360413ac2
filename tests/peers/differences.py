"""Where our program and Cloud Custodian differ by design.

Each difference says how their filters, or the tags that they are shown, would have to be for the answer to be ours. With all
of these changes there is no case in which the two differ, and so none that is not by one of these designs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from .judges import ROOT
from .rules import Json, Rule, Tags, reads

_LIMITS = json.loads((ROOT / "terraform" / "modules" / "tag-policy" / "limits.json").read_text(encoding="utf-8"))
# In Python's syntax.
_BLANK = re.compile(re.sub(r"\\x\{(\w+)\}", lambda match: rf"\U{match[1]:0>8}", _LIMITS["blank"]) + "*")
_CLASSES = {"d": "0-9", "s": r"\t\n\f\r ", "w": "0-9A-Za-z_"}
# A letter that no rule is about, for one that they take for another.
_OTHER_LETTER = "ł"


# A rule and the tags of a fleet, as Cloud Custodian is shown them.
Shown = tuple[Rule, list[Tags]]


@dataclass(frozen=True)
class Difference:
    """One of them. apart: what makes their answer ours."""

    name: str
    reason: str
    apart: Callable[[Rule, list[Tags]], Shown]


def _of_filters(change: Callable[[Json], Json]) -> Callable[[Rule, list[Tags]], Shown]:
    return lambda rule, fleet: (rule.with_filters(change), fleet)


def _of_values(is_read_so: Callable[[Json], bool], change: Callable[[str], str]) -> Callable[[Rule, list[Tags]], Shown]:
    """Changes the values of the tags that such a filter reads."""

    def apart(rule: Rule, fleet: list[Tags]) -> Shown:
        leaves = [leaf for leaf in rule.leaves if is_read_so(leaf)]
        is_read = {key: any(reads(leaf, key) for leaf in leaves) for tags in fleet for key in tags}
        return rule, [{key: change(value) if is_read[key] else value for key, value in tags.items()} for tags in fleet]

    return apart


def _is_regex(leaf: Json) -> bool:
    return leaf.get("op") in ("regex", "regex-case")


def _is_normalized(leaf: Json) -> bool:
    return leaf.get("value_type") == "normalize"


def _blank(rule: Rule, fleet: list[Tags]) -> Shown:
    if rule.is_forbidding:
        return rule, fleet

    def seen(key: str, value: str) -> str:
        return "" if key.lower() == rule.key.lower() and _BLANK.fullmatch(value) else value

    def empty(leaf: Json) -> Json:
        return leaf | {"value": "empty"} if leaf["value"] == "absent" and "op" not in leaf else leaf

    shown = [{key: seen(key, value) for key, value in tags.items()} for tags in fleet]
    return rule.with_filters(empty, of_condition=False), shown


def _spellings(rule: Rule, fleet: list[Tags]) -> Shown:
    keys = {rule.key, *(test.key for test in (rule.condition.tests if rule.condition else ()))}
    return rule, [dict(sorted(tags.items(), key=lambda tag: (tag[0] not in keys, tag[0]))) for tags in fleet]


def _to_the_end(leaf: Json) -> Json:
    if not _is_regex(leaf) or leaf["value"].endswith(("$", r"\Z")):
        return leaf
    return leaf | {"value": rf"(?:{leaf['value']})\Z"}


def _to_the_very_end(leaf: Json) -> Json:
    if not _is_regex(leaf) or not leaf["value"].endswith("$"):
        return leaf
    return leaf | {"value": leaf["value"].removesuffix("$") + r"\Z"}


def _ascii(leaf: Json) -> Json:
    if not _is_regex(leaf):
        return leaf

    def in_ascii(match: re.Match[str]) -> str:
        return f"[{'^' if match[1].isupper() else ''}{_CLASSES[match[1].lower()]}]"

    return leaf | {"value": re.sub(r"\\([dswDSW])", in_ascii, leaf["value"])}


def _no_word(leaf: Json) -> Json:
    match leaf.get("op"), leaf["value"]:
        case "ne", value:
            return leaf | {"op": "not-in", "value": [value]}
        case None, "empty":
            return leaf | {"op": "eq", "value": 0, "value_type": "size"}
        case None, "absent":
            return {"not": [leaf | {"value": "present"}]}
    return leaf


def _any_value(leaf: Json) -> Json:
    return leaf | {"value": "present"} if leaf["value"] == "not-null" and "op" not in leaf else leaf


DIFFERENCES = (
    Difference(
        "blank values",
        "A required tag whose value nobody can see tells nobody anything: it counts as missing.",
        _blank,
    ),
    Difference(
        "whole values",
        "Our patterns are for the whole value; re.match asks for its beginning.",
        _of_filters(_to_the_end),
    ),
    Difference(
        "last newline",
        "Python's $ also stands before a newline at the end.",
        _of_filters(_to_the_very_end),
    ),
    Difference(
        "ASCII classes",
        r"RE2's \d, \s and \w are ASCII, as Terraform has them; Python's are Unicode.",
        _of_filters(_ascii),
    ),
    Difference(
        "Turkish i",
        "Python's IGNORECASE takes \u0130 and \u0131 for i; by Unicode's simple folding they are letters of their own.",
        _of_values(lambda leaf: leaf.get("op") == "regex", lambda value: re.sub("[\u0130\u0131]", _OTHER_LETTER, value)),
    ),
    Difference(
        "space around",
        "`normalize` strips the value; `ignore_value_case` is about case alone.",
        _of_values(_is_normalized, lambda value: value if value == value.strip() else f"({value})"),
    ),
    Difference(
        "final sigma",
        "Python lowers a capital sigma by its place in the word; our letters are compared one by one.",
        _of_values(_is_normalized, lambda value: value.replace("\u03a3", "\u03c3")),
    ),
    Difference(
        "spellings",
        "Of several spellings we take the policy's own, or the first by its characters; they, EC2's first.",
        _spellings,
    ),
    Difference(
        "words",
        "`present`, `empty` and the like are words of their language, as a value of a tag or a policy, too.",
        _of_filters(_no_word),
    ),
    Difference(
        "not null",
        "`not-null` asks for a value; a forbidden tag is there without one, too.",
        _of_filters(_any_value),
    ),
)


def apart(rule: Rule, fleet: list[Tags], but: Difference | None = None) -> Shown:
    """What they would have to be shown for our answer; but: a difference that is left in."""
    for difference in DIFFERENCES:
        if difference is not but:
            rule, fleet = difference.apart(rule, fleet)
    return rule, fleet
