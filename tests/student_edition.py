"""The student edition as the tests see it, derived once for all tests of a process."""

import shutil

import nbformat

from conftest import ROOT
from course import definition
from course.edition import handed_out
from course.edition.markers import SOLUTION
from course.edition.notebooks import is_evidence

COURSE = definition.load()
NOTEBOOKS = COURSE.notebook_files
EXERCISES = tuple(COURSE.exercises)


def derived():
    """The Edition of this tree."""
    return handed_out.edition(COURSE)


def student_notebook(path):
    return nbformat.reads(derived().files[path].decode(), as_version=4)


def with_constants(path, **constants):
    """A notebook of this tree without its cells of evidence, with other constants.

    What evidence asserts is so with the constants that are stored.
    """
    notebook = nbformat.read(ROOT / path, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if not is_evidence(cell)]
    cell = next(cell for cell in notebook.cells if cell.id == "constants-cell")
    *settings, check = cell.source.splitlines()
    assert check.startswith("assert ")
    others = [f"{name} = {value!r}" for name, value in constants.items()]
    cell.source = "\n".join([*settings, *others, check])
    return notebook


def stubs():
    """[(path, cell or None, number of the change)] of all solutions."""
    return [
        (path, cell, number)
        for (path, cell), changes in derived().changes.items()
        for number, change in enumerate(changes)
        if change.kind == SOLUTION
    ]


def put_back(text, changes):
    """Return the text from which a release made this one."""
    lines = text.split("\n")
    for change in reversed(changes):
        end = change.at + len(change.new)
        assert lines[change.at : end] == change.new, f"line {change.at + 1} was changed since"
        lines[change.at : end] = change.old
    return "\n".join(lines)


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
