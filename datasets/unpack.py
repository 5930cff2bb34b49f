"""Unpack CIFAR-10's archive, of which nothing is trusted. Standard library only.

Only plain files of cifar-10-batches-py/ are accepted: no absolute names, no `..`, no links, no
devices, and no more than MAX_BYTES of them.
"""

from __future__ import annotations

import gzip
import os
import shutil
import tarfile
import zlib
from pathlib import Path

from cs231n.checksums import CIFAR10_MD5

FOLDER = "cifar-10-batches-py"
FILES = list(CIFAR10_MD5)
MAX_BYTES = 1_000_000_000  # five times CIFAR-10: whatever is bigger is a mistake or an attack


class BrokenArchive(Exception):
    """Why an archive is not sound."""


class Bounded:
    """A readable file that refuses to swell beyond MAX_BYTES."""

    def __init__(self, file):
        self.file = file
        self.left = MAX_BYTES

    def read(self, size: int) -> bytes:
        data = self.file.read(size)
        self.left -= len(data)
        if self.left < 0:
            raise BrokenArchive(f"it unpacks to more than {MAX_BYTES / 1e6:.1f} MB")
        return data


def extract(archive: Path, folder: Path) -> None:
    """Write the seven files in `archive` to the new `folder`. Raises BrokenArchive."""
    folder.mkdir()
    try:
        with gzip.open(archive) as unzipped:
            content = Bounded(unzipped)
            with tarfile.open(fileobj=content, mode="r|") as tar:
                for member in tar:
                    extract_member(tar, member, folder)
            while content.read(1 << 18):  # gzip compares its own checksum at the very end
                pass
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise BrokenArchive(f"no sound tar.gz archive: {error}") from error


def extract_member(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    path = member.name.removeprefix("./")
    if member.isdir() and path in (".", FOLDER):
        return
    parent, name = os.path.split(path)
    # A sparse file may be larger than all that was read.
    if parent != FOLDER or not member.isreg() or member.issparse() or (folder / name).exists():
        what = f"no plain file of {FOLDER}/, or there twice"
        raise BrokenArchive(f"it holds {member.name!r}, which is {what}")
    if name in FILES:  # and not readme.html
        with tar.extractfile(member) as source, open(folder / name, "xb") as copy:
            shutil.copyfileobj(source, copy)
