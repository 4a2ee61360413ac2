"""Connections that clients use again."""

from __future__ import annotations

import unittest
from unittest import mock

from hypercorn.config import Config

from standin import connections

# Of Go's default transport, which Terraform's provider has.
CLIENTS_LIMIT = 90


class ConnectionTest(unittest.TestCase):
    def test_an_idle_connection_is_closed_by_the_client_and_not_by_the_server(self) -> None:
        config = Config()
        config.keep_alive_timeout = 75
        serve = mock.Mock()
        with mock.patch("hypercorn.asyncio.serve", new=serve):
            connections.install()
            from hypercorn.asyncio import serve as patient

            patient(None, config, mode="asgi")
        serve.assert_called_once_with(None, config, mode="asgi")
        self.assertGreater(config.keep_alive_timeout, CLIENTS_LIMIT)


if __name__ == "__main__":
    unittest.main()
