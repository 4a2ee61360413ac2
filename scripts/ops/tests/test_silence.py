"""The silent failures of docs/operations.md look as its table says. Each is caused, observed and undone."""

from __future__ import annotations

import json
import time
import unittest
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.session import get_session

from standin.tests.support import LAMBDA_TRUST, function_zip

from .support import client, launch, outputs, start, state_item, state_key, told_item, unique, wait_for

# A generous bound for a rule, a queue and an invocation here.
QUIET_SECONDS = 8
COMPLETE = {"Environment": "prod", "Owner": "web-team", "Application": "shop"}
# An instance that is never in the account.
NO_INSTANCE = b'{"instanceId": "i-00000000000000000"}'


def records(instance_id: str) -> list[str]:
    """The keys of the instance's audit records."""
    pages = client("s3").get_paginator("list_objects_v2").paginate(Bucket=outputs()["log_bucket_name"])
    keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
    return [key for key in keys if instance_id in key]


def is_recorded(instance_id: str) -> bool:
    return bool(records(instance_id))


def is_evaluated(instance_id: str) -> bool:
    """Whether there is a final audit record."""
    return any(not key.endswith("-provisional.json") for key in records(instance_id))


def lines_since(began: float, part: str = "") -> str:
    """The function's log lines that contain this text."""
    events = client("logs").filter_log_events(logGroupName=outputs()["log_group_name"], startTime=int(began * 1000))
    return "\n".join(event["message"] for event in events["events"] if part in event["message"])


def errors_since(began: float) -> str:
    """The function's own error lines."""
    return lines_since(began, '"ERROR"')


def is_error(text: str, began: float) -> bool:
    return text in errors_since(began)


def dead_letters() -> str:
    """The messages in the dead-letter queue, which stay there."""
    url = outputs()["dead_letter_queue_url"]
    received = client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
    return "\n".join(message["Body"] for message in received.get("Messages", []))


def waiting(queue: str, kind: str = "") -> int:
    """How many messages wait in a queue; of the kind "NotVisible", those that were received; "Delayed", those not yet due."""
    name = f"ApproximateNumberOfMessages{kind}"
    attributes = client("sqs").get_queue_attributes(QueueUrl=outputs()[queue], AttributeNames=[name])
    return int(attributes["Attributes"][name])


class SilenceTest(unittest.TestCase):
    def dead_letter_of(self, instance_id: str) -> dict[str, Any]:
        """Takes the instance's event, in Lambda's envelope, out of the queue."""
        url = outputs()["dead_letter_queue_url"]

        def find() -> dict[str, Any] | None:
            found = None
            for message in client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
                if instance_id in message["Body"]:
                    found = json.loads(message["Body"])
                    client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return found

        return wait_for(f"dead letter of {instance_id}", find)

    def without(self, statement: str, *actions: str) -> Callable[[], None]:
        """Removes a statement, or some of its actions, from the role's policy; returns what restores it."""
        place = {"RoleName": outputs()["role_name"], "PolicyName": "tag-compliance-checker"}
        policy = client("iam").get_role_policy(**place)["PolicyDocument"]
        rest = [one for one in policy["Statement"] if one["Sid"] != statement]
        [taken] = [one for one in policy["Statement"] if one["Sid"] == statement]
        if actions:
            self.assertLess(set(actions), set(taken["Action"]))
            rest.append({**taken, "Action": sorted(set(taken["Action"]) - set(actions))})
        client("iam").put_role_policy(**place, PolicyDocument=json.dumps({**policy, "Statement": rest}))

        def put_back() -> None:
            client("iam").put_role_policy(**place, PolicyDocument=json.dumps(policy))

        self.addCleanup(put_back)
        return put_back

    def busy(self) -> Callable[[], None]:
        """Gives all of the account's concurrency to another function; returns what gives it back."""
        name, functions = unique("busy"), client("lambda")
        role = client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=LAMBDA_TRUST)["Role"]["Arn"]
        self.addCleanup(client("iam").delete_role, RoleName=name)
        functions.create_function(
            FunctionName=name,
            Runtime="provided.al2023",
            Handler="bootstrap",
            Role=role,
            Code={"ZipFile": function_zip()},
            Timeout=900,
        )
        self.addCleanup(functions.delete_function, FunctionName=name)
        limit = functions.get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
        meeting = Path(self.enterContext(TemporaryDirectory()))
        pool = ThreadPoolExecutor(limit)
        self.addCleanup(pool.shutdown)
        # Whatever fails, the calls are ended.
        self.addCleanup((meeting / "end").touch)
        calls = [pool.submit(self.occupy, name, meeting) for _ in range(limit)]
        # A throttle alone proves little: a short call may have the last slot, and free it for the next event.
        wait_for("a call in each slot", lambda: len(list(meeting.iterdir())) == limit)

        def free() -> None:
            (meeting / "end").touch()
            for call in calls:
                self.assertEqual(json.load(call.result()["Payload"]), {"did": "meet"})

        return free

    def occupy(self, name: str, meeting: Path) -> dict[str, Any]:
        """Calls the function, which blocks, as soon as it gets a slot."""
        patient = Config(retries={"total_max_attempts": 1}, read_timeout=900)
        functions = get_session().create_client("lambda", region_name=outputs()["region"], config=patient)
        payload = json.dumps({"do": "meet", "directory": str(meeting)}).encode()

        def call() -> dict[str, Any] | None:
            with suppress(functions.exceptions.TooManyRequestsException):
                answer: dict[str, Any] = functions.invoke(FunctionName=name, Payload=payload)
                return answer
            return None

        return wait_for("a slot", call)

    def without_delayed(self) -> tuple[str, Callable[[], None]]:
        """Disables the delay queue's mapping; returns its UUID and what enables it again."""
        mappings = client("lambda").list_event_source_mappings(FunctionName=outputs()["function_name"])
        [mapping] = [
            one["UUID"]
            for one in mappings["EventSourceMappings"]
            if one["EventSourceArn"] == outputs()["delay_queue_arn"]
        ]
        turn_on = partial(client("lambda").update_event_source_mapping, UUID=mapping, Enabled=True)
        client("lambda").update_event_source_mapping(UUID=mapping, Enabled=False)
        self.addCleanup(turn_on)
        return mapping, turn_on

    def refusal(self) -> str | None:
        """Lambda's reason to refuse a call of the function."""
        once = Config(retries={"total_max_attempts": 1})
        functions = get_session().create_client("lambda", region_name=outputs()["region"], config=once)
        try:
            functions.invoke(FunctionName=outputs()["function_name"], Payload=NO_INSTANCE)
        except functions.exceptions.TooManyRequestsException as refused:
            reason: str = refused.response["Reason"]
            return reason
        return None

    def test_a_disabled_rule_leaves_no_trace(self) -> None:
        began = time.time()
        for rule in ("rule_name", "tag_change_rule_name"):
            client("events").disable_rule(Name=outputs()[rule])
            self.addCleanup(client("events").enable_rule, Name=outputs()[rule])
        instance_id = launch(self, {})
        time.sleep(QUIET_SECONDS)
        self.assertFalse(is_recorded(instance_id))
        self.assertNotIn(instance_id, dead_letters())
        self.assertNotIn(instance_id, errors_since(began))
        self.assertEqual(client("events").describe_rule(Name=outputs()["rule_name"])["State"], "DISABLED")

    def test_messages_wait_while_the_mapping_is_off(self) -> None:
        mapping, turn_on = self.without_delayed()
        launch(self, {})
        wait_for("an event that comes back", lambda: waiting("delay_queue_url") >= 1)
        self.assertEqual(client("lambda").get_event_source_mapping(UUID=mapping)["State"], "Disabled")
        turn_on()
        wait_for("an empty queue", lambda: waiting("delay_queue_url") == 0)

    def test_nobody_but_the_function_sends_to_the_delay_queue(self) -> None:
        with self.assertRaises(ClientError) as refused:
            client("sqs").send_message(QueueUrl=outputs()["delay_queue_url"], MessageBody="{}")
        self.assertEqual(refused.exception.response["Error"]["Code"], "AccessDenied")

    def test_no_concurrency_refuses_calls_and_makes_dead_letters_at_once(self) -> None:
        name = outputs()["function_name"]
        began = time.time()
        client("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
        self.addCleanup(client("lambda").delete_function_concurrency, FunctionName=name)
        instance_id = launch(self, {})
        letter = self.dead_letter_of(instance_id)
        self.assertEqual(letter["requestContext"]["condition"], "ZeroReservedConcurrency")
        with self.assertRaises(ClientError) as refused:
            client("lambda").invoke(FunctionName=name, Payload=b"{}")
        self.assertEqual(refused.exception.response["Error"]["Code"], "TooManyRequestsException")
        self.assertFalse(is_recorded(instance_id))
        self.assertNotIn(instance_id, errors_since(began))

    def test_without_the_right_to_write_the_record_only_a_line_tells(self) -> None:
        put_back, began = self.without("WriteAuditRecords"), time.time()
        instance_id = launch(self, {})
        wait_for("the line", partial(is_error, "Audit record not written: s3:PutObject", began))
        self.assertFalse(is_recorded(instance_id))
        put_back()

    def test_without_the_right_to_read_the_event_is_a_dead_letter(self) -> None:
        put_back, began = self.without("ReadInstances"), time.time()
        instance_id = launch(self, {})
        letter = self.dead_letter_of(instance_id)
        self.assertEqual(letter["requestContext"]["condition"], "RetriesExhausted")
        self.assertIn("ec2:DescribeInstances: the service refused", errors_since(began))
        self.assertFalse(is_recorded(instance_id))
        put_back()

    def test_without_the_right_to_count_events_and_messages_fail(self) -> None:
        put_back, began = self.without("PutMetrics"), time.time()
        refused = "failed: cloudwatch:PutMetricData: the service refused"
        launch(self, {})
        wait_for("the line", partial(is_error, f"Record {refused}", began))
        tagged = launch(self, COMPLETE)
        client("ec2").delete_tags(Resources=[tagged], Tags=[{"Key": "Owner"}])
        letter = self.dead_letter_of(tagged)
        self.assertEqual(letter["requestContext"]["condition"], "RetriesExhausted")
        self.assertIn(f"Event {refused}", errors_since(began))
        put_back()

    def test_without_the_right_to_publish_what_is_due_stays_so_and_goes_out_afterwards(self) -> None:
        put_back, began = self.without("PublishAlerts"), time.time()
        # A new owner, so that no interval is running.
        instance_id = launch(self, {"Owner": unique("owner")})
        refused = "Not told everywhere; will try again: sns:Publish: the service refused"
        wait_for("the line", partial(is_error, refused, began))
        self.assertIn("due", state_item(state_key(instance_id)))
        self.assertNotIn(instance_id, dead_letters())
        wait_for("the message that tries again", lambda: waiting("delay_queue_url", "Delayed") >= 1)
        put_back()
        # Without a change, that message would send it, in 15 minutes.
        client("ec2").create_tags(Resources=[instance_id], Tags=[{"Key": "Environment", "Value": "prod"}])
        wait_for("the alert", partial(told_item, instance_id), timeout=120)

    def test_without_the_right_to_the_table_records_are_written_and_events_are_dead_letters(self) -> None:
        tagged = launch(self, {**COMPLETE, "Owner": unique("owner")})
        wait_for("the evaluation", partial(is_evaluated, tagged))
        put_back, began, before = self.without("UseStateTable"), time.time(), len(records(tagged))
        client("ec2").delete_tags(Resources=[tagged], Tags=[{"Key": "Application"}])
        letter = self.dead_letter_of(tagged)
        self.assertEqual(letter["requestContext"]["condition"], "RetriesExhausted")
        self.assertIn("Event failed: dynamodb:BatchGetItem: the service refused", errors_since(began))
        self.assertGreater(len(records(tagged)), before)
        put_back()

    def test_while_the_streams_mapping_is_off_violations_stay_due(self) -> None:
        mappings = client("lambda").list_event_source_mappings(FunctionName=outputs()["function_name"])
        [mapping] = [one for one in mappings["EventSourceMappings"] if "/stream/" in one["EventSourceArn"]]
        turn_on = {"UUID": mapping["UUID"], "Enabled": True}
        client("lambda").update_event_source_mapping(**{**turn_on, "Enabled": False})
        self.addCleanup(lambda: client("lambda").update_event_source_mapping(**turn_on))
        began = time.time()
        instance_id = launch(self, {"Owner": unique("owner")})
        wait_for("the line", lambda: instance_id in lines_since(began, "Violation opened"))
        time.sleep(QUIET_SECONDS)
        self.assertIn("due", state_item(state_key(instance_id)))
        self.assertNotIn(instance_id, lines_since(began, "SNS notification sent"))
        client("lambda").update_event_source_mapping(**turn_on)
        wait_for("the alert", partial(told_item, instance_id), timeout=120)

    def test_without_the_right_to_bring_an_event_back_it_is_a_dead_letter(self) -> None:
        put_back, began = self.without("UseDelayQueue", "sqs:SendMessage"), time.time()
        instance_id = launch(self, {})
        letter = self.dead_letter_of(instance_id)
        self.assertEqual(letter["requestContext"]["condition"], "RetriesExhausted")
        self.assertIn("sqs:SendMessage: the service refused", errors_since(began))
        self.assertTrue(is_recorded(instance_id))
        self.assertFalse(is_evaluated(instance_id), "only the first look, which counts for nothing, is recorded")
        put_back()

    def test_without_the_right_to_write_logs_the_work_is_done_without_a_line(self) -> None:
        put_back, began = self.without("WriteLogs"), time.time()
        silent = launch(self, {})
        wait_for("the record", partial(is_evaluated, silent))
        time.sleep(QUIET_SECONDS)
        self.assertNotIn(silent, lines_since(began))
        put_back()
        heard = launch(self, {})
        wait_for("its lines", lambda: heard in lines_since(began))

    def test_without_the_right_to_send_dead_letters_what_fails_is_lost(self) -> None:
        put_back = [self.without("ReadInstances"), self.without("SendDeadLetters")]
        began = time.time()
        instance_id = launch(self, {})
        wait_for("three tries", lambda: errors_since(began).count("ec2:DescribeInstances: the service refused") >= 3)
        time.sleep(QUIET_SECONDS)
        self.assertNotIn(instance_id, dead_letters())
        self.assertFalse(is_recorded(instance_id))
        for each in reversed(put_back):
            each()

    def test_a_busy_account_refuses_calls_and_delays_events_and_messages(self) -> None:
        # However long it takes to make the account busy, no message may be delivered before.
        _, turn_on = self.without_delayed()
        waits = start(self, {})
        wait_for("its first look", lambda: is_recorded(waits))
        free, began = self.busy(), time.time()
        turn_on()
        instance_id = launch(self, {})
        wait_for("a message that is received", lambda: waiting("delay_queue_url", "NotVisible") >= 1)
        self.assertEqual(self.refusal(), "ConcurrentInvocationLimitExceeded")
        self.assertFalse(is_recorded(instance_id))
        self.assertFalse(is_evaluated(waits), "its time is over, and its message is received, but not handed over")
        self.assertEqual(errors_since(began), "")
        free()
        for late in (waits, instance_id):
            wait_for(f"the evaluation of {late}", partial(is_evaluated, late))
            self.assertNotIn(late, dead_letters())


if __name__ == "__main__":
    unittest.main()
