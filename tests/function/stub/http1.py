"""A small HTTP/1.1 server, which can also simulate network faults."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field


@dataclass
class Request:
    """A request, with its body decoded from HTTP's chunks."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    reader: asyncio.StreamReader

    async def client_is_gone(self) -> None:
        """Waits until the client closes the connection."""
        await self.reader.read()


@dataclass
class Response:
    """A response; `cut` is the number of bytes of the body after which the connection breaks."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None


class Reset(Exception):
    """The connection is to be reset instead of an answer."""


Handler = Callable[[Request], Awaitable[Response]]


@dataclass
class Server:
    """A server that runs."""

    port: int
    _server: asyncio.Server
    _writers: set[asyncio.StreamWriter]

    async def close(self) -> None:
        """Ends it with all its connections."""
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()


async def listen(handler: Handler, context: ssl.SSLContext | None = None) -> Server:
    """Serves on a free port of 127.0.0.1."""
    writers: set[asyncio.StreamWriter] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.add(writer)
        try:
            while (request := await _read(reader, writer)) is not None:
                try:
                    response = await handler(request)
                except Reset:
                    _reset(writer)
                    return
                await _write(writer, response)
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError, TimeoutError):
            pass
        finally:
            writers.discard(writer)
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context, limit=1 << 20, backlog=1024)
    return Server(server.sockets[0].getsockname()[1], server, writers)


async def _read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Request | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return None
    first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    if headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    if headers.get("transfer-encoding", "").lower() == "chunked":
        parts = []
        while size := int((await reader.readline()).partition(b";")[0], 16):
            parts.append(await reader.readexactly(size))
            await reader.readexactly(2)
        while (await reader.readline()).strip():
            pass
        body = b"".join(parts)
    else:
        body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(method, target, headers, body, reader)


async def _write(writer: asyncio.StreamWriter, response: Response) -> None:
    lines = [f"HTTP/1.1 {response.status} x"]
    lines += [f"{name}: {value}" for name, value in response.headers.items()]
    lines.append(f"Content-Length: {len(response.body)}")
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    if response.cut is not None:
        writer.write(response.body[: response.cut])
        await writer.drain()
        writer.close()
        raise ConnectionAbortedError
    writer.write(response.body)
    await writer.drain()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Closes the connection with a reset."""
    connection: socket.socket = writer.get_extra_info("socket")
    # The client may have closed it already.
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def decode_aws_chunked(body: bytes) -> tuple[bytes, dict[str, str]]:
    """The content and the trailers of a body in S3's own `aws-chunked` encoding."""
    parts, position = [], 0
    while True:
        end = body.index(b"\r\n", position)
        size = int(body[position:end].partition(b";")[0], 16)
        position = end + 2
        if size == 0:
            break
        parts.append(body[position : position + size])
        position += size + 2
    trailers: dict[str, str] = {}
    for line in body[position:].decode("latin-1").split("\r\n"):
        name, colon, value = line.partition(":")
        if colon:
            trailers[name.strip().lower()] = value.strip()
    return b"".join(parts), trailers
