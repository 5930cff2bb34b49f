"""Does every submission get the points that it earns, and is every misconception named?"""

import ast
from pathlib import Path

import pytest
from grader_submissions import COURSE, PROBLEMS, SANDBOX, SOLVED, STUBS, judge, judge_all
from planted_misconceptions import is_classifier, solved_in, with_helpers

from course.checks.catalogue import Catalogue, region
from course.grader.verdict.unseen import read

EXERCISES = COURSE.exercises
POINTS = {name: one.points for name, one in EXERCISES.items()}
CATALOGUE = Catalogue(COURSE)
NOTES = {entry.name for entry in CATALOGUE.entries if entry.note}
FILES = sorted((Path(__file__).parent / "correct_solutions").glob("*.py"))

pytestmark = [
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),  # np.matrix
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),  # wrong code overflows
]


def earned(entries):
    return {entry["exercise"]: entry["points"] for entry in entries}


def test_the_solved_tree_gets_all_points():
    entries = judge_all(SOLVED, sandbox=SANDBOX)
    assert earned(entries) == POINTS
    assert [entry["exercise"] for entry in entries] == list(POINTS)
    for entry in entries:
        assert entry["status"] == "passed" and entry["correct"], entry
        assert not entry["misconceptions"] and not entry["notes"] and not entry["message"]
        asked = EXERCISES[entry["exercise"]].vectorized
        assert entry["vectorized"] is (True if asked else None)


def test_the_untouched_student_edition_gets_none():
    entries = judge_all(STUBS, sandbox=SANDBOX)
    assert sum(earned(entries).values()) == 0
    for entry in entries:
        assert entry["status"] == "not implemented" and not entry["lines"], entry
        assert entry["vectorized"] is None


# Misconceptions


PLANTED = {
    "svm_loss_naive": "no-mean",
    "svm_loss_vectorized": "reg-gradient-halved",
    "softmax_loss_naive": "no-shift",
    "softmax_loss_vectorized": "rows-by-arange-c",
    "train": "wrong-sign",
    "predict": "wrong-axis",
}


def first_variants(exercise):
    """Return {misconception: its first Variant} of an exercise."""
    return {variant.name: variant for variant in reversed(CATALOGUE.of(exercise))}


@pytest.mark.slow
@pytest.mark.parametrize("exercise", EXERCISES)
def test_a_misconception_costs_its_own_exercise_only_and_is_named(exercise):
    path, variants = EXERCISES[exercise].file, first_variants(exercise)
    assert len(variants) >= 4
    some = {*list(variants)[::9], "loops", PLANTED[exercise]}  # all: test_checks_misconceptions.py
    for name, variant in ((name, variants[name]) for name in variants if name in some):
        entry = judge(exercise, SOLVED | {path: CATALOGUE.plant(variant).encode()})
        assert entry["correct"] == (name in NOTES or name == "loops"), (name, entry)
        lost = sum(one["possible"] - one["points"] for one in entry["parts"])
        assert entry["points"] == EXERCISES[exercise].points - lost, (name, entry)
        assert (lost == 0) == (name in NOTES), (name, entry)
        assert set(entry["misconceptions"]) == {name} - NOTES, (name, entry)
        if name == "loops":  # told apart from what is right
            assert entry["vectorized"] is False, entry
            assert lost == EXERCISES[exercise].parts["speed"], entry
    worst = SOLVED | {path: CATALOGUE.plant(variants[PLANTED[exercise]]).encode()}
    for other in (name for name, one in EXERCISES.items() if one.file == path):
        assert judge(other, worst)["correct"] == (other != exercise)


def planted(exercise, files):
    """Return the files with PLANTED's misconception in one exercise, over others in its file."""
    one, variant = EXERCISES[exercise], first_variants(exercise)[PLANTED[exercise]]
    solved, text = SOLVED[one.file].decode(), files[one.file].decode()
    start, end = region(solved, one.functions)
    part = wrong = solved[start:end]
    for old, new in variant.changes:
        wrong = wrong.replace(old, new)
    assert text.count(part) == 1 and wrong != part
    return files | {one.file: text.replace(part, wrong).encode()}


def test_one_misconception_in_a_whole_submission():
    entries = judge_all(planted("svm_loss_naive", SOLVED))
    assert earned(entries) == POINTS | {"svm_loss_naive": 3}  # its regularization is right
    hint = read(PROBLEMS).explanations["no-mean"]
    assert entries[0]["misconceptions"] == {"no-mean": hint}
    assert not any(entry["misconceptions"] for entry in entries[1:])


def test_a_misconception_in_each_exercise_of_a_submission():
    files = SOLVED
    for exercise in PLANTED:
        files = planted(exercise, files)
    entries = judge_all(files)
    assert earned(entries) == {
        "svm_loss_naive": 3,  # regularization
        "svm_loss_vectorized": 13,  # all but that
        "train": 4,  # batches
        "predict": 0,
        "softmax_loss_naive": 12,  # all but stability
        "softmax_loss_vectorized": 5,  # values, regularization: its shapes fit by chance
    }
    assert {e["exercise"]: list(e["misconceptions"]) for e in entries} == {
        exercise: [name] for exercise, name in PLANTED.items()
    }


# Right solutions in other people's style


def submission_of(file):
    """Return a submission around a file of right solutions, {name: bytes}, and what it solves."""
    text = file.read_text(encoding="utf-8")
    for exercise in solved_in(text):
        text = with_helpers(exercise, text)
    lines, nodes = text.splitlines(keepends=True), ast.parse(text).body
    files, linear = dict(STUBS), EXERCISES["train"]
    for path in COURSE.exercise_files:
        kept = list(lines)
        for node in nodes:
            imported = getattr(node, "module", "") == linear.module
            if imported or (is_classifier(node) and path != linear.file):
                first = min(one.lineno for one in [node, *getattr(node, "decorator_list", [])])
                kept[first - 1 : node.end_lineno] = [""] * (node.end_lineno - first + 1)
        if path == linear.file and "class Classifier" in text:
            kept.append(f"\n\n{linear.attribute} = Classifier\n")
        files[path] += b"\n\n" + "".join(kept).encode()
    return files, solved_in(text)


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_right_solutions_get_all_points(file):
    """One exercise of each file, and another passes its checks in test_checks_correct.py."""
    files, solved = submission_of(file)
    name = solved[FILES.index(file) % len(solved)]
    entry = judge(name, files)
    assert entry["correct"] and not entry["misconceptions"], entry
    assert entry["vectorized"] is not False, entry
