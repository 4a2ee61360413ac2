"""CloudWatch alarms: evaluated even without new data, and described in full."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from typing import Any
from xml.sax.saxutils import escape

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import cloudwatch, sns, sqs

logger = logging.getLogger("standin.alarms")

DEFAULT_EVALUATION_SECONDS = 1.0

Alarm = dict[str, Any]

_COMPARISONS = {
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
    "LessThanOrEqualToThreshold": lambda value, threshold: value <= threshold,
}
_ACTION_LISTS = {"ALARM": "AlarmActions", "OK": "OKActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}

_evaluating = threading.RLock()


def install() -> None:
    """Replace the evaluation and the query protocol's put and describe, and start the clock."""
    cloudwatch._evaluate_alarm = _evaluate
    cloudwatch._put_metric_alarm = _put_in_full(cloudwatch._put_metric_alarm)
    cloudwatch._dispatch_alarm_actions = _to_admitting_topics(cloudwatch._dispatch_alarm_actions)
    cloudwatch._describe_alarms = _described_in_full(cloudwatch._describe_alarms, "DescribeAlarms")
    cloudwatch._describe_alarms_for_metric = _described_in_full(
        cloudwatch._describe_alarms_for_metric, "DescribeAlarmsForMetric"
    )
    threading.Thread(target=_evaluate_forever, daemon=True, name="standin-alarms").start()


def _evaluate_forever() -> None:
    pause = float(os.environ.get("STANDIN_ALARM_SECONDS") or DEFAULT_EVALUATION_SECONDS)
    while True:
        time.sleep(pause)
        for account, region, _ in list(cloudwatch._alarms.to_dict()):
            with request_scope(account, region):
                cloudwatch._evaluate_all_alarms()


def _evaluate(alarm: Alarm) -> None:
    """Set the alarm's state from its last periods, and run the actions of a change."""
    compare = _COMPARISONS.get(alarm.get("ComparisonOperator") or "")
    if compare is None or not alarm.get("MetricName"):
        return
    with _evaluating:
        if cloudwatch._alarms.get(alarm["AlarmName"]) is not alarm:
            return
        old = alarm["StateValue"]
        new, reason = _state(alarm, compare)
        if new is None or new == old:
            return
        alarm["StateValue"] = new
        alarm["StateReason"] = reason
        alarm["StateUpdatedTimestamp"] = alarm["StateTransitionedTimestamp"] = int(time.time())
        cloudwatch._record_history(alarm["AlarmName"], old, new, reason)
        cloudwatch._dispatch_alarm_actions(alarm, old, new, reason)
        cloudwatch._evaluate_parent_alarms(alarm)


def _state(alarm: Alarm, compare: Any) -> tuple[str | None, str]:
    statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic", "Average")
    threshold, treat_missing = alarm.get("Threshold", 0), alarm.get("TreatMissingData", "missing")
    periods = alarm.get("EvaluationPeriods", 1)
    needed = alarm.get("DatapointsToAlarm") or periods
    values = _values(alarm, statistic, periods)
    present = [value for value in values if value is not None]
    missing = len(values) - len(present)

    if not present:
        if treat_missing == "ignore":
            return None, ""
        if treat_missing == "missing":
            return "INSUFFICIENT_DATA", f"Insufficient Data: {missing} datapoints were unknown."
    breaching = sum(1 for value in present if compare(value, threshold))
    if treat_missing == "breaching":
        breaching += missing
    if treat_missing == "missing":
        # Missing data is not replaced, so the few values there are decide.
        needed = min(needed, len(present))
    state = "ALARM" if breaching >= needed else "OK"
    shown = ", ".join(str(value) for value in present) or "no datapoints"
    operator = alarm["ComparisonOperator"]
    return state, f"Threshold Crossed: {statistic} [{shown}] {operator} {threshold}, missing data is {treat_missing}"


def _values(alarm: Alarm, statistic: str, periods: int) -> list[float | None]:
    """The statistic of each of the last periods, latest first; None for a period without data."""
    if (alarm.get("Namespace"), alarm.get("MetricName")) == ("AWS/SQS", "ApproximateNumberOfMessagesVisible"):
        return [_visible_messages(alarm), *[None] * (periods - 1)]
    now, length = time.time(), alarm.get("Period", 60)
    key = (
        alarm.get("Namespace"),
        alarm.get("MetricName"),
        cloudwatch._dims_key(cloudwatch._dims_from_list(alarm.get("Dimensions") or [])),
    )
    unit = alarm.get("Unit")
    buckets: list[list[dict]] = [[] for _ in range(periods)]
    for point in list(cloudwatch._metrics.get(key) or []):
        index = int((now - point["Timestamp"]) // length)
        if 0 <= index < periods and (not unit or point.get("Unit") == unit):
            buckets[index].append(point)
    return [
        cloudwatch._stat_value(stats, statistic, points) if (stats := cloudwatch._calc_stats(points)) else None
        for points in buckets
    ]


def _visible_messages(alarm: Alarm) -> float | None:
    """SQS's own metric, which MiniStack does not send: the queue's current value."""
    names = {dimension["Name"]: dimension["Value"] for dimension in alarm.get("Dimensions") or []}
    queue = sqs._queue_by_arn(f"arn:aws:sqs:{get_region()}:{get_account_id()}:{names.get('QueueName')}")
    if queue is None:
        return None
    now = time.time()
    return float(sum(1 for message in list(queue["messages"]) if message["visible_at"] <= now))


def _to_admitting_topics(dispatch: Any) -> Any:
    """CloudWatch only publishes if the topic's policy allows it."""

    def dispatch_where_admitted(alarm: Alarm, old_state: str, new_state: str, reason: str) -> None:
        field = _ACTION_LISTS.get(new_state, "")
        admitted = [
            arn
            for arn in alarm.get(field) or []
            if not cloudwatch._is_sns_action_arn(arn)
            or sns.topic_policy_allows(arn, "cloudwatch.amazonaws.com", alarm["AlarmArn"], get_account_id())
        ]
        refused = [arn for arn in alarm.get(field) or [] if arn not in admitted]
        if refused:
            logger.warning("%s may not publish to %s", alarm["AlarmArn"], ", ".join(refused))
        dispatch({**alarm, field: admitted}, old_state, new_state, reason)

    return dispatch_where_admitted


def _put_in_full(put: Any) -> Any:
    """MiniStack drops InsufficientDataActions in the query protocol; its JSON keeps them."""

    def put_in_full(params: dict, data: dict, is_cbor: bool, is_json: bool = False) -> Any:
        if is_cbor or is_json:
            return put(params, data, is_cbor, is_json)
        status, _, _ = put({}, _from_query(params), False, True)
        if status != 200:
            return put(params, data, is_cbor, is_json)
        return cloudwatch._xml(200, "PutMetricAlarmResponse", "")

    return put_in_full


def _described_in_full(describe: Any, action: str) -> Any:
    """MiniStack's XML leaves out most of an alarm's settings; its JSON has them all."""

    def describe_in_full(params: dict, data: dict, is_cbor: bool, is_json: bool = False) -> Any:
        if is_cbor or is_json:
            return describe(params, data, is_cbor, is_json)
        status, headers, body = describe({}, _from_query(params), False, True)
        if status != 200:
            return describe(params, data, is_cbor, is_json)
        members = _to_xml(json.loads(body))
        return cloudwatch._xml(200, f"{action}Response", f"<{action}Result>{members}</{action}Result>")

    return describe_in_full


def _from_query(params: dict) -> dict[str, Any]:
    """The query protocol's parameters in the JSON protocol's form."""
    document: dict[str, Any] = {}
    for name in sorted(params, key=lambda n: [int(p) if p.isdigit() else 0 for p in n.split(".")]):
        value = cloudwatch._p(params, name)
        head, *rest = name.split(".")
        if not rest:
            document[head] = _typed(head, value)
        elif len(rest) == 2:
            document.setdefault(head, []).append(value)
        else:
            items = document.setdefault(head, [])
            if int(rest[1]) > len(items):
                items.append({})
            items[-1][rest[2]] = value
    return document


def _typed(name: str, value: str) -> Any:
    """Numbers and booleans of the JSON protocol, which MiniStack stores unchecked."""
    if name in ("MaxRecords", "Period"):
        return int(value)
    return value != "false" if name == "ActionsEnabled" else value


def _to_xml(value: Any) -> str:
    if isinstance(value, dict):
        return "".join(
            f"<{key}>{_to_xml(_timestamp(item) if key.endswith('Timestamp') else item)}</{key}>"
            for key, item in value.items()
            if item is not None
        )
    if isinstance(value, list):
        return "".join(f"<member>{_to_xml(item)}</member>" for item in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape(str(value))


def _timestamp(value: Any) -> Any:
    return cloudwatch._ts_iso(value) if isinstance(value, (int, float)) else value
