"""Checks that the core only links what core.toml allows: no AWS SDK, no runtime.

usage: python -m dev.core, in scripts/
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

from .cargo_tree import TARGETS, features_of

LIST = Path(__file__).with_name("core.toml")
CORE = "tag-compliance-core"


def compare(linked: set[str], allowed: Mapping[str, list[str]]) -> list[str]:
    """Problems of the crates that the core links, itself included."""
    listed = set(allowed) | {name for brought in allowed.values() for name in brought}
    return [
        *(f"{CORE} links {name}, which {LIST.name} does not allow" for name in sorted(linked - listed - {CORE})),
        *(f"{LIST.name} allows {name}, which {CORE} does not link" for name in sorted(listed - linked)),
    ]


def main() -> int:
    linked = {
        crate.name
        for target in TARGETS
        for crate in features_of(["--package", CORE, "--all-features"], dev=False, target=target)
    }
    faults = compare(linked, tomllib.loads(LIST.read_text(encoding="utf-8"))["allowed"])
    print(f"{CORE} links {len(linked) - 1} crates")
    for fault in faults:
        print(fault)
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
