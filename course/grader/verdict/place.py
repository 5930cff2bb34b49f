"""Where the exercises of a submission are called: trees of its files, and one sandbox for all.

Each exercise has a process of its own, forked from one that has imported NumPy; see fork.py. Most
of the time of a sandbox for each would go into starting. What does an exercise gain by another of
the same student? It has ended before the next one's problems come, and where it was lost, or has
left a process or a file, the next one gets a new sandbox. There are traces that cannot be seen,
such as the number that the next process gets: some bits of problems that are over. But no exercise
can tell more by them than it can of its own problems.
"""

import os
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

from course.checks import calling
from course.grader.sandbox import EXERCISE, prefix
from course.grader.sandbox.usage import TMPFS
from course.grader.verdict.fork import CLEAN, READY
from course.grader.verdict.tree import write_tree

FORK = Path(__file__).with_name("fork.py")
INSIDE = "/submission"  # where a sandbox sees the trees
ATTEMPTS = 2  # at an exercise, at most


class Place:
    """Use it in a `with` block; without a `sandbox`, each child is started with our rights."""

    def __init__(self, work, sandbox=True):
        self.work, self.sandbox = work, sandbox
        self.trees = {}  # {names of the files that are stubs: the tree's own name}
        self.process = self.control = None

    def __enter__(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.folder = Path(self.scratch.name, "trees")
        self.folder.mkdir()
        self.folder.chmod(0o755)  # the sandbox runs as another user, whatever our umask is
        return self

    def __exit__(self, *_):
        self.end()
        self.scratch.cleanup()

    def root(self, stubs):
        """Return where a child sees the tree in which these files are the student edition's."""
        name = self.trees.setdefault(tuple(stubs), str(len(self.trees) + 1))
        if not (self.folder / name).exists():
            write_tree(self.work, self.folder / name, stubs=stubs)
        return f"{INSIDE if self.sandbox else self.folder}/{name}"

    def call(self, target, problems, calls, **limits):
        """Return the Outcomes as calling.call does. Raises calling.NotStarted."""
        # The trees cannot be written to, and what PYTHON... variables say is not for students.
        alone = partial(calling.started, command=[sys.executable, "-I", "-B"])
        start = self.started if self.sandbox else alone
        try:
            return calling.call(target, problems, calls, start=start, **limits)
        except calling.NotStarted:  # perhaps by something that an earlier exercise has left
            self.end()
            return calling.call(target, problems, calls, start=start, **limits)

    @contextmanager
    def started(self, job):
        """Do in the sandbox what calling.started does."""
        if self.process is None:
            self.begin()
        pipes = [os.pipe() for _ in range(3)]
        (get_job, put_job), (get_frames, put_frames), (get_prints, put_prints) = pipes
        theirs = get_job, put_frames, put_prints
        with suppress(OSError):  # it has ended: nobody writes there, and so nothing has started
            socket.send_fds(self.control, [b"!"], theirs)
        for fd in theirs:
            os.close(fd)
        to_child = os.fdopen(put_job, "wb", 0), job
        threading.Thread(target=calling.write, args=to_child, daemon=True).start()
        frames, prints = (os.fdopen(fd, "rb", 0) for fd in (get_frames, get_prints))
        try:
            yield SimpleNamespace(stdout=frames, stderr=prints)
        finally:
            if not self.is_clean():
                self.end()

    def begin(self):
        """Start a sandbox. Raises calling.NotStarted."""
        course = self.work.course
        scripts = {FORK, calling.CHILD}
        scripts |= {course.kind(one.kind).call_file for one in course.exercises.values()}
        seconds = EXERCISE.seconds * ATTEMPTS * len(course.exercises)
        command = prefix(
            show=[(self.folder, INSIDE), *sorted(scripts)],
            limits=replace(EXERCISE, seconds=seconds),
        )
        command += [sys.executable, "-I", "-B", str(FORK), str(calling.CHILD), *TMPFS]
        self.control, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                command,
                stdin=theirs,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for us alone
            )
        if self.hear(calling.START_LIMIT) != READY:
            self.process.kill()
            words = self.process.stdout.read(calling.MOST_WORDS)
            self.end()
            raise calling.not_started(words)

    def is_clean(self):
        """Whether the child has ended, and nothing of it is left in the sandbox."""
        return self.hear(calling.TO_LEAVE) == CLEAN

    def hear(self, seconds):
        """Return the byte that comes from the sandbox in so many seconds, no byte if none does."""
        self.control.settimeout(seconds)
        try:
            return self.control.recv(1)
        except OSError:
            return b""

    def end(self):
        """End the sandbox, if there is one."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            self.control.close()
        self.process = self.control = None
