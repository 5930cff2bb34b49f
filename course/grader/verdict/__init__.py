"""The verdict on each exercise: right or not, by the values that a student's function returns.

The function is called in a sandbox that gets arrays and returns arrays (course/checks/calling.py).
This process holds the reference, the unseen problems and the points, and runs nothing of a
student. judge_exercises returns one table an exercise, in the order of their declaration:

    notebook, cell, exercise   as they are declared
    points, possible, correct  all points, none, or those of parts that are right
    parts                      [{name, points, possible}, ...] where they are declared
    asked                      whether the edition that the work was done on asks for it
    limit                      whether points were lost by a limit of time: a person should look
    status                     "passed", "failed", "not implemented", "broken" (it could not be run)
    lines                      [{title, ok: true, false or null, detail, told, public}, ...]
    message                    why it is broken
    public                     the same without what a student's code could have put in
    misconceptions             {name: hint} of what was recognised
    notes                      [text, ...], remarks on what is right
    vectorized                 true or false where this is asked for and could be told, else null

"detail" and "message" may quote unseen problems: they are for instructors.
"""

from dataclasses import dataclass
from pathlib import Path

from course import checks
from course.checks.calling import Outcomes, Target
from course.edition.handed_out import find_told, records
from course.grader.verdict import public
from course.grader.verdict.place import Place
from course.grader.verdict.tree import Work, is_own, tree
from course.grader.verdict.unseen import read, unseen_problems

__all__ = ["Work", "judge_exercises", "unseen_problems"]

SECONDS = checks.TIME_LIMIT  # of processor time for all calls of an exercise; a third of it for one
SLACK = 4  # times as many by the clock, as other submissions are graded at the same time
ELSEWHERE = {"ImportError", "ModuleNotFoundError", "AttributeError", "NameError"}


@dataclass(frozen=True)
class Verdict:
    """report and outcomes as course.checks makes them."""

    report: checks.Report
    outcomes: Outcomes


def judge_exercises(work, problems, *, sandbox=True):
    """Judge the exercises of a student's Work; see above.

    problems is the npz file of the unseen problems, as bytes. Raises
    calling.NotStarted if this machine could not start a process, which says nothing
    of the submission.
    """
    known = read(problems)
    with Place(work, sandbox) as place:
        return [
            entry(work, one, judge_exercise(place, one, known))
            for one in work.course.exercises.values()
        ]


def entry(work, exercise, verdict):
    """Return the table of one exercise from its Verdict."""
    report, parts = verdict.report, checks.parts_of(work.course, exercise, verdict.report)
    points = checks.points_of(parts)
    safe = public.Texts(work, verdict.outcomes)
    return {
        "notebook": exercise.notebook,
        "cell": exercise.cell,
        "exercise": report.exercise,
        "points": points,
        "possible": exercise.points,
        "parts": [part._asdict() for part in parts if part.name],
        "correct": report.passed,
        "asked": report.passed or asks(work, exercise),
        "limit": points < exercise.points
        and any(one.status in ("hang", "left out") for one in verdict.outcomes.by_name.values()),
        "status": report.status,
        "message": report.message,
        "public": safe.of_message(report),
        "lines": [vars(one) | {"public": safe.of_line(one)} for one in report.lines],
        "misconceptions": dict(report.misconceptions),
        "notes": list(report.notes),
        "vectorized": report.vectorized,
    }


def asks(work, exercise):
    """Whether the edition that a student's Work was done on has the exercise: yes where it is not
    told, as a check and the edition's id are deleted easily."""
    file = work.course.notebooks[exercise.notebook].file
    asked = exercise.cell in work.record.given(file).sources
    return asked or not find_told(records(work.course), work.files, file)


def judge_exercise(place, exercise, known):
    """Return the Verdict on one exercise of the work in a Place.

    It runs alone: the other exercises' files are the student edition's. Only where it seems to use
    something of theirs, it runs once more with the student's own, and the attempt that got further
    counts.
    """
    work, path = place.work, exercise.file
    if path not in work.files:
        report = checks.Report(
            exercise.name, "broken", message=f"the submission has no file {path}"
        )
        return Verdict(report, Outcomes({}))
    others = [other for other in work.course.exercise_files if other != path]
    alone = attempt(place, exercise, known, others)
    if not seems_to_miss(alone.outcomes, others) or not work.files.keys() & set(others):
        return alone
    together = attempt(place, exercise, known, ())
    return max(together, alone, key=progress)  # of equals the first


def seems_to_miss(outcomes, stubs):
    """Say whether an exception may be due to what stands in for the other exercises' files."""
    metas = [one.meta for one in outcomes.by_name.values() if one.status in ("raises", "import")]
    names = {Path(stub).name for stub in stubs}
    return any(meta["error"] in ELSEWHERE or meta["file"] in names for meta in metas)


def progress(verdict):
    """Return how far an attempt got: the problems with a value, then those that were called."""
    outcomes = verdict.outcomes.by_name.values()
    called = [one for one in outcomes if one.status != "import" and not one.meta.get("importing")]
    return sum(one.status == "value" for one in called), len(called)


def attempt(place, exercise, known, stubs):
    """Call and judge one exercise, with the files `stubs` from the student edition."""
    work, course = place.work, place.work.course
    problems, calls = checks.problems_of(course, exercise, known)
    target = Target.of(course, exercise, place.root(stubs))
    limits = {"time_limit": SECONDS, "call_limit": SECONDS, "slack": SLACK}
    outcomes = place.call(target, problems, calls, **limits)
    own = (exercise.file, *(name for name in tree(work) if is_own(work, name)))
    texts = {name: text_of(work.files[name]) for name in own if name.endswith(".py")}
    return Verdict(judged(course, exercise, known, outcomes, texts), outcomes)


def judged(course, exercise, *arguments):
    """Return the Report; a mistake of ours in judging odd values must not end the run."""
    try:
        return checks.judge(course, exercise, *arguments)
    except Exception as error:
        kind = type(error).__name__
        return checks.Report(
            exercise.name, "broken", message=f"what came back could not be judged ({kind})"
        )


def text_of(content):
    """Return the text of a Python file as UTF-8: of an encoding that it names, not all are safe."""
    text = content.decode("utf-8-sig", errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")
