"""The verdict on each exercise: right or not, by the values that a student's function returns.

The function is called in a sandbox that gets arrays and returns arrays (cs231n/checks/calling.py).
This process holds the reference, the unseen problems and the points, and runs nothing of a
student. judge_exercises returns one table an exercise, in the order of points.toml:

    notebook, cell, exercise   "svm", "check-svm-loss-naive", "svm_loss_naive"
    points, possible, correct  all points, or none
    status                     "passed", "failed", "not implemented", "broken" (it could not be run)
    lines                      [{title, ok: true, false or null, detail, public}, ...]
    message                    why it is broken
    public                     the same without what a student's code could have put in
    misconceptions             {name: hint} of what was recognised
    notes                      [text, ...], remarks on what is right
    vectorized                 null, or {verdict, loop, growth}: loop from the syntax tree, growth
                               of time (true: like a matrix product's), null where it is not clear

"detail" and "message" may quote unseen problems: they are for instructors.
"""

import itertools
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cs231n import checks
from cs231n.checks.calling import CHILD, Outcomes, Target, call
from cs231n.checks.judge_loss import SIZES
from cs231n.checks.loops import find_loop, slowness
from cs231n.submission.contents import EXERCISE_FILES
from grading import ROOT, release
from grading.grader.sandbox import prefix
from grading.grader.verdict import public
from grading.grader.verdict.tree import is_own, tree, write_tree
from grading.grader.verdict.unseen import read, unseen_problems

__all__ = ["judge_exercises", "unseen_problems"]

SECONDS = 30.0  # for all calls of an exercise; a third of it for one, which takes milliseconds
INSIDE = "/submission"  # where a sandbox sees the tree
CLEAR = 2.0  # a growth of time so far from the threshold on either side is taken at its word
MOST_OWN = 500_000  # bytes of a student's own modules in which loops are looked for
MEASURED = 3  # times, if it is nearer; an odd number
ELSEWHERE = {"ImportError", "ModuleNotFoundError", "AttributeError", "NameError"}


@dataclass(frozen=True)
class Verdict:
    """report and outcomes as cs231n.checks makes them; vectorized as in the table above."""

    report: checks.Report
    outcomes: Outcomes
    vectorized: dict | None = None


def judge_exercises(files, problems, *, sandbox=True):
    """Judge the exercises of a submission {name: bytes}; see above.

    problems is the npz file of the unseen problems, as bytes. Raises
    cs231n.checks.calling.NotStarted if this machine could not start a process, which says nothing
    of the submission.
    """
    known = read(problems)
    return [
        entry(place, possible, judge_exercise(files, name, known, sandbox=sandbox), files)
        for place, name, possible in graded_cells()
    ]


def graded_cells():
    """Return [((notebook, cell), exercise, points), ...] of the cells that check an exercise."""
    return [
        ((notebook, cell), cell.removeprefix("check-").replace("-", "_"), points)
        for notebook, cells in release.read_points(ROOT, []).items()
        for cell, points in cells.items()
        if cell.startswith("check-")
    ]


def entry(place, possible, verdict, files):
    """Return the table of one exercise from its Verdict."""
    report = verdict.report
    safe = public.Texts(verdict.outcomes, files)
    return {
        "notebook": place[0],
        "cell": place[1],
        "exercise": report.exercise,
        "points": possible if report.passed else 0,
        "possible": possible,
        "correct": report.passed,
        "status": report.status,
        "message": report.message,
        "public": safe.of_message(report),
        "lines": [
            {"title": one.title, "ok": one.ok, "detail": one.detail, "public": safe.of_line(one)}
            for one in report.lines
        ],
        "misconceptions": dict(report.misconceptions),
        "notes": list(report.notes),
        "vectorized": verdict.vectorized,
    }


def judge_exercise(files, name, known, *, sandbox=True):
    """Return the Verdict on one exercise.

    It runs alone: the other exercises' files are the student edition's. Only where it seems to use
    something of theirs, it runs once more with the student's own.
    """
    path = checks.EXERCISES[name].path
    if path not in files:
        report = checks.Report(name, "broken", message=f"the submission has no file {path}")
        return Verdict(report, Outcomes({}))
    others = [other for other in EXERCISE_FILES if other != path]
    verdict = attempt(files, name, known, others, sandbox)
    if seems_to_miss(verdict.outcomes, others) and any(other in files for other in others):
        together = attempt(files, name, known, (), sandbox)
        verdict = max(verdict, together, key=count_values)
    return verdict


def seems_to_miss(outcomes, stubs):
    """Say whether an exception may be due to what stands in for the other exercises' files."""
    metas = [one.meta for one in outcomes.by_name.values() if one.status in ("raises", "import")]
    names = {Path(stub).name for stub in stubs}
    return any(meta["error"] in ELSEWHERE or meta["file"] in names for meta in metas)


def count_values(verdict):
    return sum(outcome.status == "value" for outcome in verdict.outcomes.by_name.values())


def attempt(files, name, known, stubs, sandbox):
    """Call and judge one exercise, with the files `stubs` from the student edition."""
    exercise = checks.EXERCISES[name]
    source, *own = sources(files, exercise.path)
    problems, kinds = checks.problems_of(name, known)
    loop = bool(exercise.vectorized and find_loop(source, name, own))
    if loop:
        problems.pop(checks.TIMING)  # the answer is known, and loops may take long
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "tree")
        write_tree(files, folder, stubs=stubs)
        root = INSIDE if sandbox else str(folder)
        target = Target(root, exercise.module, exercise.attribute)
        # The tree cannot be written to, and what PYTHON... variables say is not for students.
        python = [sys.executable, "-I", "-B"]

        def called(problems):
            show = [(folder, INSIDE), CHILD]
            command = [*prefix(show=show), *python] if sandbox else python
            return call(target, problems, kinds, time_limit=SECONDS, command=command)

        outcomes = called(problems)
        growth = None
        if timing := outcomes.by_name.pop(checks.TIMING, None):
            again = {checks.TIMING: problems[checks.TIMING]}
            timing, growth = clear(timing, lambda: called(again).by_name[checks.TIMING])
        if growth is not None:
            outcomes.by_name[checks.TIMING] = timing
    report = judged(name, known, outcomes, source, exercise.attribute, own)
    if not exercise.vectorized:
        return Verdict(report, outcomes)
    right = not loop and growth is not False
    told = loop or growth is not None or report.passed
    vectorized = {"verdict": right if told else None, "loop": loop, "growth": growth}
    return Verdict(report, outcomes, vectorized)


def judged(name, *arguments):
    """Return the Report; a mistake of ours in judging odd values must not end the run."""
    try:
        return checks.judge(name, *arguments)
    except Exception as error:
        kind = type(error).__name__
        return checks.Report(name, "broken", message=f"what came back could not be judged ({kind})")


def clear(timing, measure):
    """Return (outcome, growth): growth is None where the time is near the threshold, or was lost.

    A busy machine must not decide: what is near is measured again, and the median counts.
    """
    measured = []  # [(ratio, number, outcome)]
    for number in range(MEASURED):
        if timing.status != "value":
            break
        measured.append((ratio(timing), number, timing))
        if len(measured) in (1, MEASURED):
            middle, _, outcome = sorted(measured)[len(measured) // 2]
            if middle <= 1 / CLEAR or middle >= CLEAR:
                return outcome, middle <= 1
        if len(measured) < MEASURED:
            timing = measure()
    return timing, None


def ratio(timing):
    return slowness(SIZES, timing.values["seconds"])


def sources(files, path):
    """Return the texts of an exercise's file and of the student's own modules beside it."""
    own = [name for name in tree(files) if is_own(name) and name.startswith("cs231n/")]
    sizes = itertools.accumulate(len(files[name]) for name in own)
    few = [name for name, size in zip(own, sizes, strict=True) if size <= MOST_OWN]
    return [text_of(files[name]) for name in (path, *few)]


def text_of(content):
    """Return the text of a Python file as UTF-8: of an encoding that it names, not all are safe."""
    text = content.decode("utf-8-sig", errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")
