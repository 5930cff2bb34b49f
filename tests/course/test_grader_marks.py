"""Does every submission get the points that it earns, and is every misconception named?"""

import ast
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from grader_submissions import SANDBOX, SOLVED, STUBS, classifier, problems
from planted_misconceptions import NOTES, VARIANTS, judged_text
from test_checks_correct import FILES, exercises_in

from course import checks
from course.checks import catalogue
from course.checks.loops import find_loop
from course.grader import verdict
from course.grader.verdict.tree import tree
from course.grader.verdict.unseen import read
from course.submission.contents import EXERCISE_FILES

POINTS = {name: points for _, name, points in verdict.graded_cells()}
IN_FILE = {
    path: [name for name, exercise in checks.EXERCISES.items() if exercise.path == path]
    for path in EXERCISE_FILES
}

pytestmark = [
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),  # np.matrix
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),  # wrong code overflows
]


def earned(entries):
    return {entry["exercise"]: entry["points"] for entry in entries}


def test_the_points_are_those_of_the_notebooks_checks():
    assert set(POINTS) == set(checks.EXERCISES)
    assert sum(POINTS.values()) == 70


def test_the_solved_tree_gets_all_points():
    entries = verdict.judge_exercises(SOLVED, problems(), sandbox=SANDBOX)
    assert earned(entries) == POINTS
    assert [entry["exercise"] for entry in entries] == list(POINTS)
    for entry in entries:
        assert entry["status"] == "passed" and entry["correct"], entry
        assert not entry["misconceptions"] and not entry["notes"] and not entry["message"]
        found = {"verdict": True, "loop": False, "growth": True}
        assert entry["vectorized"] == (found if "vectorized" in entry["exercise"] else None)


def test_the_untouched_student_edition_gets_none():
    entries = verdict.judge_exercises(STUBS, problems(), sandbox=SANDBOX)
    assert sum(earned(entries).values()) == 0
    for entry in entries:
        assert entry["status"] == "not implemented" and not entry["lines"], entry
        found = {"verdict": None, "loop": False, "growth": None}
        assert entry["vectorized"] == (found if "vectorized" in entry["exercise"] else None)


# Every misconception: judged in this process, as it is no attack, by the grader's own judge


FIRST_VARIANTS = {(variant.name, variant.exercise): variant for variant in reversed(VARIANTS)}


@pytest.mark.parametrize("exercise", checks.EXERCISES)
def test_a_misconception_costs_its_own_exercise_only_and_is_named(exercise):
    path = checks.EXERCISES[exercise].path
    variants = [one for (_, name), one in FIRST_VARIANTS.items() if name == exercise]
    assert len(variants) >= 4
    for variant in variants:
        text = catalogue.plant(variant)
        for other in IN_FILE[path]:
            with np.errstate(all="ignore"):
                report = judged_text(other, text)
            own = other == exercise
            if variant.name == "loops":
                assert report.passed, "vectorization is judged apart from correctness"
                assert bool(find_loop(text, other)) == (own or other.endswith("naive"))
            else:
                assert report.passed == (not own or variant.name in NOTES), (variant, report)
                named = {variant.name} - NOTES if own else set()
                assert set(report.misconceptions) == named, (variant, report)
        # The exercises of the other files never meet this file.
        for other_path in EXERCISE_FILES:
            stubs = [one for one in EXERCISE_FILES if one != other_path]
            beside = tree(SOLVED | {path: text.encode()}, stubs=stubs)
            assert (beside[path] == text.encode()) == (path == other_path)


PLANTED = {
    "svm_loss_naive": "no-mean",
    "svm_loss_vectorized": "reg-gradient-halved",
    "softmax_loss_naive": "no-shift",
    "softmax_loss_vectorized": "rows-by-arange-c",
    "train": "wrong-sign",
    "predict": "wrong-axis",
}


def planted(exercise, files):
    """Return the files with PLANTED's misconception in one exercise, over others in its file."""
    path = checks.EXERCISES[exercise].path
    variant = FIRST_VARIANTS[PLANTED[exercise], exercise]
    solved, text = SOLVED[path].decode(), files[path].decode()
    start, end = catalogue.region(solved, tuple(catalogue.REGIONS[exercise]))
    part, wrong = solved[start:end], solved[start:end]
    for old, new in variant.changes:
        wrong = wrong.replace(old, new)
    assert text.count(part) == 1 and wrong != part
    return files | {path: text.replace(part, wrong).encode()}


def test_one_misconception_in_a_whole_submission():
    files = planted("svm_loss_naive", SOLVED)
    entries = verdict.judge_exercises(files, problems(), sandbox=False)
    assert earned(entries) == POINTS | {"svm_loss_naive": 0}
    hint = read(problems()).explanations["no-mean"]
    assert entries[0]["misconceptions"] == {"no-mean": hint}
    assert not any(entry["misconceptions"] for entry in entries[1:])


def test_a_misconception_in_each_exercise_of_a_submission():
    files = SOLVED
    for exercise in PLANTED:
        files = planted(exercise, files)
    entries = verdict.judge_exercises(files, problems(), sandbox=False)
    assert sum(earned(entries).values()) == 0
    assert {e["exercise"]: list(e["misconceptions"]) for e in entries} == {
        exercise: [name] for exercise, name in PLANTED.items()
    }


# Right solutions in other people's style


def submission_of(file):
    """Return a submission around a file of right solutions: {name: bytes}."""
    text = file.read_text(encoding="utf-8")
    lines, nodes = text.splitlines(keepends=True), ast.parse(text).body
    files = dict(STUBS)
    for path in EXERCISE_FILES:
        kept = list(lines)
        for node in nodes:
            is_class = getattr(node, "name", "") == "Classifier"
            imported = getattr(node, "module", "") == classifier.__name__
            if imported or (is_class and path != checks.EXERCISES["train"].path):
                first = min(one.lineno for one in [node, *getattr(node, "decorator_list", [])])
                kept[first - 1 : node.end_lineno] = [""] * (node.end_lineno - first + 1)
        if path == checks.EXERCISES["train"].path and "class Classifier" in text:
            kept.append("\n\nLinearClassifier = Classifier\n")
        files[path] += b"\n\n" + "".join(kept).encode()
    return files


@pytest.mark.parametrize("file", FILES, ids=lambda file: Path(file).stem)
def test_right_solutions_get_all_points(file):
    files, known = submission_of(file), read(problems())
    solved = [name for name, _ in exercises_in(file)]

    def judged(name):
        return verdict.judge_exercise(files, name, known, sandbox=False)

    with ThreadPoolExecutor(2) as threads:
        verdicts = dict(zip(solved, threads.map(judged, solved), strict=True))
    assert verdicts
    for found in verdicts.values():
        assert found.report.passed and not found.report.misconceptions, found.report
        assert (found.vectorized or {"verdict": True})["verdict"] is True, found
