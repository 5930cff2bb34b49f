"""Download a file through a bad network: resume, try again, verify. Standard library only.

Read it from `download` down: verify, try again, one attempt, its child process.

The transfer itself is left to curl or wget, which know the machine's proxies and certificates.
Without them, this file is started as a program: `python download.py URL OFFSET`.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

CHUNK = 1 << 18
CANNOT_RESUME = 33  # curl's exit code for a server that sends the whole file, not the rest of it


class DownloadFailed(Exception):
    """Why there is no file."""


class AttemptFailed(Exception):
    """What the downloader said, and its exit code."""

    def __init__(self, reason: str, code: int = 0):
        super().__init__(reason)
        self.code = code


def download(
    url: str,
    part: Path,
    sha256: str | None,
    *,
    limit: int,
    timeout: float,
    tries: int,
    stall: float,
    pause: float,
) -> None:
    """Make `part` the file at `url`, or raise DownloadFailed.

    What a failed or killed call leaves in `part`, the next one resumes.

    sha256: the file's checksum; None accepts any file, so nothing is resumed
    limit: stop reading after so many bytes
    timeout: seconds for everything, 0 for no limit
    tries: so many attempts in a row may bring nothing
    stall: seconds without a byte that end an attempt
    pause: seconds between two attempts, doubled each time
    """
    if sha256 is None:
        part.unlink(missing_ok=True)
    resumed = part.exists()
    if resumed and not wrong_checksum(part, sha256):
        return
    clock = Clock(timeout)
    while True:
        complete(url, part, limit, tries, stall, pause, clock)
        wrong = wrong_checksum(part, sha256)
        if not wrong:
            return
        part.unlink()
        if not resumed:
            raise DownloadFailed(f"{wrong}; the file was deleted")
        print(f"{wrong}: perhaps the partial download was stale, so again from the beginning")
        resumed = False


def digest(path: Path, algorithm: str) -> str:
    # usedforsecurity: md5 only tells files apart here, and some systems forbid it otherwise.
    state = hashlib.new(algorithm, usedforsecurity=False)
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK):
            state.update(chunk)
    return state.hexdigest()


def wrong_checksum(path: Path, sha256: str | None) -> str:
    """What is wrong with the file `path`, or an empty text."""
    if sha256 is None or sha256 == (actual := digest(path, "sha256")):
        return ""
    return f"sha256 is {actual} ({path.stat().st_size:,} bytes), expected {sha256}"


class Clock:
    """Tells how long a wait may be, of some seconds for everything; 0 is no limit."""

    def __init__(self, seconds: float):
        self.seconds = seconds
        self.end = time.monotonic() + (seconds or float("inf"))

    def at_most(self, seconds: float) -> float:
        left = self.end - time.monotonic()
        if left <= 0:
            raise DownloadFailed(f"not complete after {self.seconds:g} s (--timeout)")
        return min(seconds, left)


def complete(
    url: str, part: Path, limit: int, tries: int, stall: float, pause: float, clock: Clock
) -> None:
    """Download what `part` lacks, in as many attempts as it takes while they bring something."""
    failures, longest = 0, 0
    while True:
        try:
            return attempt(url, part, limit, stall, clock)
        except AttemptFailed as failed:
            found = re.search(r"error:? (\d{3})\b", str(failed), re.IGNORECASE)
            status = int(found[1]) if found else 0
            size = part.stat().st_size
            if size and status == 416:
                return  # nothing follows what is there; the checksum tells whether that is right
            if not size or failed.code == CANNOT_RESUME:
                part.unlink()
            if 400 <= status < 500 and status not in (408, 425, 429):
                raise DownloadFailed(str(failed)) from failed
            failures = failures + 1 if size <= longest else 1
            longest = max(longest, size)
            if failures >= tries:
                raise DownloadFailed(f"{failed} ({tries} attempts)") from failed
            wait = pause * 2 ** (failures - 1)
            print(f"  {failed}; attempt {failures} of {tries}, the next in {wait:g} s")
            time.sleep(clock.at_most(wait))
            clock.at_most(0)


def attempt(url: str, part: Path, limit: int, stall: float, clock: Clock) -> None:
    """Append to `part` what one downloader brings, or raise AttemptFailed."""
    size = part.stat().st_size if part.exists() else 0
    command = downloader(url, size)
    resuming = f", resuming after {size / 1e6:.1f} MB" if size else ""
    print(f"Downloading {url} with {Path(command[0]).name}{resuming}")
    english = {**os.environ, "LC_ALL": "C"}  # the server's status is read from the message
    pipe = subprocess.PIPE  # it ends here, so the downloader cannot outlive this program
    terminal = sys.stderr.isatty()  # a line that changes; elsewhere, a new one now and then
    shown = began = time.monotonic()
    process = subprocess.Popen(command, stdout=pipe, stderr=pipe, env=english, bufsize=0)
    with process, open(part, "ab") as file:
        try:
            while chunk := read(process, stall, clock):
                file.write(chunk)
                size += len(chunk)
                if size > limit:
                    return
                if time.monotonic() > shown + (0.1 if terminal else 5):
                    shown = time.monotonic()
                    text = f"\r  {size / 1e6:.1f} MB of at most {limit / 1e6:.1f} MB "
                    print(text, end="" if terminal else "\n", file=sys.stderr, flush=True)
            message = process.stderr.read().decode(errors="replace").strip()
            code = process.wait()
        finally:
            process.kill()  # does nothing once it has ended
            if terminal and shown > began:
                print(file=sys.stderr)
    if code:
        raise AttemptFailed((message or f"exit code {code}").splitlines()[-1], code)


def read(process, stall: float, clock: Clock) -> bytes:
    """Return what comes next, no bytes at the end; a process that brings nothing is killed.

    Waiting for a pipe with a time limit is nothing that every system knows.
    """
    alarm = threading.Timer(clock.at_most(stall), process.kill)
    alarm.daemon = True  # or it would hold up the end of this program
    alarm.start()
    chunk = process.stdout.read(CHUNK)
    late = alarm.finished.is_set()
    alarm.cancel()
    if late and not chunk:
        clock.at_most(stall)
        raise AttemptFailed(f"no byte for {stall:g} s")
    return chunk


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
    return [sys.executable, __file__, url, str(offset)]


def print_url(url: str, offset: int) -> None:
    """What curl does, for machines without it."""
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


if __name__ == "__main__":
    print_url(sys.argv[1], int(sys.argv[2]))
