"""How long a connection stays open on which nothing is asked for."""

from __future__ import annotations

from typing import Any

import hypercorn.asyncio
from hypercorn.config import Config

# MiniStack closes what was idle for 75 s, and may do so just when it takes the next request: the answer is lost, and the
# client asks again for what is done. An apply takes just that long, by the provider's waits for queues. Clients close
# theirs after 90 s (https://pkg.go.dev/net/http#Transport, IdleConnTimeout).
KEEP_ALIVE_SECONDS = 600


def install() -> None:
    """Leave it to the clients to close their connections."""
    serve = hypercorn.asyncio.serve

    def serve_patiently(app: Any, config: Config, **options: Any) -> Any:
        config.keep_alive_timeout = KEEP_ALIVE_SECONDS
        return serve(app, config, **options)

    hypercorn.asyncio.serve = serve_patiently
