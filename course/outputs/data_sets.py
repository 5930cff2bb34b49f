"""The data set that notebooks run on: which is there, and how another is got."""

import fcntl
import os
import subprocess
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
        get(course, wanted)
    if not is_there(course, wanted):
        way_out = f"`{' '.join(wanted.get)}` gets it, {data.variable} names a folder that holds it"
        raise FileNotFoundError(f"there is no {wanted.told} in {wanted.folder}: {way_out}")
    return (course.root / wanted.folder).resolve()


def chosen_folder(data):
    folder = Path(os.environ[data.variable])
    if not (folder / data.marker).is_file():
        way_out = f"set it to the folder of a data set, which holds {data.marker}, or unset it"
        raise FileNotFoundError(f"{data.variable} is {str(folder)!r}: {way_out}")
    return folder.resolve()


def is_there(course, data_set):
    return (course.root / data_set.folder / course.data.marker).is_file()


def get(course, data_set):
    """Get a data set if it is not there; several processes may need it at once."""
    lock = course.root / "build" / "getting-data.lock"
    lock.parent.mkdir(exist_ok=True)
    with open(lock, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if is_there(course, data_set):
            return
        try:
            subprocess.run(data_set.get, cwd=course.root, check=True, stdout=subprocess.DEVNULL)
        except subprocess.CalledProcessError as error:
            command = f"`{' '.join(data_set.get)}` ended with exit status {error.returncode}"
            raise FileNotFoundError(f"there is no {data_set.told}: {command}") from None
