"""Lambda as the function sees it: the Runtime API, one event at a time, with queues and streams."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import queue
import re
import subprocess
import tempfile
import threading
import time
import uuid
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO, Any, Self

from standin.stream_records import halves

from .aws import BUCKET_OWNER, REGION, Aws, background
from .http1 import Request, Reset, Response, listen
from .record import Delayed
from .table import NAME, Stream, StreamRecord

ROOT = Path(__file__).resolve().parent.parent.parent.parent
DEFAULT_POLICY = {
    "required_tags": [
        {"key": "Environment", "allowed_values": ["dev", "staging", "prod"]},
        {"key": "Owner"},
        {"key": "Application"},
    ]
}
TOPIC_ARN = f"arn:aws:sns:{REGION}:{BUCKET_OWNER}:compliance-alerts-test"
DELAY_QUEUE_URL = f"https://sqs.{REGION}.amazonaws.com/{BUCKET_OWNER}/tag-compliance-delay-test"
FUNCTION_ARN = f"arn:aws:lambda:{REGION}:{BUCKET_OWNER}:function:tag-compliance-checker-test"
# A stream record about an unknown instance: the function reads the table, and has nothing else to do.
NOTHING_DUE = {"eventSource": "aws:dynamodb", "dynamodb": {"Keys": {"pk": {"S": "i#"}, "sk": {"S": f"i-{0:017}"}}}}
# The field of a line that Terraform's metric filters take each metric from.
_FILTERS = (ROOT / "terraform" / "modules" / "checker" / "metric_filters.tf").read_text(encoding="utf-8")
METRIC_FIELDS = dict(re.findall(r'^    ([A-Z]\w+) += "(\w+)"$', _FILTERS, re.MULTILINE))
# Lambda's timeout of the function, in seconds.
TIMEOUT = 60.0
# How long a process may take to ask for its first event.
START_TIMEOUT = 30.0


class NoBootstrap(Exception):
    """There is no binary to test."""


_unpacked: list[tempfile.TemporaryDirectory] = []
_unpack_lock = threading.Lock()


def bootstrap() -> Path:
    """The binary under test: BOOTSTRAP, a file or a zip, or the debug build."""
    given = os.environ.get("BOOTSTRAP")
    path = Path(given) if given else ROOT / "target" / "debug" / "bootstrap"
    if not path.exists():
        how = "set BOOTSTRAP to a binary or zip that exists" if given else (
            "run cargo build --locked --workspace --all-targets, or set BOOTSTRAP to a binary or zip"
        )
        raise NoBootstrap(f"There is no {path}: {how}.")
    if path.suffix != ".zip":
        return path.resolve()
    with _unpack_lock:
        if not _unpacked:
            _unpacked.append(tempfile.TemporaryDirectory())
            with zipfile.ZipFile(path) as archive:
                Path(archive.extract("bootstrap", _unpacked[0].name)).chmod(0o755)
    return Path(_unpacked[0].name) / "bootstrap"


@dataclass(frozen=True)
class Outcome:
    """The outcome of an invocation.

    kind: `answer`; `error`, the function's own; `timeout`, it did not answer in time and was killed; `crash`, it ended.
    """

    kind: str
    payload: Any
    # Seconds.
    took: float
    # The share of its time that the invocation took; above 1 it is a timeout.
    share: float

    @property
    def error_type(self) -> str | None:
        """The type of the function's error."""
        return self.payload.get("errorType") if self.kind == "error" else None


@dataclass(frozen=True)
class DeadLetter:
    """A dead letter: the message, and the event in it."""

    body: str
    event: Any


@dataclass
class Message:
    """A message of a queue."""

    body: str
    message_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    received: int = 0


class Function:
    """A context manager that runs the function, one process at a time.

    settle_seconds, policy, states and digest are the function's configuration; `environment` is set on top.
    shards: those of the table's stream.
    knows_policy: whether the table knows the policy already, and its first sweep has ended.
    """

    MAX_ATTEMPTS = 3  # of an asynchronous event
    MAX_RECEIVES = 5  # of a message
    MAX_STREAM_ATTEMPTS = 10  # of a batch of the stream in one go; Lambda itself never ends

    def __init__(
        self,
        aws: Aws,
        *,
        timeout: float = TIMEOUT,
        settle_seconds: int = 0,
        policy: dict | None = None,
        states: str = "running,stopped",
        digest: str = "violations",
        namespace: str = "Test",
        environment: dict[str, str] | None = None,
        shards: int = 4,
        knows_policy: bool = True,
    ) -> None:
        self.aws = aws
        self._knows_policy = knows_policy
        self._shards = shards
        self.timeout = timeout
        self.settings = {
            "LOG_BUCKET_NAME": "compliance-logs-test",
            "LOG_BUCKET_OWNER": BUCKET_OWNER,
            "ALERT_TOPIC_ARN": TOPIC_ARN,
            "METRIC_NAMESPACE": namespace,
            "WATCHED_STATES": states,
            "SETTLE_SECONDS": str(settle_seconds),
            "DELAY_QUEUE_URL": DELAY_QUEUE_URL,
            "SWEEP_DIGEST": digest,
            "TAG_POLICY": json.dumps(policy or DEFAULT_POLICY),
            "STATE_TABLE": NAME,
            "ALERT_GROUP_INTERVAL_SECONDS": "0",
            "ALERT_REPEAT_INTERVAL_HOURS": "168",
            "REMINDER_DAYS": "3,7,14",
            "RESOLVED_NOTICES": "false",
            "ENVIRONMENT_SUFFIX": "test",
            "VIOLATION_EVENTS": "true",
        } | (environment or {})
        # Each invocation with its event.
        self.outcomes: list[Outcome] = []
        self.events: list[Any] = []
        self.dead_letters: list[DeadLetter] = []
        # The peak of memory and the CPU time of all processes so far.
        self.peak_kib = 0
        self.cpu_seconds = 0.0
        self._ended_cpu_seconds = 0.0
        self.starts = 0
        self._returned = 0
        self._process: subprocess.Popen | None = None
        self._log: IO[bytes] = tempfile.TemporaryFile()
        self._waiting: asyncio.Queue[tuple[str, bytes, float]] | None = None
        self._answers: queue.Queue[tuple[str, str, bytes]] = queue.Queue()
        self._asking = threading.Event()
        self._stack = contextlib.ExitStack()
        self._port = 0

    def __enter__(self) -> Self:
        async def serve() -> None:
            self._waiting = asyncio.Queue()
            server = await listen(self._runtime_api)
            self._port = server.port
            self._stack.callback(lambda: background().run(server.close()))

        bootstrap()
        background().run(serve())
        if self._knows_policy:
            self._learn_policy()
        return self

    def _learn_policy(self) -> None:
        """Has the function begin with its policy, ends the baseline, and forgets how it came about."""
        Function.invoke(self, {"Records": [NOTHING_DUE]})
        if self.outcomes[-1].kind != "answer":
            raise RuntimeError(f"The function does not begin: {self.log_text()[-2000:]}")
        era = self.aws.table.item("ctl", "policy")
        self.aws.table.put({name: value for name, value in era.items() if name != "base"})
        self.aws.record.calls.clear()
        self.aws.record.delayed.clear()
        self.events.clear()
        self.outcomes.clear()

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._stack.close()
        self._log.close()

    @cached_property
    def stream(self) -> Stream:
        """The table's stream, as the function's mapping reads it."""
        return Stream(self.aws.table, self._shards)

    # The Runtime API

    async def _runtime_api(self, request: Request) -> Response:
        parts = request.target.strip("/").split("/")
        match request.method, parts[2:]:
            case "GET", ["invocation", "next"]:
                self._asking.set()
                event = await self._next_event(request)
                if event is None:
                    raise Reset
                request_id, body, deadline = event
                return Response(
                    200,
                    body,
                    {
                        "Lambda-Runtime-Aws-Request-Id": request_id,
                        "Lambda-Runtime-Deadline-Ms": str(int(deadline * 1000)),
                        "Lambda-Runtime-Invoked-Function-Arn": FUNCTION_ARN,
                        "Lambda-Runtime-Trace-Id": "Root=1-00000000-000000000000000000000000;Sampled=0",
                        "Content-Type": "application/json",
                    },
                )
            case "POST", ["invocation", request_id, ("response" | "error") as kind]:
                self._answers.put((request_id, "answer" if kind == "response" else "error", request.body))
                return Response(202)
            case "POST", ["init", "error"]:
                self._answers.put(("", "error", request.body))
                return Response(202)
        return Response(404)

    async def _next_event(self, request: Request) -> tuple[str, bytes, float] | None:
        """The next event; none where the process ends before there is one."""
        waits = {asyncio.ensure_future(self._waiting.get()), asyncio.ensure_future(request.client_is_gone())}
        done, others = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for other in others:
            other.cancel()
        # Only when it has ended may another one read from the connection.
        await asyncio.gather(*others, return_exceptions=True)
        return next((wait.result() for wait in done if wait.result() is not None), None)

    # The process

    def start(self) -> None:
        """Starts the process, unless it runs, and waits until it asks for an event."""
        if self._process and self._process.poll() is None:
            return
        self._asking.clear()
        self.starts += 1
        environment = {
            "PATH": os.environ["PATH"],
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._port}",
            "AWS_LAMBDA_FUNCTION_NAME": FUNCTION_ARN.rpartition(":")[2],
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        }
        self._process = subprocess.Popen(
            [bootstrap()],
            env=environment | self.aws.environment() | self.settings,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )
        deadline = time.monotonic() + START_TIMEOUT
        while not self._asking.wait(0.02):
            if self._process.poll() is not None:
                raise RuntimeError(f"The function does not start: {self.log_text()[-2000:]}")
            if time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"The function asked for no event within {START_TIMEOUT} s")

    def kill(self) -> None:
        """Kills the process while it works."""
        if self._process:
            self._process.kill()

    def stop(self) -> None:
        """Stops the process, if it is running."""
        if self._process is None:
            return
        self.measure()
        self._process.kill()
        self._process.wait()
        self._process = None
        self._ended_cpu_seconds = self.cpu_seconds

    def measure(self) -> None:
        """Reads the process's peak memory and CPU time."""
        with contextlib.suppress(OSError):
            pid = self._process.pid
            for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    self.peak_kib = max(self.peak_kib, int(line.split()[1]))
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            self.cpu_seconds = self._ended_cpu_seconds + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def log_text(self) -> str:
        """The function's whole output."""
        end = os.fstat(self._log.fileno()).st_size
        return os.pread(self._log.fileno(), end, 0).decode("utf-8", "replace")

    def logs(self) -> list[dict]:
        """The function's log lines."""
        lines = []
        for line in self.log_text().splitlines():
            with contextlib.suppress(ValueError):
                lines.append(json.loads(line))
        return lines

    def metric_sums(self) -> dict[str, float]:
        """The sum of each metric by name: of PutMetricData, and of the lines that the metric filters read."""
        sums = Counter(self.aws.record.metric_sums())
        for line in self.logs():
            if line.get("message") == "Evaluations counted":
                sums.update({metric: line[field] for metric, field in METRIC_FIELDS.items() if field in line})
        return dict(sums)

    # Invoking

    def invoke(self, event: Any, timeout: float | None = None) -> Outcome:
        """Sends one event and waits for the outcome."""
        timeout = timeout or self.timeout
        body = json.dumps(event).encode()
        self.events.append(event)
        self.start()
        request_id = str(uuid.uuid4())
        began = time.monotonic()
        deadline = time.time() + timeout
        background().loop.call_soon_threadsafe(self._waiting.put_nowait, (request_id, body, deadline))
        kind, payload = self._wait(request_id, began + timeout)
        took = time.monotonic() - began
        outcome = Outcome(kind, payload, took, took / timeout)
        self.measure()
        self.outcomes.append(outcome)
        if kind in ("timeout", "crash"):
            self.stop()
        return outcome

    def _wait(self, request_id: str, end: float) -> tuple[str, Any]:
        while True:
            try:
                answered, kind, body = self._answers.get(timeout=min(0.2, max(0.0, end - time.monotonic())))
            except queue.Empty:
                if self._process.poll() is not None:
                    return "crash", self._process.returncode
                if time.monotonic() >= end:
                    return "timeout", None
                continue
            if answered in (request_id, ""):
                return kind, json.loads(body)

    def invoke_asynchronously(self, event: Any) -> list[Outcome]:
        """Invokes as EventBridge does: a failed event is retried twice, and then becomes a dead letter."""
        outcomes = []
        for attempt in range(1, self.MAX_ATTEMPTS + 1):
            outcomes.append(self.invoke(event))
            if outcomes[-1].kind == "answer":
                return outcomes
        body = {
            "version": "1.0",
            "requestContext": {"condition": "RetriesExhausted", "approximateInvokeCount": attempt},
            "requestPayload": event,
            "responsePayload": outcomes[-1].payload,
        }
        self.dead_letters.append(DeadLetter(json.dumps(body), event))
        return outcomes

    def receive(self, messages: list[Message]) -> tuple[Outcome, list[Message]]:
        """Sends one batch of a queue; returns the messages that will be redelivered."""
        for message in messages:
            message.received += 1
        outcome = self.invoke({"Records": [record(message) for message in messages]})
        if outcome.kind != "answer":
            failed = messages
        else:
            ids = {item["itemIdentifier"] for item in outcome.payload["batchItemFailures"]}
            failed = [message for message in messages if message.message_id in ids]
        again = []
        for message in failed:
            if message.received < self.MAX_RECEIVES:
                again.append(message)
            else:
                self.dead_letters.append(DeadLetter(message.body, _json(message.body)))
        return outcome, again

    def work_off(self, bodies: list[str], batch_size: int = 200) -> list[Outcome]:
        """Processes a queue with these messages until it is empty; failed ones are redelivered after the others."""
        messages = [Message(body) for body in bodies]
        outcomes = []
        while messages:
            batch, messages = messages[:batch_size], messages[batch_size:]
            outcome, again = self.receive(batch)
            outcomes.append(outcome)
            messages += again
        return outcomes

    def delayed_messages(self) -> list[Delayed]:
        """What is in the delay queue."""
        return self.aws.record.delayed[self._returned :]

    def work_off_delayed(self, batch_size: int = 10) -> list[Outcome]:
        """Processes the delay queue until it is empty; delays are skipped by making everything older."""
        outcomes = []
        while self._returned < len(self.aws.record.delayed):
            due = self.delayed_messages()
            self._returned += len(due)
            advance = getattr(self.aws.fleet, "advance", None)
            if advance:
                advance(max(message.delay for message in due))
            outcomes += self.work_off([message.body for message in due], batch_size)
        return outcomes

    def work_off_stream(self, batch_size: int = 1000) -> list[Outcome]:
        """Processes the table's stream to its end; windows and pauses between retries are skipped.

        A failed batch is halved and retried, and blocks its shard. One that fails too often waits for the next call.
        """
        outcomes: list[Outcome] = []
        held_up: set[int] = set()
        while self.stream.read() and any(self.stream.waiting[shard] for shard in self._other_shards(held_up)):
            for shard in self._other_shards(held_up):
                waiting = self.stream.waiting[shard]
                if waiting and not self._work_off_batch(waiting, batch_size, outcomes):
                    held_up.add(shard)
        return outcomes

    def _other_shards(self, held_up: set[int]) -> list[int]:
        return [shard for shard in range(len(self.stream.waiting)) if shard not in held_up]

    def _work_off_batch(self, waiting: list[StreamRecord], batch_size: int, outcomes: list[Outcome]) -> bool:
        """Sends the first batch of a shard; returns whether it was handled."""
        parts, attempts = [waiting[:batch_size]], 0
        while parts:
            outcomes.append(self.invoke({"Records": parts[0]}))
            if outcomes[-1].kind == "answer":
                del waiting[: len(parts.pop(0))]
                attempts = 0
                continue
            attempts += 1
            if attempts == self.MAX_STREAM_ATTEMPTS:
                return False
            if len(parts[0]) > 1:
                parts[:1] = halves(parts[0])
        return True


def record(message: Message) -> dict:
    """A message as an event source mapping delivers it."""
    return {
        "messageId": message.message_id,
        "receiptHandle": "handle",
        "body": message.body,
        "attributes": {"ApproximateReceiveCount": str(message.received)},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:{BUCKET_OWNER}:tag-compliance-events-test",
        "awsRegion": REGION,
    }


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
