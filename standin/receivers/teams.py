"""A Teams workflow, "Post to a channel when a webhook request is received": 202 first, and what becomes of it is not said.

URL and body: https://support.microsoft.com/office/8ae491c7-0394-4861-ba59-055e33f75498. 28 KB and four requests a second:
https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook; 28 KB of an action:
https://learn.microsoft.com/connectors/teams. All as read in November 2026. It drops no duplicates.
"""

from __future__ import annotations

from typing import Any

from . import adaptive_card
from .server import Fault, Receiver, Reply, Request

WORKFLOW = "0123456789abcdef0123456789abcdef"
SIGNATURE = "receiver-signature_0123456789"
PATH = f"/powerautomate/automations/direct/workflows/{WORKFLOW}/triggers/manual/paths/invoke"
CARD = "application/vnd.microsoft.card.adaptive"
MOST_BYTES = 28 * 1024
REQUESTS_PER_SECOND = 4


class Teams(Receiver):
    """A workflow that posts into one channel."""

    name = "teams"
    host = "default0.environment.api.powerplatform.com"

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.cards: list[dict[str, Any]] = []
        self.failed_runs: list[str] = []
        self._recent: list[float] = []

    def held(self) -> dict[str, Any]:
        """The cards of the channel, and the runs of the workflow that failed after the request had its 202."""
        return {"cards": self.cards, "failed_runs": self.failed_runs}

    def forget(self) -> None:
        """An empty channel."""
        self.cards.clear()
        self.failed_runs.clear()
        self._recent.clear()

    def rate_limited(self, seconds: float) -> Reply:
        """As the platform says it."""
        return Reply(429, _error("WorkflowTriggerThrottled", "Too many requests."), {"Retry-After": f"{seconds:g}"})

    def take(self, request: Request, fault: Fault) -> Reply:
        """A message with a card."""
        if request.path != PATH:
            return Reply(404, _error("WorkflowNotFound", "The workflow could not be found."))
        if request.method != "POST":
            return Reply(404, _error("NoMatchingTrigger", "No trigger has this method."))
        if request.query.get("sig") != SIGNATURE or fault.kind == "revoked":
            message = "The request does not contain a valid signature."
            return Reply(401, _error("DirectApiInvalidAuthorizationScheme", message))
        if self._is_too_much():
            return self.rate_limited(1)
        message = request.document()
        if not isinstance(message, dict):
            self.problems.append("body: expected an object")
            return Reply(400, _error("InvalidRequestContent", "The request content is not valid JSON."))
        self._run(message, len(request.body), fault)
        return Reply(202)

    def _is_too_much(self) -> bool:
        now = self.clock()
        self._recent = [then for then in self._recent if now - then < self.scale]
        if len(self._recent) >= REQUESTS_PER_SECOND:
            return True
        self._recent.append(now)
        return False

    def _run(self, message: dict[str, Any], size: int, fault: Fault) -> None:
        """What the workflow does with it, after its answer."""
        problems = _problems_of(message)
        if size > MOST_BYTES:
            problems.append(f"body: expected at most {MOST_BYTES} bytes, got {size}")
        self.problems += problems
        if fault.kind == "deleted":
            self.failed_runs.append("NotFound: the channel does not exist")
        elif problems:
            self.failed_runs.append(problems[0])
        else:
            self.cards += [attachment["content"] for attachment in message["attachments"]]


def _problems_of(message: dict[str, Any]) -> list[str]:
    attachments = message.get("attachments")
    if message.get("type") != "message":
        return [f"type: expected message, got {message.get('type')!r}"]
    if not isinstance(attachments, list) or not attachments:
        return ["attachments: expected at least one"]
    problems = []
    for number, attachment in enumerate(attachments):
        where = f"attachments[{number}]"
        if not isinstance(attachment, dict) or attachment.get("contentType") != CARD:
            problems.append(f"{where}.contentType: expected {CARD}")
        else:
            problems += [f"{where}.{problem}" for problem in adaptive_card.problems_of(attachment.get("content"))]
    return problems


def _error(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}
