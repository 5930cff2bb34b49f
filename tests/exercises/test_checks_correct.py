"""Right solutions, however they are written, must pass every check without a false alarm."""

import ast
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from planted_misconceptions import COURSE

from course import checks

FILES = sorted((Path(__file__).parent / "correct_solutions").glob("*.py"))


def exercises_in(file):
    """Return [(exercise, attribute), ...] that the file solves."""
    nodes = {
        node.name: node
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }
    found = [(name, name) for name in nodes if name in COURSE.exercises]
    methods = getattr(nodes.get("Classifier"), "body", [])
    return found + [
        (method.name, "Classifier")
        for method in methods
        if getattr(method, "name", "") in COURSE.exercises
    ]


def test_there_are_at_least_25():
    assert len(FILES) >= 25
    solved = {exercise for file in FILES for exercise, _ in exercises_in(file)}
    assert solved == set(COURSE.exercises)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_right_solutions_pass(file):
    with ThreadPoolExecutor(2) as threads:
        reports = threads.map(
            lambda one: checks.run(one[0], file=file, attribute=one[1]), exercises_in(file)
        )
    for report in reports:
        assert report.passed and not report.misconceptions, report
        assert report.vectorized is not False, report
        remarks = ("in place", "no integers")  # on what is right all the same
        notes = [one for one in report.notes if not any(word in one for word in remarks)]
        assert len(notes) == ("half" in file.stem), report
