"""Event patterns as channels use them: alternatives, wildcards, prefixes, exclusions, nulls and lists."""

from __future__ import annotations

import json
import unittest
from typing import Any

from botocore.exceptions import ClientError

from .support import ACCOUNT, REGION, Queue, StandInTest, create_rule, rule_arn

Pattern = dict[str, Any]

DETAIL = {
    "environment": "prod",
    "severity": "high",
    "owner": "data-warehouse",
    "ownerPattern": "data-*",
    "changes": ["opened", "escalated"],
    "instances": [{"change": "opened", "name": "a"}, {"change": "changed", "name": "b"}],
}
WITHOUT_OWNER = {**DETAIL, "owner": None, "ownerPattern": None}

# A pattern of the detail, and whether it matches DETAIL and WITHOUT_OWNER.
CASES: tuple[tuple[Pattern, bool, bool], ...] = (
    ({"environment": ["prod"]}, True, True),
    ({"environment": ["dev"]}, False, False),
    ({"severity": ["high", "critical"], "environment": ["prod"]}, True, True),
    ({"owner": [{"wildcard": "data-*"}]}, True, False),
    ({"owner": [{"wildcard": "*-house"}]}, False, False),
    ({"ownerPattern": ["data-*"]}, True, False),
    ({"owner": [{"prefix": "data-"}]}, True, False),
    ({"owner": [{"prefix": ""}]}, True, False),
    ({"owner": [None]}, False, True),
    ({"owner": [None, {"prefix": "data-"}]}, True, True),
    ({"owner": [{"anything-but": ["web"]}]}, True, True),
    ({"owner": [{"anything-but": {"prefix": "data-"}}]}, False, True),
    ({"owner": [{"anything-but": {"wildcard": "data-*"}}]}, False, True),
    ({"owner": [{"exists": True}]}, True, True),
    ({"absent": [{"exists": False}]}, True, True),
    ({"changes": ["escalated"]}, True, True),
    ({"changes": ["resolved"]}, False, False),
    ({"changes": [{"anything-but": ["opened"]}]}, True, True),
    ({"instances": {"change": ["changed"], "name": ["b"]}}, True, True),
    ({"instances": {"change": ["changed"], "name": ["a"]}}, False, False),
    ({"$or": [{"changes": ["test"]}, {"severity": ["high"], "owner": [{"wildcard": "data-*"}]}]}, True, False),
    ({"$or": [{"changes": ["test"]}, {"severity": ["low"]}]}, False, False),
    ({"environment": ["prod"], "$or": [{"owner": [None]}, {"ownerPattern": ["web"]}]}, False, True),
)
REFUSED: tuple[tuple[Any, str], ...] = (
    ({"owner": "data"}, "must be an object or an array"),
    ({"owner": []}, "Empty arrays are not allowed"),
    ({"owner": [{"wildcard": "**"}]}, "Consecutive wildcard"),
    ({"owner": [{"glob": "*"}]}, "Unrecognized match type"),
    ({"owner": [["data"]]}, "Match value must be String"),
)


class EventPatternsTest(StandInTest):
    def setUp(self) -> None:
        self.events = self.standin.client("events")

    def matches(self, pattern: Pattern, detail: dict[str, Any]) -> bool:
        event = {
            "id": "1",
            "account": ACCOUNT,
            "source": "own",
            "time": "2026-11-27T00:00:00Z",
            "region": REGION,
            "resources": [],
            "detail-type": "t",
            "detail": detail,
        }
        answer = self.events.test_event_pattern(EventPattern=json.dumps({"detail": pattern}), Event=json.dumps(event))
        return bool(answer["Result"])

    def test_patterns_match_what_they_say(self) -> None:
        for pattern, matches, matches_without_owner in CASES:
            with self.subTest(pattern=pattern):
                matched = (self.matches(pattern, DETAIL), self.matches(pattern, WITHOUT_OWNER))
                self.assertEqual(matched, (matches, matches_without_owner))

    def test_a_rule_passes_on_what_its_pattern_matches_and_nothing_else(self) -> None:
        queue = Queue(self.standin, "alternatives", "events.amazonaws.com", rule_arn("alternatives"))
        pattern = {"$or": [{"changes": ["test"]}, {"severity": ["high"], "owner": [{"wildcard": "data-*"}]}]}
        create_rule(self.standin, "alternatives", {"source": ["own"], "detail": pattern}, {"Arn": queue.arn})
        details = (DETAIL, WITHOUT_OWNER, {**WITHOUT_OWNER, "changes": ["test"]}, {**DETAIL, "severity": "low"})
        entries = [{"Source": "own", "DetailType": "t", "Detail": json.dumps({"n": n, **d})} for n, d in enumerate(details)]
        self.assertEqual(self.events.put_events(Entries=entries)["FailedEntryCount"], 0)
        # Until an event that matches has come after those that do not.
        self.events.put_events(Entries=[{"Source": "own", "DetailType": "t", "Detail": json.dumps({"n": 4, **DETAIL})}])
        self.assertEqual({event["detail"]["n"] for event in queue.wait(3)}, {0, 2, 4})

    def test_patterns_that_eventbridge_refuses(self) -> None:
        for pattern, reason in REFUSED:
            with self.subTest(pattern=pattern), self.assertRaisesRegex(ClientError, reason):
                self.events.put_rule(Name="refused", EventPattern=json.dumps({"detail": pattern}))


if __name__ == "__main__":
    unittest.main()
