"""DescribeInstances: filters, pages and AWS's errors."""

from __future__ import annotations

import unittest
from typing import Any

from botocore.exceptions import ClientError

from .support import StandInTest


class DescribeInstancesTest(StandInTest):
    ec2: Any

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.ec2 = cls.standin.client("ec2")

    def setUp(self) -> None:
        self.addCleanup(self.terminate_all)

    def terminate_all(self) -> None:
        # An answer holds no more than a thousand.
        while ids := self.found():
            self.ec2.terminate_instances(InstanceIds=ids)

    def launch(self, count: int, **tags: str) -> list[str]:
        specification = [{"ResourceType": "instance", "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}]
        answer = self.ec2.run_instances(
            ImageId="ami-1", MinCount=count, MaxCount=count, **({"TagSpecifications": specification} if tags else {})
        )
        return [instance["InstanceId"] for instance in answer["Instances"]]

    @staticmethod
    def ids(answer: dict[str, Any]) -> list[str]:
        return [i["InstanceId"] for r in answer["Reservations"] for i in r["Instances"]]

    def found(self, **filters: list[str]) -> list[str]:
        """The ids of live instances that match; a filter's name has ``_`` for ``-`` and ``__`` for ``:``."""
        named = {name.replace("__", ":").replace("_", "-"): values for name, values in filters.items()}
        named.setdefault("instance-state-name", ["pending", "running", "stopping", "stopped"])
        return self.ids(self.ec2.describe_instances(Filters=[{"Name": n, "Values": v} for n, v in named.items()]))

    def assert_refused(self, code: str, message: str, **parameters: Any) -> None:
        with self.assertRaises(ClientError) as caught:
            self.ec2.describe_instances(**parameters)
        error = caught.exception.response["Error"]
        self.assertEqual((error["Code"], error["Message"]), (code, message))

    def test_two_hundred_ids_of_which_the_unknown_are_left_out(self) -> None:
        launched = self.launch(100)
        unknown = [f"i-{n:017x}" for n in range(100)]
        answer = self.ec2.describe_instances(Filters=[{"Name": "instance-id", "Values": unknown + launched}])
        self.assertEqual(self.ids(answer), launched)
        self.assertNotIn("NextToken", answer)

    def test_more_than_two_hundred_filter_values_in_all_are_refused(self) -> None:
        ids = [f"i-{n:017x}" for n in range(201)]
        message = "The maximum number of filter values specified on a single call is 200"
        for filters in (
            [{"Name": "instance-id", "Values": ids}],
            [{"Name": "instance-id", "Values": ids[:200]}, {"Name": "instance-state-name", "Values": ["running"]}],
        ):
            self.assert_refused("FilterLimitExceeded", message, Filters=filters)

    def test_filters_narrow_each_other(self) -> None:
        web = self.launch(2, Name="web-1", Owner="ann")
        database = self.launch(1, Name="db", Owner="bob")
        bare = self.launch(1)
        self.ec2.stop_instances(InstanceIds=[web[1]])
        self.assertEqual(self.found(instance_state_name=["running"]), [web[0], *database, *bare])
        self.assertEqual(self.found(instance_state_name=["stopped"]), [web[1]])
        self.assertEqual(self.found(tag__Name=["web-*"]), web)
        self.assertEqual(self.found(tag__Name=["web-*"], instance_state_name=["stopp*"]), [web[1]])
        self.assertEqual(self.found(tag_key=["Owner"], tag__Owner=["bob", "cleo"]), database)
        self.assertEqual(self.found(instance_id=[bare[0][:-1] + "*"]), bare)
        self.assertEqual(self.found(instance_id=web, instance_state_name=["running"]), [web[0]])
        self.assertEqual(self.found(image_id=["ami-1"], instance_type=["m5.large"]), [])

    def test_patterns_of_ids_part_the_fleet(self) -> None:
        launched = self.launch(100)
        parts = {digit: self.found(instance_id=[f"i-*{digit}"]) for digit in "0123456789abcdef"}
        for digit, part in parts.items():
            self.assertEqual(part, [i for i in launched if i.endswith(digit)])
        self.assertEqual(sorted(i for part in parts.values() for i in part), sorted(launched))
        self.assertGreaterEqual(sum(1 for part in parts.values() if part), 8, "ids are random")
        one, other = launched[:2]
        self.assertEqual(self.found(instance_id=[f"*{one[-8:]}", f"*{other[-8:]}", other]), [one, other])
        self.assertEqual(self.found(instance_id=[one.replace(one[5], "?")]), [one])
        self.assertEqual(self.found(instance_id=[one[:-1], f"{one}?", "[i]*", "i-*g"]), [])

    def test_a_part_has_pages_of_its_own(self) -> None:
        launched = self.launch(50)
        wanted = [
            {"Name": "instance-id", "Values": [f"i-*{digit}" for digit in "01234567"]},
            {"Name": "instance-state-name", "Values": ["running"]},
        ]
        seen: list[str] = []
        token: dict[str, str] = {}
        while not seen or token:
            answer = self.ec2.describe_instances(MaxResults=5, Filters=wanted, **token)
            seen += self.ids(answer)
            token = {"NextToken": answer["NextToken"]} if "NextToken" in answer else {}
        self.assertEqual(seen, [i for i in launched if i[-1] in "01234567"])

    def test_managed_instances_are_hidden_unless_they_are_asked_for(self) -> None:
        own = self.launch(1)
        managed = self.ec2.run_instances(
            ImageId="ami-1", MinCount=2, MaxCount=2, Operator={"Principal": "eks.amazonaws.com"}
        )
        managed_ids = [instance["InstanceId"] for instance in managed["Instances"]]

        def shown(**parameters: Any) -> list[str]:
            live = {"Name": "instance-state-name", "Values": ["pending", "running"]}
            filters = [live, *parameters.pop("Filters", [])]
            return self.ids(self.ec2.describe_instances(Filters=filters, **parameters))

        self.addCleanup(self.ec2.terminate_instances, InstanceIds=managed_ids)
        self.assertEqual(shown(), own)
        self.assertEqual(shown(IncludeManagedResources=False), own)
        self.assertEqual(shown(InstanceIds=managed_ids), [])
        self.assertEqual(shown(IncludeManagedResources=True), own + managed_ids)
        for name, value, expected in (
            ("operator.managed", "true", managed_ids),
            ("operator.managed", "false", own),
            ("operator.principal", "eks.amazonaws.com", managed_ids),
            ("operator.principal", "ecs.amazonaws.com", []),
        ):
            found = shown(IncludeManagedResources=True, Filters=[{"Name": name, "Values": [value]}])
            self.assertEqual(found, expected, f"{name} {value}")
        described = self.ec2.describe_instances(InstanceIds=[own[0], managed_ids[0]], IncludeManagedResources=True)
        operators = [i["Operator"] for r in described["Reservations"] for i in r["Instances"]]
        principal = {"Managed": True, "Principal": "eks.amazonaws.com", "HiddenByDefault": True}
        self.assertEqual(operators, [{"Managed": False}, principal])

    def test_an_unknown_filter_is_refused_not_ignored(self) -> None:
        self.assert_refused(
            "InvalidParameterValue", "The filter 'color' is invalid", Filters=[{"Name": "color", "Values": ["red"]}]
        )

    def test_pages_hold_each_instance_once_while_the_fleet_changes(self) -> None:
        launched = self.launch(23)
        seen: list[str] = []
        token: dict[str, str] = {}
        pages = 0
        while pages == 0 or token:
            answer = self.ec2.describe_instances(
                MaxResults=5, Filters=[{"Name": "instance-state-name", "Values": ["running"]}], **token
            )
            seen += self.ids(answer)
            token = {"NextToken": answer["NextToken"]} if "NextToken" in answer else {}
            pages += 1
            if pages == 2:
                # One that was seen, one that would be next, and a new one.
                self.ec2.terminate_instances(InstanceIds=[launched[0], launched[12]])
                late = self.launch(1)
        self.assertEqual(seen, launched[:12] + launched[13:] + late)
        self.assertEqual(pages, 5)

    def test_a_full_last_page_has_no_token(self) -> None:
        launched = self.launch(10)
        answer = self.ec2.describe_instances(MaxResults=5, Filters=[{"Name": "instance-id", "Values": launched}])
        answer = self.ec2.describe_instances(
            MaxResults=5, NextToken=answer["NextToken"], Filters=[{"Name": "instance-id", "Values": launched}]
        )
        self.assertEqual(self.ids(answer), launched[5:])
        self.assertNotIn("NextToken", answer)

    def test_a_page_without_max_results_holds_a_thousand(self) -> None:
        launched = self.launch(1005)
        answer = self.ec2.describe_instances()
        self.assertEqual(len(self.ids(answer)), 1000)
        rest = self.ec2.describe_instances(NextToken=answer["NextToken"])
        self.assertEqual((self.ids(answer) + self.ids(rest))[-1005:], launched)

    def test_bad_tokens_are_refused(self) -> None:
        self.launch(6)
        token = self.ec2.describe_instances(MaxResults=5)["NextToken"]
        forged = ("B" if token[0] == "A" else "A") + token[1:]
        for bad in ("nonsense", "äöü", forged):
            self.assert_refused(
                "InvalidParameterValue",
                f"Value ( {bad} ) for parameter NextToken is invalid. The token is invalid.",
                NextToken=bad,
            )

    def test_max_results_has_limits(self) -> None:
        for number, expected in ((4, "greater than 5"), (0, "greater than 5"), (1001, "less than 1000")):
            self.assert_refused(
                "InvalidParameterValue",
                f"Value ( {number} ) for parameter maxResults is invalid. Expecting a value {expected}.",
                MaxResults=number,
            )
        for number in (5, 1000):
            self.ec2.describe_instances(MaxResults=number)

    def test_max_results_does_not_go_with_ids(self) -> None:
        self.assert_refused(
            "InvalidParameterCombination",
            "The parameter instancesSet cannot be used with the parameter maxResults",
            MaxResults=5,
            InstanceIds=self.launch(1),
        )

    def test_a_wrong_id_fails_the_whole_call(self) -> None:
        launched = self.launch(1)
        self.assert_refused(
            "InvalidInstanceID.NotFound",
            "The instance ID 'i-0123456789abcdef0' does not exist",
            InstanceIds=[*launched, "i-0123456789abcdef0"],
        )
        self.assert_refused("InvalidInstanceID.Malformed", 'Invalid id: "i-zz"', InstanceIds=[*launched, "i-zz"])
        self.assertEqual(self.ids(self.ec2.describe_instances(InstanceIds=launched * 2)), launched)


if __name__ == "__main__":
    unittest.main()
