"""Requests that a client repeats because their answer was lost."""

from __future__ import annotations

import asyncio
import json
import unittest
from typing import Any
from unittest import mock

from botocore.exceptions import ClientError

from standin import idempotency
from standin.models.check import Checked

from .support import ACCOUNT, REGION, StandInTest

LAUNCH = {"ImageId": "ami-0123456789abcdef0", "InstanceType": "t3.nano", "MinCount": 1, "MaxCount": 1}
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "scheduler.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)


class IdempotencyTest(StandInTest):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.standin.client("iam").create_role(RoleName="scheduler", AssumeRolePolicyDocument=TRUST)

    def setUp(self) -> None:
        self.schedules = self.standin.client("scheduler")
        self.name = self.id().rsplit(".", 1)[-1].replace("_", "-")[:60]

    def schedule(self, token: str, **otherwise: Any) -> dict[str, Any]:
        target = {
            "Arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f",
            "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/scheduler",
        }
        parameters = {"ScheduleExpression": "rate(1 day)", "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": target}
        return {"Name": self.name, "ClientToken": token, **parameters, **otherwise}

    def test_a_repeated_request_is_answered_as_it_was(self) -> None:
        first = self.schedules.create_schedule(**self.schedule("create"))
        again = self.schedules.create_schedule(**self.schedule("create"))
        self.assertEqual(again["ScheduleArn"], first["ScheduleArn"])
        ids = {answer["ResponseMetadata"]["RequestId"] for answer in (first, again)}
        self.assertEqual(len(ids), 2)
        for _ in range(2):
            self.schedules.delete_schedule(Name=self.name, ClientToken="delete")

    def test_another_token_and_other_parameters_make_another_request(self) -> None:
        self.schedules.create_schedule(**self.schedule("one"))
        for other in (self.schedule("two"), self.schedule("one", ScheduleExpression="rate(2 days)")):
            with self.assertRaises(self.schedules.exceptions.ConflictException):
                self.schedules.create_schedule(**other)

    def test_what_failed_is_tried_again(self) -> None:
        group = {"GroupName": self.name[:60]}
        with self.assertRaises(self.schedules.exceptions.ResourceNotFoundException):
            self.schedules.create_schedule(**self.schedule("early", **group))
        self.schedules.create_schedule_group(Name=group["GroupName"])
        self.schedules.create_schedule(**self.schedule("early", **group))

    def test_a_repeated_launch_launches_no_more(self) -> None:
        ec2 = self.standin.client("ec2")
        ids = [ec2.run_instances(**LAUNCH, ClientToken=token)["Instances"][0]["InstanceId"] for token in "aab"]
        self.assertEqual(ids[0], ids[1])
        self.assertNotEqual(ids[0], ids[2])

    def test_the_tokens_of_dynamodb_are_ministacks(self) -> None:
        dynamodb = self.standin.client("dynamodb")
        key = {"AttributeName": "pk", "KeyType": "HASH"}
        dynamodb.create_table(
            TableName="tokens",
            KeySchema=[key],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )

        def write(item: str) -> None:
            put = {"Put": {"TableName": "tokens", "Item": {"pk": {"S": item}}}}
            dynamodb.transact_write_items(TransactItems=[put], ClientRequestToken="same")

        write("a")
        write("a")
        with self.assertRaises(ClientError) as caught:
            write("b")
        self.assertEqual(caught.exception.response["Error"]["Code"], "IdempotentParameterMismatchException")


class TwiceAtOnceTest(unittest.IsolatedAsyncioTestCase):
    async def test_a_request_that_is_repeated_while_it_runs_is_carried_out_once(self) -> None:
        checked = Checked("scheduler", "other", "CreateSchedule", token="token", parameters={"Name": "n"})
        go_on, carried_out = asyncio.Event(), mock.Mock()

        async def handle() -> idempotency.Response:
            carried_out()
            await go_on.wait()
            return 200, {}, b"made"

        both = [asyncio.create_task(idempotency.once(checked, handle)) for _ in range(2)]
        await asyncio.sleep(0)
        go_on.set()
        self.assertEqual([await one for one in both], [(200, {}, b"made")] * 2)
        carried_out.assert_called_once_with()

    async def test_only_so_many_answers_are_kept(self) -> None:
        async def handle() -> idempotency.Response:
            return 200, {}, b""

        with mock.patch.object(idempotency, "_answers", {}) as kept:
            for number in range(idempotency.MOST + 1):
                await idempotency.once(Checked("scheduler", "other", "CreateSchedule", token=str(number)), handle)
            self.assertEqual(len(kept), idempotency.MOST)


if __name__ == "__main__":
    unittest.main()
