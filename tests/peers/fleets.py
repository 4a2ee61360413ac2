"""Fleets at random, for a rule."""

from __future__ import annotations

import datetime
from collections.abc import Callable

from function.stub.fleet import Instance

from .draw import AGES, WORDS, Dice, attributes
from .rules import AT, COMMON_KEY, Rule, Tags

_BLANKS = ("", "", " ", "\t", "\n", "\xa0", "\u200b", "\u2003 ", "\u3164", "\ufeff", "\u2800")
_SPACES = (" ", "\n", "\xa0", "\u2003")
# Letters that look or sound alike, to some engine of expressions or other.
_ALIKE = {
    "k": "\u212a", "s": "\u017f", "i": "\u0131", "I": "\u0130", "1": "\u0661", "7": "\uff17", "ß": "ss", "-": "_",
}  # fmt: skip
_LETTERS = "aäKks\u017f\u212aiI\u0130\u0131σςΣ1\u0661_- ßẞ日🚀e\u0301"


def fleet(dice: Dice, rule: Rule, size: int) -> list[Instance]:
    """Instances that a rule finds good, bad and nearly so."""
    return [_instance(dice, rule) for _ in range(size)]


def _instance(dice: Dice, rule: Rule) -> Instance:
    described = attributes(dice)
    for attribute, good in rule.condition.attributes if rule.condition else ():
        # Most conditions hold, or most rules would be for nobody.
        if dice.random() < 0.6:
            described[attribute] = dice.choice(good)
    seconds = dice.choice(AGES) * 60 + dice.choice((-1, 0, 0, 1, dice.randint(0, 10**7)))
    launched = AT - datetime.timedelta(seconds=seconds)
    restarted = dice.random() < 0.2
    started = launched + datetime.timedelta(seconds=dice.randrange(seconds)) if restarted else launched
    return Instance(_tags(dice, rule), launched=started, attached=launched, attributes=described)


def _tags(dice: Dice, rule: Rule) -> Tags:
    tags = {COMMON_KEY: "node"}
    # Where keys match a pattern, they are what is good.
    for asked in rule.keys if "key" in rule.ours else [dice.choice(rule.good)]:
        for key in _spellings(dice, asked):
            tags[key] = _value(dice, rule.good)
    for asked, good in rule.condition.tags if rule.condition else ():
        for key in _spellings(dice, asked):
            tags[key] = _value(dice, good or WORDS)
    order = list(tags)
    dice.shuffle(order)
    return {key: tags[key] for key in order}


def _spellings(dice: Dice, key: str) -> list[str]:
    """The keys that an instance has of one that is meant: the key, none, another, or several."""
    others = [key.lower(), key.upper(), key.swapcase(), key + " ", key[:-1], key.replace("-", "_"), key + "s"]
    draw = dice.random()
    if draw < 0.65:
        return [key]
    if draw < 0.75:
        return []
    return dice.sample(others, 1) if draw < 0.9 else [key, *dice.sample(others, 2)]


def _value(dice: Dice, good: tuple[str, ...]) -> str:
    """One of these values, or one that is near it, or none that is."""
    value, draw = dice.choice(good), dice.random()
    if draw < 0.35:
        return value
    if draw < 0.45:
        return dice.choice(_BLANKS)
    if draw < 0.55:
        return dice.choice(WORDS)
    if draw < 0.65:
        return "".join(dice.choices(_LETTERS, k=dice.randint(1, 14)))
    return dice.choice(_NEAR)(dice, value)


def _with_one_alike(dice: Dice, value: str) -> str:
    places = [place for place, letter in enumerate(value) if letter in _ALIKE]
    if not places:
        return value
    place = dice.choice(places)
    return value[:place] + _ALIKE[value[place]] + value[place + 1 :]


_NEAR: tuple[Callable[[Dice, str], str], ...] = (
    lambda _, value: value.upper(),
    lambda _, value: value.lower(),
    lambda _, value: value.swapcase(),
    lambda _, value: value[:-1],
    lambda dice, value: value + dice.choice(_SPACES),
    lambda dice, value: dice.choice(_SPACES) + value,
    lambda dice, value: value + dice.choice(_LETTERS),
    lambda dice, value: dice.choice(_LETTERS) + value,
    lambda _, value: value + "\n",
    _with_one_alike,
    _with_one_alike,
)
