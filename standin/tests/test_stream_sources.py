"""What an event source mapping from a table's stream needs before AWS accepts it, and how AWS describes it."""

from __future__ import annotations

import json
import unittest
from typing import Any

from botocore.exceptions import ClientError

from .support import StandInTest, create_function, set_role_policy
from .tables import create_table, stream_statement

FUNCTION = "teller"
FILTER = {"Filters": [{"Pattern": '{"dynamodb":{"NewImage":{"due":{"N":[{"exists":true}]}}}}'}]}


class StreamSourcesTest(StandInTest):
    standin_settings = {"AUTH": "true"}
    arn: str

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.arn = create_function(cls.standin, FUNCTION)

    def setUp(self) -> None:
        # botocore would reject some of these itself.
        self.functions = self.standin.client("lambda", validate=False)
        name = self.id().rsplit(".", 1)[-1].replace("_", "-")
        self.stream = create_table(self.standin, name)["LatestStreamArn"]
        set_role_policy(self.standin, FUNCTION, stream_statement(self.stream))

    def create(self, **settings: Any) -> dict[str, Any]:
        settings = {"EventSourceArn": self.stream, "StartingPosition": "TRIM_HORIZON", **settings}
        mapping: dict[str, Any] = self.functions.create_event_source_mapping(FunctionName=self.arn, **settings)
        self.addCleanup(self.functions.delete_event_source_mapping, UUID=mapping["UUID"])
        return mapping

    def assert_refused(
        self, call: Any, message: str, code: str = "InvalidParameterValueException", **settings: Any
    ) -> None:
        with self.assertRaises(ClientError) as caught:
            call(**settings)
        error = caught.exception.response["Error"]
        self.assertEqual((error["Code"], message in error["Message"]), (code, True), error)

    def test_a_mapping_is_described_as_it_was_made(self) -> None:
        settings = {
            "BatchSize": 1000,
            "BisectBatchOnFunctionError": True,
            "FilterCriteria": FILTER,
            "MaximumBatchingWindowInSeconds": 10,
            "StartingPosition": "TRIM_HORIZON",
        }
        created = self.create(**settings)
        described = self.functions.get_event_source_mapping(UUID=created["UUID"])
        settings |= {"MaximumRetryAttempts": -1, "MaximumRecordAgeInSeconds": -1, "ParallelizationFactor": 1}
        self.assertEqual({name: described[name] for name in settings}, settings)
        self.assertEqual((described["EventSourceArn"], described["State"]), (self.stream, "Enabled"))
        self.functions.update_event_source_mapping(UUID=created["UUID"], BatchSize=7, Enabled=False)
        changed = self.functions.get_event_source_mapping(UUID=created["UUID"])
        self.assertEqual((changed["BatchSize"], changed["State"], changed["FilterCriteria"]), (7, "Disabled", FILTER))

    def test_what_a_mapping_does_not_say_is_as_on_aws(self) -> None:
        created = self.create()
        self.assertEqual((created["BatchSize"], created["MaximumBatchingWindowInSeconds"]), (100, 0))
        self.assertFalse(created["BisectBatchOnFunctionError"])

    def test_a_mapping_has_limits(self) -> None:
        for message, settings in (
            ("Value null at 'startingPosition'", {"StartingPosition": None}),
            ("Unsupported starting position", {"StartingPosition": "AT_TIMESTAMP"}),
            ("MaximumRecordAgeInSeconds", {"MaximumRecordAgeInSeconds": 59}),
        ):
            with self.subTest(settings=settings):
                self.assert_refused(self.create, message, **settings)
        self.create(MaximumRecordAgeInSeconds=60)

    def test_the_limits_of_the_model_hold(self) -> None:
        for setting, value in (
            ("BatchSize", 10_001),
            ("BatchSize", 0),
            ("MaximumBatchingWindowInSeconds", 301),
            ("MaximumRetryAttempts", 10_001),
            ("ParallelizationFactor", 11),
        ):
            with self.subTest(setting=setting):
                message = f"'{setting[0].lower()}{setting[1:]}' failed to satisfy constraint"
                self.assert_refused(self.create, message, "ValidationException", **{setting: value})
        self.create(BatchSize=10_000, MaximumBatchingWindowInSeconds=300)

    def test_a_filter_is_a_pattern(self) -> None:
        bad = ("", "[]", "{}", "{", '{"eventName": "INSERT"}', '{"dynamodb": {"Keys": {}}}', '{"a": [{"exist": true}]}')
        for pattern in bad:
            with self.subTest(pattern=pattern):
                criteria = {"Filters": [{"Pattern": pattern}]}
                self.assert_refused(self.create, "Invalid filter pattern definition", FilterCriteria=criteria)
        many = {"Filters": [{"Pattern": json.dumps({"eventName": [str(n)]})} for n in range(6)]}
        self.assert_refused(self.create, "Invalid filter pattern definition", FilterCriteria=many)
        uuid = self.create(FilterCriteria={"Filters": many["Filters"][:5]})["UUID"]
        change = {"UUID": uuid, "FilterCriteria": {"Filters": [{"Pattern": "{"}]}}
        self.assert_refused(self.functions.update_event_source_mapping, "Invalid filter", **change)

    def test_the_role_needs_four_permissions(self) -> None:
        allowed = stream_statement(self.stream)
        for action in allowed["Action"]:
            with self.subTest(action=action):
                left = [other for other in allowed["Action"] if other != action]
                set_role_policy(self.standin, FUNCTION, {**allowed, "Action": left})
                self.assert_refused(self.create, f"Cannot access stream {self.stream}. Please ensure the role can")
        every_stream_of_the_table = self.stream.rpartition("/")[0] + "/*"
        set_role_policy(self.standin, FUNCTION, stream_statement(every_stream_of_the_table))
        self.create()

    def test_the_stream_must_be_that_of_the_table_now(self) -> None:
        old = self.stream.rpartition("/")[0] + "/2020-01-01T00:00:00.000"
        set_role_policy(self.standin, FUNCTION, stream_statement(old))
        self.assert_refused(self.create, f"Stream not found: {old}", EventSourceArn=old)

    def test_one_mapping_for_a_stream_and_a_function(self) -> None:
        uuid = self.create()["UUID"]
        message = f"provided mapping already exists. Please update or delete the existing mapping with UUID {uuid}"
        self.assert_refused(self.create, message, code="ResourceConflictException")


if __name__ == "__main__":
    unittest.main()
