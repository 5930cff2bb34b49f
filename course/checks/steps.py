"""Is a function vectorized? The lines of Python that it runs are counted where there is more to do.

A function that leaves its loops to NumPy runs the same lines for 520 examples as for 8; one that
visits them runs some lines again for each. So it does not matter how a loop is written, nor in
which function or file. Not seen are loops that run no line of Python, such as list(map(abs, X)).

A kind of exercise that asks for this has in its judge.py

    growing() -> (arrays, {what: (more, arrays)})    a problem, and others with `more` of something,
                                                     first with so many more that memory tells
    NOT_VECTORIZED                                   the Misconception

child.py counts, and says what it counted; this is judged here.
"""

from typing import NamedTuple

import numpy as np

from course.checks.faults import failure
from course.checks.frames import printable
from course.checks.report import Line

STEPS = "steps"
RETURNS = {"meta": {"file": str}, "arrays": ["steps", "memory", "line"]}
MOST_SHOWN = 100  # characters of the line that loops
HALF_A_NUMBER = 4  # bytes: so much at least is kept of each pair of examples, if pairs are kept


class Told(NamedTuple):
    """What is told of vectorization: ok as in a Line, and a remark on memory, or ""."""

    ok: bool | None
    detail: str = ""
    remark: str = ""


def problem_of(judge):
    """Return the arrays of all growing problems, as the child is given them."""
    first, others = judge.growing()
    problems = [first, *(arrays for _, arrays in others.values())]
    return {
        f"{number}/{name}": array
        for number, arrays in enumerate(problems)
        for name, array in arrays.items()
    }


def add_vectorization(report, judge, data, outcome, texts):
    """Add the line that tells whether a function is vectorized, apart from correctness.

    outcome is that of the problem STEPS; texts {file: text} are quoted, the exercise's own file as
    "".
    """
    told = tell(judge, outcome, texts)
    report.vectorized = told.ok
    report.lines.append(Line("vectorized", told.ok, told.detail, told=True))
    report.notes += filter(None, [told.remark])
    if told.ok is False:
        report.name({judge.NOT_VECTORIZED}, data)


def tell(judge, outcome, texts):
    """Return what is Told of an outcome."""
    others = judge.growing()[1]
    if outcome and outcome.status == "hang":
        return Told(False, f"{failure(outcome)} where there is more to do")
    values = outcome.values if outcome and outcome.status == "value" else {}
    steps, memory = (values.get(name, np.empty(0)) for name in ("steps", "memory"))
    if len(steps) != 1 + len(others) or len(memory) != len(steps):
        return Told(None)
    for (what, (more, _)), count in zip(others.items(), steps[1:], strict=True):
        if not count - steps[0] < more:
            line, text = place(outcome, texts)
            return Told(False, f"{line} again for each {what}{text}")
    what, (more, _) = next(iter(others.items()))
    if memory[1] - memory[0] < HALF_A_NUMBER * more**2:
        return Told(True)
    pairs = f"It keeps a number for each pair of {what}s"
    return Told(True, remark=f"{pairs}: its time and memory grow with the square of their number.")


def place(outcome, texts):
    """Return ("line N runs", its text), as far as it is a line of one of the texts."""
    file, line = outcome.meta["file"], outcome.values["line"].sum()
    lines = dict(enumerate(texts.get(file, "").split("\n"), start=1))
    if line not in lines:
        return "some lines run", ""
    of = f" of {printable(file.rpartition('/')[2])}" if file else ""
    return f"line {line:.0f}{of} runs", f": {printable(lines[line].strip()[:MOST_SHOWN])}"
