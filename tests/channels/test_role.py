"""The machine's role: it needs every permission that it has, and has no other."""

from __future__ import annotations

import copy
import unittest
from typing import Any

from .deployed import TABLE_ARN
from .world import WorldTest, event, notification

# What the execution in a channel says when a statement is missing; None if the channel does not need it.
DENIED = "Events.ConnectionResource.AccessDenied"
DYNAMODB = "DynamoDB.AmazonDynamoDBException"
NEEDS = {
    "CallChannels": {"alerts": "States.Permissions", "oncall": "States.Permissions", "desk": "States.Permissions"},
    "UseConnections": {"alerts": DENIED, "oncall": DENIED, "desk": DENIED},
    "ReadSecretsOfConnections": {"alerts": DENIED, "oncall": DENIED, "desk": DENIED},
    "ReadViolations": {"alerts": None, "oncall": DYNAMODB, "desk": DYNAMODB},
    "RememberMessages": {"alerts": DYNAMODB, "oncall": None, "desk": None},
}

Statement = dict[str, Any]


class RoleTest(WorldTest):
    # Two days of waits take a second.
    scale = 0.000005

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(self.world.allow, *self.world.statements)
        self.world.write(self.instance, "open", 1)

    def errors(self, *statements: Statement) -> dict[str, str | None]:
        """How an execution in each channel fails under a policy; None if it does not."""
        self.world.allow(*statements)
        self.thread = f"{int(self.thread, 16) + 0x1000:016x}"
        details = {
            "alerts": notification(1, self.thread, starts=True),
            "oncall": event(self.instance, 1, "opened"),
            "desk": event(self.instance, 1, "opened"),
        }
        executions = {channel: self.world.start(channel, detail) for channel, detail in details.items()}
        return {channel: self.world.ended(execution).get("error") for channel, execution in executions.items()}

    def statements(self, without: str = "") -> list[Statement]:
        return [copy.deepcopy(one) for one in self.world.statements if one["Sid"] != without]

    def test_the_statements_suffice(self) -> None:
        self.assertEqual(self.errors(*self.statements()), {"alerts": None, "oncall": None, "desk": None})

    def test_each_statement_is_needed(self) -> None:
        self.assertEqual(NEEDS.keys(), {one["Sid"] for one in self.world.statements})
        for sid, expected in NEEDS.items():
            with self.subTest(without=sid):
                self.assertEqual(self.errors(*self.statements(without=sid)), expected)

    def test_each_action_is_needed(self) -> None:
        for number, statement in enumerate(self.world.statements):
            for action in statement["Action"]:
                less = self.statements()
                less[number]["Action"].remove(action)
                if less[number]["Action"]:
                    with self.subTest(without=action, sid=statement["Sid"]):
                        self.assertEqual(self.errors(*less), NEEDS[statement["Sid"]])

    def test_each_value_is_needed(self) -> None:
        """Each endpoint, connection, secret and key of the table."""
        self.world.write(self.instance, "closed", 1)
        for number, statement in enumerate(self.world.statements):
            for path in (["Resource"], ["Condition", "StringLike", "states:HTTPEndpoint"]):
                values = self.at(statement, path)
                for value in values if isinstance(values, list) else []:
                    less = self.statements()
                    self.at(less[number], path).remove(value)
                    # An alert of JSM is made at one address and closed at another: the violation is closed, then open.
                    for state in ("closed", "open"):
                        self.world.write(self.instance, state, 1)
                        failed = {channel for channel, error in self.errors(*less).items() if error}
                        with self.subTest(without=value, state=state):
                            self.assertEqual(failed, self.users(value, state))

    @staticmethod
    def at(statement: Statement, path: list[str]) -> Any:
        value: Any = statement
        for name in path:
            value = value.get(name, {})
        return value

    @staticmethod
    def users(value: str, state: str) -> set[str]:
        """The channels that a value is for."""
        places = {"connection/alerts": "alerts", "slack.com": "alerts", "connection/oncall": "oncall", "pagerduty.com": "oncall"}
        places |= {"connection/desk": "desk", "v2/alerts" if state == "open" else "/close": "desk"}
        if state == "open" and value.endswith("/close*"):
            return set()
        return {channel for place, channel in places.items() if place in value}

    def test_the_role_reads_violations_and_writes_messages_and_nothing_else(self) -> None:
        allowed = {(action, key) for one in self.world.statements for action in one["Action"] for key in self.keys_of(one)}
        messages = {(f"dynamodb:{action}", f"channel#{name}") for action in ("GetItem", "UpdateItem") for name in ("alerts", "archive")}
        self.assertEqual(allowed, {("dynamodb:GetItem", "i#*"), *messages})
        self.assertEqual({one["Resource"] for one in self.world.statements if self.keys_of(one)}, {TABLE_ARN})

    @staticmethod
    def keys_of(statement: Statement) -> list[str]:
        conditions = statement.get("Condition", {}).values()
        return [key for condition in conditions for key in condition.get("dynamodb:LeadingKeys", [])]

    def test_another_partition_key_is_refused(self) -> None:
        for sid, key in (("ReadViolations", "i#another#*"), ("RememberMessages", "channel#another")):
            other = self.statements()
            [statement] = [one for one in other if one["Sid"] == sid]
            [condition] = statement["Condition"].values()
            condition["dynamodb:LeadingKeys"] = [key]
            with self.subTest(sid=sid):
                self.assertEqual(self.errors(*other), NEEDS[sid])


if __name__ == "__main__":
    unittest.main()
