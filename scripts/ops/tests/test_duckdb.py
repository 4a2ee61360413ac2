"""docs/duckdb.sql reads whatever the function can write. Pure."""

from __future__ import annotations

import json
import re
import tempfile
import unittest
from pathlib import Path
from typing import Any, ClassVar

import duckdb

from dev import duckdb_sql

from .support import ROOT

CORE = ROOT / "crates" / "core" / "src"
EXEMPTION = {"owner": "web", "reason": "lab", "expires": "2026-12-31", "keys": ["Owner"]}
# Every field of every part; those of a reason alone are together here.
RECORD = {
    "timestamp": "2026-01-01T10:00:00.000Z",
    "instanceId": "i-1234567890abcdef0",
    "state": "running",
    "isCompliant": False,
    "requiredTags": ["Owner", "Environment"],
    "tags": {"Owner": " web ", "owner": "another key", "Password": "********"},
    "missingTags": ["Environment"],
    "invalidTags": [
        {
            "key": "Owner",
            "value": "x",
            "reason": "not-allowed",
            "allowedValues": ["web"],
            "moreAllowedValues": 2,
            "didYouMean": "web",
            "surroundingBlanks": True,
            "pattern": "^w",
            "example": "web",
            "minLength": 1,
            "maxLength": 2,
            "maxDaysAhead": 3,
            "min": 0.5,
            "max": 1.5,
        }
    ],
    "forbiddenTags": [{"key": "Password", "value": "********"}],
    "misspelledTags": [{"key": "Environment", "found": "Enviroment"}],
    "exemptFindings": [{"key": "Application", "finding": "missing", "exemption": EXEMPTION}],
    "upcoming": [{"key": "CostCenter", "finding": "missing", "enforcedFrom": "2026-02-01"}],
    "status": "non-compliant",
    "outOfScope": "launched-before",
    "provisional": False,
    "severity": "high",
    "exemption": EXEMPTION,
    "expiredExemptions": [EXEMPTION],
    "accountId": "123456789012",
    "region": "us-east-1",
    "operator": "eks.amazonaws.com",
    "launchedAt": "2026-01-01T00:00:00.000Z",
    "trigger": "state-change",
    "eventId": "7bf73129-1428-4cd3-a780-95db273d1602",
    "eventTime": "2026-01-01T09:59:58.000Z",
    "eventTimeRejected": True,
    "eventState": "running",
    "policyHash": "da7e",
    "fix": {
        "madeBy": "auto-scaling-group",
        "name": "web",
        "launchTemplateId": "lt-1",
        "launchTemplateVersion": "1",
        "stack": "web",
        "commands": ["aws ec2 create-tags"],
        "nextLaunch": "the group",
        "nextLaunchCommands": ["aws autoscaling create-or-update-tags"],
    },
}


def source(name: str) -> str:
    """A file of the core, without its tests and what it never writes."""
    text = (CORE / name).read_text(encoding="utf-8").partition("#[cfg(test)]")[0]
    return re.sub(r"#\[serde\(skip\)\]\s+pub(?:\(\w+\))? \w+:", "", text)


def fields(name: str, start: str) -> set[str]:
    """The keys that a struct or an enum writes: what of it stands as a field in the source."""
    body = source(name).partition(start)[2].partition("\n}\n")[0]
    if not body:
        raise AssertionError(f"{name} has no {start}")
    names = re.findall(r"(?:^ +(?:pub )?|\{ )([a-z_]+): ", body, flags=re.MULTILINE)
    return {re.sub(r"_(\w)", lambda match: match[1].upper(), field) for field in names}


class WrittenTest(unittest.TestCase):
    def test_the_file_is_what_athenas_says(self) -> None:
        athena, text = (path.read_text(encoding="utf-8") for path in (duckdb_sql.ATHENA, duckdb_sql.DUCKDB))
        self.assertEqual(text, duckdb_sql.written(athena), "run scripts/dev/duckdb_sql.py")

    def test_types_of_hive_in_duckdbs_words(self) -> None:
        table = duckdb_sql.Table({}, {"minlength": "minLength"})
        for hive, expected in (
            ("string", "VARCHAR"),
            ("array<boolean>", "BOOLEAN[]"),
            ("map<string,array<int>>", "MAP(VARCHAR, INTEGER[])"),
            ("struct<minlength:int,max:double>", 'STRUCT("minLength" INTEGER, "max" DOUBLE)'),
            ("array<struct<a:map<string,string>,b:string>>", 'STRUCT("a" MAP(VARCHAR, VARCHAR), "b" VARCHAR)[]'),
        ):
            self.assertEqual(duckdb_sql.duckdb_type(hive, table), expected)
        with self.assertRaisesRegex(ValueError, "uniontype<int>: expected a scalar, an array, a map or a struct"):
            duckdb_sql.duckdb_type("uniontype<int>", table)


class RecordTest(unittest.TestCase):
    """The record above is all that the function can write."""

    def test_its_fields_are_those_of_the_source(self) -> None:
        finding, invalid = "evaluation/finding.rs", "evaluation/finding/invalid.rs"
        not_counted = fields("evaluation/not_counted.rs", "struct Recorded")
        tag = fields(invalid, "pub struct InvalidTag") - {"required"}
        for name, written, expected in (
            ("record", RECORD, fields("record.rs", "pub struct AuditRecord")),
            ("invalid tag", RECORD["invalidTags"][0], tag | fields(invalid, "pub enum InvalidReason")),
            ("forbidden tag", RECORD["forbiddenTags"][0], fields(finding, "pub struct ForbiddenTag")),
            ("misspelled tag", RECORD["misspelledTags"][0], fields(finding, "pub struct MisspelledTag")),
            ("exempt finding", RECORD["exemptFindings"][0], not_counted - {"enforcedFrom"}),
            ("upcoming finding", RECORD["upcoming"][0], not_counted - {"exemption"}),
            ("exemption", EXEMPTION, fields("policy/exemption.rs", "pub struct Exemption")),
        ):
            self.assertEqual(set(written), expected, name)

    def test_its_fields_are_those_of_the_table(self) -> None:
        statements = duckdb_sql.statements(duckdb_sql.ATHENA.read_text(encoding="utf-8"))
        [table] = [duckdb_sql.table(sql) for _, sql in statements if sql.startswith("CREATE EXTERNAL TABLE")]
        self.assertEqual({table.key(name) for name in table.columns}, set(RECORD))


class QueryTest(unittest.TestCase):
    """The queries on records of three days: what was repaired, what is violating, and what is not enforced yet."""

    duckdb: ClassVar[duckdb.DuckDBPyConnection]
    sql: ClassVar[dict[str, str]]

    @classmethod
    def setUpClass(cls) -> None:
        directory = tempfile.TemporaryDirectory(prefix="ops-duckdb-")
        cls.addClassCleanup(directory.cleanup)
        bare = {key: RECORD[key] for key in ("requiredTags", "tags", "region", "trigger", "policyHash", "state")}
        bare |= {"missingTags": [], "invalidTags": []}

        def record(day: int, instance: str, status: str, **more: Any) -> dict[str, Any]:
            at = f"2026-01-0{day}T10:00:00.000Z"
            found = {"timestamp": at, "instanceId": instance, "status": status, "isCompliant": status == "compliant"}
            return bare | found | more

        pages = {
            "2026-01-01/i-1.json": [RECORD],
            "2026-01-02/fleet-1.jsonl": [
                RECORD | {"timestamp": "2026-01-02T10:00:00.000Z"},
                record(2, "i-repaired", "non-compliant", missingTags=["Owner"]),
                record(2, "i-again", "compliant"),
                record(2, "i-exempt", "exempt", missingTags=["Owner"], exemption=EXEMPTION),
            ],
            "2026-01-03/fleet-2.jsonl": [
                record(3, "i-repaired", "compliant"),
                record(3, "i-again", "non-compliant", missingTags=["Owner"], tags={}),
                record(3, "i-new", "non-compliant", missingTags=["Owner"], provisional=True),
            ],
        }
        for name, records in pages.items():
            path = Path(directory.name) / "scans" / name
            path.parent.mkdir(parents=True)
            path.write_text("".join(json.dumps(one) + "\n" for one in records), encoding="utf-8")
        cls.duckdb = duckdb.connect()
        cls.addClassCleanup(cls.duckdb.close)
        cls.sql = {}
        for comment, sql in duckdb_sql.statements(duckdb_sql.DUCKDB.read_text(encoding="utf-8")):
            cls.sql[comment[0].removeprefix("-- ").split(".")[0]] = sql
            if sql.startswith("CREATE"):
                cls.duckdb.execute(sql.replace("'scans/", f"'{directory.name}/scans/"))

    def rows(self, sql: str) -> list[dict[str, Any]]:
        result = self.duckdb.execute(sql)
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def test_every_query_runs(self) -> None:
        queries = [sql for sql in self.sql.values() if not sql.startswith("CREATE")]
        self.assertGreaterEqual(len(queries), 11)
        for sql in queries:
            self.duckdb.execute(sql)

    def test_every_value_arrives_in_its_column(self) -> None:
        [row] = self.rows("SELECT * FROM tag_compliance.audit_log WHERE day = '2026-01-01'")
        self.assertEqual(row.pop("day"), "2026-01-01")
        self.assertTrue(row.pop("$path").endswith("scans/2026-01-01/i-1.json"))
        self.assertEqual(list(row.values()), [RECORD[key] for key in RECORD])

    def test_violating_now_whose_and_since_when(self) -> None:
        rows = self.rows(self.sql["Violating now, whose, since when"])
        names = ("owner", "instanceid", "since", "missingtags", "invalidkeys")
        shown = [tuple(row[name] for name in names) for row in rows]
        self.assertEqual(
            shown,
            [
                ("web", "i-1234567890abcdef0", "2026-01-01T10:00:00.000Z", ["Environment"], ["Owner"]),
                ("(nobody)", "i-again", "2026-01-03T10:00:00.000Z", ["Owner"], []),
            ],
        )

    def test_an_exempt_instance_is_no_violation_by_missing_tag(self) -> None:
        rows = self.rows(self.sql["Violations now by missing tag"])
        self.assertEqual(rows, [{"tag": "Environment", "instances": 1}, {"tag": "Owner", "instances": 1}])

    def test_what_is_not_enforced_yet_is_named_with_its_day(self) -> None:
        rows = self.rows(self.sql["Upcoming findings, and the day from which each counts"])
        self.assertEqual(rows, [{"finding": "2026-02-01: CostCenter is missing", "instances": 1}])

    def test_the_path_tells_a_sweeps_records(self) -> None:
        sql = """SELECT count(*) AS number FROM tag_compliance.audit_log WHERE "$path" LIKE '%/fleet-%'"""
        self.assertEqual(self.rows(sql), [{"number": 7}])


if __name__ == "__main__":
    unittest.main()
