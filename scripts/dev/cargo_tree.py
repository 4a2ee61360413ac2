"""Reads `cargo tree` for a selection of packages."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
# Lambda's two architectures.
TARGETS = ("x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu")

_LINE = re.compile(r"(?P<name>\S+) v(?P<version>\S+)(?: \([^)]*\))* \[(?P<features>[^]]*)\](?: \(\*\))?")


class Crate(NamedTuple):
    """A crate of the lock file."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


Features = dict[Crate, frozenset[str]]


def parse(text: str) -> Features:
    """The crates in a tree printed by `features_of`, with their features."""
    found: Features = {}
    for line in filter(None, text.splitlines()):
        match = _LINE.fullmatch(line)
        if match is None:
            raise ValueError(f"not a line of cargo tree: {line!r}")
        crate = Crate(match["name"], match["version"])
        found[crate] = found.get(crate, frozenset()) | frozenset(filter(None, match["features"].split(",")))
    return found


def features_of(selection: Iterable[str], *, dev: bool, target: str, root: Path = ROOT) -> Features:
    """The crates that a selection links, without those that only run during the build.

    `dev` says whether the selection includes tests, whose dependencies then affect the features.
    """
    edges = "normal,dev,no-proc-macro" if dev else "normal,no-proc-macro"
    command = ["cargo", "tree", "--locked", "--prefix", "none", "-f", "{p} [{f}]", "-e", edges, "--target", target]
    tree = subprocess.run([*command, *selection], cwd=root, capture_output=True, text=True, check=False)
    if tree.returncode:
        raise SystemExit(f"cargo tree {' '.join(selection)}: {tree.stderr.strip()}")
    return parse(tree.stdout)
