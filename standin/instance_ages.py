"""Instances that a test makes older, since EC2 has no call for that and a test cannot wait for an hour.

``PUT /_standin/instances`` with ``{"instances": ["i-..."], "seconds": 3600}`` moves their launch back by that much.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from ministack.services import ec2

from . import controls
from .network_interfaces import INTERFACE

PATH = "/_standin/instances"


def install() -> None:
    """Accept requests by HTTP."""
    controls.install(PATH, _make_older)


def _make_older(body: bytes) -> str:
    try:
        wanted = json.loads(body)
        instances = [ec2._instances[instance_id] for instance_id in wanted["instances"]]
        by = timedelta(seconds=wanted["seconds"])
    except (ValueError, TypeError, KeyError) as error:
        return f"no existing instances, or no seconds: {error}"
    for instance in instances:
        instance["LaunchTime"] = _earlier(instance["LaunchTime"], by)
        interface = instance[INTERFACE]
        interface["attached_at"] = _earlier(interface["attached_at"], by)
    return ""


def _earlier(time: str, by: timedelta) -> str:
    return f"{datetime.fromisoformat(time) - by:%Y-%m-%dT%H:%M:%S.000Z}"
