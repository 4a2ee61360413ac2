"""Filter policies of SNS subscriptions: what they let pass, and which SNS refuses."""

from __future__ import annotations

import json
import unittest
from typing import Any

from botocore.exceptions import ClientError

from standin.filter_policies import MOST_COMBINATIONS, MOST_PER_TOPIC

from .support import Queue, StandInTest

Policy = dict[str, Any]
OWNER = {"owner_pattern": ["web-team", "data-*"]}
ESCALATED = {"change": ["escalated"]}

# What each message says, and which policies let it pass.
MESSAGES: dict[str, dict[str, Any]] = {
    "opened by web": {"owner_pattern": "web-team", "owner": "web-team", "change": ["opened"], "severity": "high"},
    "escalated by data": {"owner_pattern": "data-*", "owner": "data-1", "change": ["escalated", "still-open"]},
    "escalated by others": {"owner_pattern": "*", "change": ["escalated"]},
    "quoted": {"owner_pattern": r'"R\D"', "change": [r'"R\D"']},
    "digest": {"severity": "low"},
    "alarm": {},
}
POLICIES: dict[str, tuple[Policy, set[str]]] = {
    "owner": (OWNER, {"opened by web", "escalated by data"}),
    "escalated": (ESCALATED, {"escalated by data", "escalated by others"}),
    "either": ({"$or": [OWNER, ESCALATED]}, {"opened by web", "escalated by data", "escalated by others"}),
    "both": ({**OWNER, **ESCALATED}, {"escalated by data"}),
    "owned": ({"owner": [{"exists": True}]}, {"opened by web", "escalated by data"}),
    # Only of messages with attributes.
    "unowned": ({"owner": [{"exists": False}]}, {"escalated by others", "quoted", "digest"}),
    "prefix": ({"owner": [{"prefix": "data-"}]}, {"escalated by data"}),
    "not high": ({"severity": [{"anything-but": ["high"]}]}, {"digest"}),
    "escaped once": ({"owner_pattern": [r'"R\D"']}, set()),
    "escaped twice": ({"owner_pattern": [r'\"R\\D\"'], "change": [r'\"R\\D\"']}, {"quoted"}),
    "everything": ({}, set(MESSAGES)),
}


def attributes(message: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {"DataType": "String.Array", "StringValue": json.dumps(value)}
        if isinstance(value, list)
        else {"DataType": "String", "StringValue": value}
        for name, value in message.items()
    }


class FilterPoliciesTest(StandInTest):
    standin_settings = {"AUTH": "true"}

    def setUp(self) -> None:
        self.sns = self.standin.client("sns")
        self.name = self.id().rsplit(".", 1)[-1].replace("_", "-")[-60:]
        self.topic = self.sns.create_topic(Name=self.name)["TopicArn"]

    def subscribe(self, endpoint: str, policy: Policy, **settings: Any) -> str:
        """Subscribe an address; return the subscription's ARN."""
        arn: str = self.sns.subscribe(
            TopicArn=self.topic,
            Protocol="email",
            Endpoint=endpoint,
            Attributes={"FilterPolicy": json.dumps(policy), **settings},
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]
        return arn

    def test_policies_let_pass_what_they_say(self) -> None:
        queues = {}
        for name, (policy, _) in POLICIES.items():
            queue = Queue(self.standin, name.replace(" ", "-"), "sns.amazonaws.com", self.topic)
            given = {"FilterPolicy": json.dumps(policy), "RawMessageDelivery": "true"}
            self.sns.subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=queue.arn, Attributes=given)
            queues[name] = queue
        entries = [
            {"Id": str(number), "Message": json.dumps(name), "MessageAttributes": attributes(message)}
            for number, (name, message) in enumerate(MESSAGES.items())
        ]
        self.sns.publish_batch(TopicArn=self.topic, PublishBatchRequestEntries=entries)
        for entry in entries:
            self.sns.publish(TopicArn=self.topic, Message=entry["Message"], MessageAttributes=entry["MessageAttributes"])
        # In a batch and alone.
        for name, (_, passed) in POLICIES.items():
            with self.subTest(policy=name):
                self.assertEqual(sorted(queues[name].wait(2 * len(passed))), sorted([*passed, *passed]))

    def test_a_list_of_values_arrives_as_it_was_sent(self) -> None:
        queue = Queue(self.standin, self.name, "sns.amazonaws.com", self.topic)
        self.sns.subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=queue.arn)
        given = attributes(MESSAGES["escalated by data"])
        self.sns.publish_batch(
            TopicArn=self.topic,
            PublishBatchRequestEntries=[{"Id": "1", "Message": "m", "MessageAttributes": given}],
        )
        [envelope] = queue.wait(1)
        change = envelope["MessageAttributes"]["change"]
        self.assertEqual(change, {"Type": "String.Array", "Value": '["escalated", "still-open"]'})

    def test_policies_that_sns_refuses(self) -> None:
        most = [f"owner-{number}" for number in range(MOST_COMBINATIONS)]
        self.subscribe("most@example.com", {"owner_pattern": most})
        self.subscribe("also@example.com", {"$or": [{"owner_pattern": most[1:]}, ESCALATED]})
        cases: tuple[tuple[Any, str], ...] = (
            ({"owner_pattern": [*most, "more"]}, "too complex"),
            ({"owner_pattern": most[:76], "change": ["opened", "changed"]}, "too complex"),
            ({"$or": [{"owner_pattern": most}, ESCALATED]}, "too complex"),
            ({key: ["x"] for key in "abcdef"}, "more than 5 keys"),
            ({"owner_pattern": "web-team"}, "must be an array"),
            ({"owner_pattern": {"is": ["web-team"]}}, "must be an array"),
            ({"owner_pattern": []}, "Empty arrays"),
            ([], "not an object"),
        )
        arn = self.subscribe("set@example.com", OWNER)
        for number, (policy, reason) in enumerate(cases):
            with self.subTest(reason=reason), self.assertRaisesRegex(ClientError, reason):
                self.subscribe(f"{number}@example.com", policy)
            with self.subTest(set=reason), self.assertRaisesRegex(ClientError, reason):
                self.sns.set_subscription_attributes(
                    SubscriptionArn=arn, AttributeName="FilterPolicy", AttributeValue=json.dumps(policy)
                )
        with self.assertRaisesRegex(ClientError, "failed to parse JSON"):
            self.sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName="FilterPolicy", AttributeValue="{")
        held = self.sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]["FilterPolicy"]
        self.assertEqual(json.loads(held), OWNER)

    def test_policies_of_the_body_may_be_nested(self) -> None:
        self.subscribe("body@example.com", {"detail": {"owner": ["web"]}}, FilterPolicyScope="MessageBody")
        with self.assertRaisesRegex(ClientError, "must be an object or an array"):
            self.subscribe("other@example.com", {"detail": {"owner": "web"}}, FilterPolicyScope="MessageBody")

    def test_an_address_is_subscribed_once(self) -> None:
        arn = self.subscribe("one@example.com", OWNER)
        self.assertEqual(self.subscribe("one@example.com", OWNER), arn)
        with self.assertRaisesRegex(ClientError, "already exists with different attributes"):
            self.subscribe("one@example.com", ESCALATED)
        other = self.subscribe("other@example.com", {})
        self.assertEqual(self.subscribe("other@example.com", {}), other)

    def test_an_empty_policy_is_none(self) -> None:
        for arn in (self.subscribe("never@example.com", {}), self.subscribe("once@example.com", OWNER)):
            self.sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName="FilterPolicy", AttributeValue="{}")
            held = self.sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
            self.assertNotIn("FilterPolicy", held)

    def test_a_topic_has_so_many_filter_policies(self) -> None:
        arns = [self.subscribe(f"{number}@example.com", OWNER) for number in range(MOST_PER_TOPIC)]
        with self.assertRaises(self.sns.exceptions.FilterPolicyLimitExceededException):
            self.subscribe("more@example.com", OWNER)
        self.subscribe("everything@example.com", {})
        # One that has a policy may get another.
        self.sns.set_subscription_attributes(
            SubscriptionArn=arns[0], AttributeName="FilterPolicy", AttributeValue=json.dumps(ESCALATED)
        )
        self.sns.set_subscription_attributes(SubscriptionArn=arns[1], AttributeName="FilterPolicy", AttributeValue="{}")
        self.subscribe("more@example.com", OWNER)


if __name__ == "__main__":
    unittest.main()
