"""Start all receivers on loopback: ``python -m standin.receivers``.

Prints one line of JSON: for each receiver its ``url``, the vendor's ``endpoint`` that Terraform names, its ``host``, and the
``secrets`` that it accepts; and ``hosts``, the body of the stand-in's ``PUT /_standin/hosts``. It ends when its standard
input does, or by SIGTERM.
"""

from __future__ import annotations

import argparse
import json
import sys
import urllib.request
from pathlib import Path
from typing import Any

from .all import RECEIVERS, described
from .server import Receiver


def main() -> int:
    """Serve until standard input ends; the exit code."""
    parser = argparse.ArgumentParser(prog="standin.receivers", description="Local receivers of messages.")
    parser.add_argument("--scale", type=float, default=1.0, help="part of a second for which a rate per second holds (1)")
    parser.add_argument("--standin", help="endpoint of a stand-in to which the hosts are sent")
    parser.add_argument("--ready-file", type=Path, help="write the line here too, once all of them listen")
    arguments = parser.parse_args()
    receivers: list[Receiver] = [kind(scale=arguments.scale) for kind in RECEIVERS]
    for receiver in receivers:
        receiver.start()
    told = described(receivers)
    if arguments.standin:
        _tell(arguments.standin, told["hosts"])
    if arguments.ready_file:
        part = arguments.ready_file.with_name(arguments.ready_file.name + ".part")
        part.write_text(json.dumps(told) + "\n", encoding="utf-8")
        part.replace(arguments.ready_file)
    print(json.dumps(told), flush=True)
    sys.stdin.read()
    for receiver in receivers:
        receiver.stop()
    return 0


def _tell(endpoint: str, hosts: dict[str, Any]) -> None:
    request = urllib.request.Request(f"{endpoint}/_standin/hosts", data=json.dumps(hosts).encode(), method="PUT")
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request).close()


if __name__ == "__main__":
    sys.exit(main())
