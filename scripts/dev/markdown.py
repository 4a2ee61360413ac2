"""What the tests of the documentation read of Markdown: headings, links, fenced blocks."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_FENCE = re.compile(r"^ *(`{3,})([^`\n]*)\n(.*?)^ *\1 *$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block, and what a reader finds around it: the page's beginning and the block's section, on one line."""

    line: int
    language: str
    text: str
    section: str


def files() -> list[Path]:
    """All files of the project that git knows, or is about to."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [ROOT / name for name in listed if (ROOT / name).is_file()]


def without_blocks(text: str) -> str:
    """The text with its fenced blocks left blank, line by line."""
    return _FENCE.sub(lambda block: "\n" * block[0].count("\n"), text)


def anchors(text: str) -> set[str]:
    """What GitHub calls the headings; one that is there before gets a number."""
    seen: Counter[str] = Counter()
    found = set()
    for heading in _HEADING.findall(without_blocks(text)):
        plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading.strip())
        slug = re.sub(r"[^\w -]", "", plain.lower()).replace(" ", "-")
        found.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return found


def links(text: str) -> Iterator[tuple[int, str]]:
    """Line and target of each link and picture."""
    plain = re.sub(r"`[^`\n]*`", lambda code: " " * len(code[0]), without_blocks(text))
    for link in re.finditer(r"\]\(<?([^)\s>]+)>?\)|\b(?:src|href)=\"([^\"]+)\"", plain):
        yield plain.count("\n", 0, link.start()) + 1, link[1] or link[2]


def blocks(text: str) -> list[Block]:
    """The fenced blocks. A section has what stands before the first heading of the second level, too."""
    plain = without_blocks(text)
    starts = [0, *(match.start() for match in re.finditer(r"^## ", plain, re.MULTILINE)), len(plain)]
    introduction = re.split(r"^## ", plain, maxsplit=1, flags=re.MULTILINE)[0]
    found = []
    for block in _FENCE.finditer(text):
        line = text.count("\n", 0, block.start()) + 1
        at = len("".join(plain.splitlines(keepends=True)[: line - 1]))
        begin = max(start for start in starts if start <= at)
        end = min((start for start in starts if start > at), default=len(plain))
        found.append(Block(line, block[2].strip(), block[3], " ".join(f"{introduction} {plain[begin:end]}".split())))
    return found


def commands(text: str) -> list[str]:
    """The commands of a block, one a line: lines that go on in the next are joined, comments and prompts taken away."""
    joined = re.sub(r"\\\n\s*", "", text)
    lines = (re.sub(r"^\$ ", "", line.strip()) for line in joined.splitlines())
    return [line for line in lines if line and not line.startswith("#")]
