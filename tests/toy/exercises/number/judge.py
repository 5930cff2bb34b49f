"""Hold the number against what is expected."""

from course.checks.faults import failure, wrong_number
from course.checks.names import Misconception, Problem
from course.checks.report import Line, Report

THREE, NONE = Problem("three"), Problem("none")
ALWAYS_ZERO = Misconception("always-zero")


def judge(exercise, data, outcomes):
    known, lines = data.sets[exercise.problems], []
    for title, name in (("some numbers", THREE), ("no number", NONE)):
        got, wanted = outcomes[name].values.get("number"), known.expected[name]["number"]
        fault = failure(outcomes[name]) or wrong_number("the result", got, wanted)
        lines.append(Line(title, not fault, fault))
    passed = all(line.ok for line in lines)
    number = outcomes[THREE].values.get("number")
    names = {ALWAYS_ZERO} if number is not None and not number.any() else ()
    return Report(exercise.name, "passed" if passed else "failed", lines).name(names, data)
