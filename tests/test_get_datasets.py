"""Does get_datasets.sh install a sound set or change nothing, whatever server, disk and user do?

The real script runs against a small local server with the faults of real ones, on an archive of
seven small files. What a subprocess cannot show (a full disk, evil archives by the dozen) calls the
program in this process.
"""

import fcntl
import gzip
import hashlib
import http.server
import importlib.util
import io
import os
import pickle
import random
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import threading
import time
import types
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = ROOT / "get_datasets.sh"
NAMES = [f"data_batch_{number}" for number in range(1, 6)] + ["test_batch", "batches.meta"]
REAL, SYNTHETIC = "cifar-10-batches-py", "synthetic-batches-py"
PART = "cifar-10-python.tar.gz.part"

spec = importlib.util.spec_from_file_location("get_cifar10", ROOT / "tools" / "get_cifar10.py")
get_cifar10 = importlib.util.module_from_spec(spec)
spec.loader.exec_module(get_cifar10)


# A small data set and archives of it


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
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for info, content in members:
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def members_of(files):
    folder = member(REAL, type=tarfile.DIRTYPE)
    return [folder, *(member(f"{REAL}/{name}", content) for name, content in files.items())]


ARCHIVE = tar_gz(*members_of(FILES), member(f"{REAL}/readme.html", b"<html>"))
SHA256 = hashlib.sha256(ARCHIVE).hexdigest()


# A server with the faults of real ones: the first part of the path says which


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        asked = self.headers.get("Range")
        self.server.requests.append(asked)
        mode = self.path.split("/")[1]
        if mode == "404" or (mode == "503" and len(self.server.requests) <= self.server.busy):
            self.send_error(int(mode))
            return
        body = {"short-file": ARCHIVE[:-1000], "long-file": ARCHIVE + b"x" * 1000}.get(
            mode, ARCHIVE
        )
        if mode == "corrupt":
            body = body[:1000] + bytes([body[1000] ^ 1]) + body[1001:]
        begin = int(asked[6:-1]) if asked and mode != "no-range" else 0
        if begin >= len(body):
            self.send_error(416)
            return
        self.send_response(206 if begin else 200)
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(body) - 1}/{len(body)}")
        self.send_header("Content-Length", str(len(body) - begin))
        self.end_headers()
        if mode == "truncate":
            self.wfile.write(body[begin:100_000])  # never anything beyond
        elif mode == "pieces":
            self.wfile.write(body[begin : begin + 50_000])
        elif mode == "stall":
            self.wfile.write(body[begin : len(body) // 2])
            self.server.released.wait(30)
        else:
            self.wfile.write(body[begin:])

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # clients that were killed

    def url(self, mode):
        return f"http://127.0.0.1:{self.server_address[1]}/{mode}/cifar-10-python.tar.gz"


@pytest.fixture
def server():
    with Server(("127.0.0.1", 0), Handler) as server:
        server.requests, server.busy, server.released = [], 10**9, threading.Event()
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.released.set()
        server.shutdown()
        thread.join()


# Running the script with a chosen downloader, and looking at what it left


@pytest.fixture
def dest(tmp_path):
    """A datasets/ folder with a space in its name."""
    folder = tmp_path / "data sets"
    folder.mkdir()
    return folder


@pytest.fixture(scope="session")
def tools(tmp_path_factory):
    """Return a function: a folder for PATH with Python and at most one of curl and wget."""

    def folder_with(*names):
        folder = tmp_path_factory.mktemp("bin")
        (folder / "python3").symlink_to(os.path.realpath(sys.executable))
        for name in ("bash", "dirname", *names):
            if shutil.which(name) is None:
                pytest.skip(f"{name} is not installed")
            (folder / name).symlink_to(shutil.which(name))
        return str(folder)

    return folder_with


@pytest.fixture(scope="session", params=["curl", "wget", "python"])
def path(request, tools):
    return tools() if request.param == "python" else tools(request.param)


@pytest.fixture(scope="session")
def plain_path(tools):
    return tools()


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


@pytest.fixture
def broken(dest):
    """A damaged set, which must survive every failure."""
    write_set(dest / REAL, FILES | {"data_batch_2": b"cut sh"})
    return snapshot(dest)


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


@pytest.mark.parametrize("stale", [b"x" * 70_000, ARCHIVE + b"x"], ids=["other", "too-long"])
def test_stale_part_is_replaced(path, dest, server, stale):
    (dest / PART).write_bytes(stale)
    result = run(path, dest, "--from", server.url("ok"), "--sha256", SHA256)
    assert result.returncode == 0, result.stderr
    assert "stale" in result.stdout and server.requests[-1] is None
    assert_installed(dest)


def test_complete_part_needs_no_network(plain_path, dest, server):
    (dest / PART).write_bytes(ARCHIVE)
    result = run(plain_path, dest, "--from", server.url("404"), "--sha256", SHA256)
    assert result.returncode == 0, result.stderr
    assert server.requests == []
    assert_installed(dest)


def test_without_a_checksum_a_part_is_not_trusted(plain_path, dest, server):
    (dest / PART).write_bytes(ARCHIVE[:70_000])
    result = run(plain_path, dest, "--from", server.url("ok"), "--sha256", "none")
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
def test_signal_keeps_the_part(plain_path, dest, broken, server, number, code):
    process = start_and_wait_for_part(
        plain_path, dest, "--from", server.url("stall"), "--sha256", SHA256
    )
    process.send_signal(number)
    _, stderr = process.communicate(timeout=20)
    assert process.returncode == code and b"run this again" in stderr
    assert (dest / PART).exists() and snapshot(dest) == broken


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


def test_stalled_download_changes_nothing(plain_path, dest, broken, server):
    arguments = ["--from", server.url("stall"), "--sha256", SHA256, "--stall", "0.3"]
    result = run(plain_path, dest, *arguments)
    assert_refused(result, broken, dest)
    assert "no byte for 0.3 s" in result.stderr


def test_no_network(path, dest, broken):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/x"
        assert_refused(run(path, dest, "--from", url), broken, dest)


def test_timeout_bounds_the_download(plain_path, dest, broken, server):
    result = run(
        plain_path, dest, "--from", server.url("stall"), "--sha256", SHA256, "--timeout", "0.7"
    )
    assert_refused(result, broken, dest)
    assert "--timeout" in result.stderr and "--synthetic" in result.stderr


def test_second_copy_touches_nothing(plain_path, dest, broken, server):
    with open(dest / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        (dest / ".new-1").mkdir()  # of the first copy
        before = snapshot(dest)
        result = run(plain_path, dest, "--from", server.url("ok"), "--sha256", SHA256)
        assert_refused(result, before, dest)
    assert "another copy" in result.stderr and server.requests == []


@pytest.mark.parametrize("source", ["url", "file"])
def test_disk_that_fills_up(plain_path, dest, broken, server, tmp_path, source):
    archive = tmp_path / "cifar.tar.gz"
    archive.write_bytes(ARCHIVE)
    place = server.url("ok") if source == "url" else archive
    # A limit on the size of files (in kB) stands in for a small disk.
    result = subprocess.run(
        ["bash", "-c", 'ulimit -f 20; exec "$@"', "-",
         *command(dest, "--from", place, "--sha256", SHA256)],
        env=environment(plain_path), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert_refused(result, broken, dest)
    assert "free some space" in result.stderr


def test_no_file_is_open_to_other_writers(plain_path, dest, server):
    line = ["bash", "-c", 'umask 0; exec "$@"', "-"]
    line += command(dest, "--from", server.url("ok"), "--sha256", SHA256)
    subprocess.run(line, env=environment(plain_path), capture_output=True, check=True, timeout=60)
    assert_installed(dest)


# The same program in this process


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


def test_evil_download_is_refused_and_removed(plain_path, dest, broken, server, monkeypatch):
    evil = tar_gz(EVIL["parent"])
    monkeypatch.setitem(globals(), "ARCHIVE", evil)
    result = run(plain_path, dest, "--from", server.url("ok"), "--sha256", "none")
    assert_refused(result, broken, dest)
    assert not (dest / PART).exists()


@pytest.mark.parametrize(
    "content, says",
    [
        (b"<html>Log in to this network", "no sound tar.gz"),
        (gzip.compress(b"hello " * 1000), "no sound tar.gz"),
        (ARCHIVE[:-5000], "no sound tar.gz"),
        (ARCHIVE[:-6] + b"xx" + ARCHIVE[-4:], "CRC check failed"),
        (tar_gz(*members_of(FILES)[:-1]), "missing: batches.meta"),
        (tar_gz(*members_of(FILES | {"test_batch": b"hello"})), "format: test_batch"),
        (tar_gz(*members_of(FILES | {"test_batch": FILES["test_batch"][:-9]})), "test_batch"),
    ],
    ids=["html", "no-tar", "cut", "crc", "file-missing", "no-pickle", "cut-pickle"],
)
def test_useless_archive_is_refused(call, dest, broken, tmp_path, monkeypatch, content, says):
    monkeypatch.setattr(get_cifar10, "CHUNK", 512)  # small beside the archive, as in real life
    path = tmp_path / "useless.tar.gz"
    path.write_bytes(content)
    result = call("--from", path, "--sha256", "none")
    assert_refused(result, broken, dest)
    assert says in result.stderr and str(path) in result.stderr


def test_bomb_is_refused(call, dest, broken, tmp_path, monkeypatch):
    monkeypatch.setattr(get_cifar10, "MAX_BYTES", 10_000_000)
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


def test_archive_on_disk_is_compared_with_the_pin(call, dest, broken, archive):
    result = call("--from", archive)
    assert_refused(result, broken, dest)
    assert get_cifar10.CIFAR10_ARCHIVE_SHA256 in result.stderr and SHA256 in result.stderr
    assert "170,498,071" in result.stderr and "--sha256" in result.stderr


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


@pytest.mark.parametrize("where", [REAL, "."])
def test_folder_is_linked(call, dest, tmp_path, where):
    folder = write_set(tmp_path / "my data" / REAL, FILES)
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
    assert "data_batch_3" in check.stderr and "get_datasets.sh" in check.stderr
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
    with open(dest / ".lock") as lock:  # the other copy is still at work
        fcntl.flock(lock, fcntl.LOCK_EX)
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
    """A quick cs231n.synthetic that writes FILES."""
    import cs231n

    module = types.SimpleNamespace(write=lambda root: write_set(Path(root), FILES))
    monkeypatch.setitem(sys.modules, "cs231n.synthetic", module)
    monkeypatch.setattr(cs231n, "synthetic", module, raising=False)
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
    import cs231n

    monkeypatch.setitem(sys.modules, "cs231n.synthetic", None)
    monkeypatch.delattr(cs231n, "synthetic", raising=False)
    result = call("--synthetic")
    assert_refused(result, {}, dest)
    assert "make setup" in result.stderr


# The launcher and the options


def test_help(plain_path, dest):
    result = run(plain_path, dest, "--help")
    assert result.returncode == 0
    for option in ("--from", "--sha256", "--synthetic", "--check", "--timeout", "--dest"):
        assert option in result.stdout
    assert "archive is removed" in result.stdout


@pytest.mark.parametrize(
    "wrong",
    [
        ["--unknown"], ["--sha256", "123"], ["--from", "ftp://x/y"], ["--timeout", "soon"],
        ["--timeout", "-1"], ["--stall", "0"], ["--check", "--synthetic"], ["stray"],
    ],
)  # fmt: skip
def test_wrong_usage(call, capsys, wrong):
    with pytest.raises(SystemExit) as exit:
        call(*wrong)
    assert exit.value.code == 2
    assert "usage: get_datasets.sh" in capsys.readouterr().err


def test_started_from_elsewhere_by_a_relative_name(plain_path, dest, archive):
    line = ["bash", os.path.relpath(SCRIPT, archive.parent), "--dest", dest.name]
    line += ["--from", archive.name, "--sha256", SHA256]
    subprocess.run(line, cwd=archive.parent, env=environment(plain_path), check=True, timeout=60)
    assert_installed(dest)


@pytest.mark.parametrize("python", [None, "#!/bin/sh\nexit 1\n"], ids=["none", "too-old"])
def test_machine_without_python(tmp_path, tools, python):
    shutil.copy(SCRIPT, tmp_path)  # away from a .venv that may lie beside it
    path = Path(tools())
    (path / "python3").unlink()
    if python:
        (path / "python3").write_text(python)
        (path / "python3").chmod(0o755)
    result = subprocess.run(
        ["bash", tmp_path / SCRIPT.name], env={"PATH": str(path)}, capture_output=True, text=True
    )
    assert result.returncode == 1
    assert "Python 3.9" in result.stderr and "install" in result.stderr
