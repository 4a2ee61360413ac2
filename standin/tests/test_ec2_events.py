"""EC2's state-change and tag-change events, seen by a queue behind a rule."""

from __future__ import annotations

import datetime
import time
import unittest
from typing import Any

from .support import ACCOUNT, REGION, Queue, StandInTest, create_rule, rule_arn

RULE = "all-ec2"
# Long enough for an event that should not be there to arrive.
SILENCE_SECONDS = 0.3


class Ec2EventsTest(StandInTest):
    def setUp(self) -> None:
        self.ec2 = self.standin.client("ec2")
        name = self.id().rsplit(".", 1)[-1].replace("_", "-")[:64]
        self.queue = Queue(self.standin, name, "events.amazonaws.com", rule_arn(name))
        create_rule(self.standin, name, {"source": ["aws.ec2", "aws.tag"]}, {"Arn": self.queue.arn})
        self.addCleanup(self.standin.client("events").remove_targets, Rule=name, Ids=["0"])

    def launch(self, count: int = 1, tags: dict[str, str] | None = None, events: int = 2) -> list[str]:
        """Launch, and take the events of the launch out of the way."""
        tag_sets = [{"ResourceType": "instance", "Tags": [{"Key": k, "Value": v} for k, v in (tags or {}).items()]}]
        answer = self.ec2.run_instances(
            ImageId="ami-1", MinCount=count, MaxCount=count, **({"TagSpecifications": tag_sets} if tags else {})
        )
        self.queue.wait(count * (events + bool(tags)))
        return [instance["InstanceId"] for instance in answer["Instances"]]

    def new_events(self, count: int) -> list[dict[str, Any]]:
        """Exactly ``count`` events beyond those that were seen before."""
        seen = len(self.queue.messages)
        self.queue.wait(seen + count)
        time.sleep(SILENCE_SECONDS)
        events = self.queue.bodies()[seen:]
        self.assertEqual(len(events), count, events)
        return events

    def states(self, events: list[dict[str, Any]]) -> list[tuple[str, str]]:
        return [(event["detail"]["instance-id"], event["detail"]["state"]) for event in events]

    def test_launch_has_the_exact_shape(self) -> None:
        [instance] = self.launch()
        pending, running = self.queue.bodies()
        arn = f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/{instance}"
        for event, state in ((pending, "pending"), (running, "running")):
            self.assertRegex(event.pop("id"), r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
            self.assertRegex(event.pop("time"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
            self.assertEqual(
                event,
                {
                    "version": "0",
                    "detail-type": "EC2 Instance State-change Notification",
                    "source": "aws.ec2",
                    "account": ACCOUNT,
                    "region": REGION,
                    "resources": [arn],
                    "detail": {"instance-id": instance, "state": state},
                },
            )

    def test_many_launches_need_many_calls_of_put_events(self) -> None:
        instances = self.launch(count=23)
        events = self.queue.bodies()
        self.assertEqual(self.states(events), [(i, state) for i in instances for state in ("pending", "running")])
        self.assertEqual(len({event["id"] for event in events}), 46)

    def test_events_have_the_time_of_what_they_tell_of_however_late_they_come(self) -> None:
        # So many that a second passes before the last of them is emitted.
        self.launch(count=400, tags={"Owner": "web"})
        answer = self.ec2.describe_instances(Filters=[{"Name": "tag:Owner", "Values": ["web"]}])
        launched = {i["InstanceId"]: i["LaunchTime"] for r in answer["Reservations"] for i in r["Instances"]}
        for event in self.queue.bodies():
            instance = event["resources"][0].rpartition("/")[2]
            self.assertLessEqual(datetime.datetime.fromisoformat(event["time"]), launched[instance])

    def test_only_real_state_changes_emit(self) -> None:
        [instance] = self.launch()
        ids = [instance]
        for act, states in (
            (self.ec2.start_instances, []),
            (self.ec2.stop_instances, ["stopping", "stopped"]),
            (self.ec2.stop_instances, []),
            (self.ec2.start_instances, ["pending", "running"]),
            (self.ec2.terminate_instances, ["shutting-down", "terminated"]),
            (self.ec2.terminate_instances, []),
        ):
            with self.subTest(act=act.__name__, states=states):
                act(InstanceIds=ids)
                self.assertEqual(self.states(self.new_events(len(states))), [(instance, s) for s in states])

    def test_a_refused_call_emits_nothing(self) -> None:
        [instance] = self.launch()
        with self.assertRaisesRegex(Exception, "InvalidInstanceID.NotFound"):
            self.ec2.stop_instances(InstanceIds=[instance, "i-0123456789abcdef0"])
        self.new_events(0)

    def test_a_terminated_instance_stays_terminated(self) -> None:
        [instance] = self.launch()
        self.ec2.terminate_instances(InstanceIds=[instance])
        self.new_events(2)
        for act in (self.ec2.start_instances, self.ec2.stop_instances):
            with self.assertRaisesRegex(Exception, "IncorrectInstanceState"):
                act(InstanceIds=[instance])
        self.new_events(0)

    def test_tags_of_a_launch_emit_once_and_are_there_with_the_first_event(self) -> None:
        [instance] = self.launch(tags={"Owner": "ann", "Environment": "dev"})
        pending, tagged, running = self.queue.bodies()
        self.assertEqual(self.states([pending, running]), [(instance, "pending"), (instance, "running")])
        self.assertEqual(tagged["source"], "aws.tag")
        self.assertEqual(tagged["detail-type"], "Tag Change on Resource")
        self.assertEqual(tagged["resources"], [f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/{instance}"])
        self.assertEqual(
            tagged["detail"],
            {
                "changed-tag-keys": ["Environment", "Owner"],
                "tags": {"Owner": "ann", "Environment": "dev"},
                "service": "ec2",
                "resource-type": "instance",
                "version": 1,
            },
        )

    def test_only_real_tag_changes_emit_and_the_version_counts(self) -> None:
        [instance] = self.launch(tags={"Owner": "ann"})
        steps = (
            (self.ec2.create_tags, {"Owner": "bob", "Team": "x"}, ["Owner", "Team"], {"Owner": "bob", "Team": "x"}),
            (self.ec2.create_tags, {"Owner": "bob"}, [], None),
            (self.ec2.delete_tags, {"Team": "x"}, ["Team"], {"Owner": "bob"}),
            (self.ec2.delete_tags, {"Team": "x"}, [], None),
            (self.ec2.create_tags, {"Blank": ""}, ["Blank"], {"Owner": "bob", "Blank": ""}),
        )
        version = 1
        for act, tags, changed, after in steps:
            with self.subTest(act=act.__name__, tags=tags):
                act(Resources=[instance], Tags=[{"Key": k, "Value": v} for k, v in tags.items()])
                events = self.new_events(1 if changed else 0)
                if changed:
                    version += 1
                    detail = events[0]["detail"]
                    self.assertEqual(
                        (detail["changed-tag-keys"], detail["tags"], detail["version"]), (changed, after, version)
                    )

    def test_tags_of_other_resources_and_unknown_instances_emit_nothing(self) -> None:
        vpc = self.ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        self.ec2.create_tags(Resources=[vpc], Tags=[{"Key": "a", "Value": "b"}])
        with self.assertRaisesRegex(Exception, "InvalidInstanceID.NotFound"):
            self.ec2.create_tags(Resources=["i-0123456789abcdef0"], Tags=[{"Key": "a", "Value": "b"}])
        self.new_events(0)

    def test_put_events_may_not_claim_to_be_aws(self) -> None:
        answer = self.standin.client("events").put_events(
            Entries=[{"Source": "aws.ec2", "DetailType": "EC2 Instance State-change Notification", "Detail": "{}"}]
        )
        self.assertEqual(answer["FailedEntryCount"], 1)
        self.assertEqual(answer["Entries"][0]["ErrorCode"], "NotAuthorizedForSourceException")
        self.new_events(0)

    def test_max_count_is_launched_and_a_start_renews_the_launch_time(self) -> None:
        answer = self.ec2.run_instances(ImageId="ami-1", MinCount=1, MaxCount=3)
        self.assertEqual(len(answer["Instances"]), 3)
        self.new_events(6)
        instance = answer["Instances"][0]
        self.ec2.stop_instances(InstanceIds=[instance["InstanceId"]])
        time.sleep(1.1)
        self.ec2.start_instances(InstanceIds=[instance["InstanceId"]])
        found = self.ec2.describe_instances(InstanceIds=[instance["InstanceId"]])
        again = found["Reservations"][0]["Instances"][0]
        self.assertGreater(again["LaunchTime"], instance["LaunchTime"])


if __name__ == "__main__":
    unittest.main()
