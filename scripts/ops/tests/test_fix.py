"""The commands in an alert work: once they have run, the instance is compliant."""

from __future__ import annotations

import re
import time
import unittest
from functools import partial
from typing import Any, ClassVar

from dev.subscriber import Subscriber

from .support import client, outputs, run_as_written, start, state_item, state_key, subscribe, unique, wait_for

HOSTILE = "it's $(exit 1); \"\\`\u202e,=ü"
# What a person writes in place of the angle brackets.
VALUES = {"<dev or staging or prod>": "prod", "<Application>": "shop"}
GROUP = unique("group") + "-it's"
STACK = {"aws:cloudformation:stack-name": "shop", "aws:cloudformation:logical-id": "Web"}
TEMPLATE = {"aws:ec2launchtemplate:id": "lt-0123456789abcdef0", "aws:ec2launchtemplate:version": "3"}
KARPENTER = {"karpenter.sh/nodepool": "batch", "karpenter.k8s.aws/ec2nodeclass": "gpu"}
NODE_GROUP = {"eks:nodegroup-name": "workers", "aws:autoscaling:groupName": "eks-workers-1"}
# What makes an instance, and the tags that it then has; only the stand-in lets anyone set tags of AWS.
MADE: dict[str, dict[str, str]] = {
    "by hand": {},
    "by a group": {"aws:autoscaling:groupName": GROUP, **TEMPLATE},
    "by a template": TEMPLATE,
    "by a stack": STACK,
    "by a node group": {**NODE_GROUP, **TEMPLATE},
    "by karpenter": {**KARPENTER, **TEMPLATE},
    "by a service": {"eks:kubernetes-node-class-name": "default"},
    "by hand, misspelled": {"application": HOSTILE, "Environment": "qa"},
}


class FixTest(unittest.TestCase):
    """A subscriber of the topic, who has nothing but the alert."""

    subscriber: ClassVar[Subscriber]
    launched: ClassVar[dict[str, str]]

    @classmethod
    def setUpClass(cls) -> None:
        cls.subscriber = subscribe(cls)
        # One owner each, so that there is one message each.
        cls.launched = {
            how: start(cls, {"Owner": unique("owner"), **tags}, "eks.amazonaws.com" if how == "by a service" else None)
            for how, tags in MADE.items()
        }
        time.sleep(outputs()["settle_seconds"] + 1)

    def alert_of(self, instance_id: str) -> str | None:
        """The message about one instance, once it has arrived."""
        return next((text for text in self.subscriber.texts() if f"\nInstance ID: {instance_id}\n" in text), None)

    def fixed(self, how: str) -> tuple[str, list[str]]:
        """An alert and its commands for the next launch, once a person has run those for the instance."""
        instance_id = self.launched[how]
        alert = wait_for("the alert", partial(self.alert_of, instance_id))
        [here, next_launch] = re.findall(r"^  (?=\S)(?:This|The next) .*\n((?:    aws .*\n)*)", alert, flags=re.MULTILINE)
        self.assertIn(instance_id, here)
        for command in here.splitlines():
            self.run_by_a_person(command)
        wait_for("its end", lambda: state_item(state_key(instance_id)).get("why") == {"S": "compliant"})
        return alert, [line.strip() for line in next_launch.splitlines()]

    def run_by_a_person(self, command: str) -> None:
        for placeholder, value in VALUES.items():
            command = command.replace(placeholder, value)
        self.assertNotRegex(command, "<.*>")
        run_as_written(command)

    def test_an_instance_that_was_launched_by_hand(self) -> None:
        alert, next_launch = self.fixed("by hand")
        self.assertNotIn("Made By", alert)
        self.assertIn("\n  The next launch: tags at launch (TagSpecifications); EC2 does not say", alert)
        self.assertEqual(next_launch, [])

    def test_an_instance_of_an_auto_scaling_group(self) -> None:
        autoscaling: Any = client("autoscaling")
        autoscaling.create_auto_scaling_group(
            AutoScalingGroupName=GROUP,
            LaunchTemplate={"LaunchTemplateId": TEMPLATE["aws:ec2launchtemplate:id"], "Version": "3"},
            MinSize=0,
            MaxSize=0,
            AvailabilityZones=[outputs()["region"] + "a"],
        )
        self.addCleanup(autoscaling.delete_auto_scaling_group, AutoScalingGroupName=GROUP, ForceDelete=True)
        alert, next_launch = self.fixed("by a group")
        self.assertIn(f"\nMade By: Auto Scaling group {GROUP}, launch template lt-0123456789abcdef0, version 3\n", alert)
        [command] = next_launch
        self.run_by_a_person(command)
        tags = [tag for tag in autoscaling.describe_tags()["Tags"] if tag["ResourceId"] == GROUP]
        self.assertEqual({tag["Key"]: tag["Value"] for tag in tags}, {"Environment": "prod", "Application": "shop"})
        self.assertTrue(all(tag["PropagateAtLaunch"] for tag in tags), tags)

    def test_an_instance_of_a_launch_template(self) -> None:
        alert, _ = self.fixed("by a template")
        self.assertIn("\nMade By: launch template lt-0123456789abcdef0, version 3\n", alert)
        self.assertIn("\n  The next launch: a new version of the launch template, with TagSpecifications", alert)

    def test_an_instance_of_a_cloudformation_stack(self) -> None:
        alert, _ = self.fixed("by a stack")
        self.assertIn("\nMade By: CloudFormation stack shop\n", alert)
        self.assertIn("\n  The next launch: the tags of the stack, or Tags of Web in its template\n", alert)

    def test_an_instance_of_an_eks_node_group(self) -> None:
        alert, next_launch = self.fixed("by a node group")
        self.assertIn("\nMade By: EKS node group workers, ", alert)
        self.assertIn("\n  The next launch: TagSpecifications of the launch template that you gave", alert)
        self.assertEqual(next_launch, [], "the group is EKS's own")

    def test_an_instance_of_a_karpenter_node_pool(self) -> None:
        alert, _ = self.fixed("by karpenter")
        self.assertIn("\nMade By: Karpenter node pool batch, ", alert)
        self.assertIn("\n  The next launch: spec.tags of EC2NodeClass gpu\n", alert)

    def test_an_instance_that_a_service_manages(self) -> None:
        alert, _ = self.fixed("by a service")
        self.assertIn("\nManaged By: eks.amazonaws.com\n", alert)
        self.assertIn("\n  This instance, as far as eks.amazonaws.com allows:\n", alert)
        self.assertIn("\n  The next launch: spec.tags of a NodeClass of your own, ", alert)

    def test_a_misspelled_tag_is_renamed_whatever_it_holds(self) -> None:
        self.fixed("by hand, misspelled")
        filters = [{"Name": "resource-id", "Values": [self.launched["by hand, misspelled"]]}]
        tags = {tag["Key"]: tag["Value"] for tag in client("ec2").describe_tags(Filters=filters)["Tags"]}
        self.assertEqual(tags["Application"], HOSTILE)
        self.assertNotIn("application", tags)
        self.assertEqual(tags["Environment"], "prod")


if __name__ == "__main__":
    unittest.main()
