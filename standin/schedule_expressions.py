"""The schedule expressions that EventBridge and Scheduler accept."""

from __future__ import annotations

import re

_VALUES = {
    "minutes": "[0-5]?[0-9]",
    "hours": "(?:[01]?[0-9]|2[0-3])",
    "days": "(?:0?[1-9]|[12][0-9]|3[01])",
    "months": "(?:0?[1-9]|1[0-2]|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)",
    "weekday": "(?:[1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)",
    "years": "(?:19[7-9][0-9]|2[01][0-9]{2})",
}
_RATE = re.compile(r"rate\((?:1 (?:minute|hour|day)|(?:[2-9]|[1-9][0-9]+) (?:minute|hour|day)s)\)")
_AT = re.compile(r"at\([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\)")


def _list(field: str) -> str:
    value = _VALUES[field]
    item = rf"(?:\*|{value}(?:-{value})?)(?:/[1-9][0-9]*)?"
    return f"{item}(?:,{item})*"


def _cron() -> re.Pattern[str]:
    days = f"(?:L|{_VALUES['days']}W|{_list('days')})"
    weekday = f"(?:L|{_VALUES['weekday']}(?:L|#[1-5])|{_list('weekday')})"
    # Exactly one of the two day fields is "?".
    middle = rf"(?:{days} {_list('months')} \?|\? {_list('months')} {weekday})"
    return re.compile(rf"cron\({_list('minutes')} {_list('hours')} {middle} {_list('years')}\)")


_CRON = _cron()


def is_rule_schedule(expression: str) -> bool:
    """Whether a rule accepts the expression."""
    return bool(_RATE.fullmatch(expression) or _CRON.fullmatch(expression))


def is_schedule(expression: str) -> bool:
    """Whether Scheduler accepts the expression; it also knows one-time schedules."""
    return is_rule_schedule(expression) or bool(_AT.fullmatch(expression))
