"""Start the stand-in in the foreground: ``python -m standin --port 4590``.

Settings come from the environment, so that the start script, a test or a person can set them:

``BIND_HOST``                    loopback address to listen on (127.0.0.1)
``AUTH``                         ``true`` enforces IAM
``STANDIN_RETRY_SECONDS``        wait before the first asynchronous Lambda retry (60, as on AWS); the second waits twice as long
``STANDIN_ALARM_SECONDS``        pause between two evaluations of all alarms (1)
``STANDIN_STREAM_SHARDS``        shards of each table's stream (4)
``STANDIN_DELIVERY_SCALE``       part of EventBridge's waits between calls of an API destination that really passes (1)
``STANDIN_CALL_SECONDS``         how long an API destination may take (5, as AWS)
``STANDIN_HTTP_TASK_SECONDS``    how long the endpoint of a state machine's HTTP task may take (60, as AWS)
``SFN_WAIT_SCALE``               part of a state machine's waits that really passes (1)
``STANDIN_HOSTS``                local servers for the hosts of vendors, as JSON: :mod:`.outbound`
``LAMBDA_ACCOUNT_CONCURRENCY``   concurrent executions of all functions (8)
``RECORD_REQUESTS``              file to which each request is appended, for a check by tests/wire (none)

While it runs, a test can make DynamoDB throttle and fail (:mod:`.dynamodb_faults`) and make instances older
(:mod:`.instance_ages`), and make calls of PutEvents fail (:mod:`.events_faults`).
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from .checks import Refused, require_loopback, require_supported_ministack

EXIT_REFUSED = 2
READY_POLL_SECONDS = 0.05
MAX_INHERITED_DESCRIPTOR = 1024


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="standin", description="A local stand-in for AWS.")
    parser.add_argument("--port", type=int, default=0, help="port to listen on (0: any free one)")
    parser.add_argument("--ready-file", type=Path, help="write the endpoint here once requests are answered")
    parser.add_argument("--new-session", action="store_true", help="start a new session")
    parser.add_argument(
        "--until-eof", action="store_true", help="stop, with all functions, when standard input ends; needs --new-session"
    )
    arguments = parser.parse_args()
    if arguments.until_eof and not arguments.new_session:
        parser.error("--until-eof would end the caller too without --new-session")
    return arguments


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _require_free_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Refused(f"port {port} on {host} cannot be used: {error.strerror}") from None


def _configure(host: str, port: int) -> str:
    """Set what MiniStack reads from the environment at import, and return the endpoint."""
    endpoint = f"http://{host}:{port}"
    os.environ.update(
        {
            "BIND_HOST": host,
            "MINISTACK_HOST": host,
            "GATEWAY_PORT": str(port),
            "AWS_ENDPOINT_URL": endpoint,
            # Leave the containers of any other MiniStack on this machine alone.
            "DOCKER_HOST": "unix:///nonexistent/standin",
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "PERSIST_STATE": "0",
            "S3_PERSIST": "0",
        }
    )
    os.environ.setdefault("LAMBDA_ACCOUNT_CONCURRENCY", "8")
    # MiniStack's root credentials, which need no setup even with AUTH=true.
    os.environ.setdefault("AWS_ACCESS_KEY_ID", "test")
    os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "test")
    # Functions inherit this process's environment and must not see how it was started.
    for name in ("PYTHONPATH", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        os.environ.pop(name, None)
    return endpoint


def _announce_when_ready(endpoint: str, ready_file: Path) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while True:
        try:
            opener.open(f"{endpoint}/_ministack/health", timeout=5).close()
            break
        except (urllib.error.URLError, OSError):
            time.sleep(READY_POLL_SECONDS)
    part = ready_file.with_name(ready_file.name + ".part")
    part.write_text(endpoint + "\n", encoding="utf-8")
    part.replace(ready_file)


def _end_at_eof() -> None:
    """Wait until the process at the other end of standard input is gone, however it ended."""
    while os.read(0, 4096):
        pass
    os.killpg(0, signal.SIGKILL)


def main() -> int:
    """Serve until the process is stopped; return the exit code."""
    arguments = _arguments()
    host = os.environ.get("BIND_HOST") or "127.0.0.1"
    try:
        require_supported_ministack()
        require_loopback(host)
        port = arguments.port or _free_port(host)
        _require_free_port(host, port)
    except Refused as refusal:
        print(f"standin: {refusal}", file=sys.stderr)
        return EXIT_REFUSED

    if arguments.new_session:
        if os.getpgrp() != os.getpid():
            os.setsid()
        # The server must not keep open a pipe or lock of the starter's caller.
        os.closerange(3, MAX_INHERITED_DESCRIPTOR)
    if arguments.until_eof:
        threading.Thread(target=_end_at_eof, daemon=True).start()
    endpoint = _configure(host, port)

    # MiniStack reads its settings when it is imported.
    from . import patches

    patches.install()
    if arguments.ready_file:
        threading.Thread(target=_announce_when_ready, args=(endpoint, arguments.ready_file), daemon=True).start()

    from ministack import app
    from ministack.core import lambda_runtime

    sys.argv = ["standin"]
    print(f"standin: listening on {endpoint}", flush=True)
    try:
        app.main()
    finally:
        lambda_runtime.reset()
    return 0


if __name__ == "__main__":
    sys.exit(main())
