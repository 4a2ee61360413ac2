"""Rules that EventBridge rejects."""

from __future__ import annotations

from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import eventbridge

from .schedule_expressions import is_rule_schedule

# The quota of an account that has not asked for more; the API's own limit is twice that.
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
MOST_PATTERN = 2048


def install() -> None:
    """Check each rule that is created, changed or deleted."""
    put, delete = eventbridge._put_rule, eventbridge._delete_rule

    def put_checked(data: dict) -> Any:
        schedule = data.get("ScheduleExpression")
        if schedule and not is_rule_schedule(schedule):
            return error_response_json("ValidationException", "Parameter ScheduleExpression is not valid.", 400)
        if len(data.get("EventPattern") or "") > MOST_PATTERN:
            return error_response_json(
                "LimitExceededException", "The requested resource exceeds the maximum number allowed.", 400
            )
        return put(data)

    def delete_without_targets(data: dict) -> Any:
        key = eventbridge._rule_key(data.get("Name"), data.get("EventBusName", "default"))
        if eventbridge._targets.get(key):
            return error_response_json("ValidationException", "Rule can't be deleted since it has targets.", 400)
        return delete(data)

    eventbridge._put_rule = put_checked
    eventbridge._delete_rule = delete_without_targets
