"""moto's server on a free port of 127.0.0.1, with what moto lacks for us; it stops when its standard input ends.

usage: python -m terraform.moto_server READY_FILE, in tests/

Writes the endpoint to READY_FILE. RECORD_REQUESTS names a file to which each request is appended.
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from standin import recording

_RECURSION_CONFIG = re.compile(r"/2024-08-31/functions/([^/]+)/recursion-config")
_REGION = re.compile(r"Credential=[^/]+/[0-9]+/([^/]+)/")
# Where Lambda has no such API.
_NO_RECURSION_CONFIG = ("us-gov-", "mx-central-1", "ap-southeast-6")

# What Amazon Q Developer has of an account that doesn't use it.
_NO_CHATS = {
    "/describe-slack-channel-configurations": {"SlackChannelConfigurations": []},
    "/list-ms-teams-channel-configurations": {"TeamChannelConfigurations": []},
}

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Recorded:
    """An application that records each request."""

    def __init__(self, application: Application, kept: recording.Recording | None) -> None:
        self._application = application
        self._kept = kept

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if self._kept:
            is_chunked = environ.get("wsgi.input_terminated")
            body = environ["wsgi.input"].read(*([] if is_chunked else [int(environ.get("CONTENT_LENGTH") or 0)]))
            environ["wsgi.input"] = io.BytesIO(body)
            names = ("CONTENT_TYPE", *(name for name in environ if name.startswith("HTTP_")))
            headers = {
                name.removeprefix("HTTP_").replace("_", "-").lower(): environ[name] for name in names if environ.get(name)
            }
            self._kept.add(environ["REQUEST_METHOD"], environ["RAW_URI"], headers, body)
        return self._application(environ, start)


class RecursionConfig:
    """An application with Lambda's recursion configuration, which moto 5.2.5 has not."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._loops: dict[tuple[str, str], str] = {}

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        matched = _RECURSION_CONFIG.fullmatch(environ["PATH_INFO"])
        signed = _REGION.search(environ.get("HTTP_AUTHORIZATION", ""))
        if not matched or not signed:
            return self._application(environ, start)
        headers = [("Content-Type", "application/json")]
        if signed[1].startswith(_NO_RECURSION_CONFIG):
            start("404 Not Found", [*headers, ("x-amzn-ErrorType", "UnknownOperationException")])
            return [b'{"message": "Lambda has no recursion configuration in this region."}']
        key = signed[1], matched[1]
        if environ["REQUEST_METHOD"] == "PUT":
            self._loops[key] = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))["RecursiveLoop"]
        start("200 OK", headers)
        return [json.dumps({"RecursiveLoop": self._loops.get(key, "Terminate")}).encode()]


def without_chats(application: Application) -> Application:
    """An application with the listings of Amazon Q Developer, which moto 5.2.5 has not."""

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        listing = _NO_CHATS.get(environ["PATH_INFO"])
        if listing is None:
            return application(environ, start)
        start("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(listing).encode()]

    return answer


class InOnePiece(MotoRequestHandler):
    """Sends head and body of an answer together, for the reason that standin/connections.py gives."""

    wbufsize = 1024 * 1024


def _end_at_eof() -> None:
    """Wait until the process at the other end of standard input is gone, however it ended."""
    while os.read(0, 4096):
        pass
    os._exit(0)


def main(ready_file: Path) -> None:
    moto = RecursionConfig(DomainDispatcherApplication(create_backend_app))
    application = Recorded(without_chats(moto), recording.from_environment())
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=InOnePiece)
    threading.Thread(target=_end_at_eof, daemon=True).start()
    part = ready_file.with_name(ready_file.name + ".part")
    part.write_text(f"http://127.0.0.1:{server.server_port}", encoding="utf-8")
    part.replace(ready_file)
    server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
