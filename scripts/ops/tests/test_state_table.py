"""The commands in docs/state-table.md do what it says, exactly as written."""

from __future__ import annotations

import re
import time
import unittest
from functools import partial
from typing import Any

from .support import (
    ROOT,
    client,
    invoke,
    launch,
    outputs,
    run_as_written,
    state_item,
    state_key,
    told_item,
    unique,
    wait_for,
)

DOCUMENT = (ROOT / "docs" / "state-table.md").read_text(encoding="utf-8")
SOURCE = (ROOT / "crates" / "aws" / "src" / "state_table" / "attributes.rs").read_text(encoding="utf-8")
EXAMPLE = "i-1234567890abcdef0"
DAY_MS = 86_400_000


def commands(heading: str) -> list[str]:
    """The code blocks under a heading."""
    [section] = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", DOCUMENT, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^```\n(.*?)^```", section, flags=re.MULTILINE | re.DOTALL)


# What sets id, region and key for the other commands.
ONE_INSTANCE = commands("Read what is open")[1]
SETTING = "\n".join(ONE_INSTANCE.splitlines()[:3])


class DocumentTest(unittest.TestCase):
    def test_every_attribute_of_an_instance_is_explained_and_no_other(self) -> None:
        written = set(re.findall(r'^ +\("(\w+)", ', SOURCE, flags=re.MULTILINE)) | set(re.findall(r'optional\("(\w+)"', SOURCE))
        # The marks of the voices.
        written |= set(re.findall(r'^ +\w+: (?:Some\()?"(\w+)"\)?,$', SOURCE, flags=re.MULTILINE))
        self.assertGreaterEqual(len(written), 25)
        [table] = re.findall(r"^\| attribute \|.*?\n\n", DOCUMENT, flags=re.MULTILINE | re.DOTALL)
        rows = re.findall(r"^\| (`[^|]*) \|", table, flags=re.MULTILINE)
        self.assertEqual({name for row in rows for name in re.findall(r"`(\w+)`", row)}, written)

    def test_every_reason_to_close_is_explained(self) -> None:
        source = (ROOT / "crates" / "core" / "src" / "memory" / "item.rs").read_text(encoding="utf-8")
        reasons = re.findall(r'Self::\w+ => "([a-z-]+)"', source)
        self.assertEqual(len(reasons), 6)
        [row] = re.findall(r"^\| `why` \|.*$", DOCUMENT, flags=re.MULTILINE)
        for reason in reasons:
            self.assertIn(f"`{reason}`", row)


class StateTableTest(unittest.TestCase):
    def run_as_written(self, command: str, instance_id: str = EXAMPLE) -> str:
        """What a command of the manual prints, for this deployment and instance."""
        command = f"{SETTING}\n{command}" if '"$key"' in command and command != ONE_INSTANCE else command
        command = command.replace(EXAMPLE, instance_id).replace("us-east-1", outputs()["region"])
        command = command.replace("tag-compliance-state-prod", outputs()["state_table_name"])
        command = command.replace("tag-compliance-checker-prod", outputs()["function_name"])
        self.assertNotIn("-prod", command)
        return run_as_written(command)

    def item(self, instance_id: str) -> dict[str, Any]:
        return state_item(state_key(instance_id))

    def violating(self) -> str:
        """An instance in violation that has been alerted, with a new owner."""
        instance_id = launch(self, {"Owner": unique("owner")})
        wait_for("what people were told", partial(told_item, instance_id))
        return instance_id

    def test_what_is_open_is_listed_with_its_time(self) -> None:
        instance_id = self.violating()
        what_is_open, one, _, control = commands("Read what is open")
        [line] = [line for line in self.run_as_written(what_is_open).splitlines() if instance_id in line]
        owner = self.item(instance_id)["own"]["S"]
        self.assertRegex(line, rf"^{owner}\t{instance_id}\t\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ\t-$")
        self.assertIn('"open"', self.run_as_written(one, instance_id))
        self.assertIn('"policy"', self.run_as_written(control))

    def test_what_is_due_is_listed(self) -> None:
        # In another region, so that the function ignores it.
        key = {"pk": {"S": "i#123456789012#nowhere#1"}, "sk": {"S": "i-00000000000000001"}}
        place: dict[str, Any] = {"TableName": outputs()["state_table_name"]}
        due = {**key, "grp": {"S": "0123456789abcdef"}, "due": {"N": "1764756000000"}}
        client("dynamodb").put_item(**place, Item=due)
        self.addCleanup(lambda: client("dynamodb").delete_item(**place, Key=key))
        what_is_due = commands("Read what is open")[2]
        self.assertIn("i-00000000000000001\t2025-12-03T10:00:00Z", self.run_as_written(what_is_due))

    def test_a_muted_instance_is_told_of_once_it_is_muted_no_more(self) -> None:
        instance_id = self.violating()
        mute, unmute = commands("Mute an instance")
        told_at = self.item(instance_id)["tat"]
        self.run_as_written(mute, instance_id)
        until = int(self.item(instance_id)["mute"]["N"])
        self.assertAlmostEqual(until, time.time() * 1000 + 2 * DAY_MS, delta=60_000)
        # One more finding, which is news.
        client("ec2").create_tags(Resources=[instance_id], Tags=[{"Key": "Environment", "Value": "qa"}])
        wait_for("the change", lambda: "due" in self.item(instance_id))
        time.sleep(8)
        self.assertIn("due", self.item(instance_id))
        self.assertEqual(self.item(instance_id)["tat"], told_at)
        self.run_as_written(unmute, instance_id)
        # The owner was alerted a moment ago.
        wait_for("the alert", partial(told_item, instance_id), timeout=120)
        self.assertNotEqual(self.item(instance_id)["tat"], told_at)

    def test_what_is_not_there_cannot_be_muted(self) -> None:
        with self.assertRaisesRegex(AssertionError, "ConditionalCheckFailedException"):
            self.run_as_written(commands("Mute an instance")[0], "i-00000000000000002")

    def test_a_check_closes_what_is_repaired(self) -> None:
        instance_id = self.violating()
        tags = {"Environment": "prod", "Owner": "web", "Application": "shop"}
        client("ec2").create_tags(
            Resources=[instance_id], Tags=[{"Key": key, "Value": value} for key, value in tags.items()]
        )
        answer = self.run_as_written(commands("Close something by hand")[0], instance_id)
        self.assertIn('"compliant"', answer)
        wait_for("its end", lambda: self.item(instance_id).get("why") == {"S": "compliant"})

    def test_what_is_closed_by_hand_opens_again_as_the_same_and_is_told_no_second_time(self) -> None:
        instance_id = self.violating()
        before = self.item(instance_id)
        self.run_as_written(commands("Close something by hand")[1], instance_id)
        closed = self.item(instance_id)
        self.assertEqual((closed["st"], closed["why"]), ({"S": "closed"}, {"S": "by-hand"}))
        self.assertEqual(int(closed["v"]["N"]), int(before["v"]["N"]) + 1)
        self.assertEqual(int(closed["ttl"]["N"]) * 1000, int(closed["read"]["N"]) + 8 * DAY_MS)
        self.assertNotIn("due", closed)
        time.sleep(8)
        self.assertEqual(self.item(instance_id), closed, "nobody opens it but a check")
        invoke({"instanceId": instance_id})
        opened = wait_for("a second look", partial(told_item, instance_id))
        self.assertEqual(opened["st"], {"S": "open"})
        self.assertEqual((opened["gen"], opened["tat"]), (before["gen"], before["tat"]))

    def test_a_policy_that_is_deleted_begins_anew_with_a_baseline(self) -> None:
        [delete] = commands("Start over")
        era = partial(state_item, {"pk": {"S": "ctl"}, "sk": {"S": "policy"}})

        invoke({"instanceId": EXAMPLE})
        before = wait_for("a policy that decides", era)
        self.run_as_written(delete)
        self.assertEqual(era(), {})
        invoke({"instanceId": EXAMPLE})
        self.assertGreater(int(era()["since"]["N"]), int(before["since"]["N"]))
        wait_for("the end of its sweep", lambda: "base" not in era())

    def test_one_sweep_at_a_time_by_the_payloads_of_the_manual(self) -> None:
        manual = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
        [section] = re.findall(r"^## Sweeps\n(.*?)^## ", manual, flags=re.MULTILINE | re.DOTALL)
        [sweep] = re.findall(r"^```\n(.*?)^```", section, flags=re.MULTILINE | re.DOTALL)
        wait_for("a sweep, where no other is under way", lambda: '"swept"' in self.run_as_written(sweep))
        self.assertEqual(invoke({}), {"statusCode": 200, "status": "ignored", "reason": "just-swept"})


if __name__ == "__main__":
    unittest.main()
