"""How long a connection stays open on which nothing is asked for, and how an answer goes out."""

from __future__ import annotations

from typing import Any

import h11
import hypercorn.asyncio
from hypercorn.config import Config
from hypercorn.events import RawData
from hypercorn.protocol.h11 import H11Protocol

# MiniStack closes what was idle for 75 s, and may do so just when it takes the next request: the answer is lost, and the
# client asks again for what is done. An apply takes just that long, by the provider's waits for queues. Clients close
# theirs after 90 s (https://pkg.go.dev/net/http#Transport, IdleConnTimeout).
KEEP_ALIVE_SECONDS = 600


def install() -> None:
    """Leave it to the clients to close their connections, and let no answer come in parts."""
    serve = hypercorn.asyncio.serve

    def serve_patiently(app: Any, config: Config, **options: Any) -> Any:
        config.keep_alive_timeout = KEEP_ALIVE_SECONDS
        return serve(app, config, **options)

    hypercorn.asyncio.serve = serve_patiently
    H11Protocol._send_h11_event = _send_in_one_piece


# Go's client may close a connection once it has an answer's head, and loses a body that comes later
# (https://github.com/aws/aws-sdk-go-v2/issues/2737): it asks again for what is done. Only the head of an answer as quick as
# that of a server on the same machine comes before the client is done with its request.
async def _send_in_one_piece(protocol: Any, event: Any) -> None:
    """Hypercorn's own, but that the head waits for the body."""
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
