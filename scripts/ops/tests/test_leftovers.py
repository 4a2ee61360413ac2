"""The leftovers of an environment that exists, and of one that does not."""

from __future__ import annotations

import os
import subprocess
import sys
import unittest

from ops.leftovers import CHANNEL_LISTINGS, LISTINGS

from .support import ROOT, client, outputs, start


def list_leftovers(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts" / "ops" / "leftovers.py"), *arguments]
    environment = {**os.environ, "AWS_DEFAULT_REGION": outputs()["region"]}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


class LeftoversTest(unittest.TestCase):
    def test_every_service_of_an_environment_is_listed(self) -> None:
        left = list_leftovers(outputs()["environment_suffix"])
        self.assertEqual(left.returncode, 1, left.stderr)
        lines = [line.strip() for line in left.stderr.splitlines()[1:]]
        services = {service for service, *_ in LISTINGS + CHANNEL_LISTINGS}
        self.assertEqual({line.split(": ")[0] for line in lines}, services)
        table = outputs()["state_table_name"]
        self.assertIn(f"dynamodb: {table}", lines)
        streams = [line for line in lines if f":table/{table}/stream/" in line]
        self.assertEqual(len(streams), 1, lines)

    def test_of_another_suffix_nothing_is_left(self) -> None:
        suffix = outputs()["environment_suffix"]
        # Parts of a suffix are not the suffix.
        for other in (suffix[1:], f"checker-{suffix}x"):
            with self.subTest(suffix=other):
                left = list_leftovers(other)
                self.assertEqual((left.returncode, left.stderr), (0, ""))
                self.assertIn(f"Nothing is left of the environment {other}", left.stdout)

    def test_what_pull_requests_have_is_listed_by_number(self) -> None:
        number = "987654321"
        queue = client("sqs").create_queue(QueueName=f"tag-compliance-dlq-pr{number}mine")["QueueUrl"]
        self.addCleanup(client("sqs").delete_queue, QueueUrl=queue)
        instance = f"tag-compliance-test-pr{number}-late"
        start(self, {"Name": instance})
        start(self, {"Name": f"web-pr{number}"})
        things = {f"sqs: {queue}", f"ec2: {instance}"}
        everything = list_leftovers("--pull-requests")
        self.assertEqual(everything.returncode, 0, everything.stderr)
        self.assertLessEqual({f"{number}\t{thing}" for thing in things}, set(everything.stdout.splitlines()))
        its = list_leftovers("--pull-requests", number)
        self.assertEqual((its.returncode, {line.strip() for line in its.stderr.splitlines()[1:]}), (1, things))
        another = list_leftovers("--pull-requests", number[1:])
        self.assertEqual((another.returncode, another.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
