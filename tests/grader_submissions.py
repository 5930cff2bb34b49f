"""Submissions of this course, {name: bytes}, that the tests of the verdict share."""

import shutil

from conftest import ROOT
from course import definition
from course.grader import verdict
from course.grader.verdict import Work
from course.grader.verdict.place import Place
from course.grader.verdict.tree import student_edition
from course.grader.verdict.unseen import read

COURSE = definition.load()
SANDBOX = shutil.which("bwrap") is not None
SVM, LINEAR, SOFTMAX = COURSE.exercise_files
SOLVED = {name: (ROOT / name).read_bytes() for name in COURSE.exercise_files}
STUBS = {name: student_edition(COURSE)[name] for name in COURSE.exercise_files}
# The problems that students have, as others take long to build.
PROBLEMS = COURSE.data_file.read_bytes()


def work(files):
    return Work.of(COURSE, files)


def judge_all(files, sandbox=False):
    """Return the tables of all exercises."""
    return verdict.judge_exercises(work(files), PROBLEMS, sandbox=sandbox)


def judge(name, files, sandbox=False):
    """Return the table of one exercise."""
    exercise = COURSE.exercises[name]
    with Place(work(files), sandbox) as place:
        found = verdict.judge_exercise(place, exercise, read(PROBLEMS))
    return verdict.entry(work(files), exercise, found)
