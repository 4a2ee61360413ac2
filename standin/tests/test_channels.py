"""Events on their way to every receiver, by the vendors' own URLs: faults, storms, and what EventBridge cannot know."""

from __future__ import annotations

import json
import unittest
from typing import Any, ClassVar

from standin.receivers import slack, teams
from standin.receivers.all import RECEIVERS, described
from standin.receivers.server import Fault, Receiver

from .machines import create_machine, run
from .roles import allow, create_role, trust
from .support import Queue, StandIn, StandInTest, create_rule, rule_arn, wait_for

# A day of retries takes nine seconds.
SCALE = 0.0001
NAMES = tuple(kind.name for kind in RECEIVERS)
CARD = {"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "TextBlock", "text": "hello"}]}
PAYLOADS: dict[str, Any] = {
    "slack": {"channel": slack.CHANNEL, "text": "hello"},
    "pagerduty": {
        "event_action": "trigger",
        "dedup_key": "k",
        "payload": {"summary": "s", "source": "i-1", "severity": "error"},
    },
    "jsm": {"message": "m", "alias": "a"},
    "teams": {"type": "message", "attachments": [{"contentType": teams.CARD, "content": CARD}]},
    "webhook": {"id": "1"},
}


class ChannelsTest(StandInTest):
    standin_settings = {
        "STANDIN_DELIVERY_SCALE": str(SCALE),
        "STANDIN_CALL_SECONDS": "10",
        "SFN_WAIT_SCALE": str(SCALE),
    }
    receivers: ClassVar[dict[str, Receiver]]
    channels: ClassVar[dict[str, dict[str, Any]]]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.receivers = {kind.name: kind(scale=SCALE) for kind in RECEIVERS}
        for receiver in cls.receivers.values():
            receiver.start()
            cls.addClassCleanup(receiver.stop)
        told = described(cls.receivers.values())
        cls.channels = told["receivers"]
        cls.standin.put("/_standin/hosts", told["hosts"])

    def setUp(self) -> None:
        self.name = self.id().rsplit(".", 1)[-1].replace("_", "-")[-45:].strip("-")
        self.events = self.standin.client("events")
        for receiver in self.receivers.values():
            self.addCleanup(receiver._begin_anew)

    def connection(self, name: str) -> str:
        secrets = dict(self.channels[name]["secrets"])
        # EventBridge wants a key even where the secret is elsewhere.
        [(key_name, key_value)] = secrets.pop("api_key", {"x-unused": "none"}).items()
        key = {"ApiKeyName": key_name, "ApiKeyValue": key_value}
        kinds = {"query": "QueryStringParameters", "body": "BodyParameters"}
        http = {
            kinds[where]: [{"Key": key, "Value": value, "IsValueSecret": True} for key, value in given.items()]
            for where, given in secrets.items()
        }
        arn: str = self.events.create_connection(
            Name=f"{self.name}-{name}",
            AuthorizationType="API_KEY",
            AuthParameters={"ApiKeyAuthParameters": key, "InvocationHttpParameters": http},
        )["ConnectionArn"]
        return arn

    def channel(self, name: str, **settings: Any) -> Queue:
        """A rule that sends ``detail.NAME`` of this test's events to a receiver; answers with its dead letters."""
        rule = f"{self.name}-{name}"
        destination = self.events.create_api_destination(
            Name=rule,
            ConnectionArn=self.connection(name),
            InvocationEndpoint=self.channels[name]["endpoint"],
            HttpMethod="POST",
            InvocationRateLimitPerSecond=settings.pop("rate", 300),
        )["ApiDestinationArn"]
        letters = Queue(self.standin, f"{rule}-letters", "events.amazonaws.com", rule_arn(rule))
        invoke = allow("events:InvokeApiDestination", destination)
        role = create_role(self.standin, rule, trust("events"), invoke)
        target = {"Arn": destination, "RoleArn": role}
        target |= {"InputPath": f"$.detail.{name}", "DeadLetterConfig": {"Arn": letters.arn}, **settings}
        create_rule(self.standin, rule, {"source": [self.name]}, target)
        return letters

    def put(self, *details: dict[str, Any]) -> None:
        for first in range(0, len(details), 10):
            entries = [
                {"Source": self.name, "DetailType": "t", "Detail": json.dumps(detail)}
                for detail in details[first : first + 10]
            ]
            self.assertEqual(self.events.put_events(Entries=entries)["FailedEntryCount"], 0)

    def webhook_events(self, count: int) -> list[dict[str, Any]]:
        return [{"webhook": {"id": str(number)}} for number in range(count)]

    def held(self, name: str) -> dict[str, Any]:
        return self.receivers[name].state()

    def test_one_event_reaches_every_channel(self) -> None:
        for name in NAMES:
            self.channel(name)
        self.put(PAYLOADS)
        wait_for("Slack", lambda: self.held("slack")["channels"][slack.CHANNEL])
        wait_for("PagerDuty", lambda: self.held("pagerduty")["alerts"].get("k"))
        wait_for("JSM", lambda: self.held("jsm")["alerts"])
        wait_for("Teams", lambda: self.held("teams")["cards"] == [CARD])
        wait_for("the webhook", lambda: "1" in self.held("webhook")["events"])
        self.assertEqual({name: self.held(name)["problems"] for name in NAMES}, {name: [] for name in NAMES})

    def test_an_outage_ends_and_every_event_arrives_once(self) -> None:
        letters = self.channel("webhook")
        receiver = self.receivers["webhook"]
        receiver.set_fault(Fault("outage"))
        self.put(*self.webhook_events(20))
        # By the fourteenth attempt an event has waited for an hour.
        wait_for("an hour of attempts", lambda: len(receiver.requests) >= 20 * 14)
        receiver.set_fault(Fault())
        wait_for("all events", lambda: len(self.held("webhook")["events"]) == 20)
        self.assertEqual((self.held("webhook")["duplicates"], letters.bodies()), (0, []))

    def test_a_secret_that_is_renewed_in_time_loses_nothing(self) -> None:
        letters = self.channel("webhook")
        receiver = self.receivers["webhook"]
        receiver.set_fault(Fault("revoked"))
        self.put(*self.webhook_events(3))
        wait_for("refusals", lambda: len(receiver.requests) >= 6)
        receiver.set_fault(Fault())
        wait_for("all events", lambda: len(self.held("webhook")["events"]) == 3)
        self.assertEqual(letters.bodies(), [])

    def test_a_channel_that_is_gone_leaves_dead_letters(self) -> None:
        letters = self.channel("webhook")
        self.receivers["webhook"].set_fault(Fault("deleted"))
        self.put(*self.webhook_events(3))
        self.assertEqual(len(letters.wait(3)), 3)

    def test_answers_that_are_late_make_duplicates_and_the_receiver_drops_them(self) -> None:
        quick = StandIn(STANDIN_DELIVERY_SCALE=str(SCALE), STANDIN_CALL_SECONDS="0.1")
        self.addCleanup(quick.stop)
        receiver = self.receivers["webhook"]
        quick.put("/_standin/hosts", {receiver.host: receiver.url})
        self.standin, self.events = quick, quick.client("events")
        self.channel("webhook")
        receiver.set_fault(Fault("slow", times=3, seconds=60))
        self.put(*self.webhook_events(3))
        wait_for("the duplicates", lambda: self.held("webhook")["duplicates"] >= 3)
        self.assertEqual(len(self.held("webhook")["events"]), 3)

    def test_a_storm_reaches_a_channel_at_its_pace(self) -> None:
        letters = self.channel("slack", rate=1)
        self.put(*({"slack": {**PAYLOADS["slack"], "text": str(number)}} for number in range(30)))
        wait_for("the messages", lambda: len(self.held("slack")["channels"][slack.CHANNEL]) == 30)
        texts = {message["text"] for message in self.held("slack")["channels"][slack.CHANNEL]}
        self.assertEqual((texts, letters.bodies()), ({str(number) for number in range(30)}, []))

    def test_eventbridge_takes_slacks_refusal_for_a_delivery(self) -> None:
        letters = self.channel("slack")
        receiver = self.receivers["slack"]
        receiver.set_fault(Fault("revoked"))
        self.put({"slack": PAYLOADS["slack"]})
        wait_for("the request", lambda: receiver.requests)
        # The next event is delivered, and of the first nothing is left to be tried again.
        receiver.set_fault(Fault())
        self.put({"slack": {**PAYLOADS["slack"], "text": "next"}})
        wait_for("the next", lambda: self.held("slack")["channels"][slack.CHANNEL])
        self.assertEqual([request["status"] for request in receiver.requests], [200, 200])
        self.assertEqual(letters.bodies(), [])

    def test_a_state_machine_sees_slacks_refusal(self) -> None:
        states = {
            "Post": {
                "Type": "Task",
                "Resource": "arn:aws:states:::http:invoke",
                "Parameters": {
                    "ApiEndpoint": self.channels["slack"]["endpoint"],
                    "Method": "POST",
                    "Authentication": {"ConnectionArn": self.connection("slack")},
                    "RequestBody.$": "$",
                },
                "Next": "Taken?",
            },
            "Taken?": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.ResponseBody.ok", "BooleanEquals": True, "Next": "Taken"}],
                "Default": "Refused",
            },
            "Taken": {"Type": "Succeed"},
            "Refused": {"Type": "Fail", "Error": "Slack", "CausePath": "$.ResponseBody.error"},
        }
        actions = ["states:InvokeHTTPEndpoint", "events:RetrieveConnectionCredentials", "secretsmanager:*"]
        definition = {"StartAt": "Post", "States": states}
        machine = create_machine(self.standin, self.name, definition, allow(actions, "*"))
        self.assertEqual(run(self.standin, machine, PAYLOADS["slack"])["status"], "SUCCEEDED")
        self.receivers["slack"].set_fault(Fault("deleted"))
        execution = run(self.standin, machine, PAYLOADS["slack"])
        self.assertEqual((execution["status"], execution["cause"]), ("FAILED", "channel_not_found"))

    def test_a_state_machine_answers_in_the_thread_that_an_item_remembers(self) -> None:
        dynamodb = self.standin.client("dynamodb")
        dynamodb.create_table(
            TableName=self.name,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        key = {"TableName": self.name, "Key": {"pk": {"S": "i-1"}}}
        dynamodb.put_item(TableName=self.name, Item={"pk": {"S": "i-1"}, "state": {"S": "open"}})
        states = {
            "Read": {
                "Type": "Task",
                "Resource": "arn:aws:states:::dynamodb:getItem",
                "Arguments": {**key, "ConsistentRead": True},
                "Assign": {"item": "{% $states.result.Item %}"},
                "Next": "Post",
            },
            "Post": {
                "Type": "Task",
                "Resource": "arn:aws:states:::http:invoke",
                "Arguments": {
                    "ApiEndpoint": self.channels["slack"]["endpoint"],
                    "Method": "POST",
                    "Authentication": {"ConnectionArn": self.connection("slack")},
                    "RequestBody": (
                        "{% $merge([{'channel': '" + slack.CHANNEL + "', 'text': $item.state.S}, "
                        "$exists($item.ts) ? {'thread_ts': $item.ts.S} : {}]) %}"
                    ),
                },
                "Retry": [{"ErrorEquals": ["States.Http.StatusCode.429"], "IntervalSeconds": 1, "MaxAttempts": 5}],
                "Output": "{% $states.result.ResponseBody %}",
                "Next": "Taken?",
            },
            "Taken?": {
                "Type": "Choice",
                "Choices": [{"Condition": "{% $states.input.ok and $not($exists($item.ts)) %}", "Next": "Remember"}],
                "Default": "Done",
            },
            "Remember": {
                "Type": "Task",
                "Resource": "arn:aws:states:::dynamodb:updateItem",
                "Arguments": {
                    **key,
                    "UpdateExpression": "SET ts = :ts",
                    "ConditionExpression": "attribute_not_exists(ts)",
                    "ExpressionAttributeValues": {":ts": {"S": "{% $states.input.ts %}"}},
                },
                "Next": "Done",
            },
            "Done": {"Type": "Succeed"},
        }
        actions = ["states:InvokeHTTPEndpoint", "events:*", "secretsmanager:*", "dynamodb:GetItem", "dynamodb:UpdateItem"]
        definition = {"QueryLanguage": "JSONata", "StartAt": "Read", "States": states}
        machine = create_machine(self.standin, self.name, definition, allow(actions, "*"))
        for state in ("open", "resolved"):
            dynamodb.update_item(
                **key,
                UpdateExpression="SET #s = :s",
                ExpressionAttributeNames={"#s": "state"},
                ExpressionAttributeValues={":s": {"S": state}},
            )
            execution = run(self.standin, machine)
            self.assertEqual(execution["status"], "SUCCEEDED", execution)
        opened, resolved = self.held("slack")["channels"][slack.CHANNEL]
        self.assertEqual((opened["text"], "thread_ts" in opened), ("open", False))
        self.assertEqual((resolved["text"], resolved["thread_ts"]), ("resolved", opened["ts"]))


if __name__ == "__main__":
    unittest.main()
