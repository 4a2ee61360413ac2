"""An HTTP endpoint that answers as a test says, and keeps the requests."""

from __future__ import annotations

import unittest

from standin.receivers.server import Fault, Receiver, Reply, Request

from .support import wait_for


class Endpoint(Receiver):
    """Answers by the script, then repeats its last line."""

    def __init__(self, *script: Reply) -> None:
        super().__init__()
        self.script = list(script) or [Reply(200)]
        self.got: list[Request] = []

    def take(self, request: Request, fault: Fault) -> Reply:
        """The next answer of the script."""
        self.got.append(request)
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]

    def wait(self, count: int) -> list[Request]:
        """The requests, once there are ``count`` of them."""
        wait_for(f"{count} requests", lambda: len(self.got) >= count)
        return self.got


def start(test: unittest.TestCase, *script: Reply) -> Endpoint:
    """An endpoint that ends with the test."""
    endpoint = Endpoint(*script)
    endpoint.start()
    test.addCleanup(endpoint.stop)
    return endpoint
