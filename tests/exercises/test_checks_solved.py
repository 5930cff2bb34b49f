"""The self-checks of this course's exercises: of the solved tree, and of broken functions.

What is the engine's, whatever the exercise, is tested on the toy course: tests/course/test_checks*.
"""

import ast
import shutil

import pytest
from planted_misconceptions import CATALOGUE, COURSE

from conftest import ROOT
from course import checks, definition
from course.checks.names import Misconception, Problem

NAMES = list(COURSE.exercises)
HEAD = "import os, sys\nimport numpy as np\ndef svm_loss_naive(W, X, y, reg):\n"


def run_code(tmp_path, code, name="svm_loss_naive", **options):
    """Check an exercise in a file that holds just this code."""
    file = tmp_path / "mine.py"
    file.write_text(code, encoding="utf-8")
    return checks.run(name, file=file, **options)


@pytest.mark.parametrize("name", NAMES)
def test_the_solved_tree_passes(name):
    report = checks.run(name)
    assert report.passed
    assert all(line.ok for line in report.lines)
    assert not report.misconceptions and not report.notes
    assert report.vectorized is (True if "vectorized" in name else None)
    assert str(report).startswith(f"✓ {name}: all right\n  ✓ ")


def test_the_text_does_not_vary():
    assert str(checks.run("train")) == str(checks.run("train")), "the notebooks store it"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("pass", "NoneType instead of the pair loss, dW"),
        ("return 1", "int instead of the pair loss, dW"),
        ("return 'one', W", "the loss is not a number"),
        ("return np.ones(3), W", "the loss is a ndarray of shape (3,)"),
        ("return np.ones((1, 1)), W", "the loss is a ndarray of shape (1, 1)"),
        ("return 0.0, None", "dW is not an array of numbers"),
        ("return 0.0, W.tolist()", "dW is a list, not an array"),
        ("return 0.0, W.T", "dW has shape (10, 6) instead of (6, 10)"),
        ("return 0.0, W.astype(object)", "dW is not an array of numbers"),
        ("return 0.0, np.zeros((3000, 3000))", "dW is not an array of numbers"),
        ("return np.nan, W * np.nan", "loss: nan instead of"),
        ("os._exit(0)", "runs: it ended the Python process"),
    ],
)
def test_a_loss_of_a_wrong_type_is_reported(tmp_path, body, told):
    report = run_code(tmp_path, HEAD + "    " + body + "\n")
    assert not report.passed and told in str(report)
    assert not report.misconceptions


def test_a_crash_in_one_problem_costs_that_line_only(tmp_path):
    solved = (ROOT / "cs231n" / "classifiers" / "linear_svm.py").read_text(encoding="utf-8")
    old = "    W, X, y = check_inputs(W, X, y)\n    ### BEGIN SOLUTION\n    N, C"
    harm = "    if len(X) == 1 and W.shape[1] == 3:\n        __import__('os')._exit(1)\n"
    report = run_code(tmp_path, solved.replace(old, harm + old))
    crosses = [line.title for line in report.lines if not line.ok]
    assert crosses == ["other numbers of examples and classes"]
    assert not report.misconceptions


@pytest.mark.parametrize(
    ("name", "body", "told"),
    [
        ("train", "train(self): pass", "runs: TypeError"),
        ("train", "train(self, X, y, **options): return []", "self.loss is never called"),
        ("train", "train(self, X, y, **options): self.W = 1; self.loss(1, 2, 3)", "rows of X"),
        ("train", "train(self, X, y, **options): raise SystemExit", "runs: SystemExit"),
        ("predict", "predict(self, X): pass", "NoneType instead of an array of labels"),
        ("predict", "predict(self, X): return 3", "an array of shape () instead of (12,)"),
        (
            "predict",
            "predict(self, X): return ['a'] * len(X)",
            "list instead of an array of labels",
        ),
        ("predict", "predict(self, X): del self.W; return 1", "AttributeError"),
    ],
)
def test_broken_methods_are_reported(tmp_path, name, body, told):
    code = "class Classifier:\n    def __init__(self): self.W = None\n    def " + body + "\n"
    report = run_code(tmp_path, code, name, attribute="Classifier")
    assert not report.passed and told in str(report)


# What an exercise's check depends on


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """Return a copy of what a check reads."""
    folder = tmp_path_factory.mktemp("copy")
    for part in ("cs231n", "exercises"):
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / part, folder / part, ignore=ignore)
    return folder


@pytest.mark.parametrize("broken", COURSE.exercise_files)
def test_a_syntax_error_costs_the_exercises_of_its_own_file_only(copy, broken):
    path = copy / broken
    solved = path.read_text(encoding="utf-8")
    path.write_text(f"{solved}\ndef unfinished(:\n", encoding="utf-8")
    try:
        # One exercise of each file: those of a file are imported together.
        one_of_each = {one.file: name for name, one in reversed(COURSE.exercises.items())}
        for file, name in one_of_each.items():
            report = checks.run(name, root=copy)
            assert report.status == ("broken" if file == broken else "passed"), report
            if file == broken:
                assert f"SyntaxError: invalid syntax ({path.name}, line " in str(report)
    finally:
        path.write_text(solved, encoding="utf-8")


def test_a_copy_has_kinds_of_its_own(copy):
    mine, other = COURSE.kind("predict"), definition.load(copy).kind("predict")
    for part in ("judge", "call", "problems"):
        assert getattr(mine, part) is not getattr(other, part)
        assert getattr(other, part).__file__.startswith(str(copy))
    assert other.judge.shape_of.__module__.startswith(other.judge.__name__.split(".")[0])


def test_kinds_import_each_other_by_relative_names_and_calls_import_nothing_of_ours():
    for file in (ROOT / "exercises").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in getattr(node, "names", ()) if hasattr(alias, "name")]
            if isinstance(node, ast.ImportFrom):
                assert not (node.level and file.name == "call.py"), file
                names = [node.module or ""] if not node.level else []
            tops = (
                {name.split(".")[0] for name in names}
                if isinstance(node, ast.Import | ast.ImportFrom)
                else set()
            )
            assert "exercises" not in tops, file
            assert file.name != "call.py" or not tops & {"course", "cs231n"}, file


# Names and texts


def strings_outside_of_names(tree):
    """Yield (text, line) of a module's texts that are in no Misconception(...), Problem(...)."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if getattr(getattr(node, "func", None), "id", "") in (
            Misconception.__name__,
            Problem.__name__,
        ):
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value, node.lineno
        waiting += ast.iter_child_nodes(node)


def test_names_of_misconceptions_and_problems_stand_where_the_build_checks_them():
    misconceptions = {entry.name for entry in CATALOGUE.entries}
    for file in (ROOT / "exercises").glob("*/*.py"):
        kind = COURSE.kind(file.parent.name)
        names = set(misconceptions)
        if file.name not in ("problems.py", "call.py"):  # which draws them, and has its own words
            exercise = next(one for one in COURSE.exercises.values() if one.kind == kind.name)
            names |= set(checks.load(COURSE.data_file).sets[exercise.problems].problems)
        names -= {"batch larger than the data", "float32"}  # titles of lines, too
        for text, line in strings_outside_of_names(ast.parse(file.read_text(encoding="utf-8"))):
            assert text not in names, f"{file}, line {line}"


def test_no_formula_of_an_exercise_is_handed_out_with_the_checks():
    files = [*(ROOT / "course" / "checks").glob("*.py"), *(ROOT / "exercises").rglob("*.py")]
    for file in files:
        if COURSE.is_handed_out(file.relative_to(ROOT).as_posix()):
            text = file.read_text(encoding="utf-8")
            for formula in ("X.T @", "np.exp", "argmax(X", ".max(axis=1", "np.maximum", "dscores"):
                assert formula not in text, file.name


def test_hints_and_explanations_give_no_code():
    texts = [entry.explanation for entry in CATALOGUE.entries]
    for exercise in COURSE.exercises.values():
        assert len(exercise.hints) == 3 and all(len(one) < 250 for one in exercise.hints)
        texts += exercise.hints
    for text in texts:
        for sign in ("np.", "axis=", "dW", "+=", "[", "self.", "()", " = ", "@"):
            assert sign not in text.replace("np.matrix", ""), text
