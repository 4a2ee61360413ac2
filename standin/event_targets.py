"""EventBridge's permission to reach a target, and the target's dead-letter queue."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import Any

from ministack.core.arn import ArnParseError, parse_arn
from ministack.core.responses import get_account_id
from ministack.services import eventbridge, lambda_svc, sns, sqs

from .delivery import send_to_queue
from .permissions import role_may, service_may
from .schedules import schedule_role_may

logger = logging.getLogger("standin.event_targets")

RULE_TICK_SECONDS = 1

_ACTIONS = {"lambda": "lambda:InvokeFunction", "sqs": "sqs:SendMessage", "sns": "sns:Publish"}


@dataclass(frozen=True)
class Refusal:
    """Why a target cannot be reached, in EventBridge's words."""

    code: str
    message: str


def install() -> None:
    """Check each target before it is invoked."""
    invoke = eventbridge._invoke_target

    def invoke_where_allowed(target: dict, event: dict, rule: dict, view: Any = None) -> None:
        view = view or eventbridge._pattern_event_view(event)
        if _is_schedule(rule):
            target = _with_schedule_input(target, view)
        refusal = _refusal(target, rule)
        if refusal is None:
            invoke(target, event, rule, view)
        else:
            logger.warning("%s cannot reach %s: %s", rule.get("Arn"), target.get("Arn"), refusal.message)
            _send_to_dead_letters(target, rule, view, refusal)

    eventbridge._invoke_target = invoke_where_allowed
    eventbridge._SCHEDULER_TICK_INTERVAL = RULE_TICK_SECONDS


def _is_schedule(rule: dict) -> bool:
    return ":scheduler:" in rule.get("Arn", "")


def _with_schedule_input(target: dict, view: Any) -> dict:
    """EventBridge Scheduler's own event carries its empty detail as a string."""
    if target.get("Input"):
        return target
    return {**target, "Input": json.dumps({**view.event_with_detail(), "detail": "{}"})}


def _refusal(target: dict, rule: dict) -> Refusal | None:
    arn = target.get("Arn", "")
    try:
        spec = parse_arn(arn)
    except ArnParseError:
        return None
    action = _ACTIONS.get(spec.service)
    if action is None or not eventbridge._target_matches_request_scope(spec):
        return None
    policy = _resource_policy(spec.service, arn)
    if policy is None:
        return Refusal("NO_RESOURCE", f"The target {arn} does not exist.")
    role = target.get("RoleArn")
    if role:
        allowed, caller = _role_may(rule, role, action, arn), role
    else:
        caller = "events.amazonaws.com"
        allowed = service_may(policy, caller, action, arn, rule.get("Arn", ""), get_account_id())
    if allowed:
        return None
    return Refusal("NO_PERMISSIONS", f"{caller} is not authorized to perform: {action} on resource: {arn}")


def _role_may(rule: dict, role: str, action: str, arn: str) -> bool:
    return schedule_role_may(rule, role, action, arn) if _is_schedule(rule) else role_may(role, action, arn)


def _resource_policy(service: str, arn: str) -> str | dict | None:
    """The target's policy, empty if it has none; None if there is no such target."""
    if service == "lambda":
        function, config, _ = lambda_svc._get_func_record_for_ref(arn)
        base, _, _ = lambda_svc._get_base_func_record_for_ref(arn)
        return base.get("policy") or {} if function and config and base else None
    if service == "sqs":
        queue = sqs._queue_by_arn(arn)
        return None if queue is None else queue["attributes"].get("Policy") or ""
    topic = sns._topic_by_arn_any_scope(arn)
    return None if topic is None else topic.get("attributes", {}).get("Policy") or ""


def _send_to_dead_letters(target: dict, rule: dict, view: Any, refusal: Refusal) -> None:
    queue_arn = (target.get("DeadLetterConfig") or {}).get("Arn")
    if not queue_arn:
        return
    rule_arn = rule.get("Arn", "")
    attributes = {
        "SCHEDULE_ARN" if _is_schedule(rule) else "RULE_ARN": rule_arn,
        "TARGET_ARN": target.get("Arn", ""),
        "ERROR_CODE": refusal.code,
        "ERROR_MESSAGE": refusal.message,
    }
    role = target.get("RoleArn") if _is_schedule(rule) else None
    policy = _resource_policy("sqs", queue_arn)
    if role:
        allowed = _role_may(rule, role, "sqs:SendMessage", queue_arn)
    else:
        allowed = service_may(policy, "events.amazonaws.com", "sqs:SendMessage", queue_arn, rule_arn, get_account_id())
    if not allowed:
        logger.warning("the dead-letter queue %s does not admit %s: event lost", queue_arn, rule_arn)
    else:
        body = target["Input"] if _is_schedule(rule) else json.dumps(view.event_with_detail())
        send_to_queue(queue_arn, body, attributes)
