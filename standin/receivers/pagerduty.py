"""PagerDuty's Events API v2: alerts by ``dedup_key``.

https://github.com/PagerDuty/developer-docs, of its pages on the Events API v2: lengths, sizes and codes from 01-Overview and
02-Trigger-Events at 1da9f6a, the rate from 05-Rate-Limits at dd5097c. The texts of errors are not published.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from .limits import not_text, too_long
from .server import Fault, Receiver, Reply, Request

ROUTING_KEY = "0123456789abcdef0123456789abcdef"
MOST_BYTES = 512 * 1024
SUMMARY = 1024
DEDUP_KEY = 255
# "approximately 120 calls/minute per integration key", over the minute before.
CALLS = 120
WINDOW_SECONDS = 60.0
ACTIONS = ("trigger", "acknowledge", "resolve")
SEVERITIES = ("critical", "error", "warning", "info")
_TEXTS = ("summary", "source", "timestamp", "component", "group", "class")


class PagerDuty(Receiver):
    """One service with one integration."""

    name = "pagerduty"
    host = "events.pagerduty.com"

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.alerts: dict[str, dict[str, Any]] = {}
        self._made = 0
        self._recent: deque[float] = deque()

    def held(self) -> dict[str, Any]:
        """Each alert by its key: its status, its payload, and how many events it was made of."""
        return {"alerts": self.alerts}

    def forget(self) -> None:
        """No alert."""
        self.alerts.clear()
        self._recent.clear()

    def rate_limited(self, seconds: float) -> Reply:
        """As PagerDuty says it: without a time."""
        return Reply(429, "Request Limit Exceeded")

    def take(self, request: Request, fault: Fault) -> Reply:
        """An event."""
        if request.method != "POST" or request.path != "/v2/enqueue":
            return Reply(404, "Not Found")
        if len(request.body) > MOST_BYTES:
            self.problems.append(f"body: expected at most {MOST_BYTES} bytes, got {len(request.body)}")
            return Reply(400, _invalid("Event exceeds the size limit"))
        if self._is_too_much():
            return self.rate_limited(WINDOW_SECONDS)
        event = request.document()
        if not isinstance(event, dict):
            return self._invalid(["JSON parse error"])
        if event.get("routing_key") != ROUTING_KEY or fault.kind in ("revoked", "deleted"):
            is_long = len(str(event.get("routing_key") or "")) == len(ROUTING_KEY)
            return Reply(
                400, _invalid("Invalid routing key" if is_long else "'routing_key' is missing or of the wrong length")
            )
        problems = _problems_of(event)
        return self._invalid(problems) if problems else self._accept(event)

    def _is_too_much(self) -> bool:
        now = self.clock()
        while self._recent and now - self._recent[0] >= WINDOW_SECONDS * self.scale:
            self._recent.popleft()
        if len(self._recent) >= CALLS:
            return True
        self._recent.append(now)
        return False

    def _invalid(self, errors: list[str]) -> Reply:
        self.problems += errors
        return Reply(400, _invalid(*errors))

    def _accept(self, event: dict[str, Any]) -> Reply:
        key, action = event.get("dedup_key"), event["event_action"]
        if not key:
            self._made += 1
            key = f"{self._made:032x}"
        alert = self.alerts.get(key)
        if action == "trigger":
            if alert is None or alert["status"] == "resolved":
                alert = self.alerts[key] = {"status": "triggered", "events": 0, "opened": (alert or {}).get("opened", 0) + 1}
            alert["events"] += 1
            alert["payload"] = event["payload"]
        elif alert and alert["status"] != "resolved":
            alert["status"] = f"{action}d"
        # What is about an alert that is not open is taken, and dropped.
        return Reply(202, {"status": "success", "message": "Event processed", "dedup_key": key})


def _invalid(*errors: str) -> dict[str, Any]:
    return {"status": "invalid event", "message": "Event object is invalid", "errors": list(errors)}


def _problems_of(event: dict[str, Any]) -> list[str]:
    action = event.get("event_action")
    if action not in ACTIONS:
        return [f"event_action: expected one of {', '.join(ACTIONS)}, got {action!r}"]
    problems = not_text(event, ("dedup_key",)) + too_long(event, {"dedup_key": DEDUP_KEY})
    if action != "trigger":
        return problems if event.get("dedup_key") else ["dedup_key: expected the key of an alert", *problems]
    payload = event.get("payload")
    if not isinstance(payload, dict):
        return [*problems, "payload: expected an object"]
    problems += [f"payload.{name}: expected a text" for name in ("summary", "source") if not payload.get(name)]
    problems += [f"payload.{problem}" for problem in not_text(payload, _TEXTS) + too_long(payload, {"summary": SUMMARY})]
    if payload.get("severity") not in SEVERITIES:
        problems.append(f"payload.severity: expected one of {', '.join(SEVERITIES)}, got {payload.get('severity')!r}")
    for name, needed in (("links", "href"), ("images", "src")):
        entries = event.get(name, [])
        if not isinstance(entries, list) or not all(isinstance(entry, dict) and entry.get(needed) for entry in entries):
            problems.append(f"{name}: expected objects with {needed}")
        elif name == "images" and not all(str(entry["src"]).startswith("https://") for entry in entries):
            problems.append("images: expected src to be https")
    return problems
