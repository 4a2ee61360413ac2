"""PublishBatch: each message of it is delivered like one that was published alone, within SNS's limits."""

from __future__ import annotations

import json
import unittest
from typing import Any

from botocore.exceptions import ClientError

from .support import Queue, StandInTest

MAX_BYTES = 256 * 1024


class SnsBatchTest(StandInTest):
    standin_settings = {"AUTH": "true"}

    def setUp(self) -> None:
        self.sns = self.standin.client("sns")
        self.name = self.id().rsplit(".", 1)[-1].replace("_", "-")
        self.topic = self.sns.create_topic(Name=self.name)["TopicArn"]

    def subscriber(self, name: str, **attributes: str) -> Queue:
        """A queue that is subscribed to the topic, which may send to it."""
        queue = Queue(self.standin, f"{self.name}-{name}", "sns.amazonaws.com", self.topic)
        self.sns.subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=queue.arn, Attributes=attributes)
        return queue

    def publish(self, *entries: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = self.sns.publish_batch(
            TopicArn=self.topic, PublishBatchRequestEntries=[{"Id": f"e{n}", **e} for n, e in enumerate(entries)]
        )
        return answer

    @staticmethod
    def alert(text: str, severity: str = "") -> dict[str, Any]:
        attributes = {"severity": {"DataType": "String", "StringValue": severity}} if severity else {}
        return {"Subject": f"About {text}", "Message": text, "MessageAttributes": attributes}

    def test_each_message_arrives_with_its_subject_and_attributes(self) -> None:
        queue = self.subscriber("all")
        answer = self.publish(*(self.alert(f"m{n}", "high" if n % 2 else "") for n in range(10)))
        self.assertEqual([entry["Id"] for entry in answer["Successful"]], [f"e{n}" for n in range(10)])
        self.assertEqual(answer.get("Failed", []), [])
        envelopes = {envelope["Message"]: envelope for envelope in queue.wait(10)}
        self.assertEqual(len(envelopes), 10)
        for n, told in enumerate(answer["Successful"]):
            envelope = envelopes[f"m{n}"]
            self.assertEqual(envelope["MessageId"], told["MessageId"])
            self.assertEqual((envelope["Subject"], envelope["TopicArn"]), (f"About m{n}", self.topic))
            expected = {"severity": {"Type": "String", "Value": "high"}} if n % 2 else {}
            self.assertEqual(envelope.get("MessageAttributes", {}), expected)

    def test_subscriptions_filter_message_by_message_as_for_a_single_one(self) -> None:
        by_attribute = self.subscriber("high", FilterPolicy=json.dumps({"severity": ["high", "medium"]}))
        above_one = json.dumps({"n": [{"numeric": [">", 1]}]})
        by_body = self.subscriber("body", FilterPolicy=above_one, FilterPolicyScope="MessageBody")
        everything = self.subscriber("everything")
        alerts = [self.alert(json.dumps({"n": n}), s) for n, s in enumerate(("low", "high", "", "medium"))]
        self.publish(*alerts)
        for alert in alerts:
            self.sns.publish(TopicArn=self.topic, **alert)
        # Each arrives twice: once from the batch, once alone.
        for queue, wanted in ((everything, [0, 1, 2, 3]), (by_attribute, [1, 3]), (by_body, [2, 3])):
            messages = [json.loads(envelope["Message"])["n"] for envelope in queue.wait(2 * len(wanted))]
            self.assertEqual(sorted(messages), sorted(wanted * 2))

    def test_a_batch_has_a_limit_in_all(self) -> None:
        queue = self.subscriber("all")
        half = MAX_BYTES // 2
        with self.assertRaises(ClientError) as caught:
            self.publish({"Message": "a" * half}, {"Message": "b" * half}, {"Message": "c"})
        answer = caught.exception.response
        self.assertEqual(answer["Error"]["Code"], "BatchRequestTooLong")
        self.assertEqual(answer["ResponseMetadata"]["HTTPStatusCode"], 400)
        # Bytes count, not characters; attributes count too.
        for too_much in ({"Message": "ä" * (half // 2 + 1)}, {**self.alert("b" * half, "high")}):
            with self.assertRaises(ClientError):
                self.publish({"Message": "a" * half}, too_much)
        self.assertEqual(queue.bodies(), [])
        self.publish({"Message": "a" * half}, {"Message": "b" * half})
        self.assertEqual([len(envelope["Message"]) for envelope in queue.wait(2)], [half, half])

    def test_what_is_wrong_with_a_batch_fails_it_whole(self) -> None:
        for code, entries in (
            ("TooManyEntriesInBatchRequest", [{"Message": "m"}] * 11),
            ("BatchEntryIdsNotDistinct", [{"Id": "same", "Message": "m"}] * 2),
        ):
            with self.subTest(code=code), self.assertRaises(ClientError) as caught:
                self.publish(*entries)
            self.assertIn(code, caught.exception.response["Error"]["Code"])


if __name__ == "__main__":
    unittest.main()
