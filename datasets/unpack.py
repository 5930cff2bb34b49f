"""Unpack CIFAR-10 from an archive, of which nothing is trusted. Standard library only.

The archive may be a tar, packed or not, or a zip, and its folders may be any. Only plain files are
accepted: no absolute names, no `..`, no links, no devices, and no more than MAX_BYTES of them.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import shutil
import tarfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from cs231n.checksums import CIFAR10_MD5

FOLDER = "cifar-10-batches-py"
FILES = list(CIFAR10_MD5)
MAX_BYTES = 1_000_000_000  # five times CIFAR-10: whatever is bigger is a mistake or an attack
PACKED = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}
DAMAGE = (tarfile.TarError, gzip.BadGzipFile, zlib.error, lzma.LZMAError, zipfile.BadZipFile)


class Broken(Exception):
    """Why an archive, or what came of it, is not sound."""


class Bounded:
    """A readable file that refuses to swell beyond MAX_BYTES."""

    def __init__(self, file):
        self.file = file
        self.left = MAX_BYTES

    def read(self, size: int) -> bytes:
        data = self.file.read(size)
        self.left -= len(data)
        if self.left < 0:
            raise Broken(f"it unpacks to more than {MAX_BYTES / 1e6:.1f} MB")
        return data


def extract(archive: Path, folder: Path) -> None:
    """Write the seven files in `archive` to the new `folder`. Raises Broken."""
    folder.mkdir()
    places, others = set(), []
    try:
        for name, source in members(archive):
            path = PurePosixPath(name)
            if path.name not in FILES or "__MACOSX" in path.parts:
                others.append(name)  # such as readme.html, or what a Mac adds to each file
                continue
            places.add(path.parent)
            if len(places) > 1 or (folder / path.name).exists():
                raise Broken(f"it holds {name!r}, which is there twice, or of another set")
            with open(folder / path.name, "xb") as copy:
                shutil.copyfileobj(source, copy)
    except (*DAMAGE, EOFError, OSError, RuntimeError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # of the disk, and not of the archive
        raise Broken(f"no sound tar or zip archive: {error}") from error
    if others and not places:
        told = ", ".join(map(repr, others[:3]))
        raise Broken(f"it holds {told} and no {FILES[0]}; if that is an archive, unpack it first")


def members(archive: Path):
    """Yield (name, open file) of all plain files; Broken for what is neither that nor a
    folder, or lies outside."""
    with open(archive, "rb") as file:
        start = file.read(6)
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as content:
            for entry in content.infolist():
                kind = entry.external_attr >> 28  # of Unix: 8 is a plain file, 4 a folder
                check(entry.filename, kind in (0, 8), entry.is_dir())
                if not entry.is_dir():
                    with content.open(entry) as opened:
                        yield entry.filename, Bounded(opened)
        return
    unpacked = next((PACKED[magic] for magic in PACKED if start.startswith(magic)), open)
    with unpacked(archive, "rb") as file:
        content = Bounded(file)
        with tarfile.open(fileobj=content, mode="r|") as tar:
            for member in tar:
                # A sparse file may be larger than all that was read.
                check(member.name, member.isreg() and not member.issparse(), member.isdir())
                if member.isreg():
                    yield member.name, tar.extractfile(member)
        while content.read(1 << 18):  # the packer compares its own checksum at the very end
            pass


def check(name: str, plain: bool, is_folder: bool) -> None:
    path = PurePosixPath(name)
    plain = path.name not in FILES if is_folder else plain
    if not plain or path.is_absolute() or ".." in path.parts or "\\" in name:
        raise Broken(f"it holds {name!r}, which is no plain file below its folder")
