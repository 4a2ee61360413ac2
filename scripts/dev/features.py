"""Compares the crate features of the release with those of the tests.

usage: python -m dev.features, in scripts/

Cargo unifies features across everything that it builds together, so tests may run on crates that do more than the released
ones. features.toml lists every such difference, with the reason why it cannot make a test pass that would fail on the release.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

from .cargo_tree import TARGETS, Features, features_of

LIST = Path(__file__).with_name("features.toml")
RELEASE = ("--package", "tag-compliance-checker")


def added(release: Features, tests: Features) -> tuple[dict[str, set[str]], list[str]]:
    """By crate, the features that only the tests have; and problems that no entry can excuse."""
    found: dict[str, set[str]] = {}
    faults = []
    for crate, features in release.items():
        if crate not in tests:
            faults.append(f"{crate} is in the release but in no test")
            continue
        if missing := features - tests[crate]:
            faults.append(f"{crate}: only the release has {_text(missing)}")
        if more := tests[crate] - features:
            found.setdefault(crate.name, set()).update(more)
    return found, faults


def compare(found: Mapping[str, set[str]], listed: Mapping[str, dict]) -> list[str]:
    """How the differences found deviate from the list."""
    faults = []
    for name in sorted(found.keys() | listed.keys()):
        entry = listed.get(name, {})
        seen, known = found.get(name, set()), set(entry.get("features", ()))
        if more := seen - known:
            faults.append(f"{name}: only the tests have {_text(more)}, which {LIST.name} does not list")
        if gone := known - seen:
            faults.append(f"{name}: {LIST.name} lists {_text(gone)}, which is no longer a difference")
        if name in listed and not entry.get("reason"):
            faults.append(f"{name}: {LIST.name} gives no reason")
        if name in listed and not known:
            faults.append(f"{name}: {LIST.name} lists no feature")
    return faults


def _text(features: set[str] | frozenset[str]) -> str:
    return ", ".join(sorted(features))


def main() -> int:
    listed = tomllib.loads(LIST.read_text(encoding="utf-8"))
    faults = []
    for target in TARGETS:
        release = features_of(RELEASE, dev=False, target=target)
        found, wrong = added(release, features_of(["--workspace"], dev=True, target=target))
        faults += [f"{target}: {fault}" for fault in wrong + compare(found, listed)]
        print(f"{target}: {len(release)} crates in the release, {len(found)} of them with more features in the tests")
    for fault in faults:
        print(fault)
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
