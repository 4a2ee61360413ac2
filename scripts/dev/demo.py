"""Launches instances with and without the required tags, and shows what comes of them.

usage: demo.py OUTPUTS, the file that `terraform output -json` wrote.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import botocore.session

COMPLETE = {"Environment": "prod", "Owner": "web-team", "Application": "shop"}
FLEET: list[dict[str, str]] = [
    {"Name": "web-1", **COMPLETE},
    {"Name": "web-2", **COMPLETE, "Environment": "staging"},
    {"Name": "batch", **COMPLETE, "Environment": "dev"},
    {},
    {},
    {"Name": "test"},
    {"Name": "api", "Environment": "prod"},
    {"Name": "cache", "Environment": "prod", "Owner": "web-team"},
    {"Name": "queue", **COMPLETE, "Environment": "qa"},
    {"Name": "search", **COMPLETE, "Owner": "   "},
    {"Name": "late"},
]
# Another tool tags this one some seconds after its launch.
LATE = {"Name": "late"}
LATE_SECONDS = 2
PATIENCE_SECONDS = 120


class Demo:
    """The environment as its Terraform outputs describe it, and a subscriber of its alerts."""

    def __init__(self, outputs: dict[str, str]) -> None:
        self.outputs = outputs
        session = botocore.session.get_session()
        self.ec2, self.s3, self.sns, self.sqs, self.cloudwatch = (
            session.create_client(name, region_name=outputs["region"])
            for name in ("ec2", "s3", "sns", "sqs", "cloudwatch")
        )
        self.messages: list[dict[str, str]] = []
        name = f"compliance-demo-{outputs['environment_suffix']}"
        self.queue = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        attributes = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])
        arn = attributes["Attributes"]["QueueArn"]
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "sns.amazonaws.com"},
                    "Action": "sqs:SendMessage",
                    "Resource": arn,
                    "Condition": {"ArnEquals": {"aws:SourceArn": outputs["alert_topic_arn"]}},
                }
            ],
        }
        self.sqs.set_queue_attributes(QueueUrl=self.queue, Attributes={"Policy": json.dumps(policy)})
        subscription = self.sns.subscribe(
            TopicArn=outputs["alert_topic_arn"], Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True
        )
        self.subscription = subscription["SubscriptionArn"]

    def close(self) -> None:
        """Takes the subscriber away again."""
        self.sns.unsubscribe(SubscriptionArn=self.subscription)
        self.sqs.delete_queue(QueueUrl=self.queue)

    def launch(self, tags: dict[str, str]) -> str:
        """Launches an instance and returns its id."""
        specifications = [
            {"ResourceType": "instance", "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
        ]
        launched = self.ec2.run_instances(
            ImageId="ami-0123456789abcdef0",
            InstanceType="t3.nano",
            MinCount=1,
            MaxCount=1,
            **({"TagSpecifications": specifications} if tags else {}),
        )
        return launched["Instances"][0]["InstanceId"]

    def tag(self, instance_id: str, tags: dict[str, str]) -> None:
        """Tags an instance."""
        self.ec2.create_tags(
            Resources=[instance_id], Tags=[{"Key": key, "Value": value} for key, value in tags.items()]
        )

    def records(self) -> dict[str, tuple[str, dict[str, Any]]]:
        """The audit log: key and record of the verdict that counts, by instance id."""
        bucket = self.outputs["log_bucket_name"]
        found = {}
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="scans/"):
            for item in page.get("Contents", []):
                record = json.loads(self.s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read())
                if not record.get("provisional"):
                    found[record["instanceId"]] = (item["Key"], record)
        return found

    def receive(self) -> list[dict[str, str]]:
        """All messages that have reached the subscriber."""
        while True:
            received = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", [])
            if not received:
                return self.messages
            for message in received:
                self.messages.append(json.loads(message["Body"]))
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])

    def metric(self, name: str, since: float) -> int:
        """The sum of a metric since then."""
        points = self.cloudwatch.get_metric_statistics(
            Namespace=self.outputs["metric_namespace"],
            MetricName=name,
            StartTime=since - since % 60,
            EndTime=time.time() + 60,
            Period=60,
            Statistics=["Sum"],
        )
        return int(sum(point["Sum"] for point in points["Datapoints"]))

    def alarm(self) -> dict[str, Any]:
        """The alarm as CloudWatch describes it."""
        return self.cloudwatch.describe_alarms(AlarmNames=[self.outputs["alarm_name"]])["MetricAlarms"][0]


def wait_for(what: str, count: Callable[[], int], wanted: int) -> None:
    """Shows how many there are until there are as many as wanted."""
    began = time.monotonic()
    while True:
        seen = count()
        print(f"\r  {what}: {seen} of {wanted} ({time.monotonic() - began:.0f} s) ", end="", flush=True)
        if seen >= wanted:
            print()
            return
        if time.monotonic() - began > PATIENCE_SECONDS:
            print()
            sys.exit(f"demo: waited {PATIENCE_SECONDS} s in vain for {wanted} {what}")
        time.sleep(0.5)


def heading(text: str) -> None:
    print(f"\n{text}\n{'-' * len(text)}")


def indented(text: str) -> str:
    return "\n".join(f"  {line}".rstrip() for line in text.splitlines())


def show_table(ids: dict[str, dict[str, str]], records: dict[str, tuple[str, dict[str, Any]]]) -> int:
    """Prints a line an instance, and returns how many are not compliant."""
    print(f"  {'instance':<20} {'name':<8} {'verdict':<14} why")
    bad = 0
    for instance_id, tags in ids.items():
        _, record = records[instance_id]
        reasons = [f"{key} is missing" for key in record["missingTags"]]
        reasons += [f"{tag['key']}={tag['value']!r} is {tag['reason']}" for tag in record["invalidTags"]]
        verdict = "compliant" if record["isCompliant"] else "NON-COMPLIANT"
        bad += not record["isCompliant"]
        print(f"  {instance_id:<20} {tags.get('Name', '-'):<8} {verdict:<14} {', '.join(reasons)}".rstrip())
    return bad


def show(demo: Demo) -> None:
    began = time.time()
    heading(f"Launching {len(FLEET)} instances through the EC2 API")
    ids = {demo.launch(tags): tags for tags in FLEET}
    late = next(instance_id for instance_id, tags in ids.items() if tags == LATE)
    time.sleep(LATE_SECONDS)
    demo.tag(late, COMPLETE)
    print(f"  {late} got its tags {LATE_SECONDS} s after its launch.")
    print(f"  Whoever has none is judged after {demo.outputs['settle_seconds']} s.")
    wait_for("audit records", lambda: len(demo.records().keys() & ids.keys()), len(ids))

    records = demo.records()
    heading("Verdicts")
    bad = show_table(ids, records)

    heading(f"Audit log s3://{demo.outputs['log_bucket_name']}")
    for instance_id in ids:
        print(f"  {records[instance_id][0]}")
    example = next(instance_id for instance_id in ids if not records[instance_id][1]["isCompliant"])
    print(f"\n  The record of {example}:\n{indented(json.dumps(records[example][1], indent=2))}")

    heading("Alerts, as they arrived at a subscriber of the topic")
    named = [f"Instance ID: {instance_id}\n" for instance_id in ids]
    wait_for(
        "alerts",
        lambda: sum(any(line in message["Message"] for line in named) for message in demo.receive()),
        bad,
    )
    alert = next(message for message in demo.messages if f"Instance ID: {example}\n" in message["Message"])
    print(f"\n  Subject: {alert['Subject']}\n\n{indented(alert['Message'])}")

    heading(f"Metrics in {demo.outputs['metric_namespace']}")
    wait_for("verdicts counted", lambda: sum(metrics(demo, began).values()), len(ids))
    for name, value in metrics(demo, began).items():
        print(f"  {name:<22} {value}")

    heading(f"Alarm {demo.outputs['alarm_name']}")
    wait_for("alarms", lambda: int(demo.alarm()["StateValue"] == "ALARM"), 1)
    alarm = demo.alarm()
    print(f"  {alarm['StateValue']}: {alarm['StateReason']}")
    wait_for(
        "messages of the alarm at the subscriber",
        lambda: sum("AlarmName" in message["Message"] for message in demo.receive()),
        1,
    )


def metrics(demo: Demo, since: float) -> dict[str, int]:
    return {name: demo.metric(name, since) for name in ("CompliantInstances", "NonCompliantInstances")}


def main(path: str) -> None:
    with open(path, encoding="utf-8") as file:
        demo = Demo({name: output["value"] for name, output in json.load(file).items()})
    try:
        show(demo)
    finally:
        demo.close()


if __name__ == "__main__":
    main(sys.argv[1])
