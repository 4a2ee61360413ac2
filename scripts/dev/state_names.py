"""Checks that every resource in a Terraform state has the environment's suffix in its name.

usage: terraform show -json | PYTHONPATH=scripts python -m dev.state_names SUFFIX
"""

import json
import sys

from ops.state_check import managed, nameless


def main(suffix: str) -> int:
    found = [one for one in managed(json.load(sys.stdin)["values"]["root_module"]) if one["type"] != "terraform_data"]
    bare = [resource["address"] for resource in nameless(found, suffix)]
    if bare or not found:
        print(f"Of {len(found)} resources, these do not have the suffix {suffix}:", *bare, sep="\n  ", file=sys.stderr)
        return 1
    print(f"All {len(found)} resources have the suffix {suffix}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
