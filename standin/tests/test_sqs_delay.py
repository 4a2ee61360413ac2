"""A message's own delay: how long it is kept back, and what SQS refuses."""

from __future__ import annotations

import time
import unittest
from typing import Any

from botocore.exceptions import ClientError

from .support import Queue, StandInTest


class SqsDelayTest(StandInTest):
    def setUp(self) -> None:
        self.sqs = self.standin.client("sqs")
        self.queue = Queue(self.standin, self.id().rsplit(".", 1)[-1].replace("_", "-"), DelaySeconds="900")

    def test_a_message_is_kept_back_for_its_own_delay_not_the_queues(self) -> None:
        began = time.monotonic()
        self.queue.send({"n": 2}, delay=2)
        self.queue.send({"n": 1}, delay=1)
        self.queue.send({"n": 0})
        self.assertEqual(self.queue.bodies(), [{"n": 0}])
        self.queue.wait(2)
        self.assertGreaterEqual(time.monotonic() - began, 1)
        self.assertEqual(self.queue.wait(3), [{"n": 0}, {"n": 1}, {"n": 2}])
        self.assertGreaterEqual(time.monotonic() - began, 2)

    def test_each_message_of_a_batch_has_a_delay_of_its_own(self) -> None:
        began = time.monotonic()
        entries: list[dict[str, Any]] = [
            {"Id": str(delay), "MessageBody": str(delay), "DelaySeconds": delay} for delay in (2, 0, 1)
        ]
        answer = self.sqs.send_message_batch(
            QueueUrl=self.queue.url, Entries=[*entries, {"Id": "queue", "MessageBody": "as the queue has it"}]
        )
        self.assertEqual(len(answer["Successful"]), 4)
        self.assertEqual(self.queue.bodies(), [0])
        self.assertEqual(self.queue.wait(2), [0, 1])
        self.assertGreaterEqual(time.monotonic() - began, 1)
        self.assertEqual(self.queue.wait(3), [0, 1, 2])
        self.assertGreaterEqual(time.monotonic() - began, 2)
        self.assertEqual(self.queue.left(), 1)

    def test_a_delay_has_limits(self) -> None:
        for delay in (-1, 901):
            with self.subTest(delay=delay), self.assertRaises(ClientError) as caught:
                self.sqs.send_message(QueueUrl=self.queue.url, MessageBody="m", DelaySeconds=delay)
            error = caught.exception.response["Error"]
            self.assertEqual(error["Code"], "InvalidParameterValue")
            self.assertIn(f"Value {delay} for parameter DelaySeconds is invalid", error["Message"])
        self.assertEqual(self.queue.left(), 0)
        for delay in (0, 900):
            self.sqs.send_message(QueueUrl=self.queue.url, MessageBody="m", DelaySeconds=delay)
        self.assertEqual(self.queue.left(), 2)

    def test_a_batch_fails_in_part(self) -> None:
        answer = self.sqs.send_message_batch(
            QueueUrl=self.queue.url,
            Entries=[{"Id": str(delay), "MessageBody": "m", "DelaySeconds": delay} for delay in (0, 901)],
        )
        self.assertEqual([entry["Id"] for entry in answer["Successful"]], ["0"])
        [failed] = answer["Failed"]
        self.assertEqual((failed["Id"], failed["Code"], failed["SenderFault"]), ("901", "InvalidParameterValue", True))


if __name__ == "__main__":
    unittest.main()
