"""Records each request that MiniStack takes, where the environment asks for it."""

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
            query = scope["query_string"].decode("latin-1")
            target = scope.get("raw_path", scope["path"].encode()).decode("latin-1") + (f"?{query}" if query else "")
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
            kept.add(scope["method"], target, headers, b"".join(parts))

    return recording_application
