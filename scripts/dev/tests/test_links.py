"""Links lead somewhere: to a file of the repository, and in it to a heading. Pure; the network is not asked."""

from __future__ import annotations

import re
import unittest
from pathlib import Path

from dev import markdown

from .support import ROOT


def text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


class LinksTest(unittest.TestCase):
    maxDiff = None

    def setUp(self) -> None:
        self.files = markdown.files()
        self.folders = {folder for file in self.files for folder in file.parents}

    def fault(self, source: Path, target: str) -> str | None:
        """What is wrong with a link of a file."""
        path, _, anchor = target.partition("#")
        file = (source.parent / path).resolve() if path else source
        if file not in self.files and file not in self.folders:
            return "no such file"
        if anchor and (file.suffix != ".md" or anchor not in markdown.anchors(text_of(file))):
            return "no such heading"
        return None

    def test_every_link_of_a_page_leads_to_a_file_and_a_heading(self) -> None:
        pages = [file for file in self.files if file.suffix == ".md"]
        self.assertGreaterEqual(len(pages), 30)
        count = 0
        wrong = []
        for page in pages:
            for line, target in markdown.links(text_of(page)):
                if re.match(r"[a-z]+:", target):
                    continue
                count += 1
                if fault := self.fault(page, target):
                    wrong.append(f"{page.relative_to(ROOT)}:{line}: {target}: {fault}")
        self.assertGreaterEqual(count, 150)
        self.assertEqual(wrong, [])

    def test_every_page_that_code_and_messages_name_is_there(self) -> None:
        wrong = []
        count = 0
        for file in self.files:
            # The changelog may name what was.
            if file.suffix == ".md" or file == Path(__file__).resolve():
                continue
            for name in re.findall(r"\b(docs/[\w./-]+\.(?:md|sql|json)(?:#[\w-]+)?)", text_of(file)):
                count += 1
                if fault := self.fault(ROOT / "README.md", name):
                    wrong.append(f"{file.relative_to(ROOT)}: {name}: {fault}")
        self.assertGreaterEqual(count, 20)
        self.assertEqual(wrong, [])

    def test_the_index_has_every_page(self) -> None:
        index = ROOT / "docs" / "README.md"
        listed = {(index.parent / target.partition("#")[0]).resolve() for _, target in markdown.links(text_of(index))}
        pages = {file for file in self.files if file.parent == index.parent and file.suffix in (".md", ".sql")}
        self.assertEqual(pages - listed - {index}, set())

    def test_headings_are_called_as_github_calls_them(self) -> None:
        text = "# What it `does`\n\n## A, B & C\n\n```\n# no heading\n```\n\n## A, B & C\n\n### [Linked](x.md) one\n"
        self.assertEqual(markdown.anchors(text), {"what-it-does", "a-b--c", "a-b--c-1", "linked-one"})

    def test_links_in_code_are_none(self) -> None:
        text = 'See [a](b.md#c), `[x](y)`,\n<img src="p.png">\n\n```\n[no](link)\n```\n\n[<img src="q.png">](r.md)\n'
        self.assertEqual(list(markdown.links(text)), [(1, "b.md#c"), (2, "p.png"), (8, "q.png"), (8, "r.md")])


if __name__ == "__main__":
    unittest.main()
