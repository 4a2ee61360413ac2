"""Keeps an environment's Terraform outputs in one flat JSON object, which other stacks share.

usage: flat_outputs.py check FILE
       flat_outputs.py add FILE OUTPUTS
       flat_outputs.py remove FILE SUFFIX REGION
       flat_outputs.py identity OUTPUTS

OUTPUTS is a file with what `terraform output -json` prints; identity prints its environment's suffix and region.
"""

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

TERRAFORM = Path(__file__).resolve().parents[2] / "terraform"
IDENTITY = ("environment_suffix", "region")

Flat = dict[str, Any]


class Refused(Exception):
    """The file cannot be used as it is."""


def own_names(terraform: Path = TERRAFORM) -> set[str]:
    """The names of all outputs of the root module, including those that are null."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(terraform.glob("*.tf")))
    return set(re.findall(r'^output "([^"]+)"', text, flags=re.MULTILINE))


def values(outputs: dict[str, dict[str, Any]]) -> Flat:
    """The outputs by name, without Terraform's types."""
    return {name: output["value"] for name, output in sorted(outputs.items())}


def load(path: Path) -> Flat:
    """The content of the file; empty if it does not exist."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    try:
        flat = json.loads(text)
    except ValueError as error:
        raise Refused(f"{path}: expected a JSON object of names and values, but it is not JSON: {error}") from None
    if not isinstance(flat, dict):
        raise Refused(f"{path}: expected a JSON object of names and values, got {json.dumps(flat)[:100]}")
    return flat


def save(path: Path, flat: Flat) -> None:
    """Replaces the whole file, or deletes it if nothing is left."""
    path = path.resolve()
    if not flat:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        with part.open("w", encoding="utf-8") as file:
            json.dump(flat, file, indent=2, ensure_ascii=False)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def require_no_clash(path: Path, flat: Flat, names: set[str]) -> None:
    """Fails if another stack has outputs with our names: those in a file without one of our environments."""
    clashes = sorted(names & flat.keys())
    if clashes and IDENTITY[0] not in flat:
        raise Refused(
            f"{path}: {', '.join(clashes)} belong to another stack and would be replaced; "
            f"expected a file without them, or one with {IDENTITY[0]}"
        )


def added(flat: Flat, outputs: Flat, names: set[str]) -> Flat:
    """The other stacks' values, with these in place of our earlier ones."""
    own = names | outputs.keys()
    return {name: value for name, value in flat.items() if name not in own} | outputs


def removed(flat: Flat, suffix: str, region: str, names: set[str]) -> Flat:
    """The same without ours, if ours are of this environment; an empty region matches any."""
    if flat.get("environment_suffix") != suffix or region not in ("", flat.get("region")):
        return flat
    return {name: value for name, value in flat.items() if name not in names}


def run(command: str, path: Path, *arguments: str) -> None:
    names = own_names()
    if command == "identity":
        outputs = values(load(path))
        if IDENTITY[0] in outputs:
            print(*(outputs.get(name, "") for name in IDENTITY))
        return
    flat = load(path)
    if command == "check":
        require_no_clash(path, flat, names)
    elif command == "add":
        require_no_clash(path, flat, names)
        save(path, added(flat, values(load(Path(arguments[0]))), names))
    elif command == "remove":
        suffix, region = arguments
        left = removed(flat, suffix, region, names)
        if left != flat:
            save(path, left)
    else:
        raise Refused(f"{command}: expected check, add, remove or identity")


def main(arguments: list[str]) -> int:
    try:
        run(arguments[0], Path(arguments[1]), *arguments[2:])
    except (Refused, OSError) as error:
        print(f"flat_outputs: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
