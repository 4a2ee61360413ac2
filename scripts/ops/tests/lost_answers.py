"""A proxy to AWS that loses answers: requests are carried out, but the client never hears of it."""

from __future__ import annotations

import http.client
import re
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

# Hop-by-hop headers.
HOP_BY_HOP = {"connection", "content-length", "host", "keep-alive", "transfer-encoding"}


class LostAnswers:
    """Forwards requests to the endpoint; loses the answer to the first one that matches each pattern."""

    def __init__(self, endpoint: str, *patterns: str) -> None:
        self.left = list(patterns)
        self._lock = threading.Lock()
        lost, host = self, urlsplit(endpoint).netloc

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # No other answer may be lost, so head and body are sent together, for the reason in standin/connections.py.
            wbufsize = 1024 * 1024

            def handle_one_request(self) -> None:
                self.raw_requestline = self.rfile.readline(65537)
                if not self.raw_requestline or not self.parse_request():
                    self.close_connection = True
                    return
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                upstream = http.client.HTTPConnection(host, timeout=60)
                kept = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
                upstream.request(self.command, self.path, body, kept)
                answer = upstream.getresponse()
                content = answer.read()
                upstream.close()
                target = self.headers.get("X-Amz-Target", "")
                if lost.loses(f"{self.command} {self.path} {target} {body.decode(errors='replace')}"):
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                self.send_response_only(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in HOP_BY_HOP:
                        self.send_header(name, value)
                # The length of the object of a HEAD request.
                length = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(content))
                self.send_header("Content-Length", length or "0")
                self.end_headers()
                self.wfile.write(content)
                self.wfile.flush()

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def loses(self, request: str) -> bool:
        """Whether it is the first request that matches a pattern."""
        with self._lock:
            found = next((pattern for pattern in self.left if re.search(pattern, request)), None)
            if found:
                self.left.remove(found)
            return found is not None

    def __enter__(self) -> LostAnswers:
        return self

    def __exit__(self, *_: Any) -> None:
        self._server.shutdown()
        self._server.server_close()
