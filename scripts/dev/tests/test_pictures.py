"""What the pictures show can still be made, and the pictures are small. Chromium is not needed.

TAG_COMPLIANCE names the program, by default target/debug/tag-compliance.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
import unittest
from pathlib import Path

from dev import channel_pages, markdown, pictures

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

    def test_each_chat_shows_title_and_commands_as_text(self) -> None:
        for page in (channel_pages.slack(), channel_pages.chat()):
            self.assertIn("<h1>EC2 instance i-0a1b2c3d4e5f60716 is not compliant</h1>", page)
            self.assertIn("Fix this instance:", page)
            blocks: list[str] = re.findall("<pre>(.*?)</pre>", page)
            [command] = [code for code in blocks if code.startswith("aws ec2 create-tags ")]
            self.assertIn("Value=&lt;dev or staging or prod&gt;", command)

    def test_teams_gets_the_card_of_the_core_and_the_renderer(self) -> None:
        page = channel_pages.teams("markup")
        self.assertIn("new AdaptiveCards.AdaptiveCard()", page)
        [card] = re.findall(r"^card\.parse\((.*)\);$", page, flags=re.MULTILINE)
        [attachment] = channel_pages.message("teams", "markup")["attachments"]
        self.assertEqual(json.loads(card), attachment["content"])
        # Text of tags cannot end the script.
        self.assertNotIn("</at>", page)

    def test_text_of_tags_is_text_of_each_page(self) -> None:
        for page in (channel_pages.slack("markup"), channel_pages.chat("markup"), *self.violations("markup")):
            self.assertNotIn("<at>", page)
            self.assertIn("&lt;!channel&gt;", page)

    def test_systems_that_keep_alerts_show_every_field(self) -> None:
        for page in self.violations("alert"):
            for text in ("missing CostCenter", "aws ec2 create-tags", "web-team", "123456789012", "console.aws.amazon.com"):
                self.assertIn(text, page)

    def violations(self, name: str) -> tuple[str, str]:
        return channel_pages.pagerduty(name), channel_pages.jsm(name)

    def test_every_other_message_can_be_drawn(self) -> None:
        for name in ("storm", "still-open", "resolved", "digest"):
            for page in (channel_pages.slack(name), channel_pages.chat(name)):
                self.assertIn("<h1>", page)
            self.assertIn("AdaptiveCard", channel_pages.teams(name))

    def test_the_readme_shows_what_is_drawn_and_the_pictures_are_small(self) -> None:
        readme = (ROOT / "README.md").read_text(encoding="utf-8")
        shown = {Path(target).stem for _, target in markdown.links(readme) if target.endswith(".png")}
        self.assertEqual(shown, {"report", "alert", "slack", "teams"})
        drawn = {"report", "alert", *pictures.CHANNELS}
        self.assertEqual({picture.stem for picture in pictures.PICTURES.glob("*.png")}, drawn)
        for name in drawn:
            self.assertLessEqual((pictures.PICTURES / f"{name}.png").stat().st_size, pictures.MOST_BYTES, name)


if __name__ == "__main__":
    unittest.main()
