"""What no event told of is opened, counted and named by the sweeps that follow, and nothing else is."""

from __future__ import annotations

import json
import re
import time
import unittest
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from .support import client, invoke, launch, outputs, start, state_item, state_key, told_item, unique, wait_for

MISSED = 3
OVERDUE_MS = 15 * 60 * 1_000


class Subscriber:
    """A queue that is subscribed to the alert topic, and what it received."""

    def __init__(self, case: unittest.TestCase) -> None:
        self._sqs, topic = client("sqs"), outputs()["alert_topic_arn"]
        self._url = self._sqs.create_queue(QueueName=unique("tag-compliance-missed"))["QueueUrl"]
        case.addCleanup(self._sqs.delete_queue, QueueUrl=self._url)
        wanted = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])
        arn = wanted["Attributes"]["QueueArn"]
        allowed = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        self._sqs.set_queue_attributes(QueueUrl=self._url, Attributes={"Policy": policy})
        subscription = client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True)
        case.addCleanup(client("sns").unsubscribe, SubscriptionArn=subscription["SubscriptionArn"])
        self._messages: list[str] = []

    def messages(self) -> list[str]:
        """All messages so far."""
        while received := self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get("Messages", []):
            for message in received:
                self._messages.append(json.loads(message["Body"])["Message"])
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        return self._messages

    def alerts(self) -> str:
        """The messages that are no digest, as one text."""
        return "\n".join(text for text in self.messages() if not text.startswith("EC2 Tag Compliance Sweep\n"))

    def missed(self) -> str:
        """What the digests name as missed by events, as one text."""
        return "\n".join(re.findall(r"^Missed by Events:\n((?:  .*\n)+)", "\n".join(self.messages()), flags=re.MULTILINE))


def sweep() -> bool:
    """Sweeps the fleet as the schedule does; whether no other sweep was under way."""
    return invoke({"detail-type": "Scheduled Event"})["status"] == "swept"


def missed_by_events() -> float:
    """The metric, of the last hour."""
    now = datetime.now(UTC)
    found = client("cloudwatch").get_metric_statistics(
        Namespace=outputs()["metric_namespace"],
        MetricName="MissedByEvents",
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=1),
        Period=3_600,
        Statistics=["Sum"],
    )
    return sum(point["Sum"] for point in found["Datapoints"])


def item(instance_id: str) -> dict[str, Any]:
    return state_item(state_key(instance_id))


def opened_since(began: float) -> int:
    """How many items were opened by then of which no event had told."""
    pages = client("dynamodb").get_paginator("scan").paginate(
        TableName=outputs()["state_table_name"],
        FilterExpression="miss >= :began",
        ExpressionAttributeValues={":began": {"N": str(round(began * 1000))}},
    )
    return sum(page["Count"] for page in pages)


def let_its_time_pass(instance_id: str) -> None:
    """Makes a suspect as old as one of which no event is under way any more."""
    client("dynamodb").update_item(
        TableName=outputs()["state_table_name"],
        Key=state_key(instance_id),
        UpdateExpression="SET due = due - :time",
        ConditionExpression="st = :suspect",
        ExpressionAttributeValues={":time": {"N": str(OVERDUE_MS)}, ":suspect": {"S": "suspect"}},
    )


class MissedEventsTest(unittest.TestCase):
    def test_what_was_missed_while_the_rules_were_off_is_opened_counted_told_and_named(self) -> None:
        subscriber = Subscriber(self)
        known = launch(self, {"Owner": unique("owner")})
        wait_for("what people were told", partial(told_item, known))
        before = item(known)
        rules = [outputs()[name] for name in ("rule_name", "tag_change_rule_name")]
        for rule in rules:
            client("events").disable_rule(Name=rule)
            self.addCleanup(client("events").enable_rule, Name=rule)
        missed = [start(self, {"Owner": unique("owner")}) for _ in range(MISSED)]
        time.sleep(outputs()["settle_seconds"] + 1)
        for rule in rules:
            client("events").enable_rule(Name=rule)
        self.assertEqual([item(each) for each in missed], [{}] * MISSED)
        counted, began = missed_by_events(), time.time()

        wait_for("a sweep", sweep)
        self.assertEqual([item(each)["st"]["S"] for each in missed], ["suspect"] * MISSED)
        self.assertEqual(item(known), before, "an event had opened it")
        for each in missed:
            self.assertNotIn(each, subscriber.alerts())

        for each in missed:
            let_its_time_pass(each)
        wait_for("a sweep", sweep)
        for each in missed:
            told = wait_for("what people were told", partial(told_item, each))
            self.assertEqual((told["st"]["S"], "miss" in told), ("open", True))
            wait_for("the alert", lambda each=each: each in subscriber.alerts())
        self.assertEqual(missed_by_events() - counted, opened_since(began))

        wait_for("a sweep", sweep)
        for each in missed:
            wait_for("its line in a digest", lambda each=each: each in subscriber.missed())
        self.assertNotIn(known, subscriber.missed())
        self.assertEqual(item(known), before)


if __name__ == "__main__":
    unittest.main()
