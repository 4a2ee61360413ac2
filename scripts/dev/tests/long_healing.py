"""Resources that are replaced, tainted or interrupted, in the stand-in at AWS_ENDPOINT_URL: about 15 minutes.

`discover` only finds it with `-p long_healing.py`. LAMBDA_ZIP names the function's zip for this machine
(target/lambda/quick/bootstrap-<architecture>.zip). HEALING, a regular expression, selects resources.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import botocore.session

from .slow_terraform import ARCHITECTURE, Root, changes, equal, unique, zip_path
from .support import ROOT, copy_of_terraform, terraform_ok

CREATING = re.compile(r"^(\S+): Creating\.\.\.")
# AWS created it, but the answer was lost with the interrupted apply.
THERE_ALREADY = re.compile(r"already exists?\b.*?^\W*with (\S+),$", re.MULTILINE | re.DOTALL)
MANUAL = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
FUNCTION = "module.checker.aws_lambda_function.checker"
# Throttled events are retried.
PATIENCE = 180
# An apply takes a minute, so resources go together where that hides nothing: what another resource hangs on is never
# replaced along with it, or nobody would see that the other one had to be replaced as well. The last group is the rest.
TOGETHER = (
    r"\.aws_lambda_function\.",
    r"checker\.aws_iam_role\.",
    r"\.aws_sqs_queue\.dead_letters$",
    r"\.aws_sqs_queue\.work$|\.aws_sns_topic\.|\.aws_cloudwatch_event_rule\.|sweep\[0\]\.aws_iam_role\."
    r"|channel\S*\.aws_iam_role\.|\.aws_cloudwatch_event_connection\.",
    r"\.aws_s3_bucket\.|\.aws_cloudwatch_log_group\.|\.terraform_data\.|\.aws_sfn_state_machine\.|_api_destination\.",
    r"",
)
# By the state machine and by an API destination, each with a connection that Terraform makes.
CHANNELS = {
    "channels": """{
      ops  = { type = "slack", channel_id = "C0123456789" }
      siem = { type = "webhook", url = "https://siem.example.com/events" }
    }""",
    "channel_secrets": '{ ops = "xoxb-healing", siem = "healing" }',
}


def client(service: str) -> Any:
    return botocore.session.get_session().create_client(service, region_name=os.environ["AWS_REGION"])


def launch() -> str:
    launched = client("ec2").run_instances(ImageId="ami-0123456789abcdef0", InstanceType="t3.nano", MinCount=1, MaxCount=1)
    instance_id: str = launched["Instances"][0]["InstanceId"]
    return instance_id


class Environment(Root):
    def __init__(self, directory: Path, delivery: str, **variables: str) -> None:
        self.suffix = unique("heal")
        super().__init__(
            directory,
            architecture=ARCHITECTURE,
            event_delivery=delivery,
            event_queue_drain_seconds="5",
            lambda_zip_path=str(zip_path()),
            metric_namespace=f"TagCompliance/{self.suffix}",
            settle_seconds="0",
            suffix=self.suffix,
            **variables,
        )

    def addresses(self) -> list[str]:
        return sorted(resource["address"] for resource in self.resources())

    def recorded(self) -> set[str]:
        """The instances with an audit record."""
        pages = client("s3").get_paginator("list_objects_v2").paginate(Bucket=f"compliance-logs-{self.suffix}")
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        return {found[1] for key in keys if (found := re.search(r"/(i-[0-9a-f]+)-", key))}

    def dead_letters(self) -> str:
        """All of them, as one text."""
        sqs = client("sqs")
        url = sqs.get_queue_url(QueueName=f"tag-compliance-dlq-{self.suffix}")["QueueUrl"]
        bodies: list[str] = []
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            bodies += [message["Body"] for message in messages]
        return "".join(bodies)

    def hold(self, what: str, addresses: list[str] | None = None) -> None:
        """Nothing is missing, a plan is empty, and a launch is evaluated."""
        equal([], changes(self.plan()), what)
        if addresses:
            equal(addresses, self.addresses(), what)
        instance_id = launch()
        deadline = time.monotonic() + PATIENCE
        while instance_id not in self.recorded():
            if time.monotonic() > deadline:
                raise AssertionError(f"{what}: no audit record of {instance_id}")
            time.sleep(0.5)

    def interrupted(self, done: set[str]) -> bool:
        """Applies until a resource is created that is not in `done`, and then presses Ctrl-C; whether there was one."""
        command = ["terraform", f"-chdir={self.directory}", "apply", "-auto-approve", *self.arguments()]
        stopped, output = False, ""
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
        ) as process:
            assert process.stdout
            for line in process.stdout:
                output += line
                found = CREATING.match(line)
                if not stopped and found and found[1] not in done:
                    done.add(found[1])
                    # Mostly in the midst of the call or of the waiting after it.
                    time.sleep(1)
                    os.killpg(process.pid, signal.SIGINT)
                    stopped = True
        there_already = set(THERE_ALREADY.findall(output))
        if not stopped and process.returncode and not there_already:
            raise AssertionError(output[-3000:])
        self.import_as_the_manual_says(there_already)
        return stopped or bool(there_already)

    def import_as_the_manual_says(self, addresses: set[str]) -> None:
        commands = re.search(r"<!-- imports -->\n\n```\n(.*?)^```", MANUAL, flags=re.MULTILINE | re.DOTALL)
        if not commands:
            raise AssertionError("docs/operations.md has no imports")
        lines = re.sub(r"\bprod\b", self.suffix, commands[1]).replace("-chdir=terraform", f"-chdir={self.directory}")
        steps = {shlex.split(line)[1]: line for line in lines.splitlines() if line.startswith("import ")}
        if addresses - set(steps):
            raise AssertionError(f"the manual does not say how to import {sorted(addresses - set(steps))}")
        setup = [line for line in lines.splitlines() if not line.startswith(("import ", "export "))]
        variables = {f"TF_VAR_{name}": value for name, value in self.variables.items()}
        for address in sorted(addresses):
            subprocess.run(
                ["bash", "-euo", "pipefail", "-c", "\n".join([*setup, steps[address]])],
                env={**os.environ, **variables},
                check=True,
                capture_output=True,
            )


class HealingTest(unittest.TestCase):
    """Each takes minutes, nearly all of it the provider's polling: those that launch little run side by side."""

    maxDiff = None

    @classmethod
    def setUpClass(cls) -> None:
        pool = ThreadPoolExecutor()
        cls.addClassCleanup(pool.shutdown)
        scenarios = (cls.replaced, cls.tainted, cls.stopped)
        cls.running = {scenario.__name__: pool.submit(scenario, copy_of_terraform(cls)) for scenario in scenarios}

    def test_whatever_is_replaced_is_there_after_one_apply(self) -> None:
        self.running["replaced"].result()

    def test_whatever_is_tainted_is_there_after_one_apply(self) -> None:
        self.running["tainted"].result()

    def test_an_apply_that_was_interrupted_anywhere_is_taken_up_again(self) -> None:
        self.running["stopped"].result()

    def test_a_change_of_the_delivery_loses_no_event(self) -> None:
        wait(self.running.values())
        self.switched(copy_of_terraform(type(self)))

    @staticmethod
    def replaced(directory: Path) -> None:
        environment = Environment(directory, "queue")
        environment.apply()
        addresses = environment.addresses()
        for group in groups(addresses):
            replaced = [f"-replace={address}" for address in group]
            terraform_ok(directory, "apply", "-auto-approve", *replaced, *environment.arguments())
            environment.hold(f"{', '.join(group)} replaced", addresses)
        environment.destroy(environment.suffix)

    @staticmethod
    def tainted(directory: Path) -> None:
        environment = Environment(directory, "direct", **CHANNELS)
        environment.apply()
        addresses = environment.addresses()
        for group in groups(addresses):
            for address in group:
                terraform_ok(directory, "taint", address)
            environment.apply()
            environment.hold(f"{', '.join(group)} tainted", addresses)
        environment.destroy(environment.suffix)

    @staticmethod
    def stopped(directory: Path) -> None:
        environment, done = Environment(directory, "queue"), set[str]()
        while environment.interrupted(done):
            pass
        if not {FUNCTION, "module.event_queue.aws_sqs_queue.work"} <= done:
            raise AssertionError(f"interrupted at {sorted(done)} only")
        environment.hold("interrupted")
        # Of this one, the answer is lost in any case.
        terraform_ok(directory, "state", "rm", FUNCTION)
        environment.import_as_the_manual_says({FUNCTION})
        environment.apply()
        environment.hold("imported")
        environment.destroy(environment.suffix)

    @staticmethod
    def switched(directory: Path) -> None:
        environment = Environment(directory, "queue")
        environment.apply()
        launched, done = list[str](), threading.Event()

        def keep_launching() -> None:
            while not done.wait(0.2):
                launched.append(launch())

        launching = threading.Thread(target=keep_launching)
        launching.start()
        try:
            for delivery in ("direct", "queue", "direct"):
                environment.apply(event_delivery=delivery)
        finally:
            done.set()
            launching.join()
        deadline = time.monotonic() + PATIENCE
        while set(launched) - environment.recorded() and time.monotonic() < deadline:
            time.sleep(1)
        dead_letters = environment.dead_letters()
        lost = [instance_id for instance_id in set(launched) - environment.recorded() if instance_id not in dead_letters]
        if lost or len(launched) < 30:
            raise AssertionError(f"{len(lost)} of {len(launched)} launches were lost: {lost[:10]}")
        environment.variables["event_delivery"] = "direct"
        environment.hold("switched")
        environment.destroy(environment.suffix)


def groups(addresses: list[str]) -> list[list[str]]:
    """What is replaced in one apply: every address once, or those that HEALING matches."""
    left = [address for address in addresses if re.search(os.environ.get("HEALING", ""), address)]
    found = []
    for pattern in TOGETHER:
        found.append([address for address in left if re.search(pattern, address)])
        left = [address for address in left if address not in found[-1]]
    if not any(found):
        raise AssertionError("HEALING matches no resource")
    return [group for group in found if group]


if __name__ == "__main__":
    unittest.main()
