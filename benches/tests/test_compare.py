"""What is measured is the same work, by our function and by the peer that remembers as it does."""

from __future__ import annotations

import os
import ssl
import tempfile
import unittest
import urllib.request
from collections import Counter
from dataclasses import replace
from pathlib import Path
from unittest import mock

import cost
from compare import INSTANCE, KINDS, VIOLATING, Events, Kind, Sweeps, arrange, check, learn, measure_events, measure_sweep
from function.stub.events import state_change
from function.stub.fleet import GeneratedFleet
from function.stub.lambda_service import Message, bootstrap, record
from standin.recording import VARIABLE
from stub_process import Report, StubProcess
from subjects import Before, Boto3, Custodian, Failed, Ours, Subject, WithoutEvents, WithoutMemory

WORKS = dict(zip(KINDS, (cost.COMPLIANT, cost.OPENING, cost.COMPLIANT, cost.TELLING), strict=True))
ONE_PAGE = 500
# After which a violation that no event told of is opened.
OVERDUE_SECONDS = 901
SWEPT = ("OpenViolations", "CompliantInstances")


def operations(calls: Counter[str]) -> dict[str, int]:
    """Calls without their services; a message alone or as the only one of a batch is the same."""
    return {call.partition(":")[2].removesuffix("Batch"): count for call, count in calls.items()}


class MeasuredTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.stub = cls.enterClassContext(StubProcess())
        folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.ours = Ours(cls.stub, bootstrap(), folder)
        cls.boto3 = Boto3(cls.stub, Path(os.environ["PEERS_PYTHON"]))
        for subject in (cls.ours, cls.boto3):
            learn(cls.stub, subject)

    def measured(self, subject: Subject, kind: Kind) -> Events:
        events = Events()
        measure_events(self.stub, subject, kind, 2, events)
        return events

    def test_each_kind_of_event_makes_the_calls_that_the_cost_model_counts_on(self) -> None:
        for kind, work in WORKS.items():
            with self.subTest(kind.title):
                events = self.measured(self.ours, kind)
                self.assertEqual({call.partition(":")[2]: count for call, count in events.calls.items()}, work.calls)
                self.assertEqual(events.first_calls, {})

    def test_without_events_each_kind_of_event_makes_the_calls_of_before(self) -> None:
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        silent = WithoutEvents(self.stub, bootstrap(), folder)
        learn(self.stub, silent)
        for kind, work in (WORKS | {KINDS[-1]: cost.MAIL}).items():
            with self.subTest(kind.title):
                events = self.measured(silent, kind)
                self.assertEqual({call.partition(":")[2]: count for call, count in events.calls.items()}, work.calls)

    def test_boto3_makes_the_same_calls_for_each_kind_of_event(self) -> None:
        for kind, work in WORKS.items():
            with self.subTest(kind.title):
                events = self.measured(self.boto3, kind)
                self.assertEqual(operations(events.calls), operations(Counter({f":{name}": n for name, n in work.calls.items()})))
                self.assertEqual(events.first_calls, {})

    def test_boto3_makes_the_same_calls_for_a_sweep_of_one_page(self) -> None:
        calls = []
        for subject in (self.ours, self.boto3):
            sweeps = Sweeps()
            measure_sweep(self.stub, subject, ONE_PAGE, 0, sweeps)
            calls.append(operations(sweeps.calls))
        self.assertEqual(*calls)
        # What agrees is neither read by its key nor written.
        self.assertEqual([calls[0][name] for name in ("Query", "BatchGetItem", "UpdateItem")], [16, 1, 3])

    def test_boto3_makes_the_same_calls_for_what_a_sweep_finds_otherwise(self) -> None:
        # More than the keys of a call, and fewer than the ids of one.
        astray = 120
        known = GeneratedFleet(ONE_PAGE).expected()["nonCompliant"] - astray
        calls = []
        for subject in (self.ours, self.boto3):
            with self.subTest(subject.name):
                self.stub.show_fleet(ONE_PAGE, 0, subject.policy, astray=astray)
                process, event = subject.sweeper()
                with process:
                    process.invoke(event)
                    swept = self.stub.report()
                    self.stub.let_pass(OVERDUE_SECONDS)
                    self.assertEqual(len(swept.delayed), 1)
                    process.invoke({"Records": [record(Message(body)) for body in swept.delayed]})
                report = self.stub.report()
                self.assertEqual(report.refused, {})
                self.assertEqual({name: swept.metrics[name] for name in SWEPT}, dict(zip(SWEPT, (known, astray), strict=True)))
                self.assertEqual(report.metrics["MissedByEvents"], astray)
                # Repaired, gone and found; and, since no wake came of them, each again when it is overdue, with a claim for
                # each of the two owners whose violations are over.
                self.assertEqual(swept.calls["DYNAMODB:UpdateItem"], 3 + 3 * astray)
                self.assertEqual((report.calls - swept.calls)["DYNAMODB:UpdateItem"], 3 * astray + 2)
                calls.append(operations(report.calls))
        self.assertEqual(*calls)

    def test_a_wake_tells_of_one_instance_that_was_opened_before(self) -> None:
        events = arrange(self.stub, self.ours, KINDS[-1], 3)
        self.assertEqual([len(event["Records"]) for event in events], [1, 1, 1])
        self.assertEqual(self.stub.report().calls, {})
        with self.ours.process() as process:
            process.invoke(events[0])
            # It is no longer due.
            process.invoke(events[0])
        self.assertEqual(self.stub.report().alerts, 1)

    def test_a_retry_takes_another_key_and_is_no_refusal(self) -> None:
        for subject in (self.ours, self.boto3):
            with self.subTest(subject.name):
                self.stub.show({INSTANCE: VIOLATING}, policy=subject.policy)
                event = state_change(INSTANCE)
                with subject.process() as process:
                    for _ in range(2):
                        process.invoke(event)
                report = self.stub.report()
                self.assertEqual((report.objects, report.calls["S3:PutObject"]), (2, 3))
                check(subject, report, violations=2, alerts=0)

    def test_nothing_is_measured_of_the_first_event_of_a_deployment(self) -> None:
        for subject in (self.ours, self.boto3):
            self.assertEqual(subject.policy["sk"], {"S": "policy"})
            self.assertNotIn("base", subject.policy)
        self.assertNotEqual(self.ours.policy["hash"], self.boto3.policy["hash"])


class RecordedTest(unittest.TestCase):
    def test_requests_of_peers_are_not_recorded_as_ours(self) -> None:
        path = Path(self.enterContext(tempfile.TemporaryDirectory())) / "requests.jsonl"
        with mock.patch.dict(os.environ, {VARIABLE: str(path)}), StubProcess() as stub:
            url = stub.environment()["AWS_ENDPOINT_URL_S3"] + "/bucket/key"
            context = ssl.create_default_context(cafile=stub.environment()["AWS_CA_BUNDLE"])
            opener = urllib.request.build_opener(
                urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
            )
            opener.open(urllib.request.Request(url, b"{}", method="PUT")).close()
            self.assertEqual(stub.report().calls, {"S3:PutObject": 1})
        self.assertFalse(path.exists())


class CheckTest(unittest.TestCase):
    # Without a binary: what is checked is what a report says.
    ours = Ours.__new__(Ours)
    REPORT = Report(
        calls=Counter(),
        refused=Counter(),
        metrics={"NonCompliantInstances": 3.0},
        alerts=0,
        objects=3,
        object_bytes=0,
        delayed=[],
        cpu_seconds=0.0,
        policy=None,
    )

    def test_who_did_its_work_passes(self) -> None:
        check(self.ours, self.REPORT, violations=3, alerts=0)
        # A sweep that has closed something counts that, too.
        swept = {"OpenViolations": 3.0, "CompliantInstances": 1.0, "NonCompliantInstances": 0.0}
        check(self.ours, replace(self.REPORT, metrics=swept), violations=3)

    def test_who_counts_wrongly_or_was_refused_or_alerts_wrongly_fails(self) -> None:
        wrong = (
            (self.REPORT, 2, 0, "counted 3.0 violations of 2"),
            (self.REPORT, 3, 3, "sent 0 alerts, not 3"),
            (replace(self.REPORT, refused=Counter({"S3:PutObject": 4})), 3, 0, "S3:PutObject"),
        )
        for report, violations, alerts, why in wrong:
            with self.assertRaisesRegex(Failed, why):
                check(self.ours, report, violations, alerts)

    def test_who_does_not_remember_alerts_at_each_violation(self) -> None:
        opens, wake = KINDS[1], KINDS[-1]
        for subject, alerts in ((Ours, 0), (Before, 0), (WithoutEvents, 0), (Boto3, 0), (WithoutMemory, 7), (Custodian, 7)):
            self.assertEqual(opens.alerts(7, subject), alerts, subject.name)
        self.assertEqual((wake.violations(7), wake.alerts(7, Ours)), (0, 7))


if __name__ == "__main__":
    unittest.main()
