"""Only a zip that the release workflow built is taken from a release. Pure: GitHub's CLI is a fake."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from .support import ROOT

ZIP = b"the function of the release"
SUMS = f"{hashlib.sha256(ZIP).hexdigest()}  bootstrap-arm64.zip\n{hashlib.sha256(ZIP).hexdigest()}  bootstrap-x86_64.zip\n"
# Records its calls, and answers as its environment says.
GH = r"""#!/usr/bin/env bash
set -euo pipefail
printf '%s\n' "$*" >>"$CALLS"
case "$1 $2" in
  "repo view") [[ $REPOSITORY ]] && printf '%s\n' "$REPOSITORY" ;;
  "release download")
    [[ $3 == v1.2.3 ]] || { echo "release not found" >&2; exit 1; }
    cp "$ASSETS"/* "$7"
    ;;
  "attestation verify") exit "$ATTESTED" ;;
esac
"""
TAKE = r"""
set -euo pipefail
root=$1
source "$root/scripts/lib.sh"
source "$root/scripts/ops/terraform.sh"
source "$root/scripts/ops/release.sh"
shift
takes_release=yes
read_arguments "$@"
take_release
printf 'plan: %s\n' "${plan_arguments[*]}"
"""


class ReleaseTest(unittest.TestCase):
    def setUp(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="release-"))
        self.addCleanup(shutil.rmtree, self.directory)
        self.project = self.directory / "project"
        shutil.copytree(ROOT / "scripts", self.project / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
        self.calls = self.directory / "calls"
        self.assets = self.directory / "assets"
        self.assets.mkdir()
        for name in ("bootstrap-arm64.zip", "bootstrap-x86_64.zip"):
            (self.assets / name).write_bytes(ZIP)
        (self.assets / "SHA256SUMS").write_text(SUMS, encoding="utf-8")
        self.programs = self.directory / "bin"
        self.programs.mkdir()
        (self.programs / "gh").write_text(GH, encoding="utf-8")
        (self.programs / "gh").chmod(0o755)

    def run_bash(self, *command: str, **environment: str) -> tuple[int, str]:
        """Exit code and output of a bash with the fake on its PATH."""
        settings = {key: value for key, value in os.environ.items() if key not in ("GH_REPO", "ENVIRONMENT_SUFFIX")}
        settings |= {
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "CALLS": str(self.calls),
            "ASSETS": str(self.assets),
            "REPOSITORY": "team/tags",
            "ATTESTED": "0",
        }
        done = subprocess.run(
            ["bash", *command],
            env=settings | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    def take(self, *arguments: str, **environment: str) -> tuple[int, str]:
        return self.run_bash("-c", TAKE, "deploy.sh", str(self.project), "demo", *arguments, **environment)

    def placed(self) -> list[str]:
        folder = self.project / "target" / "lambda"
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []

    def test_the_zip_is_verified_and_lies_where_terraform_looks_for_it(self) -> None:
        for arguments, architecture in (([], "arm64"), (["--arch", "x86_64"], "x86_64")):
            self.calls.unlink(missing_ok=True)
            status, printed = self.take("--release", "v1.2.3", *arguments, "--", "-var", "log_level=DEBUG")
            self.assertEqual(status, 0, printed)
            name = f"bootstrap-{architecture}.zip"
            self.assertIn(f"-var architecture={architecture} -var lambda_zip_path=./../target/lambda/{name}\n", printed)
            self.assertEqual((self.project / "target" / "lambda" / name).read_bytes(), ZIP)
            _, download, verify = self.calls.read_text(encoding="utf-8").splitlines()
            self.assertRegex(download, rf"^release download v1\.2\.3 --repo team/tags --dir \S+ --pattern {name} ")
            self.assertRegex(
                verify,
                rf"^attestation verify \S+/{name} --repo team/tags --source-ref refs/tags/v1\.2\.3 "
                r"--signer-workflow team/tags/\.github/workflows/release\.yml --deny-self-hosted-runners$",
            )
        self.assertEqual(self.placed(), ["bootstrap-arm64.zip", "bootstrap-x86_64.zip"])

    def test_another_repository_can_be_named(self) -> None:
        status, printed = self.take("--release", "v1.2.3", GH_REPO="other/fork", REPOSITORY="")
        self.assertEqual(status, 0, printed)
        self.assertIn("was built by other/fork", printed)

    def test_what_cannot_be_verified_is_not_placed(self) -> None:
        self.take("--release", "v1.2.3")
        for told, arguments, environment in (
            ("--release needs a value", ["--release"], {}),
            ("expected the tag of a release, such as v1.2.3, got latest", ["--release", "latest"], {}),
            ("expected x86_64 or arm64, got sparc", ["--release", "v1.2.3", "--arch", "sparc"], {}),
            ("which repository? Run gh auth login", ["--release", "v1.2.3"], {"REPOSITORY": ""}),
            ("the release v9.9.9 of team/tags has no bootstrap-arm64.zip", ["--release", "v9.9.9"], {}),
            ("no attestation shows that team/tags built", ["--release", "v1.2.3"], {"ATTESTED": "1"}),
        ):
            status, printed = self.take(*arguments, **environment)
            self.assertEqual(status, 1, printed)
            self.assertIn(told, printed)
        (self.assets / "bootstrap-arm64.zip").write_bytes(b"another one")
        status, printed = self.take("--release", "v1.2.3")
        self.assertEqual(status, 1, printed)
        self.assertIn("bootstrap-arm64.zip does not match the checksum in the release's SHA256SUMS", printed)
        self.assertEqual((self.project / "target" / "lambda" / "bootstrap-arm64.zip").read_bytes(), ZIP)
        self.assertEqual(self.placed(), ["bootstrap-arm64.zip"])

    def test_without_the_github_cli_it_says_where_it_comes_from(self) -> None:
        (self.programs / "gh").unlink()
        for name in ("bash", "dirname", "basename", "python3", "env"):
            found = shutil.which(name)
            assert found
            (self.programs / name).symlink_to(found)
        status, printed = self.take("--release", "v1.2.3", PATH=str(self.programs))
        self.assertEqual(status, 1, printed)
        self.assertIn("the command gh is needed; install the GitHub CLI, from https://cli.github.com", printed)

    def test_only_a_deployment_takes_a_release_and_before_terraform_runs(self) -> None:
        scripts = self.project / "scripts"
        status, printed = self.run_bash(str(scripts / "deploy.sh"), "demo", "--release", "v1.2.3", ATTESTED="1")
        self.assertEqual(status, 1, printed)
        self.assertIn("no attestation shows that team/tags built this bootstrap-arm64.zip from v1.2.3", printed)
        status, printed = self.run_bash(str(scripts / "destroy.sh"), "demo", "--release", "v1.2.3")
        self.assertEqual(status, 1, printed)
        self.assertIn("unknown option --release; see scripts/destroy.sh --help", printed)


if __name__ == "__main__":
    unittest.main()
