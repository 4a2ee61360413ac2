"""deploy.sh and destroy.sh for real, in the stand-in at AWS_ENDPOINT_URL: about five minutes.

`discover` only finds it with `-p 'slow_*.py'`. LAMBDA_ZIP names the function's zip for this machine
(target/lambda/quick/bootstrap-<architecture>.zip).
"""

from __future__ import annotations

import json
import os
import platform
import pty
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import botocore.exceptions
import botocore.session

from .lost_answers import LostAnswers
from .support import ROOT, unique, wait_for

ARCHITECTURE = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
REGION = "us-east-1"
MANUAL = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
OTHER_STACK = {"VpcId": "vpc-1", "Replicas": 3}


def zip_path() -> Path:
    quick = ROOT / "target" / "lambda" / "quick" / f"bootstrap-{ARCHITECTURE}.zip"
    path = Path(os.environ.get("LAMBDA_ZIP") or quick)
    if not path.is_file():
        raise AssertionError(f"there is no zip at {path}: run scripts/build.sh, or set LAMBDA_ZIP")
    return path


def client(service: str) -> Any:
    return botocore.session.get_session().create_client(service, region_name=REGION)


def require_standin() -> None:
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    if urlsplit(endpoint).hostname != "127.0.0.1":
        raise AssertionError(
            f"AWS_ENDPOINT_URL is {endpoint or 'not set'}: expected a stand-in on 127.0.0.1, "
            "as in the env file of scripts/standin.sh start"
        )


class DeploymentTest(unittest.TestCase):
    """In order, one step after another: an environment is created, changed and destroyed."""

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
        # A copy, so that neither state nor outputs are written to the checkout.
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
        """Exit code and output of a script with ``terminal`` as typed input, or without a terminal."""
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
        try:
            client("lambda").get_function(FunctionName=f"tag-compliance-checker-{self.suffix}")
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
            ((self.suffix,), "there is no terminal to ask for approval; --auto-approve applies the plan without asking"),
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

    def test_3_z_what_was_made_without_an_answer_is_taken_up_or_imported(self) -> None:
        lost = (
            f"PUT /compliance-logs-{self.suffix}/? ",
            "CreateLogGroup ",
            f"Action=CreateRole&.*RoleName=tag-compliance-checker-role-{self.suffix}",
            f'CreateQueue .*"tag-compliance-dlq-{self.suffix}"',
            "Action=CreateTopic&",
            f'PutRule .*"ec2-state-change-{self.suffix}"',
        )
        with LostAnswers(os.environ["AWS_ENDPOINT_URL"], *lost) as way:
            arguments = [self.suffix, "--region", REGION, "--arch", ARCHITECTURE, "--auto-approve", *self.variables()]
            status, printed = self.deploy(*arguments, AWS_ENDPOINT_URL=way.endpoint)
            self.assertEqual(status, 1, printed[-3000:])
            self.assertEqual(way.left, [], printed[-3000:])
        named = set(re.findall(r"with (module\.\S+),", printed))
        # In this region S3 answers the SDK's retry like the first request.
        self.assertEqual(
            named,
            {"module.checker.aws_cloudwatch_log_group.checker", "module.checker.aws_iam_role.checker"},
            printed[-3000:],
        )
        # The next test deploys what is left.
        self.import_as_the_manual_says(named)

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

    def test_5_what_was_broken_by_hand_is_whole_after_the_next_deployment(self) -> None:
        name, role = f"tag-compliance-checker-{self.suffix}", f"tag-compliance-checker-role-{self.suffix}"
        rules = [f"ec2-state-change-{self.suffix}", f"ec2-tag-change-{self.suffix}"]
        functions, events, iam = client("lambda"), client("events"), client("iam")
        place = {"RoleName": role, "PolicyName": "tag-compliance-checker"}
        rights = iam.get_role_policy(**place)["PolicyDocument"]
        mappings = functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
        [mapping] = [one["UUID"] for one in mappings if "-delay-" in one["EventSourceArn"]]

        for rule in rules:
            events.disable_rule(Name=rule)
        functions.update_event_source_mapping(UUID=mapping, Enabled=False)
        functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
        logs = [statement for statement in rights["Statement"] if statement["Sid"] == "WriteLogs"]
        iam.put_role_policy(**place, PolicyDocument=json.dumps({**rights, "Statement": logs}))
        # Made again with its subscribers before the deployment, as the manual says of a deleted topic.
        sns, topic = client("sns"), str(self.flat_outputs()["alert_topic_arn"])
        policy = sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"]
        sns.delete_topic(TopicArn=topic)
        self.assertEqual(sns.create_topic(Name=topic.rpartition(":")[2])["TopicArn"], topic)
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="team@example.com")
        status, printed = self.deploy(
            self.suffix, "--arch", ARCHITECTURE, "--auto-approve", *self.variables("-var=settle_seconds=1")
        )

        self.assertEqual(status, 0, printed[-3000:])
        self.assertEqual([events.describe_rule(Name=rule)["State"] for rule in rules], ["ENABLED", "ENABLED"])
        self.assertEqual(functions.get_event_source_mapping(UUID=mapping)["State"], "Enabled")
        self.assertNotIn("ReservedConcurrentExecutions", functions.get_function_concurrency(FunctionName=name))
        self.assertEqual(iam.get_role_policy(**place)["PolicyDocument"], rights)
        kept = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
        self.assertIn("team@example.com", [subscription["Endpoint"] for subscription in kept])
        restored = sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"]
        self.assertEqual(json.loads(restored), json.loads(policy))
        # Its evaluation needs all of them: rule, function, rights, and the mapping that brings the event back.
        launched = client("ec2").run_instances(ImageId="ami-0123456789abcdef0", MinCount=1, MaxCount=1)
        instance_id = launched["Instances"][0]["InstanceId"]
        self.addCleanup(client("ec2").terminate_instances, InstanceIds=[instance_id])
        wait_for(f"the evaluation of {instance_id}", lambda: self.is_evaluated(instance_id))

    def test_5_z_what_the_state_has_lost_comes_back_by_the_manuals_commands(self) -> None:
        known = self.terraform("state", "list").split()
        # All of AWS's resources: as if each had been created and its answer lost.
        lost = [address for address in known if not re.search(r"(^|\.)(data|terraform_data)\.", address)]
        self.terraform("state", "rm", *lost)
        self.import_as_the_manual_says()

        arguments = [self.suffix, "--arch", ARCHITECTURE, "--auto-approve", *self.variables()]
        status, printed = self.deploy(*arguments)
        self.assertEqual(status, 0, printed[-3000:])
        # Their source is unknown to a plan while its queue or rule is not in the state; they hold no data.
        for address in re.findall(r"^(\S+): Destruction complete", printed, flags=re.MULTILINE):
            self.assertRegex(address, r"\.aws_lambda_(permission|event_source_mapping)\.")
        self.assertEqual(self.terraform("state", "list").split(), known)
        status, printed = self.deploy(*arguments)
        self.assertEqual(status, 0, printed[-3000:])
        self.assert_said("No changes", printed)

    def import_as_the_manual_says(self, only: set[str] | None = None) -> None:
        """Runs the manual's commands for these addresses, or all of them."""
        self.assertTrue(shutil.which("aws"), "the AWS CLI is needed for the manual's commands; install it")
        commands = re.search(r"<!-- imports -->\n\n```\n(.*?)^```", MANUAL, flags=re.MULTILINE | re.DOTALL)
        assert commands, "docs/operations.md has no imports"
        lines = re.sub(r"\bprod\b", self.suffix, commands[1]).replace("us-east-1", REGION).splitlines()
        address = {line: shlex.split(line)[1] for line in lines if line.startswith("import ")}
        self.assertLessEqual(only or set(), set(address.values()))
        kept = [line for line in lines if line not in address or only is None or address[line] in only]
        imported = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", "\n".join(kept)],
            cwd=self.project,
            env={**os.environ, "TF_VAR_lambda_zip_path": str(self.zip), "TF_VAR_architecture": ARCHITECTURE},
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(imported.returncode, 0, f"{imported.stdout[-2000:]}{imported.stderr[-2000:]}")

    def terraform(self, *arguments: str) -> str:
        """Terraform's output for the environment's own state."""
        return subprocess.run(
            ["terraform", f"-chdir={self.project / 'terraform'}", *arguments],
            env={**os.environ, "TF_WORKSPACE": self.suffix},
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    def is_evaluated(self, instance_id: str) -> bool:
        """Whether it has a final audit record."""
        listed = client("s3").list_objects_v2(Bucket=f"compliance-logs-{self.suffix}").get("Contents", [])
        keys = [item["Key"] for item in listed if instance_id in item["Key"]]
        return any(not key.endswith("-provisional.json") for key in keys)

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
            self.assert_said("is in the Terraform workspace default, where a plain terraform apply puts it", printed)

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
