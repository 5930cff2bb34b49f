"""Self-checks for students: checks.run("name") tells what is right and what is not.

checks.hint("name") shows a hint, and one more with each call.

The function is called in a child process on problems from exercises/checks.npz, which also holds
what is expected and what known misconceptions leave behind. The parts, in the order of the data:

    data        reads problems, expected values and what else judges need
    calling     starts child.py, which calls the function; collects what comes back
    frames      reads what comes back, and lets nothing pass but numbers and short texts
    faults      puts differences into words
    steps       is it vectorized? judges how many lines of it run
    report      text and, by the template report.html, HTML
    names       of misconceptions and problems, which code and data share

How a kind of exercise is called and judged stands in exercises/<kind>/. Judges run no code of a
student, and nothing here contains a formula of an exercise: expected values come from the file.

Instructors' own are catalogue, which plants misconceptions, and build, which writes the file.
"""

from collections import Counter
from functools import lru_cache
from pathlib import Path

import numpy as np

from course import ROOT, definition
from course.checks import data as data_file
from course.checks.calling import CALL_LIMIT, PATIENCE, TIME_LIMIT, Target, call
from course.checks.faults import failure, unwritten
from course.checks.report import Hints, Line, Report, parts_of, points_of
from course.checks.steps import STEPS, add_vectorization, problem_of

__all__ = ["Hints", "Line", "Report", "hint", "judge", "parts_of", "points_of", "run"]

shown = Counter()  # how many hints this process has shown: {(root, exercise): number}


def run(name, *, root=ROOT, data=None, file=None, attribute=None, time_limit=TIME_LIMIT):
    """Check the exercise `name`; return the Report, which a notebook shows.

    root        the folder of the course (default: the one that this module lies in)
    data        another data file, made by course/checks/build.py
    file        check a function or class of this file instead of the package's; attribute is its
                name, if it is not the exercise's
    time_limit  seconds for all calls together

    Raises ValueError if there is no such exercise; never because of a student's mistake.
    """
    course = definition.load(root)
    exercise = find_exercise(course, name)
    known = load(Path(data or course.data_file))
    source = Path(file).resolve() if file else course.root / exercise.file
    file, folder = str(source) if file else "", course.root / course.package
    target = Target.of(course, exercise, course.root, attribute, file)
    problems, calls = problems_of(course, exercise, known)

    def waiting():
        told = f"your code has been busy for {PATIENCE:g} seconds; any call has {CALL_LIMIT:g}"
        print(f"{name}: {told}, then it is stopped", flush=True)

    outcomes = call(target, problems, calls, time_limit=time_limit, waiting=waiting)
    texts = {one.relative_to(course.root).as_posix(): read(one) for one in folder.rglob("*.py")}
    report = judge(course, exercise, known, outcomes, texts | {"": read(source)})
    report.hints, report.parts = len(exercise.hints), parts_of(course, exercise, report)
    return report


def hint(name, *, root=ROOT):
    """Return Hints for the exercise `name`: one more with each call, until all are shown.

    Raises ValueError if there is no such exercise.
    """
    course = definition.load(root)
    exercise = find_exercise(course, name)
    total, before = len(exercise.hints), shown[course.root, name]
    shown[course.root, name] = count = min(before + 1, total)
    return Hints(name, exercise.hints[:count], total, more=count > before)


def find_exercise(course, name):
    """Return the Exercise of this name. Raises ValueError, with the names that there are."""
    if name not in course.exercises:
        known = ", ".join(course.exercises)
        raise ValueError(f"there is no exercise {name!r}; there are: {known}")
    return course.exercises[name]


@lru_cache(maxsize=4)
def load_version(path, mtime):
    return data_file.load(path)


def load(path):
    """Return the data in `path`, read once as long as the file does not change."""
    return load_version(path, path.stat().st_mtime_ns)


def read(path):
    """Return the text of a student's file, as far as it can be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def problems_of(course, exercise, data):
    """Return what calling.call needs: ({problem: arrays}, {problem: name of the call}).

    Helpers, other functions that belong to the exercise, have problems of their own.
    """
    kind = course.kind(exercise.kind)
    usual = next(iter(kind.call.RETURNS))
    hidden = getattr(kind.judge, "ANSWERS", ())  # arguments that only the judge may see
    known, helpers = data.sets[exercise.problems], helpers_of(exercise, data)
    problems = {
        problem: {key: array for key, array in arrays.items() if key not in hidden}
        for problem, arrays in known.problems.items()
        if problem in helpers or problem not in known.helpers
    }
    calls = dict.fromkeys(problems, usual)
    calls |= {problem: f"helper of {function}" for problem, function in helpers.items()}
    if exercise.vectorized:
        problems[STEPS], calls[STEPS] = problem_of(kind.judge), STEPS
    return problems, calls


def helpers_of(exercise, data):
    """Return {problem: function} of the problems for helpers that belong to an Exercise."""
    known = data.sets[exercise.problems].helpers
    return {problem: one for problem, one in known.items() if one in exercise.functions}


@np.errstate(all="ignore")  # a student's numbers may be any: no warning of ours is due
def judge(course, exercise, data, outcomes, texts):
    """Return the Report on calling.Outcomes.

    texts {file: text} are the student's files, whose lines are quoted, named from the root.

    This runs no code of a student: a grader can call it on outcomes from a sandbox.
    """
    name, by_name = exercise.name, dict(outcomes.by_name)
    helpers = helpers_of(exercise, data)
    usual = [outcome for problem, outcome in by_name.items() if problem not in (*helpers, STEPS)]
    first = usual[0]
    missing = [outcome.meta for outcome in usual if outcome.meta.get("missing")]
    if missing:
        return Report(name, "not implemented", message=unwritten(missing[0], texts))
    if first.status == "import" or first.meta.get("importing"):
        return Report(name, "broken", message=failure(first))
    steps = by_name.pop(STEPS, None)
    kind = course.kind(exercise.kind)
    report = kind.judge.judge(exercise, data, by_name)
    if all(failure(outcome) for outcome in usual):  # nothing came back at all: one line says why
        why = next((line.detail for line in report.lines if line.ok is False), failure(first))
        report.lines = [Line("runs", False, why)]
    elif exercise.vectorized:
        add_vectorization(report, kind.judge, data, steps, texts)
    if outcomes.flooded:
        report.notes.append(
            "It prints more than a million characters, which slows it down and hides other output."
        )
    return report
