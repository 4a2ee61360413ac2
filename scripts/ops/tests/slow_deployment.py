"""deploy.sh and destroy.sh for real, in the stand-in that AWS_ENDPOINT_URL names: some two minutes.

Not found by `discover` as it is; add `-p 'slow_*.py'`. LAMBDA_ZIP names the function's zip for this machine
(target/lambda/quick/bootstrap-<architecture>.zip).
"""

from __future__ import annotations

import json
import os
import platform
import pty
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

import botocore.exceptions
import botocore.session

from .support import ROOT, unique

ARCHITECTURE = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
REGION = "us-east-1"
OTHER_STACK = {"VpcId": "vpc-1", "Replicas": 3}


def zip_path() -> Path:
    quick = ROOT / "target" / "lambda" / "quick" / f"bootstrap-{ARCHITECTURE}.zip"
    path = Path(os.environ.get("LAMBDA_ZIP") or quick)
    if not path.is_file():
        raise AssertionError(f"there is no zip at {path}: run scripts/build.sh, or set LAMBDA_ZIP")
    return path


def require_standin() -> None:
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    if urlsplit(endpoint).hostname != "127.0.0.1":
        raise AssertionError(
            f"AWS_ENDPOINT_URL is {endpoint or 'not set'}: expected a stand-in on 127.0.0.1, "
            "as in the env file of scripts/standin.sh start"
        )


class DeploymentTest(unittest.TestCase):
    """In order, one step after another: an environment comes, changes and goes."""

    project: ClassVar[Path]
    suffix: ClassVar[str]
    zip: ClassVar[Path]
    flat: ClassVar[Path]

    @classmethod
    def setUpClass(cls) -> None:
        require_standin()
        cls.zip = zip_path()
        cls.suffix = unique("ops")
        directory = Path(tempfile.mkdtemp(prefix="ops-deployment-"))
        cls.addClassCleanup(shutil.rmtree, directory)
        # A copy, so that neither state nor outputs are written into the checkout.
        cls.project = directory / "project"
        for name in ("scripts", "terraform"):
            shutil.copytree(
                ROOT / name,
                cls.project / name,
                ignore=shutil.ignore_patterns(".terraform", "*.tfstate*", "terraform.tfstate.d", "__pycache__"),
            )
        cls.flat = cls.project / "cfn-outputs" / "flat-outputs.json"
        cls.flat.parent.mkdir()
        cls.flat.write_text(json.dumps(OTHER_STACK), encoding="utf-8")

    def run_script(
        self, name: str, *arguments: str, terminal: str | None = None, **environment: str
    ) -> tuple[int, str]:
        """Exit code and output of a script that is typed ``terminal`` to, or has no terminal."""
        settings = {
            key: value
            for key, value in os.environ.items()
            if key not in ("TF_WORKSPACE", "TF_DATA_DIR", "ENVIRONMENT_SUFFIX", "AWS_REGION", "AWS_DEFAULT_REGION")
        }
        master = slave = None
        if terminal is not None:
            master, slave = pty.openpty()
            os.write(master, terminal.encode())
        try:
            result = subprocess.run(
                [str(self.project / "scripts" / name), *arguments],
                env={**settings, **environment},
                stdin=subprocess.DEVNULL if slave is None else slave,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=600,
                check=False,
            )
        finally:
            for descriptor in (master, slave):
                if descriptor is not None:
                    os.close(descriptor)
        return result.returncode, result.stdout

    def deploy(self, *arguments: str, terminal: str | None = None, **environment: str) -> tuple[int, str]:
        return self.run_script("deploy.sh", *arguments, terminal=terminal, **environment)

    def variables(self, *more: str) -> list[str]:
        values = {"lambda_zip_path": str(self.zip), "metric_namespace": f"TagCompliance/{self.suffix}"}
        return ["--", *(f"-var={name}={value}" for name, value in values.items()), *more]

    def assert_said(self, told: str, printed: str) -> None:
        self.assertTrue(told in printed, f"{told!r} is not in what ends with:\n{printed[-3000:]}")

    def flat_outputs(self) -> dict[str, object]:
        flat: dict[str, object] = json.loads(self.flat.read_text(encoding="utf-8"))
        return flat

    def function_exists(self) -> bool:
        functions = botocore.session.get_session().create_client("lambda", region_name=REGION)
        try:
            functions.get_function(FunctionName=f"tag-compliance-checker-{self.suffix}")
        except botocore.exceptions.ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return False
            raise
        return True

    def test_1_what_is_wrong_is_said_before_anything_runs(self) -> None:
        for arguments, told in (
            ((), "Give its suffix, or set ENVIRONMENT_SUFFIX"),
            (("Pr1",), "suffix Pr1: expected 1 to 36 lowercase letters, digits and inner hyphens"),
            (("pr1", "pr2"), "expected one suffix, got pr1 and pr2"),
            (("--region",), "--region needs a value"),
            (("--force",), "unknown option --force"),
            ((self.suffix,), "there is no terminal to ask on; --auto-approve applies the plan without asking"),
        ):
            for script in ("deploy.sh", "destroy.sh"):
                status, printed = self.run_script(script, *arguments)
                self.assertEqual(status, 1, printed[-3000:])
                self.assert_said(told, printed)
        self.flat.write_text("{", encoding="utf-8")
        status, printed = self.deploy(self.suffix, "--auto-approve")
        self.flat.write_text(json.dumps(OTHER_STACK), encoding="utf-8")
        self.assertEqual(status, 1)
        self.assert_said("expected a JSON object of names and values", printed)
        self.assertFalse((self.project / "terraform" / ".terraform").exists())

    def test_2_without_its_zip_terraform_says_how_to_build_it(self) -> None:
        status, printed = self.deploy(self.suffix, "--region", REGION, "--arch", "x86_64", "--auto-approve")
        self.assertEqual(status, 1)
        self.assert_said("scripts/build.sh --release --arch x86_64", " ".join(printed.replace("│", "").split()))
        self.assert_said("terraform plan failed; nothing was changed", printed)

    def test_2_where_nothing_names_a_region_it_is_asked_for(self) -> None:
        status, printed = self.deploy(self.suffix, "--auto-approve")
        self.assertEqual(status, 1, printed[-3000:])
        self.assert_said("which AWS region? Give --region, or set AWS_REGION", printed)
        status, printed = self.deploy(self.suffix, terminal="frankfurt\n")
        self.assertEqual(status, 1, printed[-3000:])
        self.assert_said("Which AWS region, such as us-east-1?", printed)
        self.assert_said("region frankfurt: expected the id of an AWS region, such as us-east-1", printed)
        status, printed = self.deploy(self.suffix, *self.variables(), terminal=f"{REGION}\nn\n")
        self.assertEqual(status, 1, printed[-3000:])
        self.assert_said("not applied; nothing was changed", printed)

    def test_3_no_means_no(self) -> None:
        for answer in ("\n", "yep\n"):
            environment = {"ENVIRONMENT_SUFFIX": self.suffix, "AWS_REGION": REGION}
            status, printed = self.deploy("--arch", ARCHITECTURE, *self.variables(), terminal=answer, **environment)
            self.assertEqual(status, 1, printed[-3000:])
            self.assert_said("Plan: ", printed)
            self.assert_said(f"Apply this plan to the environment {self.suffix}? [y/N]", printed)
            self.assert_said("not applied; nothing was changed", printed)
        self.assertFalse(self.function_exists())
        self.assertEqual(self.flat_outputs(), OTHER_STACK)

    def test_4_yes_deploys_and_the_outputs_stand_beside_the_others(self) -> None:
        arguments = [self.suffix, "--region", REGION, "--arch", ARCHITECTURE, *self.variables("-var=suffix=other")]
        status, printed = self.deploy(*arguments, terminal="y\n")
        self.assertEqual(status, 0, printed[-3000:])
        self.assertTrue(self.function_exists())
        flat = self.flat_outputs()
        self.assertEqual({name: flat[name] for name in OTHER_STACK}, OTHER_STACK)
        self.assertEqual(flat["log_bucket_name"], f"compliance-logs-{self.suffix}")
        self.assertEqual(flat["environment_suffix"], self.suffix)
        self.assertEqual(flat["dashboard_name"], f"tag-compliance-{self.suffix}")

    def test_5_a_second_time_changes_only_what_was_asked_for(self) -> None:
        status, printed = self.deploy(
            self.suffix, "--arch", ARCHITECTURE, "--auto-approve", *self.variables("-var=dashboard_enabled=false", "-upgrade")
        )
        self.assertEqual(status, 0, printed[-3000:])
        self.assert_said("1 destroyed", printed)
        self.assertNotIn("dashboard_name", self.flat_outputs())

    def test_6_a_state_serves_its_own_environment_only(self) -> None:
        for script in ("deploy.sh", "destroy.sh"):
            status, printed = self.run_script(script, self.suffix, "--region", "eu-west-1", "--auto-approve")
            self.assertEqual(status, 1)
            self.assert_said(f"the environment {self.suffix} is in the region {REGION}, not in eu-west-1", printed)
            status, printed = self.run_script(script, "other", "--auto-approve", TF_WORKSPACE=self.suffix)
            self.assertEqual(status, 1)
            self.assert_said(f"workspace {self.suffix} holds the environment {self.suffix}, not other", printed)

    def test_6_an_environment_in_the_default_workspace_is_not_made_twice(self) -> None:
        directory = self.project / "terraform"
        state = directory / "terraform.tfstate.d" / self.suffix / "terraform.tfstate"
        state.rename(directory / "terraform.tfstate")
        self.addCleanup((directory / "terraform.tfstate").rename, state)
        for script in ("deploy.sh", "destroy.sh"):
            status, printed = self.run_script(script, self.suffix, "--auto-approve")
            self.assertEqual(status, 1)
            self.assert_said("is in the Terraform workspace default, as a bare terraform apply makes it", printed)

    def test_7_nothing_is_destroyed_without_a_yes(self) -> None:
        status, printed = self.run_script("destroy.sh", self.suffix, terminal="n\n")
        self.assertEqual(status, 1)
        self.assert_said(f"Destroy the environment {self.suffix}, its audit log included? [y/N]", printed)
        self.assertTrue(self.function_exists())
        self.assertIn("log_bucket_name", self.flat_outputs())

    def test_8_destroy_leaves_nothing(self) -> None:
        status, printed = self.run_script("destroy.sh", self.suffix, "--auto-approve")
        self.assertEqual(status, 0, printed[-3000:])
        self.assertEqual(self.flat_outputs(), OTHER_STACK)
        leftovers = [sys.executable, str(ROOT / "scripts" / "ops" / "leftovers.py"), self.suffix]
        left = subprocess.run(leftovers, capture_output=True, text=True, check=False)
        self.assertEqual(left.returncode, 0, left.stderr)
        self.assertEqual(list((self.project / "terraform").glob("terraform.tfstate.d/*")), [])

    def test_9_destroying_nothing_is_no_error(self) -> None:
        status, printed = self.run_script("destroy.sh", self.suffix, "--region", REGION, "--auto-approve")
        self.assertEqual(status, 0, printed[-3000:])
        self.assert_said("No changes", printed)
