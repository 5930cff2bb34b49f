"""Submissions and their results for the tests of the gradebook, made without executing anything;
and looks into the gradebook."""

import json
import os
import sqlite3
import subprocess
import sys
import tomllib
from contextlib import closing
from pathlib import Path

import nbformat
from nbgrader import api
from student_edition import derived

from conftest import ROOT
from course import checks
from course.export import nbgrader as gradebook
from course.export.answers import cut_out

PLACES = {  # exercise -> the cell of its check
    name: (notebook, cell)
    for notebook, cells in tomllib.loads((ROOT / "grading" / "points.toml").read_text()).items()
    for cell in cells
    for name in checks.EXERCISES
    if cell == f"check-{name.replace('_', '-')}"
}
ANSWER, CHECK = ("svm", "answer-1"), PLACES["svm_loss_naive"]
HINT = "The gradient of the penalty is 2 * reg * W."


def edition():
    """Return the notebooks of the student edition, to be edited: {"svm": {...}, "softmax": ...}."""
    return {
        name: json.loads(derived().files[f"notebooks/{name}.ipynb"]) for name in ("svm", "softmax")
    }


def cell_of(book, name):
    return next(cell for cell in book["cells"] if cell["id"] == name)


def answered(text, notebook="svm", cell="answer-1"):
    """Return the edition with one answer."""
    books = edition()
    cell_of(books[notebook], cell)["source"] = text
    return books


def graded(slug, books, failed=(), points=None):
    """Return (result, executed, submitted) as the grader would make them.

    books     {name: a notebook as JSON, or bytes}
    failed    exercises that get no points
    """
    files = {
        name: book if isinstance(book, bytes) else json.dumps(book).encode()
        for name, book in books.items()
    }
    given = tomllib.loads((ROOT / "grading" / "points.toml").read_text())
    exercises = []
    for name, (notebook, cell) in PLACES.items():
        possible, right = (points or given)[notebook][cell], name not in failed
        exercises.append(
            {
                "notebook": notebook,
                "cell": cell,
                "exercise": name,
                "points": possible if right else 0,
                "possible": possible,
                "correct": right,
                "status": "passed" if right else "failed",
                "message": "",
                "lines": [{"title": "gradient", "ok": right, "detail": "unseen 0.7351 is 0.1"}],
                "misconceptions": {} if right else {"reg-gradient-halved": HINT},
                "notes": [],
                "vectorized": None,
            }
        )
    result = {
        "format": "cs231n-result",
        "version": 1,
        "name": slug,
        "slug": slug,
        "remarks": [],
        "exercises": exercises,
        "answers": cut_out({f"notebooks/{name}.ipynb": one for name, one in files.items()}),
        "notebooks": [],
    }
    return result, {}, {f"{name}.ipynb": content for name, content in files.items()}


def nbgrader(course, *args, fails=False):
    """Run a command of nbgrader in a course, with nobody's own settings; return what it prints."""
    home = course.parent / "home"
    env = {
        **os.environ,
        "HOME": str(home),
        "IPYTHONDIR": str(home / "ipython"),
        **{f"JUPYTER_{kind}_DIR": str(home / kind) for kind in ("CONFIG", "DATA", "RUNTIME")},
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
    }
    command = [sys.executable, "-m", "nbgrader", *args]
    ended = subprocess.run(
        command, cwd=course, env=env, capture_output=True, text=True, timeout=300
    )
    assert (ended.returncode != 0) == fails, ended.stderr
    return ended.stdout + ended.stderr


# --- What the course folder holds ---------------------------------------------------------------


def cells(course, slug):
    """Return {(notebook, cell): (automatic score, waits, automatic comment)}."""
    with api.Gradebook(gradebook.url(course / "gradebook.db")) as book:
        found = {}
        for notebook in book.find_submission("linear", slug).notebooks:
            comments = {one.name: one.auto_comment for one in notebook.comments}
            for one in notebook.grades:
                place = notebook.name, one.name
                found[place] = one.auto_score, one.needs_manual_grade, comments[one.name]
        return found


def total(course, slug):
    with api.Gradebook(gradebook.url(course / "gradebook.db")) as book:
        return book.find_submission("linear", slug).score


def give(course, slug, place, score=None, comment=None, extra=None):
    """Do what formgrader does when a person types into its fields."""
    notebook, cell = place
    with api.Gradebook(gradebook.url(course / "gradebook.db")) as book:
        if score is not None or extra is not None:
            grade = book.find_grade(cell, notebook, "linear", slug)
            grade.manual_score, grade.extra_credit = score, extra
            grade.needs_manual_grade = score is None and grade.auto_score is None
        if comment is not None:
            book.find_comment(cell, notebook, "linear", slug).manual_comment = comment
        book.db.commit()


def waits(course, slug, place):
    return cells(course, slug)[place][1]


def dump(course):
    with closing(sqlite3.connect(course / "gradebook.db")) as connection:
        return list(connection.iterdump())


def shown(course, slug, notebook="svm"):
    return nbformat.read(course / f"autograded/{slug}/linear/{notebook}.ipynb", as_version=4)
