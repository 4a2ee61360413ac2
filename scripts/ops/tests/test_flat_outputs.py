"""The outputs file shared with other stacks. Pure."""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from ops import flat_outputs
from ops.flat_outputs import added, main, own_names, removed

NAMES = {"environment_suffix", "region", "dashboard_name", "function_name"}
OURS = {"environment_suffix": "pr1", "region": "us-east-1", "function_name": "checker-pr1"}


class MergingTest(unittest.TestCase):
    def test_other_stacks_keep_their_values_and_order(self) -> None:
        flat = added({"VpcId": "vpc-1", "Count": 3, "Nested": {"a": [1]}}, OURS, NAMES)
        self.assertEqual(flat, {"VpcId": "vpc-1", "Count": 3, "Nested": {"a": [1]}, **OURS})
        self.assertEqual(list(flat)[:3], ["VpcId", "Count", "Nested"])

    def test_an_output_that_is_gone_leaves(self) -> None:
        flat = added({**OURS, "dashboard_name": "old", "VpcId": "vpc-1"}, OURS, NAMES)
        self.assertEqual(flat, {"VpcId": "vpc-1", **OURS})

    def test_removing_undoes_adding(self) -> None:
        before = {"VpcId": "vpc-1"}
        self.assertEqual(removed(added(before, OURS, NAMES), "pr1", "us-east-1", NAMES), before)

    def test_another_environments_outputs_stay(self) -> None:
        for suffix, region in (("pr2", "us-east-1"), ("pr1", "eu-west-1"), ("pr2", "")):
            self.assertEqual(removed(OURS, suffix, region, NAMES), OURS)
        self.assertEqual(removed(OURS, "pr1", "", NAMES), {})

    def test_our_names_are_the_root_modules_outputs(self) -> None:
        names = own_names()
        self.assertLess({"log_bucket_name", "dead_letter_queue_url", "function_name"}, names)
        self.assertLess(set(flat_outputs.IDENTITY), names)


class FileTest(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = Path(directory.name) / "cfn-outputs" / "flat-outputs.json"
        self.outputs = Path(directory.name) / "outputs.json"
        self.write_outputs(OURS)

    def write_outputs(self, values: dict[str, str]) -> None:
        typed = {name: {"sensitive": False, "type": "string", "value": value} for name, value in values.items()}
        self.outputs.write_text(json.dumps(typed), encoding="utf-8")

    def call(self, command: str, *arguments: str, path: Path | None = None) -> tuple[int, str]:
        """The exit code and the output."""
        printed = io.StringIO()
        with contextlib.redirect_stderr(printed), contextlib.redirect_stdout(printed):
            status = main([command, str(path or self.path), *arguments])
        return status, printed.getvalue()

    def existing(self, text: str) -> None:
        self.path.parent.mkdir(parents=True)
        self.path.write_text(text, encoding="utf-8")

    def test_add_makes_folder_and_file_and_remove_takes_the_file_again(self) -> None:
        self.assertEqual(self.call("check"), (0, ""))
        self.assertFalse(self.path.parent.exists())
        self.assertEqual(self.call("add", str(self.outputs)), (0, ""))
        self.assertEqual(json.loads(self.path.read_text(encoding="utf-8")), OURS)
        self.assertEqual([path.name for path in self.path.parent.iterdir()], [self.path.name])
        self.assertEqual(self.call("remove", "pr1", "us-east-1"), (0, ""))
        self.assertFalse(self.path.exists())

    def test_other_stacks_survive_both(self) -> None:
        self.existing('{"VpcId": "vpc-é"}')
        self.call("add", str(self.outputs))
        self.assertEqual(json.loads(self.path.read_text(encoding="utf-8")), {"VpcId": "vpc-é", **OURS})
        self.call("remove", "pr1", "us-east-1")
        self.assertEqual(json.loads(self.path.read_text(encoding="utf-8")), {"VpcId": "vpc-é"})

    def test_the_next_environment_replaces_the_former(self) -> None:
        self.call("add", str(self.outputs))
        self.write_outputs({**OURS, "environment_suffix": "pr2"})
        self.assertEqual(self.call("add", str(self.outputs)), (0, ""))
        self.call("remove", "pr1", "us-east-1")
        self.assertEqual(json.loads(self.path.read_text(encoding="utf-8"))["environment_suffix"], "pr2")

    def test_what_is_no_object_is_one_error_and_stays(self) -> None:
        for text, told in (("{", "it is not JSON"), ("", "it is not JSON"), ("[1]", "got [1]"), ("null", "got null")):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_text(text, encoding="utf-8")
            for arguments in (("check",), ("add", str(self.outputs)), ("remove", "pr1", "us-east-1")):
                status, printed = self.call(*arguments)
                self.assertEqual(status, 1, (text, arguments))
                self.assertIn(f"{self.path}: expected a JSON object of names and values", printed)
                self.assertIn(told, printed)
                self.assertEqual(printed.count("\n"), 1)
                self.assertEqual(self.path.read_text(encoding="utf-8"), text)

    def test_a_name_of_another_stack_is_not_taken(self) -> None:
        self.existing('{"region": "eu-west-1"}')
        for arguments in (("check",), ("add", str(self.outputs))):
            status, printed = self.call(*arguments)
            self.assertEqual(status, 1)
            self.assertIn("region belong to another stack", printed)
        self.assertEqual(json.loads(self.path.read_text(encoding="utf-8")), {"region": "eu-west-1"})

    def test_a_write_that_fails_leaves_the_file_as_it_was(self) -> None:
        self.existing('{"VpcId": "vpc-1"}')
        with mock.patch("os.fsync", side_effect=OSError("disk full")):
            status, printed = self.call("add", str(self.outputs))
        self.assertEqual((status, printed), (1, "flat_outputs: disk full\n"))
        self.assertEqual(self.path.read_text(encoding="utf-8"), '{"VpcId": "vpc-1"}')
        self.assertEqual([path.name for path in self.path.parent.iterdir()], [self.path.name])

    def test_a_link_stays_a_link(self) -> None:
        elsewhere = self.outputs.with_name("elsewhere.json")
        elsewhere.write_text("{}", encoding="utf-8")
        self.path.parent.mkdir()
        self.path.symlink_to(elsewhere)
        self.call("add", str(self.outputs))
        self.assertTrue(self.path.is_symlink())
        self.assertEqual(json.loads(elsewhere.read_text(encoding="utf-8")), OURS)

    def test_identity_is_suffix_and_region_or_nothing(self) -> None:
        self.assertEqual(self.call("identity", path=self.outputs), (0, "pr1 us-east-1\n"))
        self.write_outputs({"region": "us-east-1"})
        self.assertEqual(self.call("identity", path=self.outputs), (0, ""))
