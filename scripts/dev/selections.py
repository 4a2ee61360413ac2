"""Checks that every command that builds the AWS SDK selects the same features, so that it is compiled once.

usage: python -m dev.selections, in scripts/

Reads the cargo commands in the scripts and workflows, and asks `cargo tree` what each of them builds. A command that builds
the SDK with features other than those of `--workspace` with tests is a fault, unless selections.toml gives a reason.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from .cargo_tree import ROOT, TARGETS, Features, features_of

LIST = Path(__file__).with_name("selections.toml")
PLACES = (".ci/*", ".github/**/*.sh", ".github/**/*.yml", "scripts/**/*.sh")
REFERENCE = ("--workspace",)

_BUILDING = ("bench", "build", "check", "clippy", "doc", "install", "lambda", "llvm-cov", "nextest", "run", "rustc",
             "rustdoc", "test", "zigbuild")  # fmt: skip
_COMMAND = re.compile(r"\bcargo (?:\+\S+ )?(?P<verb>[a-z-]+)\b(?P<rest>(?:(?![0-9]>)[^\n|;&()<>])*)")
_WITH_TESTS = ("bench", "nextest", "test")
_TEST_TARGETS = ("--all-targets", "--bench", "--benches", "--example", "--examples", "--test", "--tests")
_SWITCHES = ("--all", "--all-features", "--no-default-features", "--workspace")
_OPTIONS = ("--exclude", "--features", "--manifest-path", "--package", "--path", "-F", "-p")


@dataclass(frozen=True)
class Command:
    """A cargo command that builds something."""

    place: str
    text: str
    # The arguments that matter to `cargo tree`.
    selection: tuple[str, ...]
    # Whether it builds tests, whose dependencies then affect the features.
    dev: bool


def commands(place: str, text: str) -> list[Command]:
    """The cargo commands in a script or workflow that build something."""
    lines = (line for line in text.replace("\\\n", " ").splitlines() if not line.lstrip().startswith("#"))
    found = []
    for line in lines:
        for match in _COMMAND.finditer(line):
            if match["verb"] in _BUILDING:
                words = [word.strip("\"'") for word in match["rest"].split()]
                if "--" in words:
                    words = words[: words.index("--")]
                dev = match["verb"] in _WITH_TESTS or any(word.partition("=")[0] in _TEST_TARGETS for word in words)
                found.append(Command(place, " ".join(["cargo", match["verb"], *words]), _selection(words), dev))
    return found


def _selection(words: list[str]) -> tuple[str, ...]:
    picked = []
    for word, after in zip(words, [*words[1:], ""], strict=True):
        name, _, value = word.partition("=")
        if name in _SWITCHES:
            picked.append("--workspace" if name == "--all" else name)
        elif name in _OPTIONS:
            picked += ["--manifest-path" if name == "--path" else name, value or after]
    return tuple(picked)


def differing(command: Command, built: Features, reference: Features) -> list[str]:
    """The crates that a command builds with features other than the reference's; none if it does not build the SDK."""
    if not {"--workspace", "--package", "-p", "--manifest-path"}.intersection(command.selection):
        return ["(it says neither --workspace nor --package)"]
    if not any(crate.name.startswith("aws-sdk-") for crate in built):
        return []
    return sorted(str(crate) for crate, features in built.items() if reference.get(crate) != features)


def compare(found: Mapping[Command, list[str]], listed: Iterable[dict]) -> list[str]:
    """Problems of the commands, given the crates that each builds differently."""
    entries = [dict(entry, used=False) for entry in listed]
    faults = []
    for command, crates in found.items():
        if not crates:
            continue
        known = [entry for entry in entries if command.text.startswith(entry["command"])]
        for entry in known:
            entry["used"] = True
        if not known:
            faults.append(
                f"{command.place}: {command.text}: builds {len(crates)} crates with other features than --workspace "
                f"with tests, and so a second time: {', '.join(crates[:5])}"
            )
    for entry in entries:
        if not entry["used"]:
            faults.append(f"{LIST.name}: no command that builds anything differently begins with {entry['command']}")
        if not entry.get("reason"):
            faults.append(f"{LIST.name}: {entry['command']}: there is no reason")
    return faults


def main() -> int:
    target = TARGETS[0]
    reference = features_of(REFERENCE, dev=True, target=target)
    found = {}
    files = sorted({path for pattern in PLACES for path in ROOT.glob(pattern) if path.is_file()})
    for path in files:
        for command in commands(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")):
            found[command] = differing(command, features_of(command.selection, dev=command.dev, target=target), reference)
            print(f"{command.place}: {command.text}: {len(found[command])} crates differ")
    faults = compare(found, tomllib.loads(LIST.read_text(encoding="utf-8"))["exception"])
    if not found:
        faults.append("found no cargo command")
    for fault in faults:
        print(fault)
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
