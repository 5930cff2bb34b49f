"""The data set that notebooks run on: which is there, and how another is got."""

import fcntl
import os
import subprocess
from pathlib import Path


def find(course, name=None):
    """Return the folder of a course's data set, or of the best that is there; None if it has none.

    Without a name, the folder that the course's environment variable names comes first. The data
    set on which the stored outputs were made is got if need be. Raises FileNotFoundError, with the
    way out, for others.
    """
    data = course.data
    if not data.sets:
        return None
    if name is None:
        if chosen := os.environ.get(data.variable):
            return Path(chosen).resolve()
        there = (one for one in data.sets.values() if is_there(course, one))
        name = next(there, data.sets[data.stored]).name
    chosen = data.sets[name]
    if name == data.stored:
        get(course, chosen)
    elif os.environ.get(data.variable):
        return Path(os.environ[data.variable]).resolve()
    if not is_there(course, chosen):
        way_out = f"{' '.join(chosen.get)} gets it, {data.variable} names a folder"
        raise FileNotFoundError(f"no {chosen.told} on this machine: {way_out}")
    return (course.root / chosen.folder).resolve()


def is_there(course, data_set):
    return (course.root / data_set.folder / course.data.marker).is_file()


def get(course, data_set):
    """Get a data set if it is not there; several processes may need it at once."""
    folder = course.root / data_set.folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.parent / ".getting", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_there(course, data_set):
            subprocess.run(data_set.get, cwd=course.root, check=True, stdout=subprocess.DEVNULL)


def describe(course, folder):
    """Return in a few words which data set a folder holds."""
    for one in course.data.sets.values():
        if Path(folder).resolve() == (course.root / one.folder).resolve():
            return one.told
    return str(folder)
