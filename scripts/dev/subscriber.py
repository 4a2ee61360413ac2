"""A queue subscribed to an alert topic, for the demo and the tests: what people would get by email."""

import json
from typing import Any


class Subscriber:
    """Subscribes on creation, with the attributes of a subscription, until ``close``."""

    def __init__(self, sqs: Any, sns: Any, topic_arn: str, queue_name: str, attributes: dict[str, str] | None = None) -> None:
        self._sqs, self._sns = sqs, sns
        self._messages: list[dict[str, str]] = []
        self._queue = sqs.create_queue(QueueName=queue_name)["QueueUrl"]
        wanted = sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])
        queue_arn = wanted["Attributes"]["QueueArn"]
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queue_arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        sqs.set_queue_attributes(QueueUrl=self._queue, Attributes={"Policy": policy})
        self._subscription = sns.subscribe(
            TopicArn=topic_arn, Protocol="sqs", Endpoint=queue_arn, Attributes=attributes or {}, ReturnSubscriptionArn=True
        )["SubscriptionArn"]

    def messages(self) -> list[dict[str, str]]:
        """All messages so far, in SNS's envelope, in order of arrival."""
        while received := self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10).get("Messages"):
            for message in received:
                self._messages.append(json.loads(message["Body"]))
                self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
        return self._messages

    def texts(self) -> list[str]:
        """The text of each message so far."""
        return [message["Message"] for message in self.messages()]

    def close(self) -> None:
        """Unsubscribes, and deletes the queue."""
        self._sns.unsubscribe(SubscriptionArn=self._subscription)
        self._sqs.delete_queue(QueueUrl=self._queue)
