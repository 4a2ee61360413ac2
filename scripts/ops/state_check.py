"""Refuses to destroy what the configuration does not know, or what carries another name than the environment's.

usage: terraform show -json PLAN | state_check.py SUFFIX, where PLAN is of terraform plan -destroy

The code of a pull request writes its own state: one that names a resource of somebody else would have whoever destroys the
environment destroy that. Exit code 1 where there is such an address.
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any

Module = dict[str, Any]

# What may hold a resource's own name, or that of the resource it belongs to.
NAMING = ("id", "arn", "name", "bucket", "function_name", "rule")
INDEX = re.compile(r'\[(?:[0-9]+|"(?:[^"\\]|\\.)*")\]')


def configured(module: Module, prefix: str = "") -> Iterator[str]:
    """The addresses of a configuration, without the keys of instances."""
    for resource in module.get("resources", []):
        yield prefix + resource["address"]
    for name, call in module.get("module_calls", {}).items():
        yield from configured(call["module"], f"{prefix}module.{name}.")


def managed(module: Module) -> Iterator[dict[str, Any]]:
    """The managed resources of a module and of those in it."""
    yield from (resource for resource in module.get("resources", []) if resource["mode"] == "managed")
    for child in module.get("child_modules", []):
        yield from managed(child)


def nameless(resources: Iterable[dict[str, Any]], suffix: str) -> Iterator[dict[str, Any]]:
    """Those that carry another suffix, or none; Terraform's own are in no account."""
    for resource in resources:
        values = [str(resource["values"].get(name)) for name in NAMING]
        if resource["type"] != "terraform_data" and not any(f"-{suffix}" in value for value in values):
            yield resource


def problems(plan: dict[str, Any], suffix: str) -> list[str]:
    """What speaks against carrying out a plan that destroys."""
    known = set(configured(plan["configuration"]["root_module"]))
    state = plan.get("prior_state", {}).get("values", {}).get("root_module", {})
    # Drifted or not, whatever the plan would delete is looked at.
    there = list(managed(state))
    addresses = {resource["address"] for resource in there}
    addresses |= {change["address"] for change in plan.get("resource_changes", []) if change["mode"] == "managed"}
    found = [
        f"{address}: the configuration has no such address" for address in sorted(addresses) if INDEX.sub("", address) not in known
    ]
    found += [f"{resource['address']}: it is not of {suffix}, but {resource['values'].get('id')}" for resource in nameless(there, suffix)]
    return found


def main(suffix: str) -> int:
    found = problems(json.load(sys.stdin), suffix)
    if found:
        print(f"The state of {suffix} holds what is not to be destroyed by it; nothing was changed:", *found, sep="\n  ", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
