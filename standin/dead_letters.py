"""What EventBridge sends to a target's dead-letter queue, and whether the queue accepts it."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import cloudwatch, sqs

from .delivery import send_to_queue
from .permissions import role_may, service_may
from .schedules import schedule_role_may

logger = logging.getLogger("standin.dead_letters")


@dataclass(frozen=True)
class Refusal:
    """Why a target was not reached, in EventBridge's words."""

    code: str
    message: str
    # EXHAUSTED_RETRY_CONDITION and RETRY_ATTEMPTS, of an event that was retried.
    exhausted: dict[str, str] = field(default_factory=dict)


def is_schedule(rule: dict) -> bool:
    """Whether it is a schedule of Scheduler's that MiniStack hands over as a rule."""
    return ":scheduler:" in rule.get("Arn", "")


def target_role_may(rule: dict, role: str, action: str, arn: str) -> bool:
    """Whether a target's role may do an action for the rule or schedule."""
    return schedule_role_may(rule, role, action, arn) if is_schedule(rule) else role_may(role, action, arn)


def queue_policy(arn: str) -> str | dict | None:
    """A queue's policy, empty where it has none; None where there is no such queue."""
    queue = sqs._queue_by_arn(arn)
    return None if queue is None else queue["attributes"].get("Policy") or ""


def send(target: dict, rule: dict, view: Any, refusal: Refusal) -> None:
    """Send the event, untransformed, to the queue that the target names."""
    count(rule, "FailedInvocations")
    queue_arn = (target.get("DeadLetterConfig") or {}).get("Arn")
    if not queue_arn:
        return
    rule_arn = rule.get("Arn", "")
    attributes = {
        "SCHEDULE_ARN" if is_schedule(rule) else "RULE_ARN": rule_arn,
        "TARGET_ARN": target.get("Arn", ""),
        "ERROR_CODE": refusal.code,
        "ERROR_MESSAGE": refusal.message,
        **refusal.exhausted,
    }
    role = target.get("RoleArn") if is_schedule(rule) else None
    if role:
        allowed = target_role_may(rule, role, "sqs:SendMessage", queue_arn)
    else:
        allowed = service_may(
            queue_policy(queue_arn), "events.amazonaws.com", "sqs:SendMessage", queue_arn, rule_arn, get_account_id()
        )
    if not allowed:
        logger.warning("the dead-letter queue %s does not admit %s: event lost", queue_arn, rule_arn)
        count(rule, "InvocationsFailedToBeSentToDlq")
    else:
        body = target["Input"] if is_schedule(rule) else json.dumps(view.event_with_detail())
        count(rule, "InvocationsSentToDlq")
        send_to_queue(queue_arn, body, attributes)


def count(rule: dict, metric: str) -> None:
    """Count what EventBridge counts of a rule; Scheduler's metrics have other names."""
    if not is_schedule(rule):
        cloudwatch.record_metric("AWS/Events", metric, 1, "Count", {"RuleName": rule.get("Name", "")})
