"""What the README's pictures show can still be made, and the pictures are small. Chromium is not needed.

TAG_COMPLIANCE names the program, by default target/debug/tag-compliance.
"""

from __future__ import annotations

import os
import tempfile
import unittest
from pathlib import Path

from dev import markdown, pictures

from .support import ROOT


class PicturesTest(unittest.TestCase):
    def test_the_program_reports_on_the_fleet_of_the_picture(self) -> None:
        program = Path(os.environ.get("TAG_COMPLIANCE") or ROOT / "target" / "debug" / "tag-compliance").absolute()
        with tempfile.TemporaryDirectory() as directory:
            page = pictures.report(program, Path(directory))
        self.assertIn("<h1>EC2 tag compliance</h1>", page)
        # Eight of thirteen, whatever the page looks like.
        self.assertIn("61.5%", page)

    def test_the_alert_has_the_subject_and_the_text_of_the_core(self) -> None:
        page = pictures.alert()
        self.assertIn("EC2 instance i-1234567890abcdef0 is not compliant", page)
        self.assertIn("Where To Fix It:", page)
        # Text of tags is text of the page.
        self.assertIn("Value=&lt;dev or staging or prod&gt;", page)

    def test_the_readme_shows_both_and_they_are_small(self) -> None:
        readme = (ROOT / "README.md").read_text(encoding="utf-8")
        shown = {ROOT / target for _, target in markdown.links(readme) if target.endswith(".png")}
        self.assertEqual(shown, set(pictures.PICTURES.glob("*.png")))
        for picture in shown:
            self.assertLessEqual(picture.stat().st_size, pictures.MOST_BYTES, picture)
        self.assertEqual(len(shown), 2)


if __name__ == "__main__":
    unittest.main()
