"""EventBridge events for instances whose state or tags have changed."""

from __future__ import annotations

import json
import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import Any

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import ec2, eventbridge

from .ec2_instances import Handler, Params, Response

logger = logging.getLogger("standin.ec2_events")

MAX_ENTRIES_PER_CALL = 10

# The states that AWS reports before the one that MiniStack stores at once.
_STATES_BEFORE = {"running": "pending", "stopped": "stopping", "terminated": "shutting-down"}

Entry = dict[str, Any]
Tags = dict[str, str]

_launched: ContextVar[list[str] | None] = ContextVar("standin_launched", default=None)
# Account, region, time and event.
_outbox: queue.SimpleQueue[tuple[str, str, float, list[Entry]]] = queue.SimpleQueue()
_happened_at: ContextVar[float | None] = ContextVar("standin_happened_at", default=None)
_tag_versions: Counter[str] = Counter()


def install() -> None:
    """Make EC2 actions that change instances emit AWS's events."""
    ec2._launch_instances_internal = _remembering(ec2._launch_instances_internal)
    eventbridge._now_ts = _at_its_own_time(eventbridge._now_ts)
    actions = ec2._ACTION_MAP
    for action in ("RunInstances", "CreateFleet"):
        actions[action] = _emitting_launches(actions[action])
    for action in ("StartInstances", "StopInstances", "TerminateInstances"):
        actions[action] = _emitting_state_changes(actions[action])
    for action in ("CreateTags", "DeleteTags"):
        actions[action] = _emitting_tag_changes(actions[action])
    threading.Thread(target=_emit_forever, daemon=True, name="standin-ec2-events").start()


def _at_its_own_time(now: Callable[[], float]) -> Callable[[], float]:
    """The time of an event is when it happened, however late a busy machine emits it."""

    def happened_at() -> float:
        moment = _happened_at.get()
        return now() if moment is None else moment

    return happened_at


def _remembering(launch: Callable[..., list[dict]]) -> Callable[..., list[dict]]:
    def launch_and_remember(*args: Any, **kwargs: Any) -> list[dict]:
        launched = launch(*args, **kwargs)
        remembered = _launched.get()
        if remembered is not None:
            remembered.extend(instance["InstanceId"] for instance in launched)
        return launched

    return launch_and_remember


def _emitting_launches(handler: Handler) -> Handler:
    def run(params: Params) -> Response:
        launched: list[str] = []
        began = time.time()
        token = _launched.set(launched)
        try:
            response = handler(params)
        finally:
            _launched.reset(token)
        if response[0] == 200:
            entries: list[Entry] = []
            for instance_id in launched:
                entries.append(_state_entry(instance_id, "pending"))
                entries.extend(_tag_entries(instance_id, {}, _tags_of(instance_id)))
                entries.append(_state_entry(instance_id, "running"))
            _send(began, entries)
        return response

    return run


def _emitting_state_changes(handler: Handler) -> Handler:
    def change(params: Params) -> Response:
        ids = _distinct(ec2._parse_member_list(params, "InstanceId"))
        before = {instance_id: _state_of(instance_id) for instance_id in ids}
        began = time.time()
        response = handler(params)
        entries: list[Entry] = []
        for instance_id in ids:
            state = _state_of(instance_id)
            if response[0] == 200 and state and state != before[instance_id]:
                entries.append(_state_entry(instance_id, _STATES_BEFORE[state]))
                entries.append(_state_entry(instance_id, state))
        _send(began, entries)
        return response

    return change


def _emitting_tag_changes(handler: Handler) -> Handler:
    def change(params: Params) -> Response:
        ids = [i for i in _distinct(ec2._parse_member_list(params, "ResourceId")) if i in ec2._instances]
        before = {instance_id: _tags_of(instance_id) for instance_id in ids}
        began = time.time()
        response = handler(params)
        entries: list[Entry] = []
        if response[0] == 200:
            for instance_id in ids:
                entries.extend(_tag_entries(instance_id, before[instance_id], _tags_of(instance_id)))
        _send(began, entries)
        return response

    return change


def _distinct(ids: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(ids))


def _state_of(instance_id: str) -> str | None:
    instance = ec2._instances.get(instance_id)
    return instance["State"]["Name"] if instance else None


def _tags_of(instance_id: str) -> Tags:
    return {tag["Key"]: tag.get("Value", "") for tag in ec2._tags.get(instance_id, [])}


def _arn(instance_id: str) -> str:
    return f"arn:aws:ec2:{get_region()}:{get_account_id()}:instance/{instance_id}"


def _state_entry(instance_id: str, state: str) -> Entry:
    return {
        "Source": "aws.ec2",
        "DetailType": "EC2 Instance State-change Notification",
        "Resources": [_arn(instance_id)],
        "Detail": json.dumps({"instance-id": instance_id, "state": state}),
    }


def _tag_entries(instance_id: str, before: Tags, after: Tags) -> list[Entry]:
    changed = sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
    if not changed:
        return []
    arn = _arn(instance_id)
    _tag_versions[arn] += 1
    detail = {
        "changed-tag-keys": changed,
        "tags": after,
        "service": "ec2",
        "resource-type": "instance",
        "version": _tag_versions[arn],
    }
    return [
        {
            "Source": "aws.tag",
            "DetailType": "Tag Change on Resource",
            "Resources": [arn],
            "Detail": json.dumps(detail),
        }
    ]


def _send(happened_at: float, entries: list[Entry]) -> None:
    if entries:
        _outbox.put((get_account_id(), get_region(), happened_at, entries))


def _emit_forever() -> None:
    while True:
        account, region, happened_at, entries = _outbox.get()
        _happened_at.set(happened_at)
        with request_scope(account, region):
            for first in range(0, len(entries), MAX_ENTRIES_PER_CALL):
                try:
                    eventbridge._put_events(
                        {"Entries": entries[first : first + MAX_ENTRIES_PER_CALL]}, allow_aws_source=True
                    )
                except Exception:
                    logger.exception("EC2 events could not be emitted")
