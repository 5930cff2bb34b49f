"""Put CIFAR-10 into datasets/cifar-10-batches-py/, verified.

usage: python datasets/get_cifar10.py [--from DIR|FILE|URL | --synthetic | --check] [more options]
       ./get_datasets.sh takes the same options and finds a Python

  --from DIR      link this extracted folder instead of downloading
  --from FILE     unpack this archive: tar, tar.gz, tar.bz2, tar.xz or zip
  --from URL      download from this mirror
  --sha256 HEX    the archive's checksum, where it is not the published one; 'none' compares none
  --synthetic     draw the synthetic set into datasets/synthetic-batches-py/; no network needed
  --check         only tell what is there, and whether it is sound
  --dest DIR      fill DIR instead of datasets/
  --timeout S     give up a download after S seconds (default: never)
  --tries N       give up after N attempts in a row that brought nothing (default: 5)
  --stall S       end an attempt that brings no byte for S seconds (default: 30)
  --pause S       wait S seconds between two attempts, then twice as long (default: 1)

A set that is there and sound is left alone, a broken one is replaced. A partial download is kept
and resumed; the archive is removed once it is unpacked.
Exit codes: 0 done, 1 failed, 2 wrong usage.

Whatever goes wrong (no network, a wrong or short file, a full disk, kill -9, a second copy of this
program), datasets/ afterwards holds what it held before, or a sound set.
"""

# Top to bottom: judge a set, install a set, its sources, the options.
#
# Only the standard library: this runs before anything is installed. And nothing that was downloaded
# is ever run. Unpickling is running, so the files are only looked at.

from __future__ import annotations

import argparse
import contextlib
import errno
import os
import pickletools
import re
import shutil
import signal
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from download import DownloadFailed, digest, download, wrong_checksum  # noqa: E402
from unpack import FILES, MAX_BYTES, Broken, extract  # noqa: E402
from unpack import FOLDER as REAL  # noqa: E402

from cs231n.checksums import (  # noqa: E402
    CIFAR10_ARCHIVE_BYTES,
    CIFAR10_ARCHIVE_SHA256,
    CIFAR10_MD5,
    SYNTHETIC_SHA256,
)

URL = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
SYNTHETIC = "synthetic-batches-py"
RECORD = REAL + ".md5"  # what was installed, as md5sum writes it: shows later damage to any set
PART = "cifar-10-python.tar.gz.part"
TEMPORARY = ".new-"

UNPACKED_BYTES = 187_000_000

COMMAND = os.environ.get("GET_DATASETS", "python datasets/get_cifar10.py")  # how it was called
ANOTHER_SOURCE = (
    "check the name and the network and run this again (it resumes a partial download), or fetch "
    f"{URL} ({CIFAR10_ARCHIVE_BYTES:,} bytes) with a browser and run "
    f"`{COMMAND} --from FILE` (--sha256 if it differs on purpose), "
    f"or work with the synthetic set: `{COMMAND} --synthetic`"
)
ANOTHER_FILE = (
    f"name another archive or folder: {URL} is the published one ({CIFAR10_ARCHIVE_BYTES:,} bytes);"
    " if other images are meant, `--sha256 none` takes them as they are"
)
MORE_SPACE = (
    "free some space and run this again, or choose another disk with --dest DIR, "
    "or link an extracted folder with --from DIR"
)


class Failure(Exception):
    """What happened, and what to do about it: two texts."""


# Judge a set


def checksums(folder: Path, algorithm: str) -> dict[str, str]:
    if missing := [name for name in FILES if not (folder / name).is_file()]:
        raise Broken(f"missing: {', '.join(missing)}")
    return {name: digest(folder / name, algorithm) for name in FILES}


def differing(found: dict[str, str], expected: dict[str, str]) -> list[str]:
    return [name for name in FILES if found[name] != expected.get(name)]


def looks_right(path: Path) -> bool:
    """Whether `path` is a whole pickle that mentions the keys of its kind; it is not unpickled."""
    content = path.read_bytes()
    try:
        for _ in pickletools.genops(content):
            pass
    except ValueError:  # cut short, or no pickle
        return False
    keys = [b"label_names"] if path.name == "batches.meta" else [b"data", b"labels"]
    return all(key in content for key in keys)


def judge(target: Path) -> str:
    """What lies at `target`, in words. Raises Broken unless it is a sound set."""
    if target.is_symlink() and not target.exists():
        raise Broken(f"a link to {os.readlink(target)}, which is not there")
    if target.name == SYNTHETIC:
        if wrong := differing(checksums(target, "sha256"), SYNTHETIC_SHA256):
            raise Broken(f"wrong sha256: {', '.join(wrong)}")
        return "the synthetic set (all sha256 match)"
    found = checksums(target, "md5")
    if not differing(found, CIFAR10_MD5):
        return "the published CIFAR-10 (all md5 match)"
    record = target.with_name(RECORD)
    if record.exists():
        lines = record.read_text(encoding="utf-8").splitlines()
        if wrong := differing(found, {os.path.basename(line): line[:32] for line in lines}):
            raise Broken(f"wrong md5: {', '.join(wrong)}")
    if strange := [name for name in FILES if not looks_right(target / name)]:
        raise Broken(f"not in CIFAR-10's format: {', '.join(strange)}")
    return "CIFAR-10 layout, not the published files"


def problem(target: Path) -> str:
    """Why there is no sound set at `target`, or an empty text."""
    if not os.path.lexists(target):
        return f"{target} is not there"
    try:
        print(f"{target} is already there and sound: {judge(target)}")
    except Broken as reason:
        return f"{target} is broken ({reason})"
    return ""


# Install a set


def need_space(folder: Path, count: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < count:
        what = f"this needs {count / 1e6:.0f} MB, the disk of {folder} has {free / 1e6:.0f} MB"
        raise Failure(what, MORE_SPACE)


@contextlib.contextmanager
def locked(dest: Path):
    """Keep other copies of this program out of `dest`, and clean up after those killed there.

    The system releases the lock when a process dies.
    """
    dest.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(sqlite3.connect(dest / ".lock", timeout=0)) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE")  # every system knows SQLite's locks
        except sqlite3.Error as error:
            raise Failure(
                f"another copy of this program is at work in {dest} ({error})",
                f"wait until it has finished, then run `{COMMAND} --check`",
            ) from None
        for left in dest.glob(TEMPORARY + "*"):
            for old in left.glob("*.old"):  # killed between the two renames of `install`
                if not os.path.lexists(dest / old.stem):
                    old.rename(dest / old.stem)
            shutil.rmtree(left)
        yield


def install(target: Path, make: Callable[[Path], None], md5: dict[str, str] | None = None) -> None:
    """Replace `target` by the set that `make` puts where it is told to, once that is verified.

    md5: the checksums its files must have; without them, CIFAR-10's format is enough.
    """
    folder = Path(tempfile.mkdtemp(prefix=TEMPORARY, dir=target.parent))
    new, old, record = folder / target.name, folder / f"{target.name}.old", folder / RECORD
    try:
        make(new)
        if target.name == REAL:
            md5 = md5 or checksums(new, "md5")
            lines = "".join(f"{md5[name]}  {REAL}/{name}\n" for name in FILES)
            record.write_bytes(lines.encode())
        kind = judge(new)
        if os.path.lexists(target):
            target.rename(old)
        new.rename(target)
        if record.exists():
            record.replace(target.with_name(RECORD))
    finally:  # after a signal, too
        if os.path.lexists(old) and not os.path.lexists(target):
            old.rename(target)
        shutil.rmtree(folder, ignore_errors=True)  # removes a link in it, does not follow it
    print(f"{target} is ready: {kind}")


# The four sources: a folder, an archive, a download, a drawing


def link_folder(source: Path, target: Path) -> None:
    """Make `target` a link to the set in `source`, or in its subfolder cifar-10-batches-py."""
    places = (place for depth in ("", "*/", "*/*/") for place in source.glob(depth + FILES[0]))
    source = min(places, default=source / FILES[0], key=lambda place: len(place.parts)).parent
    if not target.is_symlink() and target.resolve() == source.resolve():
        raise Broken("it is the broken set itself")

    def link(new: Path) -> None:
        try:
            new.symlink_to(os.path.abspath(source), target_is_directory=True)
        except (OSError, NotImplementedError) as error:  # on Windows, not everybody may
            print(f"Copying {source}, as no link can be made here ({error})")
            new.mkdir()
            for name in FILES:
                if (source / name).is_file():
                    shutil.copyfile(source / name, new / name)

    install(target, link)


def unpack(archive: Path, target: Path, sha256: str | None) -> None:
    """Install the set in `archive`; of the published one, the files have to be the published ones.

    They are looked at, and not the archive, which may have been packed again.
    """
    if sha256 is None:
        print("No checksum is compared (--sha256 none): you trust the source")
    published = sha256 == CIFAR10_ARCHIVE_SHA256
    need_space(target.parent, UNPACKED_BYTES)
    print(f"Unpacking {archive}")
    install(target, lambda new: extract(archive, new), CIFAR10_MD5 if published else None)


def unpack_url(url: str, target: Path, args: argparse.Namespace) -> None:
    part = target.with_name(PART)
    limit = CIFAR10_ARCHIVE_BYTES if args.sha256 == CIFAR10_ARCHIVE_SHA256 else MAX_BYTES
    have = part.stat().st_size if part.exists() else 0
    need_space(target.parent, CIFAR10_ARCHIVE_BYTES - have + UNPACKED_BYTES)
    patience = {name: getattr(args, name) for name in ("timeout", "tries", "stall", "pause")}
    download(url, part, args.sha256, limit=limit, **patience)
    try:
        unpack(part, target, args.sha256)
    except Broken:
        part.unlink()
        raise
    part.unlink()


def draw(target: Path) -> None:
    try:
        import scenes  # only here, as it needs NumPy
    except ImportError as error:
        way_out = "run `pip install -r requirements.txt` first, or `make setup`"
        raise Failure(f"drawing needs NumPy ({error})", way_out) from error
    print("Drawing the synthetic set")
    install(target, scenes.write)


# The options


def parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=COMMAND, allow_abbrev=False)
    parser.format_help = lambda: __doc__
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--from", dest="source", default=URL)
    mode.add_argument("--synthetic", action="store_true")
    mode.add_argument("--check", action="store_true")
    parser.add_argument("--sha256", type=str.lower, default=CIFAR10_ARCHIVE_SHA256)
    parser.add_argument("--dest", type=Path, default=ROOT / "datasets")
    parser.add_argument("--timeout", type=float, default=0)
    parser.add_argument("--tries", type=int, default=5)
    parser.add_argument("--stall", type=float, default=30)
    parser.add_argument("--pause", type=float, default=1)
    args = parser.parse_args(argv)
    args.source = os.path.expanduser(args.source.strip(" '\""))  # not every shell does that
    args.dest = args.dest.expanduser()
    if "://" in args.source and not args.source.startswith(("http://", "https://")):
        parser.error(f"--from {args.source!r} starts with neither http:// nor https://")
    if args.sha256 == "none":
        args.sha256 = None
    elif not re.fullmatch("[0-9a-f]{64}", args.sha256):
        parser.error(f"--sha256 {args.sha256!r} is neither 64 hex digits nor 'none'")
    if args.tries < 1:
        parser.error("--tries takes a number of attempts, 1 or more")
    times = (args.timeout, args.stall, args.pause)
    if not all(0 <= seconds < 1e8 for seconds in times) or not args.stall:
        parser.error("--timeout, --stall and --pause take a number of seconds")
    return args


def check(dest: Path) -> None:
    targets = [dest / name for name in (REAL, SYNTHETIC) if os.path.lexists(dest / name)]
    problems = [text for target in targets if (text := problem(target))]
    if problems or not targets:
        raise Failure(
            "; ".join(problems) or f"no data set in {dest}",
            f"run `{COMMAND}` for CIFAR-10, or `{COMMAND} --synthetic` for the synthetic set; both "
            "replace a broken one",
        )


def fill(target: Path, args: argparse.Namespace) -> None:
    reason = problem(target)
    if not reason:
        # What a killed run left can go now; a copy at work meanwhile keeps us out.
        with contextlib.suppress(Failure, OSError), locked(args.dest):
            if target.name == REAL:
                (args.dest / PART).unlink(missing_ok=True)
        return
    print(reason)
    with locked(args.dest):
        if args.synthetic:
            draw(target)
        elif os.path.isdir(args.source):
            link_folder(Path(args.source), target)
        elif "://" in args.source:
            unpack_url(args.source, target, args)
        else:
            archive = Path(args.source)
            expected = None if args.sha256 == CIFAR10_ARCHIVE_SHA256 else args.sha256
            if wrong := wrong_checksum(archive, expected):
                raise Broken(wrong)
            unpack(archive, target, args.sha256)


def main(argv: list[str] | None = None) -> int:
    args = parse(argv)
    try:
        if args.check:
            check(args.dest)
        else:
            fill(args.dest / (SYNTHETIC if args.synthetic else REAL), args)
        return 0
    except Failure as failure:
        what, advice = failure.args
    except (DownloadFailed, Broken) as reason:
        what = f"{args.source}: {reason}"
        advice = ANOTHER_SOURCE if "://" in args.source else ANOTHER_FILE
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
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    os.umask(0o022)  # the files are for everyone to read and for the owner to write
    for stream in (sys.stdout, sys.stderr):  # a log tells at once what happens, in any encoding
        stream.reconfigure(line_buffering=True, errors="backslashreplace")
    sys.exit(main())
