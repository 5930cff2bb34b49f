"""Does get_cifar10.py install a sound set or change nothing, whatever archive, disk and user do?

What a subprocess cannot show (a full disk, evil archives by the dozen) calls the program in this
process. The downloads are in test_get_datasets.py.
"""

import bz2
import contextlib
import gzip
import hashlib
import io
import lzma
import os
import pickle
import shutil
import sys
import tarfile
import types
import zipfile
from pathlib import Path

import get_cifar10
import pytest

from tests.small_cifar10 import (
    ARCHIVE,
    FILES,
    NAMES,
    PART,
    REAL,
    SHA256,
    SYNTHETIC,
    assert_installed,
    assert_refused,
    held,
    member,
    members_of,
    small_files,
    snapshot,
    tar_gz,
    write_set,
)


@pytest.fixture
def call(dest, capsys):
    """Return a function that runs the program and returns what a finished process would."""

    def call(*args):
        code = get_cifar10.main(["--dest", str(dest), *map(str, args)])
        out, err = capsys.readouterr()
        return types.SimpleNamespace(returncode=code, stdout=out, stderr=err)

    return call


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "cifar.tar.gz"
    path.write_bytes(ARCHIVE)
    return path


@pytest.mark.parametrize("free", [100_000_000, 1000])
def test_small_disk_is_noticed_before(call, dest, broken, archive, monkeypatch, free):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: types.SimpleNamespace(free=free))
    monkeypatch.setattr(get_cifar10, "download", None)  # must not be reached
    result = call() if free > 1000 else call("--from", archive, "--sha256", SHA256)
    assert_refused(result, broken, dest)
    assert "needs" in result.stderr and "free some space" in result.stderr


EVIL = {
    "absolute": member("/etc/passwd", b"x"),
    "absolute-inside": member(f"/{REAL}/data_batch_1", b"x"),
    "parent": member(f"{REAL}/../../data_batch_1", b"x"),
    "hidden-parent": member(f"{REAL}/x/../data_batch_1", b"x"),
    "symlink": member(f"{REAL}/data_batch_1", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
    "hardlink": member(f"{REAL}/data_batch_1", type=tarfile.LNKTYPE, linkname="/etc/passwd"),
    "device": member(f"{REAL}/data_batch_1", type=tarfile.CHRTYPE),
    "fifo": member(f"{REAL}/data_batch_1", type=tarfile.FIFOTYPE),
    "folder-as-file": member(f"{REAL}/data_batch_1", type=tarfile.DIRTYPE),
    "elsewhere": member("data_batch_1", b"x"),
    "deeper": member(f"{REAL}/{REAL}/data_batch_1", b"x"),
    "twice": member(f"{REAL}/data_batch_5", FILES["data_batch_5"]),
}


@pytest.mark.parametrize("evil", EVIL)
def test_evil_archive_is_refused(call, dest, broken, tmp_path, evil):
    files = {name: content for name, content in FILES.items() if name != "data_batch_1"}
    path = tmp_path / "evil.tar.gz"
    path.write_bytes(tar_gz(*members_of(files), EVIL[evil]))
    result = call("--from", path, "--sha256", "none")
    assert_refused(result, broken, dest)
    assert repr(EVIL[evil][0].name) in result.stderr


@pytest.mark.parametrize(
    "content, says",
    [
        (b"<html>Log in to this network", "no sound tar or zip"),
        (gzip.compress(b"hello " * 1000), "no sound tar or zip"),
        (ARCHIVE[:-5000], "no sound tar or zip"),
        (ARCHIVE[:-6] + b"xx" + ARCHIVE[-4:], "CRC check failed"),
        (tar_gz(*members_of(FILES)[:-1]), "missing: batches.meta"),
        (tar_gz(member("my/cifar.tar", b"x")), "'my/cifar.tar' and no data_batch_1; if that is"),
        (tar_gz(*members_of(FILES | {"test_batch": b"hello"})), "format: test_batch"),
        (tar_gz(*members_of(FILES | {"test_batch": FILES["test_batch"][:-9]})), "test_batch"),
    ],
    ids=[
        "html",
        "no-tar",
        "cut",
        "crc",
        "file-missing",
        "archive-inside",
        "no-pickle",
        "cut-pickle",
    ],
)
def test_useless_archive_is_refused(call, dest, broken, tmp_path, content, says):
    path = tmp_path / "useless.tar.gz"
    path.write_bytes(content)
    result = call("--from", path, "--sha256", "none")
    assert_refused(result, broken, dest)
    assert says in result.stderr and str(path) in result.stderr


def test_bomb_is_refused(call, dest, broken, tmp_path, monkeypatch):
    monkeypatch.setattr("unpack.MAX_BYTES", 10_000_000)
    path = tmp_path / "bomb.tar.gz"
    zeros = member(f"{REAL}/readme.html", bytes(20_000_000))  # a file that would not be unpacked
    path.write_bytes(tar_gz(*members_of(FILES), zeros))
    result = call("--from", path, "--sha256", "none")
    assert_refused(result, broken, dest)
    assert "10.0 MB" in result.stderr


def test_pickles_are_never_run(call, dest, tmp_path):
    class Evil:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "ran"),))

    evil = pickle.dumps({"data": Evil(), "labels": []})
    path = tmp_path / "evil.tar.gz"
    path.write_bytes(tar_gz(*members_of(FILES | {"data_batch_1": evil})))
    call("--from", path, "--sha256", "none")
    assert not (tmp_path / "ran").exists()


def test_files_of_an_archive_on_disk_are_compared_with_the_published_ones(
    call, dest, broken, archive
):
    result = call("--from", archive)
    assert_refused(result, broken, dest)
    assert "wrong md5: data_batch_1, " in result.stderr and "network" not in result.stderr
    assert "170,498,071" in result.stderr and "--sha256 none" in result.stderr


def as_zip(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


MAC = {f"__MACOSX/._{name}": b"Mac" for name in NAMES} | {f"._{name}": b"Mac" for name in NAMES}
NESTED = {f"up/{REAL}/{REAL}/{name}": content for name, content in FILES.items()}
TAR = gzip.decompress(ARCHIVE)
PACKED_AGAIN = {
    "tar": TAR,
    "tar.bz2": bz2.compress(TAR),
    "tar.xz": lzma.compress(TAR),
    "flat": gzip.decompress(tar_gz(*(member(*file) for file in FILES.items()))),
    "with ./": tar_gz(*(member(f"./{REAL}/{name}", FILES[name]) for name in NAMES)),
    "nested, from a Mac": tar_gz(*(member(*file) for file in (NESTED | MAC).items())),
    "zip": as_zip({f"{REAL}/": b""} | {f"{REAL}/{name}": FILES[name] for name in NAMES} | MAC),
    "flat zip": as_zip(FILES),
    "nested zip": as_zip({"up/": b"", **NESTED}),
}


@pytest.mark.parametrize("kind", PACKED_AGAIN)
def test_an_archive_that_was_packed_again_is_taken(call, dest, tmp_path, monkeypatch, kind):
    md5 = {name: hashlib.md5(FILES[name]).hexdigest() for name in NAMES}
    monkeypatch.setattr(get_cifar10, "CIFAR10_MD5", md5)
    path = tmp_path / "my cifar"
    path.write_bytes(PACKED_AGAIN[kind])
    result = call("--from", f' "{path}" ')
    assert result.returncode == 0 and "published CIFAR-10" in result.stdout, result.stderr
    assert_installed(dest)


EVIL_ZIP = {
    "absolute": ("/data_batch_1", 0o100644),
    "parent": (f"{REAL}/../../data_batch_1", 0o100644),
    "backslash": ("..\\data_batch_1", 0o100644),
    "symlink": (f"{REAL}/data_batch_1", 0o120777),
    "elsewhere": ("data_batch_1", 0o100644),
    "folder-as-file": (f"{REAL}/data_batch_1/", 0),
}


@pytest.mark.parametrize("evil", EVIL_ZIP)
def test_evil_zip_is_refused(call, dest, broken, tmp_path, evil):
    name, mode = EVIL_ZIP[evil]
    path = tmp_path / "evil.zip"
    path.write_bytes(as_zip({f"{REAL}/{one}": FILES[one] for one in NAMES[1:]}))
    with zipfile.ZipFile(path, "a") as archive:
        info = zipfile.ZipInfo(name)
        info.external_attr = mode << 16
        archive.writestr(info, b"" if name.endswith("/") else b"x")
    result = call("--from", path, "--sha256", "none")
    assert_refused(result, broken, dest)
    assert repr(name) in result.stderr


def test_published_files_are_recognised(call, dest, archive, monkeypatch):
    md5 = {name: hashlib.md5(FILES[name]).hexdigest() for name in NAMES}
    monkeypatch.setattr(get_cifar10, "CIFAR10_MD5", md5)
    assert (
        "published CIFAR-10 (all md5 match)" in call("--from", archive, "--sha256", SHA256).stdout
    )
    assert "published CIFAR-10 (all md5 match)" in call("--check").stdout
    assert archive.exists()


def test_published_archive_must_give_the_published_files(call, dest, broken, archive, monkeypatch):
    """As after a bad write: the archive's checksum is right, the files' are not."""
    monkeypatch.setattr(get_cifar10, "CIFAR10_ARCHIVE_SHA256", SHA256)
    result = call("--from", archive)
    assert_refused(result, broken, dest)
    assert "wrong md5: data_batch_1" in result.stderr


# Folders and links


def test_where_no_link_can_be_made_files_are_copied_and_that_is_said(
    call, dest, tmp_path, monkeypatch
):
    def refuse(*_, **__):
        raise OSError(22, "A required privilege is not held by the client")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    result = call("--from", write_set(tmp_path / "mine", FILES | {"other": b"x"}))
    assert result.returncode == 0 and "Copying" in result.stdout and "privilege" in result.stdout
    assert_installed(dest)


@pytest.mark.parametrize("where", [f"up/{REAL}", "up", "."])
def test_folder_is_linked(call, dest, tmp_path, where):
    folder = write_set(tmp_path / "my data" / "up" / REAL, FILES)
    result = call("--from", tmp_path / "my data" / where)
    assert result.returncode == 0, result.stderr
    assert os.readlink(dest / REAL) == str(folder)
    assert call("--check").returncode == 0


@pytest.mark.parametrize("damage", ["missing", "no-pickle", "empty"])
def test_unsound_folder_is_not_linked(call, dest, broken, tmp_path, damage):
    folder = write_set(tmp_path / "mine", FILES)
    if damage == "missing":
        (folder / "test_batch").unlink()
    elif damage == "no-pickle":
        (folder / "test_batch").write_bytes(b"hello")
    else:
        folder = tmp_path / "nothing"
        folder.mkdir()
    assert_refused(call("--from", folder), broken, dest)


def test_missing_source(call, dest, broken):
    result = call("--from", "no/such/file")
    assert_refused(result, broken, dest)
    assert "no/such/file" in result.stderr


@pytest.mark.parametrize("source", ["", REAL])
def test_broken_set_is_not_linked_to_itself(call, dest, archive, source):
    call("--from", archive, "--sha256", SHA256)
    (dest / REAL / "data_batch_1").write_bytes(FILES["data_batch_2"])  # readable, but changed
    before = snapshot(dest)
    assert_refused(call("--from", dest / source), before, dest)


def test_link_is_replaced_but_not_its_target(call, dest, tmp_path, archive):
    mine = write_set(tmp_path / "mine", {"data_batch_1": b"my own"})
    (dest / REAL).symlink_to(mine)
    before = snapshot(mine)
    result = call("--from", archive, "--sha256", SHA256)
    assert result.returncode == 0 and "is broken (missing: " in result.stdout
    assert_installed(dest)
    assert snapshot(mine) == before


def test_dangling_link_is_replaced(call, dest, tmp_path, archive):
    (dest / REAL).symlink_to(tmp_path / "gone")
    assert call("--check").returncode == 1
    assert call("--from", archive, "--sha256", SHA256).returncode == 0
    assert_installed(dest)


# Broken sets, --check


@pytest.mark.parametrize("damage", ["changed", "missing"])
def test_broken_set_is_noticed_and_replaced(call, dest, archive, damage):
    call("--from", archive, "--sha256", SHA256)
    assert call("--check").returncode == 0
    if damage == "missing":
        (dest / REAL / "data_batch_3").unlink()
    else:
        (dest / REAL / "data_batch_3").write_bytes(FILES["data_batch_4"])
    check = call("--check")
    assert_refused(check, snapshot(dest), dest)
    assert "data_batch_3" in check.stderr and "python datasets/get_cifar10.py" in check.stderr
    result = call("--from", archive, "--sha256", SHA256)
    assert result.returncode == 0 and "is broken" in result.stdout
    assert_installed(dest)


def test_check_of_nothing(call, dest):
    assert_refused(call("--check"), {}, dest)
    assert os.listdir(dest) == []


def test_leftovers_of_a_killed_run(call, dest, broken):
    """Killed between its two renames, a run leaves the old set under another name."""
    (dest / ".new-1").mkdir()
    (dest / REAL).rename(dest / ".new-1" / f"{REAL}.old")
    (dest / ".new-2" / REAL).mkdir(parents=True)
    assert_refused(call("--from", "no/such/file"), broken, dest)


def test_leftovers_beside_a_sound_set(call, dest, archive):
    call("--from", archive, "--sha256", SHA256)
    (dest / ".new-1" / REAL).mkdir(parents=True)
    (dest / PART).write_bytes(ARCHIVE)
    with contextlib.closing(held(dest)):  # the other copy is still at work
        assert call().returncode == 0
        assert (dest / ".new-1").exists() and (dest / PART).exists()
    assert call().returncode == 0
    assert_installed(dest)


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_second_rename_fails(call, dest, broken, archive, monkeypatch, error):
    rename = Path.rename

    def failing(self, target):
        if self.name == REAL and self.parent.name.startswith(".new-"):
            raise error
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    if isinstance(error, OSError):
        assert_refused(call("--from", archive, "--sha256", SHA256), broken, dest)
    else:
        with pytest.raises(KeyboardInterrupt):
            call("--from", archive, "--sha256", SHA256)
        assert snapshot(dest) == broken


# The synthetic set


@pytest.fixture
def stand_in(monkeypatch):
    """A quick scenes/ that writes FILES."""
    module = types.SimpleNamespace(write=lambda root: write_set(Path(root), FILES))
    monkeypatch.setitem(sys.modules, "scenes", module)
    sums = {name: hashlib.sha256(FILES[name]).hexdigest() for name in NAMES}
    monkeypatch.setattr(get_cifar10, "SYNTHETIC_SHA256", sums)
    return module


def test_synthetic_set_is_drawn_once(call, dest, stand_in):
    assert call("--synthetic").returncode == 0
    stand_in.write = None
    again = call("--synthetic")
    assert again.returncode == 0 and "already there" in again.stdout
    assert "synthetic" in call("--check").stdout
    (dest / SYNTHETIC / "test_batch").write_bytes(b"changed")
    assert call("--check").returncode == 1


def test_wrongly_drawn_set_is_refused(call, dest, stand_in):
    stand_in.write = lambda root: write_set(Path(root), small_files(seed=1))
    assert_refused(call("--synthetic"), {}, dest)


def test_synthetic_set_without_numpy(call, dest, monkeypatch):
    monkeypatch.setitem(sys.modules, "scenes", None)
    result = call("--synthetic")
    assert_refused(result, {}, dest)
    assert "make setup" in result.stderr


# The options


@pytest.mark.parametrize(
    "wrong",
    [
        ["--unknown"], ["--sha256", "123"], ["--from", "ftp://x/y"], ["--timeout", "soon"],
        ["--timeout", "-1"], ["--stall", "0"], ["--tries", "0"], ["--check", "--synthetic"],
        ["stray"],
    ],
)  # fmt: skip
def test_wrong_usage(call, capsys, wrong):
    with pytest.raises(SystemExit) as exit:
        call(*wrong)
    assert exit.value.code == 2
    assert "usage: python datasets/get_cifar10.py" in capsys.readouterr().err
