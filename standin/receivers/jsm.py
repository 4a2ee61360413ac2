"""Alerts of Jira Service Management's operations, by the integration's API: one open alert for an alias.

Paths: https://developer.atlassian.com/cloud/jira/service-desk-ops/rest/v2/api-group-integration-events/ and its Postman
collection. Lengths of fields: https://docs.opsgenie.com/docs/alerts-and-alert-fields and
https://docs.opsgenie.com/docs/alert-api, which the API was taken over from. All as read in November 2026. A close names its
alert by alias with ``identifierType=alias`` (https://jira.atlassian.com/browse/JSDCLOUD-14179).
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from .limits import not_text, too_long
from .server import Fault, Receiver, Reply, Request

API_KEY = "00000000-0000-4000-8000-000000000000"
PRIORITIES = ("P1", "P2", "P3", "P4", "P5")
LIMITS = {
    "message": 130,
    "alias": 512,
    "description": 15_000,
    "entity": 512,
    "source": 100,
    "user": 100,
    "note": 25_000,
    "tags": 20,
    "actions": 10,
    "responders": 50,
    "visibleTo": 50,
}
TAG = 50
DETAILS = 8_000
_PATH = re.compile(r"/jsm/ops/integration/v2/alerts(?:/([^/]+)/(close|acknowledge|notes))?")
_TEXTS = ("message", "alias", "description", "entity", "source", "user", "note")


class JiraServiceManagement(Receiver):
    """One team with one API integration."""

    name = "jsm"
    host = "api.atlassian.com"

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.alerts: list[dict[str, Any]] = []
        self._requests = 0

    def held(self) -> dict[str, Any]:
        """Each alert: its alias, status, how often it was asked for, and what it says."""
        return {"alerts": self.alerts}

    def forget(self) -> None:
        """No alert."""
        self.alerts.clear()

    def rate_limited(self, seconds: float) -> Reply:
        """As the API says it."""
        body = {"message": "You are making too many requests! To avoid this, please reduce the requests that you make."}
        return Reply(429, body, {"Retry-After": f"{seconds:g}"})

    def take(self, request: Request, fault: Fault) -> Reply:
        """A new alert, or an action on one."""
        path = _PATH.fullmatch(request.path)
        if request.method != "POST" or not path:
            return Reply(404, {"message": "Not Found"})
        if request.headers.get("authorization") != f"GenieKey {API_KEY}" or fault.kind == "revoked":
            return Reply(401, {"message": "Could not authenticate", "requestId": self._request_id()})
        if fault.kind == "deleted":
            return Reply(403, {"message": "API Integration is not enabled", "requestId": self._request_id()})
        given = request.document() if request.body else {}
        if not isinstance(given, dict):
            return Reply(400, {"message": "Request body is not valid JSON", "requestId": self._request_id()})
        problems = _problems_of(given, is_new=path[1] is None)
        if problems:
            return self._invalid(problems)
        if path[1] is None:
            self._create(given)
        else:
            self._act(unquote(path[1]), path[2], request.query.get("identifierType", "id"), given)
        # What becomes of it is found out later: an alias that is not there is no error here.
        return Reply(202, {"result": "Request will be processed", "took": 0.1, "requestId": self._request_id()})

    def _request_id(self) -> str:
        self._requests += 1
        return f"00000000-0000-4000-8000-{self._requests:012x}"

    def _invalid(self, problems: list[str]) -> Reply:
        self.problems += problems
        errors = dict(problem.split(": ", 1) for problem in problems)
        message = "Request body is not processable. Please check the errors."
        return Reply(422, {"message": message, "errors": errors, "requestId": self._request_id()})

    def _create(self, given: dict[str, Any]) -> None:
        alias = given.get("alias") or self._request_id()
        alert = self._open(alias)
        if alert is None:
            alert = {**given, "alias": alias, "id": self._request_id(), "status": "open", "count": 0, "notes": []}
            self.alerts.append(alert)
        alert["count"] += 1

    def _act(self, identifier: str, action: str, kind: str, given: dict[str, Any]) -> None:
        if kind == "alias":
            alert = self._open(identifier)
        else:
            alert = next((alert for alert in self.alerts if alert["id"] == identifier), None)
        if alert is None:
            return
        if action == "close":
            alert["status"] = "closed"
        elif action == "acknowledge":
            alert["acknowledged"] = True
        if given.get("note"):
            alert["notes"].append(given["note"])

    def _open(self, alias: str) -> dict[str, Any] | None:
        return next((alert for alert in self.alerts if alert["alias"] == alias and alert["status"] == "open"), None)


def _problems_of(given: dict[str, Any], *, is_new: bool) -> list[str]:
    problems = not_text(given, _TEXTS) + too_long(given, LIMITS)
    if is_new and not given.get("message"):
        problems.append("message: Message can not be empty.")
    if given.get("priority", "P3") not in PRIORITIES:
        problems.append(f"priority: expected one of {', '.join(PRIORITIES)}, got {given['priority']!r}")
    tags, details = given.get("tags", []), given.get("details", {})
    if any(len(str(tag)) > TAG for tag in tags):
        problems.append(f"tags: expected at most {TAG} characters each")
    if not isinstance(details, dict) or not all(isinstance(value, str) for value in details.values()):
        problems.append("details: expected an object of texts")
    elif sum(len(name) + len(value) for name, value in details.items()) > DETAILS:
        problems.append(f"details: expected at most {DETAILS} characters in all")
    return problems
