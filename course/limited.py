"""Our own work on what a stranger wrote, done by a child process that may use little.

    @in_child(seconds=1, size=500_000)
    def to_html(text): ...

A text can be written such that a parser needs hours or gigabytes, or crashes. A function with this
decorator runs in the one child of this process: its processor time, memory and the size of what
comes back are limited. Where it crosses a limit, or raises anything but ValueError, the call raises
Refused, and so does every further call with the same arguments, at once. Arguments are pickled on
their way there, results are JSON on their way back.
"""

import atexit
import contextlib
import functools
import hashlib
import importlib
import json
import os
import pickle
import resource
import select
import signal
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path

from course import ROOT
from course.files import put

MEMORY = 1_000_000_000  # bytes above what the libraries take
PATIENCE = 60  # seconds by the clock for each of processor time: the machine may be busy
START = (
    f"import sys; sys.path.insert(0, {str(ROOT)!r}); from course import limited; limited.serve()"
)

inside = False  # whether this is the child
lock = threading.Lock()
child = None  # the Child of this process
known, used = {}, {}  # {digest of a call: its answer}


class Refused(Exception):
    """What was asked takes more than it may, or cannot be done. The message says which."""


def in_child(seconds, size, keep=False):
    """Return a decorator for a function of a module; see above.

    seconds  of processor time of a call    size  bytes of its result, as JSON
    keep     results, too, and not refusals alone
    """

    def decorate(function):
        @functools.wraps(function)
        def call(*arguments):
            if inside:
                return function(*arguments)
            what = function.__module__, function.__name__, arguments
            request = pickle.dumps((*what, seconds, size))
            digest = hashlib.sha256(request).hexdigest()
            with lock:  # two threads may ask
                answer = known.get(digest) or ask(request, seconds, size)
                if (keep or "refused" in answer) and not answer.get("lost"):
                    known[digest] = used[digest] = answer
            if "refused" in answer:
                raise Refused(answer["refused"])
            if "wrong" in answer:
                raise ValueError(answer["wrong"])
            return answer["value"]

        return call

    return decorate


@contextlib.contextmanager
def remembered(path, version):
    """Know in this block what the file at `path` knows from the last run of the same `version`.

    At its end, what was used of that and what is new stands in the file.
    """
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        found = json.loads(path.read_bytes())
        known.update(found["known"] if found["version"] == version else {})
    used.clear()
    yield
    put(path, json.dumps({"version": version, "known": used}).encode())


def ask(request, seconds, size):
    """Return the answer of the child, which is started where there is none."""
    global child
    if child is None:
        child = Child()
    answer = child.ask(request, seconds, size)
    if "refused" in answer:
        child.end()  # its memory may be full, or it has ended
        child = None
    return answer


class Child:
    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-B", "-c", START, str(ROOT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            start_new_session=True,  # Ctrl-C is answered by us
        )
        atexit.register(self.end)

    def ask(self, request, seconds, size):
        try:
            self.process.stdin.write(request)
            self.process.stdin.flush()
            return json.loads(self.read(size, time.monotonic() + PATIENCE * max(seconds, 1)))
        except (OSError, EOFError):
            code = self.process.wait()
            why = "it takes too long" if code == -signal.SIGPROF else "the parser crashes"
            return {"refused": why, "lost": code == -signal.SIGKILL}
        except ValueError:  # no JSON
            return {"refused": "the parser crashes"}
        except BaseException:  # Ctrl-C, say: an answer that is still to come would be taken for
            self.end()  # that of the next call
            raise

    def read(self, size, deadline):
        """Return a line of `size` bytes and a few. Raises EOFError, ValueError."""
        line, pipe = bytearray(), self.process.stdout.fileno()
        while not line.endswith(b"\n"):
            if not select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))[0]:
                self.process.kill()  # which may be the machine's fault
            piece = os.read(pipe, 1 << 20)
            if not piece:
                raise EOFError
            line += piece
            if len(line) > size + 1000:
                raise ValueError("it is not itself any more")
        return line

    def end(self):
        atexit.unregister(self.end)  # nothing is kept of the many that one run may need
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()


# In the child


def serve():
    """Answer what the parent asks, until it is gone."""
    global inside
    inside, source, target = True, sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    with contextlib.suppress(EOFError):
        while True:
            *request, seconds, size = pickle.load(source)
            answer = json.dumps(answer_to(*request, seconds)).encode()
            if len(answer) > size + len('{"value": }'):
                answer = json.dumps({"refused": f"more than {size:,} bytes come back"}).encode()
            target.write(answer + b"\n")
            target.flush()


def answer_to(module, name, arguments, seconds):
    function = getattr(importlib.import_module(module), name)  # its import counts for nothing
    warnings.simplefilter("ignore")  # of odd escapes in a source, for instance
    limit_memory()
    signal.setitimer(signal.ITIMER_PROF, seconds)  # whose signal ends the process
    try:
        return {"value": function(*arguments)}
    except ValueError as error:
        return {"wrong": str(error)}
    except Exception as error:  # parsers raise nearly anything
        return {"refused": f"it cannot be parsed ({type(error).__name__})"}
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def limit_memory():
    with contextlib.suppress(OSError, ValueError):  # macOS has neither
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))
