"""Checks recorded requests against AWS's own models, and counts them.

usage: scripts/standin.sh python -m wire FILE..., in tests/

A FILE is one that RECORD_REQUESTS named when a stand-in or the stub of tests/function received the requests. Exits with 1 if
a request violates a model, or if there is none.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter

import botocore

from standin.models.check import CLIENTS, check
from standin.recording import read

MAX_SHOWN = 50


def report(paths: list[str]) -> tuple[str, int]:
    """What there is to say of the requests in these files, and how many problems they have."""
    counts: Counter[tuple[str, str, str]] = Counter()
    problems: Counter[str] = Counter()
    unsigned = 0
    for path in paths:
        for request in read(path):
            checked = check(request)
            if checked is None:
                unsigned += 1
                continue
            counts[checked.service, checked.operation, checked.client] += 1
            place = f"{checked.service} {checked.operation} ({checked.client})"
            problems.update(f"{place}: {problem}" for problem in checked.problems)
    clients = [client for client in CLIENTS if any(key[2] == client for key in counts)]
    lines = [f"{'':<52}" + "".join(f"{client:>11}" for client in clients)]
    for service, operation in dict.fromkeys(sorted(key[:2] for key in counts)):
        numbers = [counts[service, operation, client] for client in clients]
        lines.append(f"{service + ' ' + operation:<52}" + "".join(f"{number or '':>11}" for number in numbers))
    for problem, times in sorted(problems.items())[:MAX_SHOWN]:
        lines.append(f"{times} times: {problem}")
    if len(problems) > MAX_SHOWN:
        lines.append(f"… and {len(problems) - MAX_SHOWN} more kinds of problems")
    total, broken = sum(counts.values()), sum(problems.values())
    lines.append(
        f"{total} requests held against the models of botocore {botocore.__version__}: {broken} violations; "
        f"{unsigned} without a signature were left out"
    )
    return "\n".join(lines), broken if total else 1


def main() -> int:
    parser = argparse.ArgumentParser(prog="wire", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", metavar="FILE")
    text, broken = report(parser.parse_args().files)
    print(text)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
