"""State machines over DynamoDB: what the role allows, conditions that fail, waits, retries and limits."""

from __future__ import annotations

import json
import unittest
from typing import Any

from botocore.exceptions import ClientError

from standin.retries import wait_seconds
from standin.state_machines import MOST_BYTES

from .machines import create_machine, ended, run
from .roles import Statement, allow, create_role, trust
from .support import ACCOUNT, REGION, Queue, StandInTest, create_rule, metric, rule_arn, wait_for
from .tables import create_table, key

TABLE = "state"
TABLE_ARN = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{TABLE}"
GET = "arn:aws:states:::dynamodb:getItem"
UPDATE = "arn:aws:states:::dynamodb:updateItem"


def leading(*keys: str) -> dict[str, Any]:
    return {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": list(keys)}}


def jsonata(**states: dict[str, Any]) -> dict[str, Any]:
    """A definition of states that follow each other."""
    names = list(states)
    linked = {
        name: {**state, **({"Next": following} if following else {"End": True})}
        for (name, state), following in zip(states.items(), [*names[1:], None], strict=True)
    }
    return {"QueryLanguage": "JSONata", "StartAt": names[0], "States": linked}


def get(pk: str, resource: str = GET) -> dict[str, Any]:
    arguments = {"TableName": TABLE, "Key": key("i-1", pk), "ConsistentRead": True}
    return {"Type": "Task", "Resource": resource, "Arguments": arguments}


def count(pk: str, **arguments: Any) -> dict[str, Any]:
    """A task that adds one to an item's ``n``."""
    given = {
        "TableName": TABLE,
        "Key": key("i-1", pk),
        "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
        "ReturnValues": "ALL_NEW",
        **arguments,
    }
    return {"Type": "Task", "Resource": UPDATE, "Arguments": given}


class RetriesTest(unittest.TestCase):
    def test_waits_grow_up_to_the_longest_delay(self) -> None:
        retrier = {"IntervalSeconds": 30, "BackoffRate": 2, "MaxDelaySeconds": 3600}
        self.assertEqual([wait_seconds(retrier, retries) for retries in (0, 1, 6, 7, 20)], [30, 60, 1920, 3600, 3600])

    def test_waits_without_a_longest_delay_go_on_growing(self) -> None:
        self.assertEqual([wait_seconds({}, retries) for retries in (0, 1, 12)], [1, 2, 4096])

    def test_full_jitter_waits_anything_up_to_that(self) -> None:
        retrier = {"IntervalSeconds": 10, "BackoffRate": 1, "JitterStrategy": "FULL"}
        waits = [wait_seconds(retrier, 0) for _ in range(200)]
        self.assertTrue(all(0 <= wait <= 10 for wait in waits))
        self.assertTrue(min(waits) < 3 and max(waits) > 7)
        self.assertEqual(wait_seconds({**retrier, "JitterStrategy": "NONE"}, 0), 10)


class StateMachinesTest(StandInTest):
    standin_settings = {"SFN_WAIT_SCALE": "0.000001", "AUTH": "true"}

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        create_table(cls.standin, TABLE)

    def setUp(self) -> None:
        self.name = self.id().rsplit(".", 1)[-1].replace("_", "-")[-50:].strip("-")

    def run_once(self, definition: dict[str, Any], *statements: Statement, given: Any = None) -> dict[str, Any]:
        return run(self.standin, create_machine(self.standin, self.name, definition, *statements), given)

    def run_all(self, **states: dict[str, Any]) -> Any:
        """The output of states that may do all they want."""
        execution = self.run_once(jsonata(**states), allow("dynamodb:*", TABLE_ARN))
        self.assertEqual(execution["status"], "SUCCEEDED", execution)
        return json.loads(execution["output"])

    def test_a_role_reads_the_items_whose_partition_it_may(self) -> None:
        may = allow("dynamodb:GetItem", TABLE_ARN, **leading("i#*"))
        machine = create_machine(self.standin, self.name, jsonata(Get=get("{% $states.input.pk %}")), may)
        self.assertEqual(run(self.standin, machine, {"pk": "i#1"})["status"], "SUCCEEDED")
        denied = run(self.standin, machine, {"pk": "channel#1"})
        self.assertEqual((denied["status"], denied["error"]), ("FAILED", "DynamoDB.AmazonDynamoDBException"))
        self.assertIn("dynamodb:GetItem", denied["cause"])

    def test_a_role_writes_the_items_whose_partition_it_may(self) -> None:
        may = allow("dynamodb:UpdateItem", TABLE_ARN, **leading("channel#*"))
        machine = create_machine(self.standin, self.name, jsonata(Count=count("{% $states.input.pk %}")), may)
        self.assertEqual(run(self.standin, machine, {"pk": "channel#1"})["status"], "SUCCEEDED")
        self.assertEqual(run(self.standin, machine, {"pk": "i#1"})["error"], "DynamoDB.AmazonDynamoDBException")

    def test_a_query_by_the_sdk_is_held_to_the_partitions_too(self) -> None:
        query = {
            "TableName": TABLE,
            "KeyConditionExpression": "#pk = :pk",
            "ExpressionAttributeNames": {"#pk": "pk"},
            "ExpressionAttributeValues": {":pk": {"S": "{% $states.input.pk %}"}},
        }
        task = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:dynamodb:query", "Arguments": query}
        may = allow("dynamodb:Query", TABLE_ARN, **leading("i#*"))
        machine = create_machine(self.standin, self.name, jsonata(Query=task), may)
        self.assertEqual(run(self.standin, machine, {"pk": "i#2"})["status"], "SUCCEEDED")
        self.assertEqual(run(self.standin, machine, {"pk": "channel#2"})["status"], "FAILED")

    def test_a_role_outside_a_machine_is_held_to_the_partitions_too(self) -> None:
        trusted = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
        may = allow(["dynamodb:GetItem", "dynamodb:PutItem"], TABLE_ARN, **leading("i#*"))
        table = self.standin.session(create_role(self.standin, self.name, trusted, may))("dynamodb")
        table.put_item(TableName=TABLE, Item=key("i-9", "i#9"))
        self.assertIn("Item", table.get_item(TableName=TABLE, Key=key("i-9", "i#9")))
        with self.assertRaisesRegex(ClientError, "AccessDenied"):
            table.get_item(TableName=TABLE, Key=key("i-9", "channel#9"))
        with self.assertRaisesRegex(ClientError, "AccessDenied"):
            table.put_item(TableName=TABLE, Item=key("i-9", "channel#9"))

    def test_a_condition_that_fails_is_an_error_of_its_own_and_leaves_the_item(self) -> None:
        pk = f"i#{self.name}"
        claim = count(pk, ConditionExpression="attribute_not_exists(pk)")
        claim["Catch"] = [
            {"ErrorEquals": ["DynamoDB.ConditionalCheckFailedException"], "Output": "claimed", "Next": "Caught"}
        ]
        states = {
            "Claim": {**claim, "Output": "{% $states.result.Attributes.n.N %}", "End": True},
            "Caught": {"Type": "Pass", "End": True},
        }
        definition = {"QueryLanguage": "JSONata", "StartAt": "Claim", "States": states}
        machine = create_machine(self.standin, self.name, definition, allow("dynamodb:*", TABLE_ARN))
        self.assertEqual([run(self.standin, machine)["output"] for _ in range(2)], ['"1"', '"claimed"'])

    def test_machines_that_write_at_once_lose_nothing(self) -> None:
        pk = f"i#{self.name}"
        states = jsonata(**{f"Count{number}": count(pk) for number in range(10)})
        machine = create_machine(self.standin, self.name, states, allow("dynamodb:*", TABLE_ARN))
        machines = self.standin.client("stepfunctions")
        started = [machines.start_execution(stateMachineArn=machine)["executionArn"] for _ in range(20)]
        for execution in started:
            self.assertEqual(ended(self.standin, execution)["status"], "SUCCEEDED")
        item = self.standin.client("dynamodb").get_item(TableName=TABLE, Key=key("i-1", pk))["Item"]
        self.assertEqual(item["n"]["N"], "200")

    def test_an_update_returns_what_it_is_asked_for(self) -> None:
        pk = f"i#{self.name}"
        output = self.run_all(
            First=count(pk, ReturnValues="NONE"),
            Second={**count(pk, ReturnValues="UPDATED_OLD"), "Assign": {"old": "{% $states.result.Attributes.n.N %}"}},
            Third={**count(pk), "Output": {"old": "{% $old %}", "new": "{% $states.result.Attributes %}"}},
        )
        self.assertEqual(output, {"old": "1", "new": {**key("i-1", pk), "n": {"N": "3"}}})

    def test_arguments_that_dynamodb_does_not_take_fail_the_task(self) -> None:
        number = count("i#1", ExpressionAttributeValues={":one": {"N": "{% 1 %}"}})
        for name, task, cause in (
            ("number", number, "ExpressionAttributeValues.:one.N"),
            ("unknown", count("i#1", Consistent=True), "Consistent"),
        ):
            with self.subTest(name):
                self.name = f"arguments-{name}"
                execution = self.run_once(jsonata(Count=task), allow("dynamodb:*", TABLE_ARN))
                self.assertEqual(execution["error"], "States.Runtime")
                self.assertIn(cause, execution["cause"])

    def test_an_item_that_is_not_there_can_be_asked_for(self) -> None:
        absent = get("i#absent")
        self.assertEqual(self.run_all(Get={**absent, "Output": "{% $exists($states.result.Item) %}"}), False)

    def test_waits_take_seconds_and_times_that_are_worked_out(self) -> None:
        output = self.run_all(
            Set={"Type": "Pass", "Assign": {"seconds": 3600, "until": "{% $fromMillis($millis() + 86400000) %}"}},
            Seconds={"Type": "Wait", "Seconds": "{% $seconds * 2 %}"},
            Until={"Type": "Wait", "Timestamp": "{% $until %}"},
            Done={"Type": "Pass", "Output": "waited"},
        )
        self.assertEqual(output, "waited")

    def test_retries_wait_for_a_day_in_all(self) -> None:
        retry = {
            "ErrorEquals": ["DynamoDB.ConditionalCheckFailedException"],
            "IntervalSeconds": 60,
            "BackoffRate": 2,
            "MaxDelaySeconds": 3600,
            "MaxAttempts": 28,
            "JitterStrategy": "FULL",
        }
        task = {**count("i#never", ConditionExpression="attribute_exists(pk)"), "Retry": [retry]}
        execution = self.run_once(jsonata(Count=task), allow("dynamodb:*", TABLE_ARN))
        self.assertEqual(execution["error"], "DynamoDB.ConditionalCheckFailedException")
        history = self.standin.client("stepfunctions").get_execution_history(
            executionArn=execution["executionArn"], maxResults=1000
        )["events"]
        self.assertEqual(sum(event["type"] == "TaskFailed" for event in history), 29)
        arn = execution["stateMachineArn"]
        wait_for("the count", lambda: metric(self.standin, "AWS/States", "ExecutionsFailed", StateMachineArn=arn) == 1)

    def test_what_is_too_large_fails_the_execution(self) -> None:
        def text(size: int) -> str:
            return "{% $pad('', " + str(size) + ", 'x') %}"

        fits = {"Type": "Pass", "Assign": {"large": text(MOST_BYTES - 13)}, "Output": text(MOST_BYTES - 2)}
        self.assertEqual(len(self.run_all(Fits=fits)), MOST_BYTES - 2)
        for name, state in (
            ("task", {**get("i#1"), "Output": text(MOST_BYTES - 1)}),
            ("pass", {"Type": "Pass", "Output": text(MOST_BYTES - 1)}),
            ("variable", {"Type": "Pass", "Assign": {"large": text(MOST_BYTES - 12)}}),
        ):
            with self.subTest(name):
                self.name = f"too-large-{name}"
                execution = self.run_once(jsonata(Large=state), allow("dynamodb:*", TABLE_ARN))
                self.assertEqual(execution["error"], "States.DataLimitExceeded")

    def test_an_event_that_becomes_too_large_an_input_is_a_dead_letter(self) -> None:
        machine = create_machine(self.standin, self.name, jsonata(Done={"Type": "Pass"}))
        role = create_role(self.standin, self.name, trust("events"), allow("states:StartExecution", machine))
        letters = Queue(self.standin, self.name, "events.amazonaws.com", rule_arn(self.name))
        transformer = {"InputTemplate": '{"channel": {}, "event": <aws.events.event.json>}'}
        target = {"Arn": machine, "RoleArn": role, "InputTransformer": transformer}
        create_rule(self.standin, self.name, {"source": [self.name]}, {**target, "DeadLetterConfig": {"Arn": letters.arn}})
        events = self.standin.client("events")
        for size in (1000, MOST_BYTES - 200):
            detail = json.dumps({"text": "x" * size})
            answer = events.put_events(Entries=[{"Source": self.name, "DetailType": "t", "Detail": detail}])
            self.assertEqual(answer["FailedEntryCount"], 0)
        letters.wait(1)
        self.assertEqual(letters.messages[0]["MessageAttributes"]["ERROR_CODE"]["StringValue"], "ERROR_FROM_TARGET")
        machines = self.standin.client("stepfunctions")
        [execution] = machines.list_executions(stateMachineArn=machine)["executions"]
        given = json.loads(ended(self.standin, execution["executionArn"])["input"])
        self.assertEqual((given["channel"], given["event"]["source"]), ({}, self.name))
        self.assertEqual(given["event"]["detail"], {"text": "x" * 1000})


if __name__ == "__main__":
    unittest.main()
