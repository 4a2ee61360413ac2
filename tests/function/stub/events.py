"""Events as AWS sends them."""

from __future__ import annotations

import datetime
import uuid

from .aws import BUCKET_OWNER, REGION

# A minute ago: the function does not believe events that are weeks old.
TIME = f"{datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}"


def _envelope(event_id: str | None, time: str, source: str, detail_type: str) -> dict:
    return {
        "version": "0",
        "id": event_id or str(uuid.uuid4()),
        "detail-type": detail_type,
        "source": source,
        "account": BUCKET_OWNER,
        "time": time,
        "region": REGION,
        "resources": [],
    }


def _arn(instance_id: str) -> str:
    return f"arn:aws:ec2:{REGION}:{BUCKET_OWNER}:instance/{instance_id}"


def state_change(instance_id: str, state: str = "running", *, event_id: str | None = None, time: str = TIME) -> dict:
    """An instance changed its state."""
    return _envelope(event_id, time, "aws.ec2", "EC2 Instance State-change Notification") | {
        "resources": [_arn(instance_id)],
        "detail": {"instance-id": instance_id, "state": state},
    }


def tag_change(
    instance_id: str, changed: list[str], tags: dict[str, str], *, event_id: str | None = None, time: str = TIME
) -> dict:
    """The tags of an instance changed."""
    return _envelope(event_id, time, "aws.tag", "Tag Change on Resource") | {
        "resources": [_arn(instance_id)],
        "detail": {"changed-tag-keys": changed, "service": "ec2", "resource-type": "instance", "version": 1, "tags": tags},
    }


def launch(instance_id: str, *, event_id: str | None = None, time: str = TIME) -> dict:
    """An Auto Scaling group launched an instance."""
    return _envelope(event_id, time, "aws.autoscaling", "EC2 Instance Launch Successful") | {
        "resources": [_arn(instance_id)],
        "detail": {"StatusCode": "InProgress", "AutoScalingGroupName": "nodes", "EC2InstanceId": instance_id},
    }


def scheduled(*, event_id: str | None = None, time: str = TIME) -> dict:
    """The event of a scheduled rule, which starts a sweep."""
    return _envelope(event_id, time, "aws.events", "Scheduled Event") | {"detail": {}}


def own(detail_type: str, detail: dict, event_id: str) -> dict:
    """The function's message to itself."""
    return {"id": event_id, "source": "tag-compliance-checker", "detail-type": detail_type, "detail": detail}
