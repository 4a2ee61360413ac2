"""Records each request to MiniStack, if the environment asks for it."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from typing import Any

from ministack import app

from . import recording

Receive = Callable[[], Awaitable[dict[str, Any]]]
Application = Callable[[dict[str, Any], Receive, Any], Awaitable[None]]


def install() -> None:
    """Wrap the application, unless nothing is to be recorded."""
    kept = recording.from_environment()
    # Functions inherit this process's environment.
    os.environ.pop(recording.VARIABLE, None)
    if kept:
        app.app = _recording(app.app, kept)


def target(scope: dict[str, Any]) -> str:
    """Path and query of a request, encoded as they arrived."""
    query = scope["query_string"].decode("latin-1")
    path: str = scope.get("raw_path", scope["path"].encode()).decode("latin-1")
    return path + (f"?{query}" if query else "")


def _recording(application: Application, kept: recording.Recording) -> Application:
    async def recording_application(scope: dict[str, Any], receive: Receive, send: Any) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        parts: list[bytes] = []

        async def receive_and_keep() -> dict[str, Any]:
            message = await receive()
            if message["type"] == "http.request":
                parts.append(message.get("body", b""))
            return message

        try:
            await application(scope, receive_and_keep, send)
        finally:
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
            kept.add(scope["method"], target(scope), headers, b"".join(parts))

    return recording_application
