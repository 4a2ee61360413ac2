"""The READMEs of terraform/ and the project's say what the code has. Pure."""

from __future__ import annotations

import re
import tempfile
import unittest
from pathlib import Path

from dev import terraform_docs

from .support import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def names_in_table(heading: str) -> set[str]:
    """What stands in the first column of the table under a heading of the project's README."""
    section = re.search(rf"^### {heading}\n(.*?)(?=^##)", README, flags=re.MULTILINE | re.DOTALL)
    if not section:
        raise AssertionError(f"README.md has no heading {heading}")
    rows = re.findall(r"^\| ([^|]*`[^|]*)\|", section[1], flags=re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row)}


class TablesTest(unittest.TestCase):
    def test_every_module_has_its_tables(self) -> None:
        self.assertGreaterEqual(len(terraform_docs.modules()), 12)
        for module in terraform_docs.modules():
            text = (module / "README.md").read_text(encoding="utf-8")
            self.assertEqual(text, terraform_docs.written(module, text), f"run scripts/dev/terraform_docs.py: {module}")

    def test_variables_and_outputs_are_read_from_the_code(self) -> None:
        with tempfile.TemporaryDirectory() as directory:
            Path(directory, "any.tf").write_text(
                'variable "b" {\n  type = object({\n    x = string\n  })\n  description = "Says \\"a|b\\"."\n}\n\n'
                'variable "a" {\n  type        = string\n  description = "An <a>."\n  default     = null\n\n'
                '  validation {\n    condition     = true\n    error_message = "x"\n  }\n}\n\n'
                'output "c" {\n  description = "C."\n  value       = 1\n}\n',
                encoding="utf-8",
            )
            self.assertEqual(
                terraform_docs.tables(Path(directory)).splitlines(),
                [
                    "| variable | type | default | meaning |",
                    "|---|---|---|---|",
                    "| `a` | `string` | `null` | An &lt;a>. |",
                    '| `b` | `object` | (needed) | Says "a\\|b". |',
                    "",
                    "| output | meaning |",
                    "|---|---|",
                    "| `c` | C. |",
                ],
            )

    def test_the_readme_has_every_variable_and_output(self) -> None:
        root = ROOT / "terraform"
        self.assertEqual(names_in_table("Variables"), {variable.name for variable in terraform_docs.variables(root)})
        self.assertEqual(names_in_table("Outputs"), {output.name for output in terraform_docs.outputs(root)})

    def test_the_examples_show_every_variable(self) -> None:
        shown = set()
        for path in (ROOT / "terraform" / "examples").glob("*/main.tf"):
            module = re.search(r'^module "tag_compliance" \{\n(.*?)^\}', path.read_text(encoding="utf-8"), re.M | re.S)
            self.assertIsNotNone(module, path)
            shown |= set(re.findall(r"^  (\w+) += ", module[1], flags=re.MULTILINE))  # type: ignore[index]
        wanted = {variable.name for variable in terraform_docs.variables(ROOT / "terraform")}
        self.assertEqual(wanted - shown, set())
