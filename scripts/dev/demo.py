"""Launches instances with and without the required tags, and shows how the system reacts.

usage: PYTHONPATH=scripts python -m dev.demo OUTPUTS, a file with what `terraform output -json` printed
"""

import json
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

import botocore.session

from .subscriber import Subscriber

COMPLETE = {"Environment": "prod", "Owner": "web-team", "Application": "shop"}
FLEET: list[dict[str, str]] = [
    {"Name": "web-1", **COMPLETE},
    {"Name": "web-2", **COMPLETE, "Environment": "staging"},
    {"Name": "batch", **COMPLETE, "Environment": "dev"},
    {},
    {},
    {"Name": "test"},
    {"Name": "api", "Environment": "prod", "Owner": "data-team"},
    {"Name": "cache", "Environment": "prod", "Owner": "web-team"},
    {"Name": "queue", **COMPLETE, "Environment": "qa"},
    {"Name": "search", **COMPLETE, "Owner": "   "},
    {"Name": "late"},
]
# Another tool tags this one a few seconds after its launch.
LATE = {"Name": "late"}
LATE_SECONDS = 2
# What an EKS node group launches.
STORM = {"Owner": "platform-team", "eks:nodegroup-name": "workers"}
STORM_SIZE = 20
# How many lines of a long message to show.
MAX_LINES = 18
PATIENCE_SECONDS = 120


class Demo:
    """An environment, known by its Terraform outputs, and a subscriber of its alerts."""

    def __init__(self, outputs: dict[str, str]) -> None:
        self.outputs = outputs
        session = botocore.session.get_session()
        self.ec2, self.s3, self.sns, self.sqs, self.cloudwatch, self.dynamodb, self.functions = (
            session.create_client(name, region_name=outputs["region"])
            for name in ("ec2", "s3", "sns", "sqs", "cloudwatch", "dynamodb", "lambda")
        )
        queue_name = f"compliance-demo-{outputs['environment_suffix']}"
        self.subscriber = Subscriber(self.sqs, self.sns, outputs["alert_topic_arn"], queue_name)

    def launch(self, tags: dict[str, str], count: int = 1) -> list[str]:
        """Launches instances and returns their ids."""
        specifications = [
            {"ResourceType": "instance", "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
        ]
        launched = self.ec2.run_instances(
            ImageId="ami-0123456789abcdef0",
            InstanceType="t3.nano",
            MinCount=count,
            MaxCount=count,
            **({"TagSpecifications": specifications} if tags else {}),
        )
        return [instance["InstanceId"] for instance in launched["Instances"]]

    def tag(self, instance_id: str, tags: dict[str, str]) -> None:
        self.ec2.create_tags(
            Resources=[instance_id], Tags=[{"Key": key, "Value": value} for key, value in tags.items()]
        )

    def records(self) -> dict[str, tuple[str, dict[str, Any]]]:
        """The audit log: key and record of the final evaluation, by instance id."""
        bucket = self.outputs["log_bucket_name"]
        found = {}
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="scans/"):
            for item in page.get("Contents", []):
                # A sweep's pages hold many records each.
                if "/i-" not in item["Key"]:
                    continue
                record = json.loads(self.s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read())
                if not record.get("provisional"):
                    found[record["instanceId"]] = (item["Key"], record)
        return found

    def metric(self, name: str, since: float) -> int:
        """The sum of a metric since a time."""
        points = self.cloudwatch.get_metric_statistics(
            Namespace=self.outputs["metric_namespace"],
            MetricName=name,
            StartTime=since - since % 60,
            EndTime=time.time() + 60,
            Period=60,
            Statistics=["Sum"],
        )
        return int(sum(point["Sum"] for point in points["Datapoints"]))

    def sweep(self) -> dict[str, Any]:
        """Starts a sweep as the schedule does, and returns the function's answer."""
        event = {"source": "demo", "detail-type": "Scheduled Event"}
        response = self.functions.invoke(FunctionName=self.outputs["function_name"], Payload=json.dumps(event).encode())
        answer: dict[str, Any] = json.loads(response["Payload"].read())
        return answer

    def has_begun(self) -> bool:
        """Whether the first sweep has ended: what it finds is the baseline, which only its digest reports."""
        key = {"pk": {"S": "ctl"}, "sk": {"S": "policy"}}
        policy = self.dynamodb.get_item(TableName=self.outputs["state_table_name"], Key=key, ConsistentRead=True)
        return "Item" in policy and "base" not in policy["Item"]

    def state(self) -> dict[str, dict[str, str]]:
        """The state table: the attributes of each violation as text, by instance id."""
        pages = self.dynamodb.get_paginator("scan").paginate(
            TableName=self.outputs["state_table_name"], ConsistentRead=True
        )
        items = [
            {name: str(*value.values()) for name, value in item.items()} for page in pages for item in page["Items"]
        ]
        return {item["sk"]: item for item in items if item["pk"].startswith("i#")}

    def alerts(self, ids: Iterable[str]) -> list[dict[str, str]]:
        """The alerts that name one of these instances."""
        alerts = [m for m in self.subscriber.messages() if m["Message"].startswith("EC2 Instance Non-Compliant Alert")]
        return [alert for alert in alerts if any(instance_id in alert["Message"] for instance_id in ids)]

    def alerted(self, ids: Iterable[str]) -> int:
        """How many of these instances an alert has named."""
        return sum(bool(self.alerts([instance_id])) for instance_id in ids)

    def alarm(self) -> dict[str, Any]:
        """The alarm as CloudWatch describes it."""
        return self.cloudwatch.describe_alarms(AlarmNames=[self.outputs["alarm_name"]])["MetricAlarms"][0]


def wait_for(what: str, count: Callable[[], int], wanted: int) -> None:
    """Waits until there are as many as wanted, and shows how many there are."""
    began = time.monotonic()
    while True:
        seen = count()
        print(f"\r  {what}: {seen} of {wanted} ({time.monotonic() - began:.0f} s) ", end="", flush=True)
        if seen >= wanted:
            print()
            return
        if time.monotonic() - began > PATIENCE_SECONDS:
            print()
            sys.exit(f"demo: no {wanted} {what} within {PATIENCE_SECONDS} s")
        time.sleep(0.5)


def heading(text: str) -> None:
    print(f"\n{text}\n{'-' * len(text)}")


def indented(text: str) -> str:
    return "\n".join(f"  {line}".rstrip() for line in text.splitlines())


def show_message(message: dict[str, str]) -> None:
    lines = message["Message"].rstrip().splitlines()
    more = [f"… and {len(lines) - MAX_LINES} more lines"] if len(lines) > MAX_LINES + 1 else []
    shown = lines[: MAX_LINES if more else None] + more
    print(f"\n  Subject: {message['Subject']}\n\n{indented(chr(10).join(shown))}")


def show_state(items: dict[str, dict[str, str]]) -> None:
    """Prints one short line for each violation in the state table."""
    print(f"  {'instance':<20} {'owner':<14} {'state':<18} {'opened':<9} alerted")
    for instance_id, item in sorted(items.items(), key=lambda pair: (pair[1].get("own", ""), pair[0])):
        state = f"closed: {item['why']}" if item["st"] == "closed" else item["st"]
        opened, told = clock(item["gen"]), clock(item["tat"]) if "tat" in item else "-"
        print(f"  {instance_id:<20} {item.get('own', '-'):<14} {state:<18} {opened:<9} {told}")


def clock(millis: str) -> str:
    """A time in the state table as hours, minutes and seconds."""
    return time.strftime("%H:%M:%S", time.gmtime(int(millis) / 1000))


def show_table(ids: dict[str, dict[str, str]], records: dict[str, tuple[str, dict[str, Any]]]) -> int:
    """Prints a line for each instance, and returns how many are non-compliant."""
    print(f"  {'instance':<20} {'name':<8} {'status':<14} why")
    bad = 0
    for instance_id, tags in ids.items():
        _, record = records[instance_id]
        reasons = [f"{key} is missing" for key in record["missingTags"]]
        reasons += [f"{tag['key']}={tag['value']!r} is {tag['reason'].replace('-', ' ')}" for tag in record["invalidTags"]]
        status = "compliant" if record["isCompliant"] else "NON-COMPLIANT"
        bad += not record["isCompliant"]
        print(f"  {instance_id:<20} {tags.get('Name', '-'):<8} {status:<14} {', '.join(reasons)}".rstrip())
    return bad


def show(demo: Demo) -> None:
    began = time.time()
    heading("The first sweep")
    print("  What it finds is the baseline: only its digest reports that, no alert does.")
    demo.sweep()
    wait_for("sweeps", lambda: int(demo.has_begun()), 1)

    heading(f"Launching {len(FLEET)} instances through the EC2 API")
    ids = {demo.launch(tags)[0]: tags for tags in FLEET}
    late = next(instance_id for instance_id, tags in ids.items() if tags == LATE)
    time.sleep(LATE_SECONDS)
    demo.tag(late, COMPLETE)
    print(f"  {late} gets its tags {LATE_SECONDS} s after launch, within its grace period.")
    print(f"  The others are evaluated when their grace period of {demo.outputs['settle_seconds']} s is over.")
    wait_for("audit records", lambda: len(demo.records().keys() & ids.keys()), len(ids))

    records = demo.records()
    heading("Evaluations")
    bad = show_table(ids, records)

    heading(f"Audit log s3://{demo.outputs['log_bucket_name']}")
    for instance_id in ids:
        print(f"  {records[instance_id][0]}")
    example = next(instance_id for instance_id, tags in ids.items() if tags.get("Owner") == "data-team")
    print(f"\n  The audit record of {example}:\n{indented(json.dumps(records[example][1], indent=2))}")

    heading("Alerts, as a subscriber of the topic gets them")
    wait_for("violations alerted", lambda: demo.alerted(ids), bad)
    print(f"  {len(demo.alerts(ids))} messages, one for each owner.")
    show_message(demo.alerts([example])[0])

    show_metrics_and_alarm(demo, began, len(ids))
    show_repair(demo, ids, example)
    show_storm(demo)


def show_repair(demo: Demo, ids: dict[str, dict[str, str]], repaired: str) -> None:
    heading(f"Open violations in the table {demo.outputs['state_table_name']}")
    print(f"  {repaired} gets its tags.")
    demo.tag(repaired, COMPLETE)
    wait_for("violations closed", lambda: int(demo.state()[repaired]["st"] == "closed"), 1)
    show_state({instance_id: item for instance_id, item in demo.state().items() if instance_id in ids})


def show_storm(demo: Demo) -> None:
    heading(f"A node group launches {STORM_SIZE} instances without the required tags")
    storm = demo.launch(STORM, STORM_SIZE)
    wait_for("violations alerted", lambda: demo.alerted(storm), STORM_SIZE)
    alerts = demo.alerts(storm)
    print(f"  {len(alerts)} message{'s' * (len(alerts) > 1)}.")
    show_message(alerts[0])
    print("\n  The instances are terminated.")
    demo.ec2.terminate_instances(InstanceIds=storm)
    wait_for("violations closed", lambda: sum(demo.state()[it]["st"] == "closed" for it in storm), STORM_SIZE)
    open_now = sum(item["st"] == "open" for item in demo.state().values())
    print(f"  Open violations in the table: {open_now}")


def show_metrics_and_alarm(demo: Demo, began: float, launched: int) -> None:
    heading(f"Metrics in {demo.outputs['metric_namespace']}")
    wait_for("evaluations counted", lambda: sum(metrics(demo, began).values()), launched)
    for name, value in metrics(demo, began).items():
        print(f"  {name:<22} {value}")

    heading(f"Alarm {demo.outputs['alarm_name']}")
    wait_for("alarms", lambda: int(demo.alarm()["StateValue"] == "ALARM"), 1)
    alarm = demo.alarm()
    print(f"  {alarm['StateValue']}: {alarm['StateReason']}")
    wait_for(
        "alarm messages received",
        lambda: sum("AlarmName" in text for text in demo.subscriber.texts()),
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
        demo.subscriber.close()


if __name__ == "__main__":
    main(sys.argv[1])
