"""When the process starts, when it refuses, and what the start script leaves behind: nothing."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.request
from pathlib import Path
from unittest import mock

from standin import checks

from .support import (
    PATIENCE,
    ROOT,
    StandIn,
    client,
    function_zip,
    server_environment,
    wait_for,
)

SCRIPT = ROOT / "scripts" / "standin.sh"


class ChecksTest(unittest.TestCase):
    def test_only_the_supported_ministack_is_accepted(self) -> None:
        checks.require_supported_ministack()
        for outcome, message in (
            ({"return_value": "1.5.34"}, r"MiniStack 1\.5\.34 is installed.* 1\.5\.33"),
            ({"side_effect": checks.metadata.PackageNotFoundError}, "not installed"),
        ):
            with (
                mock.patch("importlib.metadata.version", **outcome),
                self.assertRaisesRegex(checks.Refused, message),
            ):
                checks.require_supported_ministack()

    def test_only_loopback_is_accepted(self) -> None:
        for host in ("127.0.0.1", "127.8.9.10", "localhost"):
            checks.require_loopback(host)
        for host in ("0.0.0.0", "", "::", "192.168.1.1", "example.org", "127.0.0.1.example.org", "128.0.0.1"):
            with self.subTest(host=host), self.assertRaisesRegex(checks.Refused, "not an IPv4 loopback address"):
                checks.require_loopback(host)

    def test_requirements_pin_that_version_and_every_other_exactly(self) -> None:
        lines = (ROOT / "standin" / "requirements.txt").read_text(encoding="utf-8").splitlines()
        pins = [line for line in lines if line and not line.startswith(("#", " "))]
        self.assertIn(f"ministack=={checks.SUPPORTED_MINISTACK} \\", pins)
        for pin in pins:
            self.assertRegex(pin, r"^[A-Za-z0-9._-]+==[0-9][0-9A-Za-z.]* \\$")


class RefusalTest(unittest.TestCase):
    def refusal(self, *arguments: str, **settings: str) -> str:
        """The one line that a refused start says."""
        with tempfile.TemporaryDirectory() as directory:
            ended = subprocess.run(
                [sys.executable, "-m", "standin", *arguments],
                env=server_environment(Path(directory), **settings),
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=False,
            )
        self.assertEqual((ended.returncode, ended.stdout), (2, ""))
        [line] = ended.stderr.splitlines()
        return line

    def test_a_public_address_is_refused(self) -> None:
        self.assertIn("BIND_HOST=0.0.0.0", self.refusal(BIND_HOST="0.0.0.0"))

    def test_a_port_in_use_is_refused(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            self.assertIn(f"port {port} on 127.0.0.1", self.refusal("--port", str(port)))

    def test_another_ministack_is_refused(self) -> None:
        with tempfile.TemporaryDirectory() as directory:
            info = Path(directory) / "ministack-9.9.9.dist-info"
            info.mkdir()
            (info / "METADATA").write_text("Metadata-Version: 2.1\nName: ministack\nVersion: 9.9.9\n")
            line = self.refusal(PYTHONPATH=f"{directory}{os.pathsep}{ROOT}")
        self.assertIn("MiniStack 9.9.9 is installed", line)


class UntilEofTest(unittest.TestCase):
    def test_the_process_ends_with_whoever_started_it(self) -> None:
        standin = StandIn()
        self.addCleanup(standin.stop)
        assert standin.process.stdin
        standin.process.stdin.close()
        self.assertEqual(standin.process.wait(timeout=PATIENCE), -signal.SIGKILL)


class ScriptTest(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory(prefix="stand in ")
        self.addCleanup(directory.cleanup)
        self.state = Path(directory.name).resolve() / "state"
        self.addCleanup(self.script, "stop")
        self.addCleanup(client.cache_clear)

    def script(self, command: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run the script with an environment that has only what it must have."""
        return subprocess.run(
            ["bash", str(SCRIPT), command, "--state", str(self.state), *arguments],
            env={"PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            timeout=180,
            check=check,
        )

    def endpoint(self) -> str:
        return (self.state / "endpoint").read_text(encoding="utf-8").strip()

    def pid(self) -> int:
        return int((self.state / "pid").read_text(encoding="utf-8"))

    def processes(self) -> list[int]:
        """Every process that was started with this state."""
        ids = []
        for environment in Path("/proc").glob("[0-9]*/environ"):
            try:
                if f"STANDIN_MARK={self.state}".encode() in environment.read_bytes().split(b"\0"):
                    ids.append(int(environment.parent.name))
            except OSError:
                continue
        return ids

    def run_function(self) -> None:
        """Leave a bootstrap running, and a child of it that has dropped its environment."""
        functions = client(self.endpoint(), "lambda", "test", "test", True)
        functions.create_function(
            FunctionName="f",
            Runtime="provided.al2023",
            Handler="bootstrap",
            Timeout=5,
            Role="arn:aws:iam::000000000000:role/r",
            Code={"ZipFile": function_zip()},
        )
        functions.invoke(FunctionName="f", Payload=b'{"do": "spawn"}')
        wait_for("a bootstrap", lambda: len(self.processes()) == 2)

    @staticmethod
    def group_members(group: int) -> list[str]:
        """The commands of the group's processes, without those that only wait to be reaped."""
        shown = subprocess.run(["ps", "-eo", "pgid=,stat=,args="], capture_output=True, text=True, check=True).stdout
        rows = [line.split(None, 2) for line in shown.splitlines()]
        return [args for pgid, stat, args in rows if int(pgid) == group and not stat.startswith("Z")]

    def assert_all_ended(self, group: int) -> None:
        self.assertEqual(self.processes(), [])
        self.assertEqual(self.group_members(group), [])

    def test_start_use_stop(self) -> None:
        started = self.script("start", "--retry-seconds", "0.5")
        self.assertIn(f"running at {self.endpoint()}", started.stdout)
        self.assertIn("running at", self.script("status").stdout)
        group = self.pid()
        self.run_function()
        self.assertEqual(os.getsid(group), group)
        self.script("stop")
        self.assert_all_ended(group)
        self.assertEqual(self.script("status", check=False).returncode, 3)
        self.assertEqual([p.name for p in self.state.iterdir()], ["log"])
        self.assertIn("not running", self.script("stop").stdout)

    def test_a_start_after_a_kill_ends_what_was_left(self) -> None:
        self.script("start")
        group = self.pid()
        self.run_function()
        os.kill(group, signal.SIGKILL)
        wait_for("the server's end", lambda: group not in self.processes())
        self.assertEqual(self.group_members(group)[-1], "sleep 300")
        again = self.script("start")
        self.assertIn("stopped what an earlier run left behind", again.stdout)
        self.assertNotEqual(self.pid(), group)
        self.assertEqual(self.processes(), [self.pid()])
        self.assertEqual(self.group_members(group), [])
        functions = client(self.endpoint(), "lambda", "test", "test", True)
        self.assertEqual(functions.list_functions()["Functions"], [])

    def test_a_stop_after_a_kill_ends_what_was_left(self) -> None:
        self.script("start")
        group = self.pid()
        self.run_function()
        os.kill(group, signal.SIGKILL)
        self.script("stop")
        self.assert_all_ended(group)

    def test_the_process_of_someone_else_is_left_alone(self) -> None:
        self.state.mkdir()
        with subprocess.Popen(["sleep", "60"], start_new_session=True) as other:
            self.addCleanup(other.kill)
            (self.state / "pid").write_text(f"{other.pid}\n", encoding="utf-8")
            self.assertEqual(self.script("status", check=False).returncode, 3)
            self.assertIn("not running", self.script("stop").stdout)
            self.assertIsNone(other.poll())
            other.kill()

    def test_two_run_side_by_side(self) -> None:
        self.script("start")
        first, self.state = self.state, self.state.with_name("other")
        self.addCleanup(self.script, "stop")
        self.script("start")
        second = self.endpoint()
        self.script("stop")
        self.state = first
        self.assertNotEqual(self.endpoint(), second)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        opener.open(f"{self.endpoint()}/_ministack/health", timeout=5).close()

    def test_a_given_port_is_used_and_a_taken_one_is_named(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            refused = self.script("start", "--port", port, check=False)
            self.assertEqual(refused.returncode, 2)
            self.assertIn(f"port {port} on 127.0.0.1 cannot be used", refused.stderr)
        self.script("start", "--port", port)
        self.assertEqual(self.endpoint(), f"http://127.0.0.1:{port}")

    def test_the_environment_file_leads_nowhere_else(self) -> None:
        self.script("start")
        hostile = {
            "PATH": os.environ["PATH"],
            "AWS_PROFILE": "production",
            "AWS_SESSION_TOKEN": "secret",
            "AWS_ACCESS_KEY_ID": "AKIAREAL",
            "AWS_ENDPOINT_URL_S3": "https://s3.example.org",
            "AWS_CONFIG_FILE": "/home/me/.aws/config",
            "HTTP_PROXY": "http://proxy.example.org",
            "NO_PROXY": "example.com",
        }
        shown = subprocess.run(
            ["bash", "-euc", 'source "$1" && env', "-", str(self.state / "env")],
            env=hostile,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        seen = dict(line.split("=", 1) for line in shown.splitlines() if re.match(r"AWS_|NO_PROXY", line))
        self.assertEqual(
            seen,
            {
                "AWS_ENDPOINT_URL": self.endpoint(),
                "AWS_REGION": "us-east-1",
                "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_CONFIG_FILE": "/dev/null",
                "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
                "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_PAGER": "",
                "NO_PROXY": "127.0.0.1,localhost,example.com",
            },
        )

    def test_run_starts_runs_and_stops(self) -> None:
        ended = self.script("run", "--", "bash", "-c", 'echo "at $AWS_ENDPOINT_URL"; exit 7', check=False)
        self.assertEqual(ended.returncode, 7)
        self.assertRegex(ended.stdout, r"at http://127\.0\.0\.1:\d+\n")
        self.assertEqual(self.processes(), [])

    def test_an_interrupted_start_leaves_nothing(self) -> None:
        starting = subprocess.Popen(
            ["bash", str(SCRIPT), "start", "--state", str(self.state)],
            env={"PATH": os.environ["PATH"]},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for("the server to be launched", self.processes)
        starting.terminate()
        starting.wait(timeout=PATIENCE)
        wait_for("its end", lambda: not self.processes())

    def test_functions_inherit_nothing_from_the_shell(self) -> None:
        self.script("start")
        environment = Path(f"/proc/{self.pid()}/environ").read_bytes().decode()
        self.assertNotIn("HOSTNAME", environment)
        self.assertIn(f"HOME={self.state}/home", environment)

    def test_wrong_arguments_are_refused(self) -> None:
        for arguments in (["--port", "x"], ["--retry-seconds", "soon"], ["--retry-seconds"], ["--nonsense"]):
            with self.subTest(arguments=arguments):
                self.assertNotEqual(self.script("start", *arguments, check=False).returncode, 0)
        self.assertEqual(self.processes(), [])

    def test_a_missing_python_is_named(self) -> None:
        with tempfile.TemporaryDirectory() as tools:
            for tool in ("bash", "dirname", "env", "cat"):
                found = subprocess.run(["which", tool], capture_output=True, text=True, check=True).stdout.strip()
                (Path(tools) / tool).symlink_to(found)
            ended = subprocess.run(
                [f"{tools}/bash", str(SCRIPT), "start", "--state", str(self.state)],
                env={"PATH": tools},
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=False,
            )
        self.assertEqual(ended.returncode, 1)
        self.assertIn("no Python 3.11 or newer", ended.stderr)


if __name__ == "__main__":
    unittest.main()
