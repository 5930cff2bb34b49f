"""Gradescope's results.json, from a result.

The format: https://gradescope-autograders.readthedocs.io/en/latest/specs/. All output is declared
to be plain text, so that Gradescope renders none of it. Answers that wait for a person have 0
points until then, and say so: the sum of what is possible is the same before and after.
"""

from course.export.points import Points, points
from course.export.telling import (
    WITHOUT_SANDBOX,
    ToldAnswer,
    ToldExercise,
    ToldNotebook,
    tell_lateness,
    tell_waiting,
)
from course.text import clean, one_line


def results(result, manual=None):
    """Return the content of results.json as a dictionary; `manual` as in feedback.page."""
    manual = manual or {}
    counted = Points.of(result, manual)
    tests = [exercise(entry, manual) for entry in result["exercises"]]
    tests += [answer(entry, manual) for entry in result["answers"]]
    return {
        "score": counted.total,
        "output": summary(result, counted),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "extra_data": {"content": one_line(result["content"], 64)},
        "tests": [test | {"number": str(n)} for n, test in enumerate(tests, 1)],
    }


def summary(result, counted):
    lines = [] if result["sandbox"] else [WITHOUT_SANDBOX]
    total = f"{points(counted.total)} of {points(counted.possible)} points"
    if waits := tell_waiting(result, counted):
        total += f" so far; {waits}"
    lines.append(total)
    if counted.penalty:
        late = tell_lateness(result["student"])
        lines.append(f"Handed in {late}, which costs {points(counted.penalty)} points.")
    for told in map(ToldNotebook, result["notebooks"]):
        lines.append(f"{told.name}.ipynb: {told.status} Cells: {told.counts or 'none'}.")
    return "\n".join(lines + [one_line(remark, 500) for remark in result["remarks"][:100]])


def exercise(entry, manual):
    told = ToldExercise(entry, manual)
    output = [*told.text, told.comment] if told.comment else told.text
    return {
        "name": f"{told.notebook}: {told.name}",
        "score": told.score,
        "max_score": told.possible,
        "status": "passed" if told.ok else "failed",
        "output": clean("\n".join(output)),
        "output_format": "text",
        "tags": [told.notebook, "automatic", *entry["misconceptions"]],
        "visibility": "visible",
    }


def answer(entry, manual):
    told = ToldAnswer(entry, manual)
    waits = "Waits for a person." if told.score is None else ""
    test = {
        "name": f"{told.notebook}: {told.title}",
        "output": "\n".join(filter(None, [told.remark, waits, told.comment])),
        "output_format": "text",
        "tags": [told.notebook, "by hand"],
        "visibility": "visible",
    }
    return test | {"score": told.score or 0, "max_score": told.possible}
