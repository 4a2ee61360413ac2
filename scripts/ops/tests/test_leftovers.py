"""What the listing of leftovers finds of an environment that is there, and of one that is not."""

from __future__ import annotations

import os
import subprocess
import sys
import unittest

from ops.leftovers import LISTINGS

from .support import ROOT, outputs


def list_leftovers(suffix: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts" / "ops" / "leftovers.py"), suffix]
    environment = {**os.environ, "AWS_DEFAULT_REGION": outputs()["region"]}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


class LeftoversTest(unittest.TestCase):
    def test_every_service_of_an_environment_is_listed(self) -> None:
        left = list_leftovers(outputs()["environment_suffix"])
        self.assertEqual(left.returncode, 1, left.stderr)
        lines = [line.strip() for line in left.stderr.splitlines()[1:]]
        self.assertEqual({line.split(": ")[0] for line in lines}, {service for service, *_ in LISTINGS})
        table = outputs()["state_table_name"]
        self.assertIn(f"dynamodb: {table}", lines)
        streams = [line for line in lines if f":table/{table}/stream/" in line]
        self.assertEqual(len(streams), 1, lines)

    def test_of_another_suffix_nothing_is_left(self) -> None:
        suffix = outputs()["environment_suffix"]
        # The ends and the beginnings of names are no suffixes.
        for other in (suffix[1:], f"checker-{suffix}x"):
            with self.subTest(suffix=other):
                left = list_leftovers(other)
                self.assertEqual((left.returncode, left.stderr), (0, ""))
                self.assertIn(f"Nothing of the environment {other} is left", left.stdout)


if __name__ == "__main__":
    unittest.main()
