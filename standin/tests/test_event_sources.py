"""What an event source mapping from a queue needs before AWS accepts it, and how AWS describes it."""

from __future__ import annotations

import unittest
from typing import Any

from botocore.exceptions import ClientError

from .support import Queue, StandInTest, create_function, handled, poller_statement, set_role_policy, wait_for

FUNCTION = "reader"
TIMEOUT = 5


class EventSourcesTest(StandInTest):
    standin_settings = {"AUTH": "true"}
    arn: str

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.arn = create_function(cls.standin, FUNCTION, timeout=TIMEOUT)

    def setUp(self) -> None:
        self.functions = self.standin.client("lambda")
        self.queue = Queue(self.standin, self.id().rsplit(".", 1)[-1].replace("_", "-"))
        set_role_policy(self.standin, FUNCTION, poller_statement(self.queue.arn))

    def create(self, **settings: Any) -> dict[str, Any]:
        settings = {"FunctionName": self.arn, "EventSourceArn": self.queue.arn, **settings}
        mapping = self.functions.create_event_source_mapping(**settings)
        self.addCleanup(self.delete, mapping["UUID"])
        return mapping

    def delete(self, uuid: str) -> None:
        try:
            self.functions.delete_event_source_mapping(UUID=uuid)
        except self.functions.exceptions.ResourceNotFoundException:
            pass

    def assert_refused(
        self, call: Any, message: str, code: str = "InvalidParameterValueException", **settings: Any
    ) -> None:
        with self.assertRaises(ClientError) as caught:
            call(**settings)
        error = caught.exception.response["Error"]
        self.assertEqual(error["Code"], code)
        self.assertIn(message, error["Message"])

    def test_a_mapping_is_described_as_it_was_made(self) -> None:
        settings = {
            "BatchSize": 100,
            "MaximumBatchingWindowInSeconds": 5,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "ScalingConfig": {"MaximumConcurrency": 10},
        }
        created = self.create(Enabled=True, Tags={"Owner": "ann"}, **settings)
        described = self.functions.get_event_source_mapping(UUID=created["UUID"])
        for name, value in settings.items():
            self.assertEqual((created[name], described[name]), (value, value))
        self.assertEqual(
            (described["EventSourceArn"], described["FunctionArn"], described["State"]),
            (self.queue.arn, self.arn, "Enabled"),
        )
        tags = self.functions.list_tags(Resource=described["EventSourceMappingArn"])["Tags"]
        self.assertEqual(tags, {"Owner": "ann"})
        self.functions.update_event_source_mapping(UUID=created["UUID"], BatchSize=7)
        changed = self.functions.get_event_source_mapping(UUID=created["UUID"])
        self.assertEqual((changed["BatchSize"], changed["MaximumBatchingWindowInSeconds"]), (7, 5))
        self.assertEqual(changed["ScalingConfig"], {"MaximumConcurrency": 10})
        self.functions.update_event_source_mapping(UUID=created["UUID"], ScalingConfig={"MaximumConcurrency": 3})
        changed = self.functions.get_event_source_mapping(UUID=created["UUID"])
        self.assertEqual((changed["ScalingConfig"], changed["BatchSize"]), ({"MaximumConcurrency": 3}, 7))
        self.functions.update_event_source_mapping(UUID=created["UUID"], ScalingConfig={})
        unscaled = self.functions.get_event_source_mapping(UUID=created["UUID"])
        self.assertNotIn("MaximumConcurrency", unscaled.get("ScalingConfig", {}))

    def test_a_concurrency_has_limits(self) -> None:
        unchecked = self.standin.client("lambda", validate=False)
        target = {"FunctionName": FUNCTION, "EventSourceArn": self.queue.arn}
        for number in (1, 1001):
            with self.subTest(number=number):
                self.assert_refused(
                    unchecked.create_event_source_mapping,
                    "'scalingConfig.maximumConcurrency' failed to satisfy constraint",
                    code="ValidationException",
                    ScalingConfig={"MaximumConcurrency": number},
                    **target,
                )
        for number in (2, 1000):
            self.delete(self.create(ScalingConfig={"MaximumConcurrency": number})["UUID"])

    def test_a_larger_batch_needs_a_window(self) -> None:
        self.assert_refused(self.create, "Maximum batch window in seconds must be greater than 0", BatchSize=11)
        # botocore checks some of the limits itself.
        unchecked = self.standin.client("lambda", validate=False).create_event_source_mapping
        target = {"FunctionName": FUNCTION, "EventSourceArn": self.queue.arn}
        for parameter, settings in (
            ("batchSize", {"BatchSize": 10_001, "MaximumBatchingWindowInSeconds": 1}),
            ("batchSize", {"BatchSize": 0}),
            ("maximumBatchingWindowInSeconds", {"MaximumBatchingWindowInSeconds": 301}),
        ):
            with self.subTest(settings=settings):
                message = f"'{parameter}' failed to satisfy constraint"
                self.assert_refused(unchecked, message, code="ValidationException", **target, **settings)
        uuid = self.create(BatchSize=10)["UUID"]
        change = self.functions.update_event_source_mapping
        self.assert_refused(change, "Maximum batch window", UUID=uuid, BatchSize=11)
        change(UUID=uuid, BatchSize=10_000, MaximumBatchingWindowInSeconds=1)

    def test_the_role_needs_three_permissions(self) -> None:
        for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes"):
            with self.subTest(action=action):
                allowed = poller_statement(self.queue.arn)
                allowed["Action"] = [a for a in allowed["Action"] if a != f"sqs:{action}"]
                set_role_policy(self.standin, FUNCTION, allowed)
                self.assert_refused(self.create, f"role does not have permissions to call {action} on SQS")
        set_role_policy(self.standin, FUNCTION, poller_statement(self.queue.arn + "-other"))
        self.assert_refused(self.create, "role does not have permissions")
        set_role_policy(self.standin, FUNCTION, poller_statement(self.queue.arn))
        self.create()

    def test_a_poller_that_loses_its_permission_takes_nothing(self) -> None:
        uuid = self.create()["UUID"]
        set_role_policy(self.standin, FUNCTION)
        self.queue.send({"do": "kept"})
        wait_for("the refusal", lambda: f"{uuid} is not polled" in self.standin.log())
        self.assertEqual(self.queue.left(), 1)
        set_role_policy(self.standin, FUNCTION, poller_statement(self.queue.arn))
        wait_for("the message", lambda: any(r["do"] == "kept" for r in handled(self.standin, FUNCTION)))

    def test_the_queue_must_be_there_and_hide_messages_as_long_as_the_function_may_run(self) -> None:
        sqs = self.standin.client("sqs")
        visibility = {"VisibilityTimeout": str(TIMEOUT - 1)}
        sqs.set_queue_attributes(QueueUrl=self.queue.url, Attributes=visibility)
        self.assert_refused(self.create, f"visibility timeout: {TIMEOUT - 1} seconds is less than Function timeout")
        sqs.set_queue_attributes(QueueUrl=self.queue.url, Attributes={"VisibilityTimeout": str(TIMEOUT)})
        self.create()
        gone = self.queue.arn + "-gone"
        set_role_policy(self.standin, FUNCTION, poller_statement(gone))
        self.assert_refused(self.create, "NonExistentQueue", EventSourceArn=gone)

    def test_one_mapping_for_a_queue_and_a_function(self) -> None:
        uuid = self.create()["UUID"]
        self.assert_refused(self.create, uuid, code="ResourceConflictException")
        self.delete(uuid)
        self.create()


if __name__ == "__main__":
    unittest.main()
