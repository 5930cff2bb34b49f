"""Start child processes that call a student's code; collect what comes back; lose nothing.

Whatever the student's code does (hang, flood the screen, leave by sys.exit or os._exit, crash the
interpreter) ends in an Outcome for each problem. A child that hangs or dies costs the problem it
was busy with; a new one goes on with the next.
"""

import io
import json
import os
import selectors
import signal
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

CHILD = Path(__file__).with_name("child.py")
TIME_LIMIT = 60.0  # seconds for all problems of an exercise
MOST_LOSSES = 2  # children that may hang or die before the remaining problems are left out
MOST_FRAME = 50_000_000  # bytes
FLOOD = 1_000_000  # characters
IMPORT = -1  # stands for a problem's index where the import failed


@dataclass(frozen=True)
class Target:
    """What to call: `attribute` of `module` in the tree `root`, or of the file `file`."""

    root: str
    module: str
    attribute: str
    file: str = ""


@dataclass
class Outcome:
    """What became of one problem.

    status  value, raises, import (the file could not be imported), hang, crash, left out
    meta    for value: types of what was returned, names of changed arguments; for raises and
            import: error, message, file, line, and missing (not implemented yet)
    values  arrays that the function returned, those that are numbers
    """

    status: str
    meta: dict = field(default_factory=dict)
    values: dict = field(default_factory=dict)


@dataclass
class Outcomes:
    by_name: dict
    printed: int = 0  # characters

    @property
    def flooded(self):
        return self.printed > FLOOD


def call(target, problems, kinds, *, time_limit=TIME_LIMIT, command=None):
    """Call the target on problems {name: {argument: array}}; return Outcomes, one for each.

    kinds {name: loss, predict, train or timing} says how each is called. command is the start of
    the child's command line, for a sandbox; it must keep open the one file descriptor it is given.
    """
    names = list(problems)
    outcomes, printed, losses = {}, 0, 0
    end = time.monotonic() + time_limit
    while len(outcomes) < len(names) and losses < MOST_LOSSES and time.monotonic() < end:
        left = [index for index in range(len(names)) if index not in outcomes]
        job = make_job(target, names, problems, kinds, left)
        limit = min(end - time.monotonic(), time_limit / 3)
        found, lost, output = run_child(job, command, limit, end)
        printed += output
        if IMPORT in found:
            return Outcomes(dict.fromkeys(names, found[IMPORT]), printed)
        outcomes |= {index: found[index] for index in left if index in found}
        if any(index not in found for index in left):
            lost = lost or "crash"
            losses += 1
            first = next(index for index in left if index not in found)
            outcomes[first] = Outcome(lost)
    left_out = Outcome("left out")
    return Outcomes({n: outcomes.get(i, left_out) for i, n in enumerate(names)}, printed)


def make_job(target, names, problems, kinds, indices):
    """Return the npz bytes that child.py reads from its stdin."""
    header = {
        "root": str(target.root),
        "module": target.module,
        "attribute": target.attribute,
        "file": str(target.file),
        "indices": indices,
        "calls": [kinds[name] for name in names],
    }
    arrays = {"job": np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)}
    for index in indices:
        for argument, array in problems[names[index]].items():
            arrays[f"{index}/{argument}"] = array
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def run_child(job, command, limit, end):
    """Run one child; return {index: Outcome}, "hang" or "crash" if that was seen, and characters.

    limit is the most seconds between two frames, end the time when all must be over.
    """
    read_end, write_end = os.pipe()
    with tempfile.TemporaryFile() as stdin:
        stdin.write(job)
        stdin.seek(0)
        process = subprocess.Popen(
            [*(command or [sys.executable, "-P"]), str(CHILD), str(write_end)],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=[write_end],
            start_new_session=True,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )
    os.close(write_end)
    frames, found, printed = Frames(), {}, 0
    deadline = min(time.monotonic() + limit, end)
    lost = ""
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(read_end, selectors.EVENT_READ)
            selector.register(process.stdout, selectors.EVENT_READ)
            while read_end in selector.get_map():
                ready = selector.select(max(0.0, deadline - time.monotonic()))
                if time.monotonic() >= deadline:
                    lost = "hang"
                    break
                for key, _ in ready:
                    data = os.read(key.fd, 1 << 16)
                    if not data:
                        selector.unregister(key.fileobj)
                    elif key.fd != read_end:
                        printed += len(data)
                    else:
                        for meta, values in frames.add(data):
                            note(meta, values, found)
                            deadline = min(time.monotonic() + limit, end)
    except (ValueError, KeyError, TypeError):
        lost = "crash"  # a frame that is none: something else wrote into our pipe
    finally:
        os.close(read_end)
        kill(process)
        process.stdout.close()
    return found, lost, printed


def note(meta, values, found):
    event = meta.pop("event")
    if event == "import":
        found[IMPORT] = Outcome("import", meta)
    elif event in ("value", "raises"):
        found[int(meta.pop("index"))] = Outcome(event, meta, values)


def kill(process):
    """End the child and what it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        process.kill()
    process.wait()


class Frames:
    """Cuts the stream from the child into frames: (meta, arrays)."""

    def __init__(self):
        self.buffer = b""

    def add(self, data):
        """Take more bytes; yield every frame that is complete. ValueError if it is no frame."""
        self.buffer += data
        while len(self.buffer) >= 8:
            (length,) = struct.unpack(">Q", self.buffer[:8])
            if length > MOST_FRAME:
                raise ValueError(f"a frame of {length} bytes")
            if len(self.buffer) < 8 + length:
                return
            frame, self.buffer = self.buffer[8 : 8 + length], self.buffer[8 + length :]
            try:
                with zipfile.ZipFile(io.BytesIO(frame)) as archive:
                    if sum(entry.file_size for entry in archive.infolist()) > MOST_FRAME:
                        raise ValueError("its arrays are too large")
                with np.load(io.BytesIO(frame), allow_pickle=False) as archive:
                    values = {name: archive[name] for name in archive.files}
                meta = json.loads(values.pop("meta").tobytes())
            except Exception as error:
                raise ValueError(f"not a frame: {error}") from error
            yield meta, values
