"""Refuses to destroy resources that the configuration does not have, or that have another environment's name.

usage: terraform show -json PLAN | state_check.py SUFFIX, where PLAN is from terraform plan -destroy

The code of a pull request writes its own state. If that named somebody else's resource, destroying the environment would
destroy it too. Exits with 1 if there is such an address.
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any

Module = dict[str, Any]

# Attributes that may hold a resource's own name, or that of the resource it belongs to.
NAMING = ("id", "arn", "name", "bucket", "configuration_name", "function_name", "log_group_name", "rule")
INDEX = re.compile(r'\[(?:[0-9]+|"(?:[^"\\]|\\.)*")\]')


def configured(module: Module, prefix: str = "") -> Iterator[str]:
    """The addresses in a configuration, without instance keys."""
    for resource in module.get("resources", []):
        yield prefix + resource["address"]
    for name, call in module.get("module_calls", {}).items():
        yield from configured(call["module"], f"{prefix}module.{name}.")


def managed(module: Module) -> Iterator[dict[str, Any]]:
    """The managed resources of a module and its children."""
    yield from (resource for resource in module.get("resources", []) if resource["mode"] == "managed")
    for child in module.get("child_modules", []):
        yield from managed(child)


def nameless(resources: Iterable[dict[str, Any]], suffix: str) -> Iterator[dict[str, Any]]:
    """Resources with another suffix, or none; Terraform's own are in no account."""
    for resource in resources:
        values = [str(resource["values"].get(name)) for name in NAMING]
        if resource["type"] != "terraform_data" and not any(f"-{suffix}" in value for value in values):
            yield resource


def problems(plan: dict[str, Any], suffix: str) -> list[str]:
    """Reasons not to apply a destroy plan."""
    known = set(configured(plan["configuration"]["root_module"]))
    state = plan.get("prior_state", {}).get("values", {}).get("root_module", {})
    # Looks at everything that the plan would delete, drifted or not.
    there = list(managed(state))
    addresses = {resource["address"] for resource in there}
    addresses |= {change["address"] for change in plan.get("resource_changes", []) if change["mode"] == "managed"}
    found = [
        f"{address}: the configuration has no such address" for address in sorted(addresses) if INDEX.sub("", address) not in known
    ]
    found += [f"{resource['address']}: it does not belong to {suffix}, but is {resource['values'].get('id')}" for resource in nameless(there, suffix)]
    return found


def main(suffix: str) -> int:
    found = problems(json.load(sys.stdin), suffix)
    if found:
        print(f"The state of {suffix} holds resources that it must not destroy; nothing was changed:", *found, sep="\n  ", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
