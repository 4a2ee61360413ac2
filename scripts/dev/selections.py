"""Checks that all commands that build the AWS SDK select the same features, so that it is compiled once.

usage: python -m dev.selections, in scripts/

Reads the cargo commands of the scripts and workflows and asks `cargo tree` what each of them builds. A command that builds
the SDK with other features than `--workspace` with tests does is a fault, unless selections.toml has it with a reason.
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
    """A cargo command that builds."""

    place: str
    text: str
    # What of it `cargo tree` has to know.
    selection: tuple[str, ...]
    # Whether it builds tests: then their dependencies have a say in the features.
    dev: bool


def commands(place: str, text: str) -> list[Command]:
    """The building cargo commands of a script or workflow."""
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
    """The crates that a command builds with other features than the reference; none where it builds no SDK."""
    if not {"--workspace", "--package", "-p", "--manifest-path"}.intersection(command.selection):
        return ["(it says neither --workspace nor --package)"]
    if not any(crate.name.startswith("aws-sdk-") for crate in built):
        return []
    return sorted(str(crate) for crate, features in built.items() if reference.get(crate) != features)


def compare(found: Mapping[Command, list[str]], listed: Iterable[dict]) -> list[str]:
    """What is wrong with the commands, given what each of them builds differently."""
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
                f"with tests does, and so a second time: {', '.join(crates[:5])}"
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
        faults.append("no cargo command was found at all")
    for fault in faults:
        print(fault)
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
