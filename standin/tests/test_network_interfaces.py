"""The primary network interface, whose attach time is the launch and not the latest start."""

from __future__ import annotations

import time
import unittest
from datetime import datetime, timedelta, timezone
from typing import Any

from .support import ACCOUNT, StandInTest


class NetworkInterfacesTest(StandInTest):
    ec2: Any

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.ec2 = cls.standin.client("ec2")

    def describe(self, *ids: str) -> list[dict[str, Any]]:
        reservations = self.ec2.describe_instances(InstanceIds=list(ids))["Reservations"]
        return [instance for reservation in reservations for instance in reservation["Instances"]]

    def test_an_instance_has_one_interface_of_its_subnet(self) -> None:
        launched = self.ec2.run_instances(ImageId="ami-1", MinCount=2, MaxCount=2)["Instances"]
        described = self.describe(*(instance["InstanceId"] for instance in launched))
        self.assertEqual(
            [instance["NetworkInterfaces"] for instance in launched],
            [instance["NetworkInterfaces"] for instance in described],
        )
        ids = set()
        for instance in described:
            [interface] = instance["NetworkInterfaces"]
            ids |= {interface["NetworkInterfaceId"], interface["Attachment"]["AttachmentId"], interface["MacAddress"]}
            self.assertRegex(interface["NetworkInterfaceId"], r"^eni-[0-9a-f]{17}$")
            self.assertRegex(interface["Attachment"]["AttachmentId"], r"^eni-attach-[0-9a-f]{17}$")
            self.assertEqual(
                (interface["SubnetId"], interface["VpcId"], interface["Groups"]),
                (instance["SubnetId"], instance["VpcId"], instance["SecurityGroups"]),
            )
            self.assertEqual(
                (interface["Status"], interface["Description"], interface["OwnerId"], interface["InterfaceType"]),
                ("in-use", "", ACCOUNT, "interface"),
            )
            [address] = interface["PrivateIpAddresses"]
            self.assertEqual((address["PrivateIpAddress"], address["Primary"]), (instance["PrivateIpAddress"], True))
            attachment = {k: v for k, v in interface["Attachment"].items() if k != "AttachmentId"}
            self.assertEqual(
                attachment,
                {
                    "AttachTime": instance["LaunchTime"],
                    "DeleteOnTermination": True,
                    "DeviceIndex": 0,
                    "NetworkCardIndex": 0,
                    "Status": "attached",
                },
            )
            self.assertLess(abs(datetime.now(timezone.utc) - instance["LaunchTime"]), timedelta(seconds=60))
        self.assertEqual(len(ids), 6)

    def test_only_the_launch_time_changes_at_a_start(self) -> None:
        before = self.ec2.run_instances(ImageId="ami-1", MinCount=1, MaxCount=1)["Instances"][0]
        ids = [before["InstanceId"]]
        time.sleep(1.1)
        # Starting a running instance changes nothing.
        self.ec2.start_instances(InstanceIds=ids)
        self.ec2.stop_instances(InstanceIds=ids)
        [stopped] = self.describe(*ids)
        self.assertEqual(stopped["LaunchTime"], before["LaunchTime"])
        self.ec2.start_instances(InstanceIds=ids)
        [after] = self.describe(*ids)
        self.assertGreater(after["LaunchTime"], before["LaunchTime"])
        self.assertEqual(after["NetworkInterfaces"], before["NetworkInterfaces"])

    def test_a_terminated_instance_has_none(self) -> None:
        [instance] = self.ec2.run_instances(ImageId="ami-1", MinCount=1, MaxCount=1)["Instances"]
        self.ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])
        [terminated] = self.describe(instance["InstanceId"])
        self.assertEqual(terminated["NetworkInterfaces"], [])


if __name__ == "__main__":
    unittest.main()
