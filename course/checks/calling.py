"""Start child processes that call a student's code; collect what comes back; lose nothing.

Whatever the student's code does (hang, flood the screen, leave by sys.exit or os._exit, crash the
interpreter) ends in an Outcome for each problem. A child that hangs or dies costs the problem it
was busy with; a new one goes on with the next.

Parent and child talk over the child's standard streams, which every system has and every sandbox
hands on: the job goes to stdin, frames come from stdout, and what is printed from stderr.
"""

import io
import json
import os
import queue
import secrets
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from course.checks import steps
from course.checks.frames import Frames, told_of_error, told_of_hang, told_of_value

CHILD = Path(__file__).with_name("child.py")
TIME_LIMIT = 60.0  # seconds for all problems of an exercise
CALL_LIMIT = 5.0  # for one of them: two that hang are told within 15, with two starts
PATIENCE = 3.0  # seconds until somebody who waits is told what for
GRACE = 2.0  # seconds for a child to say where it hangs, before it is ended
MOST_LOSSES = 2  # children that may hang or die before the remaining problems are left out
START_LIMIT = 120.0  # seconds until a child is ready, on a machine that is very busy
TO_LEAVE = 1.0  # seconds for a child that has said everything
FLOOD = 1_000_000  # characters
MOST_WORDS = 2000  # bytes of what a child says that never gets ready
MARK = "COURSE_CHECK"  # an environment variable, by which what a child started is known


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
            crash: importing, if that happened before any problem was tried; for hang: file and line
            where it was, if that is known
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


def call(target, problems, calls, *, time_limit=TIME_LIMIT, call_limit=CALL_LIMIT,
         slack=1, start=None, waiting=lambda: None):  # fmt: skip
    """Call the target on problems {name: {argument: array}}; return Outcomes, one for each.

    calls {name: name of a call} says how each is called, as call.py of the kind names it; "call of
    function" is a call of another function of the same file.
    time_limit  seconds for all of them
    call_limit  seconds for each, at most a third of all
    slack       1: both are seconds by the clock; more: of processor time, as a busy machine must
                decide nothing, and so many times as many by the clock
    start       starts a child in another way than `started` does, in a sandbox, say
    waiting     is called, once, when a call has taken PATIENCE seconds

    Raises NotStarted if the child did not come as far as the student's code.
    """
    names = list(problems)
    outcomes, printed, losses, left = {}, 0, 0, slack * time_limit
    call_limit, told = slack * min(call_limit, time_limit / 3), []

    def wait():
        if not told:
            told.append(waiting())

    while len(outcomes) < len(names) and losses < MOST_LOSSES and left > 0:
        indices = [index for index in range(len(names)) if index not in outcomes]
        job = make_job(target, names, problems, calls, indices, (call_limit, left), slack)
        returns = {index: target.returns[calls[names[index]].split(" of ")[0]] for index in indices}
        child = Child(target, returns)
        left -= run_child(child, job, start, Clock(call_limit + GRACE, left + GRACE), wait)
        printed += child.printed
        outcomes |= child.found
        if child.waiting and not child.imported:
            broken = Outcome(child.lost, {"importing": True, **child.place})
            outcomes |= dict.fromkeys(child.waiting, child.import_error or broken)
        elif child.waiting:
            losses += 1
            outcomes[child.waiting[0]] = Outcome(child.lost, child.place)
    left_out = Outcome("left out")
    return Outcomes({n: outcomes.get(i, left_out) for i, n in enumerate(names)}, printed)


class Child:
    """What one child process has said so far, in the order in which it has to be said.

    That is ready, then import (an error, and the end), or start and value, or raises, of each
    index. So a student's code that writes into the pipe cannot answer twice or for another child.
    """

    def __init__(self, target, returns):
        self.target = target
        self.returns = returns  # {index: what may come back}
        self.waiting = list(returns)  # the indices without an outcome
        self.found = {}
        self.ready = self.imported = self.started = False
        self.import_error = None
        self.lost = "crash"  # what became of it if it does not answer: nothing else was seen
        self.place = {}  # where it hung
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

    def hear(self, data):
        """Take what it says before it is ready: why it does not start, perhaps."""
        if not self.ready:
            self.first_words = (self.first_words + data)[-MOST_WORDS:]


def make_job(target, names, problems, calls, indices, limits, slack):
    """Return what child.py reads from its stdin: a line of JSON, then the bytes of the arrays."""
    given = [
        (index, argument, np.asarray(array))
        for index in indices
        for argument, array in problems[names[index]].items()
    ]
    header = {
        "limits": limits,
        "slack": slack,
        "root": target.root,
        "package": target.package,
        "call": target.call,
        "module": target.module,
        "attribute": target.attribute,
        "file": target.file,
        "indices": indices,
        "calls": [calls[name] for name in names],
        "arrays": [(*place, array.dtype.str, array.shape) for *place, array in given],
    }
    return b"".join([json.dumps(header).encode(), b"\n", *(one.tobytes() for *_, one in given)])


def run_child(child, job, start, clock, waiting):
    """Run one child process and let `child` take what it says; return the seconds it took.

    They count from when the process is ready: how long that takes is no matter of the student's
    code.
    """
    with (start or started)(job) as process:
        channel = queue.SimpleQueue()
        threads = [
            threading.Thread(target=read, args=(process.stdout, channel.put), daemon=True),
            threading.Thread(target=hear, args=(process.stderr, child), daemon=True),
        ]
        for thread in threads:
            thread.start()
        try:
            listen(child, channel, clock, waiting)
            if child.done or not child.ready:  # or it says why it did not start
                threads[1].join(TO_LEAVE)  # so that a sandbox can clear up
        except TimeoutError:
            child.lost = "hang"
        except ValueError:
            child.lost = "crash"  # a frame that is none: something else wrote into our stream
    for thread in threads:
        thread.join(TO_LEAVE)
    if not child.ready:
        raise not_started(child.first_words)
    return time.monotonic() - clock.began


def not_started(words):
    """Return the error; words are bytes that were said instead."""
    said = words.decode(errors="replace").strip() or "no word"
    return NotStarted(f"the process that is to call the code did not start: {said}")


@contextmanager
def started(job, command=None):
    """Start a child with its job, and give it. At the end, kill what is left of it.

    command is the start of the child's command line, for a sandbox.
    """
    mark = secrets.token_hex(16)
    process = subprocess.Popen(
        [*(command or [sys.executable, "-P"]), str(CHILD)],
        bufsize=0,
        stdin=subprocess.PIPE,  # no file: a sandbox could write into one
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # where there are sessions: Ctrl-C is for us alone
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", MARK: mark},
    )
    threading.Thread(target=write, args=(process.stdin, job), daemon=True).start()
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if not command:  # a sandbox ends all that is in it
            kill_marked(mark)


class Clock:
    """When to give a child up.

    limit is the most seconds between two frames, budget the most for all. Both count from when
    the process is ready.
    """

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


def read(stream, take):
    """Let `take` have what comes from a stream, and no bytes at its end. Runs in a thread.

    Waiting for several streams at once is nothing that every system knows of pipes.
    """
    with stream:
        while data := stream.read(1 << 16):
            take(data)
    take(b"")


def write(stream, data):
    """Write it all and close the stream; in a thread, as nobody may be reading."""
    with suppress(OSError), io.BufferedWriter(stream) as buffered:
        buffered.write(data)


def hear(stream, child):
    """Count what a child prints, and keep its first words."""

    def take(data):
        child.printed += len(data)
        child.hear(data)

    read(stream, take)


def listen(child, channel, clock, waiting):
    """Let `child` take frames until it is done or its stream ends.

    Raises TimeoutError; ValueError if something comes that is no frame, or out of turn.
    """
    frames = Frames()
    while not child.done:
        data = next_of(channel, clock, waiting if child.ready else lambda: None)
        child.hear(data)
        for meta, values in frames.add(data):
            if not child.ready:
                clock.ready()
            child.take(meta, values)
            clock.next()
        if not data:
            break
    if frames.last_words and child.ready:
        child.place = told_of_hang(frames.last_words, child.target)
        raise TimeoutError


def next_of(channel, clock, waiting):
    """Return what comes next in a queue; TimeoutError when time is up."""
    with suppress(queue.Empty):
        return channel.get(timeout=min(PATIENCE, clock.left))
    if clock.left:
        waiting()
        with suppress(queue.Empty):
            return channel.get(timeout=clock.left)
    raise TimeoutError


def kill_marked(mark):
    """End what a child has started: all processes with this mark in their environment."""
    import psutil

    for _ in range(5):  # one may start another meanwhile
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):  # it is gone, or another user's
                if process.environ().get(MARK) == mark:
                    process.kill()
                    found.append(process)
        if not found:
            return
        psutil.wait_procs(found, timeout=1)
