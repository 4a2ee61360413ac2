"""How the changes of a table reach a function: filtered, by shard and in order, in batches, until they are handled."""

from __future__ import annotations

import json
import time
import unittest
from collections.abc import Iterable
from typing import Any
from unittest import mock

from ministack.services import lambda_svc

from .. import stream_polling
from .support import Queue, StandInTest, create_function, log_lines, set_role_policy, wait_for
from .tables import create_table, key, stream_statement

# Long enough for another poll.
SILENCE_SECONDS = 1.5
TIMEOUT = 2
DUE = json.dumps({"dynamodb": {"NewImage": {"due": {"N": [{"exists": True}]}}}})
# Without a window the poller may take the first of several records before the last is written.
GATHERED = {"MaximumBatchingWindowInSeconds": 1}


class StreamPollingTest(StandInTest):
    standin_settings = {"AUTH": "true", "STANDIN_STREAM_SHARDS": "3"}

    def setUp(self) -> None:
        self.functions = self.standin.client("lambda")
        self.dynamodb = self.standin.client("dynamodb")
        self.name = self.id().rsplit(".", 1)[-1].replace("_", "-")[:50]
        self.stream = create_table(self.standin, self.name)["LatestStreamArn"]
        self.permission = stream_statement(self.stream)
        create_function(self.standin, self.name, self.permission, timeout=TIMEOUT)

    def map(self, **settings: Any) -> str:
        """A mapping from the table to the function; answers with its id."""
        settings.setdefault("FilterCriteria", {"Filters": [{"Pattern": DUE}]})
        settings.setdefault("BisectBatchOnFunctionError", True)
        settings.setdefault("StartingPosition", "TRIM_HORIZON")
        uuid: str = self.functions.create_event_source_mapping(
            FunctionName=self.name, EventSourceArn=self.stream, **settings
        )["UUID"]
        return uuid

    def write(self, sk: str, pk: str = "i#1", due: bool = True, **does: Any) -> None:
        item = {**key(sk, pk), "does": {"S": json.dumps(does)}, "at": {"N": str(time.time_ns())}}
        if due:
            item |= {"due": {"N": "1"}, "grp": {"S": "g"}}
        self.dynamodb.put_item(TableName=self.name, Item=item)

    def write_all(self, sorts: Iterable[str], **does: Any) -> None:
        for sk in sorts:
            self.write(sk, **does)

    def invocations(self) -> list[dict[str, Any]]:
        """What the function has logged of each batch, as it began."""
        lines = [line for line in log_lines(self.standin, self.name) if '"sorts"' in line]
        return [json.loads(line) for line in lines]

    def batches(self) -> list[list[str]]:
        return [invocation["sorts"] for invocation in self.invocations()]

    def wait_for_batches(self, count: int) -> list[list[str]]:
        wait_for(f"{count} batches", lambda: len(self.batches()) >= count)
        return self.batches()

    def heal(self) -> None:
        """From now on no record fails."""
        self.functions.update_function_configuration(FunctionName=self.name, Environment={"Variables": {"HEALED": "1"}})

    def test_a_record_is_as_aws_writes_it(self) -> None:
        began = time.time()
        self.map()
        self.dynamodb.put_item(TableName=self.name, Item={**key("i-1"), "due": {"N": "1"}, "grp": {"S": "g"}})
        self.wait_for_batches(1)
        self.write("i-1")
        self.wait_for_batches(2)
        first, second = (invocation["first"] for invocation in self.invocations())
        change = first["dynamodb"]
        self.assertEqual((first["eventName"], second["eventName"]), ("INSERT", "MODIFY"))
        expected = {"eventVersion": "1.1", "eventSource": "aws:dynamodb", "awsRegion": "us-east-1"}
        expected["eventSourceARN"] = self.stream
        self.assertEqual({name: first[name] for name in expected}, expected)
        self.assertRegex(first["eventID"], "^[0-9a-f]{32}$")
        self.assertEqual((change["Keys"], change["StreamViewType"]), (key("i-1"), "NEW_IMAGE"))
        self.assertEqual(change["NewImage"]["due"], {"N": "1"})
        self.assertNotIn("OldImage", second["dynamodb"])
        self.assertAlmostEqual(change["ApproximateCreationDateTime"], began, delta=60)
        # The keys twice, ten bytes, and nine of the image itself.
        self.assertEqual(change["SizeBytes"], 29)
        self.assertRegex(change["SequenceNumber"], "^[0-9]{21,40}$")
        self.assertLess(int(change["SequenceNumber"]), int(second["dynamodb"]["SequenceNumber"]))

    def test_only_what_is_due_wakes_the_function(self) -> None:
        self.map(**GATHERED)
        self.write("quiet", due=False)
        self.write("due")
        # An alerted item is no longer due; an unchanged one has no record; a deleted one has no new image.
        update = {"TableName": self.name, "Key": key("due"), "UpdateExpression": "REMOVE due, grp"}
        self.dynamodb.update_item(**update)
        self.dynamodb.update_item(**update)
        self.dynamodb.delete_item(TableName=self.name, Key=key("due"))
        self.assertEqual(self.wait_for_batches(1), [["due"]])
        time.sleep(SILENCE_SECONDS)
        self.assertEqual(len(self.batches()), 1)

    def test_exists_asks_for_a_leaf_and_numbers_are_text(self) -> None:
        for pattern, passes in (
            ({"NewImage": {"due": [{"exists": True}]}}, False),
            ({"NewImage": {"gone": {"N": [{"exists": False}]}}}, True),
            ({"NewImage": {"due": {"N": ["1"]}}}, True),
            ({"NewImage": {"due": {"N": [{"numeric": ["=", 1]}]}}}, False),
            ({"Keys": {"sk": {"S": [{"prefix": "i-"}]}}}, True),
        ):
            with self.subTest(pattern=pattern):
                count = len(self.batches())
                uuid = self.map(
                    FilterCriteria={"Filters": [{"Pattern": json.dumps({"dynamodb": pattern})}]},
                    StartingPosition="LATEST",
                )
                self.write("i-1")
                if passes:
                    self.wait_for_batches(count + 1)
                else:
                    time.sleep(SILENCE_SECONDS)
                    self.assertEqual(len(self.batches()), count)
                self.functions.delete_event_source_mapping(UUID=uuid)

    def test_the_horizon_is_the_first_change_and_the_latest_is_none_before(self) -> None:
        self.write("before")
        uuid = self.map(StartingPosition="LATEST")
        time.sleep(SILENCE_SECONDS)
        self.write("after")
        self.assertEqual(self.wait_for_batches(1), [["after"]])
        self.functions.delete_event_source_mapping(UUID=uuid)
        self.map(**GATHERED)
        self.assertEqual(self.wait_for_batches(2)[1:], [["before", "after"]])

    def test_a_window_gathers_each_shards_changes_in_their_order(self) -> None:
        self.map(BatchSize=1000, MaximumBatchingWindowInSeconds=2)
        began = time.monotonic()
        for n in range(12):
            for pk in range(6):
                self.write(f"{pk}-{n:02}", pk=f"i#{pk}")
        wait_for("all", lambda: sum(map(len, self.batches())) == 72)
        self.assertGreaterEqual(time.monotonic() - began, 2)
        batches = self.batches()
        self.assertIn(len(batches), (2, 3))
        for pk in range(6):
            own = [[sk for sk in batch if sk.startswith(f"{pk}-")] for batch in batches]
            self.assertEqual([found for found in own if found], [[f"{pk}-{n:02}" for n in range(12)]])

    def test_a_full_batch_does_not_wait_for_the_window(self) -> None:
        self.map(BatchSize=3, MaximumBatchingWindowInSeconds=300)
        self.write_all("abcdefgh")
        self.assertEqual(self.wait_for_batches(2), [["a", "b", "c"], ["d", "e", "f"]])
        time.sleep(SILENCE_SECONDS)
        self.assertEqual(len(self.batches()), 2)

    def test_one_batch_of_a_shard_at_a_time_and_the_shards_side_by_side(self) -> None:
        self.map(BatchSize=1)
        began = time.monotonic()
        for pk in ("i#0", "i#1", "i#2", "i#3"):
            for n in range(2):
                self.write(f"{pk}-{n}", pk=pk, do="sleep", seconds=0.7)
        batches = self.wait_for_batches(8)
        took = time.monotonic() - began
        for pk in ("i#0", "i#1", "i#2", "i#3"):
            self.assertLess(batches.index([f"{pk}-0"]), batches.index([f"{pk}-1"]))
        self.assertGreaterEqual(self.standin.log().count(f"environment spawned for {self.name} "), 2)
        self.assertLessEqual(self.standin.log().count(f"environment spawned for {self.name} "), 3)
        self.assertLess(took, 8 * 0.7)

    def test_a_batch_that_fails_is_halved_until_the_record_that_fails_is_alone_and_holds_up_the_rest(self) -> None:
        self.map(**GATHERED)
        self.write_all("ab")
        self.write("c", do="fail")
        self.write_all("de")
        batches = self.wait_for_batches(5)
        self.assertEqual(batches[:4], [["a", "b", "c", "d", "e"], ["a", "b", "c"], ["a", "b"], ["c"]])
        wait_for("more attempts", lambda: self.batches().count(["c"]) >= 3)
        self.assertEqual(self.batches()[4:], [["c"]] * (len(self.batches()) - 4))
        self.heal()
        wait_for("the rest", lambda: self.batches()[-1] == ["d", "e"])
        # Handled records are not redelivered.
        self.assertEqual(sum(batch == ["a", "b"] for batch in self.batches()), 1)

    def test_without_halving_the_same_batch_comes_again_with_growing_pauses(self) -> None:
        self.map(BisectBatchOnFunctionError=False, **GATHERED)
        self.write("a")
        self.write("b", do="fail")
        began = time.monotonic()
        self.assertEqual(self.wait_for_batches(4), [["a", "b"]] * 4)
        self.assertGreater(time.monotonic() - began, 0.25 + 0.5 + 1)
        self.write("c")
        self.heal()
        wait_for("the next", lambda: self.batches()[-1] == ["c"])

    def test_a_limit_of_attempts_sends_a_pointer_to_the_batch_away_and_goes_on(self) -> None:
        letters = Queue(self.standin, f"{self.name}-letters")
        settings = {"MaximumRetryAttempts": 2, "BisectBatchOnFunctionError": False, **GATHERED}
        self.map(DestinationConfig={"OnFailure": {"Destination": letters.arn}}, **settings)
        self.write("a", do="fail")
        self.assertEqual(self.wait_for_batches(3), [["a"]] * 3)
        self.write("b")
        self.assertEqual(self.wait_for_batches(4)[3:], [["b"]])
        [letter] = letters.wait(1)
        self.assertEqual(letter["requestContext"]["condition"], "RetryAttemptsExhausted")
        batch = letter["DDBStreamBatchInfo"]
        self.assertEqual((batch["batchSize"], batch["streamArn"]), (1, self.stream))

    def test_other_shards_go_on_while_one_is_held_up(self) -> None:
        self.map()
        self.write("bad", pk="i#1", do="fail")
        wait_for("attempts", lambda: self.batches().count(["bad"]) >= 2)
        for pk in range(10):
            self.write(f"good-{pk}", pk=f"i#{pk}")
        wait_for("others", lambda: sum(any("good" in sk for sk in batch) for batch in self.batches()) >= 2)
        self.heal()
        wait_for("all", lambda: {sk for batch in self.batches() for sk in batch} >= {f"good-{n}" for n in range(10)})

    def test_crashes_and_timeouts_are_tried_again(self) -> None:
        self.map()
        for pk, does in (("i#1", {"do": "exit"}), ("i#1", {"do": "sleep", "seconds": TIMEOUT + 2})):
            with self.subTest(does=does):
                sk = does["do"]
                self.write(sk, pk=pk, **does)
                wait_for("a second attempt", lambda sk=sk: self.batches().count([sk]) >= 2)
                self.heal()
                self.write(f"after-{sk}", pk=pk)
                wait_for("the next", lambda sk=sk: [f"after-{sk}"] in self.batches())
                self.functions.update_function_configuration(FunctionName=self.name, Environment={"Variables": {}})

    def test_a_throttled_batch_waits_and_is_not_halved(self) -> None:
        self.functions.put_function_concurrency(FunctionName=self.name, ReservedConcurrentExecutions=0)
        self.map(**GATHERED)
        self.write_all("abc")
        time.sleep(GATHERED["MaximumBatchingWindowInSeconds"] + 2 * SILENCE_SECONDS)
        self.assertEqual(self.batches(), [])
        self.functions.delete_function_concurrency(FunctionName=self.name)
        self.assertEqual(self.wait_for_batches(1), [["a", "b", "c"]])

    def test_records_wait_while_the_mapping_is_off(self) -> None:
        uuid = self.map(**GATHERED)
        self.write("a")
        self.wait_for_batches(1)
        self.functions.update_event_source_mapping(UUID=uuid, Enabled=False)
        self.write_all("bc")
        time.sleep(2 * SILENCE_SECONDS)
        self.assertEqual(len(self.batches()), 1)
        self.functions.update_event_source_mapping(UUID=uuid, Enabled=True)
        self.assertEqual(self.wait_for_batches(2), [["a"], ["b", "c"]])

    def test_a_mapping_that_is_turned_off_leaves_a_failing_batch_to_the_next_time(self) -> None:
        uuid = self.map()
        self.write("bad", do="fail")
        self.wait_for_batches(2)
        self.functions.update_event_source_mapping(UUID=uuid, Enabled=False)
        time.sleep(4 + SILENCE_SECONDS)
        count = len(self.batches())
        time.sleep(SILENCE_SECONDS)
        self.assertEqual(len(self.batches()), count)
        self.heal()
        self.functions.update_event_source_mapping(UUID=uuid, Enabled=True)
        self.assertEqual(self.wait_for_batches(count + 1)[-1], ["bad"])

    def test_a_role_that_loses_a_permission_gets_nothing_until_it_is_back(self) -> None:
        uuid = self.map()
        for action in self.permission["Action"]:
            with self.subTest(action=action):
                left = [other for other in self.permission["Action"] if other != action]
                set_role_policy(self.standin, self.name, {**self.permission, "Action": left})
                self.write(action)
                refusal = f"may not {action} on {self.stream}"
                wait_for("the refusal", lambda refusal=refusal: refusal in self.standin.log())
                self.assertNotIn([action], self.batches())
                set_role_policy(self.standin, self.name, self.permission)
                wait_for("the record", lambda action=action: [action] in self.batches())
        self.assertIn(f"{uuid} is not polled", self.standin.log())


class GivenUpTest(unittest.TestCase):
    """In this process, since the shortest age is a minute."""

    def test_a_batch_is_given_up_beyond_the_limits_of_its_mapping(self) -> None:
        endless = {"MaximumRetryAttempts": -1, "MaximumRecordAgeInSeconds": -1}
        for mapping, attempts, age, condition in (
            (endless, 10_000, 86_000, None),
            ({**endless, "MaximumRetryAttempts": 0}, 1, 0, "RetryAttemptsExhausted"),
            ({**endless, "MaximumRetryAttempts": 2}, 2, 0, None),
            ({**endless, "MaximumRecordAgeInSeconds": 60}, 1, 59, None),
            ({**endless, "MaximumRecordAgeInSeconds": 60}, 1, 62, "MaxRecordAgeExceeded"),
        ):
            with self.subTest(mapping=mapping, attempts=attempts, age=age):
                record = {"dynamodb": {"ApproximateCreationDateTime": time.time() - age}}
                part = [stream_polling.Waiting(record, 1, 1)]
                mapping = {**mapping, "EventSourceArn": "stream"}
                with mock.patch.object(lambda_svc, "_send_ddb_stream_failure_record") as send:
                    given_up = stream_polling._is_given_up(mapping, {}, part, {}, attempts)
                self.assertEqual(given_up, condition is not None)
                self.assertEqual([call.args[-1] for call in send.call_args_list], [condition] if condition else [])


if __name__ == "__main__":
    unittest.main()
