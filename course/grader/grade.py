"""Grade one submission: {name: bytes} in, one result out. This is what runs on a worker.

The result, version 1, is a JSON object. Two gradings of the same content with the same settings
differ in "times" alone, and in sums of attachments in which a cell has printed the time it took.

    format, version    "course-result", 1
    name, slug         the submission's name as handed in, and as it stands in file names
    remarks            [sentence, ...]: what is missing, unreadable, refused
    content            SHA-256 of the submission's files
    key, keys          of what the result follows from; of its parts, see settings.keys
    edition            the id of the one that it comes from, "" if nothing was looked at
    missing            names of files that no submission can be graded without
    told               [sentence, ...] on given files that were changed, and on other editions
    seed, data         of the unseen problems; the data set the notebooks were executed on
    sandbox            false if the code ran with the rights of whoever graded it
    grader             hash of the grader's own files and of the versions of its libraries
    points             {automatic, automatic_possible, by_hand_possible}
    exercises          see verdict/; "code" is what the student wrote
    answers            see export/answers.py; a person gives the points
    notebooks          see notebooks/rerun.py and notebooks/compare.py; no points follow from it
    attachments        {name: SHA-256} of the files beside it: NAME.ipynb, a notebook as it was
                       executed again, NAME.html, a page to read it, and NAME_submitted.ipynb
    times              seconds

many/ adds the first five lines, and the store the attachments.
"""

import time
from dataclasses import dataclass

from course.edition.handed_out import tell_editions
from course.export.answers import code_of, cut_out
from course.export.notebook_page import notebook_page
from course.grader.notebooks.rerun import rerun
from course.grader.verdict import Work, judge_exercises
from course.grader.verdict.tree import tell_changes
from course.outputs import data_sets


@dataclass
class Graded:
    """attachments: {name: bytes}, files that belong to the result."""

    result: dict
    attachments: dict


def grade(files, settings, kept=None):
    """Return the Graded submission of {name: bytes}. What is wrong with it ends in the result.

    kept    parts of an older result that hold: "exercises", its entries; "notebooks", theirs and
            {name: bytes} of the executed ones. No code of the submission runs for them
    """
    start, course = time.perf_counter(), settings.course
    work, kept = Work.of(course, files), kept or {}
    exercises = kept.get("exercises") or judge_exercises(
        work, settings.problems, sandbox=settings.sandbox
    )
    for entry in exercises:
        entry["code"] = code_of(files, course.exercises[entry["exercise"]])
    judged = time.perf_counter()
    names = {one.file: one.name for one in course.notebooks.values()}
    attachments = {
        f"{name}_submitted.ipynb": files[path] for path, name in names.items() if path in files
    }
    notebooks, executed = kept.get("notebooks", ([], {}))
    if settings.notebooks and not notebooks:
        data = data_sets.find(course, settings.data)
        reruns = {
            name: rerun(work, name, data=data, sandbox=settings.sandbox) for name in names.values()
        }
        notebooks = [one.entry for one in reruns.values()]
        executed = {name: one.notebook for name, one in reruns.items() if one.notebook is not None}
    for name, content in executed.items():
        attachments[f"{name}.ipynb"] = content
        attachments[f"{name}.html"] = notebook_page(content).encode()
    result = make_result(settings, exercises, cut_out(course, files))
    told = [*tell_editions(course, files), *tell_changes(work)]
    result |= {"edition": work.record.id, "told": told, "notebooks": notebooks}
    result["missing"] = [name for name in course.expected_files if name not in files]
    result["times"] = {
        "exercises": round(judged - start, 2),
        "notebooks": round(time.perf_counter() - judged, 2),
    }
    return Graded(result, attachments)


def make_result(settings, exercises, answers):
    """Return the result of exercises and answers; nothing else of the submission was looked at.

    What an edition did not ask for costs no points, unless nothing was done.
    """
    done = any(one["points"] for one in exercises) or any(one["answered"] for one in answers)
    for one in (*exercises, *answers):
        one["asked"] = one["asked"] or not done
    for one in exercises:
        one["points"] = one["points"] if one["asked"] else one["possible"]
    return {
        "edition": "",
        "missing": [],
        "told": [],
        "seed": settings.seed,
        "data": settings.data,
        "sandbox": settings.sandbox,
        "grader": settings.version,
        "points": {
            "automatic": sum(one["points"] for one in exercises),
            "automatic_possible": sum(one["possible"] for one in exercises),
            "by_hand_possible": sum(one["possible"] for one in answers),
        },
        "exercises": exercises,
        "answers": answers,
        "notebooks": [],
        "times": {},
    }
