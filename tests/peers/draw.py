"""Rules and fleets at random."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

from .rules import COMMON_KEY, Builder, Condition, Rule, Tags, TagTest, has, is_one_of, is_one_of_in_any_case, lacks, matches

_KEYS = ("Owner", "CostCenter", "cost-center", "Cost Center", "team:owner", "Größe", "プロジェクト", "a.b[0]")
_CONDITION_KEYS = ("Tier", "Stage", "Straße")
# Words of Cloud Custodian's language among them, and what YAML or a shell would take for something else.
_WORDS = (
    "prod", "dev", "Staging", "K8s-kiosk", "größe", "Straße", "οδος", "日本", "cc 12", "CC-1234", "team-7", "a*b", "[x]",
    "present", "absent", "empty", "not-null", "null", "true", "1.0", "0",
)  # fmt: skip
_BLANKS = ("", "", " ", "\t", "\n", "\xa0", "\u200b", "\u2003 ", "\u3164", "\ufeff", "\u2800")
_SPACES = (" ", "\n", "\xa0", "\u2003")
# Letters that look or sound alike, to some engine of expressions or other.
_ALIKE = {
    "k": "\u212a", "s": "\u017f", "i": "\u0131", "I": "\u0130", "1": "\u0661", "7": "\uff17", "ß": "ss", "-": "_",
}  # fmt: skip
_LETTERS = "aäKks\u017f\u212aiI\u0130\u0131σςΣ1\u0661_- ßẞ日🚀e\u0301"
# Parts of expressions, each with texts that match.
_PARTS = (
    ("prod", ("prod",)), ("team", ("team",)), ("-", ("-",)), (r"\.", (".",)), ("K", ("K",)), ("größe", ("größe",)),
    ("οδος", ("οδος",)), ("is", ("is",)), (r"\d", ("1", "7")), (r"\d{2,4}", ("12", "1777")),
    (r"\w+", ("web_1", "K", "is")), (r"\s", (" ", "\t")), (r"\D", ("x", "ß")), (r"\W", ("-", "日")), (r"\S*", ("", "web")),
    ("[a-z]+", ("web", "ski")),
    ("[^-]", ("i", "ä")), (".", ("a", "🚀")), (".*", ("", "x y")), ("(?:a|bc)", ("a", "bc")), ("[0-9a-f]{2}", ("1a",)),
    ("x?", ("", "x")),
)  # fmt: skip
_GLOBS = (
    ("prod*", ("prod", "prod-2")), ("*-?", ("a-b", "-7")), ("team-[0-9]*", ("team-7", "team-7\n")), ("[!p]*", ("dev",)),
    ("größe", ("größe",)), ("*", ("x",)), ("?", ("日",)), ("*.*", ("a.b", "1.0")), ("(x|*", ("(x|y",)),
    ("*[Kk]", ("K", "ak")),
)  # fmt: skip

Dice = random.Random


def rule(dice: Dice) -> Rule:
    """A rule, perhaps for some instances alone."""
    builder = Builder(dice.choice(_KEYS), ignore_key_case=dice.random() < 0.3)
    drawn = dice.choice(_KINDS)(dice, builder)
    if dice.random() < 0.35:
        tests = tuple(_test(dice, key) for key in dice.sample(_CONDITION_KEYS, dice.choice((1, 1, 2))))
        return replace(drawn, condition=Condition(dice.choice(("when", "include", "exclude")), tests))
    return drawn


def fleet(dice: Dice, rule: Rule, size: int) -> list[Tags]:
    """Instances that a rule finds good, bad and nearly so."""
    return [_tags(dice, rule) for _ in range(size)]


def _words(dice: Dice) -> tuple[str, ...]:
    return tuple(dice.sample(_WORDS, dice.randint(1, 4)))


def _pattern(dice: Dice) -> tuple[str, tuple[str, ...]]:
    """An expression, and texts that match."""
    ways = [dice.choices(_PARTS, k=dice.randint(1, 3)) for _ in range(dice.choice((1, 1, 2)))]
    texts = tuple("".join(dice.choice(good) for _, good in way) for way in ways)
    return "|".join("".join(part for part, _ in way) for way in ways), texts


def _matching(dice: Dice, builder: Builder) -> Rule:
    pattern, good = _pattern(dice)
    return builder.matching(pattern, good, anchored=dice.random() < 0.5, ignore_case=dice.random() < 0.4)


_KINDS: tuple[Callable[[Dice, Builder], Rule], ...] = (
    lambda dice, builder: builder.present(dice.choice(("empty", "absent"))),
    lambda dice, builder: builder.allowed(_words(dice)),
    lambda dice, builder: builder.equal(dice.choice(_WORDS)),
    lambda dice, builder: builder.allowed_in_any_case(_words(dice)),
    _matching,
    _matching,
    _matching,
    lambda dice, builder: builder.like(*dice.choice(_GLOBS)),
    lambda dice, builder: builder.at_least(dice.randint(1, 12)),
    lambda dice, builder: builder.at_most(dice.randint(1, 12)),
    lambda dice, builder: builder.forbidden(dice.choice(("present", "not-null"))),
)


def _test(dice: Dice, key: str) -> TagTest:
    match dice.randrange(5):
        case 0:
            return has(key)
        case 1:
            return lacks(key)
        case 2:
            return is_one_of(key, _words(dice))
        case 3:
            return is_one_of_in_any_case(key, _words(dice))
    pattern, good = _pattern(dice)
    return matches(key, pattern, good, anchored=dice.random() < 0.5)


def _tags(dice: Dice, rule: Rule) -> Tags:
    tags = {COMMON_KEY: "node"}
    for key in _spellings(dice, rule.key):
        tags[key] = _value(dice, rule.good)
    for test in rule.condition.tests if rule.condition else ():
        # Most conditions hold, or most rules would be for nobody.
        for key in _spellings(dice, test.key):
            tags[key] = _value(dice, test.good or _WORDS)
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
        return dice.choice(_WORDS)
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
