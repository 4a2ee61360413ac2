"""Dependencies are pinned as reviewed, and kept up to date. Pure."""

from __future__ import annotations

import json
import re
import subprocess
import unittest

from .support import ROOT

# How the files are named that Dependabot reads, by its name for what they are.
LOCKED = {
    "cargo": r"Cargo\.lock",
    "npm": r"package-lock\.json",
    "pip": r".*\.txt",
    "terraform": r"\.terraform\.lock\.hcl",
}


def files() -> list[str]:
    """The repository's files."""
    return subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()


def requirements() -> list[str]:
    """Those that pip installs from."""
    return [path for path in files() if re.search(r"requirements[^ ]*\.txt$", path)]


class DependenciesTest(unittest.TestCase):
    def test_pip_gets_an_exact_version_and_a_hash_of_each_package(self) -> None:
        self.assertGreaterEqual(len(requirements()), 9)
        for path in requirements():
            text = (ROOT / path).read_text(encoding="utf-8")
            packages = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", "").splitlines()
            for package in packages:
                self.assertRegex(package, r"^[A-Za-z0-9._-]+==[^ ]+ (; [^\\]+)?( *--hash=sha256:[0-9a-f]{64})+$", path)

    def test_npm_knows_its_packages_by_hash_wherever_they_come_from(self) -> None:
        locks = [path for path in files() if path.endswith("package-lock.json")]
        self.assertEqual(locks, ["scripts/dev/npm/package-lock.json"])
        packages = json.loads((ROOT / locks[0]).read_text(encoding="utf-8"))["packages"]
        for name, package in packages.items():
            if name:
                self.assertNotIn("resolved", package)
                self.assertRegex(package["integrity"], r"^sha512-")

    def test_dependabot_looks_after_every_one_of_them(self) -> None:
        config = (ROOT / ".github" / "dependabot.yml").read_text(encoding="utf-8")
        for ecosystem, name in LOCKED.items():
            [(one, several)] = re.findall(
                rf"package-ecosystem: {ecosystem}\n    (?:directory: (\S+)|directories: \[([^]]+)\])\n", config
            )
            candidates = requirements() if ecosystem == "pip" else files()
            found = {f"/{path}".rpartition("/")[0] or "/" for path in candidates if re.fullmatch(rf"(.*/)?{name}", path)}
            self.assertEqual({one} if one else set(several.split(", ")), found, ecosystem)


if __name__ == "__main__":
    unittest.main()
