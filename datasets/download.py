"""Download a file through a bad network: resume, try again, verify. Standard library only.

Read it from `download` down: verify, try again, one attempt, one answer of the server.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import importlib
import ssl
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

CHUNK = 1 << 18
WHOLE = 200  # the status of a server that sends the whole file, not the rest of it


class DownloadFailed(Exception):
    """Why there is no file."""


class AttemptFailed(Exception):
    """Why, and the HTTP status that says so, if one does."""

    def __init__(self, reason: str, status: int = 0):
        super().__init__(reason)
        self.status = status


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
            size = part.stat().st_size
            if size and failed.status == 416:
                return  # nothing follows what is there; the checksum tells whether that is right
            if not size or failed.status == WHOLE:
                part.unlink()
            if 400 <= failed.status < 500 and failed.status not in (408, 425, 429):
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
    """Append to `part` what one answer of the server brings, or raise AttemptFailed."""
    size = part.stat().st_size if part.exists() else 0
    print(f"Downloading {url}{f', resuming after {size / 1e6:.1f} MB' if size else ''}")
    terminal = sys.stderr.isatty()  # a line that changes; elsewhere, a new one now and then
    shown = began = time.monotonic()
    with open(part, "ab") as file:
        try:
            for chunk in receive(url, size, clock.at_most(stall)):
                file.write(chunk)
                size += len(chunk)
                if size > limit:
                    return
                if time.monotonic() > shown + (0.1 if terminal else 5):
                    shown = time.monotonic()
                    text = f"\r  {size / 1e6:.1f} MB of at most {limit / 1e6:.1f} MB "
                    print(text, end="" if terminal else "\n", file=sys.stderr, flush=True)
                clock.at_most(stall)
        finally:
            if terminal and shown > began:
                print(file=sys.stderr)


def receive(url: str, offset: int, seconds: float):
    """Yield what a server sends of `url` from byte `offset` on, waiting so many seconds for each
    piece. Raises AttemptFailed."""
    headers = {"Range": f"bytes={offset}-"} if offset else {}
    try:
        request = urllib.request.Request(url, headers=headers)
        with urllib.request.urlopen(request, timeout=seconds, context=trusted()) as response:
            if offset and response.status != 206:
                raise AttemptFailed("the server cannot resume a download", WHOLE)
            left = int(response.headers["Content-Length"] or 0)
            while chunk := response.read1(CHUNK):
                left -= len(chunk)
                yield chunk
    except urllib.error.HTTPError as error:
        with error:
            raise AttemptFailed(str(error), error.code) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = str(getattr(error, "reason", error))
        late = "timed out" in reason
        raise AttemptFailed(f"no byte for {seconds:g} s" if late else reason) from error
    if left > 0:
        raise AttemptFailed(f"connection closed {left} bytes early")


def trusted() -> ssl.SSLContext:
    """Return the certificates of this machine, and of certifi, which Jupyter and pip bring along:
    python.org's builds for macOS know none of the system's."""
    context = ssl.create_default_context()
    for name in ("certifi", "pip._vendor.certifi"):
        with contextlib.suppress(ImportError, OSError):
            context.load_verify_locations(importlib.import_module(name).where())
    return context
