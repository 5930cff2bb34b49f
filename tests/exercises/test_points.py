"""Does a mistake cost the part that it belongs to, and nothing earn points by accident?"""

import textwrap

import numpy as np
import pytest
from planted_misconceptions import CATALOGUE, COURSE, VARIANTS, judged_here

from course import checks
from course.checks.catalogue import Variant, region

LOSSES = [name for name, one in COURSE.exercises.items() if one.kind == "loss"]
REST = {"shapes and types", "stability"}  # not judged where loss or gradient is wrong
BESIDE = {"rows"}  # of the function of scores beside the loss, which is right where the loss is not
REG = "float(reg) * float(np.sum(W * W))", "2 * float(reg) * W"
SPEED = {name for name in LOSSES if COURSE.exercises[name].vectorized}

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # wrong code overflows


def lost(exercise, report):
    """Return the parts of a Report that earned nothing; others have earned all."""
    parts = checks.parts_of(COURSE, COURSE.exercises[exercise], report)
    assert {part.name: part.possible for part in parts} == COURSE.exercises[exercise].parts
    assert all(part.points in (0, part.possible) for part in parts)
    return {part.name for part in parts if not part.points}


def with_body(exercise, body):
    """Return the Variant whose function, or method, has this body."""
    one = COURSE.exercises[exercise]
    start, end = region(CATALOGUE.sources[one.file], one.functions[:1])
    text = CATALOGUE.sources[one.file][start:end]
    indent = " " * (8 if one.attribute != one.functions[0] else 4)
    return Variant("made", exercise, ((text, textwrap.indent(body, indent) + "\n"),))


COSTS = {  # misconception: {exercise or "losses": parts that it costs}
    "half-convention": {"losses": set()},
    "gradient-zero": {"losses": {"gradient", "regularization"} | REST},
    "no-mean": {"losses": {"loss", "gradient"} | REST},
    "no-mean-loss": {"losses": {"loss"} | REST},
    "no-mean-gradient": {"losses": {"gradient"} | REST},
    "reg-missing": {"losses": {"regularization"}},
    "reg-gradient-halved": {"losses": {"regularization"}},
    # On such scores the function of scores is wrong by itself, too.
    "no-shift": {
        "softmax_loss_naive": {"stability"},
        "softmax_loss_vectorized": {"stability", "rows"},
    },
    "global-maximum": {"softmax_loss_vectorized": {"stability", "rows"}},
    "constant-added-to-p": {"softmax_loss_naive": {"stability"}},
    "ten-classes": {"svm_loss_naive": {"shapes and types"}},
    "inconsistent-ties": {"svm_loss_vectorized": {"gradient"}},
    "np-matrix": {"losses": {"shapes and types"}},
    "inputs-modified": {"losses": {"shapes and types"}, "predict": {"other inputs"}},
    "rows-of-weights": {"losses": {"loss", "gradient", "regularization"} | REST},
    "sampling-without-replacement": {"train": set()},
    "updated-in-place": {"train": set()},
    "same-batch": {"train": {"batches"}},
    "labels-not-matching": {"train": {"batches"}},
    "other-generator": {"train": {"options"}},
    "momentum-ignored": {"train": {"options"}},
    "wrong-sign": {"train": {"steps", "options"}},
    "weights-reset": {"train": {"steps"}},
    "wrong-axis": {"predict": {"labels", "other inputs"}},
}


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")  # np.matrix
@pytest.mark.parametrize("name", COSTS)
def test_a_misconception_costs_the_parts_that_it_belongs_to(name):
    for key, parts in COSTS[name].items():
        for exercise in LOSSES if key == "losses" else [key]:
            variant = next(v for v in VARIANTS if (v.name, v.exercise) == (name, exercise))
            report = judged_here(exercise, variant)
            assert lost(exercise, report) - {"speed"} == parts, report


@pytest.mark.parametrize(
    "body",
    [
        "return 0.0, np.zeros(W.shape)",
        "return 2.302585, np.zeros(W.shape)",
        "return float(W.shape[1] - 1), np.ones(W.shape)",
        "return float(reg), reg * np.ones(W.shape)",
        "return np.nan, W * np.nan",
        "return np.inf, W * np.inf",
        "return 0.0, W.copy()",
        "return None",
        "return 1 / 0, W",
    ],
)
@pytest.mark.parametrize("exercise", LOSSES)
def test_no_constant_earns_points(exercise, body):
    report = judged_here(exercise, with_body(exercise, body))
    assert lost(exercise, report) >= COURSE.exercises[exercise].parts.keys() - BESIDE, report


@pytest.mark.parametrize("exercise", LOSSES)
def test_what_is_right_earns_its_points_whatever_else_is_wrong(exercise):
    penalty = with_body(exercise, f"return {REG[0]}, {REG[1]}")
    left = COURSE.exercises[exercise].parts.keys() - lost(exercise, judged_here(exercise, penalty))
    assert left - BESIDE == {"regularization"}


@pytest.mark.parametrize(
    ("exercise", "body"),
    [
        ("predict", "return np.zeros(len(X), dtype=int)"),
        ("predict", "return np.arange(len(X)) % self.W.shape[1]"),
        ("predict", "return None"),
        ("train", "return [0.0] * num_iters"),
        ("train", "self.W = np.zeros((X.shape[1], int(y.max()) + 1))\nreturn []"),
    ],
)
def test_no_constant_of_a_method_earns_points(exercise, body):
    report = judged_here(exercise, with_body(exercise, body))
    assert lost(exercise, report) == COURSE.exercises[exercise].parts.keys(), report


@pytest.mark.parametrize("exercise", sorted(SPEED))
@pytest.mark.parametrize("naive", [False, True], ids=["a loop", "the naive function"])
def test_a_loop_costs_the_points_for_speed_and_nothing_else(tmp_path, exercise, naive):
    file = tmp_path / "mine.py"
    loop = next(v for v in VARIANTS if (v.name, v.exercise) == ("loops", exercise))
    if naive:
        name = exercise.replace("vectorized", "naive")
        loop = with_body(exercise, f"return {name}(W, X, y, reg)")
    file.write_text(CATALOGUE.plant(loop), encoding="utf-8")
    report = checks.run(exercise, file=file)
    assert report.passed and lost(exercise, report) == {"speed"}, report
    points = COURSE.exercises[exercise].points - COURSE.exercises[exercise].parts["speed"]
    assert f"Points: {points} of {COURSE.exercises[exercise].points}: " in str(report)


def test_a_loss_by_finite_differences_costs_the_points_for_speed(tmp_path):
    code = """
import numpy as np

def value(W, X, y, reg):
    scores = X @ W
    margins = np.maximum(0, scores - scores[np.arange(len(y)), y][:, None] + 1)
    return (margins.sum() - len(y)) / len(y) + reg * np.sum(W * W)

def svm_loss_vectorized(W, X, y, reg):
    W = np.array(W, dtype=float)
    dW, h = np.zeros(W.shape), 1e-5
    for place in np.ndindex(*W.shape):
        step = np.zeros(W.shape)
        step[place] = h * max(1, np.abs(X).max())
        above, below = value(W + step, X, y, reg), value(W - step, X, y, reg)
        dW[place] = (above - below) / (2 * step[place])
    return value(W, X, y, reg), dW
"""
    file = tmp_path / "mine.py"
    file.write_text(code, encoding="utf-8")
    report = checks.run("svm_loss_vectorized", file=file)
    assert "speed" in lost("svm_loss_vectorized", report) and report.vectorized is False, report


def test_the_declared_points_are_those_of_the_kinds_parts_and_lines():
    for name, one in COURSE.exercises.items():
        titles = [line.title for line in checks.run(name).lines]
        parts = COURSE.kind(one.kind).parts(one)
        assert set(titles) <= {title for lines in parts.values() for title in lines}, name
        assert all(set(lines) & set(titles) for lines in parts.values()), name
        assert sum(one.parts.values()) == one.points
    assert np.all([part > 0 for one in COURSE.exercises.values() for part in one.parts.values()])
