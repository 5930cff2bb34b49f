"""Judge `predict` by the labels it returned for known weights. No code of a student runs here."""

import numpy as np

from course.checks.faults import changed_inputs, failure
from course.checks.names import Misconception, Problem
from course.checks.report import Line, Report

from ..shapes import names_by_shapes, shape_of

PROPERTIES = {  # titles of lines, and the problems that show each
    "labels": (Problem("N > C"), Problem("N = C")),
    "other numbers of examples and classes": (
        Problem("3 classes"),
        Problem("one row"),
        Problem("12 classes"),
    ),
    "scores all far below 0": (Problem("scores near -1e3"),),
    "float32": (Problem("float32"),),
}
AGAIN = Problem("called twice")
INPUTS_MODIFIED = Misconception("inputs-modified")
FLOATS = (
    "The labels are right, but no integers: they cannot be used as indices, as where a confusion "
    "matrix is counted. Give their array dtype=int."
)


def judge(exercise, data, outcomes):
    """Return the Report on `predict`."""
    known, lines = data.sets[exercise.problems], []
    for title, chosen in PROPERTIES.items():
        text = ""
        for name in chosen:
            problem, labels = known.problems[name], known.expected[name]["labels"]
            text = text or fault(outcomes[name], problem, labels)
        lines.append(Line(title, not text, text))
    changed = detail = changed_inputs(outcomes)
    if lines[0].ok and not detail:
        labels = known.expected[AGAIN]["labels"]
        detail = fault(outcomes[AGAIN], known.problems[AGAIN], labels)
        detail = f"a second call with the same arrays is wrong: {detail}" if detail else ""
    lines.append(Line("inputs left unchanged", not detail, detail))
    passed = all(line.ok for line in lines)
    names = set() if passed else set(recognised(known, outcomes))
    names |= {INPUTS_MODIFIED} if changed else set()
    names |= names_by_shapes(known.problems, outcomes)
    report = Report(exercise.name, "passed" if passed else "failed", lines).name(names, data)
    if passed and any(one.meta.get("float_labels") for one in outcomes.values()):
        report.notes.append(FLOATS)
    return report


def fault(outcome, problem, labels):
    text = failure(outcome)
    got = outcome.values.get("labels")
    if not text and got is None:
        text = f"{outcome.meta['type']} instead of an array of labels"
    elif not text and got.shape != labels.shape:
        text = f"an array of shape {got.shape} instead of {labels.shape}"
    elif not text and not np.array_equal(got, labels):
        row = int(np.argwhere(got != labels)[0, 0])
        text = f"row {row} has {got[row]:g} instead of {labels[row]:g}"
    return f"{text} ({shape_of(problem)})" if text else ""


def recognised(known, outcomes):
    """Return the smallest set of known mistakes that gives just these results on all problems."""
    got = {name: outcome.values.get("labels") for name, outcome in outcomes.items()}
    fitting = [
        frozenset(names)
        for number, names in enumerate(known.facts["mistakes"])
        if all(equal(got[name], known.arrays[f"mistake {number} on {name}"]) for name in got)
    ]
    return min(fitting, key=len, default=frozenset())


def equal(got, result):
    return got is not None and got.shape == result.shape and np.allclose(got, result, rtol=1e-4)
