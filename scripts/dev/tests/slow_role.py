"""Compares what an environment's apply and destroy ask of IAM with role_steps.json: about four minutes.

`discover` only finds it with `-p 'slow_*.py'`. It has its own stand-in, which records the requests. After a change of terraform/
that needs more or fewer permissions, ROLE_STEPS=write rewrites the file; test_role.py then reports what the roles of
terraform/github lack.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

import botocore.session

from dev.authorization import Account, steps
from ops import state_check
from standin.models.check import check
from standin.recording import read

from .role import BOUNDARY, ENVIRONMENT, FUNCTION, STEPS, roles, stand_in_account
from .slow_terraform import ARCHITECTURE, zip_path
from .support import ROOT, copy_of_terraform, init, terraform_ok

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# As pr-environment.sh gives them.
VARIABLES = [
    f"-var=suffix={ENVIRONMENT}",
    f"-var=metric_namespace=TagCompliance/{ENVIRONMENT}",
    f"-var=log_bucket_name=compliance-logs-{ENVIRONMENT}-1234567890",
    f"-var=permissions_boundary_arn={stand_in_account(BOUNDARY)}",
    f"-var=architecture={ARCHITECTURE}",
    "-var=violation_events_enabled=false",
    "-input=false",
    "-no-color",
]


class StepsTest(unittest.TestCase):
    def test_an_apply_and_a_destroy_ask_what_the_list_says(self) -> None:
        directory = copy_of_terraform(type(self))
        init(directory)
        work = self.enterContext(tempfile.TemporaryDirectory())
        recording, state = Path(work) / "requests.jsonl", Path(work) / "standin"
        script = [str(ROOT / "scripts" / "standin.sh")]
        subprocess.run([*script, "start", "--state", str(state)], env={**os.environ, "RECORD_REQUESTS": str(recording)}, check=True)
        self.addCleanup(subprocess.run, [*script, "stop", "--state", str(state)], check=True)
        aws = self.environment(state)
        self.make_boundary(aws)
        terraform_ok(directory, "apply", "-auto-approve", *VARIABLES, f"-var=lambda_zip_path={zip_path()}", **aws)
        applied = self.lines(recording)
        # As pr-environment.sh destroys.
        terraform_ok(directory, "plan", "-destroy", "-out=destroy.tfplan", *VARIABLES, **aws)
        plan = json.loads(terraform_ok(directory, "show", "-json", "destroy.tfplan", **aws))
        self.assertEqual(state_check.problems(plan, ENVIRONMENT), [])
        self.assertGreater(len(state_check.problems(plan, "pr43")), 20)
        terraform_ok(directory, "apply", "-input=false", "-no-color", "destroy.tfplan", **aws)
        found = {"apply": self.asked(recording, 0, applied), "destroy": self.asked(recording, applied, None)}
        if os.environ.get("ROLE_STEPS") == "write":
            STEPS.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        self.assertEqual(found, json.loads(STEPS.read_text(encoding="utf-8")))

    @staticmethod
    def environment(state: Path) -> dict[str, str]:
        """The variables that point AWS's tools at the stand-in."""
        command = f'source "{state}/env"; env -0'
        printed = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True).stdout
        pairs = (pair.partition("=") for pair in printed.split("\0") if pair)
        return {name: value for name, _, value in pairs if name.startswith("AWS_") or name.lower() == "no_proxy"}

    @staticmethod
    def make_boundary(aws: dict[str, str]) -> None:
        """The boundary as terraform/github renders it: mappings are made only where their role may read what they map."""
        [(_, policy)] = roles()["function"]["boundary"].items()
        iam = botocore.session.get_session().create_client(
            "iam", region_name=aws["AWS_REGION"], endpoint_url=aws["AWS_ENDPOINT_URL"], aws_access_key_id="test", aws_secret_access_key="test"
        )
        iam.create_policy(PolicyName=BOUNDARY.rsplit("/", 1)[-1], PolicyDocument=stand_in_account(json.dumps(policy)))

    @staticmethod
    def lines(recording: Path) -> int:
        return len(recording.read_text(encoding="utf-8").splitlines())

    @staticmethod
    def asked(recording: Path, begin: int, end: int | None) -> list[str]:
        """The steps of Terraform's requests from one line to another, as they would be in the account of the roles."""
        account = Account("aws", "us-east-1", "000000000000", stand_in_account(BOUNDARY), stand_in_account(FUNCTION))
        found = set()
        for request in list(read(recording))[begin:end]:
            checked = check(request)
            if checked and checked.client == "Terraform":
                found |= {step.line() for step in steps(checked.service, checked.operation, checked.given, account)}
        there = (stand_in_account(line, back=True) for line in found)
        return sorted({UUID.sub("1234abcd-12ab-34cd-56ef-1234567890ab", line) for line in there})


if __name__ == "__main__":
    unittest.main()
