"""Metric filters: what they match, what becomes of it, and what reaches the log group."""

from __future__ import annotations

import json
import time
import unittest
from typing import Any

import botocore.exceptions

from .support import StandInTest, create_function, log_lines, wait_for

LINE = {"message": "Evaluations counted", "compliant": 3, "non_compliant": 0, "span": {"n": [1, 2]}, "ok": True}
COUNTED = '{ $.message = "Evaluations counted" && $.compliant = * }'


class MetricFiltersTest(StandInTest):
    cloudwatch: Any
    logs: Any

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.cloudwatch, cls.logs = cls.standin.client("cloudwatch"), cls.standin.client("logs")

    def setUp(self) -> None:
        self.name = self.id().rsplit(".", 1)[-1].replace("_", "-")
        self.make_group()

    def make_group(self) -> None:
        self.logs.create_log_group(logGroupName=self.name)
        self.logs.create_log_stream(logGroupName=self.name, logStreamName="s")

    def filter(self, pattern: str = COUNTED, metric: str = "Compliant", group: str = "", **settings: Any) -> None:
        transformation = {"metricNamespace": self.name, "metricName": metric, "metricValue": "$.compliant", **settings}
        self.logs.put_metric_filter(
            logGroupName=group or self.name,
            filterName=metric,
            filterPattern=pattern,
            metricTransformations=[transformation],
        )

    def log(self, *lines: object, age: float = 0.0) -> None:
        at = round(1000 * (time.time() - age))
        messages = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        self.logs.put_log_events(
            logGroupName=self.name,
            logStreamName="s",
            logEvents=[{"timestamp": at, "message": message} for message in messages],
        )

    def data(self, metric: str = "Compliant") -> list[tuple[float, float]]:
        """The sum and the number of data of each minute, latest first."""
        now = time.time()
        points = self.cloudwatch.get_metric_statistics(
            Namespace=self.name,
            MetricName=metric,
            StartTime=now - 3600,
            EndTime=now + 60,
            Period=60,
            Statistics=["Sum", "SampleCount"],
        )["Datapoints"]
        points.sort(key=lambda point: point["Timestamp"], reverse=True)
        return [(point["Sum"], point["SampleCount"]) for point in points]

    def refusal(self, pattern: str, **settings: Any) -> str:
        with self.assertRaises(botocore.exceptions.ClientError) as raised:
            self.filter(pattern, **settings)
        return raised.exception.response["Error"]["Code"]

    def test_each_line_of_a_batch_is_a_datum_and_so_is_each_duplicate(self) -> None:
        self.filter(unit="Count")
        self.log(LINE, LINE | {"compliant": 0}, LINE, "no JSON", "[1]", {"message": "another", "compliant": 9}, age=90)
        self.assertEqual(self.data(), [(6.0, 3.0)])
        [metric] = self.cloudwatch.list_metrics(Namespace=self.name)["Metrics"]
        self.assertEqual((metric["MetricName"], metric["Dimensions"]), ("Compliant", []))

    def test_a_late_line_counts_in_its_own_minute(self) -> None:
        self.filter()
        self.log(LINE, age=600)
        self.log(LINE)
        now = time.time()
        points = self.cloudwatch.get_metric_statistics(
            Namespace=self.name,
            MetricName="Compliant",
            StartTime=now - 660,
            EndTime=now - 540,
            Period=60,
            Statistics=["Sum"],
        )["Datapoints"]
        self.assertEqual([point["Sum"] for point in points], [3.0])
        self.assertEqual(len(self.data()), 2)

    def test_a_filter_reads_what_comes_after_it_and_until_it_or_its_group_is_deleted(self) -> None:
        self.log(LINE)
        self.filter()
        self.assertEqual(self.data(), [])
        self.log(LINE)
        self.logs.delete_metric_filter(logGroupName=self.name, filterName="Compliant")
        self.log(LINE)
        self.assertEqual(self.sum(), 3.0)
        self.filter()
        self.logs.delete_log_group(logGroupName=self.name)
        self.make_group()
        self.assertEqual(self.logs.describe_metric_filters(logGroupName=self.name)["metricFilters"], [])
        self.log(LINE)
        self.assertEqual(self.sum(), 3.0)

    def sum(self, metric: str = "Compliant") -> float:
        return sum(value for value, _ in self.data(metric))

    def test_retention_takes_no_data_away(self) -> None:
        self.filter()
        self.logs.put_retention_policy(logGroupName=self.name, retentionInDays=1)
        self.log(LINE)
        self.assertEqual(self.sum(), 3.0)

    def test_a_changed_filter_reads_what_comes_then(self) -> None:
        self.filter()
        self.log(LINE)
        self.filter(metricValue="2")
        self.log(LINE)
        self.assertEqual(self.sum(), 5.0)
        [stored] = self.logs.describe_metric_filters(logGroupName=self.name)["metricFilters"]
        self.assertEqual(stored["metricTransformations"][0]["metricValue"], "2")

    def test_a_value_that_is_no_number_is_no_datum(self) -> None:
        self.filter()
        self.log(*(LINE | {"compliant": value} for value in ("3", None, True, [3])))
        self.assertEqual(self.data(), [])

    def test_a_default_value_is_for_minutes_with_lines_of_which_none_matched(self) -> None:
        self.filter(defaultValue=7)
        self.log("nothing", age=180)
        self.log("nothing", age=120)
        self.assertEqual(self.data(), [(7.0, 1.0), (7.0, 1.0)])
        at = time.time() // 60 * 60 + 1
        for line in ("nothing", json.dumps(LINE), "nothing"):
            event = {"timestamp": round(1000 * at), "message": line}
            self.logs.put_log_events(logGroupName=self.name, logStreamName="s", logEvents=[event])
        self.assertEqual(self.data()[0], (3.0, 1.0))

    def test_patterns_match_as_they_say(self) -> None:
        for number, (pattern, matches) in enumerate(
            {
                '{ $.message = "Evaluations counted" }': True,
                '{ $.message = "Evaluations" }': False,
                '{ $.message = "Eval*" }': True,
                '{ $.message = "evaluations counted" }': False,
                '{ $.message != "other" }': True,
                "{ $.absent != other }": False,
                "{ $.absent = * }": False,
                "{ $.non_compliant = * }": True,
                "{ $.compliant = 3 }": True,
                "{ $.compliant = 3.0 }": True,
                "{ $.compliant > 2.5 && $.compliant <= 3 }": True,
                "{ $.compliant < 3 || $.compliant >= 4 }": False,
                "{ ($.compliant < 3 || $.non_compliant = 0) && $.span.n[1] = 2 }": True,
                "{ $.compliant < 3 || $.non_compliant = 0 && $.span.n[1] = 3 }": False,
                "{ $.message > 2 }": False,
                "{ $.span.n[2] = * }": False,
                "{ $.ok = 1 }": False,
            }.items()
        ):
            with self.subTest(pattern):
                metric = f"Pattern{number}"
                self.filter(pattern, metric, metricValue="1")
                self.log(LINE)
                self.assertEqual(bool(self.data(metric)), matches)
                self.logs.delete_metric_filter(logGroupName=self.name, filterName=metric)

    def test_what_cannot_be_read_is_refused(self) -> None:
        for pattern in ("", "ERROR", "{ $.a }", "{ $.a = }", "{ $.a = 1", "{ $.a = 1 } x", '{ $.a > "x" }', "{ $.a = %x% }"):
            with self.subTest(pattern):
                self.assertEqual(self.refusal(pattern, metricValue="1"), "InvalidParameterException")
        for value in ("$.other", "$.complian", "many"):
            with self.subTest(value):
                self.assertEqual(self.refusal(COUNTED, metricValue=value), "InvalidParameterException")
        self.assertEqual(self.refusal(COUNTED, dimensions={"A": "$.compliant"}), "InvalidParameterException")
        self.assertEqual(self.refusal(COUNTED, group="no-such-group"), "ResourceNotFoundException")
        self.log(LINE)
        self.assertEqual(self.data(), [])

    def test_an_alarm_fires_for_lines_and_calls_together(self) -> None:
        self.filter(unit="Count")
        self.cloudwatch.put_metric_alarm(
            AlarmName=self.name,
            Namespace=self.name,
            MetricName="Compliant",
            Statistic="Sum",
            Unit="Count",
            Period=300,
            EvaluationPeriods=1,
            Threshold=5,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="notBreaching",
        )
        datum = {"MetricName": "Compliant", "Value": 3, "Unit": "Count"}
        self.cloudwatch.put_metric_data(Namespace=self.name, MetricData=[datum])
        self.assertNotEqual(self.state(), "ALARM")
        self.log(LINE)
        self.assertEqual(self.state(), "ALARM")

    def state(self) -> str:
        return self.cloudwatch.describe_alarms(AlarmNames=[self.name])["MetricAlarms"][0]["StateValue"]

    def test_lambda_drops_what_is_below_the_level(self) -> None:
        config = {"LogFormat": "JSON", "ApplicationLogLevel": "ERROR"}
        create_function(self.standin, self.name, LoggingConfig=config)
        self.filter(group=f"/aws/lambda/{self.name}")
        at = "2026-11-27T12:00:00Z"
        lines = [
            LINE | {"level": "ERROR", "timestamp": at, "compliant": 1},
            LINE | {"level": "fatal", "timestamp": at, "compliant": 10},
            # Without a level, with an unknown one or without a time it counts as INFO.
            LINE | {"timestamp": at, "compliant": 100},
            LINE | {"level": "WARN", "timestamp": at, "compliant": 1_000},
            LINE | {"level": "loud", "timestamp": at, "compliant": 10_000},
            LINE | {"level": "ERROR", "compliant": 100_000},
        ]
        payload = {"do": "log", "lines": ["no JSON", *map(json.dumps, lines)]}
        invoked = self.standin.client("lambda").invoke(FunctionName=self.name, Payload=json.dumps(payload).encode())
        self.assertNotIn("FunctionError", invoked)
        wait_for("the lines", lambda: self.data())
        self.assertEqual(self.sum(), 11.0)
        self.assertNotIn("no JSON", log_lines(self.standin, self.name))


if __name__ == "__main__":
    unittest.main()
