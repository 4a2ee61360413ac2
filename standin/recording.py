"""Requests as a server took them, kept in a file so that they can be held against AWS's own models.

A line of JSON for each. Servers that run at the same time may share the file.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

# Names the file; where it is not set, nothing is recorded.
VARIABLE = "RECORD_REQUESTS"
# What S3 stores has no shape to be held against, so that only its length is of use.
MAX_OBJECT_BYTES = 64 * 1024


@dataclass(frozen=True)
class Request:
    """A request; the names of its headers are in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    # None where it is an object too long to be kept.
    body: bytes | None
    size: int


class Recording:
    """A file of requests, to which more are added."""

    def __init__(self, path: str | Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def add(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> None:
        """Keeps a request."""
        names = {name.lower(): value for name, value in headers.items()}
        is_put = method == "PUT" and "/s3/aws4_request" in names.get("authorization", "")
        is_dropped = is_put and len(body) > MAX_OBJECT_BYTES
        request = asdict(Request(method, target, names, None if is_dropped else body, len(body)))
        if not is_dropped:
            request["body"] = base64.b64encode(body).decode()
        # In one write, or the lines of two processes would mix.
        os.write(self._file, json.dumps(request).encode() + b"\n")

    def close(self) -> None:
        """Ends the recording."""
        os.close(self._file)


def from_environment() -> Recording | None:
    """The recording that the environment asks for."""
    path = os.environ.get(VARIABLE)
    return Recording(path) if path else None


def read(path: str | Path) -> Iterator[Request]:
    """The requests of a file."""
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            fields = json.loads(line)
            if fields["body"] is not None:
                fields["body"] = base64.b64decode(fields["body"])
            yield Request(**fields)
