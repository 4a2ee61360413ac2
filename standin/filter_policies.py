"""Filter policies of SNS subscriptions that SNS refuses and MiniStack accepts.

https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from math import prod
from typing import Any

from ministack.services import sns

MOST_KEYS = 5
MOST_COMBINATIONS = 150
MOST_PER_TOPIC = 200
POLICY, SCOPE = "FilterPolicy", "FilterPolicyScope"


def install() -> None:
    """Check each filter policy that a subscription is given."""
    subscribe, set_attributes = sns._subscribe, sns._set_subscription_attributes

    def subscribe_checked(params: dict) -> Any:
        given, topic = _attributes(params), sns._topic_by_arn_any_scope(sns._p(params, "TopicArn"))
        if topic is None:
            return subscribe(params)
        address = (sns._p(params, "Protocol"), sns._p(params, "Endpoint"))
        existing = _of(topic, address)
        if existing and any(existing["attributes"].get(name) != value for name, value in given.items()):
            return _invalid("Attributes Reason: Subscription already exists with different attributes")
        refusal = _refusal(given.get(POLICY, ""), given.get(SCOPE), topic["subscriptions"])
        if refusal:
            return refusal
        answer = subscribe(params)
        _drop_empty(_of(topic, address))
        return answer

    def set_checked(params: dict) -> Any:
        arn = sns._p(params, "SubscriptionArn")
        topic = sns._topic_by_arn_any_scope(sns._sub_arn_to_topic.get(arn) or "")
        if topic is None or sns._p(params, "AttributeName") != POLICY:
            return set_attributes(params)
        others = [sub for sub in topic["subscriptions"] if sub["arn"] != arn]
        own = next(sub for sub in topic["subscriptions"] if sub["arn"] == arn)
        refusal = _refusal(sns._p(params, "AttributeValue"), own["attributes"].get(SCOPE), others)
        if refusal:
            return refusal
        answer = set_attributes(params)
        _drop_empty(own)
        return answer

    sns._subscribe = subscribe_checked
    sns._set_subscription_attributes = set_checked
    sns._attr_candidate_values = _escaped(sns._attr_candidate_values)


def problem_of(policy: Any, *, is_nested: bool) -> str | None:
    """What SNS refuses of a policy; a policy of attributes cannot be nested, one of the message's body can."""
    if not isinstance(policy, dict):
        return "FilterPolicy: Filter is not an object"
    shape = _shape_problem(policy, is_nested=is_nested)
    if shape:
        return f"FilterPolicy: {shape}"
    if len(_keys(policy)) > MOST_KEYS:
        return f"FilterPolicy: Filter policy can not have more than {MOST_KEYS} keys"
    if _combinations(policy) > MOST_COMBINATIONS:
        return "FilterPolicy: Filter policy is too complex"
    return None


def _escaped(values_of: Callable[[dict], list[str]]) -> Callable[[dict], list[str]]:
    """A policy of attributes must escape quotation marks and backslashes once more than JSON does, or it never matches."""

    def escaped_values_of(attribute: dict) -> list[str]:
        return [value.replace("\\", "\\\\").replace('"', '\\"') for value in values_of(attribute)]

    return escaped_values_of


def _attributes(params: dict) -> dict[str, str]:
    given: dict[str, str] = {}
    while name := sns._p(params, f"Attributes.entry.{len(given) + 1}.key"):
        given[name] = sns._p(params, f"Attributes.entry.{len(given) + 1}.value")
    if given.get(POLICY) == "{}":
        del given[POLICY]
    return given


def _of(topic: dict, address: tuple[str, str]) -> dict | None:
    """The subscription of a protocol and endpoint."""
    return next((sub for sub in topic["subscriptions"] if (sub["protocol"], sub["endpoint"]) == address), None)


def _drop_empty(sub: dict | None) -> None:
    """A policy without rules is none: it takes an earlier one away."""
    if sub and json.loads(sub["attributes"].get(POLICY, "{}")) == {}:
        sub["attributes"].pop(POLICY, None)
        sub["attributes"].pop(SCOPE, None)


def _refusal(text: str, scope: str | None, others: list[dict]) -> Any:
    if not text:
        return None
    try:
        policy = json.loads(text)
    except ValueError:
        return _invalid("FilterPolicy: failed to parse JSON.")
    problem = problem_of(policy, is_nested=scope == "MessageBody")
    if problem:
        return _invalid(problem)
    filtered = [sub for sub in others if POLICY in sub["attributes"]]
    if policy and len(filtered) >= MOST_PER_TOPIC:
        return sns._error("FilterPolicyLimitExceeded", f"The topic has {MOST_PER_TOPIC} filter policies already", 403)
    return None


def _invalid(reason: str) -> Any:
    return sns._error("InvalidParameter", f"Invalid parameter: {reason}", 400)


def _shape_problem(policy: dict, *, is_nested: bool) -> str | None:
    for key, rules in policy.items():
        if key == "$or" and sns._is_or_operator(rules):
            problem = next(filter(None, (_shape_problem(member, is_nested=is_nested) for member in rules)), None)
        elif isinstance(rules, dict) and is_nested:
            problem = _shape_problem(rules, is_nested=True)
        elif not isinstance(rules, list):
            problem = f'"{key}" must be an array' if not is_nested else f'"{key}" must be an object or an array'
        else:
            problem = None if rules else "Empty arrays are not allowed"
        if problem:
            return problem
    return None


def _keys(policy: dict) -> set[str]:
    """The attributes that a policy names; those of alternatives count once."""
    found: set[str] = set()
    for key, rules in policy.items():
        found |= set().union(*map(_keys, rules)) if key == "$or" and sns._is_or_operator(rules) else {key}
    return found


def _combinations(policy: dict) -> int:
    """The values of each key multiplied; alternatives add up."""
    counts = []
    for key, rules in policy.items():
        if key == "$or" and sns._is_or_operator(rules):
            counts.append(sum(map(_combinations, rules)))
        else:
            counts.append(_combinations(rules) if isinstance(rules, dict) else len(rules))
    return prod(counts)
