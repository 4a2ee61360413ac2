"""Requests as a server received them, kept in a file to be checked against AWS's own models.

One line of JSON each. Servers running at the same time may share the file.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

# Names the file; if it is not set, nothing is recorded.
VARIABLE = "RECORD_REQUESTS"
# An object in S3 has no shape to check, so only its length matters.
MAX_OBJECT_BYTES = 64 * 1024


@dataclass(frozen=True)
class Request:
    """A request; its header names are in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    # None for an object too long to keep.
    body: bytes | None
    size: int


class Recording:
    """A file to which requests are appended."""

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
        # One write, or the lines of two processes would mix.
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
