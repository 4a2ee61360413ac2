"""Serves the stub until its input ends, then prints what it received.

usage: scripts/standin.sh python -m function.stub [options], in tests/

Prints a client's environment, one variable on each line, then an empty line, and at the end a summary in JSON.
"""

from __future__ import annotations

import argparse
import json
import sys

from .aws import SERVICES, Aws
from .faults import KINDS, Bucket
from .fleet import GeneratedFleet


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fleet", type=int, default=0, help="number of instances in EC2 (default: 0)")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds that a call of EC2 takes (default: 0)")
    parser.add_argument("--bucket", metavar="SIZE,PER_SECOND", help="request limit of EC2, such as 100,20 (default: none)")
    parser.add_argument("--tls", action="store_true", help="serve over TLS")
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="SERVICE:KIND[:TIMES]",
        help=f"a fault to simulate; services: {', '.join(SERVICES)}; kinds: {', '.join(KINDS)}",
    )
    arguments = parser.parse_args()
    bucket = Bucket(*map(float, arguments.bucket.split(","))) if arguments.bucket else None
    with Aws(GeneratedFleet(arguments.fleet), tls=arguments.tls, latency=arguments.latency, bucket=bucket) as aws:
        for fault in arguments.fault:
            service, kind, *times = fault.split(":")
            if service not in SERVICES or kind not in KINDS or len(times) > 1:
                parser.error(f"--fault: expected SERVICE:KIND[:TIMES], got {fault!r}")
            aws.fault(service, kind, *map(int, times))
        for name, value in aws.environment().items():
            print(f"{name}={value}")
        print(flush=True)
        sys.stdin.read()
        print(json.dumps(aws.record.summary() | {"throttled": bucket.refused if bucket else 0}))


main()
