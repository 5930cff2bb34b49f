"""Call one function of a student on several problems and stream back what it returned.

This file runs as a script of its own in a child process, and imports nothing of ours but the
call.py of the kind of exercise, by its path: whatever package the child imports is the student's.
The parent (calling.py) writes the job to the child's stdin and reads frames from its stdout; what
students print goes to stderr. A frame is 8 bytes of length and a npz archive of arrays and of
`meta`, a JSON text. The first frame says that the student's code comes next; before each call
another says which problem starts. So the parent knows where a child died. If it hangs, faulthandler
ends it, and its last words say in which line it was.
"""

import faulthandler
import importlib
import importlib.util
import io
import json
import os
import re
import signal
import struct
import sys
import threading
import time
import traceback
import tracemalloc
import warnings
from collections import Counter
from importlib.machinery import FileFinder, SourceFileLoader

import numpy as np

PRINTS = os.path.join("core", "arrayprint.py")  # the end of numpy's file that formats arrays
MOST_VALUES = 100_000  # a gradient of many features has 96,000


def main():
    channel = os.dup(1)
    os.dup2(2, 1)  # what is printed, even by code in C, must not get between the frames
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")  # as in a notebook
    job, problems = read_job(sys.stdin.buffer.read())
    sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115 (a student's input() sees the end of a file)
    warnings.simplefilter("ignore")
    calls = load("kind", job["call"]).CALLS
    limit, budget = job["limits"]
    end, cpu_end = time.monotonic() + budget, time.process_time() + budget / job["slack"]
    if job["slack"] > 1:
        faulthandler.register(signal.SIGPROF, file=channel, chain=True)  # which ends the process

    def watch():
        """End this process if it is still busy when its time is up."""
        left = max(0.01, min(limit, end - time.monotonic()))
        faulthandler.dump_traceback_later(left, exit=True, file=channel)
        if job["slack"] > 1:  # as long as that by the clock, and a part of it at work
            left = max(0.01, min(limit / job["slack"], cpu_end - time.process_time()))
            signal.setitimer(signal.ITIMER_PROF, left)

    def unwatch():
        faulthandler.cancel_dump_traceback_later()
        if job["slack"] > 1:
            signal.setitimer(signal.ITIMER_PROF, 0)

    write(channel, frame({"event": "ready"}))
    watch()
    try:
        module = find_module(job)
        target = getattr(module, job["attribute"])
    except BaseException as error:
        unwatch()
        write(channel, frame({"event": "import", **describe(error, job)}))
        os._exit(0)
    last = b""
    for index, problem in problems.items():
        unwatch()
        write(channel, last + frame({"event": "start", "index": index}))
        watch()
        try:
            call, _, other = job["calls"][index].partition(" of ")
            if call == "steps":
                meta, values = count_steps(next(iter(calls.values())), target, problem, job)
            else:
                meta, values = calls[call](getattr(module, other) if other else target, problem)
            values = {
                k: v for name, value in values.items() for k, v in numbers(name, value).items()
            }
        except BaseException as error:
            meta, values = {"event": "raises", **describe(error, job)}, {}
        unwatch()
        last = frame({"event": "value", **meta, "index": index}, values)
    write(channel, last)
    os._exit(0)  # do not wait for threads or atexit functions


def read_job(content):
    """Return what calling.make_job has packed: (job, {index: {argument: array}})."""
    header, _, data = content.partition(b"\n")
    job, place = json.loads(header), 0
    problems = {index: {} for index in job["indices"]}
    for index, argument, dtype, shape in job["arrays"]:
        array = np.ndarray(shape, dtype, data, place).copy()
        problems[index][argument] = array
        place += array.nbytes
    return job, problems


def frame(meta, values=None):
    buffer = io.BytesIO()
    text = np.frombuffer(json.dumps(meta).encode(), dtype=np.uint8)
    np.savez(buffer, meta=text, **(values or {}))
    return struct.pack(">Q", buffer.tell()) + buffer.getvalue()


def write(channel, content):
    while content:
        content = content[os.write(channel, content) :]


class FreshLoader(SourceFileLoader):
    """Compiles from the source: a .pyc may be stale when a file was saved twice in a second."""

    def get_code(self, fullname):
        return self.source_to_code(self.get_data(self.path), self.path)


def find_module(job):
    """Import the student's module, or load the file the job names."""
    root = os.path.join(job["root"], "")
    package = os.path.join(root, job["package"])

    def hook(path):
        if os.path.join(path, "") != root and not path.startswith(package):
            raise ImportError
        return FileFinder(path, (FreshLoader, [".py"]))

    sys.path_hooks.insert(0, hook)
    sys.path.insert(0, job["root"])
    if job["file"]:
        return load("student_file", job["file"])
    return importlib.import_module(job["module"])


def load(name, path):
    """Import the file at a path as the module `name`."""
    loader = FreshLoader(name, path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


def is_own(file, job):
    """Say whether a file is the student's."""
    return file == job["file"] or file.startswith(os.path.join(job["root"], job["package"], ""))


def count_steps(call, function, problem, job):
    """Call a function on several problems; return what course/checks/steps.py judges.

    problem holds their arrays as "number/argument". Returned are, for each, the number of lines
    that ran in the student's files or for them, and the most memory; and, of the first problem
    with more lines than number 0, where: of several lines that with the fewest callers.
    """
    problems = {}
    for name, array in problem.items():
        number, _, argument = name.partition("/")
        problems.setdefault(int(number), {})[argument] = array
    steps, memory = [], []
    for number in sorted(problems):
        tracemalloc.start()
        call(function, problems[number])  # what is imported or kept in the first call is no step
        memory.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        steps.append(steps_of(lambda one=problems[number]: call(function, one), job))
    grown = (one - steps[0] for one in steps[1:])
    _, file, line = min(next(filter(None, grown), [(0, job["file"], 0)]))
    file = "" if file == job["file"] else os.path.relpath(file, job["root"]).replace(os.sep, "/")
    totals = np.array([one.total() for one in steps])
    return {"file": file}, {"steps": totals, "memory": np.array(memory), "line": np.array([line])}


def steps_of(action, job):
    """Return a Counter of the lines that run: {(number of callers, file, line): how often}.

    A line outside the student's files is counted for the line of these that led to it; but none
    that only puts an array into words, for a print.
    """
    counts = Counter()

    def trace(frame, event, argument):
        if event == "line":
            own, prints = [], False
            while frame:
                file = frame.f_code.co_filename
                prints |= file.endswith(PRINTS)
                if is_own(file, job):
                    own.append(frame)
                frame = frame.f_back
            if own and not prints:
                counts[len(own), own[0].f_code.co_filename, own[0].f_lineno] += 1
        return trace

    threading.settrace(trace)
    sys.settrace(trace)
    try:
        action()
    finally:
        sys.settrace(None)
        threading.settrace(None)
    return counts


def describe(error, job):
    """Return what a student needs to know of an exception: type, message, file and line."""
    place, line = "", 0
    for frame in traceback.extract_tb(error.__traceback__):
        if is_own(frame.filename, job):
            place, line = frame.filename, frame.lineno
    if isinstance(error, SyntaxError) and error.filename:
        place, line, message = error.filename, error.lineno, error.msg
    else:
        message = str(error)
    message = message.replace(os.path.join(job["root"], ""), "")
    message = re.sub(r"0x[0-9a-fA-F]+", "0x…", message)
    return {
        "error": type(error).__name__,
        "message": " ".join(message.split())[:300],
        "file": os.path.basename(place),
        "line": line or 0,
        "missing": isinstance(error, NotImplementedError),
    }


def numbers(name, value):
    """Return {name: array} if value is numbers, at most MOST_VALUES; else what shape it has."""
    try:
        array = np.array(value, subok=False)
    except Exception:
        return {}
    if array.dtype.kind not in "fiub":
        return {}
    if array.size > MOST_VALUES:
        return {f"{name}_shape": np.array(array.shape)}
    return {name: array}


if __name__ == "__main__":
    main()
