"""Every variant of an environment is applied, planned again and destroyed against moto's server.

scripts/dev/variants.sh runs it, with a Python that has moto. VARIANTS in the environment names those to run, separated by
commas; all by default. Takes a few minutes.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from standin.recording import VARIABLE
from wire.__main__ import report

ROOT = Path(__file__).resolve().parents[2]
START_TIMEOUT = 60.0
AT_A_TIME = 4
ACCOUNT = "123456789012"

# What moto 5.2.5 answers otherwise than it was told, so that a second plan would set it again: it drops logging_config,
# and adds white space to redrive_policy.
KNOWN_DEFECTS = {("aws_lambda_function", "logging_config"), ("aws_sqs_queue", "redrive_policy")}


@dataclass(frozen=True)
class Variant:
    """An environment."""

    suffix: str
    variables: dict[str, Any] = field(default_factory=dict)
    region: str = "us-east-1"


def _everything() -> dict[str, Any]:
    policy = json.loads((ROOT / "tests" / "fixtures" / "policies" / "every-part.json").read_text(encoding="utf-8"))
    return {
        "alarm_ok_actions_enabled": True,
        "alert_emails": ["team@example.com", "other@example.com"],
        "alert_group_interval_seconds": 900,
        "alert_group_wait_seconds": 300,
        "alert_repeat_interval_hours": None,
        "alert_tags": "policy",
        "audit_log_retention_days": 365,
        "escalate_after_days": 365,
        "escalation_emails": ["manager@example.com", "web@example.com"],
        "audit_records": "batch",
        "event_delivery": "queue",
        "event_queue_max_concurrency": 1000,
        "event_queue_window_seconds": 20,
        "high_non_compliance_threshold": 100,
        "kms_key_arn": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "log_bucket_name": "audit-everything-on",
        "log_level": "TRACE",
        "log_retention_days": 3653,
        "metric_namespace": "Tag Compliance/everything.on_#:-",
        "owners": {"web <team> & Söhne": {"emails": ["web@example.com"]}, "data-*": {"emails": ["data@example.com"]}, "*": {}},
        "permissions_boundary_arn": f"arn:aws:iam::{ACCOUNT}:policy/boundary",
        "reminder_days": [30, 7, 1],
        "resolved_notices_enabled": True,
        "settle_seconds": 900,
        "sweep_digest": "always",
        "sweep_schedule": "cron(0 6 ? * MON-FRI *)",
        "system_log_level": "DEBUG",
        "tag_policy": policy,
        "watched_states": ["pending", "running", "stopping", "stopped"],
    }


_ALERT_AT_ONCE = {"alert_group_interval_seconds": 0, "alert_group_wait_seconds": 0, "alert_repeat_interval_hours": 0}

VARIANTS = {
    "default": Variant("default"),
    "queue": Variant("queue", {"event_delivery": "queue", "metrics": "logs"}),
    "off": Variant(
        "off",
        {"dashboard_enabled": False, "settle_seconds": 0, "sweep_schedule": None, "violation_events_enabled": False} | _ALERT_AT_ONCE,
    ),
    "on": Variant("everything-on", _everything()),
    "longest": Variant("longest-names-that-are-allowed-36-ch", {"event_delivery": "queue"}, "ap-southeast-7"),
    # By the patterns of its own model, Scheduler takes no ARN of GovCloud.
    "us-gov": Variant("gov", {"recursion_config_enabled": False, "scheduler_enabled": False}, "us-gov-west-1"),
    "rule": Variant("swept-by-a-rule", {"scheduler_enabled": False}, "cn-north-1"),
    "cn": Variant("cn", region="cn-northwest-1"),
}


class Environment:
    """A variant in its own Terraform workspace."""

    def __init__(self, variant: Variant, folder: Path, endpoint: str) -> None:
        self.variant = variant
        self._folder = folder
        self._work = folder.parent / variant.suffix
        self._work.mkdir()
        values = {"suffix": variant.suffix, "lambda_zip_path": str(ROOT / "terraform/tests/fixtures/bootstrap.zip")}
        self._variables = self._work / "variables.tfvars.json"
        self._variables.write_text(json.dumps(values | variant.variables), encoding="utf-8")
        self.environment = _environment(endpoint, variant.region) | {"TF_WORKSPACE": variant.suffix}

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Runs Terraform."""
        return _terraform(self._folder, self.environment, *command)

    def apply(self) -> tuple[str, set[str]]:
        """Terraform's output, and the resources that exist."""
        applied = self.run("apply", "-auto-approve", "-input=false", f"-var-file={self._variables}", "-json")
        errors, complete = [], set()
        for line in applied.stdout.splitlines():
            message = json.loads(line)
            if message["@level"] == "error" and message["type"] == "diagnostic":
                address = message["diagnostic"].get("address", "no resource")
                errors.append(" ".join(message["@message"].split()) + f" at {address}")
            if message["type"] == "apply_complete":
                complete.add(message["hook"]["resource"]["addr"])
        if applied.returncode and not errors:
            errors.append(applied.stdout + applied.stderr)
        return "\n".join(errors), complete

    def differences(self) -> dict[tuple[str, str], list[tuple[Any, Any]]]:
        """The changes of a second plan: by type and attribute, or by address and action."""
        plan = self._work / "plan"
        planned = self.run("plan", "-input=false", f"-var-file={self._variables}", f"-out={plan}")
        if planned.returncode:
            raise AssertionError(planned.stdout + planned.stderr)
        found: dict[tuple[str, str], list[tuple[Any, Any]]] = {}
        for resource in json.loads(self.run("show", "-json", str(plan)).stdout)["resource_changes"]:
            change = resource["change"]
            if resource["mode"] == "data" or change["actions"] == ["no-op"]:
                continue
            if change["actions"] != ["update"]:
                found.setdefault((resource["address"], " and ".join(change["actions"])), []).append((None, None))
                continue
            for name in change["after"]:
                before, after = change["before"].get(name), change["after"][name]
                if before != after:
                    found.setdefault((resource["type"], name), []).append((before, after))
        return found

    def destroy(self) -> str:
        """The errors of Terraform or of the listing of leftovers."""
        destroyed = self.run("destroy", "-auto-approve", "-input=false", f"-var-file={self._variables}")
        if destroyed.returncode:
            return destroyed.stdout + destroyed.stderr
        command = [sys.executable, str(ROOT / "scripts" / "ops" / "leftovers.py"), self.variant.suffix]
        left = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        return left.stderr if left.returncode else ""


def _environment(endpoint: str, region: str) -> dict[str, str]:
    """Environment variables that point to the server, and nowhere else."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_VAR_"))}
    return kept | {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": region,
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "CHECKPOINT_DISABLE": "1",
        "NO_PROXY": "127.0.0.1",
        "TF_IN_AUTOMATION": "1",
    }


def _terraform(folder: Path, environment: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["terraform", f"-chdir={folder}", command[0], "-no-color", *command[1:]],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@dataclass
class Seen:
    """The result of a variant."""

    error: str = ""
    made: set[str] = field(default_factory=set)
    differences: dict[tuple[str, str], list[tuple[Any, Any]]] = field(default_factory=dict)
    left: str = ""
    took: float = 0.0


class Variants(unittest.TestCase):
    """All variants at once, and the requests that they made."""

    maxDiff = None
    seen: ClassVar[dict[str, Seen]]
    requests: ClassVar[Path]

    @classmethod
    def setUpClass(cls) -> None:
        work = Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="variants-")))
        cls.requests = work / "requests.jsonl"
        endpoint = cls._start(work)
        folder = work / "terraform"
        shutil.copytree(ROOT / "terraform", folder, ignore=shutil.ignore_patterns(".terraform", "*.tfstate*"))
        initialized = _terraform(folder, _environment(endpoint, "us-east-1"), "init", "-input=false", "-lockfile=readonly")
        if initialized.returncode:
            raise AssertionError(initialized.stdout + initialized.stderr)
        names = [name for name in os.environ.get("VARIANTS", "").split(",") if name] or list(VARIANTS)

        def see(name: str) -> Seen:
            seen, began = Seen(), time.monotonic()
            environment = Environment(VARIANTS[name], folder, endpoint)
            seen.error, seen.made = environment.apply()
            seen.differences = environment.differences()
            seen.left = environment.destroy()
            seen.took = time.monotonic() - began
            return seen

        with ThreadPoolExecutor(AT_A_TIME) as pool:
            cls.seen = dict(zip(names, pool.map(see, names), strict=True))
        for name, seen in cls.seen.items():
            print(f"{name} in {VARIANTS[name].region}: {len(seen.made)} resources, {seen.took:.0f} s")

    @classmethod
    def _start(cls, work: Path) -> str:
        """Starts the server; its endpoint."""
        ready = work / "endpoint"
        log = cls.enterClassContext((work / "moto.log").open("wb"))
        process = subprocess.Popen(
            [sys.executable, "-m", "terraform.moto_server", str(ready)],
            env=os.environ | {VARIABLE: str(cls.requests)},
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
        )
        cls.addClassCleanup(process.wait)
        cls.addClassCleanup(process.stdin.close)
        deadline = time.monotonic() + START_TIMEOUT
        while not ready.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError("moto does not start: " + (work / "moto.log").read_text(encoding="utf-8"))
            time.sleep(0.05)
        return ready.read_text(encoding="utf-8")

    def test_an_apply_makes_everything_that_the_region_has(self) -> None:
        for name, seen in self.seen.items():
            with self.subTest(name):
                self.assertGreater(len(seen.made), 15)
                self.assertEqual(seen.error, "")

    def test_a_second_plan_would_only_set_what_moto_forgets(self) -> None:
        for name, seen in self.seen.items():
            with self.subTest(name):
                others = set(seen.differences) - KNOWN_DEFECTS
                self.assertEqual(others, set(), seen.differences)
                for before, after in seen.differences.get(("aws_sqs_queue", "redrive_policy"), []):
                    self.assertEqual(json.loads(before), json.loads(after))

    def test_the_known_defects_are_still_there(self) -> None:
        found = {place for seen in self.seen.values() for place in seen.differences}
        self.assertEqual(KNOWN_DEFECTS - found, set(), "moto no longer has these defects: take them out")

    def test_a_destroy_leaves_nothing(self) -> None:
        for name, seen in self.seen.items():
            with self.subTest(name):
                self.assertEqual(seen.left, "")

    def test_every_request_is_as_the_services_models_say(self) -> None:
        text, broken = report([str(self.requests)])
        print(text)
        self.assertEqual(broken, 0, text)


if __name__ == "__main__":
    unittest.main()
