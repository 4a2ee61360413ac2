"""A webhook as people write one: a secret in a header, each event taken once, 2xx as soon as it is kept."""

from __future__ import annotations

from typing import Any

from .server import Fault, Receiver, Reply, Request

HEADER = "x-tag-compliance-secret"
SECRET = "receiver-secret"


class Webhook(Receiver):
    """An endpoint of somebody's own."""

    name = "webhook"
    host = "webhook.example"

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.events: dict[str, Any] = {}
        self.duplicates = 0

    def held(self) -> dict[str, Any]:
        """Each event by its id, as it came first, and how many came again."""
        return {"events": self.events, "duplicates": self.duplicates}

    def forget(self) -> None:
        """No event."""
        self.events.clear()
        self.duplicates = 0

    def take(self, request: Request, fault: Fault) -> Reply:
        """An event."""
        if fault.kind == "deleted":
            return Reply(404, "Not Found")
        if request.method != "POST":
            return Reply(405, "Method Not Allowed")
        if request.headers.get(HEADER) != SECRET or fault.kind == "revoked":
            return Reply(401, "Unauthorized")
        event = request.document()
        unique = id_of(event)
        if unique is None:
            self.problems.append("body: expected an object with detail.id or id")
            return Reply(400, "Bad Request")
        if unique in self.events:
            self.duplicates += 1
        else:
            self.events[unique] = event
        return Reply(204)


def id_of(event: Any) -> str | None:
    """The stable id of a message: that of the detail, for EventBridge's own is new at each PutEvents."""
    if not isinstance(event, dict):
        return None
    detail = event.get("detail")
    unique = detail.get("id") if isinstance(detail, dict) else event.get("id")
    return unique if isinstance(unique, str) else None
