"""How Cloud Custodian's filters, or the instances that they are shown, are changed for an answer that is ours."""

from __future__ import annotations

import datetime
import json
import math
import re
from collections.abc import Callable
from dataclasses import replace

from function.stub.fleet import Instance

from .engines import ROOT, Fleet
from .filters import Change, Json, leaves, reads, value_filter
from .rules import AT, Rule, Tags

_LIMITS = json.loads((ROOT / "terraform" / "modules" / "tag-policy" / "limits.json").read_text(encoding="utf-8"))
# In Python's syntax.
_BLANK_LETTER = re.sub(r"\\x\{(\w+)\}", lambda match: rf"\U{match[1]:0>8}", _LIMITS["blank"])
_BLANK = re.compile(f"{_BLANK_LETTER}*")
_AROUND = re.compile(rf"\A{_BLANK_LETTER}+|{_BLANK_LETTER}+\Z")
_CLASSES = {"d": "0-9", "s": r"\t\n\f\r ", "w": "0-9A-Za-z_"}
# A letter that no rule is about, for one that they take for another.
_OTHER_LETTER = "ł"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
# Neither is within any limits.
_NO_DAY, _NO_NUMBER = "no day", "nan"

# A rule and a fleet, as Cloud Custodian is shown them.
Shown = tuple[Rule, Fleet]
Apart = Callable[[Rule, Fleet], Shown]


def of_filters(change: Change) -> Apart:
    """Changes the filters of values."""
    return lambda rule, fleet: (rule.with_filters(change), fleet)


def of_values(is_read_so: Callable[[Json], bool], change: Callable[[str], str]) -> Apart:
    """Changes the values of the tags that such a filter reads."""

    def apart(rule: Rule, fleet: Fleet) -> Shown:
        reading = [leaf for leaf in rule.leaves if is_read_so(leaf)]
        if not reading:
            return rule, fleet

        def shown(tags: Tags) -> Tags:
            is_read = {key: any(reads(leaf, key) for leaf in reading) for key in tags}
            return {key: change(value) if is_read[key] else value for key, value in tags.items()}

        return rule, _with_tags(fleet, shown)

    return apart


def _with_tags(fleet: Fleet, shown: Callable[[Tags], Tags]) -> Fleet:
    return [replace(instance, tags=shown(instance.tags)) for instance in fleet]


def _is_regex(leaf: Json) -> bool:
    return leaf.get("op") in ("regex", "regex-case")


def ignores_case(leaf: Json) -> bool:
    """Whether it is an expression that ignores case."""
    return leaf.get("op") == "regex"


def without_turkish_i(value: str) -> str:
    """With letters in their place that are nobody's i."""
    return re.sub("[\u0130\u0131]", _OTHER_LETTER, value)


def is_normalized(leaf: Json) -> bool:
    return leaf.get("value_type") == "normalize"


def is_day(leaf: Json) -> bool:
    return leaf.get("value_type") in ("date", "expiration")


def is_number(leaf: Json) -> bool:
    return leaf.get("value_type") in ("float", "integer")


def blank(rule: Rule, fleet: Fleet) -> Shown:
    if rule.is_forbidding:
        return rule, fleet

    keys = [key.lower() for key in rule.keys]

    def seen(key: str, value: str) -> str:
        return "" if key.lower() in keys and _BLANK.fullmatch(value) else value

    def empty(leaf: Json) -> Json:
        return leaf | {"value": "empty"} if leaf["value"] == "absent" and "op" not in leaf else leaf

    shown = _with_tags(fleet, lambda tags: {key: seen(key, value) for key, value in tags.items()})
    return rule.with_filters(empty, of_condition=False), shown


def spellings(rule: Rule, fleet: Fleet) -> Shown:
    keys = {*rule.keys, *(key for key, _ in (rule.condition.tags if rule.condition else ()))}
    return rule, _with_tags(fleet, lambda tags: dict(sorted(tags.items(), key=lambda tag: (tag[0] not in keys, tag[0]))))


def to_the_end(leaf: Json) -> Json:
    if not _is_regex(leaf) or leaf["value"].endswith(("$", r"\Z")):
        return leaf
    return leaf | {"value": rf"(?:{leaf['value']})\Z"}


def to_the_very_end(leaf: Json) -> Json:
    if not _is_regex(leaf) or not leaf["value"].endswith("$"):
        return leaf
    return leaf | {"value": leaf["value"].removesuffix("$") + r"\Z"}


def ascii_classes(leaf: Json) -> Json:
    if not _is_regex(leaf):
        return leaf

    def in_ascii(match: re.Match[str]) -> str:
        return f"[{'^' if match[1].isupper() else ''}{_CLASSES[match[1].lower()]}]"

    return leaf | {"value": re.sub(r"\\([dswDSW])", in_ascii, leaf["value"])}


def no_word(leaf: Json) -> Json:
    match leaf.get("op"), leaf["value"]:
        case "ne", value:
            return leaf | {"op": "not-in", "value": [value]}
        case None, "empty":
            return leaf | {"op": "eq", "value": 0, "value_type": "size"}
        case None, "absent":
            return {"not": [leaf | {"value": "present"}]}
    return leaf


def any_value(leaf: Json) -> Json:
    return leaf | {"value": "present"} if leaf["value"] == "not-null" and "op" not in leaf else leaf


def day(value: str) -> str:
    try:
        datetime.date.fromisoformat(value)
    except ValueError:
        return _NO_DAY
    return value if _DAY.fullmatch(value) else _NO_DAY


def from_its_begin(leaf: Json) -> Json:
    if leaf.get("value_type") != "expiration":
        return leaf
    begun = AT - AT.replace(hour=0, minute=0)
    return leaf | {"value": leaf["value"] - begun / datetime.timedelta(days=1)}


def nobodys_number(value: str) -> str:
    """What is no number to either."""
    return value if _float(value) is not None else _NO_NUMBER


def number(value: str) -> str:
    number = _float(value)
    is_ours = _NUMBER.fullmatch(value) and number is not None and math.isfinite(number)
    return value if is_ours or number is None else _NO_NUMBER


def _float(value: str) -> float | None:
    try:
        return float(value.strip())
    except ValueError:
        return None


def since_launch(rule: Rule, fleet: Fleet) -> Shown:
    def shown(instance: Instance) -> Instance:
        return replace(instance, launched=instance.attached or instance.launched)

    return rule, [shown(instance) for instance in fleet]


def trimmed(rule: Rule, fleet: Fleet) -> Shown:
    if "forbidden_values" not in rule.ours:
        return rule, fleet

    def shown(tags: Tags) -> Tags:
        is_read = {key: any(reads(leaf, key) for leaf in leaves(rule.theirs)) for key in tags}
        return {key: _AROUND.sub("", value) if is_read[key] else value for key, value in tags.items()}

    return rule, _with_tags(fleet, shown)


def case_of_key(rule: Rule, fleet: Fleet) -> Shown:
    if "optional" not in rule.ours or "ignore_key_case" in rule.ours:
        return rule, fleet
    exact, any_case = (value_filter(rule.key, "present", ignore_key_case=ignored) for ignored in (False, True))
    misspelled = {"and": [{"not": [exact]}, any_case]}
    return replace(rule, theirs={"or": [rule.theirs, misspelled]}), fleet
