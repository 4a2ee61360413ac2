"""The deployment that the tests run against, and their helpers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import unittest
import uuid
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import botocore.session

from dev.subscriber import Subscriber

ROOT = Path(__file__).resolve().parents[3]

# As much of DuckDB's program as the manual uses: it prints the rows of the last statement on its standard input.
DUCKDB = "import duckdb, sys; print(duckdb.sql(sys.stdin.read()))"

T = TypeVar("T")


def wait_for(what: str, probe: Callable[[], T | None], timeout: float = 60.0) -> T:
    """The first truthy answer of ``probe``."""
    deadline = time.monotonic() + timeout
    while True:
        answer = probe()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {timeout} s; last answer {answer!r}")
        time.sleep(0.1)


@cache
def outputs() -> dict[str, Any]:
    """The deployment's Terraform outputs."""
    path = os.environ.get("TERRAFORM_OUTPUTS")
    if not path:
        raise AssertionError(
            "TERRAFORM_OUTPUTS is not set: expected the path of what `terraform output -json` printed for a deployment"
        )
    document = json.loads(Path(path).read_text(encoding="utf-8"))
    return {name: output["value"] for name, output in document.items()}


@cache
def client(service: str) -> Any:
    """A client for the deployment's region."""
    return botocore.session.get_session().create_client(service, region_name=outputs()["region"])


def invoke(payload: dict[str, Any]) -> dict[str, Any]:
    """The function's answer."""
    response = client("lambda").invoke(FunctionName=outputs()["function_name"], Payload=json.dumps(payload).encode())
    answer: dict[str, Any] = json.loads(response["Payload"].read())
    if "FunctionError" in response:
        raise AssertionError(f"the function failed on {payload}: {answer}")
    return answer


def run_as_written(command: str, folder: Path = ROOT) -> str:
    """What a command of the manual prints, where `aws` and `duckdb` are those of the tests."""
    programs = {"aws": f'"{Path(__file__).with_name("aws_cli.py")}"', "duckdb": "-c '" + DUCKDB + "'"}
    with tempfile.TemporaryDirectory() as directory:
        for name, arguments in programs.items():
            program = Path(directory) / name
            program.write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments} "$@"\n', encoding="utf-8")
            program.chmod(0o755)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=folder,
            env={**os.environ, "PATH": f"{directory}:{os.environ['PATH']}", "AWS_DEFAULT_REGION": outputs()["region"]},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise AssertionError(f"{command}\n{done.stderr}")
    return done.stdout


def add_cleanup(case: unittest.TestCase | type[unittest.TestCase]) -> Callable[..., None]:
    """What registers a cleanup for the test, or its class."""
    return case.addClassCleanup if isinstance(case, type) else case.addCleanup


def start(
    case: unittest.TestCase | type[unittest.TestCase], tags: dict[str, str], operator: str | None = None
) -> str:
    """Launches an instance for as long as the test, or its class, runs; returns its id at once."""
    specification = {
        "ResourceType": "instance",
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
    }
    launched = client("ec2").run_instances(
        ImageId="ami-0123456789abcdef0",
        InstanceType="t3.nano",
        MinCount=1,
        MaxCount=1,
        **({"TagSpecifications": [specification]} if tags else {}),
        **({"Operator": {"Principal": operator}} if operator else {}),
    )
    instance_id: str = launched["Instances"][0]["InstanceId"]
    add_cleanup(case)(client("ec2").terminate_instances, InstanceIds=[instance_id])
    return instance_id


def launch(case: unittest.TestCase | type[unittest.TestCase], tags: dict[str, str]) -> str:
    """The same, but returns the id once the grace period is over."""
    instance_id = start(case, tags)
    time.sleep(outputs()["settle_seconds"] + 1)
    return instance_id


def subscribe(case: unittest.TestCase | type[unittest.TestCase]) -> Subscriber:
    """A subscriber of the alert topic, for as long as the test, or its class, runs."""
    subscriber = Subscriber(client("sqs"), client("sns"), outputs()["alert_topic_arn"], unique("tag-compliance-subscriber"))
    add_cleanup(case)(subscriber.close)
    return subscriber


def state_key(instance_id: str) -> dict[str, Any]:
    """The key of the instance's item in the state table."""
    account = client("sts").get_caller_identity()["Account"]
    return {"pk": {"S": f"i#{account}#{outputs()['region']}#{instance_id[-1]}"}, "sk": {"S": instance_id}}


def state_item(key: dict[str, Any]) -> dict[str, Any]:
    """The item of the state table with a key; empty if there is none."""
    place = {"TableName": outputs()["state_table_name"], "Key": key}
    found: dict[str, Any] = client("dynamodb").get_item(**place, ConsistentRead=True).get("Item", {})
    return found


def told_item(instance_id: str) -> dict[str, Any] | None:
    """The instance's item, once everything in it has been alerted."""
    item = state_item(state_key(instance_id))
    return item if "tat" in item and "due" not in item else None


def unique(prefix: str) -> str:
    """A name that no other test uses."""
    return f"{prefix}-{uuid.uuid4().hex[:12]}"
