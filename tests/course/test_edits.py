"""What one edit costs: exactly the table of docs/maintaining.md, in a copy of the toy course.

An exercise of a known kind, an exercise of a new kind, a question and a cell of code that a person
grades are added to one tree; a solved and a blank student then go through release, self-check,
submission and grading, by the commands. The course's total, against which points are held, is the
one number that is changed besides.
"""

import csv
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from cells import add_cells, edit
from toy_course import copy_toy

from course import definition
from course.grader import examples, sandbox

NOTEBOOK = "notebooks/one.ipynb"

# An exercise of a known kind: the solved function, the notebook's cells, a table

LARGEST = '''

def largest(numbers):
    """Return the largest of some numbers; 0 of none."""
    ### BEGIN SOLUTION
    result = max(map(float, numbers), default=0.0)
    ### END SOLUTION
    return result
'''
LARGEST_TABLE = """
[[exercise]]
name = "largest"
kind = "number"
problems = "largest"
file = "toy/sums.py"
notebook = "one"
cell = "largest-check"
points = 2
"""

# An exercise of a new kind: the same, and a folder

SHIFTED = '''

def shifted(numbers, step):
    """Return the numbers, an array, with a step added to each."""
    ### BEGIN SOLUTION
    moved = numbers + step
    ### END SOLUTION
    return moved
'''
SHIFTED_TABLE = """
[[exercise]]
name = "shifted"
kind = "array"
problems = "shifts"
file = "toy/sums.py"
notebook = "one"
cell = "shifted-check"
points = 5
"""
ARRAY = {
    "__init__.py": '"""A function of an array and a number that returns an array."""\n',
    "problems.py": '''"""Draw arrays and steps."""

from course.checks.data import ProblemSet


def draw(rng):
    return {"some": {"numbers": rng.uniform(1, 9, 4), "step": rng.uniform(1, 9)}}


def build(problems, exercises, catalogue, rng):
    solved = catalogue.solved(exercises[0].name)
    return ProblemSet(problems, {"some": {"moved": solved(**problems["some"])}})
''',
    "call.py": '''"""Call the function beside the student's code."""

RETURNS = {"array": {"meta": {}, "arrays": ["moved?"]}}


def call_array(function, problem):
    return {}, {"moved": function(problem["numbers"].copy(), float(problem["step"]))}


CALLS = {"array": call_array}
''',
    "judge.py": '''"""Hold the array against what is expected."""

import numpy as np

from course.checks.faults import failure
from course.checks.names import Problem
from course.checks.report import Line, Report

SOME = Problem("some")


def judge(exercise, data, outcomes):
    moved = outcomes[SOME].values.get("moved")
    expected = data.sets[exercise.problems].expected[SOME]["moved"]
    right = moved is not None and moved.shape == expected.shape and np.allclose(moved, expected)
    fault = "" if right else failure(outcomes[SOME]) or "the numbers are others"
    return Report(
        exercise.name, "passed" if right else "failed", [Line("all moved", right, fault)]
    )
''',
}

# A question, and a cell of code: the notebook's cells, a table

QUESTION_TABLE = """
[[by_hand]]
notebook = "one"
cell = "answer-2"
question = "question-2"
title = "Question on order"
points = 1
"""
SEARCH_TABLE = """
[[by_hand]]
notebook = "one"
cell = "search"
title = "Search for a number"
points = 1
"""
PLOT_TABLE = SEARCH_TABLE.replace("search", "plot").replace("Search for", "Plot of")
STUB = "### BEGIN SOLUTION\nfound = {}\n### END SOLUTION\nprint(found)"


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    folder = tmp_path_factory.mktemp("edits") / "tree"
    copy_toy(folder)
    sums = folder / "toy" / "sums.py"
    sums.write_text(sums.read_text() + LARGEST + SHIFTED)
    tables = LARGEST_TABLE + SHIFTED_TABLE + QUESTION_TABLE + SEARCH_TABLE + PLOT_TABLE
    declaration = folder / definition.FILE
    edit(declaration, ("\npoints = 10", "\npoints = 20"))
    declaration.write_text(declaration.read_text() + tables)
    add_cells(
        folder / NOTEBOOK,
        "mean-check",
        ("code", "largest-check", 'checks.run("largest")'),
        ("code", "shifted-check", 'checks.run("shifted")'),
        ("markdown", "question-2", "### Order\nDoes a sum depend on it?"),
        ("markdown", "answer-2", "**Answer.** A sum of floating-point numbers does."),
        ("code", "search", STUB.format("[3]")),
        ("code", "plot", STUB.format("[4]")),
    )
    for name, text in ARRAY.items():
        path = folder / "exercises" / "array" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return folder


def run(folder, *words):
    """Return exit status and output, in one line, of a command of the course in a folder."""
    command = [sys.executable, "-X", "utf8", "-m", *map(str, words)]
    result = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", timeout=300)
    return result.returncode, " ".join((result.stdout + result.stderr).split())


@pytest.mark.slow
def test_what_was_added_goes_all_the_way(tree):
    sandbox.check()
    base = tree.parent
    assert run(tree, "course.edition.release", "--out", base)[0] == 1  # no problems were drawn yet
    assert run(tree, "course.checks.build") == (0, "")
    assert run(tree, "course.edition.release", "--out", base)[0] == 0
    (base / "handed in").mkdir()
    course = definition.load(tree)
    work = {"solved": examples.solved(course), "blank": {}}
    for name, files in work.items():
        student = shutil.copytree(base / "student", base / name)
        for file, content in files.items():
            (student / file).write_bytes(content)
        status, told = run(student, "course.submission", "--anyway")
        assert status == (3 if name == "blank" else 0), told
        (packed,) = (student / "build").glob("*.zip")
        packed.rename(base / "handed in" / f"{name}.zip")
        for exercise in course.exercises:  # the self-checks
            assert f"{'✓' if name == 'solved' else '✗'} {exercise}" in told
        for missing in ("Question on order is not answered", "Plot of a number is not written"):
            assert (missing in told) == (name == "blank"), told
    status, told = run(
        tree,
        "course.grader",
        "grade",
        base / "handed in",
        "--out",
        base / "grades",
        "--no-notebooks",
    )
    assert status == 0, told
    check_grades(base / "grades")


def check_grades(grades):
    """Everything that was added is in the table, on the pages and in the gradebook."""
    blank, solved = csv.DictReader((grades / "grades.csv").read_text("utf-8").splitlines())
    found = solved["automatic"], solved["one: largest"], solved["one: shifted"]
    assert found == ("14", "2", "5")
    assert (blank["automatic"], blank["one: shifted"]) == ("0", "0")
    for title in ("Question on order", "Search for a number", "Plot of a number"):
        assert blank[f"one: {title}"] == "0" and solved[f"one: {title}"] == ""  # a person grades it
        for page in grades.glob("feedback/*/feedback.html"):
            assert title in page.read_text("utf-8")
    with closing(sqlite3.connect(grades / "nbgrader" / "gradebook.db")) as gradebook:
        query = "SELECT name, max_score FROM grade_cells JOIN base_cell USING (id)"
        points = dict(gradebook.execute(query))
    added = {"largest-check": 2, "shifted-check": 5, "answer-2": 1, "search": 1, "plot": 1}
    assert points == added | {"check-of-total": 3, "mean-check": 4, "answer-1": 3}
