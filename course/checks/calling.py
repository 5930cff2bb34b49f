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
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from course.checks import steps
from course.checks.frames import Frames, told_of_error, told_of_value

CHILD = Path(__file__).with_name("child.py")
TIME_LIMIT = 60.0  # seconds for all problems of an exercise
MOST_LOSSES = 2  # children that may hang or die before the remaining problems are left out
START_LIMIT = 60.0  # seconds until a child is ready, on a machine that is very busy
TO_LEAVE = 1.0  # seconds for a child that has said everything
FLOOD = 1_000_000  # characters
MOST_WORDS = 2000  # bytes of what a child prints that never gets ready


class NotStarted(RuntimeError):
    """The child process ended before it touched the student's code: nothing can be said of that."""


@dataclass(frozen=True)
class Target:
    """What to call: `attribute` of `module` in the tree `root`, or of the file `file`.

    package   the name of the package that is the student's
    call      the path of the kind's call.py, as the child sees it
    returns   what that declares to come back, read from our own copy
    """

    root: str
    package: str
    module: str
    attribute: str
    call: str
    returns: dict = field(hash=False)
    file: str = ""

    @classmethod
    def of(cls, course, exercise, root, attribute="", file=""):
        """Return the Target of an exercise of a Course in the tree `root`."""
        kind = course.kind(exercise.kind)
        attribute = attribute or exercise.attribute
        call = str(kind.call_file)
        returns = {**kind.call.RETURNS, steps.STEPS: steps.RETURNS}
        return cls(str(root), course.package, exercise.module, attribute, call, returns, str(file))


@dataclass
class Outcome:
    """What became of one problem.

    status  value, raises, import (the file could not be imported), hang, crash, left out
    meta    for value: types of what was returned, names of changed arguments; for raises and
            import: error, message, file, line, and missing (not implemented yet); for hang and
            crash: importing, if that happened before any problem was tried
    values  arrays that the function returned, those that are numbers, as float64
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


def call(target, problems, calls, *, time_limit=TIME_LIMIT, command=None):
    """Call the target on problems {name: {argument: array}}; return Outcomes, one for each.

    calls {name: name of a call} says how each is called, as call.py of the kind names it. command
    is the start of the child's command line, for a sandbox; it must keep open the one file
    descriptor it is given.

    Raises NotStarted if the child did not come as far as the student's code.
    """
    names = list(problems)
    outcomes, printed, losses, left = {}, 0, 0, time_limit
    while len(outcomes) < len(names) and losses < MOST_LOSSES and left > 0:
        indices = [index for index in range(len(names)) if index not in outcomes]
        job = make_job(target, names, problems, calls, indices)
        child = Child({index: target.returns[calls[names[index]]] for index in indices})
        left -= run_child(child, job, command, time_limit / 3, left)
        printed += child.printed
        outcomes |= child.found
        if child.waiting and not child.imported:
            broken = child.import_error or Outcome(child.lost, {"importing": True})
            outcomes |= dict.fromkeys(child.waiting, broken)
        elif child.waiting:
            losses += 1
            outcomes[child.waiting[0]] = Outcome(child.lost)
    left_out = Outcome("left out")
    return Outcomes({n: outcomes.get(i, left_out) for i, n in enumerate(names)}, printed)


class Child:
    """What one child process has said so far, in the order in which it has to be said.

    That is ready, then import (an error, and the end), or start and value, or raises, of each
    index. So a student's code that writes into the pipe cannot answer twice or for another child.
    """

    def __init__(self, returns):
        self.returns = returns  # {index: what may come back}
        self.waiting = list(returns)  # the indices without an outcome
        self.found = {}
        self.ready = self.imported = self.started = False
        self.import_error = None
        self.lost = "crash"  # what became of it if it does not answer: nothing else was seen
        self.printed, self.first_words = 0, b""

    @property
    def done(self):
        return not self.waiting or self.import_error is not None

    def take(self, meta, values):
        """Take a frame; ValueError if it is not its turn."""
        event, index = meta.get("event"), meta.get("index")
        if event == "ready" and not self.ready:
            self.ready = True
        elif event == "import" and self.ready and not self.imported and not self.done:
            self.import_error = Outcome("import", told_of_error(meta))
        elif not self.ready or self.done or type(index) is not int or index != self.waiting[0]:
            raise ValueError("a frame out of turn")
        elif event == "start" and not self.started:
            self.imported = self.started = True
        elif event in ("value", "raises") and self.started:
            if event == "raises":
                self.found[index] = Outcome(event, told_of_error(meta))
            else:
                self.found[index] = Outcome(
                    event, *told_of_value(self.returns[index], meta, values)
                )
            self.waiting.pop(0)
            self.started = False
        else:
            raise ValueError("a frame out of turn")


def make_job(target, names, problems, calls, indices):
    """Return the npz bytes that child.py reads from its stdin."""
    header = {
        "root": target.root,
        "package": target.package,
        "call": target.call,
        "module": target.module,
        "attribute": target.attribute,
        "file": target.file,
        "indices": indices,
        "calls": [calls[name] for name in names],
    }
    arrays = {"job": np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)}
    for index in indices:
        for argument, array in problems[names[index]].items():
            arrays[f"{index}/{argument}"] = array
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def run_child(child, job, command, limit, budget):
    """Run one child process and let `child` take what it says; return the seconds it took.

    limit is the most seconds between two frames, budget the most for all. Both count from when
    the process is ready: how long that takes is no matter of the student's code.
    """
    with started(job, command) as (pipe, stdout):
        clock = Clock(limit, budget)
        try:
            listen(child, pipe, stdout, clock)
            if child.done or not child.ready:  # or it says why it did not start
                drain(stdout, child)
        except TimeoutError:
            child.lost = "hang"
        except ValueError:
            child.lost = "crash"  # a frame that is none: something else wrote into our pipe
    if not child.ready:
        words = child.first_words.decode(errors="replace").strip() or "no word"
        raise NotStarted(f"the process that is to call the code did not start: {words}")
    return time.monotonic() - clock.began


@contextmanager
def started(job, command):
    """Start a child with its job; give its pipe and its stdout. At the end, kill what is left."""
    pipe, write_end = os.pipe()
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
    try:
        yield pipe, process.stdout
    finally:
        os.close(pipe)
        kill(process)
        process.stdout.close()


class Clock:
    """When to give a child up: see run_child."""

    def __init__(self, limit, budget):
        self.limit, self.budget = limit, budget
        self.began = time.monotonic()
        self.end = self.deadline = self.began + START_LIMIT

    def ready(self):
        self.began = time.monotonic()
        self.end = self.began + self.budget

    def next(self):
        """Count anew from here, where a frame has come."""
        self.deadline = min(time.monotonic() + self.limit, self.end)

    @property
    def left(self):
        return max(0.0, self.deadline - time.monotonic())


def listen(child, pipe, stdout, clock):
    """Let `child` take frames and hear what is printed, until it is done or its pipe is closed.

    Raises TimeoutError; ValueError if something comes that is no frame, or out of turn.
    """
    frames = Frames()
    for source, data in received((pipe, stdout), clock):
        if source is stdout:
            hear(child, data)
            continue
        for meta, values in frames.add(data):
            if not child.ready:
                clock.ready()
            child.take(meta, values)
            clock.next()
        if child.done or not data:
            return


def received(sources, clock):
    """Yield (source, bytes) as they come, no bytes at its end; TimeoutError when time is up."""
    with selectors.DefaultSelector() as selector:
        for source in sources:
            selector.register(source, selectors.EVENT_READ)
        while True:
            ready = selector.select(clock.left)
            if not clock.left:
                raise TimeoutError
            for key, _ in ready:
                data = os.read(key.fd, 1 << 16)
                if not data:
                    selector.unregister(key.fileobj)
                yield key.fileobj, data


def hear(child, data):
    child.printed += len(data)
    if not child.ready:
        child.first_words = (child.first_words + data)[-MOST_WORDS:]


def drain(stdout, child):
    """Count what else was printed; wait a little for the end, so that a sandbox can clear up."""
    end = time.monotonic() + TO_LEAVE
    with selectors.DefaultSelector() as selector:
        selector.register(stdout, selectors.EVENT_READ)
        while child.printed <= FLOOD and selector.select(max(0.0, end - time.monotonic())):
            data = os.read(stdout.fileno(), 1 << 16)
            if not data or time.monotonic() >= end:
                return
            hear(child, data)


def kill(process):
    """End the child and what it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        process.kill()
    process.wait()
