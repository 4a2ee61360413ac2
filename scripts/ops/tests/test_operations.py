"""The commands of docs/operations.md run as they stand there, but for those that say that they need AWS."""

from __future__ import annotations

import json
import os
import re
import tempfile
import unittest
from dataclasses import dataclass
from pathlib import Path

import botocore.session
from botocore import xform_name

from .aws_cli import FLAGS_OF_THE_CLI, options_of
from .support import ROOT, client, launch, outputs, run_as_written, wait_for

DOCUMENT = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
AWS_ONLY = "# AWS only: "
# What other tests run, by how a block begins.
ELSEWHERE = {
    "scripts/build.sh": "slow_deployment.py",
    "export TF_WORKSPACE": "slow_deployment.py",
    "terraform -chdir=target/demo/demo/terraform apply": "test_demo_takes_another_setting",
    "scripts/redrive.sh": "test_redrive.py",
    "aws s3 sync s3://compliance-logs-prod audit-prod": "slow_deployment.py",
}
EXAMPLE = "i-1234567890abcdef0"


@dataclass(frozen=True)
class Block:
    """A block of commands, and the heading that it stands under."""

    heading: str
    text: str

    def is_run_here(self) -> bool:
        """Whether the stand-in answers it, and no other test runs it."""
        return not self.text.startswith((AWS_ONLY, *ELSEWHERE))


def blocks(document: str = DOCUMENT) -> list[Block]:
    """All blocks of commands in their order; those in another language are no commands."""
    found: list[Block] = []
    heading, opened, lines = "", "", None
    for line in document.splitlines():
        fence = re.fullmatch(r"( *)```(\w*)", line)
        if fence and lines is None:
            opened, lines, language = fence[1], [], fence[2]
        elif fence and lines is not None:
            if not language:
                found.append(Block(heading, "\n".join(lines)))
            lines = None
        elif lines is not None:
            lines.append(line.removeprefix(opened))
        elif line.startswith("#"):
            heading = line.lstrip("# ")
    return found


def commands() -> list[str]:
    """Each line with a command of the AWS CLI, those within the prose included."""
    text = DOCUMENT.replace("\\\n", " ")
    inline = re.findall(r"`(aws [^`-][^`]+)`", text)
    return inline + [line for block in blocks(text) for line in block.text.splitlines() if re.search(r"\baws \w", line)]


class DocumentTest(unittest.TestCase):
    def test_every_command_names_an_operation_and_its_options(self) -> None:
        session = botocore.session.get_session()
        self.assertGreaterEqual(len(commands()), 30)
        for command in commands():
            known = set(FLAGS_OF_THE_CLI)
            named = re.findall(r"\baws ([a-z][a-z0-9-]+) ([a-z][a-z0-9-]+)", command)
            for service, operation in named:
                if service == "s3":
                    known |= {"recursive", "only-show-errors"}
                    continue
                model = session.get_service_model(service)
                names = {xform_name(name, "-"): name for name in model.operation_names}
                self.assertIn(operation, names, command)
                known |= set(options_of(model.operation_model(names[operation]).input_shape))
            self.assertTrue(named, command)
            self.assertLessEqual(set(re.findall(r" --(?:no-)?([a-z][a-z-]+)", command)), known, command)

    def test_what_needs_aws_says_why(self) -> None:
        told = [block for block in blocks() if block.text.startswith(AWS_ONLY)]
        self.assertEqual(len(told), 3)
        for block in told:
            self.assertRegex(block.text.splitlines()[0], r"^# AWS only: the stand-in \w+ .*\.$")

    def test_what_others_run_is_there(self) -> None:
        for beginning in ELSEWHERE:
            self.assertTrue([block for block in blocks() if block.text.startswith(beginning)], beginning)

    def test_demo_takes_another_setting(self) -> None:
        [apply] = [block.text for block in blocks() if block.text.startswith("terraform -chdir=target/demo")]
        demo = (ROOT / "scripts" / "demo.sh").read_text(encoding="utf-8").replace("$suffix", "demo")
        self.assertIn(apply, demo)
        self.assertIn("demo.auto.tfvars", demo)
        variables = (ROOT / "terraform" / "variables.tf").read_text(encoding="utf-8")
        for name in re.findall(r"-var (\w+)=", apply):
            self.assertIn(f'variable "{name}"', variables)


class OperationsTest(unittest.TestCase):
    """All blocks that the stand-in answers, on the deployment."""

    def run_block(self, text: str, folder: Path, instance_id: str) -> str:
        text = re.sub(r"\bprod\b", outputs()["environment_suffix"], text).replace(EXAMPLE, instance_id)
        text = text.replace("-chdir=terraform ", f"-chdir={self.terraform()} ")
        return run_as_written(f"{self.definitions()[0]}\n{text}", folder)

    def terraform(self) -> Path:
        """The folder of the deployment's state, beside its outputs."""
        folder = Path(os.environ["TERRAFORM_OUTPUTS"]).resolve().parent / "terraform"
        self.assertTrue(folder.is_dir(), f"{folder}: expected the Terraform that the outputs come from")
        return folder

    def definitions(self) -> list[str]:
        """The ways to define `output`, for this deployment."""
        found = re.findall(r"^\| .*? \| `(output\(\) \{.*\})` \|$", DOCUMENT, flags=re.MULTILINE)
        self.assertEqual(len(found), 4)
        folder = str(self.terraform())
        found = [re.sub(r"-chdir=\S+", f"-chdir={folder}", text) for text in found]
        return [text.replace("TF_WORKSPACE=prod", "TF_WORKSPACE=default") for text in found]

    def folder(self) -> Path:
        """A folder like this repository's after a deployment."""
        directory = tempfile.TemporaryDirectory(prefix="ops-manual-")
        self.addCleanup(directory.cleanup)
        folder = Path(directory.name)
        (folder / "docs").symlink_to(ROOT / "docs")
        (folder / "cfn-outputs").mkdir()
        (folder / "cfn-outputs" / "flat-outputs.json").write_text(json.dumps(outputs()), encoding="utf-8")
        return folder

    def put_back(self) -> None:
        """What the manual's commands change: the rules, the mappings, and a subscriber."""
        for rule in (outputs()["rule_name"], outputs()["tag_change_rule_name"]):
            client("events").enable_rule(Name=rule)
        idle = [outputs()["event_queue_arn"]] if outputs()["event_delivery"] == "direct" else []
        name = outputs()["function_name"]
        for mapping in client("lambda").list_event_source_mappings(FunctionName=name)["EventSourceMappings"]:
            is_used = mapping["EventSourceArn"] not in idle
            client("lambda").update_event_source_mapping(UUID=mapping["UUID"], Enabled=is_used)
        topic = outputs()["alert_topic_arn"]
        for subscription in client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]:
            # One that nobody has confirmed has no ARN, and SNS forgets it after two days.
            if subscription["Endpoint"] == "team@example.com" and subscription["SubscriptionArn"].startswith("arn:"):
                client("sns").unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])

    def test_each_way_to_have_an_output(self) -> None:
        folder = self.folder()
        for definition in self.definitions():
            printed = run_as_written(f"{definition}\noutput alert_topic_arn", folder)
            self.assertEqual(printed.strip(), outputs()["alert_topic_arn"], definition)

    def test_every_block_runs(self) -> None:
        self.addCleanup(self.put_back)
        instance_id, folder = launch(self, {}), self.folder()
        logs = {"logGroupName": outputs()["log_group_name"], "filterPattern": f'"{instance_id}"'}
        wait_for("its log lines", lambda: client("logs").filter_log_events(**logs)["events"])
        run = [block for block in blocks() if block.is_run_here()]
        self.assertGreaterEqual(len(run), 14)
        printed = {block.text: self.run_block(block.text, folder, instance_id) for block in run}

        def of(part: str) -> str:
            [text] = [answer for text, answer in printed.items() if part in text]
            return text

        self.assertIn(instance_id, of("filter-log-events"))
        self.assertIn("violations", of("duckdb"))
        self.assertEqual(of("describe-rule").count('"ENABLED"'), 3)
        self.assertIn("team@example.com", run_as_written(
            f"{self.definitions()[0]}\n"
            'aws sns list-subscriptions-by-topic --topic-arn "$(output alert_topic_arn)"', folder
        ))


if __name__ == "__main__":
    unittest.main()
