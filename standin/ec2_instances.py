"""What RunInstances, StartInstances and StopInstances do on AWS but not in MiniStack."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import count
from typing import Any

from ministack.services import ec2

Params = dict[str, Any]
Response = tuple[int, dict[str, str], bytes]
Handler = Callable[[Params], Response]

LAUNCH_ORDER = "_standin_launch_order"
OPERATOR = "_standin_operator"

_launch_order = count(1)


def install() -> None:
    """Replace the handlers of the instance actions."""
    ec2._launch_instances_internal = _in_launch_order(ec2._launch_instances_internal)
    actions = ec2._ACTION_MAP
    actions["RunInstances"] = _launching_max_count(actions["RunInstances"])
    actions["StartInstances"] = _renewing_launch_time(_refusing_terminated(actions["StartInstances"], "started"))
    actions["StopInstances"] = _refusing_terminated(actions["StopInstances"], "stopped")
    actions["CreateTags"] = _refusing_unknown_instances(actions["CreateTags"])


def _in_launch_order(launch: Callable[..., list[dict]]) -> Callable[..., list[dict]]:
    def launch_in_order(*args: Any, **kwargs: Any) -> list[dict]:
        launched = launch(*args, **kwargs)
        for instance in launched:
            instance[LAUNCH_ORDER] = next(_launch_order)
        return launched

    return launch_in_order


def _launching_max_count(run: Handler) -> Handler:
    """AWS launches up to MaxCount if it can, for an operator if one is given; MiniStack launches MinCount."""

    def run_instances(params: Params) -> Response:
        least = int(ec2._p(params, "MinCount") or "1")
        most = int(ec2._p(params, "MaxCount") or "1")
        if least < most:
            params = {**params, "MinCount": [str(most)]}
        response = run(params)
        if principal := ec2._p(params, "Operator.Principal"):
            for instance_id in re.findall(r"<instanceId>(i-[0-9a-f]+)<", response[2].decode()):
                ec2._instances[instance_id][OPERATOR] = principal
        return response

    return run_instances


def _refusing_terminated(handler: Handler, verb: str) -> Handler:
    """MiniStack would start a terminated instance again."""

    def refuse_terminated(params: Params) -> Response:
        for instance_id in ec2._parse_member_list(params, "InstanceId"):
            instance = ec2._instances.get(instance_id)
            if instance and instance["State"]["Name"] == "terminated":
                return ec2._error(
                    "IncorrectInstanceState",
                    f"This instance '{instance_id}' is not in a state from which it can be {verb}.",
                    400,
                )
        return handler(params)

    return refuse_terminated


def _renewing_launch_time(start: Handler) -> Handler:
    """LaunchTime changes at every start."""

    def start_instances(params: Params) -> Response:
        ids = ec2._parse_member_list(params, "InstanceId")
        stopped = [i for i in ids if (ec2._instances.get(i) or {}).get("State", {}).get("Name") == "stopped"]
        response = start(params)
        if response[0] == 200:
            for instance_id in stopped:
                ec2._instances[instance_id]["LaunchTime"] = ec2._now_ts()
        return response

    return start_instances


def _refusing_unknown_instances(create_tags: Handler) -> Handler:
    def refuse_unknown(params: Params) -> Response:
        for resource_id in ec2._parse_member_list(params, "ResourceId"):
            if resource_id.startswith("i-") and resource_id not in ec2._instances:
                return ec2._error("InvalidInstanceID.NotFound", f"The instance ID '{resource_id}' does not exist", 400)
        return create_tags(params)

    return refuse_unknown
