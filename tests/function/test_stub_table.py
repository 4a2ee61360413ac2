"""The stub's table and its stream."""

from __future__ import annotations

import time
import unittest
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import ClientError, ConnectionClosedError

from standin.tests.support import client

from .stub.aws import BUCKET_OWNER, Aws
from .stub.lambda_service import Function, Outcome
from .stub.table import INDEX, NAME, Item

NEW = {"ConditionExpression": "attribute_not_exists(pk)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}


def key(sk: str, pk: str = "i#1") -> Item:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


class Scripted(Function):
    """A function with scripted answers, by the sort keys that it gets."""

    def __init__(self, aws: Aws, bad: set[str], **settings: Any) -> None:
        super().__init__(aws, **settings)
        # No process will write to it.
        self._log.close()
        self.bad = bad
        self.batches: list[list[str]] = []

    def invoke(self, event: Any, timeout: float | None = None) -> Outcome:
        self.batches.append([record["dynamodb"]["Keys"]["sk"]["S"] for record in event["Records"]])
        return Outcome("error" if self.bad & set(self.batches[-1]) else "answer", None, 0.0, 0.0)


class TableTest(unittest.TestCase):
    def setUp(self) -> None:
        self.aws = self.enterContext(Aws())
        self.dynamodb = client(self.aws.endpoints["DYNAMODB"], "dynamodb", "stub", "stub", True)

    def update(self, sk: str, pk: str = "i#1", v: int = 1, due: int | None = None, **settings: Any) -> Any:
        expression, values = "SET v = :v REMOVE due, grp", {":v": {"N": str(v)}}
        if due is not None:
            expression = "SET v = :v, due = :d, grp = :g"
            values |= {":d": {"N": str(due)}, ":g": {"S": "ann"}}
        settings = {"UpdateExpression": expression, "ExpressionAttributeValues": values, **settings}
        return self.dynamodb.update_item(TableName=NAME, Key=key(sk, pk), **settings)

    def get(self, *sorts: str) -> Any:
        wanted = {"Keys": [key(sk) for sk in sorts], "ConsistentRead": True}
        return self.dynamodb.batch_get_item(RequestItems={NAME: wanted})

    def error(self, call: Any, *args: Any, **settings: Any) -> dict[str, Any]:
        with self.assertRaises(ClientError) as caught:
            call(*args, **settings)
        response: dict[str, Any] = caught.exception.response
        return response

    def outcomes(self) -> list[str]:
        return [call.outcome for call in self.aws.record.calls_of("DYNAMODB")]

    def test_a_condition_that_does_not_hold_is_told_from_a_wrong_request(self) -> None:
        self.update("a", **NEW)
        failed = self.error(self.update, "a", v=2, **NEW)
        self.assertEqual(failed["Error"]["Code"], "ConditionalCheckFailedException")
        self.assertEqual(failed["Item"], {**key("a"), "v": {"N": "1"}})
        condition = "v = :w OR (attribute_exists(sk) AND v < :w AND v >= :v)"
        values = {":v": {"N": "1"}, ":w": {"N": "7"}}
        self.update("a", UpdateExpression="SET v = :w", ConditionExpression=condition, ExpressionAttributeValues=values)
        wrong = self.error(self.update, "a", UpdateExpression="SET v = ")
        self.assertEqual(wrong["Error"]["Code"], "ValidationException")
        self.assertEqual(self.outcomes(), ["done", "condition", "done", "refused"])
        self.assertEqual(self.aws.table.item("i#1", "a"), {**key("a"), "v": {"N": "7"}})

    def test_what_is_due_is_in_the_index_and_others_read_by_partition(self) -> None:
        for sk, due in (("late", 9), ("soon", 1), ("quiet", None)):
            self.update(sk, due=due)
        asked = {"IndexName": INDEX, "KeyConditionExpression": "grp = :g"}
        asked["ExpressionAttributeValues"] = {":g": {"S": "ann"}}
        found = self.dynamodb.query(TableName=NAME, **asked)["Items"]
        self.assertEqual([item["sk"]["S"] for item in found], ["soon", "late"])
        page = self.dynamodb.scan(TableName=NAME, IndexName=INDEX, Limit=1)
        rest = self.dynamodb.scan(TableName=NAME, IndexName=INDEX, ExclusiveStartKey=page["LastEvaluatedKey"])
        self.assertEqual([item["sk"]["S"] for item in page["Items"] + rest["Items"]], ["soon", "late"])
        filtered = self.dynamodb.query(
            TableName=NAME,
            KeyConditionExpression="pk = :p AND begins_with(sk, :s)",
            FilterExpression="v = :v",
            ExpressionAttributeValues={":p": {"S": "i#1"}, ":s": {"S": "q"}, ":v": {"N": "1"}},
        )
        self.assertEqual([item["sk"]["S"] for item in filtered["Items"]], ["quiet"])

    def test_a_partition_is_read_in_pages_that_end_where_the_limit_or_a_megabyte_does(self) -> None:
        self.aws.table.fill({**key(f"s-{n}"), "st": {"S": "open" if n % 2 else "closed"}} for n in range(5))
        self.update("other", pk="i#2")
        asked: dict[str, Any] = {"KeyConditionExpression": "pk = :p", "ConsistentRead": True, "FilterExpression": "st <> :c"}
        asked["ExpressionAttributeValues"] = {":p": {"S": "i#1"}, ":c": {"S": "closed"}}
        self.assertEqual(self.pages(Limit=2, **asked), [["s-1"], ["s-3"], []])
        self.assertEqual(self.pages(Limit=1_000, **asked), [["s-1", "s-3"]])
        self.aws.table.fill({**key(f"t-{n}"), "st": {"S": "x" * 400_000}} for n in range(3))
        self.assertEqual(self.pages(Limit=1_000, **asked), [["s-1", "s-3", "t-0", "t-1"], ["t-2"]])
        self.assertEqual(len(self.aws.table.items()), 9)

    def pages(self, **asked: Any) -> list[list[str]]:
        """The sort keys of each page of a query."""
        found, start = [], {}
        while True:
            answer = self.dynamodb.query(TableName=NAME, **asked, **start)
            found.append([item["sk"]["S"] for item in answer["Items"]])
            if "LastEvaluatedKey" not in answer:
                return found
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def test_keys_of_a_batch_can_be_left_unprocessed(self) -> None:
        for sk in "abc":
            self.update(sk)
        self.aws.fault("DYNAMODB", "partial", 1, entries=(0, 2))
        answer = self.get("a", "b", "c")
        self.assertEqual(answer["Responses"][NAME], [{**key("b"), "v": {"N": "1"}}])
        self.assertEqual(answer["UnprocessedKeys"], {NAME: {"Keys": [key("a"), key("c")], "ConsistentRead": True}})
        self.assertEqual(len(self.get("a", "c")["Responses"][NAME]), 2)

    def test_each_kind_of_fault_is_dynamodbs_own(self) -> None:
        for kind, code in (
            ("throttle", "ThrottlingException"),
            ("error", "InternalServerError"),
            ("denied", "AccessDeniedException"),
        ):
            with self.subTest(kind=kind):
                self.aws.fault("DYNAMODB", kind, 1, where=lambda text: "UpdateExpression" in text)
                self.get("a")
                self.assertEqual(self.error(self.update, "a")["Error"]["Code"], code)
        self.assertIsNone(self.aws.table.item("i#1", "a"))
        self.aws.fault("DYNAMODB", "lost", 1)
        with self.assertRaises(ConnectionClosedError):
            self.update("a")
        self.assertIsNotNone(self.aws.table.item("i#1", "a"))

    def test_two_stubs_share_nothing(self) -> None:
        self.update("a")
        with Aws() as other:
            self.assertEqual(other.table.items(), [])
        self.assertEqual(len(self.aws.table.items()), 1)

    def test_the_stream_is_handed_over_by_shard_in_its_order(self) -> None:
        function = Scripted(self.aws, set(), shards=3)
        for n in range(5):
            for pk in range(4):
                self.update(f"{pk}-{n}", pk=f"i#{pk}", due=1)
        self.update("told", due=None)
        self.aws.table.put({**key("muted"), "mute": {"BOOL": True}})
        function.work_off_stream(batch_size=4)
        self.assertEqual(sum(map(len, function.batches)), 20)
        self.assertLessEqual(max(map(len, function.batches)), 4)
        self.assertGreater(len({batch[0][0] for batch in function.batches}), 1)
        for pk in range(4):
            own = [sk for batch in function.batches for sk in batch if sk.startswith(f"{pk}-")]
            self.assertEqual(own, [f"{pk}-{n}" for n in range(5)])
        self.assertEqual(function.work_off_stream(), [])
        [first, *_] = self.aws.table.records()
        self.assertIn(f":{BUCKET_OWNER}:table/{NAME}/stream/", first["eventSourceARN"])

    def test_a_batch_that_fails_is_halved_and_holds_up_its_shard_alone(self) -> None:
        function = Scripted(self.aws, {"c"}, shards=2)
        for sk in "abcd":
            self.update(sk, due=1)
        for pk in range(8):
            self.update(f"other-{pk}", pk=f"o#{pk}", due=1)
        function.work_off_stream()
        handled = {sk for batch in function.batches for sk in batch if "c" not in batch}
        self.assertLessEqual({"a", "b"}, handled)
        self.assertNotIn("d", handled)
        self.assertTrue(any(sk.startswith("other") for sk in handled))
        self.assertGreaterEqual(function.batches.count(["c"]), 3)
        function.bad.clear()
        function.batches.clear()
        function.work_off_stream()
        [rest] = function.batches
        self.assertEqual(rest[:2], ["c", "d"])

    def test_ten_thousand_changes_take_seconds(self) -> None:
        function = Scripted(self.aws, set())
        began = time.monotonic()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda n: self.update(f"i-{n}", pk=f"i#{n % 16}", due=n, **NEW), range(2000)))
        for n in range(8000):
            self.aws.table.put({**key(f"p-{n}", f"i#{n % 16}"), "due": {"N": "1"}, "grp": {"S": "ann"}})
        function.work_off_stream()
        self.assertEqual(Counter(sk for batch in function.batches for sk in batch).total(), 10_000)
        self.assertLess(time.monotonic() - began, 60)


if __name__ == "__main__":
    unittest.main()
