"""Messages that the previous version left in its delay queue for this version's function."""

from __future__ import annotations

import datetime
import json
import unittest
from pathlib import Path
from typing import Any

from .model import audit_key
from .stub import events
from .stub.aws import Aws
from .stub.fleet import ExplicitFleet, Instance
from .stub.lambda_service import Function

FIXTURES = Path(__file__).parents[1] / "fixtures" / "version-before"
SETTLING = "i-1234567890abcdef0"
STANDING = "i-00000000000000001"
COMPLETE = {"Environment": "dev", "Owner": "web", "Application": "shop"}
DELAYED = ("delayed-state-change", "delayed-call")


def message(name: str) -> dict[str, Any]:
    """A fixture, with times as if it had been written a minute ago."""
    text = (FIXTURES / f"{name}.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text.replace("2025-12-03T10:00:00", events.TIME.removesuffix("Z")))
    return found


class VersionBefore(unittest.TestCase):
    """Messages that the queue delivers, and messages that come directly, as from a redrive of dead letters."""

    def setUp(self) -> None:
        self.restart()

    def restart(self) -> None:
        """A new environment, whose first sweep has not run. One instance is past its grace period."""
        launched = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=61)
        fleet = ExplicitFleet(
            {
                SETTLING: Instance({"Owner": "web"}, launched=launched),
                STANDING: Instance({}),
                "i-00000000000000002": Instance(COMPLETE),
            }
        )
        self.aws = self.enterContext(Aws(fleet))
        self.function = self.enterContext(Function(self.aws, settle_seconds=60, knows_policy=False))

    def deliver(self, body: dict[str, Any], way: str) -> None:
        """Delivers a message, and everything that follows from it."""
        if way == "queue":
            self.function.work_off([json.dumps(body)])
        else:
            self.function.invoke_asynchronously(body)
        self.function.work_off_stream()
        self.function.work_off_delayed()
        self.function.work_off_stream()

    def items(self) -> dict[str, dict[str, Any]]:
        return {item["sk"]["S"]: item for item in self.aws.table.items()}

    def assert_all_went_well(self) -> None:
        self.assertEqual({outcome.kind for outcome in self.function.outcomes}, {"answer"}, self.function.log_text()[-2000:])
        self.assertEqual(self.function.dead_letters, [])

    def test_a_delayed_event_ends_with_an_evaluation_that_is_remembered_and_alerted_once(self) -> None:
        for name in DELAYED:
            for way in ("queue", "direct"):
                with self.subTest(name, way=way):
                    self.restart()
                    event = message(name)
                    self.deliver(event, way)
                    self.assert_all_went_well()
                    record = json.loads(self.aws.record.objects[audit_key(SETTLING, event)])
                    self.assertEqual((record["status"], record.get("provisional")), ("non-compliant", None))
                    item = self.items()[SETTLING]
                    self.assertEqual((item["st"]["S"], item["tgen"], "due" in item), ("open", item["gen"], False))
                    alerts = [alert for alert in self.aws.record.alerts if alert.told]
                    self.assertEqual([alert.told for alert in alerts], [{SETTLING}])

    def test_a_delayed_event_of_what_was_tagged_since_is_told_to_nobody(self) -> None:
        self.aws.fleet.instances[SETTLING].tags = COMPLETE
        event = message(DELAYED[0])
        self.deliver(event, "queue")
        self.assert_all_went_well()
        self.assertEqual(json.loads(self.aws.record.objects[audit_key(SETTLING, event)])["status"], "compliant")
        self.assertNotIn(SETTLING, self.items())
        self.assertEqual([alert for alert in self.aws.record.alerts if alert.told], [])

    def test_a_sweep_begins_anew_and_what_its_message_says_was_found_is_not_read(self) -> None:
        written = message("sweep-continuation")
        unreadable = message("sweep-continuation")
        unreadable["detail"]["progress"]["totals"] = "%"
        for body in (written, unreadable):
            for way in ("queue", "direct"):
                with self.subTest(totals=body["detail"]["progress"]["totals"][:8], way=way):
                    self.restart()
                    self.deliver(body, way)
                    self.assert_all_went_well()
                    [digest] = self.aws.record.alerts
                    self.assertEqual(digest.subject, "EC2 tag sweep: 2 of 3 instances not compliant")
                    self.assertEqual(self.aws.record.metric_sums(), {"OpenViolations": 1}, "the other may have its event")
                    swept = [line["instanceId"] for lines in self.aws.record.audit_records().values() for line in lines]
                    self.assertEqual(sorted(swept), sorted(self.aws.fleet.instances))
                    items = self.items()
                    self.assertNotIn("base", items["policy"], "the baseline is over")
                    self.assertEqual((items["sweep"]["id"]["S"], "state" in items["sweep"]), (body["id"], False))

    def test_what_the_first_sweep_alone_has_seen_is_open_as_told_and_its_next_event_alerts_nobody(self) -> None:
        self.deliver(message("sweep-continuation"), "queue")
        item = self.items()[STANDING]
        self.assertEqual((item["st"]["S"], item["tgen"], item["twhat"]), ("open", item["gen"], item["what"]))
        self.assertEqual(("due" in item, "miss" in item), (False, False))
        event = events.state_change(STANDING)
        self.deliver(event, "direct")
        self.assert_all_went_well()
        self.assertIn(audit_key(STANDING, event), self.aws.record.objects)
        self.assertEqual(self.items()[STANDING], item)
        self.assertEqual([alert for alert in self.aws.record.alerts if alert.told], [])

    def test_what_was_launched_just_before_is_suspected_until_its_delayed_event_opens_it(self) -> None:
        self.deliver(message("sweep-continuation"), "queue")
        item = self.items()[SETTLING]
        self.assertEqual((item["st"]["S"], "due" in item, "tgen" in item), ("suspect", True, False))
        self.deliver(message(DELAYED[0]), "queue")
        self.assert_all_went_well()
        item = self.items()[SETTLING]
        self.assertEqual((item["st"]["S"], item["tgen"], "due" in item), ("open", item["gen"], False))
        self.assertNotIn("miss", item)
        self.assertEqual([alert.told for alert in self.aws.record.alerts if alert.told], [{SETTLING}])

    def test_what_was_violated_all_along_is_the_baseline_and_gets_no_alert(self) -> None:
        self.function.invoke_asynchronously(events.state_change(STANDING))
        bodies = [json.dumps(message(name)) for name in (DELAYED[0], "sweep-continuation")]
        self.function.work_off(bodies)
        self.function.work_off_delayed()
        self.function.work_off_stream()
        self.assert_all_went_well()
        item = self.items()[STANDING]
        self.assertEqual((item["st"]["S"], item["tgen"], "due" in item), ("open", item["gen"], False))
        self.assertEqual([alert.told for alert in self.aws.record.alerts if alert.told], [{SETTLING}])
        digests = [alert for alert in self.aws.record.alerts if not alert.told]
        self.assertTrue(digests)
        for digest in digests:
            self.assertIn(STANDING, digest.message)


if __name__ == "__main__":
    unittest.main()
