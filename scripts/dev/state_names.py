"""Checks that every resource in a Terraform state carries the environment's suffix.

usage: terraform show -json | PYTHONPATH=scripts python -m dev.state_names SUFFIX
"""

import json
import sys

from ops.state_check import managed, nameless


def main(suffix: str) -> int:
    found = [one for one in managed(json.load(sys.stdin)["values"]["root_module"]) if one["type"] != "terraform_data"]
    bare = [resource["address"] for resource in nameless(found, suffix)]
    if bare or not found:
        print(f"These of {len(found)} resources do not carry the suffix {suffix}:", *bare, sep="\n  ", file=sys.stderr)
        return 1
    print(f"All {len(found)} resources carry the suffix {suffix}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
