"""The judges of `train` and `predict` on records that differ in one point; shapes in messages."""

import dataclasses

import numpy as np
import pytest
from planted_misconceptions import CATALOGUE, COURSE, VARIANTS, judged_here

from course import checks
from course.checks.calling import Outcome, Outcomes
from exercises.shapes import by_message

KNOWN = checks.load(COURSE.data_file)


def right_outcomes(name):
    """Return {problem: Outcome} of the solved class, called here."""
    exercise, cls = COURSE.exercises[name], CATALOGUE.solved(name)
    call = COURSE.kind(exercise.kind).call.CALLS[name]
    outcomes = {}
    for problem, arrays in KNOWN.sets[exercise.problems].problems.items():
        meta, values = call(cls, arrays)
        values = {key: np.array(value, dtype=float) for key, value in values.items()}
        outcomes[problem] = Outcome("value", meta, values)
    return outcomes


RIGHT = {name: right_outcomes(name) for name in ("train", "predict")}


def judged(name, problem="", change=None, outcome=None):
    """Return the Report on right outcomes, but for what `change` does to the values of one."""
    outcomes = dict(RIGHT[name])
    if change:
        one = outcomes[problem]
        outcome = dataclasses.replace(one, meta=dict(one.meta), values=dict(one.values))
        change(outcome)
    if outcome:
        outcomes[problem] = outcome
    return checks.judge(COURSE, COURSE.exercises[name], KNOWN, Outcomes(outcomes), {})


def crosses(report):
    return {line.title: line.detail for line in report.lines if line.ok is False}


def put(key, value):
    """Return a change of one value: to an array, or by a function of it."""

    def change(outcome):
        old = outcome.values.get(key)
        outcome.values[key] = value(old.copy()) if callable(value) else np.array(value, float)

    return change


def entry(*index, add):
    """Return a function that adds to one entry of an array."""

    def change(array):
        array[index] += add
        return array

    return change


def test_a_single_batch_is_not_random():
    told = crosses(judged("train", "plain", put("calls", 1)))
    assert told["a new random batch in each iteration"] == "batches in 40 iterations: 1"


@pytest.mark.parametrize("name", RIGHT)
def test_right_records_pass(name):
    report = judged(name)
    assert report.passed and not crosses(report) and not report.misconceptions
    assert len(report.lines) == {"train": 12, "predict": 5}[name]


X = KNOWN.sets["train"].problems["plain"]["X"]
RATE = float(KNOWN.sets["train"].problems["plain"]["learning_rate"])
ROWS = 5  # of a batch of "plain", of which each call makes 40
ELSEWHERE = "self.loss is not called with rows of X"
UNKNOWN = "what self.loss was called with is not known"


@pytest.mark.parametrize(
    ("key", "value", "title", "told"),
    [
        ("calls", 0, "runs", "self.loss is never called"),
        ("calls", 81, "runs", UNKNOWN),
        ("calls", 39.5, "runs", UNKNOWN),
        ("calls", -1, "runs", UNKNOWN),
        ("calls", [40], "runs", UNKNOWN),
        ("sizes", lambda old: old[:-1], "runs", UNKNOWN),
        ("sizes", lambda old: old[:, :1], "runs", UNKNOWN),
        ("sizes", lambda old: old * 1e6, "runs", UNKNOWN),
        ("sizes", lambda old: old + np.nan, "runs", UNKNOWN),
        ("sizes", entry(3, 1, add=1), "runs", ELSEWHERE),
        ("sizes", entry(3, 0, add=1), "runs", ELSEWHERE),
        ("X", lambda old: old[:-1], "runs", ELSEWHERE),
        ("y", lambda old: old[:-1], "runs", UNKNOWN),
        ("y_sizes", lambda old: old[:-1], "runs", UNKNOWN),
        ("reg", lambda old: old[:-1], "runs", UNKNOWN),
        ("W", lambda old: old[:-1], "runs", UNKNOWN),
        ("X", entry(2, add=0.1), "rows of a batch are rows of X", "a row that is not in X"),
        ("X", lambda old: np.tile(X[:ROWS].ravel(), 80), "a new random batch in each", "same rows"),
        ("reg", entry(7, add=0.1), "reg reaches the loss", "the loss got reg = "),
        ("W", lambda old: old[:, :2], "step against the gradient", "the shape of W changes"),
        ("losses", lambda old: old[:-1], "list of losses", "39 losses after 40 iterations"),
        ("losses", lambda old: old[None], "list of losses", "train returned list instead of"),
        ("losses", entry(9, add=0.1), "list of losses", "not those that self.loss returned"),
        ("calls", 39, "list of losses", "self.loss was called 39 times in 40 iterations"),
        ("W", entry(40, 0, 0, add=0.1), "goes on from W", "a second call did not go on from"),
        ("W", entry(9, 0, 0, add=0.1), "step against the gradient", "an entry of W changed by "),
    ],
)
def test_one_point_of_train_is_told(key, value, title, told):
    report = judged("train", "plain", put(key, value))
    found = crosses(report)
    assert not report.passed
    [detail] = [detail for name, detail in found.items() if name.startswith(title)]
    assert told in detail, found


def test_a_step_is_told_with_both_lengths():
    report = judged("train", "plain", put("between", entry(0, 0, add=1.0)))
    step = KNOWN.sets["train"].problems["plain"]["steps"][39, 0, 0]
    told = f"an entry of W changed by {step + 1:.6g} instead of {step:.6g}"
    assert crosses(report)["step against the gradient"] == told


def test_labels_are_told_with_their_rows():
    title = "labels of a batch belong to its rows"
    label = RIGHT["train"]["plain"].values["y"][0]
    report = judged("train", "plain", put("y", entry(0, add=1)))
    assert crosses(report) == {title: f"a row labelled {label:g} came with label {label + 1:g}"}
    assert list(report.misconceptions) == ["labels-not-matching"]

    def one_less(outcome):
        outcome.values["y"] = outcome.values["y"][1:]
        outcome.values["y_sizes"] = entry(0, add=-1)(outcome.values["y_sizes"].copy())

    assert crosses(judged("train", "plain", one_less)) == {title: "4 labels for 5 rows"}

    def floats(outcome):
        outcome.meta["float_labels"] = True

    report = judged("train", "plain", floats)
    assert crosses(report) == {title: "the labels arrived as floating-point numbers"}
    assert list(report.misconceptions) == ["float-labels"]


def test_a_row_that_is_never_drawn_is_told():
    def without_last_row(batches):
        rows = batches.reshape(-1, X.shape[1])
        rows[rows[:, 0] == X[-1, 0]] = X[0]
        return rows.ravel()

    report = judged("train", "plain", put("X", without_last_row))
    told = crosses(report)["a new random batch in each iteration"]
    assert told == "never drawn: 1 of 12 rows"
    assert "rows-never-drawn" in report.misconceptions
    short = judged("train", "W is set", put("X", without_last_row))
    assert "rows-never-drawn" not in short.misconceptions, "too few iterations to tell"


def test_losses_twice_are_recognised():
    report = judged("train", "plain", put("losses", lambda old: np.repeat(old, 2)))
    assert list(report.misconceptions) == ["appended-twice"]


def steps_times(factor):
    """Return a change that makes all steps this many times as long."""

    def change(outcome):
        values, steps = outcome.values, KNOWN.sets["train"].problems["plain"]["steps"]
        start = values["W"][0] if len(values["W"]) else 0
        ends = start + factor * np.cumsum(steps, axis=0)
        first = np.concatenate([start[None], ends[:-1]])
        values["W"] = np.concatenate([first, ends[-1] + first - start])
        values["between"] = ends[-1]

    return change


@pytest.mark.parametrize(
    ("factor", "names"),
    [
        (1.0, set()),
        (0.0, {"no-update"}),
        (-1.0, {"wrong-sign"}),
        (RATE, {"learning-rate-twice"}),
        (-RATE, {"wrong-sign", "learning-rate-twice"}),
        (0.7, set()),
    ],
)
def test_steps_tell_what_is_wrong_with_them(factor, names):
    report = judged("train", "plain", steps_times(factor))
    assert set(report.misconceptions) == names
    assert ("step against the gradient" in crosses(report)) == (factor != 1)


def test_a_start_from_other_weights_is_told():
    report = judged("train", "W is set", put("W", entry(0, 0, 0, add=1.0)))
    assert crosses(report)["goes on from W if it is set"] == "W was replaced before the first step"
    assert "weights-reset" in report.misconceptions


def test_a_large_batch_that_fails_alone_means_draws_without_replacement():
    lost = Outcome("raises", {"error": "ValueError", "message": "no", "file": "", "line": 0})
    report = judged("train", "batch larger than the data", outcome=lost)
    assert not report.passed, (
        "rows that come twice are drawn with replacement: something else fails"
    )
    assert crosses(report) == {"batch larger than the data": "ValueError: no"}

    def no_row_twice(batches):
        return np.concatenate([np.roll(X, i, axis=0)[[0, 2, 3, 7, 9]].ravel() for i in range(80)])

    distinct = dict(RIGHT["train"], **{"batch larger than the data": lost})
    plain = distinct["plain"]
    rows = no_row_twice(plain.values["X"])
    order = np.abs(rows.reshape(-1, X.shape[1])[:, :1] - X[:, 0]).argmin(axis=1)
    labels = KNOWN.sets["train"].problems["plain"]["y"][order]
    distinct["plain"] = dataclasses.replace(plain, values=plain.values | {"X": rows, "y": labels})
    report = checks.judge(COURSE, COURSE.exercises["train"], KNOWN, Outcomes(distinct), {})
    assert report.passed and "without replacement" in report.notes[0], report
    report = judged("train", "plain", outcome=lost)
    assert crosses(report) == {"runs": "ValueError: no"} and not report.misconceptions


def test_changed_inputs_are_told():
    for name, problem in (("train", "given rng"), ("predict", "3 classes")):

        def change(outcome):
            outcome.meta["changed"] = ["X"]

        report = judged(name, problem, change)
        assert crosses(report) == {"inputs left unchanged": "X changed during the call"}
        assert list(report.misconceptions) == ["inputs-modified"]


@pytest.mark.parametrize(
    ("problem", "title"),
    [
        ("N > C", "labels"),
        ("12 classes", "other numbers of examples and classes"),
        ("scores near -1e3", "scores all far below 0"),
        ("float32", "float32"),
    ],
)
def test_a_wrong_label_is_told_with_its_row(problem, title):
    right = RIGHT["predict"][problem].values["labels"]
    N, C = len(right), KNOWN.sets["predict"].problems[problem]["W"].shape[1]
    report = judged("predict", problem, put("labels", entry(1, add=1)))
    told = f"row 1 has {right[1] + 1:g} instead of {right[1]:g} (N = {N}, D = "
    assert list(crosses(report)) == [title] and crosses(report)[title].startswith(told)
    assert crosses(report)[title].endswith(f", C = {C})") and not report.misconceptions
    report = judged("predict", problem, put("labels", lambda old: old[1:]))
    assert f"an array of shape ({N - 1},) instead of ({N},)" in crosses(report)[title]
    report = judged("predict", problem, lambda outcome: outcome.values.clear())
    assert "ndarray instead of an array of labels" in crosses(report)[title]


def test_labels_that_are_no_integers_are_right_and_remarked():
    outcomes = {
        name: dataclasses.replace(one, meta=one.meta | {"float_labels": True})
        for name, one in RIGHT["predict"].items()
    }
    report = checks.judge(COURSE, COURSE.exercises["predict"], KNOWN, Outcomes(outcomes), {})
    assert report.passed and "dtype=int" in report.notes[0]


IGNORED = ["not-random", "other-generator", "momentum-ignored", "schedule-ignored"]


@pytest.mark.parametrize("name", IGNORED)
def test_what_train_does_without_its_arguments_or_chance_is_wrong_and_named(name):
    for variant in (one for one in VARIANTS if one.name == name):
        report = judged_here(variant.exercise, variant)
        assert not report.passed and name in report.misconceptions, report


@pytest.mark.parametrize(
    ("shapes", "name"),
    [
        ("(8,5) (5,3)", "elementwise-product"),
        ("(5,8) (8,3)", "elementwise-product"),
        ("(8,3) (3,1)", None),  # a column of sums: no product of matrices is meant
        ("(3,) (5,) (3,)", "rows-and-columns-swapped"),
        ("(8,3) (8,)", None),
    ],
)
def test_shapes_in_a_message_tell_what_was_meant(shapes, name):
    message = f"operands could not be broadcast together with shapes {shapes} "
    assert by_message(message, {"N": 8, "D": 5, "C": 3}) == name
