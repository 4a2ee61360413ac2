"""Calls that AWS makes to HTTP endpoints outside it; here each goes to a server on this machine, or fails.

``PUT /_standin/hosts`` with ``{"slack.com": "http://127.0.0.1:4001"}`` says which local server answers for a host; more
such requests add hosts, and ``null`` removes one. ``STANDIN_HOSTS`` is the same map at the start. So Terraform and the
state machines name the vendor's own ``https`` URLs, and no call leaves the machine.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import os
import urllib.request
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from ministack.services import eventbridge

from . import controls

PATH = "/_standin/hosts"
# What EventBridge and Step Functions read of an answer at most.
MOST_BYTES = 1_048_576


class UnknownHost(OSError):
    """No local server answers for the host, as where a name does not resolve."""


@dataclass(frozen=True)
class Answer:
    """What an endpoint has answered."""

    status: int
    reason: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The first value of a header."""
        return next((value for given, value in self.headers if given.lower() == name.lower()), None)


_hosts: dict[str, str] = {}


def install() -> None:
    """Take the map of hosts by HTTP, and send the token requests of MiniStack's OAuth connections by it too."""
    problem = _set(os.environ.pop("STANDIN_HOSTS", "{}").encode())
    if problem:
        raise ValueError(f"STANDIN_HOSTS: {problem}")
    controls.install(PATH, _set)
    open_url = eventbridge._http_open

    def open_local(request: urllib.request.Request, timeout: float = 5) -> Any:
        # Where the local server is, whatever host the request names.
        request.full_url = local(request.full_url)
        return open_url(request, timeout)

    eventbridge._http_open = open_local


def local(url: str) -> str:
    """Where a URL's server is on this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in _hosts:
        server = urlsplit(_hosts[host])
        return urlunsplit((server.scheme, server.netloc, server.path + parts.path, parts.query, ""))
    if is_loopback(host):
        return url
    raise UnknownHost(f"no local server answers for {host or url}")


def call(method: str, url: str, headers: dict[str, str], body: bytes | None, timeout: float) -> Answer:
    """One request, without redirects; an OSError where there is no answer, a TimeoutError where there is none in time."""
    parts = urlsplit(local(url))
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
    target = urlunsplit(("", "", parts.path or "/", parts.query, ""))
    try:
        connection.request(method, target, body, {"Host": urlsplit(url).netloc, **headers})
        response = connection.getresponse()
        return Answer(response.status, response.reason, response.getheaders(), response.read(MOST_BYTES))
    except http.client.HTTPException as error:
        raise ConnectionError(f"no HTTP: {error!r}") from error
    finally:
        connection.close()


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _set(body: bytes) -> str:
    try:
        wanted = dict(json.loads(body))
    except (ValueError, TypeError) as error:
        return f"no hosts: {error}"
    for host, server in wanted.items():
        if server is not None and not (isinstance(server, str) and is_loopback(urlsplit(server).hostname or "")):
            return f"{host}: expected the URL of a server on this machine, got {server!r}"
    for host, server in wanted.items():
        if server is None:
            _hosts.pop(host, None)
        else:
            _hosts[host] = server.rstrip("/")
    return ""
