"""The function's table: conditions, batches, its sparse index, what is refused, what is throttled, and who may what."""

from __future__ import annotations

import json
import threading
import unittest
from typing import Any
from unittest import mock

from botocore.exceptions import ClientError
from ministack.services import dynamodb

from .. import dynamodb as standin_dynamodb
from .support import ACCOUNT, REGION, StandInTest
from .tables import INDEX, Item, create_table, key, keys

ONE = {":v": {"N": "1"}}
REFUSED = "ValidationException"


class DynamoDbTest(StandInTest):
    standin_settings = {"AUTH": "true"}

    def setUp(self) -> None:
        self.name = self.id().rsplit(".", 1)[-1][:200]
        # botocore would reject some of these itself.
        self.dynamodb = self.standin.client("dynamodb", validate=False)
        create_table(self.standin, self.name)

    def update(self, sk: str, expression: str, values: Item | None = None, **settings: Any) -> dict[str, Any]:
        if values:
            settings["ExpressionAttributeValues"] = values
        settings = {"TableName": self.name, "Key": key(sk), "UpdateExpression": expression, **settings}
        answer: dict[str, Any] = self.dynamodb.update_item(**settings)
        return answer

    def make_due(self, sk: str, group: str, due: int) -> None:
        values = {":g": {"S": group}, ":d": {"N": str(due)}, ":s": {"S": "open"}}
        self.update(sk, "SET grp = :g, due = :d, st = :s", values)

    def query(self, **settings: Any) -> dict[str, Any]:
        settings.setdefault("KeyConditionExpression", "grp = :g")
        settings.setdefault("ExpressionAttributeValues", {":g": {"S": "ann"}})
        answer: dict[str, Any] = self.dynamodb.query(TableName=self.name, **settings)
        return answer

    def get_batch(self, *wanted: Item, **settings: Any) -> dict[str, Any]:
        request = {self.name: {"Keys": list(wanted), "ConsistentRead": True, **settings}}
        answer: dict[str, Any] = self.dynamodb.batch_get_item(RequestItems=request)
        return answer

    def assert_refused(self, message: str, call: Any, *args: Any, code: str = REFUSED, **settings: Any) -> None:
        with self.assertRaises(ClientError) as caught:
            call(*args, **settings)
        error = caught.exception.response["Error"]
        self.assertEqual((error["Code"], message in error["Message"]), (code, True), error)

    def fault(self, **fault: Any) -> int:
        return self.standin.put("/_standin/dynamodb", fault)

    def test_a_failed_condition_shows_what_is_there(self) -> None:
        self.update("a", "SET v = :v, #r = :v", ONE, ExpressionAttributeNames={"#r": "read"})
        new = {"ConditionExpression": "attribute_not_exists(pk)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        with self.assertRaises(ClientError) as caught:
            self.update("a", "SET v = :v", ONE, **new)
        self.assertEqual(caught.exception.response["Error"]["Code"], "ConditionalCheckFailedException")
        self.assertEqual(caught.exception.response["Item"], {**key("a"), "v": {"N": "1"}, "read": {"N": "1"}})
        with self.assertRaises(ClientError) as caught:
            self.update("gone", "SET v = :v", ONE, **{**new, "ConditionExpression": "v = :v"})
        self.assertNotIn("Item", caught.exception.response)
        self.update("a", "SET v = :w", {**ONE, ":w": {"N": "2"}}, ConditionExpression="v = :v")
        self.assert_refused(
            "The conditional request failed",
            self.update,
            *("a", "SET v = :v", ONE),
            code="ConditionalCheckFailedException",
            ConditionExpression="v = :v",
        )

    def test_an_update_that_aws_cannot_read_changes_nothing(self) -> None:
        for expression, message in (
            ("SET v = :v SET w = :v", 'The "SET" section can only be used once'),
            ("SET v = :v, v = :v", "Two document paths overlap"),
            ("SET v = :v REMOVE v", "Two document paths overlap"),
            ("SET v = :v w = :v", 'Syntax error; token: "w", near: ":v w ="'),
            ("SET v = :v,", 'Syntax error; token: "<EOF>"'),
            ("SET v = :v;", 'Syntax error; token: ";"'),
            ("SET v = :v REMOVE", 'Syntax error; token: "<EOF>"'),
            ("SET v = once(:v)", "Invalid function name; function: once"),
            ("SET ttl = :v", "reserved keyword: ttl"),
            ("SET #v = :v", "attribute name: #v"),
            ("SET pk = :v", "Cannot update attribute pk"),
        ):
            with self.subTest(expression=expression):
                self.assert_refused(message, self.update, "a", expression, ONE)
        for condition, values, message in (
            ("ATTRIBUTE_EXISTS(pk) AND v = :v", ONE, "Invalid function name"),
            ("v < :b AND v = :v", {**ONE, ":b": {"BOOL": True}}, "operator: <, operand type: BOOL"),
            ("begins_with(w, :v)", ONE, "operator or function: begins_with, operand type: N"),
            ("v = ", ONE, "Syntax error"),
            ("v = :v", {**ONE, ":unused": {"N": "1"}}, "unused in expressions: keys: {:unused}"),
            # A placeholder that is a prefix of another is not used by it.
            ("v = :v2", {**ONE, ":v2": {"N": "1"}}, "unused in expressions: keys: {:v}"),
        ):
            with self.subTest(condition=condition):
                settings = {"ConditionExpression": condition}
                expression = "REMOVE w" if ":v2" in condition else "SET w = :v"
                self.assert_refused(message, self.update, "a", expression, values, **settings)
        self.assert_refused(
            "returnValuesOnConditionCheckFailure",
            *(self.update, "a", "SET v = :v", ONE),
            ReturnValuesOnConditionCheckFailure="ALL_NEW",
        )
        self.assertNotIn("Item", self.dynamodb.get_item(TableName=self.name, Key=key("a")))

    def test_an_update_that_aws_can_read_is_done(self) -> None:
        names = {"#t": "ttl", "#m": "map"}
        values = {**ONE, ":m": {"M": {}}, ":l": {"L": [{"S": "x"}]}}
        self.update("a", "set v = :v, #t=:v,#m = :m, l = :l remove w", values, ExpressionAttributeNames=names)
        self.update(
            "a",
            "SET #m.#t = if_not_exists(#m.#t, :v), l[1] = :v, v = (v + :v) REMOVE w, x ADD n :v",
            ONE,
            ExpressionAttributeNames=names,
            ConditionExpression="(attribute_exists(pk) AND NOT v >= :v OR v BETWEEN :v AND :v) AND size(l) = :v",
        )
        item = self.dynamodb.get_item(TableName=self.name, Key=key("a"))["Item"]
        two = {"N": "2"}
        expected = {"v": two, "ttl": ONE[":v"], "map": {"M": {"ttl": ONE[":v"]}}, "n": ONE[":v"]}
        self.assertEqual(item, {**key("a"), **expected, "l": {"L": [{"S": "x"}, ONE[":v"]]}})

    def test_keys_and_sizes_have_limits(self) -> None:
        empty = "The AttributeValue for a key attribute cannot contain an empty string value. Key: pk"
        unused = {"ProjectionExpression": "#x2", "ExpressionAttributeNames": {"#x": "v", "#x2": "w"}}
        self.assert_refused("keys: {#x}", self.dynamodb.get_item, TableName=self.name, Key=key("a"), **unused)
        bad = key("a", pk="")
        self.assert_refused(empty, self.update, "a", "SET v = :v", ONE, Key=bad)
        self.assert_refused(empty, self.dynamodb.get_item, TableName=self.name, Key=bad)
        self.assert_refused(empty, self.get_batch, bad)
        large = {":v": {"S": "x" * 400 * 1024}}
        self.assert_refused("Item size to update has exceeded", self.update, "a", "SET v = :v", large)
        self.update("a", "SET v = :v", {":v": {"S": "x" * (400 * 1024 - 200)}})
        not_due = {":v": {"S": "soon"}, ":g": {"S": "ann"}}
        self.assert_refused("Type mismatch for Index Key due", self.update, "b", "SET due = :v, grp = :g", not_due)
        self.assert_refused("empty string value", self.update, "b", "SET grp = :g", {":g": {"S": ""}})

    def test_a_batch_holds_a_hundred_different_keys(self) -> None:
        for n in range(100):
            self.update(f"s{n}", "SET v = :v", ONE)
        wanted = [key(f"s{n}") for n in range(101)]
        answer = self.get_batch(*wanted[:100])
        self.assertEqual((len(answer["Responses"][self.name]), answer["UnprocessedKeys"]), (100, {}))
        self.assert_refused("Member must have length less than or equal to 100", self.get_batch, *wanted)
        self.assert_refused("Provided list of item keys contains duplicates", self.get_batch, *wanted[:2], wanted[0])
        self.assert_refused("length greater than or equal to 1", self.get_batch)
        self.assert_refused("does not match the schema", self.get_batch, {"pk": {"S": "a"}})
        gone = {"code": "ResourceNotFoundException", "RequestItems": {"gone": {"Keys": wanted[:1]}}}
        self.assert_refused("not found", self.dynamodb.batch_get_item, **gone)
        for message, settings in (
            ("reserved keyword: ttl", {"ProjectionExpression": "ttl"}),
            ("attribute name: #x", {"ProjectionExpression": "#x"}),
            ("keys: {#x}", {"ProjectionExpression": "v", "ExpressionAttributeNames": {"#x": "v"}}),
        ):
            with self.subTest(message=message):
                self.assert_refused(message, self.get_batch, wanted[0], **settings)
        other = self.name + "-other"
        create_table(self.standin, other)
        both = {self.name: {"Keys": wanted[:60]}, other: {"Keys": wanted[:41]}}
        self.assert_refused("Too many items requested", self.dynamodb.batch_get_item, RequestItems=both)

    def test_a_batch_answers_with_no_more_than_sixteen_megabytes(self) -> None:
        for n in range(50):
            self.update(f"s{n}", "SET v = :v", {":v": {"S": "x" * 390_000}})
        wanted = [key(f"s{n}") for n in range(50)]
        answer = self.get_batch(*wanted)
        left = answer["UnprocessedKeys"][self.name]
        self.assertTrue(left["ConsistentRead"])
        found = [{name: item[name] for name in ("pk", "sk")} for item in answer["Responses"][self.name]]
        self.assertEqual(found + left["Keys"], wanted)
        self.assertGreater(len(found), 20)

    def test_the_index_has_only_what_is_due_in_its_order(self) -> None:
        self.update("quiet", "SET v = :v", ONE)
        self.update("half", "SET due = :v", ONE)
        for sk, group, due in (("late", "ann", 9), ("soon", "ann", 1), ("other", "bob", 5)):
            self.make_due(sk, group, due)
        items = self.query(IndexName=INDEX)["Items"]
        self.assertEqual([item["sk"]["S"] for item in items], ["soon", "late"])
        self.assertEqual(items[0], {**key("soon"), "grp": {"S": "ann"}, "due": {"N": "1"}})
        page = self.query(IndexName=INDEX, Limit=1)
        following = self.query(IndexName=INDEX, ExclusiveStartKey=page["LastEvaluatedKey"])
        self.assertEqual([item["sk"]["S"] for item in following["Items"]], ["late"])
        scanned = self.dynamodb.scan(TableName=self.name, IndexName=INDEX)["Items"]
        self.assertEqual({item["sk"]["S"] for item in scanned}, {"soon", "late", "other"})
        self.update("soon", "REMOVE due, grp")
        self.assertEqual([item["sk"]["S"] for item in self.query(IndexName=INDEX)["Items"]], ["late"])

    def test_the_index_answers_neither_consistently_nor_with_more_than_it_has(self) -> None:
        for message, settings in (
            ("Consistent reads are not supported", {"ConsistentRead": True}),
            ("Select type ALL_ATTRIBUTES is not supported", {"Select": "ALL_ATTRIBUTES"}),
            ("index due does not project [st]", {"ProjectionExpression": "sk, st"}),
            ("does not project one or more filter attributes: [st]", {"FilterExpression": "st = :g"}),
        ):
            with self.subTest(message=message):
                self.assert_refused(message, self.query, IndexName=INDEX, **settings)
                if "FilterExpression" in settings:
                    settings["ExpressionAttributeValues"] = {":g": {"S": "open"}}
                scan = {"TableName": self.name, "IndexName": INDEX, **settings}
                self.assert_refused(message, self.dynamodb.scan, **scan)

    def test_a_query_reads_one_partition_by_its_keys_and_filters_by_the_rest(self) -> None:
        for sk in ("i-1", "i-2", "x"):
            self.make_due(sk, "ann", 1)
        self.update("i-3", "SET v = :v", ONE)
        values = {":p": {"S": "i#1"}, ":i": {"S": "i-"}, ":s": {"S": "open"}}
        asked = {"KeyConditionExpression": "pk = :p AND begins_with(sk, :i)", "ConsistentRead": True}
        found = self.query(**asked, FilterExpression="st = :s", ExpressionAttributeValues=values)
        self.assertEqual([item["sk"]["S"] for item in found["Items"]], ["i-1", "i-2"])
        self.assertEqual(found["ScannedCount"], 3)
        for message, settings in (
            ("Primary key attribute: sk", {"FilterExpression": "sk = :s"}),
            ("reserved keyword: state", {"FilterExpression": "state = :s"}),
            ("Syntax error", {"FilterExpression": "st = :s AND"}),
        ):
            with self.subTest(message=message):
                self.assert_refused(message, self.query, **asked, ExpressionAttributeValues=values, **settings)
        for condition in ("pk = :p OR sk = :i", "pk = :p AND sk <> :i", "pk = :p AND contains(sk, :i)"):
            with self.subTest(condition=condition):
                values.pop(":s", None)
                self.assert_refused(
                    "Invalid operator used in KeyConditionExpression",
                    self.query,
                    KeyConditionExpression=condition,
                    ExpressionAttributeValues=values,
                )

    def test_a_filter_leaves_items_out_of_a_page_after_its_limit_has_counted_them(self) -> None:
        for sk, state, read in (("a", "closed", 1), ("b", "open", 1), ("c", "closed", 5), ("d", "closed", 2), ("e", "suspect", 1)):
            values = {":s": {"S": state}, ":r": {"N": str(read)}}
            self.update(sk, "SET st = :s, #r = :r, #w = :s", values, ExpressionAttributeNames={"#r": "read", "#w": "what"})
        asked = {
            "ConsistentRead": True,
            "KeyConditionExpression": "#pk = :pk",
            "FilterExpression": "#st <> :closed OR #read >= :since",
            "ProjectionExpression": "#sk, #st, #gone",
            "ExpressionAttributeNames": {"#pk": "pk", "#sk": "sk", "#st": "st", "#read": "read", "#gone": "gone"},
            "ExpressionAttributeValues": {":pk": {"S": "i#1"}, ":closed": {"S": "closed"}, ":since": {"N": "5"}},
        }
        first = self.query(**asked, Limit=2)
        self.assertEqual((first["Items"], first["ScannedCount"]), ([{"sk": {"S": "b"}, "st": {"S": "open"}}], 2))
        self.assertEqual(first["LastEvaluatedKey"], key("b"))
        second = self.query(**asked, Limit=3, ExclusiveStartKey=first["LastEvaluatedKey"])
        self.assertEqual([item["sk"]["S"] for item in second["Items"]], ["c", "e"])
        # DynamoDB does not look ahead: the last page may be empty.
        last = self.query(**asked, Limit=3, ExclusiveStartKey=second["LastEvaluatedKey"])
        self.assertEqual((last["Items"], "LastEvaluatedKey" in last), ([], False))

    def test_a_page_is_no_larger_than_a_megabyte(self) -> None:
        for n in range(5):
            self.update(f"s{n}", "SET v = :v", {":v": {"S": "x" * 300_000}})
        asked = {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": "i#1"}}}
        page = self.query(**asked)
        self.assertEqual((page["Count"], page["LastEvaluatedKey"]), (3, key("s2")))
        self.assertEqual(self.query(**asked, ExclusiveStartKey=page["LastEvaluatedKey"])["Count"], 2)

    def test_calls_are_throttled_and_fail_as_often_as_a_test_asks_for(self) -> None:
        self.addCleanup(self.fault, times=0)
        self.assertEqual(self.fault(times=2), 204)
        for _ in range(2):
            self.assert_refused("Throughput exceeds", self.get_batch, key("a"), code="ThrottlingException")
        self.get_batch(key("a"))
        error = "ProvisionedThroughputExceededException"
        self.assertEqual(self.fault(times=1, error=error, operations=["UpdateItem"]), 204)
        self.get_batch(key("a"))
        self.assert_refused("throughput", self.update, "a", "SET v = :v", ONE, code=error)
        self.assertNotIn("Item", self.dynamodb.get_item(TableName=self.name, Key=key("a")))
        self.fault(times=1, error="InternalServerError")
        with self.assertRaises(ClientError) as caught:
            self.update("a", "SET v = :v", ONE)
        self.assertEqual(caught.exception.response["ResponseMetadata"]["HTTPStatusCode"], 500)
        self.assertEqual(self.fault(times=1, error="Unknown"), 400)

    def test_keys_are_left_unprocessed_as_often_as_a_test_asks_for(self) -> None:
        self.addCleanup(self.fault, times=0)
        for sk in "abc":
            self.update(sk, "SET v = :v", ONE)
        self.fault(times=2, unprocessed=True)
        self.update("d", "SET v = :v", ONE)
        answer = self.get_batch(key("a"), key("b"), key("c"))
        self.assertEqual([item["sk"]["S"] for item in answer["Responses"][self.name]], ["a", "b"])
        self.assertEqual(answer["UnprocessedKeys"], {self.name: {"Keys": [key("c")], "ConsistentRead": True}})
        self.assertEqual(self.get_batch(key("c"))["UnprocessedKeys"], {})
        self.assertEqual(self.get_batch(key("a"), key("b"))["UnprocessedKeys"], {})

    def test_the_table_and_its_index_need_permissions_of_their_own(self) -> None:
        table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{self.name}"
        calls: dict[str, Any] = {
            "GetItem": lambda user: user.get_item(TableName=self.name, Key=key("a")),
            "BatchGetItem": lambda user: user.batch_get_item(RequestItems={self.name: {"Keys": [key("a")]}}),
            "UpdateItem": lambda user: user.update_item(
                TableName=self.name, Key=key("a"), UpdateExpression="SET v = :v", ExpressionAttributeValues=ONE
            ),
            "Query": lambda user: user.query(
                TableName=self.name,
                IndexName=INDEX,
                KeyConditionExpression="grp = :v",
                ExpressionAttributeValues={":v": {"S": "x"}},
            ),
            "Scan": lambda user: user.scan(TableName=self.name, IndexName=INDEX),
        }
        for allowed in calls:
            resource = f"{table}/index/{INDEX}" if allowed in ("Query", "Scan") else table
            user = self.user(allowed, {"Effect": "Allow", "Action": f"dynamodb:{allowed}", "Resource": resource})
            for operation, call in calls.items():
                with self.subTest(allowed=allowed, operation=operation):
                    if operation == allowed:
                        call(user)
                    else:
                        self.assert_refused("not authorized", call, user, code="AccessDeniedException")
        for operation, resource in (("Scan", table), ("GetItem", f"{table}/index/{INDEX}"), ("GetItem", table + "x")):
            statement = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": resource}
            user = self.user(f"{operation}-{resource[-3:]}-only", statement)
            with self.subTest(operation=operation, resource=resource):
                self.assert_refused("not authorized", calls[operation], user, code="AccessDeniedException")

    def user(self, name: str, statement: dict[str, Any]) -> Any:
        """A client of a new user who may do just this."""
        iam = self.standin.client("iam")
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=document)
        made = iam.create_access_key(UserName=name)["AccessKey"]
        return self.standin.client("dynamodb", made["AccessKeyId"], made["SecretAccessKey"])


class TimeToLiveTest(unittest.TestCase):
    """In this process, since MiniStack only expires items once a minute."""

    def test_what_it_deletes_is_in_the_stream_as_the_services_own_doing(self) -> None:
        table = self._table_with_item()
        wraps = {"_remove_item": "_telling_the_stream", "_build_change_record": "_as_aws_writes_it"}
        wrapped = {name: getattr(standin_dynamodb, wrap)(getattr(dynamodb, name)) for name, wrap in wraps.items()}
        with mock.patch.multiple(dynamodb, **wrapped):
            reaper = threading.Thread(
                target=lambda: dynamodb._remove_item(table, "i#1", "a"), name="dynamodb-ttl-reaper"
            )
            reaper.start()
            reaper.join()
        record = dynamodb._stream_records["reaped"][-1]
        self.assertEqual((record["eventName"], record["dynamodb"]["Keys"]), ("REMOVE", key("a")))
        self.assertEqual(record["userIdentity"], {"type": "Service", "principalId": "dynamodb.amazonaws.com"})
        self.assertNotIn("NewImage", record["dynamodb"])
        self.assertNotIn("userIdentity", dynamodb._stream_records["reaped"][0])

    def _table_with_item(self) -> dict[str, Any]:
        attributes = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")]
        dynamodb._create_table(
            {
                "TableName": "reaped",
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": attributes,
                "KeySchema": keys("pk", "sk"),
                "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
            }
        )
        dynamodb._put_item({"TableName": "reaped", "Item": {**key("a"), "ttl": {"N": "1"}}})
        table: dict[str, Any] = dynamodb._tables["reaped"]
        return table


if __name__ == "__main__":
    unittest.main()
