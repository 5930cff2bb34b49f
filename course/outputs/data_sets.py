"""The data set that notebooks run on: which is there, and how another is got."""

import contextlib
import os
import sqlite3
import subprocess
import sys
from pathlib import Path


def find(course, name=None):
    """Return the folder of a course's data set; None if it has none.

    name    of a set that is declared; without one, it is the best that is there, or else the one
            on which the stored outputs were made

    That one is got if need be. For any other, the folder counts that the course's environment
    variable names. Raises FileNotFoundError, with the way out, if there is no such folder.
    """
    data = course.data
    if not data.sets:
        return None
    if (name is None or name != data.stored) and os.environ.get(data.variable):
        return chosen_folder(data)
    if name is None:
        there = [one.name for one in data.sets.values() if is_there(course, one)]
        name = (*there, data.stored)[0]
    wanted = data.sets[name]
    if name == data.stored:
        return get(course, wanted)
    if not is_there(course, wanted):
        way_out = f"`{told(wanted)}` gets it, {data.variable} names a folder that holds it"
        raise FileNotFoundError(f"there is no {wanted.told} in {wanted.folder}: {way_out}")
    return (course.root / wanted.folder).resolve()


def chosen_folder(data):
    """Return the folder that the variable names, or the first one or two below that holds a set.

    Quotes and a ~ are taken as they are meant: not everything that sets variables is a shell.
    """
    chosen = os.environ[data.variable]
    folder = Path(chosen.strip(" '\"")).expanduser()
    for depth in ("", "*/", "*/*/"):
        for marker in sorted(folder.glob(depth + data.marker)):
            return marker.parent.resolve()
    way_out = f"set it to the folder of a data set, which holds {data.marker}, or unset it"
    raise FileNotFoundError(f"{data.variable} is {chosen!r}: {way_out}")


def is_there(course, data_set):
    return (course.root / data_set.folder / course.data.marker).is_file()


def told(data_set):
    """Return the command that gets a data set, as people type it."""
    return " ".join(["python", *data_set.get])


def get(course, data_set, *, show=False):
    """Get a data set if it is not there; return its folder. Several processes may need it at once.

    show    prints what the command says, its progress too
    """
    with alone(course.root / "build" / "getting-data.lock"):
        if not is_there(course, data_set) and (status := run(course, data_set, show)):
            command = f"`{told(data_set)}` ended with exit status {status}"
            raise FileNotFoundError(f"there is no {data_set.told}: {command}")
    return (course.root / data_set.folder).resolve()


def run(course, data_set, show):
    """Run the command of a data set, a Python script; return its exit status."""
    command = [sys.executable, "-u", *data_set.get]
    if not show:
        return subprocess.run(command, cwd=course.root, stdout=subprocess.DEVNULL).returncode
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(command, cwd=course.root, env=environment, **pipes) as process:
        while said := process.stdout.read1():
            print(said.decode(errors="replace"), end="", flush=True)
    return process.returncode


@contextlib.contextmanager
def alone(path):
    """Wait until no other process is here. A lock of SQLite's ends with its process everywhere."""
    path.parent.mkdir(exist_ok=True)
    lock = sqlite3.connect(path, timeout=3600, isolation_level=None)
    try:
        lock.execute("BEGIN EXCLUSIVE")
        yield
    finally:
        lock.close()
