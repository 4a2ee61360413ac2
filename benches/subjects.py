"""The subjects of the benchmark, each a process that gets events: our function, Cloud Custodian, a boto3 function."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import tempfile
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, ClassVar, Protocol, Self

from function.stub.aws import BUCKET_OWNER
from function.stub.lambda_service import DELAY_QUEUE_URL, TOPIC_ARN, Function
from function.stub.table import NAME, Item
from stub_process import StubProcess

PEERS = Path(__file__).resolve().parent / "peers"
FUNCTION_TIMEOUT = 60.0


class Failed(Exception):
    """A subject that did not do its work."""


def cpu_seconds(pid: int) -> float:
    """The CPU time of a process with all its threads, to the nanosecond."""
    # The clock id that clock_getcpuclockid(3) derives from a process id.
    return time.clock_gettime((~pid << 3) | 2)


def peak_mib(pid: int) -> float:
    """A process's peak memory so far."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise Failed("there is no VmHWM")


@contextlib.contextmanager
def limited(pid: int, share: float) -> Iterator[None]:
    """Limits a process to a share of one CPU, as Lambda does at low memory sizes.

    Like the kernel for Lambda, it lets the process run until its share of a period is used up, and then makes it wait.
    """
    # About the length of Lambda's period.
    most = share * 0.02
    ended = threading.Event()

    def watch() -> None:
        left, used, then = most, cpu_seconds(pid), time.monotonic()
        while not ended.wait(0.0005):
            cpu, now = cpu_seconds(pid), time.monotonic()
            left = min(most, left + share * (now - then)) - (cpu - used)
            used, then = cpu, now
            if left < 0:
                os.kill(pid, signal.SIGSTOP)
                time.sleep(-left / share)
                os.kill(pid, signal.SIGCONT)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


def violations_of(metrics: dict[str, float]) -> float | None:
    """How many violations the metrics report, of a check or of a sweep, which also counts what it changed."""
    return metrics.get("OpenViolations", metrics.get("NonCompliantInstances"))


class Process(Protocol):
    """A context manager that runs a subject's process."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...

    @property
    def pid(self) -> int:
        """The process id."""
        ...

    def invoke(self, event: dict[str, Any]) -> Any:
        """Sends an event; returns the answer."""
        ...

    def log_bytes(self) -> int:
        """The size of its log so far."""
        ...


class OurProcess(Function):
    """Our function, through the Runtime API; the process starts on entry."""

    def __init__(self, stub: StubProcess, binary: Path, **settings: Any) -> None:
        super().__init__(stub, **settings)
        self._binary = binary

    def __enter__(self) -> Self:
        # Where the launcher looks for the binary.
        os.environ["BOOTSTRAP"] = str(self._binary)
        super().__enter__()
        self.start()
        return self

    @property
    def pid(self) -> int:
        return self._process.pid

    def invoke(self, event: dict[str, Any], timeout: float | None = None) -> Any:
        outcome = super().invoke(event, timeout)
        if outcome.kind != "answer":
            raise Failed(f"our function: {outcome.kind}: {outcome.payload}\n{self.log_text()[-2000:]}")
        return outcome.payload

    def log_bytes(self) -> int:
        return len(self.log_text().encode())


class PeerProcess:
    """A Python function, through the driver."""

    def __init__(self, python: Path, folder: Path, environment: dict[str, str], *command: str) -> None:
        self._command = [str(python), str(PEERS / "driver.py"), *command]
        self._folder = folder
        self._environment = environment
        self._log: IO[bytes] = tempfile.TemporaryFile()

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command,
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()
        self._log.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def invoke(self, event: dict[str, Any]) -> Any:
        self._process.stdin.write(json.dumps(event).encode() + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        answer = json.loads(line) if line else {"error": "it ended"}
        if "error" in answer:
            raise Failed(f"{' '.join(self._command[1:])}: {answer['error']}\n{self._log_text()[-3000:]}")
        return answer["answer"]

    def log_bytes(self) -> int:
        return os.fstat(self._log.fileno()).st_size

    def _log_text(self) -> str:
        return os.pread(self._log.fileno(), self.log_bytes(), 0).decode("utf-8", "replace")


class Subject(Protocol):
    """A subject of the measurements."""

    name: str
    zip_bytes: int
    # Whether it has a state table, and alerts from it.
    remembers: bool
    # The table's item of its policy, once it was there.
    policy: Item | None

    def process(self) -> Process:
        """A process for events, as Lambda starts one."""
        ...

    def sweeper(self) -> tuple[Process, dict[str, Any]]:
        """A process for a sweep, and the event that starts it."""
        ...

    def counted(self, metrics: dict[str, float]) -> float | None:
        """How many violations its metrics report, or none if it sent none."""
        ...


class Ours:
    """Our function as released."""

    name = "this function"
    remembers = True
    policy: Item | None = None
    # Variables of its environment that differ.
    environment: ClassVar[dict[str, str]] = {}

    def __init__(self, stub: StubProcess, build: Path, folder: Path) -> None:
        self._stub = stub
        self.zip_bytes = build.stat().st_size
        self._binary = build.resolve()
        if build.suffix == ".zip":
            with zipfile.ZipFile(build) as archive:
                self._binary = Path(archive.extract("bootstrap", folder))
            self._binary.chmod(0o755)

    def process(self) -> OurProcess:
        return OurProcess(
            self._stub,
            self._binary,
            timeout=FUNCTION_TIMEOUT,
            settle_seconds=60,
            environment=self.environment,
            knows_policy=False,
        )

    def sweeper(self) -> tuple[OurProcess, dict[str, Any]]:
        return self.process(), {"detail-type": "Scheduled Event", "source": "aws.scheduler", "detail": "{}"}

    def counted(self, metrics: dict[str, float]) -> float | None:
        return violations_of(metrics)


class WithoutEvents(Ours):
    """Our function as released, where the event bus is off."""

    name = "without events"
    environment: ClassVar[dict[str, str]] = {"VIOLATION_EVENTS": "false"}


class Before(Ours):
    """An earlier build of our function."""

    name = "before"


class WithoutMemory(Ours):
    """A build of our function from before it had a state table: it alerts as it checks."""

    name = "without memory"
    remembers = False


class _Peer:
    """What the Python peers share."""

    policy: Item | None = None

    def __init__(self, stub: StubProcess, python: Path) -> None:
        self._python = python
        self._environment = {
            "PATH": os.environ["PATH"],
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_LAMBDA_FUNCTION_NAME": "bench",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1",
        } | stub.environment()


class Custodian(_Peer):
    """Cloud Custodian: in Lambda for events, its command for a sweep."""

    name = "Cloud Custodian"
    remembers = False
    # Whether Python finds compiled code. Custodian's package has none, and Lambda cannot keep what it compiles.
    compiled = True

    def __init__(self, stub: StubProcess, python: Path, folder: Path) -> None:
        super().__init__(stub, python)
        self._folder = folder
        self._environment["HOME"] = str(folder)
        policy = PEERS / "policy.json"
        _run(self._environment, python, PEERS / "package_custodian.py", policy, folder)
        self.zip_bytes = (folder / "package.zip").stat().st_size
        if self.compiled:
            _run(self._environment, python, "-m", "compileall", "-q", folder)
        content = json.loads(policy.read_text(encoding="utf-8"))
        for pulled in content["policies"]:
            del pulled["mode"]
        (self._folder / "pull.json").write_text(json.dumps(content), encoding="utf-8")

    def process(self) -> PeerProcess:
        return PeerProcess(self._python, self._folder, self._environment, "custodian_policy.run")

    def sweeper(self) -> tuple[PeerProcess, dict[str, Any]]:
        options = ("--region", "us-east-1", "--cache-period", "0", "--metrics", "aws")
        command = ("c7n.cli.main", "run", *options, "--output-dir", "s3://compliance-logs/custodian", "pull.json")
        return PeerProcess(self._python, self._folder, self._environment, *command), {}

    def counted(self, metrics: dict[str, float]) -> float | None:
        return metrics.get("ResourceCount")


class CustodianAsPackaged(Custodian):
    """The same, compiled at every cold start as it is in Lambda."""

    name = "Cloud Custodian, as packaged"
    compiled = False


class Boto3(_Peer):
    """A function with boto3, which is in Lambda's Python runtime."""

    name = "boto3"
    remembers = True

    def __init__(self, stub: StubProcess, python: Path) -> None:
        super().__init__(stub, python)
        self._environment |= {
            "LOG_BUCKET_NAME": "compliance-logs",
            "LOG_BUCKET_OWNER": BUCKET_OWNER,
            "ALERT_TOPIC_ARN": TOPIC_ARN,
            "METRIC_NAMESPACE": "Bench",
            "WATCHED_STATES": "running,stopped",
            "STATE_TABLE": NAME,
            "DELAY_QUEUE_URL": DELAY_QUEUE_URL,
        }
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
            opened.write(PEERS / "boto3_function.py", "boto3_function.py")
        self.zip_bytes = len(archive.getvalue())

    def process(self) -> PeerProcess:
        return PeerProcess(self._python, PEERS, self._environment, "boto3_function.handler")

    def sweeper(self) -> tuple[PeerProcess, dict[str, Any]]:
        return self.process(), {"detail": {}}

    def counted(self, metrics: dict[str, float]) -> float | None:
        return violations_of(metrics)


def _run(environment: dict[str, str], *command: object) -> None:
    done = subprocess.run([str(part) for part in command], env=environment, capture_output=True, text=True)
    if done.returncode:
        raise Failed(f"{command[1]} failed:\n{done.stderr[-3000:]}")
