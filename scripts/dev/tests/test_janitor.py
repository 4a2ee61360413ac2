"""The janitor's scripts, with fakes of AWS, GitHub and Terraform that record their calls."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
import textwrap
import unittest
from pathlib import Path
from typing import Any

from .support import ROOT

STATES = {
    "Contents": [
        {"Key": f"pr/{number}/terraform.tfstate{lock}", "LastModified": modified}
        for number, lock, modified in [
            (1, "", "2999-01-01T00:00:00Z"),
            (1, ".tflock", "2000-01-01T00:00:00Z"),
            (2, "", "2000-01-01T00:00:00Z"),
            (3, "", "2999-01-01T00:00:00Z"),
        ]
    ]
}
GH = 'case ${2##*/} in 1 | 2 | 8) echo open ;; 3 | 9) echo closed ;; *) exit 1 ;; esac'


def list_script() -> str:
    """The script of the step that lists."""
    workflow = (ROOT / ".github" / "workflows" / "janitor.yml").read_text(encoding="utf-8")
    [script] = re.findall(r"^        id: list$.*?^        run: \|\n((?: {10}.*\n|\n)+)", workflow, re.MULTILINE | re.DOTALL)
    return textwrap.dedent(script)


class Checkout:
    """A folder with the scripts, and programs that come before this machine's."""

    def __init__(self, case: unittest.TestCase) -> None:
        self.root = Path(case.enterContext(tempfile.TemporaryDirectory()))
        (self.root / "terraform").mkdir()
        for folder in (".github/scripts", "scripts/ops"):
            shutil.copytree(ROOT / folder, self.root / folder, ignore=shutil.ignore_patterns("__pycache__"))
        self.calls = self.root / "calls"
        self.calls.touch()

    def program(self, path: str, script: str) -> None:
        file = self.root / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(f'#!/bin/bash\nprintf "%s %s\\n" "${{0##*/}}" "$*" >>{self.calls}\n{script}\n', encoding="utf-8")
        file.chmod(0o755)

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        path = f"{self.root / 'bin'}:{os.environ['PATH']}"
        return subprocess.run(
            command, cwd=self.root, env={**os.environ, "PATH": path, **environment}, capture_output=True, text=True, check=False
        )


class ListTest(unittest.TestCase):
    def listed(self, *names: str, only: str = "") -> tuple[Any, subprocess.CompletedProcess[str]]:
        checkout = Checkout(self)
        checkout.program("bin/aws", f"echo '{json.dumps(STATES)}'")
        checkout.program("bin/gh", GH)
        checkout.program("scripts/ops/leftovers.sh", f"printf '%s\\tsqs: one\\n' {' '.join(names)}" if names else "")
        output = checkout.root / "output"
        done = checkout.run(
            *("bash", "--noprofile", "--norc", "-euo", "pipefail", "-c", list_script()),
            GITHUB_OUTPUT=str(output),
            GITHUB_REPOSITORY="octo-org/tag-compliance",
            MAX_AGE_DAYS="7",
            ONLY=only,
            TERRAFORM_STATE_BUCKET="states",
        )
        return json.loads(output.read_text(encoding="utf-8").partition("=")[2]), done

    def test_what_is_closed_or_old_goes(self) -> None:
        found, done = self.listed()
        self.assertEqual(found, [{"number": 2, "reason": "old"}, {"number": 3, "reason": "closed"}])
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_what_is_in_no_state_is_found_by_its_name_once_its_pull_request_is_closed(self) -> None:
        found, done = self.listed("9", "9", "8", "1")
        self.assertIn({"number": 9, "reason": "closed"}, found)
        self.assertEqual(len(found), 3)
        self.assertIn("Pull request 8 has resources, but no state yet", done.stdout)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_a_name_of_no_pull_request_fails_the_run_and_stops_nothing(self) -> None:
        for number in ("77", "12345678901"):
            with self.subTest(number=number):
                found, done = self.listed(number)
                self.assertEqual(len(found), 2)
                self.assertEqual(done.returncode, 1)
                self.assertIn(f"whether pull request {number} is closed", done.stdout)

    def test_one_alone_can_be_looked_at(self) -> None:
        self.assertEqual(self.listed("9", only="9")[0], [{"number": 9, "reason": "closed"}])


class DestroyTest(unittest.TestCase):
    def destroyed(self, address: str, left: str = "exit 0") -> tuple[list[str], subprocess.CompletedProcess[str]]:
        checkout = Checkout(self)
        plan = {
            "configuration": {"root_module": {"resources": [{"address": "aws_sqs_queue.one"}]}},
            "resource_changes": [{"address": address, "mode": "managed"}],
        }
        checkout.program("bin/terraform", f"[[ $1 != show ]] || echo '{json.dumps(plan)}'")
        for name in ("aws", "sleep"):
            checkout.program(f"bin/{name}", "")
        checkout.program("scripts/ops/leftovers.sh", left)
        done = checkout.run(
            *(".github/scripts/pr-environment.sh", "destroy"),
            AWS_REGION="us-east-1",
            GITHUB_REPOSITORY_ID="1234567890",
            PERMISSIONS_BOUNDARY_ARN="arn:aws:iam::123456789012:policy/boundary",
            PULL_REQUEST="42",
            TERRAFORM_STATE_BUCKET="states",
        )
        return [" ".join(line.split()[:2]) for line in checkout.calls.read_text(encoding="utf-8").splitlines()], done

    def test_the_plan_that_was_looked_at_is_carried_out_and_what_is_left_is_looked_for(self) -> None:
        calls, done = self.destroyed("aws_sqs_queue.one")
        expected = ["terraform init", "terraform plan", "terraform show", "terraform apply", "aws s3", "leftovers.sh --pull-requests"]
        self.assertEqual((calls, done.returncode), (expected, 0), done.stderr)

    def test_a_state_with_another_address_is_left_as_it_is(self) -> None:
        calls, done = self.destroyed("aws_sqs_queue.other")
        self.assertEqual(calls, ["terraform init", "terraform plan", "terraform show"])
        self.assertEqual(done.returncode, 1)
        self.assertIn("aws_sqs_queue.other: the configuration has no such address", done.stderr)

    def test_what_is_left_fails_the_run_after_a_second_look(self) -> None:
        calls, done = self.destroyed("aws_sqs_queue.one", left="exit 1")
        self.assertEqual(calls[-3:], ["leftovers.sh --pull-requests", "sleep 60", "leftovers.sh --pull-requests"])
        self.assertEqual(done.returncode, 1)


if __name__ == "__main__":
    unittest.main()
