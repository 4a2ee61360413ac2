"""What all receivers have in common: HTTP on loopback, what they received, and the control calls that make them fail.

``GET /_receiver/state``     what the receiver holds, as JSON; with ``?requests=no`` without all requests since the start
``DELETE /_receiver/state``  forget it, and end every fault
``PUT /_receiver/fault``     ``{"kind": "outage"}`` makes requests fail until ``{"kind": null}``; ``times`` ends it by
                             itself

| kind | what happens |
|---|---|
| ``outage`` | 503, and nothing is kept |
| ``reset`` | the connection ends without an answer |
| ``slow`` | the message is kept, and the answer comes after ``seconds`` (6), or when the fault ends |
| ``rate_limited`` | 429 with ``retry_after`` seconds (30) |
| ``revoked`` | the secret is no longer valid |
| ``deleted`` | the channel, integration or workflow is gone |
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

STATE = "/_receiver/state"
FAULT = "/_receiver/fault"
KINDS = ("outage", "reset", "slow", "rate_limited", "revoked", "deleted")
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Request:
    """A request as it came; names of headers in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def document(self) -> Any:
        """The body as JSON; None where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


@dataclass(frozen=True)
class Reply:
    """An answer; a body that is no text goes out as JSON."""

    status: int
    body: Any = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Fault:
    """What goes wrong, and for how many requests."""

    kind: str | None = None
    times: float = float("inf")
    seconds: float = 6.0
    retry_after: float = 30.0


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A storm comes on many connections at once.
    request_queue_size = 256


class Receiver:
    """A server; a subclass says how it answers."""

    # As it is called in the URLs that are printed, and the vendor's host that it stands for.
    name = ""
    host = ""

    def __init__(self, scale: float = 1.0, clock: Callable[[], float] = time.monotonic) -> None:
        self.lock = threading.RLock()
        # A rate per second is held per ``scale`` seconds, for a stand-in whose waits are as much shorter.
        self.scale = scale
        self.clock = clock
        self.requests: list[dict[str, Any]] = []
        self.problems: list[str] = []
        self._fault = Fault()
        self._fault_changed = threading.Condition(self.lock)
        self._server = _Server((HOST, 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{HOST}:{self._server.server_port}"

    def start(self) -> None:
        """Serve, on a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, and end every slow answer."""
        self.set_fault(Fault())
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    # What a vendor's server does; under the lock.

    def take(self, request: Request, fault: Fault) -> Reply:
        """Answer a request; ``fault`` is ``revoked``, ``deleted`` or none."""
        raise NotImplementedError

    def held(self) -> dict[str, Any]:
        """What the vendor now holds."""
        return {}

    def forget(self) -> None:
        """Forget everything."""

    def rate_limited(self, seconds: float) -> Reply:
        """The vendor's own way to say 429."""
        return Reply(429, "", {"Retry-After": f"{seconds:g}"})

    # What is the same for all.

    def set_fault(self, fault: Fault) -> None:
        """Replace the fault."""
        with self._fault_changed:
            self._fault = fault
            self._fault_changed.notify_all()

    def answer(self, request: Request) -> Reply | None:
        """The answer to a request; none where the connection is to end."""
        if request.path in (STATE, FAULT):
            return self._control(request)
        with self.lock:
            fault = self._fault if self._fault.times > 0 else Fault()
            fault.times -= 1
            reply = self._faulty(request, fault)
            self.requests.append(
                {"path": request.path, "status": reply.status if reply else None, "body": request.document()}
            )
            if fault.kind == "slow":
                self._fault_changed.wait_for(lambda: self._fault is not fault, timeout=fault.seconds)
        return reply

    def _faulty(self, request: Request, fault: Fault) -> Reply | None:
        match fault.kind:
            case "outage":
                return Reply(503, "Service Unavailable")
            case "reset":
                return None
            case "rate_limited":
                return self.rate_limited(fault.retry_after)
        return self.take(request, fault)

    def _control(self, request: Request) -> Reply:
        match request.method, request.path:
            case "GET", "/_receiver/state":
                return Reply(200, self.state(with_requests=request.query.get("requests") != "no"))
            case "DELETE", "/_receiver/state":
                self._begin_anew()
                return Reply(204)
            case "PUT", "/_receiver/fault":
                problem = self._take_fault(request)
                return Reply(400, problem) if problem else Reply(204)
        return Reply(405, f"{request.method} {request.path} is no control call")

    def state(self, *, with_requests: bool = True) -> dict[str, Any]:
        """What it holds and has seen."""
        with self.lock:
            seen = {"problems": self.problems, **({"requests": self.requests} if with_requests else {})}
            # By way of JSON, for what is held goes on changing.
            told: dict[str, Any] = json.loads(json.dumps({**self.held(), **seen}))
            return told

    def _begin_anew(self) -> None:
        self.set_fault(Fault())
        with self.lock:
            self.requests.clear()
            self.problems.clear()
            self.forget()

    def _take_fault(self, request: Request) -> str:
        try:
            fault = Fault(**request.document())
        except TypeError as error:
            return f"no fault: {error}"
        if fault.kind not in (None, *KINDS):
            return f"kind: expected one of {', '.join(KINDS)}, got {fault.kind!r}"
        self.set_fault(fault)
        return ""


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            reply = receiver.answer(Request(self.command, parts.path, query, headers, body))
            self.close_connection = True
            if reply is not None:
                self._send(reply)

        def _send(self, reply: Reply) -> None:
            is_text = isinstance(reply.body, str)
            body = reply.body.encode() if is_text else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            content_type = "text/plain; charset=utf-8" if is_text else "application/json; charset=utf-8"
            for name, value in {"Content-Type": content_type, **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Connection", "close")
            self.end_headers()
            try:
                self.wfile.write(body)
            except OSError:
                # The client did not wait.
                pass

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: what came is in the state."""

    return Handler
