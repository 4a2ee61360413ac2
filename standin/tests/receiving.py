"""Requests to receivers, as EventBridge or a state machine would send them."""

from __future__ import annotations

import http.client
import json
import unittest
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from standin.receivers.server import FAULT, STATE, Receiver


@dataclass(frozen=True)
class Answered:
    """Status, headers and body of an answer; the body is read where it is JSON."""

    status: int
    headers: dict[str, str]
    body: Any


def ask(receiver: Receiver, method: str, target: str, body: Any = None, **headers: str) -> Answered:
    """The answer to one request; ``_`` in the names of headers stands for ``-``."""
    connection = http.client.HTTPConnection(urlsplit(receiver.url).netloc, timeout=60)
    try:
        sent = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, target, sent, {"Content-Type": "application/json", **named})
        response = connection.getresponse()
        text = response.read().decode()
        is_json = "json" in (response.getheader("Content-Type") or "")
        return Answered(response.status, dict(response.getheaders()), json.loads(text) if is_json else text)
    finally:
        connection.close()


class ReceiverTest(unittest.TestCase):
    """A test of one receiver, whose clock stands still until the test moves it."""

    kind: type[Receiver]

    def setUp(self) -> None:
        self.now = 0.0
        self.receiver = self.kind(clock=lambda: self.now)
        self.receiver.start()
        self.addCleanup(self.receiver.stop)

    def fault(self, kind: str | None, **settings: Any) -> None:
        """Ask the receiver to fail."""
        self.assertEqual(ask(self.receiver, "PUT", FAULT, {"kind": kind, **settings}).status, 204)

    def state(self) -> dict[str, Any]:
        """What it says that it holds."""
        state: dict[str, Any] = ask(self.receiver, "GET", STATE).body
        return state
