"""The two engines that say which instances a rule flags: our program and Cloud Custodian."""

from __future__ import annotations

import datetime
import json
import os
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from function.stub.aws import Aws
from function.stub.fleet import ExplicitFleet, Instance, iso
from function.stub.tls import certificate

from .conditions import ATTRIBUTES
from .filters import Json
from .rules import AT, Rule

ROOT = Path(__file__).resolve().parents[2]
NON_COMPLIANT = 1

Fleet = list[Instance]


class Failed(Exception):
    """An engine that gave no answer."""


def program() -> Path:
    """The program under test: that of TAG_COMPLIANCE, or the debug build."""
    path = Path(os.environ.get("TAG_COMPLIANCE") or ROOT / "target" / "debug" / "tag-compliance")
    if not path.is_file():
        raise Failed(f"There is no {path}: run cargo build --locked --workspace --all-targets, or set TAG_COMPLIANCE")
    return path.resolve()


def peers_python() -> str:
    """The Python that has c7n."""
    if not (path := os.environ.get("PEERS_PYTHON")):
        raise Failed("PEERS_PYTHON is not set: it names the Python of a virtual environment of benches/requirements.txt")
    return path


def instance_id(number: int) -> str:
    """The id of the instance at this place of a fleet."""
    return f"i-{number:017x}"


class Program:
    """`tag-compliance scan` against a stub of EC2, from entering to leaving it as a context."""

    def __enter__(self) -> Self:
        self._binary = program()
        self._folder = tempfile.TemporaryDirectory()
        # Reading the machine's own certificates, none of which is needed, would take most of a scan's time.
        certificate(folder := Path(self._folder.name))
        self._trusted = {"SSL_CERT_FILE": str(folder / "server.pem")}
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    def flags(self, rule: Rule, fleet: Fleet, *, later: datetime.timedelta = datetime.timedelta()) -> set[int]:
        """The places of those in violation of a rule; later: than the time of both."""
        ids = {instance_id(number): number for number in range(len(fleet))}
        with Aws(ExplicitFleet({each: fleet[number] for each, number in ids.items()})) as aws:
            done = subprocess.run(
                [self._binary, "scan", "--policy", "-", "--format", "json", "--at", (AT + later).isoformat()],
                input=json.dumps(rule.policy),
                env=aws.environment() | self._trusted,
                capture_output=True,
                encoding="utf-8",
            )
        if done.returncode not in (0, NON_COMPLIANT):
            raise Failed(f"{rule.policy}: {done.stderr}")
        report = json.loads(done.stdout)
        if report["totals"]["checked"] + report["totals"]["outOfScope"] != len(fleet):
            raise Failed(f"{rule.policy}: of {len(fleet)} instances, {report['totals']} were evaluated")
        return {ids[row["instanceId"]] for row in report["instances"] if row["status"] == "non-compliant"}


def custodian_flags(questions: Iterable[tuple[Rule, Fleet]]) -> list[set[int]]:
    """The places of those that each question's filters leave: Cloud Custodian's policies look for what is wrong."""
    asked = [
        json.dumps([rule.filters, [_described(number, instance) for number, instance in enumerate(fleet)]])
        for rule, fleet in questions
    ]
    distinct = list(dict.fromkeys(asked))
    done = subprocess.run(
        [peers_python(), Path(__file__).with_name("custodian.py"), AT.isoformat()],
        input=f"[{','.join(distinct)}]",
        # A day in a tag is one of the machine's time zone, for them.
        env=os.environ | {"TZ": "UTC"},
        capture_output=True,
        encoding="utf-8",
    )
    if done.returncode:
        raise Failed(f"Cloud Custodian: {done.stderr[-3000:]}")
    answers = dict(zip(distinct, json.loads(done.stdout), strict=True))
    return [{int(each[2:], 16) for each in answers[text]} for text in asked]


def _described(number: int, instance: Instance) -> Json:
    """An instance as DescribeInstances shows it to Cloud Custodian."""
    described: Json = {
        "InstanceId": instance_id(number),
        "State": {"Name": instance.state},
        "LaunchTime": iso(instance.launched or AT),
        "Tags": [{"Key": key, "Value": value} for key, value in instance.tags.items()],
    }
    for attribute, value in instance.attributes.items():
        *outer, name = ATTRIBUTES[attribute].split(".")
        place = described
        for each in outer:
            place = place.setdefault(each, {})
        place[name] = value
    return described
