"""The READMEs of terraform/ and the reference say what the code has. Pure."""

from __future__ import annotations

import re
import tempfile
import unittest
from pathlib import Path

from dev import terraform_docs

from .support import ROOT

REFERENCE = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")


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

    def test_the_reference_says_of_every_variable_what_it_is_about(self) -> None:
        section = re.search(r"^## Variables\n(.*?)(?=^## )", REFERENCE, flags=re.MULTILINE | re.DOTALL)
        self.assertIsNotNone(section)
        rows = re.findall(r"^\| [^|]* \| ([^|]*) \|", section[1], flags=re.MULTILINE)  # type: ignore[index]
        named = [name for row in rows for name in re.findall(r"`([^`]+)`", row)]
        self.assertEqual(sorted(named), [variable.name for variable in terraform_docs.variables(ROOT / "terraform")])

    def test_the_examples_show_every_variable(self) -> None:
        shown = set()
        for path in (ROOT / "terraform" / "examples").glob("*/main.tf"):
            module = re.search(r'^module "tag_compliance" \{\n(.*?)^\}', path.read_text(encoding="utf-8"), re.M | re.S)
            self.assertIsNotNone(module, path)
            shown |= set(re.findall(r"^  (\w+) += ", module[1], flags=re.MULTILINE))  # type: ignore[index]
        wanted = {variable.name for variable in terraform_docs.variables(ROOT / "terraform")}
        self.assertEqual(wanted - shown, set())
