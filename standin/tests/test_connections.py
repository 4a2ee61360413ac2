"""Connections that clients use again."""

from __future__ import annotations

import asyncio
import unittest
from unittest import mock

from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from hypercorn.events import Event, RawData
from hypercorn.protocol.events import Body, EndBody, Response
from hypercorn.protocol.h11 import STREAM_ID, H11Protocol
from hypercorn.typing import ConnectionState

from standin import connections

# Of Go's default transport, which Terraform's provider has.
CLIENTS_LIMIT = 90
LENGTH = (b"content-length", b"4")


def pieces(method: bytes, headers: list[tuple[bytes, bytes]], *bodies: bytes) -> list[bytes]:
    """What goes out at once, of an answer with these headers."""
    sent: list[bytes] = []

    async def send(event: Event) -> None:
        if isinstance(event, RawData):
            sent.append(event.data)

    async def answer() -> None:
        state = ConnectionState({})
        protocol = H11Protocol(mock.Mock(), Config(), WorkerContext(None), mock.Mock(), state, False, None, None, send)
        protocol.connection.receive_data(method + b" / HTTP/1.1\r\nhost: h\r\n\r\n")
        protocol.connection.next_event()
        await protocol.stream_send(Response(stream_id=STREAM_ID, headers=headers, status_code=200))
        for body in bodies:
            await protocol.stream_send(Body(stream_id=STREAM_ID, data=body))
        await protocol.stream_send(EndBody(stream_id=STREAM_ID))

    with (
        mock.patch("hypercorn.asyncio.serve"),
        mock.patch.object(H11Protocol, "_send_h11_event", H11Protocol._send_h11_event),
    ):
        connections.install()
        asyncio.run(answer())
    return sent


class ConnectionTest(unittest.TestCase):
    def test_an_idle_connection_is_closed_by_the_client_and_not_by_the_server(self) -> None:
        config = Config()
        config.keep_alive_timeout = 75
        serve = mock.Mock()
        with (
            mock.patch("hypercorn.asyncio.serve", new=serve),
            mock.patch.object(H11Protocol, "_send_h11_event", H11Protocol._send_h11_event),
        ):
            connections.install()
            from hypercorn.asyncio import serve as patient

            patient(None, config, mode="asgi")
        serve.assert_called_once_with(None, config, mode="asgi")
        self.assertGreater(config.keep_alive_timeout, CLIENTS_LIMIT)

    def test_an_answer_goes_out_in_one_piece(self) -> None:
        [piece] = pieces(b"GET", [LENGTH], b"body")
        self.assertRegex(piece, rb"(?s)^HTTP/1.1 200 .*\r\n\r\nbody$")

    def test_an_answer_without_a_body_goes_out(self) -> None:
        [piece] = pieces(b"HEAD", [LENGTH])
        self.assertRegex(piece, rb"(?s)^HTTP/1.1 200 .*\r\n\r\n$")

    def test_the_head_of_a_stream_waits_for_nothing(self) -> None:
        head, first, second, *_ = pieces(b"GET", [], b"one", b"two")
        self.assertRegex(head, rb"(?s)^HTTP/1.1 200 .*\r\n\r\n$")
        self.assertIn(b"one", first)
        self.assertIn(b"two", second)


if __name__ == "__main__":
    unittest.main()
