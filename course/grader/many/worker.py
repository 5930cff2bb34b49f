"""What a worker of the cluster does with one submission, and what is said if none could."""

import platform
import time
from functools import lru_cache

from course.checks import Report
from course.checks.calling import Outcomes
from course.export.answers import cut_out
from course.grader import CannotGrade
from course.grader.grade import grade, make_result
from course.grader.sandbox import SandboxUnavailable, check
from course.grader.settings import grader_version
from course.grader.verdict import Verdict, Work, entry
from course.outputs import data_sets


class NotReady(CannotGrade):
    """A machine cannot grade: it has another grader, no sandbox, or no data set."""


def grade_one(files, settings, kept=None):
    """Return the Graded submission, with "seconds" among its times. Raises NotReady."""
    prepare(settings)
    start = time.perf_counter()
    graded = grade(files, settings, kept)
    graded.result["times"]["seconds"] = round(time.perf_counter() - start, 2)
    return graded


@lru_cache(maxsize=1)  # once a process
def prepare(settings):
    """Raise NotReady, with the way out, unless this machine can grade with these settings."""
    here, machine = grader_version(settings.course), platform.node()
    if here != settings.version:
        raise NotReady(
            f"the worker on {machine} has version {here} of the grader, not {settings.version}: "
            "give all machines the same checkout and the same libraries, then start the workers "
            "again"
        )
    try:
        if settings.sandbox:
            check()
        if settings.notebooks:
            data_sets.find(settings.course, settings.data)
    except (SandboxUnavailable, FileNotFoundError) as error:
        raise NotReady(f"the worker on {machine}: {error}") from error


def not_graded(settings, why):
    """Return the result of a submission that could not be graded. No code of it is run or read."""
    work = Work.of(settings.course, {})
    exercises = [
        entry(work, one, Verdict(Report(one.name, "broken", message=why), Outcomes({})))
        for one in work.course.exercises.values()
    ]
    # They wait for a person, who can read them where they were handed in.
    answers = [one | {"state": "unreadable"} for one in cut_out(work.course, {})]
    return make_result(settings, exercises, answers)
