"""The same work as our function's, as one writes it with boto3 in an afternoon: judge, record, alert and count."""

import datetime
import json
import os

import boto3

RULES = {"Environment": ("dev", "staging", "prod"), "Owner": None, "Application": None}
BUCKET = os.environ["LOG_BUCKET_NAME"]
OWNER = os.environ["LOG_BUCKET_OWNER"]
TOPIC = os.environ["ALERT_TOPIC_ARN"]
NAMESPACE = os.environ["METRIC_NAMESPACE"]
STATES = os.environ["WATCHED_STATES"].split(",")

ec2 = boto3.client("ec2")
s3 = boto3.client("s3")
sns = boto3.client("sns")
cloudwatch = boto3.client("cloudwatch")


def judge(instance: dict) -> dict:
    """The audit record of an instance."""
    tags = {tag["Key"]: tag["Value"] for tag in instance.get("Tags", [])}
    missing = [key for key in RULES if key not in tags]
    invalid = [
        key
        for key, allowed in RULES.items()
        if key in tags and (not tags[key].strip() or (allowed and tags[key] not in allowed))
    ]
    return {
        "timestamp": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds"),
        "instanceId": instance["InstanceId"],
        "state": instance["State"]["Name"],
        "isCompliant": not missing and not invalid,
        "requiredTags": list(RULES),
        "tags": tags,
        "missingTags": missing,
        "invalidTags": invalid,
    }


def count(compliant: int, violations: int) -> None:
    """Sends the metrics."""
    cloudwatch.put_metric_data(
        Namespace=NAMESPACE,
        MetricData=[
            {"MetricName": "CompliantInstances", "Value": compliant, "Unit": "Count"},
            {"MetricName": "NonCompliantInstances", "Value": violations, "Unit": "Count"},
        ],
    )


def text(record: dict) -> str:
    """The alert."""
    lines = [
        "EC2 Instance Non-Compliant Alert",
        "",
        f"Instance ID: {record['instanceId']}",
        f"State: {record['state']}",
        "",
        f"Missing Tags: {', '.join(record['missingTags'])}",
        f"Invalid Tags: {', '.join(record['invalidTags'])}",
        "",
        "Current Tags:",
        *(f"  {key}: {value}" for key, value in record["tags"].items()),
    ]
    return "\n".join(lines)


def check(instance_id: str, event: dict) -> dict:
    """Judges one instance."""
    found = ec2.describe_instances(Filters=[{"Name": "instance-id", "Values": [instance_id]}])
    record = judge(found["Reservations"][0]["Instances"][0])
    moment = datetime.datetime.fromisoformat(event["time"].replace("Z", "+00:00"))
    key = f"scans/{moment:%Y-%m-%d}/{instance_id}-{int(moment.timestamp() * 1000)}.json"
    s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(record), ExpectedBucketOwner=OWNER, IfNoneMatch="*")
    if not record["isCompliant"]:
        sns.publish(TopicArn=TOPIC, Subject=f"EC2 instance {instance_id} is not compliant", Message=text(record))
    count(int(record["isCompliant"]), int(not record["isCompliant"]))
    print(json.dumps({"message": "checked", "instance_id": instance_id, "compliant": record["isCompliant"]}))
    return {"statusCode": 200, "instanceId": instance_id, "isCompliant": record["isCompliant"]}


def sweep() -> dict:
    """Judges all instances, a page at a time."""
    moment = datetime.datetime.now(datetime.timezone.utc)
    compliant = violations = 0
    pages = ec2.get_paginator("describe_instances").paginate(
        Filters=[{"Name": "instance-state-name", "Values": STATES}], PaginationConfig={"PageSize": 1000}
    )
    for number, page in enumerate(pages):
        records = [judge(instance) for held in page["Reservations"] for instance in held["Instances"]]
        good = sum(record["isCompliant"] for record in records)
        compliant += good
        violations += len(records) - good
        key = f"scans/{moment:%Y-%m-%d}/fleet-{int(moment.timestamp() * 1000)}-{number}.jsonl"
        body = "".join(json.dumps(record) + "\n" for record in records)
        s3.put_object(Bucket=BUCKET, Key=key, Body=body, ExpectedBucketOwner=OWNER, IfNoneMatch="*")
    if violations:
        sns.publish(TopicArn=TOPIC, Subject="EC2 tag compliance", Message=f"{violations} instances are not compliant")
    count(compliant, violations)
    return {"statusCode": 200, "checked": compliant + violations, "nonCompliant": violations}


def handler(event: dict, _context: object) -> dict:
    """Lambda's entry point."""
    instance_id = event.get("detail", {}).get("instance-id")
    return check(instance_id, event) if instance_id else sweep()
