"""Put CIFAR-10 into datasets/, verified. Started by get_datasets.sh; standard library only.

Read it top to bottom: judge a folder, download, unpack, move into place, the options.

Whatever goes wrong (no network, a wrong or short file, a full disk, kill -9, a second copy of this
program), datasets/ afterwards holds what it held before, or a sound set:

* a set is built and verified in a temporary folder of datasets/, then renamed into place;
* a broken set is deleted only when its replacement is in place;
* a lock, which the system releases when a process dies, keeps a second copy out;
* the partial download (`cifar-10-python.tar.gz.part`) stays, and the next run resumes it.

Nothing that was downloaded is ever run. Unpickling is running, so the files are only looked at.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import fcntl
import gzip
import hashlib
import os
import pickletools
import posixpath
import re
import select
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from cs231n.checksums import (  # noqa: E402
    CIFAR10_ARCHIVE_BYTES,
    CIFAR10_ARCHIVE_SHA256,
    CIFAR10_MD5,
    SYNTHETIC_SHA256,
)

URL = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
FILES = list(CIFAR10_MD5)
REAL = "cifar-10-batches-py"
SYNTHETIC = "synthetic-batches-py"
RECORD = REAL + ".md5"  # what was installed, as md5sum writes it: shows later damage to any set
PART = "cifar-10-python.tar.gz.part"
TEMPORARY = ".new-"

UNPACKED_BYTES = 187_000_000
MAX_BYTES = 1_000_000_000  # five times CIFAR-10: whatever is bigger is a mistake or an attack
CHUNK = 1 << 18
TRIES = 5  # so many attempts in a row may bring nothing
CANNOT_RESUME = 33  # curl's exit code for a server that sends the whole file, not the rest of it

ELSEWHERE = (
    f"fetch {URL} with a browser and run `./get_datasets.sh --from FILE`, "
    "or work with the synthetic set: `./get_datasets.sh --synthetic`"
)
AGAIN = f"check the network and run this again (it resumes a partial download), or {ELSEWHERE}"
MORE_SPACE = (
    "free some space and run this again, or choose another disk with --dest DIR, "
    "or link an extracted folder with --from DIR"
)


class Failure(Exception):
    """What happened, and what to do about it."""

    def __init__(self, what: str, advice: str):
        super().__init__(what)
        self.advice = advice


class Broken(Exception):
    """Why an archive or a data set is not sound."""


def say(text: str) -> None:
    print(text, flush=True)


def mb(count: int) -> str:
    return f"{count / 1e6:,.1f} MB"


# Judge a folder


def digest(path: Path, algorithm: str) -> str:
    # usedforsecurity: md5 only tells files apart here, and some systems forbid it otherwise.
    state = hashlib.new(algorithm, usedforsecurity=False)
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK):
            state.update(chunk)
    return state.hexdigest()


def digests(folder: Path, algorithm: str) -> dict[str, str]:
    """Checksums of the seven files by name; in threads, so that nobody waits for 180 MB."""
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise Broken(f"missing: {', '.join(missing)}")
    with ThreadPoolExecutor() as pool:
        return dict(pool.map(lambda name: (name, digest(folder / name, algorithm)), FILES))


def differing(found: dict[str, str], expected: dict[str, str]) -> list[str]:
    return [name for name in FILES if found[name] != expected.get(name)]


def looks_right(path: Path) -> bool:
    """Whether `path` is a whole pickle that mentions the keys of its kind; it is not unpickled."""
    keys = {"label_names"} if path.name == "batches.meta" else {"data", "labels"}
    try:
        for _, value, _ in pickletools.genops(path.read_bytes()):
            if isinstance(value, (str, bytes)) and len(value) < 20:
                keys.discard(value if isinstance(value, str) else value.decode("latin1"))
    except ValueError:  # cut short, or no pickle
        return False
    return not keys


def judge_real(found: dict[str, str], folder: Path, expected: dict[str, str]) -> str:
    """What lies in `folder`, in words. Raises Broken unless it is a sound set.

    `found` are the md5 sums of its files; `expected` those it should have, empty if nobody knows.
    """
    unpublished = differing(found, CIFAR10_MD5)
    if not unpublished:
        return "the published CIFAR-10 (all md5 match)"
    if expected and (wrong := differing(found, expected)):
        raise Broken(f"wrong md5: {', '.join(wrong)}")
    strange = [] if expected else [name for name in FILES if not looks_right(folder / name)]
    if strange:
        raise Broken(f"not in CIFAR-10's format: {', '.join(strange)}")
    which = "all" if unpublished == FILES else ", ".join(unpublished)
    return f"CIFAR-10 layout, not the published files (different: {which})"


def judge(target: Path) -> str:
    """What lies at `target`, in words. Raises Broken unless it is a sound set."""
    if target.is_symlink() and not target.exists():
        raise Broken(f"a link to {os.readlink(target)}, which is not there")
    if target.name == SYNTHETIC:
        if wrong := differing(digests(target, "sha256"), SYNTHETIC_SHA256):
            raise Broken(f"wrong sha256: {', '.join(wrong)}")
        return "the synthetic set (all sha256 match)"
    record = target.with_name(RECORD)
    lines = record.read_text().splitlines() if record.exists() else []
    recorded = {posixpath.basename(line): line[:32] for line in lines}
    return judge_real(digests(target, "md5"), target, expected=recorded)


def there_and_sound(target: Path) -> bool:
    if not os.path.lexists(target):
        return False
    try:
        say(f"{target} is already there and sound: {judge(target)}")
    except Broken as reason:
        say(f"{target} is broken ({reason}); it stays until a sound copy can replace it")
        return False
    return True


def check(dest: Path) -> None:
    """Judge every set that is there. Raises Failure unless there is one and all are sound."""
    targets = [dest / name for name in (REAL, SYNTHETIC) if os.path.lexists(dest / name)]
    problems = [] if targets else [f"no data set in {dest}"]
    for target in targets:
        try:
            say(f"{target}: {judge(target)}")
        except Broken as reason:
            problems.append(f"{target} is broken ({reason})")
    if problems:
        raise Failure(
            "; ".join(problems),
            "run `./get_datasets.sh` for CIFAR-10, or `./get_datasets.sh --synthetic` for the "
            "synthetic set; both replace a broken one",
        )


# Download


class AttemptFailed(Exception):
    """One attempt at a download failed; `status` is the server's, if it said one."""

    def __init__(self, reason: str, code: int = 0):
        super().__init__(reason)
        found = re.search(r"error:? (\d{3})\b", reason, re.IGNORECASE)
        self.status = int(found[1]) if found else 0
        self.cannot_resume = code == CANNOT_RESUME


def downloader(url: str, offset: int) -> list[str]:
    """A command that prints `url` from byte `offset` on.

    Python comes last because python.org's builds for macOS do not know the system's certificates.
    Busybox's wget cannot start at an offset.
    """
    if shutil.which("curl"):
        options = ["--fail", "--silent", "--show-error", "--location", "--globoff"]
        return ["curl", *options, "--continue-at", str(offset), url]
    if "busybox" not in os.path.realpath(shutil.which("wget") or "busybox"):
        options = ["--no-verbose", "--tries=1", "--output-document=-"]
        return ["wget", *options, f"--start-pos={offset}", url]
    return [sys.executable, __file__, "print-url", url, str(offset)]


def print_url(url: str, offset: int) -> None:
    """What curl does, for machines without it."""
    import urllib.request  # only here: it would be a third of every start

    headers = {"Range": f"bytes={offset}-"} if offset else {}
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as response:
        if offset and response.status != 206:
            print("the server cannot resume a download", file=sys.stderr)
            sys.exit(CANNOT_RESUME)
        left = int(response.headers["Content-Length"] or 0)
        while chunk := response.read1(CHUNK):
            left -= len(chunk)
            sys.stdout.buffer.write(chunk)
            sys.stdout.buffer.flush()
    if left > 0:
        sys.exit(f"connection closed {left} bytes early")


def stream(command: list[str], stall: float):
    """Yield what a downloader prints. Its pipe ends here, so it cannot outlive this program."""
    environment = {**os.environ, "LC_ALL": "C"}  # English messages: the status is read from them
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, env=environment) as process:
        try:
            while select.select([process.stdout], [], [], stall)[0]:
                chunk = os.read(process.stdout.fileno(), CHUNK)
                if not chunk:
                    break
                yield chunk
            else:
                raise AttemptFailed(f"no byte for {stall:g} s")
            complaint = process.stderr.read().decode(errors="replace").strip()
            code = process.wait()
        finally:
            process.kill()  # does nothing once it has ended
    if code:
        last = (complaint or f"{command[0]} ended with code {code}").splitlines()[-1]
        raise AttemptFailed(last, code)


def length(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def fetch(url: str, part: Path, limit: int, stall: float) -> None:
    """Make one attempt to complete `part` from where it ends."""
    done = length(part)
    command = downloader(url, done)
    resuming = f", resuming after {mb(done)}" if done else ""
    say(f"Downloading {url} with {Path(command[0]).name}{resuming}")
    shown = 0.0
    with contextlib.closing(stream(command, stall)) as chunks, open(part, "ab") as file:
        for chunk in chunks:
            file.write(chunk)
            done += len(chunk)
            if done > limit:
                break  # the checksum will refuse it
            if sys.stderr.isatty() and time.monotonic() > shown + 0.1:
                shown = time.monotonic()
                percent = f"{done / limit:4.0%}, " if limit != MAX_BYTES else ""
                print(f"\r  {percent}{mb(done)} ", end="", file=sys.stderr, flush=True)
    if shown:
        print(file=sys.stderr)
    say(f"Downloaded {mb(done)}")


def download(url: str, part: Path, limit: int, args: argparse.Namespace) -> None:
    """Complete `part`, in as many attempts as it takes while they bring something."""
    failures, longest = 0, 0
    while True:
        try:
            return fetch(url, part, limit, args.stall)
        except AttemptFailed as failed:
            if failed.cannot_resume or not length(part):
                part.unlink()
            if failed.status == 416 and part.exists():
                return  # nothing follows what is there; the checksum tells whether that is right
            if 400 <= failed.status < 500 and failed.status not in (408, 425, 429):
                raise Failure(f"{url}: {failed}", f"check the address, or {ELSEWHERE}") from failed
            failures = failures + 1 if length(part) <= longest else 1
            longest = max(longest, length(part))
            if failures == TRIES:
                raise Failure(f"{url}: {failed} ({TRIES} attempts)", AGAIN) from failed
            wait = args.pause * 2 ** (failures - 1)
            say(f"  {failed}; attempt {failures} of {TRIES}, the next in {wait:g} s")
            time.sleep(wait)


def wrong_checksum(path: Path, sha256: str | None) -> str:
    """What is wrong with the archive `path`, or an empty text."""
    if sha256 in (None, actual := digest(path, "sha256")):
        return ""
    published = f", {CIFAR10_ARCHIVE_BYTES:,} bytes" if sha256 == CIFAR10_ARCHIVE_SHA256 else ""
    return f"sha256 is {actual} ({length(path):,} bytes), expected {sha256}{published}"


def get_archive(url: str, part: Path, args: argparse.Namespace) -> None:
    """Make `part` the complete and verified archive."""
    published = args.sha256 == CIFAR10_ARCHIVE_SHA256
    limit = CIFAR10_ARCHIVE_BYTES if published else MAX_BYTES
    if args.sha256 is None:
        part.unlink(missing_ok=True)  # nobody would notice that it is a part of another file
    if published:
        need_space(part.parent, limit - length(part) + UNPACKED_BYTES, "CIFAR-10")
    resumed = part.exists()
    if resumed and not wrong_checksum(part, args.sha256):
        return  # the last run was stopped between download and installation
    download(url, part, limit, args)
    if resumed and (wrong := wrong_checksum(part, args.sha256)):
        say(f"{wrong}: perhaps the partial download was stale, so once more from the beginning")
        part.unlink()
        download(url, part, limit, args)
    if wrong := wrong_checksum(part, args.sha256):
        part.unlink()
        raise Failure(
            f"{url}: {wrong}; the file was deleted",
            f"run this again (a network's login page in between?), or {ELSEWHERE}. "
            "A mirror that differs on purpose needs --sha256",
        )


@contextlib.contextmanager
def time_limit(seconds: float):
    def give_up(number, frame):
        raise Failure(f"the download was not complete after {seconds:g} s (--timeout)", AGAIN)

    signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


# Unpack


class Bounded:
    """A readable file that refuses to swell beyond MAX_BYTES."""

    def __init__(self, file):
        self.file = file
        self.left = MAX_BYTES

    def read(self, size: int) -> bytes:
        data = self.file.read(size)
        self.left -= len(data)
        if self.left < 0:
            raise Broken(f"it unpacks to more than {mb(MAX_BYTES)}")
        return data


def extract(archive: Path, folder: Path) -> None:
    """Write the seven files in `archive` to the new `folder`. Raises Broken."""
    need_space(folder.parent, min(UNPACKED_BYTES, 1000 * length(archive)), "unpacking")
    say(f"Unpacking {archive}")
    folder.mkdir()
    try:
        with gzip.open(archive) as unzipped:
            content = Bounded(unzipped)
            with tarfile.open(fileobj=content, mode="r|", bufsize=CHUNK) as tar:
                for member in tar:
                    extract_member(tar, member, folder)
            while content.read(CHUNK):  # gzip compares its own checksum at the very end
                pass
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise Broken(f"no sound tar.gz archive: {error}") from error


def extract_member(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    path = posixpath.normpath(member.name)
    parent, name = posixpath.split(path)
    if path.startswith("/") or ".." in member.name.split("/"):
        raise Broken(f"it holds {member.name!r}, a name that leads elsewhere")
    if not (member.isdir() or member.isreg()) or member.issparse():
        raise Broken(f"it holds {member.name!r}, neither a plain file nor a folder")
    if member.isdir() and path in (".", REAL):
        return
    if member.isdir() or parent != REAL or (folder / name).exists():
        raise Broken(f"it holds {member.name!r}, which has no place in {REAL}/ or is there twice")
    if name in FILES:  # and not readme.html
        with tar.extractfile(member) as source, open(folder / name, "xb") as copy:
            shutil.copyfileobj(source, copy, CHUNK)


# Move into place


def need_space(folder: Path, count: int, what: str) -> None:
    free = shutil.disk_usage(folder).free
    if free < count:
        raise Failure(f"{what} needs {mb(count)}, the disk of {folder} has {mb(free)}", MORE_SPACE)


@contextlib.contextmanager
def locked(dest: Path):
    """Keep other copies of this program out of `dest`, and clean up after those killed there."""
    dest.mkdir(parents=True, exist_ok=True)
    with open(dest / ".lock", "a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failure(
                f"another copy of get_datasets.sh is at work in {dest}",
                "wait until it has finished, then run `./get_datasets.sh --check`",
            ) from None
        for left in dest.glob(TEMPORARY + "*"):
            for old in left.glob("*.old"):  # killed between the two renames of `install`
                if not os.path.lexists(dest / old.stem):
                    old.rename(dest / old.stem)
            shutil.rmtree(left)
        yield


@contextlib.contextmanager
def temporary_folder(dest: Path):
    folder = Path(tempfile.mkdtemp(prefix=TEMPORARY, dir=dest))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # removes a link in it, does not follow it


def install(new: Path, target: Path) -> None:
    """Rename the verified `new` to `target`; what was there goes with the temporary folder."""
    old = new.with_name(target.name + ".old")
    try:
        if os.path.lexists(target):
            target.rename(old)
        new.rename(target)
    except BaseException:  # a signal, for example
        if os.path.lexists(old) and not os.path.lexists(target):
            old.rename(target)
        raise


def install_real(new: Path, target: Path, expected: dict[str, str]) -> None:
    found = digests(new, "md5")
    kind = judge_real(found, new, expected)
    record = new.with_name(RECORD)
    record.write_text("".join(f"{md5}  {REAL}/{name}\n" for name, md5 in found.items()))
    # Without a record a set is judged by its looks, so being killed between two steps does no harm.
    target.with_name(RECORD).unlink(missing_ok=True)
    install(new, target)
    record.replace(target.with_name(RECORD))
    say(f"{target} is ready: {kind}")


def link_folder(source: Path, target: Path) -> None:
    """Make `target` a link to the set in `source`, or in its subfolder cifar-10-batches-py."""
    source = source if (source / FILES[0]).exists() else source / REAL
    if not target.is_symlink() and target.resolve() == source.resolve():
        raise Broken("it is the broken set itself")
    with temporary_folder(target.parent) as folder:
        (folder / REAL).symlink_to(os.path.abspath(source))
        install_real(folder / REAL, target, expected={})


def unpack(archive: Path, target: Path, expected: dict[str, str]) -> None:
    """Make `target` the set in `archive`, whose files should have the `expected` md5 sums."""
    with temporary_folder(target.parent) as folder:
        extract(archive, folder / REAL)
        install_real(folder / REAL, target, expected)


def get_real(source: str, target: Path, args: argparse.Namespace) -> None:
    if os.path.isdir(source):
        link_folder(Path(source), target)
        return
    expected = CIFAR10_MD5 if args.sha256 == CIFAR10_ARCHIVE_SHA256 else {}
    if args.sha256 is None:
        say(f"No checksum is compared (--sha256 none): you trust {source}")
    if "://" not in source:
        if wrong := wrong_checksum(Path(source), args.sha256):
            advice = "fetch it again; if it differs on purpose, add --sha256 HEX or --sha256 none"
            raise Failure(f"{source}: {wrong}", advice)
        unpack(Path(source), target, expected)
        return
    part = target.with_name(PART)
    with time_limit(args.timeout):
        get_archive(source, part, args)
    try:
        unpack(part, target, expected)
    except Broken:
        part.unlink()
        raise
    part.unlink()


def get_synthetic(target: Path) -> None:
    try:
        from cs231n import synthetic  # only here, as it needs NumPy
    except ImportError as error:
        raise Failure(f"drawing needs NumPy ({error})", "run `make setup` first") from error
    say("Drawing the synthetic set")
    with temporary_folder(target.parent) as folder:
        synthetic.write(folder / SYNTHETIC)
        kind = judge(folder / SYNTHETIC)
        install(folder / SYNTHETIC, target)
    say(f"{target} is ready: {kind}")


# The options

HELP = f"""usage: get_datasets.sh [--from DIR|FILE|URL | --synthetic | --check] [more options]

Put CIFAR-10 into datasets/{REAL}/, verified, from
{URL}

  --from DIR      link this extracted folder instead of downloading
  --from FILE     unpack this archive
  --from URL      download from this mirror
  --sha256 HEX    the archive's checksum, where it is not the published one; 'none' compares none
  --synthetic     draw the synthetic set into datasets/{SYNTHETIC}/; no network needed
  --check         only tell what is there, and whether it is sound
  --dest DIR      fill DIR instead of datasets/
  --timeout S     give up a download after S seconds (default: never)
  --stall S       end an attempt that brings no byte for S seconds (default: 30)
  --pause S       wait S seconds between two attempts, then twice as long (default: 1)

A set that is there and sound is left alone, a broken one is replaced. A partial download is kept
and resumed; the archive is removed once it is unpacked. Downloads use curl if there is one, else
wget, else Python. Exit codes: 0 done, 1 failed, 2 wrong usage.
"""


class Parser(argparse.ArgumentParser):
    def format_help(self):
        return HELP

    format_usage = format_help


def parse(argv: list[str] | None) -> argparse.Namespace:
    parser = Parser(prog="get_datasets.sh", allow_abbrev=False)
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--from", dest="source", default=URL)
    mode.add_argument("--synthetic", action="store_true")
    mode.add_argument("--check", action="store_true")
    parser.add_argument("--sha256", type=str.lower, default=CIFAR10_ARCHIVE_SHA256)
    parser.add_argument("--dest", type=Path, default=ROOT / "datasets")
    parser.add_argument("--timeout", type=float, default=0)
    parser.add_argument("--stall", type=float, default=30)
    parser.add_argument("--pause", type=float, default=1)
    args = parser.parse_args(argv)
    if "://" in args.source and not args.source.startswith(("http://", "https://")):
        parser.error(f"--from {args.source!r} starts with neither http:// nor https://")
    if args.sha256 == "none":
        args.sha256 = None
    elif not re.fullmatch("[0-9a-f]{64}", args.sha256):
        parser.error(f"--sha256 {args.sha256!r} is neither 64 hex digits nor 'none'")
    times = (args.timeout, args.stall, args.pause)
    if not all(0 <= seconds < 1e8 for seconds in times) or not args.stall:
        parser.error("--timeout, --stall and --pause take a number of seconds")
    return args


def main(argv: list[str] | None = None) -> int:
    args = parse(argv)
    target = args.dest / (SYNTHETIC if args.synthetic else REAL)
    try:
        if args.check:
            check(args.dest)
        elif there_and_sound(target):
            # What a killed run left can go now; a copy at work meanwhile keeps us out.
            with contextlib.suppress(Failure, OSError), locked(args.dest):
                if target.name == REAL:
                    (args.dest / PART).unlink(missing_ok=True)
        else:
            with locked(args.dest):
                if args.synthetic:
                    get_synthetic(target)
                else:
                    get_real(args.source, target, args)
        return 0
    except Failure as failure:
        what, advice = str(failure), failure.advice
    except Broken as reason:
        what, advice = f"{args.source}: {reason}", f"use another source: {ELSEWHERE}"
        if args.synthetic:
            what = f"this machine draws another synthetic set: {reason}"
            advice = "report this with your versions of Python and NumPy, and use CIFAR-10"
    except OSError as error:
        what = str(error)
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        advice = MORE_SPACE if full else "check that the name is right and you may read or write it"
    print(f"error: {what}\n  what to do: {advice}", file=sys.stderr)
    return 1


def stop(number, frame):
    os.write(2, b"\nstopped: run this again, and it resumes a partial download\n")
    sys.exit(128 + number)


if __name__ == "__main__":
    if sys.argv[1:2] == ["print-url"]:
        print_url(sys.argv[2], int(sys.argv[3]))
        sys.exit()
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    os.umask(0o022)  # the files are for everyone to read and for the owner to write
    sys.exit(main())
