"""Submissions of the sample course and their results, for the tests of the gradebook, made without
executing anything; and looks into the gradebook."""

import atexit
import json
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from cells import cell as cell_of
from nbgrader import api
from sample_course import copy_sample

from course.edition.handed_out import edition as handed_out
from course.export.answers import cut_out
from course.export.nbgrader import database

FOLDER = TemporaryDirectory(prefix="sample-course-")
atexit.register(FOLDER.cleanup)
COURSE = copy_sample(Path(FOLDER.name))
PLACES = {name: (one.notebook, one.cell) for name, one in COURSE.exercises.items()}
ANSWER, CHECK = ("one", "answer-1"), PLACES["sum_naive"]
HINT = "The gradient of the penalty is 2 * reg * W."


def edition():
    """Return the notebooks of the student edition, to be edited: {"one": {...}, "two": {...}}."""
    files = handed_out(COURSE).files
    return {name: json.loads(files[one.file]) for name, one in COURSE.notebooks.items()}


def answered(text, notebook="one", cell="answer-1"):
    """Return the edition with one answer."""
    books = edition()
    cell_of(books[notebook], cell)["source"] = text
    return books


def graded(slug, books, failed=()):
    """Return (result, executed, submitted) as the grader would make them.

    books     {name: a notebook as JSON, or bytes}
    failed    exercises that get no points
    """
    submitted = {
        name: book if isinstance(book, bytes) else json.dumps(book).encode()
        for name, book in books.items()
    }
    exercises = []
    for name, one in COURSE.exercises.items():
        right = name not in failed
        exercises.append(
            {
                "notebook": one.notebook,
                "cell": one.cell,
                "exercise": name,
                "points": one.points if right else 0,
                "possible": one.points,
                "correct": right,
                "status": "passed" if right else "failed",
                "message": "",
                "lines": [{"title": "gradient", "ok": right, "detail": "unseen 0.7351 is 0.1"}],
                "misconceptions": {} if right else {"reg-gradient-halved": HINT},
                "notes": [],
                "vectorized": None,
            }
        )
    files = {COURSE.notebooks[name].file: content for name, content in submitted.items()}
    result = {
        "format": "course-result",
        "version": 1,
        "name": slug,
        "slug": slug,
        "remarks": [],
        "exercises": exercises,
        "answers": cut_out(COURSE, files),
        "notebooks": [],
    }
    return result, {}, submitted


def nbgrader(book, *args, fails=False, **variables):
    """Run a command of nbgrader in a folder, with nobody's settings; return what it prints."""
    home = book.with_name(f"{book.name}-home")
    env = {
        **os.environ,
        "HOME": str(home),
        "IPYTHONDIR": str(home / "ipython"),
        **{f"JUPYTER_{kind}_DIR": str(home / kind) for kind in ("CONFIG", "DATA", "RUNTIME")},
        # nbgrader calls alembic, which is installed beside Python.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        **variables,
    }
    command = [sys.executable, "-m", "nbgrader", *args]
    ended = subprocess.run(command, cwd=book, env=env, capture_output=True, text=True, timeout=600)
    assert (ended.returncode != 0) == fails, ended.stderr
    assert fails or not re.search("Traceback|ERROR", ended.stderr), ended.stderr
    return ended.stdout + ended.stderr


# What the course folder holds


def cells(book, slug):
    """Return {(notebook, cell): (automatic score, waits, automatic comment)}."""
    with api.Gradebook(database.url(book / "gradebook.db")) as opened:
        found = {}
        for notebook in opened.find_submission(COURSE.name, slug).notebooks:
            comments = {one.name: one.auto_comment for one in notebook.comments}
            for one in notebook.grades:
                place = notebook.name, one.name
                found[place] = one.auto_score, one.needs_manual_grade, comments[one.name]
        return found


def total(book, slug):
    with api.Gradebook(database.url(book / "gradebook.db")) as opened:
        return opened.find_submission(COURSE.name, slug).score


def give(book, slug, place, score=None, comment=None, extra=None):
    """Do what formgrader does when a person types into its fields."""
    notebook, cell = place
    with api.Gradebook(database.url(book / "gradebook.db")) as opened:
        if score is not None or extra is not None:
            grade = opened.find_grade(cell, notebook, COURSE.name, slug)
            grade.manual_score, grade.extra_credit = score, extra
            grade.needs_manual_grade = score is None and grade.auto_score is None
        if comment is not None:
            opened.find_comment(cell, notebook, COURSE.name, slug).manual_comment = comment
        opened.db.commit()


def waits(book, slug, place):
    return cells(book, slug)[place][1]


def dump(book):
    with closing(sqlite3.connect(book / "gradebook.db")) as connection:
        return list(connection.iterdump())


def shown(book, slug, notebook="one"):
    return nbformat.read(book / f"autograded/{slug}/{COURSE.name}/{notebook}.ipynb", as_version=4)
