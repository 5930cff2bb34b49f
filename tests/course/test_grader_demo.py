"""Do the examples get the points they should, and is said what is wrong with them?

On the toy course, judged without notebooks; that the examples fit this course is tested at the end.
"""

import functools
import json
import re

import pytest

from conftest import ROOT, contents
from course.checks.catalogue import Catalogue
from course.export import feedback
from course.grader import demo, intake, verdict
from course.grader.examples import blank, cut_notebooks, plant, solved
from course.grader.grade import grade
from course.grader.settings import Settings
from course.grader.verdict import Work
from course.notebook import read_cells
from course.submission.contents import code_hash
from course.submission.lookover import look_over


@pytest.fixture(scope="module")
def folder(tmp_path_factory, toy):
    folder = tmp_path_factory.mktemp("demo") / "new" / "examples"
    demo.write(toy, folder)
    return folder


@functools.cache
def judged(course, code):
    """Return the exercises of a submission, judged with the problems that students have."""
    work = Work.of(course, dict(code))
    return verdict.judge_exercises(work, course.data_file.read_bytes(), sandbox=False)


def judge(course, files):
    return judged(
        course, tuple(sorted((name, files[name]) for name in files if name[-3:] == ".py"))
    )


# The examples


def test_intake_finds_them_under_names_of_their_own(toy, folder):
    paths = intake.find(toy, folder).students
    names = [one.name.removesuffix(".zip") for one in demo.examples(toy)]
    assert sorted(path.name for path in paths) == sorted(names)
    assert len({intake.read(toy, path).slug for path in paths}) == len(names) == 6
    assert sum(one.pieces[0][0].is_dir() for one in paths) == 1


def test_writing_again_gives_the_same_bytes_and_touches_nothing_else(toy, folder, tmp_path):
    before = contents(folder)
    assert [one.name for one in demo.write(toy, folder)] == [one.name for one in demo.examples(toy)]
    assert contents(folder) == before
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(FileExistsError, match=r"holds 'thesis\.txt'; name a new folder"):
        demo.write(toy, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def check_points(course, files, example):
    exercises = judge(course, files)
    assert {one["exercise"]: one["correct"] for one in exercises} == {
        name: name not in example.lost for name in course.exercises
    }
    assert sum(one["points"] for one in exercises) in example.points(course)
    named = {name for one in exercises for name in one["misconceptions"]}
    assert named == set(example.misconceptions)


@pytest.mark.parametrize("number", range(6))
def test_each_gets_its_points_and_its_misconceptions(toy, folder, number, monkeypatch):
    example = demo.examples(toy)[number]
    monkeypatch.setattr(verdict, "SECONDS", 6.0)  # no need to wait for a loop as long as a course
    submission = intake.read(toy, folder / example.name)
    check_points(toy, submission.files, example)
    assert bool(submission.remarks) == (example.name == "broken.zip")


def page_of(course, files, name):
    """Return the feedback page of a submission, graded without notebooks."""
    problems, root = course.data_file.read_bytes(), str(course.root)
    settings = Settings(1, "", problems, sandbox=False, notebooks=False, root=root)
    head = {"name": name, "slug": "x", "remarks": [name], "content": "", "attachments": {}}
    return feedback.page(course, head | grade(files, settings).result)


def test_a_misconception_is_named_on_the_page(toy):
    (example,) = (one for one in demo.examples(toy) if one.misconceptions)
    (told,) = (e.explanation for e in Catalogue(toy).entries if e.name in example.misconceptions)
    assert told in page_of(toy, example.files, "ada")


def test_full_marks_is_a_complete_submission(toy):
    files = demo.examples(toy)[0].files
    assert json.loads(files["manifest.json"])["complete"]


def test_what_the_catalogue_lacks_cannot_be_planted(toy):
    with pytest.raises(ValueError, match="the catalogue has no always-zero of mean"):
        plant(toy, blank(toy), "always-zero", "mean")


# This course


@pytest.mark.slow
def test_the_examples_of_this_course_show_what_they_are_said_to(course, monkeypatch):
    made = {one.name: one for one in demo.examples(course)}
    assert made["full-marks.zip"].points(course) == range(70, 71)
    assert made["blank"].points(course) == made["broken.zip"].points(course) == range(1)
    assert made["misconception.zip"].points(course) == range(55, 70)
    monkeypatch.setattr(verdict, "SECONDS", 6.0)
    for name in ("misconception.zip", "infinite-loop.zip", "forged.zip"):
        check_points(course, made[name].files, made[name])


def test_stored_outputs_of_a_solved_submission_are_those_of_the_solved_tree(course):
    files = solved(course)
    for name in course.notebook_files:
        model = {cell.id: cell for cell in read_cells((ROOT / name).read_bytes())}
        for cell in read_cells(files[name]):
            expected = model.get(cell.id, cell)
            assert cell.source == without_markers(expected.source)
            shown = [[one.get(key) for key in ("text", "data")] for one in cell.outputs]
            assert shown == [[one.get(key) for key in ("text", "data")] for one in expected.outputs]
    assert not any(b"SOLUTION" in content for content in files.values())


def test_a_solved_submission_is_complete(course):
    files = solved(course)
    work = Work.of(course, files)
    for notebook in course.notebooks.values():
        content = files[notebook.file]
        assert look_over(course, notebook, content, code_hash(files), work.record) == []


def without_markers(text):
    return re.sub(r"### (BEGIN|END) SOLUTION\n", "", text.removesuffix("\n### END SOLUTION"))


def test_short_notebooks_end_with_their_first_check_and_keep_questions(course):
    files = cut_notebooks(course, solved(course))
    for notebook in course.notebooks.values():
        cells = read_cells(files[notebook.file])
        checks = {one.cell for one in course.exercises.values() if one.notebook == notebook.name}
        assert len(checks & {cell.id for cell in cells}) == 1
        assert {one.cell for one in course.by_hand if one.question} >= {
            cell.id for cell in cells if str(cell.id).startswith("answer")
        }


def test_forged_numbers_are_other_than_those_printed(course):
    files = demo.with_forged_number(course, true := solved(course))
    changed = [
        (old, new)
        for name in course.notebook_files
        for old, new in zip(read_cells(true[name]), read_cells(files[name]), strict=True)
        if old.outputs != new.outputs
    ]
    assert len(changed) == 1
    assert changed[0][0].source == changed[0][1].source
