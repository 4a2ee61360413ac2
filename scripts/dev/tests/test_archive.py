"""The archive of a release's program. Pure."""

from __future__ import annotations

import os
import re
import tarfile
import tempfile
import tomllib
import unittest
from pathlib import Path

from dev.archive import pack

from .support import ROOT


class ArchiveTest(unittest.TestCase):
    def packed(self, umask: int) -> bytes:
        before = os.umask(umask)
        self.addCleanup(os.umask, before)
        with tempfile.TemporaryDirectory() as directory:
            folder, archive = Path(directory) / "program-1.0.0-target", Path(directory) / "program.tar.gz"
            (folder / "man").mkdir(parents=True)
            for path, text in (("program", "#!"), ("man/program.1", ".TH"), ("LICENSE", "Apache")):
                (folder / path).write_text(text, encoding="utf-8")
            (folder / "program").chmod(0o700)
            pack(folder, archive)
            self.assertEqual(sorted(path.name for path in Path(directory).iterdir()), [folder.name, archive.name])
            with tarfile.open(archive) as tar:
                self.entries = {entry.name: (entry.mode, entry.uid, entry.mtime) for entry in tar}
            return archive.read_bytes()

    def test_the_same_files_are_the_same_archive_whoever_packs_them(self) -> None:
        self.assertEqual(self.packed(0o022), self.packed(0o077))
        self.assertEqual(
            self.entries,
            {
                "program-1.0.0-target": (0o755, 0, 0),
                "program-1.0.0-target/LICENSE": (0o644, 0, 0),
                "program-1.0.0-target/man": (0o755, 0, 0),
                "program-1.0.0-target/man/program.1": (0o644, 0, 0),
                "program-1.0.0-target/program": (0o755, 0, 0),
            },
        )


class BinstallTest(unittest.TestCase):
    def test_cargo_binstall_looks_for_the_archive_that_the_build_makes(self) -> None:
        manifest = tomllib.loads((ROOT / "crates" / "cli" / "Cargo.toml").read_text(encoding="utf-8"))
        binstall = manifest["package"]["metadata"]["binstall"]
        build = (ROOT / "scripts" / "build.sh").read_text(encoding="utf-8")
        [name] = re.findall(r"^  name=(tag-compliance-.+)$", build, flags=re.MULTILINE)
        name = name.replace("${version#tag-compliance }", "{ version }").replace("$target", "{ target }")
        self.assertEqual(binstall["pkg-url"], f"{{ repo }}/releases/download/v{{ version }}/{name}.tar.gz")
        self.assertEqual(binstall["bin-dir"], f"{name}/{{ bin }}{{ binary-ext }}")
        self.assertEqual(binstall["pkg-fmt"], "tgz")
        # Nobody else's build: the name is not ours on crates.io.
        self.assertEqual(binstall["disabled-strategies"], ["quick-install"])


if __name__ == "__main__":
    unittest.main()
