"""The student edition as the tests of the release see it, made once for all of them."""

import functools
import shutil

import nbformat

from conftest import ROOT
from course import checks
from course.edition import release
from course.edition.markers import SOLUTION

EXERCISES = tuple(checks.EXERCISES)
NOTEBOOKS = ("notebooks/svm.ipynb", "notebooks/softmax.ipynb")


@functools.cache
def derived():
    """The Edition of this tree."""
    return release.derive(ROOT)


def student_notebook(path):
    return nbformat.reads(derived().files[path].decode(), as_version=4)


def stubs():
    """[(path, cell or None, number of the change)] of all solutions."""
    return [
        (path, cell, number)
        for (path, cell), changes in derived().changes.items()
        for number, change in enumerate(changes)
        if change.kind == SOLUTION
    ]


def copy_sources(folder):
    """Copy all that a release reads, and a file of each kind that it passes over."""
    patterns = (*release.CONTENTS, "notebooks/*.ipynb", "grading/points.toml")
    for pattern in patterns:
        for path in ROOT.glob(pattern):
            target = folder / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    for name in ("tests/test_x.py", "cs231n/old_solution.py", "notebooks/Untitled.ipynb"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("{}")
