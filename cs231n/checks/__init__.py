"""Self-checks for students: checks.run("svm_loss_naive") tells what is right and what is not.

The function is called in a child process on problems from cs231n/checks.npz, which also holds what
is expected and what known misconceptions leave behind. The parts, in the order of the data:

    exercises      the names, and where each function is found
    data           reads problems, expected values and signatures of misconceptions
    calling        starts child.py, which calls the function; collects what comes back
    frames         reads what comes back, and lets nothing pass but numbers and short texts
    judge_loss, judge_train, judge_predict
                   compare, without running any code of a student; signatures, explain and rules
                   name misconceptions, faults words the differences, loops reads the syntax tree
    report         text and HTML

Nothing here contains a formula of an exercise: expected values come from the file.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np

from cs231n.checks import data as data_file
from cs231n.checks.calling import TIME_LIMIT, Target, call
from cs231n.checks.exercises import EXERCISES
from cs231n.checks.faults import failure
from cs231n.checks.judge_loss import LossJudge, add_vectorization, timing_problem
from cs231n.checks.judge_predict import judge_predict
from cs231n.checks.judge_train import judge_train
from cs231n.checks.loops import find_loop
from cs231n.checks.report import Line, Report

__all__ = ["EXERCISES", "Line", "Report", "judge", "run"]

ROOT = Path(__file__).resolve().parents[2]
TIMING = "timing"


def run(name, *, root=None, data=None, file=None, attribute=None, time_limit=TIME_LIMIT):
    """Check the exercise `name`; return the Report, which a notebook shows.

    root        a folder that holds a package cs231n (default: the one this module belongs to)
    data        another data file, made by grading/build_checks.py
    file        check a function or class of this file instead of the package's; attribute is its
                name, if it is not the exercise's
    time_limit  seconds for all calls together

    Raises ValueError if there is no such exercise; never because of a student's mistake.
    """
    if name not in EXERCISES:
        raise ValueError(f"there is no exercise {name!r}; there are: {', '.join(EXERCISES)}")
    exercise, known = EXERCISES[name], load(Path(data or data_file.DEFAULT))
    root = Path(root or ROOT).resolve()
    source = Path(file).resolve() if file else root / exercise.path
    target = Target(
        str(root), exercise.module, attribute or exercise.attribute, str(source) if file else ""
    )
    problems, kinds = problems_of(name, known)
    text = read(source)
    if find_loop(text, target.attribute):
        problems.pop(TIMING, None)  # the answer is known, and loops may take long
    outcomes = call(target, problems, kinds, time_limit=time_limit)
    return judge(name, known, outcomes, text, target.attribute)


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


def problems_of(name, data):
    """Return what calling.call needs: ({problem: arrays}, {problem: kind of call})."""
    exercise = EXERCISES[name]
    kind = exercise.family if exercise.family in ("train", "predict") else "loss"
    problems = {
        problem: {name: array for name, array in arrays.items() if name != "steps"}  # an answer
        for problem, arrays in data.families[exercise.family].problems.items()
    }
    kinds = dict.fromkeys(problems, kind)
    if exercise.vectorized:
        problems[TIMING], kinds[TIMING] = timing_problem(), "timing"
    return problems, kinds


@np.errstate(all="ignore")  # a student's numbers may be any: no warning of ours is due
def judge(name, data, outcomes, source, attribute, others=()):
    """Return the Report on calling.Outcomes, of `attribute` in a file whose text is `source`.

    others are the texts of modules that the file may import from.

    This runs no code of a student: a grader can call it on outcomes from a sandbox.
    """
    exercise, by_name = EXERCISES[name], dict(outcomes.by_name)
    first = next(iter(by_name.values()))
    if any(outcome.meta.get("missing") for outcome in by_name.values()):
        return Report(name, "not implemented")
    if first.status == "import" or first.meta.get("importing"):
        return Report(name, "broken", message=failure(first))
    timing = by_name.pop(TIMING, None)
    faults = {failure(outcome) for outcome in by_name.values()}
    if exercise.family == "train":
        report = judge_train(name, data, by_name)
    elif exercise.family == "predict":
        report = judge_predict(name, data, by_name)
    else:
        report = LossJudge(data, exercise.family, by_name).report(name)
    if "" not in faults:  # nothing came back at all: one line says why
        report.lines = [Line("runs", False, failure(first))]
    elif exercise.vectorized:
        add_vectorization(report, data, source, attribute, timing, others)
    if outcomes.flooded:
        report.notes.append(
            "It prints more than a million characters, which slows it down and hides other output."
        )
    return report
