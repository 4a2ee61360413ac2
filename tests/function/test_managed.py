"""Instances that AWS services manage, which EC2 hides unless requested."""

from __future__ import annotations

import unittest

from .stub import events
from .stub.aws import Aws
from .stub.fleet import ExplicitFleet, Instance
from .stub.lambda_service import Function

MANAGED = "i-0000000000000000a"


class ManagedInstances(unittest.TestCase):
    """They run and are billed, so they are evaluated like all others."""

    def setUp(self) -> None:
        fleet = ExplicitFleet({MANAGED: Instance({"Name": "node"}, operator="eks.amazonaws.com")})
        self.aws = self.enterContext(Aws(fleet))
        self.function = self.enterContext(Function(self.aws))

    def test_one_lookup_finds_it_and_the_alert_says_who_manages_it(self) -> None:
        self.function.invoke_asynchronously(events.state_change(MANAGED))
        self.assertEqual(len(self.aws.record.calls_of("EC2")), 1)
        [records] = self.aws.record.audit_records().values()
        self.assertEqual((records[0]["status"], records[0]["operator"]), ("non-compliant", "eks.amazonaws.com"))
        self.function.work_off_stream()
        [alert] = self.aws.record.alerts
        self.assertIn("\nManaged By: eks.amazonaws.com\n", alert.message)

    def test_a_sweep_sees_it(self) -> None:
        self.function.invoke_asynchronously(events.scheduled())
        [records] = self.aws.record.audit_records().values()
        self.assertEqual([record["instanceId"] for record in records], [MANAGED])


if __name__ == "__main__":
    unittest.main()
