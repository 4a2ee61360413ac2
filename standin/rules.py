"""Rules that EventBridge rejects."""

from __future__ import annotations

from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import eventbridge

from .schedule_expressions import is_rule_schedule


def install() -> None:
    """Check each rule that is created, changed or deleted."""
    put, delete = eventbridge._put_rule, eventbridge._delete_rule

    def put_checked(data: dict) -> Any:
        schedule = data.get("ScheduleExpression")
        if schedule and not is_rule_schedule(schedule):
            return error_response_json("ValidationException", "Parameter ScheduleExpression is not valid.", 400)
        return put(data)

    def delete_without_targets(data: dict) -> Any:
        key = eventbridge._rule_key(data.get("Name"), data.get("EventBusName", "default"))
        if eventbridge._targets.get(key):
            return error_response_json("ValidationException", "Rule can't be deleted since it has targets.", 400)
        return delete(data)

    eventbridge._put_rule = put_checked
    eventbridge._delete_rule = delete_without_targets
