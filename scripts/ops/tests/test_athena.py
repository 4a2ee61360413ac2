"""docs/athena.sql and docs/duckdb.sql on records that the function wrote.

The target's Athena takes the statement of the table. MiniStack's would then read the files without the table's
columns, and knows neither projection nor views, so the queries run in DuckDB, as docs/duckdb.sql has them.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import unittest
from pathlib import Path
from typing import Any, ClassVar

import duckdb

from dev import duckdb_sql

from .support import ROOT, client, invoke, launch, outputs, unique, wait_for

COMPLETE = {"Environment": "prod", "Application": "shop"}


def statements(name: str) -> dict[str, str]:
    """The statements of a file in docs by the first sentence of their comment."""
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    return {comment[0].removeprefix("-- ").split(".")[0]: sql for comment, sql in duckdb_sql.statements(text)}


class AthenaTest(unittest.TestCase):
    """One database with the table, and three instances with records of both forms."""

    database: ClassVar[str]
    table: ClassVar[dict[str, Any]]
    declared: ClassVar[duckdb_sql.Table]
    good: ClassVar[str]
    bad: ClassVar[str]
    untagged: ClassVar[str]
    owner: ClassVar[str]
    group: ClassVar[str]
    results: ClassVar[str]
    objects: ClassVar[dict[str, bytes]]
    records: ClassVar[list[dict[str, Any]]]
    duckdb: ClassVar[duckdb.DuckDBPyConnection]

    @classmethod
    def setUpClass(cls) -> None:
        before = set(cls._bucket_keys())
        cls.owner = unique("owner")
        cls.group = unique("group")
        cls.good = launch(cls, {**COMPLETE, "Owner": cls.owner, "owner": "another key"})
        cls.bad = launch(cls, {"Environment": "qa", "Owner": f" {cls.owner} "})
        cls.untagged = launch(cls, {"aws:autoscaling:groupName": cls.group})
        cls._wait_until_checked()
        for instance_id in (cls.good, cls.bad, cls.untagged):
            invoke({"instanceId": instance_id})
        # Another sweep may be under way.
        wait_for("a sweep", lambda: invoke({"detail-type": "Scheduled Event"})["status"] == "swept")
        own = (cls.good, cls.bad, cls.untagged)
        cls.objects = {
            key: client("s3").get_object(Bucket=outputs()["log_bucket_name"], Key=key)["Body"].read()
            for key in set(cls._bucket_keys()) - before
            if key.endswith(".jsonl") or any(instance_id in key for instance_id in own)
        }
        cls._create_table()
        cls._read_records()

    @classmethod
    def _wait_until_checked(cls) -> None:
        def checked() -> bool:
            keys = cls._bucket_keys()
            return all(any(instance_id in key for key in keys) for instance_id in (cls.good, cls.bad, cls.untagged))

        wait_for("audit records of the launches", checked)

    @classmethod
    def _bucket_keys(cls) -> list[str]:
        listing = client("s3").get_paginator("list_objects_v2")
        pages = listing.paginate(Bucket=outputs()["log_bucket_name"], Prefix="scans/")
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    @classmethod
    def _create_table(cls) -> None:
        cls.database = unique("ops_test").replace("-", "_")
        client("glue").create_database(DatabaseInput={"Name": cls.database})
        cls.addClassCleanup(client("glue").delete_database, Name=cls.database)
        sql = statements("athena.sql")["Table"]
        cls.declared = duckdb_sql.table(sql)
        cls.results = unique("ops-test")
        elsewhere = {"CreateBucketConfiguration": {"LocationConstraint": outputs()["region"]}}
        client("s3").create_bucket(Bucket=cls.results, **({} if outputs()["region"] == "us-east-1" else elsewhere))
        cls.addClassCleanup(cls._delete_results)
        sql = sql.replace("tag_compliance.", f"{cls.database}.").replace("BUCKET", outputs()["log_bucket_name"])
        cls.run_on_athena(sql)
        cls.table = client("glue").get_table(DatabaseName=cls.database, Name="audit_log")["Table"]
        cls.addClassCleanup(client("glue").delete_table, DatabaseName=cls.database, Name="audit_log")

    @classmethod
    def _delete_results(cls) -> None:
        for item in client("s3").list_objects_v2(Bucket=cls.results).get("Contents", []):
            client("s3").delete_object(Bucket=cls.results, Key=item["Key"])
        client("s3").delete_bucket(Bucket=cls.results)

    @classmethod
    def _read_records(cls) -> None:
        """Makes the views audit_log and latest in DuckDB, of the objects in the bucket."""
        directory = Path(tempfile.mkdtemp(prefix="ops-athena-"))
        cls.addClassCleanup(shutil.rmtree, directory)
        cls.records = []
        for key, body in cls.objects.items():
            path = directory / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
            # Athena reads one record from each line, whatever the object's name.
            cls.records += [json.loads(line) for line in body.splitlines()]

        cls.duckdb = duckdb.connect()
        cls.addClassCleanup(cls.duckdb.close)
        sql = statements("duckdb.sql")
        for title in ("Database", "Table", "Latest evaluation of each instance that counts"):
            cls.duckdb.execute(sql[title].replace("'scans/", f"'{directory}/scans/"))

    @classmethod
    def run_on_athena(cls, sql: str) -> None:
        athena = client("athena")
        query = athena.start_query_execution(
            QueryString=sql, ResultConfiguration={"OutputLocation": f"s3://{cls.results}/"}
        )["QueryExecutionId"]

        def ended() -> dict[str, Any] | None:
            status = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
            return status if status["State"] in ("SUCCEEDED", "FAILED", "CANCELLED") else None

        status = wait_for("the end of an Athena query", ended)
        if status["State"] != "SUCCEEDED":
            raise AssertionError(f"Athena: {status['State']}: {status.get('StateChangeReason')}\n{sql}")

    @classmethod
    def query(cls, title: str, old: str = "", new: str = "") -> list[dict[str, Any]]:
        """The rows of a query of docs/duckdb.sql."""
        sql = statements("duckdb.sql")[title]
        result = cls.duckdb.execute(sql.replace(old, new) if old else sql)
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def own(self, rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """The rows of this test's instances."""
        ours = (self.good, self.bad, self.untagged)
        return {row["instanceid"]: row for row in rows if row["instanceid"] in ours}

    def count_of(self, instance_id: str) -> int:
        return sum(record["instanceId"] == instance_id for record in self.records)

    def test_single_records_are_one_line_and_pages_hold_several(self) -> None:
        lines = {key: len(body.splitlines()) for key, body in self.objects.items()}
        self.assertEqual({count for key, count in lines.items() if key.endswith(".json")}, {1})
        self.assertTrue(any(count >= 3 for key, count in lines.items() if key.endswith(".jsonl")), lines)

    def test_athena_stores_the_table_that_is_declared(self) -> None:
        columns = {column["Name"]: column["Type"] for column in self.table["StorageDescriptor"]["Columns"]}
        self.assertEqual(columns, self.declared.columns)
        serde = self.table["StorageDescriptor"]["SerdeInfo"]["Parameters"]
        keys = {name.removeprefix("mapping."): key for name, key in serde.items() if name.startswith("mapping.")}
        self.assertEqual(keys, self.declared.keys)

    def test_every_field_that_was_written_has_a_column(self) -> None:
        written = {field for record in self.records for field in record}
        self.assertLessEqual(written, {self.declared.key(name) for name in self.declared.columns})

    def test_tags_that_differ_in_case_are_two(self) -> None:
        # DuckDB distinguishes them by itself, Athena with this setting.
        self.assertEqual(self.table["StorageDescriptor"]["SerdeInfo"]["Parameters"]["case.insensitive"], "false")
        both = {json.dumps(record["tags"]) for record in self.records if record["instanceId"] == self.good}
        self.assertTrue(all('"Owner"' in tags and '"owner"' in tags for tags in both), both)

    def test_the_projected_days_are_those_of_the_keys(self) -> None:
        properties = self.table["Parameters"]
        self.assertEqual([key["Name"] for key in self.table["PartitionKeys"]], ["day"])
        self.assertEqual(properties["projection.enabled"], "true")
        template = properties["storage.location.template"]
        self.assertEqual(template, f"s3://{outputs()['log_bucket_name']}/scans/${{day}}/")
        self.assertEqual(properties["projection.day.format"], "yyyy-MM-dd")
        # Two days, if the tests run around midnight.
        days = {record["timestamp"][:10] for record in self.records}
        prefixes = tuple(template.replace("${day}", day).split("/", 3)[3] for day in days)
        self.assertTrue(any(key.startswith(prefixes) for key in self.objects), prefixes)

    def test_the_latest_record_of_each_instance(self) -> None:
        latest = dict(self.duckdb.execute('SELECT instanceid, "timestamp" FROM tag_compliance.latest').fetchall())
        for instance_id in (self.good, self.bad, self.untagged):
            times = [
                record["timestamp"]
                for record in self.records
                if record["instanceId"] == instance_id and "provisional" not in record
            ]
            self.assertEqual(latest[instance_id], max(times))

    def test_violating_now_whose_and_since_when(self) -> None:
        rows = self.own(self.query("Violating now, whose, since when"))
        self.assertEqual(rows.keys(), {self.bad, self.untagged})
        self.assertEqual((rows[self.bad]["owner"], rows[self.untagged]["owner"]), (self.owner, "(nobody)"))
        counted = [one for one in self.records if one["instanceId"] == self.bad and "provisional" not in one]
        self.assertEqual(rows[self.bad]["since"], min(record["timestamp"] for record in counted))

    def test_violations_now(self) -> None:
        rows = self.own(self.query("Violations now"))
        self.assertEqual(rows.keys(), {self.bad, self.untagged})
        self.assertEqual(rows[self.bad]["missingtags"], ["Application"])
        self.assertEqual([tag["key"] for tag in rows[self.bad]["invalidtags"]], ["Environment"])
        self.assertEqual(rows[self.untagged]["missingtags"], ["Environment", "Owner", "Application"])

    def test_exempt_now(self) -> None:
        self.assertEqual(self.query("Exempt now"), [])
        self.assertEqual(self.query("Out of scope now, by the condition of the policy"), [])

    def test_by_missing_tag(self) -> None:
        counts = {row["tag"]: row["instances"] for row in self.query("Violations now by missing tag")}
        # Other tests may have instances too.
        self.assertGreaterEqual(counts["Application"], 2)
        self.assertGreaterEqual(counts["Owner"], 1)
        self.assertEqual(set(counts) - {"Environment", "Owner", "Application"}, set())

    def test_by_invalid_value(self) -> None:
        rows = {row["tag"]: row["instances"] for row in self.query("Violations now by invalid value")}
        self.assertGreaterEqual(rows["Environment=qa is not-allowed"], 1)

    def test_by_what_made_the_instances(self) -> None:
        title = "Violations now by what made the instances, and where the next launch gets its tags"
        [group] = [row for row in self.query(title) if row["name"] == self.group]
        self.assertEqual((group["madeby"], group["instances"]), ("auto-scaling-group", 1))
        self.assertIn("PropagateAtLaunch", group["nextlaunch"])

    def test_by_owner(self) -> None:
        rows = {row["owner"]: row for row in self.query("Instances and violations now by owner")}
        self.assertEqual(rows[self.owner], {"owner": self.owner, "instances": 2, "violations": 1})
        self.assertGreaterEqual(rows["(nobody)"]["violations"], 1)

    def test_history(self) -> None:
        rows = self.query("History of an instance", "i-1234567890abcdef0", self.good)
        self.assertEqual(len(rows), self.count_of(self.good))
        self.assertGreaterEqual(len(rows), 3)
        self.assertEqual(rows, sorted(rows, key=lambda row: row["timestamp"]))
        self.assertLessEqual({"state-change", "manual"}, {row["trigger"] for row in rows})

    def test_by_day(self) -> None:
        rows = self.query("Evaluations by day, of the last week")
        self.assertGreaterEqual(sum(row["evaluations"] for row in rows), 6)
