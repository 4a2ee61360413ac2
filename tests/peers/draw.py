"""Rules at random."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable
from dataclasses import replace

from .conditions import (
    Condition, Test, has, has_like, is_at_least, is_id_of, is_named, is_one_of, is_one_of_in_any_case, is_younger_than,
    lacks, lacks_like, matches, one_of, unless,
)  # fmt: skip
from .rules import AT, Builder, Rule, forbidden_like, optional, with_alternative

_KEYS = ("Owner", "CostCenter", "cost-center", "Cost Center", "team:owner", "Größe", "プロジェクト", "a.b[0]")
_ALTERNATIVE_KEY = "Team"
_CONDITION_KEYS = ("Tier", "Stage", "Straße")
# Keys as tools write them, and patterns for which they are.
_KEY_PATTERNS = (
    (r"kubernetes\.io/cluster/.*", ("kubernetes.io/cluster/web", "kubernetes.io/cluster/")),
    ("(aws:)?eks:.+", ("eks:nodegroup",)), (".*(passw(or)?d|secret).*", ("db-password", "PASSWD", "secret")),
    (r"team\d+", ("team1", "team77")),
    (r"\w+-owner", ("web-owner", "Größe-owner")), (r"[^:]+:[^:]+", ("acme:cost", "a:b")),
)  # fmt: skip
# Words of Cloud Custodian's language among them, and what YAML or a shell would take for something else.
WORDS = (
    "prod", "dev", "Staging", "K8s-kiosk", "größe", "Straße", "οδος", "日本", "cc 12", "CC-1234", "team-7", "a*b", "[x]",
    "present", "absent", "empty", "not-null", "null", "true", "1.0", "0",
)  # fmt: skip
# What people write for days and numbers, and what Python reads as such.
_DAYS = (
    "2027-02-30", "2028-02-29", "2027/03/01", "01.03.2027", "2027-3-1", "2027-01-31T23:00:00Z", "2027-02-01 ", "20270301",
    "1798761600", "May 2027", "never", "1969-12-31", "1970-01-01", "9999-12-31", "２０２７-03-01", "12",
)  # fmt: skip
_NUMBERS = (
    "007", "1e3", "1_000", "1,000", "+5", " 12", "12 ", ".5", "5.", "0.50", "-0", "inf", "NaN", "0x10", "٣", "12 %",
    "many", "9" * 250,
)  # fmt: skip
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

# Of each attribute: names, and values that are like one of them.
_NAMES = {
    "instance_types": (
        ("t3.micro", "t3.micro"), ("t3.*", "t3.nano"), ("m7?.*", "m7g.large"), ("*.metal*", "m7i.metal-24xl"),
        ("*", "x8g.large"), ("?3.micro", "t3.micro"), ("T3.*", "t3.nano"), ("u-*tb1.*", "u-6tb1.56xlarge"),
    ),
    "availability_zones": (
        ("us-east-1a", "us-east-1a"), ("us-east-1?", "us-east-1c"), ("us-west-2-lax-*", "us-west-2-lax-1a"),
        ("eu-*", "eu-west-1b"),
    ),
    "instance_profiles": tuple(
        (name, f"arn:aws:iam::123456789012:instance-profile/{profile}")
        for name, profile in (
            ("nodes", "nodes"), ("nodes*", "teams/web/nodes-2"), ("*+web@*", "a+web@x,y=z."), ("te*", "teams/web/nodes"),
            ("??", "ab"),
        )
    ),
}  # fmt: skip
_IDS = {
    name: tuple(f"{prefix}-{number:017x}" for number in (0xABCDEF, 0x12, 0x34))
    for name, prefix in (("image_ids", "ami"), ("vpc_ids", "vpc"), ("subnet_ids", "subnet"))
}
# Minutes.
AGES = (1, 5, 59, 60, 90, 24 * 60, 32 * 24 * 60, 60 * 24 * 60)

Dice = random.Random


def rule(dice: Dice) -> Rule:
    """A rule, perhaps for some instances alone."""
    builder = Builder(dice.choice(_KEYS), ignore_key_case=dice.random() < 0.3)
    drawn = dice.choice(_KINDS)(dice, builder)
    if not drawn.is_forbidding:
        draw = dice.random()
        if draw < 0.15:
            drawn = optional(drawn)
        elif draw < 0.25 and "ignore_key_case" not in drawn.ours:
            drawn = with_alternative(drawn, _ALTERNATIVE_KEY)
    if dice.random() < 0.35:
        return replace(drawn, condition=Condition(dice.choice(("when", "include", "exclude")), _tests(dice)))
    return drawn


def _words(dice: Dice) -> tuple[str, ...]:
    return tuple(dice.sample(WORDS, dice.randint(1, 4)))


def _pattern(dice: Dice) -> tuple[str, tuple[str, ...]]:
    """An expression, and texts that match."""
    ways = [dice.choices(_PARTS, k=dice.randint(1, 3)) for _ in range(dice.choice((1, 1, 2)))]
    texts = tuple("".join(dice.choice(good) for _, good in way) for way in ways)
    return "|".join("".join(part for part, _ in way) for way in ways), texts


def _matching(dice: Dice, builder: Builder) -> Rule:
    pattern, good = _pattern(dice)
    return builder.matching(pattern, good, anchored=dice.random() < 0.5, ignore_case=dice.random() < 0.4)


def _day(dice: Dice, builder: Builder) -> Rule:
    days_ahead = dice.choice((None, 0, 1, 30, 90, 366))
    near = {0, -1, 1, -400, *((days_ahead - 1, days_ahead, days_ahead + 1) if days_ahead is not None else (4_000,))}
    days = tuple((AT + datetime.timedelta(days=days)).date().isoformat() for days in sorted(near))
    return builder.day(not_past=dice.random() < 0.6, days_ahead=days_ahead, good=(*days, *dice.sample(_DAYS, 3)))


def _number(dice: Dice, builder: Builder) -> Rule:
    least, most = sorted(dice.choice((-3, 0, 0.5, 1, 9, 10, 99.5, 1_000)) for _ in range(2))
    near = tuple(f"{limit + step:g}" for limit in (least, most) for step in (-1, 0, 0.25))
    good = (*near, *dice.sample(_NUMBERS, 3))
    match dice.randrange(3):
        case 0:
            return builder.number(least=least, good=good)
        case 1:
            return builder.number(most=most, good=good)
    return builder.number(least=least, most=most, good=good)


def _forbidden_like(dice: Dice) -> Rule:
    pattern, keys = dice.choice(_KEY_PATTERNS)
    return forbidden_like(pattern, keys, anchored=dice.random() < 0.5, ignore_case=dice.random() < 0.4)


_KINDS: tuple[Callable[[Dice, Builder], Rule], ...] = (
    lambda dice, builder: builder.present(dice.choice(("empty", "absent"))),
    lambda dice, builder: builder.allowed(_words(dice)),
    lambda dice, builder: builder.none_of(_words(dice)),
    lambda dice, builder: builder.equal(dice.choice(WORDS)),
    lambda dice, builder: builder.allowed_in_any_case(_words(dice)),
    _matching,
    _matching,
    _matching,
    lambda dice, builder: builder.like(*dice.choice(_GLOBS)),
    lambda dice, builder: builder.at_least(dice.randint(1, 12)),
    lambda dice, builder: builder.at_most(dice.randint(1, 12)),
    lambda dice, builder: builder.forbidden(dice.choice(("present", "not-null"))),
    _day,
    _day,
    _number,
    _number,
    lambda dice, _: _forbidden_like(dice),
)


def _tests(dice: Dice) -> tuple[Test, ...]:
    """What a condition asks, perhaps with conditions within it."""
    draw = dice.random()
    if draw < 0.15:
        return (one_of(*(_plain_tests(dice) for _ in range(dice.choice((1, 2, 2, 3))))),)
    if draw < 0.3:
        return (unless(*_plain_tests(dice)),)
    tests = _plain_tests(dice)
    if draw < 0.35:
        return (*tests, unless(*_plain_tests(dice)))
    return tests


def _plain_tests(dice: Dice) -> tuple[Test, ...]:
    kinds = dice.sample((*_CONDITION_KEYS, *_NAMES, *_IDS, "age", "keys"), dice.choice((1, 1, 2)))
    return tuple(_test(dice, kind) for kind in kinds)


def _test(dice: Dice, kind: str) -> Test:
    if kind in _CONDITION_KEYS:
        return _tag_test(dice, kind)
    if kind in _NAMES:
        named = dice.sample(_NAMES[kind], dice.choice((1, 1, 2)))
        return is_named(kind, tuple(name for name, _ in named), tuple(good for _, good in named))
    if kind in _IDS:
        return is_id_of(kind, tuple(dice.sample(_IDS[kind], dice.choice((1, 2)))))
    if kind == "age":
        return dice.choice((is_at_least, is_younger_than))(dice.choice(AGES))
    pattern, keys = dice.choice(_KEY_PATTERNS)
    anchored = dice.random() < 0.5
    if dice.random() < 0.3:
        return lacks_like(pattern, keys, anchored=anchored)
    return has_like(pattern, keys, _words(dice) if dice.random() < 0.4 else (), anchored=anchored)


def attributes(dice: Dice) -> dict[str, str]:
    """What EC2 may say of an instance."""
    named = {attribute: [value for _, value in names] for attribute, names in _NAMES.items()}
    return {name: dice.choice(values) for name, values in (named | _IDS).items() if dice.random() < 0.9}


def _tag_test(dice: Dice, key: str) -> Test:
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
