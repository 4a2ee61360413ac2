"""Keeps the tables of variables and outputs in the READMEs of terraform/ in sync with the code.

usage: terraform_docs.py [--check]

Writes the tables, or with --check fails if one differs.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BEGIN, END = "<!-- written by scripts/dev/terraform_docs.py -->", "<!-- end -->"


@dataclass(frozen=True)
class Variable:
    """An input of a module."""

    name: str
    type: str
    default: str | None
    description: str


@dataclass(frozen=True)
class Output:
    """An output of a module."""

    name: str
    description: str


def modules(terraform: Path = ROOT / "terraform") -> list[Path]:
    """Every module, both roots included, but not the examples."""
    return [terraform, terraform / "github", *sorted(path.parent for path in terraform.glob("modules/*/main.tf"))]


def blocks(module: Path, kind: str) -> list[tuple[str, str]]:
    """Name and body of each such block, by name. The code is formatted, so a block ends at the indentation of its first line."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(module.glob("*.tf")))
    return sorted(re.findall(rf'^{kind} "([^"]+)" \{{\n(.*?)^\}}$', text, flags=re.MULTILINE | re.DOTALL))


def attribute(body: str, name: str) -> str | None:
    """The expression of an attribute, on one line."""
    found = re.search(rf"^  {name} += (.*?)(?=^  [a-z]|^$|\Z)", body, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"\s+", " ", found[1]).strip() if found else None


def description(body: str) -> str:
    text = attribute(body, "description")
    if not text:
        raise AssertionError(f"no description in {body!r}")
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def variables(module: Path) -> list[Variable]:
    return [
        Variable(name, short(attribute(body, "type") or "any"), attribute(body, "default"), description(body))
        for name, body in blocks(module, "variable")
    ]


def outputs(module: Path) -> list[Output]:
    return [Output(name, description(body)) for name, body in blocks(module, "output")]


def short(text: str) -> str:
    """A type, without the fields of objects."""
    return re.sub(r"object\(\{.*\}\)", "object", text)


def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def tables(module: Path) -> str:
    """The two tables, as Markdown."""
    lines = ["| variable | type | default | meaning |", "|---|---|---|---|"]
    for variable in variables(module):
        default = "(needed)" if variable.default is None else f"`{cell(variable.default)}`"
        if len(default) > 60:
            default = "(see the code)"
        lines.append(f"| `{variable.name}` | `{cell(variable.type)}` | {default} | {cell(variable.description)} |")
    lines += ["", "| output | meaning |", "|---|---|"]
    lines += [f"| `{output.name}` | {cell(output.description)} |" for output in outputs(module)]
    return "\n".join(lines)


def written(module: Path, text: str) -> str:
    """The README with up-to-date tables."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise AssertionError(f"{module / 'README.md'}: expected the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{tables(module)}\n\n{END}{after}"


def main(arguments: list[str]) -> int:
    stale = []
    for module in modules():
        readme = module / "README.md"
        text = readme.read_text(encoding="utf-8")
        wanted = written(module, text)
        if text != wanted:
            stale.append(readme)
            if arguments != ["--check"]:
                readme.write_text(wanted, encoding="utf-8")
    if stale and arguments == ["--check"]:
        print("These differ from the code; run scripts/dev/terraform_docs.py:", *stale, sep="\n  ", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
