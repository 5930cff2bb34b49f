"""A small data set in CIFAR-10's layout, archives of it, and what get_datasets.sh may leave."""

import gzip
import hashlib
import io
import os
import pickle
import random
import sqlite3
import tarfile

NAMES = [f"data_batch_{number}" for number in range(1, 6)] + ["test_batch", "batches.meta"]
REAL, SYNTHETIC = "cifar-10-batches-py", "synthetic-batches-py"
PART = "cifar-10-python.tar.gz.part"


def small_files(seed=0):
    rng = random.Random(seed)
    batch = {"labels": [3, 1, 4], "filenames": ["a.png"]}
    files = {name: pickle.dumps(batch | {"data": rng.randbytes(30_000)}, 4) for name in NAMES}
    files["batches.meta"] = pickle.dumps({"label_names": ["cat", "dog"]}, 2)
    return files


FILES = small_files()


def member(name, content=b"", **attributes):
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for key, value in attributes.items():
        setattr(info, key, value)
    return info, content


def tar_gz(*members):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for info, content in members:
            tar.addfile(info, io.BytesIO(content))
    return gzip.compress(buffer.getvalue(), mtime=0)  # the same bytes in every process


def members_of(files):
    folder = member(REAL, type=tarfile.DIRTYPE)
    return [folder, *(member(f"{REAL}/{name}", content) for name, content in files.items())]


ARCHIVE = tar_gz(*members_of(FILES), member(f"{REAL}/readme.html", b"<html>"))
SHA256 = hashlib.sha256(ARCHIVE).hexdigest()


def snapshot(folder):
    """Everything below `folder` but the lock and the partial download, with modes and contents."""
    found = {}
    for entry in sorted(folder.rglob("*")):
        if entry.is_symlink():
            found[str(entry)] = os.readlink(entry)
        elif entry.name not in (".lock", PART):
            content = entry.read_bytes() if entry.is_file() else None
            found[str(entry)] = (entry.stat().st_mode, content)
    return found


def held(dest):
    """Return the lock of another copy of the program, which is at work in `dest` until .close()."""
    lock = sqlite3.connect(dest / ".lock", timeout=0)
    lock.execute("BEGIN EXCLUSIVE")
    return lock


def write_set(folder, files):
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def assert_installed(dest, files=FILES):
    """The set is there, nothing else is, and nobody else may write to it."""
    found = {name: (dest / REAL / name).read_bytes() for name in os.listdir(dest / REAL)}
    assert found == files
    assert sorted(os.listdir(dest)) == [".lock", REAL, REAL + ".md5"]
    modes = [entry.stat().st_mode & 0o777 for entry in [dest / REAL, *dest.rglob("*")]]
    assert set(modes) <= {0o644, 0o755}


def assert_refused(result, before, dest):
    """Exit code 1, an error with a way out, and datasets/ as it was."""
    assert result.returncode == 1, result
    assert "error: " in result.stderr and "what to do: " in result.stderr
    assert "Traceback" not in result.stderr
    assert snapshot(dest) == before
