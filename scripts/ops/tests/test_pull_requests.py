"""What the janitor finds by name, and which states it refuses to destroy. Pure."""

from __future__ import annotations

import contextlib
import io
import unittest
from typing import Any

import botocore.session
from ops import leftovers, state_check

MODULE = leftovers.NAMES.read_text(encoding="utf-8")
BUCKET = "module.audit_log.aws_s3_bucket.audit_log"


def numbers(*names: str) -> list[str]:
    return [number for number, _ in leftovers.of_pull_requests((("any", name) for name in names), MODULE)]


class NamesTest(unittest.TestCase):
    def test_every_name_of_an_environment_is_found(self) -> None:
        for name in (
            "compliance-logs-pr42-1234567890",
            "arn:aws:sns:us-east-1:123456789012:compliance-alerts-pr42",
            "https://sqs.us-east-1.amazonaws.com/123456789012/tag-compliance-delay-pr42",
            "/aws/lambda/tag-compliance-checker-pr42",
            "tag-compliance-checker-role-pr42",
            "arn:aws:dynamodb:us-east-1:123456789012:table/tag-compliance-state-pr42/stream/2026-11-27T00:00:00.000",
            "high-non-compliance-pr42",
            "tag-compliance-test-pr42-alerts",
        ):
            with self.subTest(name=name):
                self.assertEqual(numbers(name), ["42"])

    def test_what_the_role_may_name_belongs_to_the_number_before_it(self) -> None:
        self.assertEqual(numbers("tag-compliance-dlq-pr42mine", "tag-compliance-dlq-pr421"), ["42", "421"])

    def test_other_names_are_nobodys(self) -> None:
        self.assertEqual(numbers("tag-compliance-dlq-prod", "tag-compliance-dlq-pr0", "web-pr42", "my-tag-compliance-dlq-pr42"), [])

    def test_the_janitor_is_told_whether_anything_is_left(self) -> None:
        for left, code in (([], 0), (["sqs: one"], 1)):
            output = io.StringIO()
            with self.subTest(left=left), contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
                self.assertEqual(leftovers.report("pr42", left), code)
                self.assertEqual("sqs: one" in output.getvalue(), bool(left))


class ChatTest(unittest.TestCase):
    def test_configurations_are_listed_where_terraforms_provider_makes_them(self) -> None:
        for region, elsewhere in (("eu-west-1", None), ("eu-central-1", "us-west-2")):
            with self.subTest(region=region):
                self.assertEqual(leftovers.region_of(session_in(region), "chatbot"), elsewhere)
                self.assertIsNone(leftovers.region_of(session_in(region), "events"))

    def test_other_partitions_have_no_configurations(self) -> None:
        for region, listed in (("us-east-1", True), ("cn-north-1", False), ("us-gov-west-1", False)):
            with self.subTest(region=region):
                services = {service for service, *_ in leftovers.listings_of_environments(session_in(region))}
                self.assertEqual(("chatbot" in services, "stepfunctions" in services), (listed, True))


def session_in(region: str) -> botocore.session.Session:
    session = botocore.session.Session()
    session.set_config_variable("region", region)
    return session


def resource(address: str, **values: Any) -> dict[str, Any]:
    kind = address.rsplit(".", 2)[1]
    return {"address": address, "mode": "managed", "type": kind, "values": values}


def plan(*resources: dict[str, Any], changes: tuple[str, ...] = ()) -> dict[str, Any]:
    modules = {
        "audit_log": {"module": {"resources": [{"address": "aws_s3_bucket.audit_log"}]}},
        "checker": {"module": {"resources": [{"address": "aws_cloudwatch_log_metric_filter.counts"}]}},
        "alerts": {"module": {"resources": [{"address": "aws_sns_topic_subscription.email"}, {"address": "terraform_data.function"}]}},
    }
    return {
        "configuration": {"root_module": {"resources": [], "module_calls": modules}},
        "prior_state": {"values": {"root_module": {"child_modules": [{"resources": list(resources)}]}}},
        "resource_changes": [{"address": address, "mode": "managed"} for address in changes],
    }


class StateTest(unittest.TestCase):
    def test_an_environments_own_state_is_destroyed(self) -> None:
        email = 'module.alerts.aws_sns_topic_subscription.email["a.b[0]@example.com"]'
        own = plan(
            resource(BUCKET, id="compliance-logs-pr42-1"),
            resource(email, arn="arn:aws:sns:us-east-1:123456789012:compliance-alerts-pr42:1"),
            resource("module.alerts.terraform_data.function", id="1234"),
            changes=(BUCKET, email),
        )
        self.assertEqual(state_check.problems(own, "pr42"), [])

    def test_a_resource_without_a_name_of_its_own_belongs_to_what_it_is_part_of(self) -> None:
        filters = 'module.checker.aws_cloudwatch_log_metric_filter.counts["Any"]'
        of = {group: resource(filters, id="Any", log_group_name=f"/aws/lambda/tag-compliance-checker-{group}") for group in ("pr42", "prod")}
        self.assertEqual(state_check.problems(plan(of["pr42"]), "pr42"), [])
        self.assertEqual(len(state_check.problems(plan(of["prod"]), "pr42")), 1)

    def test_an_empty_state_is_destroyed(self) -> None:
        self.assertEqual(state_check.problems({"configuration": {"root_module": {}}}, "pr42"), [])

    def test_an_address_beyond_the_configuration_is_refused(self) -> None:
        for others in (
            plan(resource("aws_s3_bucket.mine", id="compliance-logs-pr42-2")),
            plan(resource("module.audit_log[0].module.other.aws_s3_bucket.audit_log", id="compliance-logs-pr42-2")),
            plan(changes=("aws_s3_bucket.mine",)),
        ):
            with self.subTest(others=others):
                [problem] = state_check.problems(others, "pr42")
                self.assertIn("the configuration has no such address", problem)

    def test_a_resource_of_another_name_is_refused(self) -> None:
        self.assertEqual(state_check.problems(plan(resource(BUCKET, id="prod")), "pr42"), [f"{BUCKET}: it does not belong to pr42, but is prod"])


if __name__ == "__main__":
    unittest.main()
