"""The stub of AWS in a separate process, so that its work is not measured with that of its clients.

The child reads one command in JSON from each line, and answers each with a line:
  {"instances": {id: tags}} or {"fleet": N, "latency": seconds}   resets to these instances; "policy" is the table's item of
                                                                  the policy in force, "astray" how many instances of a
                                                                  fleet, in each of three ways, the table has wrong
  {"report": true}                                                reports the calls since the reset or the last forget
  {"forget": true}                                                forgets the calls, but keeps the table
  {"wakes": true}                                                 returns the stream's records that wake the function
  {"pass": seconds}                                               makes everything that waits in the table older
It stops when its input ends.
"""

from __future__ import annotations

import datetime
import gzip
import itertools
import json
import os
import ssl
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

import cbor2

from function import remembered
from function.stub.aws import BUCKET_OWNER, REGION, Aws, background
from function.stub.fleet import ExplicitFleet, GeneratedFleet, Instance
from function.stub.http1 import Handler, Request, Response, listen
from function.stub.protocols import form, members
from function.stub.record import Call
from function.stub.services import Refusals, Services
from function.stub.table import Item, Stream, StreamRecord, Table
from standin import recording

ROOT = Path(__file__).resolve().parent.parent
# Services that peers call to learn who they are; the function never calls them.
IDENTITY = ("STS", "IAM")


@dataclass(frozen=True)
class Report:
    """The calls since the last reset."""

    # Calls by service and operation.
    calls: Counter[str]
    # Failed calls; an unmet condition is not a failure.
    refused: Counter[str]
    metrics: dict[str, float]
    alerts: int
    objects: int
    # The size of all objects, in bytes.
    object_bytes: int
    # The messages to the delay queue since the last report.
    delayed: list[str]
    # The stub's own CPU time in seconds.
    cpu_seconds: float
    # The item of the policy in force.
    policy: Item | None


class StubProcess:
    """A context manager that runs the process."""

    def __enter__(self) -> Self:
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (ROOT / "tests", ROOT)))}
        # Recorded requests are checked as ours, which those of peers are not; recording takes time, too.
        environment.pop(recording.VARIABLE, None)
        self._process = subprocess.Popen(
            [sys.executable, Path(__file__).resolve()],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._environment: dict[str, str] = self._read()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def environment(self) -> dict[str, str]:
        """The environment variables that point an AWS SDK to these services."""
        return self._environment

    def show(
        self,
        instances: dict[str, dict[str, str]],
        *,
        policy: Item | None = None,
        age_seconds: float | None = None,
    ) -> None:
        """Resets to running instances with these tags, launched this long ago (default: a month)."""
        self._ask({"instances": instances, "policy": policy, "age": age_seconds})

    def show_fleet(self, count: int, latency: float, policy: Item | None = None, *, astray: int = 0) -> None:
        """Resets to a fleet of this size, a day after its last sweep; `latency` is the seconds of each EC2 call.

        The table has the fleet's violations except `astray` of them, the same number that are resolved, and the same number
        of instances that are gone.
        """
        self._ask({"fleet": count, "latency": latency, "policy": policy, "astray": astray})

    def forget(self) -> None:
        """Forgets the calls, but keeps the table."""
        self._ask({"forget": True})

    def wakes(self) -> list[StreamRecord]:
        """The stream's records that wake the function, since the reset."""
        return self._ask({"wakes": True})["records"]

    def let_pass(self, seconds: float) -> None:
        """Makes due items older, and the claims that hold back others."""
        self._ask({"pass": seconds})

    def report(self) -> Report:
        """The calls since the reset."""
        answer = self._ask({"report": True})
        return Report(calls=Counter(answer.pop("calls")), refused=Counter(answer.pop("refused")), **answer)

    def _ask(self, command: dict[str, Any]) -> dict[str, Any]:
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> dict[str, Any]:
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the stub ended with exit code {self._process.wait()}")
        return json.loads(line)


class _Sizes(dict):
    """Keeps the sizes of objects instead of the objects: those of a million instances would fill the memory."""

    def __setitem__(self, key: str, body: bytes) -> None:
        super().__setitem__(key, len(body))


class _PeerServices(Services):
    """The services, with the calls that only peers make."""

    def answer(self, service: str, request: Request, call: Call, refused_entries: Refusals | None) -> Response:
        if service == "S3" and request.method == "HEAD":
            call.operation = "HeadBucket"
            return Response(403, headers={"x-amz-bucket-region": REGION})
        if service == "CLOUDWATCH" and "x-amz-target" in request.headers:
            return self._metrics_in_json(service, request, call)
        if call.operation == "DescribeInstances":
            fields = form(request)
            if ids := [value for name, value in fields.items() if name.startswith("InstanceId.")]:
                number = len(members(fields, "Filter")) + 1
                fields[f"Filter.{number}.Name"] = "instance-id"
                fields |= {f"Filter.{number}.Value.{index}": value for index, value in enumerate(ids, 1)}
                request.body = urlencode(fields).encode()
        if call.operation == "Publish" and b"&Subject=" not in request.body:
            request.body += b"&Subject=none"
        return super().answer(service, request, call, refused_entries)

    def _metrics_in_json(self, service: str, request: Request, call: Call) -> Response:
        call.operation = request.headers["x-amz-target"].rpartition(".")[2]
        body = gzip.decompress(request.body) if request.headers.pop("content-encoding", "") == "gzip" else request.body
        fields = json.loads(body)
        for datum in fields["MetricData"]:
            datum.setdefault("Timestamp", time.time())
        request.body = cbor2.dumps(fields)
        super().answer(service, request, call, None)
        return Response(200, b"{}", {"Content-Type": "application/x-amz-json-1.0"})


def _identity(service: str, aws: Aws) -> Handler:
    async def handle(request: Request) -> Response:
        action = form(request).get("Action", "?")
        aws.record.calls.append(Call(service, action, time.time(), "done"))
        inner = {
            "GetCallerIdentity": f"<Arn>arn:aws:sts::{BUCKET_OWNER}:assumed-role/custodian/bench</Arn>"
            f"<UserId>bench</UserId><Account>{BUCKET_OWNER}</Account>",
            "ListAccountAliases": "<AccountAliases><member>bench</member></AccountAliases>"
            "<IsTruncated>false</IsTruncated>",
        }.get(action)
        if inner is None:
            return Response(400)
        xml = f"<{action}Response><{action}Result>{inner}</{action}Result></{action}Response>"
        return Response(200, xml.encode(), {"Content-Type": "text/xml"})

    return handle


def _forget(aws: Aws) -> dict[str, Any]:
    record = aws.record
    for taken in (record.calls, record.alerts, record.published, record.metrics, record.delayed, record.objects):
        taken.clear()
    return {}


def _swept() -> Item:
    """The state after the last sweep."""
    ended = {"N": str(round(1000 * (time.time() - remembered.DAY_SECONDS)))}
    key = {"pk": {"S": "ctl"}, "sk": {"S": "sweep"}}
    return key | {"id": {"S": "yesterday"}, "part": {"N": "0"}, "until": ended, "swept": ended}


def _known(fleet: GeneratedFleet, astray: int) -> Iterator[Item]:
    """A fleet's items, as described in StubProcess.show_fleet."""
    repaired = itertools.islice(filter(fleet.is_compliant, range(fleet.count)), astray)
    gone = range(fleet.count, fleet.count + astray)
    known = itertools.islice(fleet.violating(), astray, None)
    for index in itertools.chain(known, repaired, gone):
        tags = {} if fleet.is_compliant(index) else fleet.tags(index)
        yield remembered.violation(fleet.instance_id(index), tags)


def _begin(aws: Aws, command: dict[str, Any]) -> dict[str, Any]:
    _forget(aws)
    aws.table.close()
    aws.services.table = Table(BUCKET_OWNER)
    if command["policy"]:
        aws.table.put(command["policy"])
    if "fleet" in command:
        aws.fleet = GeneratedFleet(command["fleet"])
        aws.table.put(_swept())
        aws.table.fill(_known(aws.fleet, command["astray"]))
    else:
        launched = None
        if command["age"] is not None:
            launched = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=command["age"])
        instances = {name: Instance(tags, launched=launched) for name, tags in command["instances"].items()}
        aws.fleet = ExplicitFleet(instances, padded=True)
    aws.services.fleet = aws.fleet
    aws.latency = command.get("latency", 0.0)
    return {}


def _wakes(aws: Aws) -> dict[str, Any]:
    stream = Stream(aws.table, shards=1)
    stream.read()
    return {"records": stream.waiting[0]}


def _pass(aws: Aws, seconds: float) -> dict[str, Any]:
    aws.table.age(seconds)
    if pace := aws.table.item("ctl", "pace"):
        pace["next"] = {"N": "0"}
    return {}


def _report(aws: Aws) -> dict[str, Any]:
    record = aws.record
    delayed = [message.body for message in record.delayed]
    record.delayed.clear()
    return {
        "calls": Counter(f"{call.service}:{call.operation}" for call in record.calls),
        "refused": Counter(
            f"{call.service}:{call.operation}" for call in record.calls if call.outcome not in ("done", "condition")
        ),
        "metrics": record.metric_sums(),
        "alerts": len(record.alerts),
        "objects": len(record.objects),
        "object_bytes": sum(record.objects.values()),
        "delayed": delayed,
        "cpu_seconds": time.process_time(),
        "policy": aws.table.item("ctl", "policy"),
    }


def _answer(aws: Aws, command: dict[str, Any]) -> dict[str, Any]:
    match command:
        case {"report": _}:
            return _report(aws)
        case {"forget": _}:
            return _forget(aws)
        case {"wakes": _}:
            return _wakes(aws)
        case {"pass": seconds}:
            return _pass(aws, seconds)
    return _begin(aws, command)


def main() -> None:
    with Aws(tls=True) as aws:
        aws.record.objects = _Sizes()
        aws.services = _PeerServices(aws.record, aws.fleet, BUCKET_OWNER)
        environment = aws.environment()
        environment["AWS_CA_BUNDLE"] = environment["SSL_CERT_FILE"]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(aws.trusted.with_name("server.pem"))
        for service in IDENTITY:
            server = background().run(listen(_identity(service, aws), context))
            environment[f"AWS_ENDPOINT_URL_{service}"] = f"https://127.0.0.1:{server.port}"
        print(json.dumps(environment), flush=True)
        for line in sys.stdin:
            print(json.dumps(_answer(aws, json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
