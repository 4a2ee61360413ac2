"""What an operator runs needs nothing of the stand-in or the developers' tools. Pure."""

from __future__ import annotations

import re
import unittest

from .support import ROOT

SCRIPTS = ROOT / "scripts"
OPS = SCRIPTS / "ops"
COMMANDS = ("deploy.sh", "destroy.sh", "redrive.sh")


class OperatorsNeedsTest(unittest.TestCase):
    def test_nothing_of_the_standin_or_of_a_developer(self) -> None:
        parts = [SCRIPTS / "lib.sh", *(SCRIPTS / name for name in COMMANDS), *OPS.glob("*.sh"), *OPS.glob("*.py")]
        self.assertGreaterEqual(len(parts), 9)
        for path in parts:
            self.assertEqual(re.findall(r"standin|ministack|scripts/dev", path.read_text(encoding="utf-8")), [], path)

    def test_python_needs_botocore_alone_by_exact_versions(self) -> None:
        lines = (OPS / "requirements.txt").read_text(encoding="utf-8").splitlines()
        pins = [line for line in lines if not line.startswith(("#", " "))]
        for pin in pins:
            self.assertRegex(pin, r"^[A-Za-z0-9._-]+==[0-9][0-9A-Za-z.]* \\$")
        names = {pin.partition("==")[0] for pin in pins}
        self.assertEqual(names, {"botocore", "jmespath", "python-dateutil", "six", "urllib3"})

    def test_the_readme_lists_the_commands(self) -> None:
        listed = re.findall(r"^\| `([^`]+)` \|", (SCRIPTS / "README.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
        self.assertEqual(sorted(listed), sorted(path.name for path in SCRIPTS.glob("*.sh") if path.name != "lib.sh"))


if __name__ == "__main__":
    unittest.main()
