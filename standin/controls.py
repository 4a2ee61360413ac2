"""HTTP paths by which tests control the stand-in itself, outside AWS's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ministack import app


def install(path: str, handle: Callable[[bytes], str]) -> None:
    """Handle requests to a path: the handler gets the body, and returns a fault or nothing."""

    def answer(_method: str, body: bytes) -> tuple[int, bytes]:
        problem = handle(body)
        return (400 if problem else 204), problem.encode()

    _serve(path, answer)


def show(path: str, held: Callable[[], Any], forget: Callable[[], None]) -> None:
    """Answer ``GET`` of a path with what is held, as JSON, and forget it at ``DELETE``."""

    def answer(method: str, _body: bytes) -> tuple[int, bytes]:
        match method:
            case "GET":
                return 200, json.dumps(held()).encode()
            case "DELETE":
                forget()
                return 204, b""
        return 405, b""

    _serve(path, answer)


def _serve(path: str, answer: Callable[[str, bytes], tuple[int, bytes]]) -> None:
    serve = app.app

    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] != path:
            await serve(scope, receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        status, text = answer(scope["method"], body)
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": text})

    app.app = application
