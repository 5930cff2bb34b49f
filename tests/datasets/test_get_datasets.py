"""Does get_datasets.sh install a sound set or change nothing, whatever the server and the user do?

The real script runs against a small local server with the faults of real ones, on an archive of
seven small files.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from conftest import ROOT
from tests.bad_server import Server
from tests.https_server import serving, write_certificate
from tests.small_cifar10 import (
    ARCHIVE,
    PART,
    REAL,
    SHA256,
    assert_installed,
    assert_refused,
    held,
    member,
    snapshot,
    tar_gz,
)

SCRIPT = ROOT / "get_datasets.sh"


@pytest.fixture
def server():
    with Server(ARCHIVE) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.released.set()
        server.shutdown()
        thread.join()


# Running the script, and looking at what it left


@pytest.fixture
def path(tmp_path):
    """A folder for PATH with Python, and what starts it."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").symlink_to(os.path.realpath(sys.executable))
    for name in ("bash", "dirname"):
        (tmp_path / "bin" / name).symlink_to(shutil.which(name))
    return str(tmp_path / "bin")


def command(dest, *args):
    return ["bash", str(SCRIPT), "--dest", str(dest), "--pause", "0.01", *map(str, args)]


def environment(path):
    # No proxy between us and 127.0.0.1.
    clean = {name: text for name, text in os.environ.items() if not name.lower().endswith("_proxy")}
    return {**clean, "PATH": path, "PYTHONDONTWRITEBYTECODE": "1"}


def run(path, dest, *args, **options):
    return subprocess.run(
        command(dest, *args),
        env=environment(path), capture_output=True, text=True, timeout=60, **options,
    )  # fmt: skip


def start_and_wait_for_part(path, dest, *args):
    process = subprocess.Popen(
        command(dest, *args),
        env=environment(path),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    while not (dest / PART).exists() or (dest / PART).stat().st_size < 50_000:
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.02)
    return process


# Downloads that work


def test_download_installs_and_is_not_repeated(path, dest, server):
    result = run(path, dest, "--from", server.url("ok"), "--sha256", SHA256)
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    assert "CIFAR-10 layout, not the published files" in result.stdout
    assert_installed(dest)
    again = run(path, dest, "--from", server.url("ok"))
    assert again.returncode == 0 and "already there and sound" in again.stdout
    assert len(server.requests) == 1


@pytest.mark.parametrize("mode", ["503", "pieces", "no-range"])
def test_download_survives(path, dest, server, mode):
    server.busy = 2
    if mode == "no-range":
        (dest / PART).write_bytes(ARCHIVE[:70_000])
    result = run(path, dest, "--from", server.url(mode), "--sha256", SHA256)
    assert result.returncode == 0, result.stderr
    assert_installed(dest)
    ranges = [asked for asked in server.requests if asked]
    assert bool(ranges) == (mode != "503")


def test_tries_bounds_the_attempts(path, dest, server):
    result = run(path, dest, "--from", server.url("503"), "--tries", "2")
    assert result.returncode == 1 and "(2 attempts)" in result.stderr
    assert len(server.requests) == 2


@pytest.mark.parametrize("stale", [b"x" * 70_000, ARCHIVE + b"x"], ids=["other", "too-long"])
def test_stale_part_is_replaced(path, dest, server, stale):
    (dest / PART).write_bytes(stale)
    result = run(path, dest, "--from", server.url("ok"), "--sha256", SHA256)
    assert result.returncode == 0, result.stderr
    assert "stale" in result.stdout and server.requests[-1] is None
    assert_installed(dest)


def test_complete_part_needs_no_network(path, dest, server):
    (dest / PART).write_bytes(ARCHIVE)
    result = run(path, dest, "--from", server.url("404"), "--sha256", SHA256)
    assert result.returncode == 0, result.stderr
    assert server.requests == []
    assert_installed(dest)


def test_without_a_checksum_a_part_is_not_trusted(path, dest, server):
    (dest / PART).write_bytes(ARCHIVE[:70_000])
    result = run(path, dest, "--from", server.url("ok"), "--sha256", "none")
    assert result.returncode == 0 and "No checksum is compared" in result.stdout
    assert server.requests == [None]
    assert_installed(dest)


def test_kill_then_resume(path, dest, server):
    process = start_and_wait_for_part(path, dest, "--from", server.url("stall"), "--sha256", SHA256)
    process.kill()
    process.communicate()
    assert not (dest / REAL).exists()
    have = (dest / PART).stat().st_size
    result = run(path, dest, "--from", server.url("ok"), "--sha256", SHA256)
    assert result.returncode == 0, result.stderr
    assert server.requests[-1] == f"bytes={have}-"
    assert_installed(dest)


@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_keeps_the_part(path, dest, broken, server, number, code):
    process = start_and_wait_for_part(path, dest, "--from", server.url("stall"), "--sha256", SHA256)
    process.send_signal(number)
    _, stderr = process.communicate(timeout=20)
    assert process.returncode == code and b"run this again" in stderr
    assert (dest / PART).exists() and snapshot(dest) == broken


@pytest.mark.parametrize("known", [True, False])
def test_only_a_known_certificate_is_trusted(path, dest, broken, tmp_path, monkeypatch, known):
    certificate = write_certificate(tmp_path / "both.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate if known else tmp_path / "none.pem"))
    (tmp_path / "served").mkdir()
    (tmp_path / "served" / "set.tar.gz").write_bytes(ARCHIVE)
    with serving(tmp_path / "served", certificate) as url:
        result = run(path, dest, "--from", f"{url}/set.tar.gz", "--sha256", SHA256)
    if known:
        assert result.returncode == 0, result.stderr
        assert_installed(dest)
    else:
        assert_refused(result, broken, dest)
        assert "certificate verify failed" in result.stderr


# Downloads that fail


@pytest.mark.parametrize(
    "mode, requests, says",
    [
        ("404", 1, "404"),
        ("503", 5, "503"),
        ("truncate", 5, "5 attempts"),
        ("corrupt", 1, f"expected {SHA256}"),
        ("short-file", 1, f"{len(ARCHIVE) - 1000:,} bytes"),
        ("long-file", 1, f"{len(ARCHIVE) + 1000:,} bytes"),
    ],
)
def test_failed_download_changes_nothing(path, dest, broken, server, mode, requests, says):
    result = run(path, dest, "--from", server.url(mode), "--sha256", SHA256)
    assert_refused(result, broken, dest)
    assert says in result.stderr and server.url(mode) in result.stderr
    assert len(server.requests) == requests
    assert (dest / PART).exists() == (mode == "truncate")


def test_stalled_download_changes_nothing(path, dest, broken, server):
    arguments = ["--from", server.url("stall"), "--sha256", SHA256, "--stall", "0.3"]
    result = run(path, dest, *arguments)
    assert_refused(result, broken, dest)
    assert "no byte for 0.3 s" in result.stderr


def test_no_network(path, dest, broken):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/x"
        assert_refused(run(path, dest, "--from", url), broken, dest)


def test_timeout_bounds_the_download(path, dest, broken, server):
    result = run(path, dest, "--from", server.url("stall"), "--sha256", SHA256, "--timeout", "0.7")
    assert_refused(result, broken, dest)
    assert "--timeout" in result.stderr and "--synthetic" in result.stderr


def test_second_copy_touches_nothing(path, dest, broken, server):
    with contextlib.closing(held(dest)):
        (dest / ".new-1").mkdir()  # of the first copy
        before = snapshot(dest)
        result = run(path, dest, "--from", server.url("ok"), "--sha256", SHA256)
        assert_refused(result, before, dest)
    assert "another copy" in result.stderr and server.requests == []


@pytest.mark.parametrize("source", ["url", "file"])
def test_disk_that_fills_up(path, dest, broken, server, tmp_path, source):
    archive = tmp_path / "cifar.tar.gz"
    archive.write_bytes(ARCHIVE)
    place = server.url("ok") if source == "url" else archive
    # A limit on the size of files (in kB) stands in for a small disk.
    result = subprocess.run(
        ["bash", "-c", 'ulimit -f 20; exec "$@"', "-",
         *command(dest, "--from", place, "--sha256", SHA256)],
        env=environment(path), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert_refused(result, broken, dest)
    assert "free some space" in result.stderr


def test_no_file_is_open_to_other_writers(path, dest, server):
    line = ["bash", "-c", 'umask 0; exec "$@"', "-"]
    line += command(dest, "--from", server.url("ok"), "--sha256", SHA256)
    subprocess.run(line, env=environment(path), capture_output=True, check=True, timeout=60)
    assert_installed(dest)


def test_evil_download_is_refused_and_removed(path, dest, broken, server):
    server.archive = tar_gz(member(f"{REAL}/../../data_batch_1", b"x"))
    result = run(path, dest, "--from", server.url("ok"), "--sha256", "none")
    assert_refused(result, broken, dest)
    assert not (dest / PART).exists()


# The launcher and the options


def test_help(path, dest):
    result = run(path, dest, "--help")
    assert result.returncode == 0
    for option in ("--from", "--sha256", "--synthetic", "--check", "--timeout", "--dest"):
        assert option in result.stdout
    assert "archive is removed" in result.stdout


def test_started_from_elsewhere_by_a_relative_name(path, dest, tmp_path):
    archive = tmp_path / "cifar.tar.gz"
    archive.write_bytes(ARCHIVE)
    line = ["bash", os.path.relpath(SCRIPT, archive.parent), "--dest", dest.name]
    line += ["--from", archive.name, "--sha256", SHA256]
    subprocess.run(line, cwd=archive.parent, env=environment(path), check=True, timeout=60)
    assert_installed(dest)


@pytest.mark.parametrize("python", [None, "#!/bin/sh\nexit 1\n"], ids=["none", "too-old"])
def test_machine_without_python(tmp_path, path, python):
    shutil.copy(SCRIPT, tmp_path)  # away from a .venv that may lie beside it
    path = Path(path)
    (path / "python3").unlink()
    if python:
        (path / "python3").write_text(python)
        (path / "python3").chmod(0o755)
    result = subprocess.run(
        ["bash", tmp_path / SCRIPT.name], env={"PATH": str(path)}, capture_output=True, text=True
    )
    assert result.returncode == 1
    assert "Python 3.9" in result.stderr and "install" in result.stderr
