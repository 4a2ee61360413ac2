"""Slack's ``chat.postMessage`` and ``chat.update``: 200 for nearly everything, and ``ok`` says whether it was taken.

https://docs.slack.dev/reference/methods/chat.postMessage and https://docs.slack.dev/apis/web-api/rate-limits, as read
in November 2026. Slack drops no duplicates.
"""

from __future__ import annotations

from typing import Any

from . import slack_blocks
from .server import Fault, Receiver, Reply, Request

TOKEN = "xoxb-receiver"
CHANNEL = "C0000000001"
ARCHIVED = "C0000000002"
# "posting one message per second per channel"; a short burst is let pass on some days, and never here.
SECONDS_PER_MESSAGE = 1.0
# Longer text is cut off, which nobody wants.
MOST_TEXT = 40_000


class Slack(Receiver):
    """A workspace with one channel, and one that is archived."""

    name = "slack"
    host = "slack.com"

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.channels: dict[str, list[dict[str, Any]]] = {CHANNEL: []}
        self._last: dict[str, float] = {}
        self._posted = 0

    def held(self) -> dict[str, Any]:
        """The messages of each channel; a reply names the message that its thread begins with."""
        return {"channels": self.channels}

    def forget(self) -> None:
        """An empty channel."""
        self.channels = {CHANNEL: []}
        self._last.clear()

    def rate_limited(self, seconds: float) -> Reply:
        """The one error that Slack does not answer with 200."""
        return Reply(429, _error("ratelimited"), {"Retry-After": f"{seconds:g}"})

    def take(self, request: Request, fault: Fault) -> Reply:
        """A message, or what Slack says instead of taking it."""
        if request.method != "POST" or request.path not in ("/api/chat.postMessage", "/api/chat.update"):
            return Reply(200, _error("unknown_method"))
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if not token:
            return Reply(200, _error("not_authed"))
        if scheme != "Bearer" or token != TOKEN or fault.kind == "revoked":
            return Reply(200, _error("token_revoked" if fault.kind == "revoked" else "invalid_auth"))
        message = request.document()
        if not request.headers.get("content-type", "").startswith("application/json") or not isinstance(message, dict):
            return Reply(200, _error("invalid_json" if message is None else "invalid_form_data"))
        channel = str(message.get("channel"))
        if channel == ARCHIVED:
            return Reply(200, _error("is_archived"))
        if channel not in self.channels or fault.kind == "deleted":
            return Reply(200, _error("channel_not_found"))
        objection = self._objection(channel, message)
        if objection:
            return Reply(200, objection)
        return self._update(channel, message) if request.path.endswith("update") else self._post(channel, message)

    def _objection(self, channel: str, message: dict[str, Any]) -> dict[str, Any] | None:
        text, blocks = message.get("text") or "", message.get("blocks")
        if not text and not blocks:
            return _error("no_text")
        if len(text) > MOST_TEXT:
            return self._refused("msg_too_long", [f"text: expected at most {MOST_TEXT} characters, got {len(text)}"])
        if blocks is not None:
            problems = slack_blocks.problems_of(blocks)
            if problems:
                return self._refused("invalid_blocks", problems)
            if slack_blocks.characters(blocks) > slack_blocks.MOST_CHARACTERS:
                return self._refused("msg_blocks_too_long", [f"blocks: {slack_blocks.characters(blocks)} characters"])
        thread = message.get("thread_ts")
        if thread is not None and all(posted["ts"] != thread for posted in self.channels[channel]):
            return _error("thread_not_found")
        return None

    def _refused(self, error: str, problems: list[str]) -> dict[str, Any]:
        self.problems += problems
        return {**_error(error), "response_metadata": {"messages": [f"[ERROR] {problem}" for problem in problems]}}

    def _post(self, channel: str, message: dict[str, Any]) -> Reply:
        now, last = self.clock(), self._last.get(channel)
        if last is not None and now - last < SECONDS_PER_MESSAGE * self.scale:
            return self.rate_limited(SECONDS_PER_MESSAGE)
        self._last[channel] = now
        self._posted += 1
        ts = f"1700000000.{self._posted:06}"
        self.channels[channel].append({**message, "ts": ts})
        return Reply(200, {"ok": True, "channel": channel, "ts": ts, "message": {**message, "ts": ts}})

    def _update(self, channel: str, message: dict[str, Any]) -> Reply:
        for posted in self.channels[channel]:
            if posted["ts"] == message.get("ts"):
                posted.update(message)
                return Reply(200, {"ok": True, "channel": channel, "ts": posted["ts"], "text": posted.get("text", "")})
        return Reply(200, _error("message_not_found"))


def _error(error: str) -> dict[str, Any]:
    return {"ok": False, "error": error}
