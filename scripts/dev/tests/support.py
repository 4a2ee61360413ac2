"""A copy of terraform/, in which a test can write."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
LEFT_OUT = shutil.ignore_patterns(".terraform", "*.tfstate*", "*.tfvars*")


def copy_of_terraform(case: type[unittest.TestCase]) -> Path:
    """The copy, in a folder of its own; it is deleted after the class."""
    directory = Path(tempfile.mkdtemp(prefix="terraform-")) / "checkout"
    case.addClassCleanup(shutil.rmtree, directory.parent)
    shutil.copytree(ROOT / "terraform", directory / "terraform", ignore=LEFT_OUT)
    return directory / "terraform"


def terraform(directory: Path, *arguments: str, text: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs Terraform, and returns its exit code and output."""
    return subprocess.run(
        ["terraform", f"-chdir={directory}", *arguments],
        env={**os.environ, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", **environment},
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )


def terraform_ok(directory: Path, *arguments: str, text: str = "", **environment: str) -> str:
    """Standard output of a command that must succeed."""
    result = terraform(directory, *arguments, text=text, **environment)
    if result.returncode:
        raise AssertionError(f"terraform {' '.join(arguments)}: {result.stdout[-3000:]}{result.stderr[-3000:]}")
    return result.stdout


def init(directory: Path) -> None:
    """Uses the root's lock file if there is none, as in an example."""
    for parent in directory.parents:
        lock = parent / ".terraform.lock.hcl"
        if lock.exists() and not (directory / lock.name).exists():
            shutil.copy(lock, directory)
    terraform_ok(directory, "init", "-input=false", "-no-color", "-lockfile=readonly")


def console(directory: Path, expression: str, *arguments: str) -> Any:
    """The value of an expression, without asking AWS."""
    text = f"jsonencode({expression})\n"
    printed = terraform_ok(directory, "console", *arguments, text=text, TF_CLI_ARGS="-no-color")
    return json.loads(json.loads(printed.strip().splitlines()[-1]))


def plans_of(directory: Path, file: str) -> dict[str, dict[str, Any]]:
    """The plan of each run of one of Terraform's own tests, with the providers' schemas, against mocks."""
    printed = terraform_ok(directory, "test", "-json", "-verbose", f"-filter=tests/{file}")
    messages = [json.loads(line) for line in printed.splitlines()]
    return {message["@testrun"]: message["test_plan"] for message in messages if message["type"] == "test_plan"}


def planned(directory: Path, file: str, run: str) -> dict[str, Any]:
    """The plan of one run."""
    return plans_of(directory, file)[run]
