"""Execute a submitted notebook again: a fresh kernel, the student's package, in the sandbox.

    rerun(work, "one", data=folder) -> Rerun(entry, notebook)

The entry of a notebook in result.json:

    name       "one"
    status     executed; timeout, flooded, dead: a cell ended the kernel, or made us end it;
               stopped: the sandbox ended it; missing; unreadable
    message    why it is not "executed", and what else a person who grades may want to know
    data       {stored, fresh: descriptions of the data set, same: true, false, null if unknown}
    cells      [{id, index, title, verdict, why, stored, fresh}, ...] of those that could be
               compared; verdict is "same", "differs" or "fails", see compare.py
    counts     {verdict: number of cells}

An error in a cell costs that cell: execution goes on with the next one.
"""

import functools
import json
import os
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from course import ROOT, definition
from course.edition import handed_out
from course.grader.notebooks import compare, drive, notebook_reader
from course.grader.notebooks.kernel import Limits
from course.grader.sandbox import ENDED, NOTEBOOK, SandboxUnavailable, prefix, usage
from course.grader.verdict.tree import write_tree
from course.limited import Refused, in_child
from course.text import one_line

SECONDS, SIZE = 120, 20_000_000  # of processor time for comparing; bytes of what it says
FONTS = ".matplotlib"  # in the working folder
DATA = "/data"  # where the sandbox shows the data set
SHORT = "/tmp"  # the path of a Unix socket may have no more than 104 characters
ENVIRONMENT = {
    "PYTHONHASHSEED": "0",  # the order of a set, for one, is the same each time
    "PYTHONSAFEPATH": "1",
    "PYTHONNOUSERSITE": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}


@dataclass(frozen=True)
class Rerun:
    """notebook: the executed copy, None if there is none. cpu: seconds, as the kernel tells."""

    entry: dict
    notebook: bytes | None
    cpu: float = 0.0


def rerun(work, name, *, data, sandbox=True, limits=None):
    """Execute the notebook of this name of a student's Work; return a Rerun.

    data is the folder of the data set, None if the course has none. Raises what `report_of`
    raises; never because of what a submission holds or does.
    """
    course, path = work.course, work.course.notebooks[name].file
    if path not in work.files:
        return Rerun(entry(name, "missing", "the notebook is missing"), None)
    try:
        notebook = notebook_reader.read(work.files[path])
    except ValueError as error:
        return Rerun(entry(name, "unreadable", f"it cannot be read as a notebook: {error}"), None)
    cells = notebook.code
    limits = limits or Limits()
    fresh, end = execute(work, path, [cell.source for cell in cells], data, sandbox, limits)
    for one in fresh:
        one["outputs"] = notebook_reader.tidy(one["outputs"])
    remarks = [end["message"]] if end["message"] else []
    if notebook.kernel:
        asked = one_line(notebook.kernel, 60)
        remarks.append(f"it asks for the kernel {asked!r}; it was run with Python's")
    try:
        entries, more, data_sets = compared(str(course.root), cells, fresh, end, ours(work, path))
    except (Refused, ValueError) as error:
        entries, more, data_sets = [], [f"what it shows could not be compared: {error}"], None
    outputs = {cell.index: one["outputs"] for cell, one in zip(cells, fresh, strict=False)}
    return Rerun(
        entry(name, end["end"], "; ".join(remarks + more), data_sets, entries),
        notebook_reader.write(notebook, outputs),
        end["cpu"],
    )


@in_child(SECONDS, SIZE)
def compared(root, *what):
    return compare.compare(definition.load(root), *what)


def entry(name, status, message, data=None, cells=()):
    return {
        "name": name,
        "status": status,
        "message": message,
        "data": data or {"stored": "", "fresh": "", "same": None},
        "cells": list(cells),
        "counts": compare.counts(cells),
    }


def ours(work, path):
    """Return {id: (source, metadata "nbval")} of a notebook as it was handed out.

    The metadata, with the tolerances, are those that our cell of this id has by now.
    """
    record = handed_out.choose(handed_out.records(work.course), work.files, path)
    given, metadata = record.given(path).sources, cell_metadata(work.course, path)
    return {name: (source, metadata.get(name, {})) for name, source in given.items()}


@functools.cache
def cell_metadata(course, path):
    content = json.loads((course.root / path).read_text(encoding="utf-8"))
    return {cell["id"]: cell["metadata"].get("nbval", {}) for cell in content["cells"]}


# Execute


def execute(work, path, sources, data, sandbox, limits):
    """Run the sources of all cells; return what became of them, and how it ended (drive.py)."""
    place = SHORT if not sandbox and os.access(SHORT, os.W_OK) else None
    with TemporaryDirectory(prefix="rerun-", dir=place, ignore_cleanup_errors=True) as folder:
        write_files(work, Path(folder))
        make = inside if sandbox else outside
        surroundings = make(work.course, Path(folder), str(PurePosixPath(path).parent), data)
        job = drive.Job(folder=folder, sources=sources, limits=limits, **surroundings)
        return report_of(asdict(job), sandbox)


def inside(course, folder, place, data):
    """Return command, cwd and env of a kernel in the sandbox."""
    command = prefix(
        show=[(os.path.realpath(data), DATA)] if data else [],
        copy=folder,
        cwd=f"/student/{place}",
        env=environment(course, data and DATA, f"/student/{FONTS}"),
        limits=NOTEBOOK,
    )
    return {"command": command, "cwd": "/", "env": None}


def outside(course, folder, place, data):
    """Return command, cwd and env of a kernel with our own rights."""
    home = folder / ".home"
    home.mkdir()
    env = environment(course, data and os.path.realpath(data), str(folder / FONTS)) | {
        "HOME": str(home),
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
    }
    return {"command": [], "cwd": str(folder / place), "env": env}


def environment(course, data, fonts):
    named = {course.data.variable: data} if data else {}
    return ENVIRONMENT | {"MPLCONFIGDIR": fonts} | named


def report_of(job, sandbox):
    """Run drive.py on a job; return its report as (what became of the cells, how it ended).

    Raises SandboxUnavailable, RuntimeError: before the first cell, nothing is a student's fault.
    """
    limits = job["limits"]
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", drive.__name__],
            input=json.dumps(job).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            timeout=limits["start"] + limits["notebook"] + limits["cell"] + 60,
        )
        output = done.stdout
    except subprocess.TimeoutExpired as error:  # its own limits are shorter
        output = error.output or b""
    lines = [json.loads(line) for line in output.split(b"\n")[:-1]]  # the last one is cut, or ""
    # The driver itself ends early only if what the kernel sends does not fit into its memory.
    message = "it sent more than could be taken in"
    end = {"end": "flooded", "message": message, "code": None, "in_cell": True, "cpu": 0.0}
    if lines and "end" in lines[-1]:
        end = lines.pop()
    if not lines and sandbox and end["code"] == usage.FAILED:
        raise SandboxUnavailable(ENDED[usage.FAILED])
    if not lines:
        raise RuntimeError(f"no kernel starts on this machine: {end['message']}")
    if sandbox and end["code"] in ENDED:
        end |= {"end": "stopped", "message": ENDED[end["code"]]}
    return lines[1:], end


def write_files(work, folder):
    """Write what the kernel finds in its working folder."""
    write_tree(work, folder)
    places = (str(PurePosixPath(path).parent) for path in work.course.notebook_files)
    for name in (*places, FONTS):
        (folder / name).mkdir(exist_ok=True)
    for source in font_cache():
        shutil.copyfile(source, folder / FONTS / source.name)


@functools.cache
def font_cache():
    """Return the files in which Matplotlib keeps the list of fonts; searching them takes 0.5 s."""
    import matplotlib.font_manager  # its import writes the list

    return [*Path(matplotlib.get_cachedir()).glob("fontlist-v*.json")]
