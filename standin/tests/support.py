"""A stand-in process for tests, and helpers to set it up."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import botocore.config
import botocore.session

ROOT = Path(__file__).resolve().parents[2]
REGION = "us-east-1"
ACCOUNT = "000000000000"
START_TIMEOUT = 60.0
# Long enough for anything on a busy machine.
PATIENCE = 60.0

T = TypeVar("T")


def wait_for(what: str, probe: Callable[[], T], timeout: float = PATIENCE) -> T:
    """The first truthy answer of ``probe``."""
    deadline = time.monotonic() + timeout
    while True:
        answer = probe()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {timeout} s; last answer {answer!r}")
        time.sleep(0.02)


def server_environment(directory: Path, **settings: str) -> dict[str, str]:
    """The environment of a stand-in process: only what it needs."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(directory),
        "TMPDIR": str(directory),
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "STANDIN_RETRY_SECONDS": "0.1",
        "STANDIN_ALARM_SECONDS": "0.1",
        **settings,
    }


class StandIn:
    """A running stand-in with clients for it."""

    def __init__(self, **settings: str) -> None:
        self._directory = Path(tempfile.mkdtemp(prefix="standin-test-"))
        ready = self._directory / "endpoint"
        self._log = (self._directory / "log").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "standin", "--new-session", "--until-eof", "--ready-file", str(ready)],
            env=server_environment(self._directory, **settings),
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        deadline = time.monotonic() + START_TIMEOUT
        while not ready.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                log = self.log()
                self.stop()
                raise AssertionError(f"the stand-in did not start:\n{log}")
            time.sleep(0.02)
        self.endpoint = ready.read_text(encoding="utf-8").strip()

    def log(self) -> str:
        """The process's output."""
        return (self._directory / "log").read_text(encoding="utf-8", errors="replace")

    def stop(self) -> None:
        """End the process with those of its functions."""
        if self.process.poll() is None:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                self.process.kill()
            self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()
        self._log.close()
        client.cache_clear()
        shutil.rmtree(self._directory, ignore_errors=True)

    def client(
        self, service: str, key: str = "test", secret: str = "test", validate: bool = True, region: str = REGION
    ) -> Any:
        """A botocore client, by default the root user's."""
        return client(self.endpoint, service, key, secret, validate, region=region)

    def own_client(self, service: str) -> Any:
        """A root user's client without validation, not shared with other tests."""
        return client.__wrapped__(self.endpoint, service, "test", "test", False)

    def put(self, path: str, document: Any) -> int:
        """Send a JSON document to a path of the stand-in's own; return the status."""
        request = urllib.request.Request(f"{self.endpoint}{path}", json.dumps(document).encode(), method="PUT")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code

    def session(self, role: str) -> Callable[[str], Any]:
        """A factory of clients with a role's credentials."""
        given = self.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        key, secret, token = given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]
        return lambda service: client(self.endpoint, service, key, secret, True, token)


class StandInTest(unittest.TestCase):
    """Tests that share a stand-in."""

    standin_settings: ClassVar[dict[str, str]] = {}
    standin: ClassVar[StandIn]

    @classmethod
    def setUpClass(cls) -> None:
        cls.standin = StandIn(**cls.standin_settings)
        cls.addClassCleanup(cls.standin.stop)


@cache
def client(
    endpoint: str,
    service: str,
    key: str,
    secret: str,
    validate: bool,
    token: str | None = None,
    region: str = REGION,
) -> Any:
    """A botocore client that ignores every setting of the machine."""
    session = botocore.session.Session()
    session.set_config_variable("config_file", os.devnull)
    session.set_config_variable("credentials_file", os.devnull)
    return session.create_client(
        service,
        region_name=region,
        endpoint_url=endpoint,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=botocore.config.Config(retries={"total_max_attempts": 1}, proxies={}, parameter_validation=validate),
    )


def service_policy(service: str, action: str, resource: str, source_arn: str) -> str:
    """A resource policy that allows a service for one source."""
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": service},
                    "Action": action,
                    "Resource": resource,
                    "Condition": {"ArnEquals": {"aws:SourceArn": source_arn}},
                }
            ],
        }
    )


class Queue:
    """A queue that a test reads to its end."""

    def __init__(self, standin: StandIn, name: str, service: str = "", source_arn: str = "", **attributes: str) -> None:
        self._sqs = standin.client("sqs")
        self.arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
        if service:
            attributes["Policy"] = service_policy(service, "sqs:SendMessage", self.arn, source_arn)
        self.url = self._sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        self.messages: list[dict[str, Any]] = []

    def send(self, *events: dict[str, Any], delay: int = 0) -> None:
        """Send events, ten per call."""
        for first in range(0, len(events), 10):
            self._sqs.send_message_batch(
                QueueUrl=self.url,
                Entries=[
                    {"Id": str(n), "MessageBody": json.dumps(event), "DelaySeconds": delay}
                    for n, event in enumerate(events[first : first + 10])
                ],
            )

    def left(self) -> int:
        """How many messages it holds, including delayed ones and those in flight."""
        names = ["", "Delayed", "NotVisible"]
        attributes = self._sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["All"])["Attributes"]
        return sum(int(attributes[f"ApproximateNumberOfMessages{name}"]) for name in names)

    def poll(self) -> list[dict[str, Any]]:
        """All messages so far, with their attributes."""
        while True:
            answer = self._sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
            messages = answer.get("Messages", [])
            if not messages:
                return self.messages
            self.messages += messages
            self._sqs.delete_message_batch(
                QueueUrl=self.url,
                Entries=[{"Id": str(n), "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(messages)],
            )

    def bodies(self) -> list[Any]:
        """The decoded bodies of all messages so far."""
        return [json.loads(message["Body"]) for message in self.poll()]

    def wait(self, count: int, timeout: float = PATIENCE) -> list[Any]:
        """The bodies, once there are ``count`` of them."""
        wait_for(f"{count} messages in {self.arn}", lambda: len(self.poll()) >= count, timeout)
        return self.bodies()


def rule_arn(name: str) -> str:
    """The ARN of a rule of the default bus."""
    return f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{name}"


def create_rule(standin: StandIn, name: str, pattern: dict[str, Any], *targets: dict[str, Any]) -> str:
    """Create a rule with targets; return its ARN."""
    events = standin.client("events")
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[{"Id": str(n), **target} for n, target in enumerate(targets)])
    return rule_arn(name)


def metric(standin: StandIn, namespace: str, name: str, **dimensions: str) -> float:
    """The sum of a metric of AWS's own in this hour and the one before."""
    now = datetime.now(timezone.utc)
    answer = standin.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=1),
        Period=3600,
        Statistics=["Sum"],
    )
    return sum(point["Sum"] for point in answer["Datapoints"])


def function_zip() -> bytes:
    """A deployment package whose bootstrap is :mod:`.bootstrap`."""
    source = Path(__file__).with_name("bootstrap.py").read_text(encoding="utf-8")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as package:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        package.writestr(entry, f"#!{sys.executable}\n{source}")
    return archive.getvalue()


LAMBDA_TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)


def create_function(standin: StandIn, name: str, *statements: dict[str, Any], timeout: int = 5, **settings: Any) -> str:
    """Create a function, its role with these policy statements, and its log group; return its ARN."""
    iam = standin.client("iam")
    role = iam.create_role(RoleName=f"{name}-role", AssumeRolePolicyDocument=LAMBDA_TRUST)["Role"]["Arn"]
    set_role_policy(standin, name, *statements)
    standin.client("logs").create_log_group(logGroupName=f"/aws/lambda/{name}")
    functions = standin.client("lambda")
    arn = functions.create_function(
        FunctionName=name,
        Runtime="provided.al2023",
        Handler="bootstrap",
        Role=role,
        Code={"ZipFile": function_zip()},
        Timeout=timeout,
        **settings,
    )["FunctionArn"]
    wait_for("function active", lambda: functions.get_function_configuration(FunctionName=name)["State"] == "Active")
    return arn


def set_role_policy(standin: StandIn, name: str, *statements: dict[str, Any]) -> None:
    """Replace the permissions of a function's role, apart from writing logs."""
    logs = {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "*"}
    standin.client("iam").put_role_policy(
        RoleName=f"{name}-role",
        PolicyName="all",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [logs, *statements]}),
    )


def poller_statement(queue_arn: str) -> dict[str, Any]:
    """The permissions that a function's role needs to poll a queue."""
    actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    return {"Effect": "Allow", "Action": actions, "Resource": queue_arn}


def allow_rule(standin: StandIn, function: str, arn: str) -> None:
    """Let a rule invoke a function."""
    standin.client("lambda").add_permission(
        FunctionName=function,
        StatementId=arn.rsplit("/", 1)[-1],
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=arn,
    )


def invocation_metrics(standin: StandIn, function: str) -> dict[str, float]:
    """The sums of the function's metrics in the last hour."""
    sums = {}
    for metric in ("Invocations", "Errors"):
        points = standin.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName=metric,
            Statistics=["Sum"],
            Period=3600,
            Dimensions=[{"Name": "FunctionName", "Value": function}],
            StartTime=time.time() - 3600,
            EndTime=time.time() + 60,
        )["Datapoints"]
        sums[metric] = sum(point["Sum"] for point in points)
    return sums


def log_lines(standin: StandIn, function: str) -> list[str]:
    """Everything that a function has logged."""
    logs = standin.client("logs")
    events = logs.filter_log_events(logGroupName=f"/aws/lambda/{function}", limit=10_000)["events"]
    return [event["message"] for event in events]


def handled(standin: StandIn, function: str) -> list[dict[str, Any]]:
    """The bootstrap's log entry of each invocation."""
    return [json.loads(line) for line in log_lines(standin, function) if line.startswith('{"message": "handling"')]
