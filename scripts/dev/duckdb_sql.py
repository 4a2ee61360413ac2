"""Keeps docs/duckdb.sql as docs/athena.sql has it: the same table, view and queries for DuckDB.

usage: duckdb_sql.py [--check]

Without --check it writes the file; with it, it fails where the file differs.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"
ATHENA, DUCKDB = DOCS / "athena.sql", DOCS / "duckdb.sql"
SCALARS = {"string": "VARCHAR", "boolean": "BOOLEAN", "int": "INTEGER", "double": "DOUBLE"}
HEADER = """\
-- The audit log in DuckDB: the table and the queries of athena.sql. Written by scripts/dev/duckdb_sql.py.
-- Run it in the folder that holds scans/, as "aws s3 sync s3://BUCKET/scans/ scans/" copies it:
--   duckdb < duckdb.sql        prints the answer to each query
--   duckdb -init duckdb.sql    the same, and then takes your own"""


@dataclass(frozen=True)
class Table:
    """What the statement of the table says."""

    columns: dict[str, str]
    """Hive's types by the columns' names."""
    keys: dict[str, str]
    """The keys in the records, by the names that Athena has for them; a name that is not here is the key."""

    def key(self, name: str) -> str:
        """The key in the records of a column or a field."""
        return self.keys.get(name, name)


def statements(text: str) -> list[tuple[list[str], str]]:
    """The comment of each statement, line by line, and its SQL."""
    found = []
    for chunk in text.rstrip().removesuffix(";").split(";\n"):
        lines = chunk.strip().split("\n\n")[-1].splitlines()
        comment = [line for line in lines if line.startswith("--")]
        found.append((comment, "\n".join(lines[len(comment) :])))
    return found


def table(sql: str) -> Table:
    """The columns of the statement of the table, and the keys that they are read from."""
    columns = re.findall(r"^  `?(\w+)`? ([a-z]\S*?),?$", sql.partition("PARTITIONED BY")[0], flags=re.MULTILINE)
    return Table(dict(columns), dict(re.findall(r"'mapping\.(\w+)' = '(\w+)'", sql)))


def split_type(text: str) -> list[str]:
    """The parts of a type's arguments, at the commas of the outermost level."""
    parts, depth = [""], 0
    for char in text:
        depth += (char == "<") - (char == ">")
        if char == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return parts


def duckdb_type(hive: str, of: Table) -> str:
    """A type of Hive in DuckDB's words, fields of structs by their keys in the records."""
    if hive in SCALARS:
        return SCALARS[hive]
    kind, _, rest = hive.partition("<")
    inner = rest.removesuffix(">")
    if kind == "array":
        return duckdb_type(inner, of) + "[]"
    if kind == "map":
        key, value = split_type(inner)
        return f"MAP({duckdb_type(key, of)}, {duckdb_type(value, of)})"
    if kind == "struct":
        fields = [field.split(":", 1) for field in split_type(inner)]
        return "STRUCT(" + ", ".join(f'"{of.key(name)}" {duckdb_type(hive, of)}' for name, hive in fields) + ")"
    raise ValueError(f"{hive}: expected a scalar, an array, a map or a struct")


def view(of: Table) -> str:
    """The table as a view on the files. "$path" is Athena's word for where a record lies."""
    picked = [f'  "{of.key(name)}" AS "{name}",\n' for name in of.columns]
    types = [f"    '{of.key(name)}': '{duckdb_type(hive, of)}'" for name, hive in of.columns.items()]
    return (
        "CREATE OR REPLACE VIEW tag_compliance.audit_log AS\nSELECT\n"
        + "".join(picked)
        + "  filename AS \"$path\",\n  regexp_extract(filename, '([^/]+)/[^/]+$', 1) AS day\n"
        + "FROM read_json('scans/*/*', format = 'newline_delimited', filename = true,\n  columns = {\n"
        + ",\n".join(types)
        + "\n  })"
    )


def translated(sql: str) -> str:
    """A query in DuckDB's words. An element of a map that is not there is NULL, as element_at has it."""
    sql = re.sub(r"\btransform\((\w+), (\w+) ->", r"list_transform(\1, lambda \2:", sql)
    return re.sub(r"\belement_at\((\w+), ('[^']*')\)", r"\1[\2]", sql)


def written(athena: str) -> str:
    """The whole file for DuckDB."""
    parts = [HEADER]
    for comment, sql in statements(athena):
        if sql.startswith("CREATE DATABASE"):
            parts.append("-- Database\nCREATE SCHEMA IF NOT EXISTS tag_compliance;")
        elif sql.startswith("CREATE EXTERNAL TABLE"):
            parts.append(f"-- Table\n{view(table(sql))};")
        else:
            parts.append("\n".join([*comment, translated(sql)]) + ";")
    return "\n\n".join(parts) + "\n"


def main(arguments: list[str]) -> None:
    text = written(ATHENA.read_text(encoding="utf-8"))
    if arguments == ["--check"]:
        if DUCKDB.read_text(encoding="utf-8") != text:
            raise SystemExit("docs/duckdb.sql is not what docs/athena.sql says; run scripts/dev/duckdb_sql.py")
    elif arguments:
        raise SystemExit(__doc__)
    else:
        DUCKDB.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
