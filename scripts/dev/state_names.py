"""Checks that every resource in a Terraform state carries the environment's suffix.

usage: terraform show -json | state_names.py SUFFIX
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

# What may hold a resource's own name, or that of the resource it belongs to.
NAMING = ("id", "arn", "name", "bucket", "function_name", "rule")


def resources(module: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yields the managed resources of a module and of those in it; Terraform's own are in no account."""
    managed = (resource for resource in module.get("resources", []) if resource["mode"] == "managed")
    yield from (resource for resource in managed if resource["type"] != "terraform_data")
    for child in module.get("child_modules", []):
        yield from resources(child)


def main(suffix: str) -> int:
    found = list(resources(json.load(sys.stdin)["values"]["root_module"]))
    bare = [
        resource["address"]
        for resource in found
        if not any(f"-{suffix}" in str(resource["values"].get(attribute)) for attribute in NAMING)
    ]
    if bare or not found:
        print(f"These of {len(found)} resources do not carry the suffix {suffix}:", *bare, sep="\n  ", file=sys.stderr)
        return 1
    print(f"All {len(found)} resources carry the suffix {suffix}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
