"""Alarms: what they see, when they change, whom they tell, and how they are described."""

from __future__ import annotations

import json
import time
import unittest
import urllib.parse
import urllib.request
from typing import Any
from xml.etree import ElementTree

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from .support import REGION, Queue, StandIn, StandInTest, wait_for

ACTIONS = ("AlarmActions", "InsufficientDataActions", "OKActions")
XMLNS = "{http://monitoring.amazonaws.com/doc/2010-08-01/}"


class AlarmsTest(StandInTest):
    cloudwatch: Any

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.cloudwatch = cls.standin.client("cloudwatch")

    def setUp(self) -> None:
        self.name = self.id().rsplit(".", 1)[-1].replace("_", "-")

    def create(self, **settings: Any) -> None:
        self.cloudwatch.put_metric_alarm(
            **{
                "AlarmName": self.name,
                "Namespace": self.name,
                "MetricName": "NonCompliantInstances",
                "Statistic": "Sum",
                "Period": 300,
                "EvaluationPeriods": 1,
                "Threshold": 5,
                "ComparisonOperator": "GreaterThanThreshold",
                "TreatMissingData": "notBreaching",
                **settings,
            }
        )

    def put(self, value: float, age: float = 0.0, **dimensions: str) -> None:
        self.cloudwatch.put_metric_data(
            Namespace=self.name,
            MetricData=[
                {
                    "MetricName": "NonCompliantInstances",
                    "Value": value,
                    "Timestamp": time.time() - age,
                    "Dimensions": [{"Name": k, "Value": v} for k, v in dimensions.items()],
                }
            ],
        )

    def state(self) -> str:
        return self.cloudwatch.describe_alarms(AlarmNames=[self.name])["MetricAlarms"][0]["StateValue"]

    def wait_state(self, state: str) -> None:
        wait_for(f"state {state}", lambda: self.state() == state)

    def test_a_message_in_the_queue_that_is_watched_sets_off_the_alarm_until_it_is_gone(self) -> None:
        queue, other = Queue(self.standin, self.name), Queue(self.standin, "another-queue")
        self.create(
            Namespace="AWS/SQS",
            MetricName="ApproximateNumberOfMessagesVisible",
            Dimensions=[{"Name": "QueueName", "Value": self.name}],
            Statistic="Maximum",
            Threshold=0,
        )
        other.send({})
        self.wait_state("OK")
        time.sleep(0.3)
        self.assertEqual(self.state(), "OK")
        queue.send({})
        self.wait_state("ALARM")
        queue.wait(1)
        self.wait_state("OK")

    def test_more_than_the_threshold_tells_the_topic_at_once(self) -> None:
        topic, queue = self.subscribed_topic()
        self.create(AlarmActions=[topic])
        self.wait_state("OK")
        for _ in range(5):
            self.put(1)
        time.sleep(0.3)
        self.assertEqual(self.state(), "OK")
        began = time.monotonic()
        self.put(1)
        [envelope] = queue.wait(1)
        # Long before the period is over.
        self.assertLess(time.monotonic() - began, 60)
        message = json.loads(envelope["Message"])
        self.assertEqual((message["AlarmName"], message["NewStateValue"]), (self.name, "ALARM"))
        self.assertEqual(self.state(), "ALARM")

    def test_an_alarm_ends_when_its_data_is_past(self) -> None:
        self.create(Period=5)
        self.put(6)
        self.wait_state("ALARM")
        self.wait_state("OK")

    def test_missing_data_is_treated_as_asked(self) -> None:
        for treatment, state in (
            ("notBreaching", "OK"),
            ("breaching", "ALARM"),
            ("missing", "INSUFFICIENT_DATA"),
        ):
            with self.subTest(treatment=treatment):
                self.create(TreatMissingData=treatment)
                self.wait_state(state)
        self.create(TreatMissingData="ignore")
        time.sleep(0.3)
        self.assertEqual(self.state(), "INSUFFICIENT_DATA")

    def test_old_data_and_other_dimensions_do_not_count(self) -> None:
        self.create()
        self.put(9, age=400)
        self.put(9, Environment="dev")
        self.wait_state("OK")
        time.sleep(0.3)
        self.assertEqual(self.state(), "OK")

    def test_few_values_suffice_where_missing_data_stays_missing(self) -> None:
        self.create(Period=60, EvaluationPeriods=3, TreatMissingData="missing")
        self.put(9, age=70)
        self.wait_state("ALARM")
        self.put(1, age=10)
        self.wait_state("OK")

    def test_the_number_of_samples_is_a_statistic(self) -> None:
        self.create(Statistic="SampleCount", Threshold=1)
        self.put(9)
        self.wait_state("OK")
        time.sleep(0.3)
        self.assertEqual(self.state(), "OK")
        self.put(0)
        self.wait_state("ALARM")

    def subscribed_topic(self) -> tuple[str, Queue]:
        sns = self.standin.client("sns")
        topic = sns.create_topic(Name=self.name)["TopicArn"]
        queue = Queue(self.standin, self.name, "sns.amazonaws.com", topic)
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn)
        return topic, queue

    def test_silence_tells_the_topic_once_and_not_at_the_creation(self) -> None:
        name = self.name
        for protocol, put in (("json", self.create), ("query", self.create_by_query)):
            with self.subTest(protocol=protocol):
                self.name = f"{name}-{protocol}"
                topic, queue = self.subscribed_topic()
                put(
                    Statistic="SampleCount",
                    Period=5,
                    Threshold=0,
                    ComparisonOperator="LessThanThreshold",
                    TreatMissingData="missing",
                    InsufficientDataActions=[topic],
                )
                time.sleep(0.3)
                self.assertEqual((self.state(), queue.bodies()), ("INSUFFICIENT_DATA", []))
                self.put(0)
                self.wait_state("OK")
                queue.wait(1)
                time.sleep(0.3)
                [envelope] = queue.bodies()
                message = json.loads(envelope["Message"])
                states = [message[key] for key in ("AlarmName", "OldStateValue", "NewStateValue")]
                self.assertEqual(states, [self.name, "OK", "INSUFFICIENT_DATA"])

    def test_some_of_many_periods_suffice_where_asked(self) -> None:
        self.create(Period=60, EvaluationPeriods=3, DatapointsToAlarm=2)
        self.put(9, age=70)
        self.wait_state("OK")
        time.sleep(0.3)
        self.assertEqual(self.state(), "OK")
        self.put(9, age=10)
        self.wait_state("ALARM")

    def query(self, **parameters: str) -> ElementTree.Element:
        """An answer in the query protocol, which Terraform's provider speaks."""
        request = AWSRequest(
            "POST",
            self.standin.endpoint,
            data=urllib.parse.urlencode({"Version": "2010-08-01", **parameters}),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        SigV4Auth(Credentials("test", "test"), "monitoring", REGION).add_auth(request)
        prepared = request.prepare()
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(
            urllib.request.Request(prepared.url, prepared.body.encode(), dict(prepared.headers))
        ) as answer:
            return ElementTree.fromstring(answer.read())

    def create_by_query(self, **settings: Any) -> None:
        parameters = {"AlarmName": self.name, "Namespace": self.name, "MetricName": "NonCompliantInstances"}
        parameters |= {"EvaluationPeriods": "1"}
        for name, value in settings.items():
            if isinstance(value, list):
                parameters |= {f"{name}.member.{index}": item for index, item in enumerate(value, 1)}
            else:
                parameters[name] = str(value)
        self.query(Action="PutMetricAlarm", **parameters)

    def test_the_query_protocol_keeps_every_setting(self) -> None:
        lists = {name: [f"arn:aws:sns:{REGION}:000000000000:{name}"] for name in ACTIONS}
        self.create_by_query(
            **lists,
            Statistic="Sum",
            Period=60,
            Threshold=1.5,
            ComparisonOperator="LessThanThreshold",
            ActionsEnabled="false",
        )
        [alarm] = self.cloudwatch.describe_alarms(AlarmNames=[self.name])["MetricAlarms"]
        self.assertEqual({name: alarm[name] for name in ACTIONS}, lists)
        self.assertEqual((alarm["Period"], alarm["Threshold"], alarm["ActionsEnabled"]), (60, 1.5, False))

    def test_the_query_protocol_describes_every_setting(self) -> None:
        topic = f"arn:aws:sns:{REGION}:000000000000:somewhere"
        self.create(
            AlarmActions=[topic, topic + "-2"],
            AlarmDescription="a < b & c",
            Dimensions=[{"Name": "Environment", "Value": "dev"}],
        )
        for parameters in (
            {"Action": "DescribeAlarms", "AlarmNames.member.1": self.name},
            {
                "Action": "DescribeAlarmsForMetric",
                "Namespace": self.name,
                "MetricName": "NonCompliantInstances",
                "Dimensions.member.1.Name": "Environment",
                "Dimensions.member.1.Value": "dev",
            },
        ):
            with self.subTest(action=parameters["Action"]):
                answer = self.query(**parameters)
                [alarm] = answer.findall(f".//{XMLNS}MetricAlarms/{XMLNS}member")
                texts = {element.tag.removeprefix(XMLNS): element.text for element in alarm}
                self.assertEqual(
                    {
                        name: texts[name]
                        for name in (
                            "Period",
                            "Statistic",
                            "TreatMissingData",
                            "ActionsEnabled",
                            "AlarmDescription",
                            "Threshold",
                        )
                    },
                    {
                        "Period": "300",
                        "Statistic": "Sum",
                        "TreatMissingData": "notBreaching",
                        "ActionsEnabled": "true",
                        "AlarmDescription": "a < b & c",
                        "Threshold": "5.0",
                    },
                )
                actions = alarm.findall(f"{XMLNS}AlarmActions/{XMLNS}member")
                self.assertEqual([action.text for action in actions], [topic, topic + "-2"])
                dimension = alarm.find(f"{XMLNS}Dimensions/{XMLNS}member/{XMLNS}Value")
                self.assertEqual(dimension.text if dimension is not None else None, "dev")
                self.assertRegex(texts["StateUpdatedTimestamp"] or "", r"^\d{4}-\d\d-\d\dT")

    def test_the_query_protocol_pages(self) -> None:
        for number in range(3):
            self.create(AlarmName=f"{self.name}-{number}")
        names: list[str | None] = []
        token: dict[str, str] = {}
        for _ in range(2):
            answer = self.query(Action="DescribeAlarms", AlarmNamePrefix=f"{self.name}-", MaxRecords="2", **token)
            names += [e.text for e in answer.findall(f".//{XMLNS}AlarmName")]
            found = answer.find(f".//{XMLNS}NextToken")
            token = {"NextToken": found.text or ""} if found is not None else {}
        self.assertEqual((names, token), ([f"{self.name}-{number}" for number in range(3)], {}))


class AlarmTopicPolicyTest(unittest.TestCase):
    def test_a_topic_that_does_not_admit_cloudwatch_hears_nothing(self) -> None:
        standin = StandIn(AUTH="true")
        self.addCleanup(standin.stop)
        sns, cloudwatch = standin.client("sns"), standin.client("cloudwatch")
        queues = {}
        for name in ("admitting", "closed"):
            topic = sns.create_topic(Name=name)["TopicArn"]
            queues[name] = Queue(standin, name, "sns.amazonaws.com", topic)
            sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queues[name].arn)
            service = "cloudwatch.amazonaws.com" if name == "admitting" else "budgets.amazonaws.com"
            policy = {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": service},
                        "Action": "sns:Publish",
                        "Resource": topic,
                        "Condition": {"StringEquals": {"aws:SourceAccount": "000000000000"}},
                    }
                ],
            }
            sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(policy))
            cloudwatch.put_metric_alarm(
                AlarmName=name,
                Namespace="n",
                MetricName="m",
                Statistic="Sum",
                Period=300,
                EvaluationPeriods=1,
                Threshold=5,
                ComparisonOperator="GreaterThanThreshold",
                AlarmActions=[topic],
            )
        cloudwatch.put_metric_data(Namespace="n", MetricData=[{"MetricName": "m", "Value": 6}])
        queues["admitting"].wait(1)
        wait_for("the refusal", lambda: "alarm:closed may not publish" in standin.log())
        self.assertEqual(queues["closed"].bodies(), [])


if __name__ == "__main__":
    unittest.main()
