"""How long an idle connection stays open, and how an answer is sent."""

from __future__ import annotations

from typing import Any

import h11
import hypercorn.asyncio
from hypercorn.config import Config
from hypercorn.events import RawData
from hypercorn.protocol.h11 import H11Protocol

# MiniStack closes a connection after 75 s idle, possibly just as the next request arrives: the answer is lost, and the
# client repeats a request that was already carried out. The provider's waits for queues take just that long. Clients close
# their connections after 90 s (https://pkg.go.dev/net/http#Transport, IdleConnTimeout).
KEEP_ALIVE_SECONDS = 600


def install() -> None:
    """Let clients close their connections, and send every answer in one piece."""
    serve = hypercorn.asyncio.serve

    def serve_patiently(app: Any, config: Config, **options: Any) -> Any:
        config.keep_alive_timeout = KEEP_ALIVE_SECONDS
        return serve(app, config, **options)

    hypercorn.asyncio.serve = serve_patiently
    H11Protocol._send_h11_event = _send_in_one_piece


# Go's client may close a connection once it has an answer's head, and loses a body that arrives later
# (https://github.com/aws/aws-sdk-go-v2/issues/2737): it repeats a request that was already carried out. That only happens with
# a server as fast as one on the same machine, whose head arrives before the client has finished its request.
async def _send_in_one_piece(protocol: Any, event: Any) -> None:
    """Hypercorn's own, except that the head waits for the body."""
    try:
        data = protocol.connection.send(event)
    except h11.LocalProtocolError:
        if protocol.connection.their_state != h11.ERROR:
            raise
        return
    data = protocol.__dict__.pop("_standin_head", b"") + data
    if isinstance(event, h11.Response) and any(name == b"content-length" for name, _ in event.headers):
        protocol._standin_head = data
    elif data:
        await protocol.send(RawData(data=data))
