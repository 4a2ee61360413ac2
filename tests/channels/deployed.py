"""The module channel-machine, applied to a stand-in: what Terraform makes of the definition and of the role's policies."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from standin.tests.support import ACCOUNT, REGION, ROOT, StandIn

MACHINE = "tag-compliance-channels-qa42"
ROLE = "tag-compliance-channels-role-qa42"
TABLE = "tag-compliance-state-qa42"
TABLE_ARN = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{TABLE}"
# Names that nothing but these tests use; the second Slack channel is archived.
TYPES = {"alerts": "slack", "archive": "slack", "oncall": "pagerduty", "desk": "jsm"}
# EventBridge gives each connection another.
CONNECTION_ID = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Deployed:
    """What Terraform has made, read back from AWS."""

    definition: str
    trust: dict[str, Any]
    policy: dict[str, Any]
    inputs: dict[str, dict[str, Any]]


def terraform(directory: Path, *arguments: str, **environment: str) -> str:
    """Standard output of a command that must succeed."""
    done = subprocess.run(
        ["terraform", f"-chdir={directory}", *arguments],
        env={**os.environ, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise AssertionError(f"terraform {' '.join(arguments)}: {done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout


@cache
def deployed() -> Deployed:
    """Apply the module once for all tests."""
    standin = StandIn()
    directory = Path(tempfile.mkdtemp(prefix="channels-"))
    try:
        return _apply(standin, directory)
    finally:
        standin.stop()
        shutil.rmtree(directory)


def _apply(standin: StandIn, directory: Path) -> Deployed:
    module = ROOT / "terraform" / "modules" / "channel-machine"
    shutil.copy(ROOT / "terraform" / ".terraform.lock.hcl", directory)
    channels = {
        name: {"type": kind, "connection_arn": f"arn:aws:events:{REGION}:{ACCOUNT}:connection/{name}/{CONNECTION_ID}"}
        | ({"channel_id": "C0000000001" if name == "alerts" else "C0000000002"} if kind == "slack" else {})
        for name, kind in TYPES.items()
    }
    call = {
        "source": str(module),
        "account_id": ACCOUNT,
        "channels": channels,
        "machine_name": MACHINE,
        "role_name": ROLE,
        "state_table": {"arn": TABLE_ARN, "name": TABLE},
        "tags": {},
    }
    root = {"module": {"machine": call}, "output": {"inputs": {"value": "${module.machine.inputs}"}}}
    (directory / "main.tf.json").write_text(json.dumps(root), encoding="utf-8")
    aws = {
        "AWS_ENDPOINT_URL": standin.endpoint,
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }
    terraform(directory, "init", "-input=false", "-no-color", "-lockfile=readonly", **aws)
    terraform(directory, "apply", "-auto-approve", "-input=false", "-no-color", **aws)
    inputs = json.loads(terraform(directory, "output", "-json", "inputs", **aws))
    machines, iam = standin.client("stepfunctions"), standin.client("iam")
    [machine] = machines.list_state_machines()["stateMachines"]
    described = machines.describe_state_machine(stateMachineArn=machine["stateMachineArn"])
    role = iam.get_role(RoleName=ROLE)["Role"]
    policy = iam.get_role_policy(RoleName=ROLE, PolicyName="tag-compliance-channels")["PolicyDocument"]
    return Deployed(described["definition"], role["AssumeRolePolicyDocument"], policy, inputs)
