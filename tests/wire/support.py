"""Requests as botocore's own clients make them, without a network."""

from __future__ import annotations

import contextlib
import os
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import botocore.config
import botocore.serialize
import botocore.session

from standin.recording import Request


class _Taken(Exception):
    """The request was taken before it was sent."""


_taken: list[Request] = []


def request(service: str, operation: str, protocol: str | None = None, **parameters: Any) -> Request:
    """The request of a call, whatever its parameters are, in this protocol or that which botocore prefers."""
    with contextlib.suppress(_Taken):
        getattr(_client(service, protocol), operation)(**parameters)
    return _taken.pop()


@cache
def _client(service: str, protocol: str | None) -> Any:
    session = botocore.session.Session()
    session.set_config_variable("config_file", os.devnull)
    session.set_config_variable("credentials_file", os.devnull)
    client = session.create_client(
        service,
        region_name="us-east-1",
        endpoint_url="http://127.0.0.1:1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=botocore.config.Config(parameter_validation=False, retries={"total_max_attempts": 1}, proxies={}),
    )
    if protocol:
        client._serializer = botocore.serialize.create_serializer(protocol, include_validation=False)
    client.meta.events.register("before-send.*", _take)
    return client


def _take(request: Any, **_: Any) -> None:
    parts = urlsplit(request.url)
    body = request.body or b""
    body = body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else body.read()
    headers = {
        name.lower(): value.decode() if isinstance(value, bytes) else str(value)
        for name, value in request.headers.items()
    }
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    _taken.append(Request(request.method, target, headers, body, len(body)))
    raise _Taken
