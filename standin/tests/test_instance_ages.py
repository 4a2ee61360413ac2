"""Instances that a test makes older."""

from __future__ import annotations

import unittest
from datetime import timedelta
from typing import Any

from .support import StandInTest


class InstanceAgesTest(StandInTest):
    def make_older(self, body: Any) -> int:
        return self.standin.put("/_standin/instances", body)

    def test_those_that_are_named_were_launched_earlier(self) -> None:
        ec2 = self.standin.client("ec2")
        old, young = ec2.run_instances(ImageId="ami-1", MinCount=2, MaxCount=2)["Instances"]
        self.assertEqual(self.make_older({"instances": [old["InstanceId"]], "seconds": 3600}), 204)
        for instance, by in ((old, timedelta(hours=1)), (young, timedelta())):
            answer = ec2.describe_instances(InstanceIds=[instance["InstanceId"]])
            [described] = answer["Reservations"][0]["Instances"]
            self.assertEqual(instance["LaunchTime"] - described["LaunchTime"], by)
            attachment = described["NetworkInterfaces"][0]["Attachment"]
            self.assertEqual(attachment["AttachTime"], described["LaunchTime"])

    def test_what_cannot_be_made_older_is_refused(self) -> None:
        for body in ({"instances": ["i-0"], "seconds": 1}, {"instances": [], "seconds": "1"}, {"seconds": 1}, [], "{"):
            self.assertEqual(self.make_older(body), 400, body)


if __name__ == "__main__":
    unittest.main()
