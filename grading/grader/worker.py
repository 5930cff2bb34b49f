"""What a worker of the cluster does with one submission, and what is said if none could."""

import platform
import time
import tomllib
from functools import lru_cache

from grading.grader.answers import cut_out
from grading.grader.grade import ROOT, find_data, grade, grader_version
from grading.grader.sandbox import SandboxUnavailable, check


class NotReady(Exception):
    """A machine cannot grade: it has another grader, no sandbox, or no data set."""


def grade_one(files, settings):
    """Return the Graded submission, with "seconds" among its times. Raises NotReady."""
    prepare(settings)
    start = time.perf_counter()
    graded = grade(files, settings)
    graded.result["times"]["seconds"] = round(time.perf_counter() - start, 2)
    return graded


@lru_cache(maxsize=1)  # once a process
def prepare(settings):
    """Raise NotReady, with the way out, unless this machine can grade with these settings."""
    here, machine = grader_version(), platform.node()
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
            find_data(settings.data)
    except (SandboxUnavailable, FileNotFoundError) as error:
        raise NotReady(f"the worker on {machine}: {error}") from error


def not_graded(settings, why):
    """Return the result of a submission that could not be graded. No code of it is run or read."""
    points = tomllib.loads((ROOT / "grading" / "points.toml").read_text(encoding="utf-8"))
    exercises = [
        {
            "notebook": notebook,
            "cell": cell,
            "exercise": cell.removeprefix("check-").replace("-", "_"),
            "points": 0,
            "possible": possible,
            "correct": False,
            "status": "broken",
            "message": why,
            "lines": [],
            "misconceptions": {},
            "notes": [],
            "vectorized": None,
        }
        for notebook, cells in points.items()
        for cell, possible in cells.items()
        if cell.startswith("check-")
    ]
    answers = cut_out({})
    return {
        "seed": settings.seed,
        "data": settings.data,
        "sandbox": settings.sandbox,
        "grader": settings.version,
        "points": {
            "automatic": 0,
            "automatic_possible": sum(one["possible"] for one in exercises),
            "by_hand_possible": sum(one["possible"] for one in answers),
        },
        "exercises": exercises,
        "answers": answers,
        "notebooks": [],
        "attachments": {},
        "times": {},
    }
