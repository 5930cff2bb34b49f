"""The student edition as the tests see it, derived once for all tests of a process."""

import shutil

import nbformat

from conftest import ROOT
from course import definition
from course.edition import handed_out
from course.edition.markers import SOLUTION

COURSE = definition.load()
NOTEBOOKS = COURSE.notebook_files
EXERCISES = tuple(COURSE.exercises)


def derived():
    """The Edition of this tree."""
    return handed_out.edition(COURSE)


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


def copy_tree(folder):
    """Copy this tree without data and tests: all that a release reads, and a bit more."""
    ignore = shutil.ignore_patterns("__pycache__", "*-py", "editions")
    parts = (
        COURSE.package,
        "course",
        "datasets",
        "docs",
        "exercises",
        "notebooks",
        ".devcontainer",
    )
    for name in parts:
        shutil.copytree(ROOT / name, folder / name, ignore=ignore)
    for path in ROOT.iterdir():
        if path.is_file() and path.name != ".git":
            shutil.copyfile(path, folder / path.name)
