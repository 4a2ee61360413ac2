"""The policies of terraform/github as Terraform renders them, and IAM's answers under them."""

from __future__ import annotations

import json
import os
import subprocess
import unittest
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from dev.authorization import Step

from .support import ROOT, copy_of_terraform, init, terraform_ok

PARTITION, REGION, NUMBER = "aws-us-gov", "us-gov-west-1", "123456789012"
ENVIRONMENT = "pr42"
BOUNDARY = f"arn:{PARTITION}:iam::{NUMBER}:policy/tag-compliance-pull-request-boundary"
FUNCTION = f"arn:{PARTITION}:lambda:{REGION}:{NUMBER}:function:tag-compliance-checker-{ENVIRONMENT}"
STEPS = Path(__file__).with_name("role_steps.json")
SIMULATOR = ROOT / "scripts" / "dev" / "simulate.mjs"
MODULES = Path(os.environ.get("LINT_MODULES") or ROOT / "target" / "lint" / "node_modules")
# A pull request's role may have any policy.
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}

Policy = dict[str, Any]
Role = dict[str, Any]


def stand_in_account(text: str, *, back: bool = False) -> str:
    """The same text about the stand-in's partition, region and account; or from these to the mocks'."""
    for theirs, ours in ((f"arn:{PARTITION}:", "arn:aws:"), (REGION, "us-east-1"), (NUMBER, "000000000000")):
        text = text.replace(ours, theirs) if back else text.replace(theirs, ours)
    return text


@cache
def roles() -> dict[str, Role]:
    """Policies and boundary of each role: the two of the workflows, and one that a pull request makes.

    The conditions of the two trust policies are there as policies as well: apply-trust and janitor-trust.
    """
    directory = copy_of_terraform(_Folder) / "github"
    init(directory)
    printed = terraform_ok(directory, "test", "-json", "-verbose", "-filter=tests/trust.tftest.hcl")
    states = [message["test_state"] for message in map(json.loads, printed.splitlines()) if message["type"] == "test_state"]
    resources = states[0]["root_module"]["resources"]
    _Folder.doClassCleanups()

    def policies(name: str) -> dict[str, Policy]:
        found = [one for one in resources if one["type"] == "aws_iam_policy" and one["name"] == name]
        return {str(one.get("index", name)): json.loads(one["values"]["policy"]) for one in found}

    trusts = {one["name"]: json.loads(one["values"]["assume_role_policy"]) for one in resources if one["type"] == "aws_iam_role"}
    return {
        "apply": {"policies": policies("github_actions"), "boundary": {}},
        "janitor": {"policies": policies("janitor"), "boundary": {}},
        "function": {"policies": {"own": EVERYTHING}, "boundary": policies("boundary")},
        "apply-trust": {"policies": {"trust": _as_identity(trusts["github_actions"])}, "boundary": {}},
        "janitor-trust": {"policies": {"trust": _as_identity(trusts["janitor"])}, "boundary": {}},
    }


class _Folder(unittest.TestCase):
    """Owns the copy of terraform/ until the policies are read."""


def _as_identity(trust: Policy) -> Policy:
    [statement] = trust["Statement"]
    without = {name: value for name, value in statement.items() if name != "Principal"}
    return {**trust, "Statement": [{**without, "Resource": "*"}]}


def simulate(questions: list[tuple[Role, Step]]) -> list[dict[str, Any]]:
    """For each question, whether it is allowed, and problems of the question itself."""
    if not (MODULES / "@cloud-copilot" / "iam-simulate").is_dir():
        raise AssertionError(f"there is no @cloud-copilot/iam-simulate in {MODULES}: scripts/test.sh installs it")
    different: list[Role] = []
    asked = []
    for role, step in questions:
        if role not in different:
            different.append(role)
        asked.append({"role": different.index(role), **asdict(step)})
    text = json.dumps({"account": NUMBER, "partition": PARTITION, "roles": different, "steps": asked})
    command = ["node", str(SIMULATOR), str(MODULES)]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(done.stderr[-3000:])
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers
