"""The specified result of many events: records, alerts, counts and delayed events."""

from __future__ import annotations

import datetime
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .model import INSTANCE_ID, REQUIRED, Evaluation, audit_key, evaluate
from .stub.fleet import Instance

# For how many seconds after a launch tag changes count as part of it.
LAUNCH_TAGS = 2
ENDING = ("shutting-down", "terminated")
STATES = ("pending", "running", "stopping", "stopped", *ENDING)
TRIGGERS = {
    "EC2 Instance State-change Notification": "state-change",
    "Tag Change on Resource": "tag-change",
    "EC2 Instance Launch Successful": "auto-scaling",
}


@dataclass
class Effects:
    """The expected end state."""

    # The content of each key's records: the first look's, and those of later ones.
    records: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    # The instances whose violation is remembered: open or closed.
    remembered: dict[str, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    delayed: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    lookups: int = 0
    failed_records: int = 0


class Garbage(Exception):
    """An invalid event."""


def instance_of(event: Any) -> str | None:
    """The instance that an event is about, or none."""
    if not isinstance(event, dict) or "Records" in event:
        raise Garbage
    for name in ("id", "time", "source", "detail-type"):
        if not isinstance(event.get(name, ""), str):
            raise Garbage
    try:
        datetime.datetime.fromisoformat(event["time"])
    except ValueError:
        raise Garbage from None
    kind = event["detail-type"]
    if kind == "Tag Change on Resource":
        service, _, resource = event["resources"][0].partition(":ec2:")
        if not resource.rpartition(":")[2].startswith("instance/"):
            return None
        instance_id: Any = resource.rpartition("/")[2]
    elif not isinstance(event["detail"], dict):
        raise Garbage
    elif kind.startswith("EC2 Instance State-change"):
        if event["detail"].get("state") not in STATES:
            raise Garbage
        instance_id = event["detail"]["instance-id"]
    else:
        instance_id = event["detail"]["EC2InstanceId"]
        if kind == "EC2 Instance Launch Unsuccessful" and instance_id == "":
            return None
    if not isinstance(instance_id, str) or not INSTANCE_ID.fullmatch(instance_id):
        raise Garbage
    return instance_id


def is_wake(payload: Any) -> bool:
    """Whether the table's stream wakes the function."""
    return "Records" in payload and payload["Records"][0].get("eventSource") == "aws:dynamodb"


class StormModel:
    """Processes invocations one after another; `instances` may change in between."""

    def __init__(self, instances: Mapping[str, Instance], settle_seconds: int) -> None:
        self.instances = instances
        self.settle_seconds = settle_seconds
        # Whether the grace period of new instances is over.
        self.is_settled = False
        self.effects = Effects()

    def invoke(self, payload: Any) -> None:
        """One invocation: a single event, or a batch of a queue, in which each event is evaluated once."""
        if is_wake(payload):
            return
        bodies = [record["body"] for record in payload["Records"]] if "Records" in payload else [json.dumps(payload)]
        checks: dict[str, tuple[str, dict, str]] = {}
        for body in bodies:
            try:
                event = json.loads(body)
                instance_id = instance_of(event)
            except (ValueError, Garbage):
                self.effects.failed_records += 1
                continue
            if instance_id is None:
                self.effects.statuses["ignored"] += 1
            else:
                checks.setdefault(audit_key(instance_id, event), (instance_id, event, body))
        living = [check for check in checks.values() if check[1]["detail"].get("state") not in ENDING]
        self.effects.lookups += bool(living)
        self.effects.statuses["skipped"] += len(checks) - len(living)
        violating = [each for each, event, body in living if self._check(each, event, body)]
        ended = {each for each, event, _ in checks.values() if self._has_ended(each, event)}
        # An instance is written once in a batch, and the end state counts.
        for instance_id in set(violating) - ended:
            self.effects.remembered.setdefault(instance_id, "open")
        for instance_id in ended & set(self.effects.remembered):
            self.effects.remembered[instance_id] = "ended"

    def _has_ended(self, instance_id: str, event: dict) -> bool:
        instance = self.instances.get(instance_id)
        return event["detail"].get("state") in ENDING or (instance is not None and instance.state in ENDING)

    def told(self) -> set[str]:
        """The instances that alerts name."""
        return {instance_id for instance_id, state in self.effects.remembered.items() if state == "open"}

    def _check(self, instance_id: str, event: dict, body: str) -> bool:
        """Checks an instance; returns whether it has a violation that counts."""
        effects = self.effects
        instance = self.instances.get(instance_id)
        if instance is None:
            effects.statuses["not-found"] += 1
            return False
        if instance.state in ENDING:
            effects.statuses["skipped"] += 1
            return False
        evaluation = evaluate(instance.tags)
        is_provisional = instance.attached is not None and not self.is_settled and not evaluation.is_compliant
        key = audit_key(instance_id, event, provisional=is_provisional)
        record = _record(instance_id, instance, evaluation, event, is_provisional)
        effects.records.setdefault(key, []).append(record)
        if is_provisional:
            effects.statuses["provisional"] += 1
            effects.delayed[_canonical(_sent_back(body))] += self._comes_back(event, instance, evaluation)
            effects.delayed = +effects.delayed
            return False
        status = "compliant" if evaluation.is_compliant else "non-compliant"
        effects.statuses[status] += 1
        effects.counts[status] += 1
        return not evaluation.is_compliant

    def _comes_back(self, event: dict, instance: Instance, evaluation: Evaluation) -> bool:
        """One look at the end of the grace period is enough: that of the launch, or of a tag change that may belong to it."""
        kind = TRIGGERS[event["detail-type"]]
        if kind == "state-change":
            return event["detail"]["state"] == "running"
        if kind == "tag-change":
            launched = instance.attached.replace(microsecond=0)
            since = (datetime.datetime.fromisoformat(event["time"]) - launched).total_seconds()
            wrong = {*evaluation.missing, *evaluation.invalid}
            return since > LAUNCH_TAGS and bool(wrong & set(event["detail"]["changed-tag-keys"]))
        return True


def _sent_back(body: str) -> str:
    """The event without its tag values, which nobody needs once it comes back."""
    event = json.loads(body)
    event["detail"].pop("tags", None)
    return json.dumps(event)


def _canonical(body: str) -> str:
    return json.dumps(json.loads(body), sort_keys=True)


def canonical(bodies: list[str]) -> Counter[str]:
    """Messages, regardless of the order of their fields."""
    return Counter(map(_canonical, bodies))


def _record(instance_id: str, instance: Instance, evaluation: Evaluation, event: dict, is_provisional: bool) -> dict[str, Any]:
    return {
        "instanceId": instance_id,
        "state": instance.state,
        "isCompliant": evaluation.is_compliant,
        "requiredTags": list(REQUIRED),
        "tags": dict(instance.tags),
        "missingTags": list(evaluation.missing),
        "invalidKeys": list(evaluation.invalid),
        "provisional": is_provisional,
        "trigger": TRIGGERS[event["detail-type"]],
        "eventId": event.get("id"),
        "eventTime": f"{event['time'].removesuffix('Z')}.000Z",
        "eventState": event["detail"].get("state"),
    }


def shown(record: dict[str, Any]) -> dict[str, Any]:
    """The part of a written record that the model predicts."""
    names = ("instanceId", "state", "isCompliant", "requiredTags", "tags", "missingTags", "trigger")
    return {name: record[name] for name in names} | {
        "invalidKeys": [tag["key"] for tag in record["invalidTags"]],
        "provisional": record.get("provisional", False),
        "eventId": record.get("eventId"),
        "eventTime": record["eventTime"],
        "eventState": record.get("eventState"),
    }
