"""EventBridge Scheduler's execution role and expressions, and the clock of a schedule that is changed or recreated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import eventbridge, scheduler

from .permissions import role_may, service_may_assume
from .schedule_expressions import is_schedule

SERVICE = "scheduler.amazonaws.com"
SCHEDULE_TICK_SECONDS = 1

Schedule = dict[str, Any]
Response = tuple[int, dict[str, str], bytes]
Handler = Callable[[str, dict], Response]


def install() -> None:
    """Check each schedule that is created or changed, and check more often whether one is due."""
    scheduler._create_schedule = _starting_clock(_checking(scheduler._create_schedule))
    scheduler._update_schedule = _starting_clock(_checking(scheduler._update_schedule))
    scheduler._SCHEDULE_TICK_INTERVAL = SCHEDULE_TICK_SECONDS


def schedule_role_may(schedule: Schedule, role: str, action: str, resource_arn: str) -> bool:
    """Whether Scheduler may assume the role for this schedule, and the role allows the action."""
    group = _group_arn(schedule.get("GroupName") or "default")
    return service_may_assume(role, SERVICE, group, get_account_id()) and role_may(role, action, resource_arn)


def _group_arn(group: str) -> str:
    """What Scheduler sends as aws:SourceArn: the group, never the schedule."""
    arn: str = scheduler._group_arn(group)
    return arn


def _checking(change: Handler) -> Handler:
    def change_where_aws_would(name: str, body: dict) -> Response:
        expression = body.get("ScheduleExpression") or ""
        if not is_schedule(expression):
            return scheduler._error(400, "ValidationException", f"Invalid Schedule Expression {expression}.")
        role = (body.get("Target") or {}).get("RoleArn")
        group = _group_arn(body.get("GroupName") or "default")
        if role and not service_may_assume(role, SERVICE, group, get_account_id()):
            return scheduler._error(
                400,
                "ValidationException",
                "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
            )
        return change(name, body)

    return change_where_aws_would


def _starting_clock(change: Handler) -> Handler:
    """MiniStack remembers when a name last fired, so a new at() under a known name would never fire."""

    def change_and_start_clock(name: str, body: dict) -> Response:
        key = f"{body.get('GroupName', 'default')}/{name}"
        before = _timing(scheduler._schedules.get(key))
        response = change(name, body)
        schedule = scheduler._schedules.get(key)
        if response[0] == 200 and _timing(schedule) != before:
            _start_clock((get_account_id(), get_region(), key), schedule)
        return response

    return change_and_start_clock


def _timing(schedule: Schedule | None) -> tuple[Any, Any] | None:
    return (schedule["ScheduleExpression"], schedule["StartDate"]) if schedule else None


def _start_clock(key: tuple[str, str, str], schedule: Schedule) -> None:
    scheduler._schedule_last_fired.pop(key, None)
    start = scheduler._to_epoch(schedule["StartDate"])
    if start is not None and eventbridge._parse_rate_seconds(schedule["ScheduleExpression"]):
        # MiniStack only counts from the creation.
        scheduler._schedule_last_fired[key] = start
