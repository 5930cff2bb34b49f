"""A student's folder of the toy course, with everything done, and what it takes to break it.

The toy course has some more here: a cell of code that a person grades, a second question, prose
between them.
"""

import contextlib
import copy
import functools
import io
import json
import os
import tempfile
import zipfile
from pathlib import Path

from cells import cell, code, markdown, result
from toy_course import copy_toy

from course import definition
from course.checks.report import Report
from course.edition.derive import derive
from course.notebook import PLACEHOLDER
from course.submission.__main__ import main
from course.submission.contents import code_hash, collect

NOTEBOOK, EXERCISES = "notebooks/one.ipynb", "toy/sums.py"
MORE = """
[[by_hand]]
notebook = "one"
cell = "search-cell"
title = "Search"
points = 2

[[by_hand]]
notebook = "one"
cell = "answer-2"
question = "question-2"
title = "Second question"
points = 1
"""
SEARCH = "### BEGIN SOLUTION\nbest = max(1, 2)\n### END SOLUTION\nprint(best)"


def put(root, name, content):
    """Write a file of the tree: text, bytes, or a notebook."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, dict):
        content = json.dumps(content, ensure_ascii=False)  # as Jupyter does
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def read(root, name=NOTEBOOK):
    return json.loads((root / name).read_bytes())


def write_solved(root):
    """Write the instructors' tree; return its Course."""
    copy_toy(root)
    path = root / definition.FILE
    text = path.read_text(encoding="utf-8").replace("\npoints = 10\n", "\npoints = 13\n")
    text = text.replace("[files]\n", '[files]\npictures = ["datasets", "notebooks"]\n')
    path.write_text(text + MORE, encoding="utf-8")
    content = read(root)
    content["cells"] += [
        markdown("## Go on", "go-on"),
        code(SEARCH, None, "search-cell"),
        markdown("### Second question\n\n*Really?*", "question-2"),
        markdown("Нет.", "answer-2"),
        markdown("## The end\n\nWell done.", "end"),
    ]
    put(root, NOTEBOOK, content)
    return definition.load(root)


@functools.cache
def editions():
    """Return the files of the student edition and of finished work: two {name: bytes}."""
    with tempfile.TemporaryDirectory() as folder:
        solved = write_solved(Path(folder).resolve())
        handed_out = derive(solved).files
        files = handed_out | {EXERCISES: (solved.root / EXERCISES).read_bytes()}
    content = json.loads(files[NOTEBOOK])
    cell(content, "search-cell")["source"] = ["best = max(1, 2)\n", "print(best)"]
    cell(content, "answer-1")["source"] = f"{PLACEHOLDER}\n\nIt is divided."
    cell(content, "answer-2")["source"] = ["**Your answer.** Нет."]
    code_cells = [one for one in content["cells"] if one["cell_type"] == "code"]
    for number, one in enumerate(code_cells, 1):
        one["execution_count"] = number
    content["cells"].append(code("", None, "empty-cell"))
    code_files = {name: one for name, one in files.items() if name.startswith("toy/")}
    run_with(content, code_hash(code_files))
    return handed_out, files | {NOTEBOOK: json.dumps(content, ensure_ascii=False).encode()}


def run_with(content, stamp):
    """Make a notebook one that was run while the code's hash was `stamp`."""
    cell(content, "stamp")["outputs"] = [result(f"'code {stamp}'", 2)]


def run_again(root):
    """Make the notebook in a folder one that was run with the code that is there."""
    content = read(root)
    run_with(content, code_hash(collect(definition.load(root)).files))
    put(root, NOTEBOOK, content)


def write_coursework(root, blank=False):
    """Write finished work, or the student edition as it was handed out; return its Course."""
    for name, content in editions()[0 if blank else 1].items():
        put(root, name, content)
    return definition.load(root)


def finished():
    """Return the notebook of finished work as a dictionary."""
    return copy.deepcopy(json.loads(editions()[1][NOTEBOOK]))


def passes(name, root):
    """Stand in for course.checks.run."""
    return Report(name, "passed")


def hand_in(root, *words, run=passes):
    """Return exit status and report, in one line, of handing in the folder `root`."""
    stdout = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with contextlib.redirect_stdout(stdout):
        status = main([str(word) for word in words], root, run)
    return status, " ".join(stdout.buffer.getvalue().decode().split())


def packed(path):
    """Return all entries of a zip: {name: bytes}."""
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def tree(root):
    """Return everything in a folder: {name: (bytes or link, time of the last change)}."""
    files = [path for path in sorted(root.rglob("*")) if path.is_symlink() or not path.is_dir()]
    return {
        str(path): (
            os.readlink(path) if path.is_symlink() else path.read_bytes(),
            path.lstat().st_mtime_ns,
        )
        for path in files
    }
