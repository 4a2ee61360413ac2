"""Arguments after -- go to the right Terraform command. Pure: Terraform does not run."""

from __future__ import annotations

import subprocess
import unittest

from .support import ROOT

READ = r"""
set -euo pipefail
source "$1/scripts/lib.sh"
source "$1/scripts/ops/terraform.sh"
shift
read_arguments "$@"
printf '%s\n' "${init_arguments[@]}" -- "${plan_arguments[@]}"
"""
INIT = ["-input=false"]
PLAN = ["-input=false", "-var", "suffix=demo"]


def read(*arguments: str) -> tuple[list[str], list[str]]:
    """The arguments for terraform init and for terraform plan."""
    command = ["bash", "-c", READ, "bash", str(ROOT), "demo", "--", *arguments]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    end = lines.index("--")
    return lines[:end], lines[end + 1 :]


class TerraformArgumentsTest(unittest.TestCase):
    def test_an_upgrade_writes_the_lock_file(self) -> None:
        for switch in ("-upgrade", "-upgrade=true", "-upgrade=1"):
            self.assertEqual(read(switch), ([*INIT, switch], PLAN), switch)

    def test_without_an_upgrade_the_lock_file_is_only_read(self) -> None:
        for switches in ([], ["-upgrade=false"], ["-upgrade=0"], ["-upgrade", "-upgrade=false"]):
            self.assertEqual(read(*switches), ([*INIT, *switches, "-lockfile=readonly"], PLAN), switches)
        self.assertEqual(read("-upgrade=false", "-upgrade"), ([*INIT, "-upgrade=false", "-upgrade"], PLAN))

    def test_the_backend_is_for_init_and_all_else_for_plan(self) -> None:
        backend = ["-backend-config=state.hcl", "-reconfigure", "-reconfigure=true"]
        read_backend = read("-var", "settle_seconds=8", *backend)
        init, plan = [*INIT, *backend, "-lockfile=readonly"], ["-input=false", "-var", "settle_seconds=8", *PLAN[1:]]
        self.assertEqual(read_backend, (init, plan))


if __name__ == "__main__":
    unittest.main()
