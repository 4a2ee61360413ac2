"""terraform/ as others call it, applied to the stand-in at AWS_ENDPOINT_URL: about four minutes.

`discover` only finds it with `-p 'slow_*.py'`. LAMBDA_ZIP names the function's zip for this machine
(target/lambda/quick/bootstrap-<architecture>.zip).
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import unittest
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .support import ROOT, copy_of_terraform, init, terraform, terraform_ok

ARCHITECTURE = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
DEFAULT_TAGS = {"Environment": "prod", "Owner": "shop-team", "Application": "shop"}
# Beside the role itself: the aliases, for_each and depends_on that a caller may use.
CALLER = """
provider "aws" {
  alias = "other"

  default_tags {
    tags = { Owner = "web-team", owner-contact = "web@example.com" }
  }
}

variable "trigger" {
  type = string
}

resource "terraform_data" "before" {
  input            = var.trigger
  triggers_replace = var.trigger
}

module "tag_compliance" {
  source    = "../.."
  for_each  = toset(["a", "b"])
  providers = { aws = aws.other }

  suffix           = "SUFFIX${each.key}"
  event_delivery   = each.key == "a" ? "queue" : "direct"

  event_queue_drain_seconds = 0

  sweep_schedule   = each.key == "a" ? "rate(1 day)" : null
  metric_namespace = "TagCompliance/SUFFIX${each.key}"
  architecture     = "ARCHITECTURE"
  lambda_zip_path  = "ZIP"
  # Known only once the other resource is there.
  tag_policy = {
    required_tags = [{ key = "Owner" }]
    scope         = { exclude = [{ auto_scaling_groups = ["group-${terraform_data.before.output}"] }] }
  }

  depends_on = [terraform_data.before]
}

module "none" {
  source = "../.."
  count  = 0

  suffix = "none"
}
"""


def zip_path() -> Path:
    path = Path(os.environ.get("LAMBDA_ZIP") or ROOT / "target" / "lambda" / "quick" / f"bootstrap-{ARCHITECTURE}.zip")
    if not path.is_file():
        raise AssertionError(f"there is no zip at {path}: run scripts/build.sh, or set LAMBDA_ZIP")
    return path.resolve()


def unique(prefix: str) -> str:
    return f"{prefix}{uuid.uuid4().hex[:8]}"


class Root:
    """A root module with its state and its variables."""

    def __init__(self, directory: Path, **variables: str) -> None:
        self.directory = directory
        self.variables = variables
        init(directory)

    def arguments(self, **changes: str) -> list[str]:
        variables = {**self.variables, **changes}
        return ["-input=false", "-no-color", *(f"-var={name}={value}" for name, value in variables.items())]

    def apply(self, **changes: str) -> str:
        return terraform_ok(self.directory, "apply", "-auto-approve", *self.arguments(**changes))

    def plan(self, **changes: str) -> dict[str, Any]:
        """The plan as JSON; fails if there is none."""
        terraform_ok(self.directory, "plan", "-out=plan", *self.arguments(**changes))
        plan: dict[str, Any] = json.loads(terraform_ok(self.directory, "show", "-json", "plan"))
        return plan

    def resources(self) -> list[dict[str, Any]]:
        """Every managed resource in the state."""
        root = json.loads(terraform_ok(self.directory, "show", "-json")).get("values", {}).get("root_module", {})
        found, modules = [], [root]
        while modules:
            module = modules.pop()
            modules += module.get("child_modules", [])
            found += [resource for resource in module.get("resources", []) if resource["mode"] == "managed"]
        return found

    def destroy(self, *suffixes: str) -> None:
        """Destroys, and fails if anything is left."""
        terraform_ok(self.directory, "destroy", "-auto-approve", *self.arguments())
        for suffix in suffixes:
            leftovers = [sys.executable, str(ROOT / "scripts" / "ops" / "leftovers.py"), suffix]
            left = subprocess.run(leftovers, capture_output=True, text=True, check=False)
            if left.returncode:
                raise AssertionError(left.stderr)


def changes(plan: dict[str, Any]) -> list[str]:
    """The plan's changes of resources, without those that it only reads."""
    return [
        f"{change['address']}: {'+'.join(change['change']['actions'])}"
        for change in plan.get("resource_changes", [])
        if change["change"]["actions"] not in (["no-op"], ["read"])
    ]


class CallersTest(unittest.TestCase):
    """Each takes minutes, nearly all of it the provider's polling: they run side by side."""

    maxDiff = None

    @classmethod
    def setUpClass(cls) -> None:
        if urlsplit(os.environ.get("AWS_ENDPOINT_URL", "")).hostname != "127.0.0.1":
            raise AssertionError("AWS_ENDPOINT_URL names no stand-in: source the env of scripts/standin.sh start")
        zip_path()
        pool = ThreadPoolExecutor()
        cls.addClassCleanup(pool.shutdown)
        scenarios = (cls.beside_instances, cls.adoption, cls.several)
        cls.running = {scenario.__name__: pool.submit(scenario, copy_of_terraform(cls)) for scenario in scenarios}

    def test_a_call_beside_ones_own_instances(self) -> None:
        self.running["beside_instances"].result()

    def test_an_environment_is_adopted_by_moving(self) -> None:
        self.running["adoption"].result()

    def test_calls_by_for_each_that_depend_on_others(self) -> None:
        self.running["several"].result()

    @staticmethod
    def beside_instances(directory: Path) -> None:
        example, suffix = directory / "examples" / "beside-instances", unique("shop")
        shutil.copy(zip_path(), example / f"bootstrap-{ARCHITECTURE}.zip")
        region = os.environ["AWS_REGION"]
        root = Root(example, suffix=suffix, architecture=ARCHITECTURE, image_id="ami-0123456789abcdef0", region=region)
        root.apply()
        equal([], changes(root.plan()))
        ours = [resource for resource in root.resources() if resource["address"].startswith("module.")]
        equal(35, len(ours))
        tagged = [resource for resource in ours if "tags_all" in resource["values"]]
        equal(19, len(tagged))
        for resource in tagged:
            equal(DEFAULT_TAGS, resource["values"]["tags_all"], resource["address"])
        root.destroy(suffix)

    @staticmethod
    def adoption(directory: Path) -> None:
        suffix = unique("adopt")
        variables = {"suffix": suffix, "architecture": ARCHITECTURE, "lambda_zip_path": str(zip_path())}
        own = Root(directory, metric_namespace=f"TagCompliance/{suffix}", **variables)
        own.apply()
        refused(own, suffix)
        adopter = Root(directory / "examples" / "adopt", metric_namespace=f"TagCompliance/{suffix}", **variables)
        (adopter.directory / "terraform.tfstate").write_text(terraform_ok(directory, "state", "pull"), encoding="utf-8")
        plan = adopter.plan()
        equal([], changes(plan))
        moved = [change for change in plan["resource_changes"] if change.get("previous_address")]
        equal(35, len(moved))
        for change in moved:
            equal(f"module.tag_compliance.{change['previous_address']}", change["address"])
        adopter.apply()
        refused(adopter, suffix)
        equal([], changes(adopter.plan()))
        adopter.destroy(suffix)

    @staticmethod
    def several(directory: Path) -> None:
        caller, suffix = directory / "examples" / "caller", unique("each")
        caller.mkdir()
        text = CALLER.replace("SUFFIX", suffix).replace("ARCHITECTURE", ARCHITECTURE).replace("ZIP", str(zip_path()))
        (caller / "main.tf").write_text(text, encoding="utf-8")
        shutil.copy(directory / "examples" / "minimal" / "terraform.tf", caller)
        root = Root(caller, trigger="1")
        root.apply()
        equal([], changes(root.plan()))
        functions = [resource["values"] for resource in root.resources() if resource["type"] == "aws_lambda_function"]
        fallback = {"Environment": "dev", "Application": "ec2-tag-compliance"}
        for function in functions:
            equal({**fallback, "Owner": "web-team", "owner-contact": "web@example.com"}, function["tags_all"])
            policy = json.loads(function["environment"][0]["variables"]["TAG_POLICY"])
            equal({"exclude": [{"auto_scaling_groups": ["group-1"]}]}, policy["scope"])
        # What it depends on changes: then the data sources are read late, and no count may hang on them.
        root.apply(trigger="2")
        root.variables["trigger"] = "2"
        equal([], changes(root.plan()))
        root.destroy(f"{suffix}a", f"{suffix}b")


def equal(wanted: object, found: object, what: str = "") -> None:
    if wanted != found:
        raise AssertionError(f"{what}: expected {wanted}, got {found}")


def refused(root: Root, suffix: str) -> None:
    """Another suffix in the same state is rejected, and the message says what to do."""
    result = terraform(root.directory, "plan", *root.arguments(suffix="another"))
    said = re.sub(r"[\s│]+", " ", result.stderr)
    role = f"its role is tag-compliance-checker-role-{suffix}"
    for part in (role, "terraform workspace new SUFFIX", "its audit log included"):
        if result.returncode != 1 or part not in said:
            raise AssertionError(f"{part!r} is not in: {said[-2000:]}")


if __name__ == "__main__":
    unittest.main()
