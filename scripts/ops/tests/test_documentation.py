"""docs/operations.md, docs/events.md and the variables in docs/reference.md match the code. Pure."""

from __future__ import annotations

import json
import re
import unittest
from typing import Any

from .support import ROOT

DOCUMENT = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
# Operators run the function, and of the program only the redrive.
OF_THE_PROGRAM = ("crates/aws/src/ec2/regions.rs",)
SOURCES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8").split("#[cfg(test)]")[0]
    for crate in ("crates/core", "crates/aws", "lambda/checker")
    for path in sorted((ROOT / crate / "src").rglob("*.rs"))
    if path.stem.rpartition("_")[2] not in ("tests", "testing") and str(path.relative_to(ROOT)) not in OF_THE_PROGRAM
}
EVENTS = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")
ERRORS = ("crates/aws/src/error.rs", "lambda/checker/src/error.rs")
# Fields that Lambda and CloudWatch Logs Insights add to every line.
COMMON_FIELDS = {"@timestamp", "level", "message", "span.requestId", "type"}


def arguments_from(source: str, start: int) -> str:
    """The arguments of a call, up to its closing parenthesis."""
    depth = 1
    for token in re.finditer(r'"(?:[^"\\]|\\.)*"|[()]', source[start:]):
        depth += {"(": 1, ")": -1}.get(token[0], 0)
        if depth == 0:
            return source[start : start + token.start()]
    raise AssertionError(f"nothing closes {source[start : start + 80]!r}")


def log_lines() -> dict[str, tuple[str, set[str]]]:
    """Level and fields of each log line of the function, by its text."""
    found: dict[str, tuple[str, set[str]]] = {}
    for source in SOURCES.values():
        for call in re.finditer(r"\b(trace|debug|info|warn|error|always)!\(", source):
            arguments = arguments_from(source, call.end())
            text = re.findall(r'"((?:[^"\\]|\\.)*)"', arguments)[-1]
            before = arguments[: arguments.index(f'"{text}"')]
            fields = set(re.findall(r"(?:^|,)\s*[?%]?(\w+)\s*(?=[=,])", before))
            _, known = found.get(text, ("", set()))
            found[text] = ("INFO" if call[1] == "always" else call[1].upper(), known | fields)
    return found


def explained() -> list[tuple[str, str, str]]:
    """Level, text and fields of each row of the table of log lines."""
    return re.findall(r"^\| (DEBUG|INFO|WARN|ERROR) \| `([^`]+)` \| ([^|]*)\|", DOCUMENT, flags=re.MULTILINE)


def is_form_of(shown: str, text: str) -> bool:
    """Whether the text may produce what is shown, for any values of its placeholders."""
    return bool(re.fullmatch(re.sub(r"\\\{.*?\\\}", ".+", re.escape(text)), shown))


class EventsTest(unittest.TestCase):
    """The examples in docs/events.md have the fields of the published schemas."""

    def assert_of_schema(self, value: Any, described: dict[str, Any], schema: dict[str, Any], place: str) -> None:
        for option in [described, *described.get("anyOf", [])]:
            if "$ref" in option:
                described = schema["$defs"][option["$ref"].rpartition("/")[2]]
        if isinstance(value, list):
            for index, each in enumerate(value):
                self.assert_of_schema(each, described.get("items", {}), schema, f"{place}[{index}]")
        if not isinstance(value, dict) or described.get("additionalProperties"):
            return
        known = described.get("properties", {})
        self.assertLessEqual(set(value), set(known), place)
        self.assertLessEqual(set(described.get("required", [])), set(value), place)
        for name, each in value.items():
            self.assert_of_schema(each, known[name], schema, f"{place}.{name}")

    def test_each_example_has_the_fields_of_its_schema(self) -> None:
        examples = [json.loads(text) for text in re.findall(r"^```json\n(.*?)^```", EVENTS, flags=re.MULTILINE | re.DOTALL)]
        self.assertEqual(len(examples), 3)
        for example in examples:
            kind = next(kind for kind in ("violation", "notification", "sweep") if kind in example["detail-type"].lower())
            schema = json.loads((ROOT / "docs" / f"{kind}-event.schema.json").read_text(encoding="utf-8"))
            self.assert_of_schema(example["detail"], schema, schema, kind)


class VariablesTest(unittest.TestCase):
    def test_each_variable_of_the_function_is_listed_and_no_other(self) -> None:
        reference = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
        section = reference.partition("## Environment variables\n")[2].partition("\n## ")[0]
        rows = re.findall(r"^\| (`[A-Z].*?) \|", section, flags=re.MULTILINE)
        listed = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}
        read = set(re.findall(r'environment\s*\.\w+\("([A-Z_]+)"', SOURCES["lambda/checker/src/config.rs"]))
        self.assertGreaterEqual(len(read), 20)
        self.assertEqual(listed, read - {"AWS_REGION"})


class DocumentationTest(unittest.TestCase):
    def test_the_sources_are_read(self) -> None:
        lines = log_lines()
        self.assertEqual(lines["Event received"], ("INFO", {"event_id", "detail_type", "records"}))
        self.assertEqual(lines["Event failed: {error}"], ("ERROR", {"error_type", "retryable"}))
        self.assertEqual(lines["Violation opened"], ("INFO", {"instance_id"}))
        self.assertEqual(lines["SNS notification sent"], ("INFO", {"instance_id", "instances", "message_id"}))

    def test_every_log_line_is_explained(self) -> None:
        for text, (level, fields) in log_lines().items():
            told = [row for of, shown, row in explained() if of == level and is_form_of(shown, text)]
            self.assertTrue(told, f"no row for {level} {text!r}")
            for field in fields:
                self.assertIn(f"`{field}`", " ".join(told), f"{text!r} has the field {field}")

    def test_no_other_log_line_is_explained(self) -> None:
        for level, shown, _ in explained():
            known = [text for text, (of, _) in log_lines().items() if of == level and is_form_of(shown, text)]
            self.assertTrue(known, f"{level} {shown!r} is in no source")

    def test_every_way_to_fail_is_explained(self) -> None:
        for name in ERRORS:
            for text in re.findall(r'#\[error\("([^"]+)"\)\]', SOURCES[name]):
                words = re.split(r"\{[^}]*\}", text)[0].strip()
                self.assertIn(words, DOCUMENT)
        for word in ("InvalidEvent", "AwsCallFailed", "AwsCallRefused"):
            self.assertIn(f'"{word}"', SOURCES["lambda/checker/src/error.rs"])
            self.assertIn(f"`{word}`", DOCUMENT)

    def test_every_call_is_named(self) -> None:
        calls = set(re.findall(r'"([a-z0-9]+:[A-Z][A-Za-z]+)"', "".join(SOURCES.values())))
        self.assertGreaterEqual(len(calls), 4)
        for call in calls:
            self.assertIn(f"`{call}`", DOCUMENT)

    def test_insights_queries_use_fields_that_are_logged(self) -> None:
        known = COMMON_FIELDS | {field for _, fields in log_lines().values() for field in fields}
        queries = re.findall(r"^```insights\n(.*?)^```", DOCUMENT, flags=re.MULTILINE | re.DOTALL)
        self.assertGreaterEqual(len(queries), 5)
        for query in queries:
            used = set()
            for listed in re.findall(r"^fields (.*)$", query, flags=re.MULTILINE):
                used |= {field.strip() for field in listed.split(",")}
            used |= set(re.findall(r"\bfilter ([\w.@]+)", query))
            used |= set(re.findall(r"\bby (\w+),", query))
            self.assertLessEqual(used, known, query)

    def test_names_are_terraforms(self) -> None:
        text = (ROOT / "terraform" / "modules" / "names" / "main.tf").read_text(encoding="utf-8")
        names = [name.replace("${var.suffix}", "prod") for name in re.findall(r'"([^"]*\$\{var\.suffix\})"', text)]
        self.assertGreaterEqual(len(names), 8)
        for name in re.findall(r"[\w/-]+-prod\b", DOCUMENT):
            # The id of a schedule begins with its group.
            self.assertIn(name.removeprefix("//").removeprefix("default/"), [*names, "audit-prod"])
