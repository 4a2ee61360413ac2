"""Packs a folder into a reproducible archive, byte for byte the same for the same files.

usage: scripts/dev/archive.py FOLDER ARCHIVE.tar.gz
"""

from __future__ import annotations

import gzip
import os
import sys
import tarfile
from pathlib import Path


def pack(folder: Path, archive: Path) -> None:
    """Writes the folder under its own name, without owners and times."""
    part = archive.with_name(archive.name + ".new")
    with (
        part.open("wb") as file,
        gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for path in [folder, *sorted(folder.rglob("*"))]:
            entry = tar.gettarinfo(path, str(Path(folder.name) / path.relative_to(folder)))
            entry.uid = entry.gid = entry.mtime = 0
            entry.uname = entry.gname = ""
            entry.mode = 0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644
            if path.is_dir():
                tar.addfile(entry)
            else:
                with path.open("rb") as content:
                    tar.addfile(entry, content)
    part.replace(archive)


if __name__ == "__main__":
    pack(Path(sys.argv[1]), Path(sys.argv[2]))
