"""Every command of the README and of docs/ is run by a test, or says beside it what it needs.

TAG_COMPLIANCE names the program, by default target/debug/tag-compliance.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import tomllib
import unittest
from collections.abc import Iterator
from pathlib import Path

from dev import markdown
from dev.markdown import Block

from .support import ROOT

PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))
REGISTRY = tomllib.loads((ROOT / "scripts" / "dev" / "commands.toml").read_text(encoding="utf-8"))
SESSIONS = set(re.findall(r'run\("([\w.-]+\.md)"', (ROOT / "crates/cli/tests/cli/session.rs").read_text(encoding="utf-8")))
# No commands: data, other languages, diagrams.
DATA = {"json", "hcl", "yaml", "insights", "text", "sql", "rust", "toml"}
# How a section says that its commands do not run everywhere: an environment's suffix stands for one that is deployed.
SAID = re.compile(r"needs? an AWS account|login at GitHub|stands for the environment's suffix")


def command_blocks() -> Iterator[tuple[Path, Block]]:
    for page in PAGES:
        for block in markdown.blocks(page.read_text(encoding="utf-8")):
            if block.language not in DATA:
                yield page, block


def entry(command: str) -> dict[str, str] | None:
    """What the registry says of a command, wherever the program may be."""
    plain = command.removeprefix("./")
    known = [it for kind in ("run", "unrun") for it in REGISTRY[kind] if plain.startswith(it["starts"])]
    return known[0] if known else None


def block_with(page: str, beginning: str) -> str:
    """The command of a page that begins so."""
    for block in markdown.blocks((ROOT / page).read_text(encoding="utf-8")):
        for command in markdown.commands(block.text):
            if command.startswith(beginning):
                return command
    raise AssertionError(f"{page} has no command {beginning}")


def run_as_written(command: str, directory: str, program: Path) -> subprocess.CompletedProcess[str]:
    """A command in a folder that has the program, in which it is on the PATH too."""
    (Path(directory) / "tag-compliance").symlink_to(program)
    environment = {"PATH": f"{directory}:{os.environ['PATH']}"}
    return subprocess.run(["bash", "-c", command], cwd=directory, env=environment, capture_output=True, text=True, check=False)


class CommandsTest(unittest.TestCase):
    maxDiff = None

    def test_every_command_is_run_by_a_test_or_says_what_it_needs(self) -> None:
        unknown = []
        count = 0
        for page, block in command_blocks():
            where = f"{page.relative_to(ROOT)}:{block.line}"
            if block.language == "console":
                count += 1
                if page.name not in SESSIONS:
                    unknown.append(f"{where}: a session, and crates/cli/tests/cli/session.rs does not run {page.name}")
                continue
            for command in markdown.commands(block.text):
                count += 1
                if not SAID.search(block.section) and not entry(command) and not self.only_enters(command):
                    unknown.append(f"{where}: {command}")
        self.assertGreaterEqual(count, 80)
        self.assertEqual(unknown, [], "add them to scripts/dev/commands.toml, or say that they need an AWS account")

    def only_enters(self, command: str) -> bool:
        """Whether it does nothing but enter a folder that there is."""
        folder = re.fullmatch(r"cd (\S+)", command)
        return bool(folder) and (ROOT / folder[1]).is_dir()  # type: ignore[index]

    def test_every_test_that_is_named_is_there(self) -> None:
        self.assertGreaterEqual(len(REGISTRY["run"]), 10)
        for known in REGISTRY["run"]:
            self.assertTrue(known["shows"] in (ROOT / known["by"]).read_text(encoding="utf-8"), known)

    def test_the_registry_has_nothing_that_no_page_has(self) -> None:
        written = [command for _, block in command_blocks() for command in markdown.commands(block.text)]
        used = [known["starts"] for command in written if (known := entry(command))]
        self.assertEqual({known["starts"] for kind in ("run", "unrun") for known in REGISTRY[kind]} - set(used), set())

    def test_the_first_command_says_what_the_page_says(self) -> None:
        program = Path(os.environ.get("TAG_COMPLIANCE") or ROOT / "target" / "debug" / "tag-compliance").absolute()
        self.assertTrue(program.is_file(), f"there is no {program}; scripts/build.sh makes it")
        for page in ("README.md", "docs/get-started.md"):
            with tempfile.TemporaryDirectory() as directory:
                result = run_as_written(block_with(page, "echo '{"), directory, program)
            self.assertEqual(result.returncode, 1, result.stderr)
            self.assertIn("non-compliant", result.stdout)
            self.assertRegex(result.stdout, r'missing +Owner +did you mean "owner"\?')

    def test_a_policy_is_handed_to_terraform(self) -> None:
        with tempfile.TemporaryDirectory() as directory:
            (Path(directory) / "terraform").mkdir()
            (Path(directory) / "policy.json").write_text('{"required_tags": [{"key": "Owner"}]}', encoding="utf-8")
            result = run_as_written(block_with("docs/deploy.md", "jq "), directory, Path("/bin/false"))
            self.assertEqual(result.returncode, 0, result.stderr)
            written = (Path(directory) / "terraform" / "policy.auto.tfvars.json").read_text(encoding="utf-8")
        self.assertEqual(json.loads(written), {"tag_policy": {"required_tags": [{"key": "Owner"}]}})

    def test_a_block_knows_its_section(self) -> None:
        text = "Intro.\n\n## A\n\nBefore.\n\n```sh\n$ a \\\n  b\n# no\n```\n\nBehind.\n\n## B\n\n   ```\n   c\n   ```\n"
        first, second = markdown.blocks(text)
        self.assertEqual((first.line, first.language, markdown.commands(first.text)), (7, "sh", ["a b"]))
        for said in ("Intro.", "Before.", "Behind."):
            self.assertIn(said, first.section)
        self.assertNotIn("Before.", second.section)
        self.assertEqual(markdown.commands(second.text), ["c"])


if __name__ == "__main__":
    unittest.main()
