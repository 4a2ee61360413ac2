"""Metric filters of CloudWatch Logs: log events become data of metrics, as they arrive.

MiniStack only stores the filters. As on AWS, every matching event is a datum, with the event's time; what arrived before its
filter was made is none, and neither is a value that is no number. A default value is reported for each minute in which events
arrived and none matched.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ministack.core.responses import AccountRegionScopedDict, error_response_json
from ministack.services import cloudwatch, cloudwatch_logs

from .metric_patterns import ABSENT, Match, Unreadable, document_of, is_number, parse, value_at

MINUTE_MS = 60_000
_PATH = re.compile(r"\$(?:\.[A-Za-z0-9_-]+|\[\d+\])+")

_counting = threading.RLock()
# By log group and name, as the filters themselves.
_readings = AccountRegionScopedDict()


@dataclass
class _Reading:
    """What a filter has made of its minutes: the default datum of a minute, or None if an event matched."""

    match: Match
    minutes: dict[int, dict[str, Any] | None] = field(default_factory=dict)


def install() -> None:
    """Check each filter that is put, and read each log event that arrives."""
    cloudwatch_logs._put_metric_filter = _checked(cloudwatch_logs._put_metric_filter)
    fan_out = cloudwatch_logs._fanout_to_subscription_filters

    def read_and_fan_out(group: str, stream: str, events: list[dict[str, Any]]) -> None:
        _read(group, events)
        fan_out(group, stream, events)

    cloudwatch_logs._fanout_to_subscription_filters = read_and_fan_out


def _checked(put: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    def put_checked(data: dict[str, Any]) -> Any:
        try:
            match = parse(data.get("filterPattern", ""))
            [transformation] = data["metricTransformations"]
            _require_value(transformation, data["filterPattern"])
        except Unreadable as problem:
            return error_response_json("InvalidParameterException", str(problem), 400)
        with _counting:
            _readings[(data["logGroupName"], data["filterName"])] = _Reading(match)
            return put(data)

    return put_checked


def _require_value(transformation: dict[str, Any], pattern: str) -> None:
    value = transformation["metricValue"]
    if transformation.get("dimensions"):
        raise Unreadable("The stand-in knows no dimensions of metric filters")
    if _PATH.fullmatch(value):
        if not re.search(re.escape(value) + r"(?![A-Za-z0-9_.\[-])", pattern):
            raise Unreadable(f"Invalid metric transformation: {value} is not in the filter pattern")
        return
    try:
        float(value)
    except ValueError:
        raise Unreadable(f"Invalid metric value {value!r}") from None


def _read(group: str, events: list[dict[str, Any]]) -> None:
    with _counting:
        filters = [each for each in cloudwatch_logs._metric_filters.values() if each["logGroupName"] == group]
        for each in filters:
            for event in events:
                _count(each, event)
    if filters:
        cloudwatch._evaluate_all_alarms()


def _count(stored: dict[str, Any], event: dict[str, Any]) -> None:
    [transformation] = stored["metricTransformations"]
    reading = _readings[(stored["logGroupName"], stored["filterName"])]
    at = event.get("timestamp", int(time.time() * 1000))
    document = document_of(event.get("message", ""))
    minute = at // MINUTE_MS
    if document is not ABSENT and reading.match(document):
        default = reading.minutes.get(minute)
        reading.minutes[minute] = None
        if default is not None:
            _data(transformation).remove(default)
        value = transformation["metricValue"]
        found = value_at(document, value) if value.startswith("$") else float(value)
        if is_number(found):
            _put(transformation, at, found)
    elif minute not in reading.minutes and transformation.get("defaultValue") is not None:
        reading.minutes[minute] = _put(transformation, at, transformation["defaultValue"])


def _data(transformation: dict[str, Any]) -> list[dict[str, Any]]:
    key = (transformation["metricNamespace"], transformation["metricName"], cloudwatch._dims_key({}))
    data: list[dict[str, Any]] = cloudwatch._metric_bucket(key)
    return data


def _put(transformation: dict[str, Any], at: int, value: float) -> dict[str, Any]:
    cloudwatch._store_datum(
        transformation["metricNamespace"],
        transformation["metricName"],
        {},
        at / 1000,
        transformation.get("unit", "None"),
        value,
        None,
        None,
        None,
    )
    return _data(transformation)[-1]
