"""HTTP paths by which tests control the stand-in itself, outside AWS's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack import app


def install(path: str, handle: Callable[[bytes], str]) -> None:
    """Handle requests to a path: the handler gets the body, and returns a fault or nothing."""
    serve = app.app

    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] != path:
            await serve(scope, receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        problem = handle(body)
        await send({"type": "http.response.start", "status": 400 if problem else 204, "headers": []})
        await send({"type": "http.response.body", "body": problem.encode()})

    app.app = application
