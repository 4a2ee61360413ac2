"""The cases of Cloud Custodian's own tests that are about days, numbers, attributes and keys, as our policy writes them.

From the tests of its filters (`tests/test_filters.py`, and those of `tests/test_ec2.py` that look at attributes), of which
each pair of a filter and an instance is a case. What they ask of made-up attributes, such as `Number`, is asked of tags.
Texts, expressions and lists of values are drawn in `draw.py` and not here; what their tests ask of other services, of
their own parser, of malformed filters or of the order of what is left is about no policy.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field

from function.stub.fleet import Instance

from .conditions import (
    MINUTES_OF_A_DAY, Test, has, has_like, is_at_least, is_named, is_one_of, is_younger_than, matches, one_of, unless,
)  # fmt: skip
from .engines import instance_id
from .filters import Json, any_tag, attribute_filter, value_filter
from .rules import AT, COMMON_KEY, Builder, Rule, where

DAY = datetime.timedelta(days=1)
# How old their instances are.
AGES = {"three months": 90 * DAY, "two months": 60 * DAY, "one month": 30 * DAY, "now": 0 * DAY}
PROFILE = "arn:aws:iam::644160558196:instance-profile/"


@dataclass(frozen=True)
class Case:
    """A filter, a rule of ours for it, and the instances that it is asked about."""

    kind: str
    # The name of their test.
    test: str
    # With the filter as their test has it.
    rule: Rule
    # Each with their test's word on whether the filter leaves it.
    instances: tuple[tuple[Instance, bool], ...]
    # The difference by design that makes ours the opposite.
    difference: str = ""
    # How much later our policy is asked: what a filter asks of days to come is asked of ours by `--at`.
    later: datetime.timedelta = field(default_factory=datetime.timedelta)


@dataclass(frozen=True)
class Unsaid:
    """Cases of theirs that our policy can't say."""

    kind: str
    test: str
    cases: int
    reason: str


_MARK = "A tag in which their actions remember what to do: this program acts on nothing, and remembers in its table."
_NOT_READ = "The program does not read it."
UNSAID = (
    Unsaid("days", "date", 2, "A fixed day of launch: the age of an instance is told by the time that has passed."),
    Unsaid("days", "expiration with value_regex", 4, "A day within a value: the whole value is the day."),
    Unsaid("days", "marked for op with skew", 8, _MARK),
    Unsaid("days", "filter action date", 4, _MARK),
    Unsaid("numbers", "version", 4, "The order of versions: a pattern says which are allowed."),
    Unsaid("numbers", "mod", 6, "Multiples of a number."),
    Unsaid("numbers", "filter tag count", 2, "How many tags there are: a policy is about which."),
    Unsaid("numbers", "list item filter match count", 3, "How many tags are alike: a policy is about which."),
    Unsaid("numbers", "resource count filter", 2, "How many instances there are: a policy is about each."),
    Unsaid("numbers", "size", 1, f"How many security groups. {_NOT_READ}"),
    Unsaid("attributes", "swap", 1, f"Security groups. {_NOT_READ}"),
    Unsaid("attributes", "complex value filter", 1, f"Volumes. {_NOT_READ}"),
    Unsaid("attributes", "not null filter", 1, f"The hypervisor. {_NOT_READ}"),
    Unsaid("keys", "normalized keys", 2, "Labels of another cloud."),
)


def cases() -> Iterator[Case]:
    """All that our policy can say."""
    yield from _days()
    yield from _numbers()
    yield from _attributes()
    yield from _keys()
    yield from _groups()


def _days() -> Iterator[Case]:
    theirs = attribute_filter("LaunchTime", 32, op="less-than", value_type="age")
    young = _same(theirs, is_younger_than(32 * MINUTES_OF_A_DAY))
    # Now is asked three times more by them: as text, and as seconds since 1970.
    asked = [(age, name in ("one month", "now")) for name, age in AGES.items()] + [(AGES["now"], True)] * 4
    yield Case("days", "age", young, tuple((_launched(age), flagged) for age, flagged in asked))

    days = {"value_type": "expiration", "op": "less-than", "value": 61}
    expiring = Rule("date", {"key": "Expires", "date": {"not_past": True}}, value_filter("Expires", **days))
    asked = [(90 * DAY, False), (60 * DAY, True), (0 * DAY, True), (0 * DAY, True)]
    instances = tuple((_tagged(Expires=(AT + ahead).date().isoformat()), flagged) for ahead, flagged in asked)
    yield Case("days", "expiration", expiring, instances, later=61 * DAY)

    for test, unit, count, minutes, flagged in (
        ("filter instance age", "days", 60, 60 * MINUTES_OF_A_DAY, ("three months", "two months")),
        ("filter instance age in minutes", "minutes", 5, 5, ("five minutes",)),
    ):
        uptime = {"type": "instance-uptime", "op": "gte", unit: count}
        ages = AGES if unit == "days" else {"now": 0 * DAY, "five minutes": datetime.timedelta(minutes=5)}
        instances = tuple((_launched(age), name in flagged) for name, age in ages.items())
        yield Case("days", test, _same(uptime, is_at_least(minutes)), instances)


def _numbers() -> Iterator[Case]:
    count, cost, data = Builder("Count"), Builder("Cost"), "mode=5;data="
    whole = {"value_type": "integer", "value": 0}
    no_number = "no number"

    def said(rule: Rule, theirs: Json) -> Rule:
        return Rule(rule.kind, rule.ours, theirs, rule.good)

    above = said(count.number(most=0), value_filter("Count", op="greater-than", **whole))
    yield Case("numbers", "integer", above, _with("Count", {"42": True}))
    yield Case("numbers", "integer", above, _with("Count", {"abc": False}), no_number)
    zero = _same(value_filter("Count", op="equal", **whole), matches("Count", "-?0+", (), anchored=True))
    yield Case("numbers", "integer", zero, _with("Count", {"abc": True}), no_number)

    fraction = {"op": "greater-than", "value_type": "float", "value": 10.0}
    above = said(cost.number(most=10), value_filter("Cost", **fraction))
    yield Case("numbers", "float", above, _with("Cost", {"9.9": False, "42.1": True, "42": True}))
    yield Case("numbers", "float", above, _with("Cost", {"abc": False}), no_number)
    theirs = value_filter("Cost", 0.0, op="equal", value_type="float")
    zero = _same(theirs, matches("Cost", r"-?0+(\.0+)?", (), anchored=True))
    yield Case("numbers", "float", zero, _with("Cost", {"abc": True}), no_number)

    # A number within a value, which an expression compares with 0.
    within = whole | {"value_regex": ".*data=([0-9]+)"}
    some = matches("Count", ".*data=[0-9]*[1-9][0-9]*", (), anchored=True)
    above = _same(value_filter("Count", op="greater-than", **within), some)
    yield Case("numbers", "integer with value_regex", above, _with("Count", {"42": True, "0": False, "abc": False}, data))
    zero = _same(value_filter("Count", op="equal", **within), matches("Count", ".*data=0+", (), anchored=True))
    yield Case("numbers", "integer with value_regex", zero, _with("Count", {"42": False, "0": True}, data))
    yield Case("numbers", "integer with value_regex", zero, _with("Count", {"abc": True}, data), no_number)

    for expression, pattern, first, last in (("([0-9])", "3.*", False, True), (".*([0-9])", ".*3[^0-9]*", True, False)):
        theirs = value_filter("metadata", 3, op="equal", value_type="integer", value_regex=expression)
        is_three = _same(theirs, matches("metadata", pattern, (), anchored=True))
        instances = _with("metadata", {"2text3": first, "3text2": last})
        yield Case("numbers", "value_regex matches first occurrence", is_three, instances)

    number = Builder("Number")
    for ops, rule, flagged in (
        (("gt", "greater-than"), number.number(most=10), "11"),
        (("lt", "less-than"), number.number(least=10), "9"),
    ):
        for op in ops:
            theirs = value_filter("Number", 10, op=op, value_type="integer")
            instances = _with("Number", {value: value == flagged for value in ("11", "9", "10")})
            yield Case("numbers", op, said(rule, theirs), instances)


def _attributes() -> Iterator[Case]:
    zone = "availability_zones"
    for name, flagged in (("us-west-2c", True), ("us-east-1c", False)):
        theirs = {"Placement.AvailabilityZone": name}
        instances = ((_described({zone: "us-west-2c"}), flagged),)
        yield Case("attributes", "jmespath", _same(theirs, is_named(zone, (name,), ())), instances)

    profile = "instance_profiles"

    def of_profile(name: str, **theirs: object) -> Json:
        return attribute_filter("IamInstanceProfile.Arn", name, **theirs)

    default = _same(of_profile(".*/ec2-default", op="regex"), is_named(profile, ("ec2-default",), ()))
    instances = ((_described({profile: f"{PROFILE}ec2-default"}), True),)
    yield Case("attributes", "set instance profile disassociation", default, instances)

    production = "TestProductionInstanceProfile"
    of_production, of_none = _described({profile: PROFILE + production}), _described({})
    other = {"and": [of_profile(f"(?!.*{production})(.*)", op="regex"), of_profile("not-null")]}
    none = attribute_filter("IamInstanceProfile", "absent")
    not_production = _same({"or": [other, none]}, unless(is_named(profile, (f"*{production}*",), ())))
    yield Case("attributes", "security group type", not_production, ((of_production, False), (of_none, True)))
    in_production = _same(of_profile(f"(.*{production})", op="regex"), is_named(profile, (f"*{production}",), ()))
    yield Case("attributes", "add security groups", in_production, ((of_production, True),))

    types = ("m4.2xlarge", "m4.4xlarge")
    theirs = attribute_filter("InstanceType", list(types), op="in")
    resized = [("m4.4xlarge", "running"), ("m4.4xlarge", "running"), ("m4.2xlarge", "stopped")]
    instances = tuple((_described({"instance_types": each}, state), True) for each, state in resized)
    states = Test({"states": ["running", "stopped"]}, attribute_filter("State.Name", ["running", "stopped"], op="in"))
    rule = _same({"and": [states.theirs, theirs]}, states, is_named("instance_types", types, ()))
    yield Case("attributes", "resize", rule, instances)


def _keys() -> Iterator[Case]:
    foo = Instance({COMMON_KEY: "node", " foo": "abcd"}, launched=AT - DAY)
    foo_bar = Instance({COMMON_KEY: "node", " foo_bar": "abcd"}, launched=AT - DAY)
    for instance, key, transforms, pattern in (
        (foo, "foo", ["strip"], r"\s*foo\s*"),
        (foo_bar, "FooBar", ["strip", "title", "nounderscores"], r"(?i)\s*foo_bar\s*"),
    ):
        rule = _same({f"tag:{key}": "abcd"}, is_one_of(key, ("abcd",)))
        yield Case("keys", "normalized keys", rule, ((instance, False),))
        theirs = value_filter(key, "abcd", tag_key_transforms=transforms)
        rule = _same(theirs, has_like(pattern, (), ("abcd",)))
        yield Case("keys", "normalized keys", rule, ((instance, True),))

    is_bar = {"type": "value", "key": "Key", "value": "bar"}

    def in_list(*tests: Json) -> Json:
        return any_tag(is_bar, *tests)

    def value(text: str, **options: object) -> Json:
        return attribute_filter("Value", text, **options)

    numbers = ("0", "1", "2")
    for test, theirs, ours, flagged in (
        ("", in_list(), (has("bar"),), numbers),
        ("match 1", in_list(value("1")), (is_one_of("bar", ("1",)),), ("1",)),
        (
            "match bool",
            in_list({"or": [value("1"), value("0")]}),
            (one_of((is_one_of("bar", ("1",)),), (is_one_of("bar", ("0",)),)),),
            ("0", "1"),
        ),
    ):
        instances = _with("bar", {number: number in flagged for number in numbers})
        yield Case("keys", f"list item filter {test}".strip(), _same(theirs, *ours), instances)

    registry = "myregistry.com/.*"
    foreign = in_list({"not": [value(registry, op="regex")]})
    ours = (has("bar"), unless(matches("bar", registry, (), anchored=True)))
    instances = _with("bar", {"c7n": True, "myregistry.com/c7n": False})
    yield Case("keys", "list item filter match regex", _same(foreign, *ours), (*instances, instances[1]))


def _groups() -> Iterator[Case]:
    def is_tag(key: str, value: str) -> tuple[Json, Test]:
        return {f"tag:{key}": value}, is_one_of(key, (value,))

    x86, arm, green = is_tag("Architecture", "x86_64"), is_tag("Architecture", "armv8"), is_tag("Color", "green")
    either = _same({"or": [x86[0], arm[0]]}, one_of((x86[1],), (arm[1],)))
    yield Case("groups", "or", either, _with("Architecture", {"x86_64": True, "amd64": False}))
    both = _same({"and": [x86[0], green[0]]}, x86[1], green[1])
    neither = _same({"not": [x86[0], green[0]]}, unless(x86[1], green[1]))
    colors = [_tagged(Architecture="x86_64", Color=color) for color in ("green", "blue", "yellow")]
    yield Case("groups", "and", both, ((colors[0], True), (colors[1], False), (_tagged(Architecture="x86_64"), False)))
    yield Case("groups", "not", neither, tuple((each, each is not colors[0]) for each in colors))

    two = [{"InstanceId": instance_id(place)} for place in range(2)]
    for theirs, ids in ((two[0], 1), ({"or": two}, 2)):
        ours = unless(Test({"instance_ids": [instance_id(place) for place in range(ids)]}, theirs))
        yield Case("groups", "not filter", _same(ours.theirs, ours), tuple((_tagged(), place >= ids) for place in range(3)))

    compile_lambda, spinnaker = is_tag("Name", "CompileLambda"), is_tag("Name", "Spinnaker")
    named = _same({"or": [compile_lambda[0], spinnaker[0]]}, one_of((compile_lambda[1],), (spinnaker[1],)))
    yield Case("groups", "or condition", named, _with("Name", {"CompileLambda": True, "Spinnaker": True}))


def _same(theirs: Json, *ours: Test) -> Rule:
    """A rule that flags the instances for which all of this holds; theirs: what they ask for that."""
    return Rule("suite", where(*ours).policy["forbidden_tags"][0], theirs, is_forbidding=True)


def _launched(age: datetime.timedelta) -> Instance:
    return Instance({COMMON_KEY: "node"}, launched=AT - age)


def _tagged(**tags: str) -> Instance:
    return Instance({COMMON_KEY: "node"} | tags, launched=AT - DAY)


def _described(attributes: dict[str, str], state: str = "running") -> Instance:
    return Instance({COMMON_KEY: "node"}, state, launched=AT - DAY, attributes=attributes)


def _with(key: str, flagged: dict[str, bool], before: str = "") -> tuple[tuple[Instance, bool], ...]:
    return tuple((_tagged(**{key: before + value}), is_flagged) for value, is_flagged in flagged.items())
