"""The queries of docs/duckdb.sql on what the function wrote: an object for each record, or for each batch."""

from __future__ import annotations

import datetime
import json
import tempfile
import unittest
from pathlib import Path
from typing import Any

import duckdb

from .model import is_batch
from .storm_events import GOOD, instance_id
from .stub import events
from .stub.aws import Aws
from .stub.fleet import ExplicitFleet, Instance
from .stub.lambda_service import ROOT, Function, Message

SETTLE_SECONDS = 600
COMPLIANT, REPAIRED, YOUNG, BAD = (instance_id(number) for number in range(1, 5))
EVENTS = {"one": COMPLIANT, "two": REPAIRED, "three": REPAIRED, "four": YOUNG, "five": BAD}
# Attempts of a call, after which it has failed.
ATTEMPTS = 3
# What differs between two runs.
TIMES = ("timestamp", "since")


class Log:
    """The audit log after events of which some came twice, as the queries see it."""

    def __init__(self, records: str) -> None:
        fleet = ExplicitFleet({COMPLIANT: Instance(GOOD), REPAIRED: Instance({}), BAD: Instance({"Owner": "web"})})
        environment = {"AUDIT_RECORDS": records}
        with Aws(fleet) as aws, Function(aws, settle_seconds=SETTLE_SECONDS, environment=environment) as function:
            fleet.instances[YOUNG] = Instance({"Owner": "shop"}, attached=datetime.datetime.now(datetime.UTC))
            bodies = [json.dumps(events.state_change(each, event_id=name)) for name, each in EVENTS.items()]
            # All but the young instance's event come again, since they could not be counted.
            aws.fault("CLOUDWATCH", "error", ATTEMPTS)
            _, again = function.receive([Message(body) for body in bodies])
            self.came_again = [json.loads(message.body)["id"] for message in again]
            fleet.instances[REPAIRED] = Instance(GOOD)
            function.receive(again)
            function.work_off_delayed()
            self.objects = dict(aws.record.objects)
            self.counted = aws.record.metric_sums()

    def answers(self) -> dict[str, list[dict[str, Any]]]:
        """The rows of each query, without times and in any order."""
        with tempfile.TemporaryDirectory() as directory, duckdb.connect() as connection:
            for key, body in self.objects.items():
                path = Path(directory, key)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(body)
            found = {}
            text = (ROOT / "docs" / "duckdb.sql").read_text(encoding="utf-8")
            text = text.replace("'scans/", f"'{directory}/scans/").replace("i-1234567890abcdef0", REPAIRED)
            for statement in text.rstrip().removesuffix(";").split(";\n"):
                result = connection.execute(statement)
                title = statement.strip().rpartition("\n\n")[2].partition("\n")[0].removeprefix("-- ").partition(".")[0]
                names = [column[0] for column in result.description]
                rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
                timeless = [{name: value for name, value in row.items() if name not in TIMES} for row in rows]
                found[title] = sorted(timeless, key=repr)
            return found


class Queries(unittest.TestCase):
    """Both ways of recording give the same answers."""

    maxDiff = None

    def test_a_batch_that_comes_again_in_part_counts_once_both_ways(self) -> None:
        each, batch = Log("each"), Log("batch")
        for log in (each, batch):
            self.assertEqual(log.came_again, ["one", "two", "three", "five"])
            # Of the instance that was repaired before its events came again, the second look is counted.
            self.assertEqual(log.counted["CompliantInstances"], 3)
            self.assertEqual(log.counted["NonCompliantInstances"], 2)
        # Five looks, four second ones, and that after the grace period; or an object for each of the three batches.
        self.assertEqual([len(each.objects), len(batch.objects)], [10, 3])
        self.assertFalse(any(is_batch(key, body) for key, body in each.objects.items()))
        self.assertTrue(all(is_batch(key, body) for key, body in batch.objects.items()))

        answers = batch.answers()
        self.assertEqual(answers, each.answers())
        [day] = answers["Evaluations by day, of the last week"]
        # The log keeps the first look at what was repaired.
        self.assertEqual((day["evaluations"], day["violations"]), (5, 4))
        violating = {row["instanceid"] for row in answers["Violations now"]}
        self.assertEqual(violating, {YOUNG, BAD})
        history = [(row["eventid"], row["iscompliant"]) for row in answers["History of an instance"]]
        self.assertEqual(sorted(history), [("three", False), ("three", True), ("two", False), ("two", True)])


if __name__ == "__main__":
    unittest.main()
