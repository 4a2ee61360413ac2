"""PutEvents: who may put what, what is refused, and faults."""

from __future__ import annotations

import json
import unittest
from typing import Any

from botocore.exceptions import ClientError

from standin.events_faults import MOST_BYTES

from .support import ACCOUNT, REGION, Queue, StandInTest, create_rule, rule_arn

BUS = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"
SOURCE = "tag-compliance"


def entry(**otherwise: Any) -> dict[str, Any]:
    return {"Source": SOURCE, "DetailType": "Opened", "Detail": "{}", **otherwise}


class PutEventsTest(StandInTest):
    standin_settings = {"AUTH": "true"}

    def setUp(self) -> None:
        self.events = self.standin.client("events")
        self.name = self.id().rsplit(".", 1)[-1].replace("_", "-")[-60:].strip("-")

    def allowed_to_put(self, *conditions: dict[str, Any], resource: str = BUS) -> Any:
        """A client whose role may put events under these conditions."""
        iam = self.standin.client("iam")
        trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
        statement: dict[str, Any] = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": resource}
        for condition in conditions:
            statement["Condition"] = condition

        def document(statement: dict[str, Any]) -> str:
            return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

        role = iam.create_role(RoleName=self.name, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
        iam.put_role_policy(RoleName=self.name, PolicyName="put", PolicyDocument=document(statement))
        return self.standin.session(role)("events")

    def fault(self, **fault: Any) -> int:
        return self.standin.put("/_standin/events", fault)

    def received(self) -> Queue:
        """A queue that gets every event with this test's name as its source."""
        queue = Queue(self.standin, self.name, "events.amazonaws.com", rule_arn(self.name))
        create_rule(self.standin, self.name, {"source": [self.name]}, {"Arn": queue.arn})
        return queue

    def assert_denied(self, events: Any, *entries: dict[str, Any]) -> None:
        with self.assertRaises(ClientError) as caught:
            events.put_events(Entries=list(entries))
        self.assertEqual(caught.exception.response["Error"]["Code"], "AccessDeniedException")

    def test_a_role_may_put_its_own_source_and_no_other(self) -> None:
        events = self.allowed_to_put({"StringEquals": {"events:source": SOURCE}})
        self.assertEqual(events.put_events(Entries=[entry(), entry()])["FailedEntryCount"], 0)
        self.assert_denied(events, entry(Source="other"))
        self.assert_denied(events, entry(), entry(Source="other"))

    def test_a_role_may_put_its_own_detail_types_and_no_other(self) -> None:
        events = self.allowed_to_put({"StringLike": {"events:detail-type": "Open*"}})
        self.assertEqual(events.put_events(Entries=[entry()])["FailedEntryCount"], 0)
        self.assert_denied(events, entry(DetailType="Closed"))

    def test_conditions_that_hold_of_all_values_hold_of_one(self) -> None:
        events = self.allowed_to_put({"ForAllValues:StringEquals": {"events:source": [SOURCE]}})
        self.assertEqual(events.put_events(Entries=[entry()])["FailedEntryCount"], 0)
        self.assert_denied(events, entry(Source="other"))

    def test_a_role_may_put_on_its_bus_and_no_other(self) -> None:
        self.events.create_event_bus(Name=self.name)
        events = self.allowed_to_put()
        self.assert_denied(events, entry(EventBusName=self.name))
        self.assert_denied(events, entry(), entry(EventBusName=self.name))

    def test_ten_entries_are_the_most(self) -> None:
        self.assertEqual(len(self.events.put_events(Entries=[entry()] * 10)["Entries"]), 10)
        with self.assertRaisesRegex(ClientError, "ValidationException"):
            self.events.put_events(Entries=[entry()] * 11)

    def test_entries_that_are_too_large_together_fail_the_call(self) -> None:
        around = len(SOURCE) + len("Opened") + len('{"x":""}')
        fits = json.dumps({"x": "x" * (MOST_BYTES - around)}, separators=(",", ":"))
        self.assertEqual(self.events.put_events(Entries=[entry(Detail=fits)])["FailedEntryCount"], 0)
        with self.assertRaisesRegex(ClientError, "over the limit"):
            self.events.put_events(Entries=[entry(Detail=fits, Resources=["r"])])
        half = entry(Detail=json.dumps({"x": "x" * (MOST_BYTES // 2)}))
        with self.assertRaisesRegex(ClientError, "over the limit"):
            self.events.put_events(Entries=[half, half])

    def test_what_is_wrong_with_one_entry_fails_that_one(self) -> None:
        queue = self.received()
        ours = {"Source": self.name}
        without = {"DetailType": "Opened", "Detail": "{}"}
        answered = self.events.put_events(
            Entries=[entry(**ours, Detail='{"n": 0}'), entry(Detail="{"), without, entry(**ours, Detail='{"n": 3}')]
        )
        self.assertEqual(answered["FailedEntryCount"], 2)
        codes = [result.get("ErrorCode") for result in answered["Entries"]]
        self.assertEqual(codes, [None, "MalformedDetail", "InvalidArgument", None])
        self.assertEqual({event["detail"]["n"] for event in queue.wait(2)}, {0, 3})

    def test_a_test_lets_some_entries_fail(self) -> None:
        queue = self.received()
        self.assertEqual(self.fault(times=1, error="InternalFailure", entries=[1]), 204)
        entries = [entry(Source=self.name, Detail=json.dumps({"n": n})) for n in range(3)]
        answered = self.events.put_events(Entries=entries)
        self.assertEqual(
            [result.get("ErrorCode") for result in answered["Entries"]], [None, "InternalFailure", None]
        )
        self.assertEqual(answered["FailedEntryCount"], 1)
        self.assertEqual(self.events.put_events(Entries=entries[1:2])["FailedEntryCount"], 0)
        self.assertEqual({event["detail"]["n"] for event in queue.wait(3)}, {0, 1, 2})

    def test_a_test_lets_the_call_fail(self) -> None:
        self.assertEqual(self.fault(times=1, error="ThrottlingException"), 204)
        with self.assertRaisesRegex(ClientError, "ThrottlingException"):
            self.events.put_events(Entries=[entry()])
        self.assertEqual(self.events.put_events(Entries=[entry()])["FailedEntryCount"], 0)

    def test_a_fault_that_is_unknown_is_refused(self) -> None:
        for fault in ({"times": 1, "error": "Unheard"}, {"times": 1, "what": "?"}):
            with self.subTest(fault=fault):
                self.assertEqual(self.fault(**fault), 400)


if __name__ == "__main__":
    unittest.main()
