"""Do examples and odd submissions get the points they should, and is said what is wrong with them?

On the toy course, judged without notebooks; that the examples fit this course is tested at the end.
"""

import functools
import json
import re

import pytest
from tiny_notebooks import boxed

from conftest import ROOT
from course.checks.catalogue import Catalogue
from course.export import feedback
from course.export.answers import cut_out
from course.export.outcome import zip_of
from course.grader import demo, intake, verdict
from course.grader.examples import begin_with, blank, cut_notebooks, plant, solved, to_bytes
from course.grader.grade import grade
from course.grader.notebooks.rerun import rerun
from course.grader.settings import Settings
from course.grader.verdict import Work
from course.notebook import read_cells
from course.submission.contents import code_hash
from course.submission.lookover import look_over

FILE, NOTEBOOK = "toy/sums.py", "notebooks/one.ipynb"


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


def points(course, files):
    return {one["exercise"]: one["points"] for one in judge(course, files)}


def handed_in(course, files, path):
    """Return what intake reads of a zip with these files."""
    path.write_bytes(zip_of(files))
    return intake.read(course, path)


# The examples


def test_intake_finds_them_under_names_of_their_own(toy, folder):
    paths = intake.find(toy, folder).students
    names = [one.name.removesuffix(".zip") for one in demo.examples(toy)]
    assert sorted(path.name for path in paths) == sorted(names)
    assert len({intake.read(toy, path).slug for path in paths}) == len(names) == 6
    assert sum(one.pieces[0][0].is_dir() for one in paths) == 1


def test_writing_again_gives_the_same_bytes_and_touches_nothing_else(toy, folder, tmp_path):
    def contents(place):
        return {str(p.relative_to(place)): p.read_bytes() for p in place.rglob("*") if p.is_file()}

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


# Odd submissions


def answered(course, text):
    """Return solved work with this text as its answer."""
    files = solved(course)
    notebook = json.loads(files[NOTEBOOK])
    (answer,) = (cell for cell in notebook["cells"] if cell["id"] == "answer-1")
    answer["source"] = text
    return files | {NOTEBOOK: to_bytes(notebook)}


def test_a_crash_costs_its_exercise_only(toy):
    files = begin_with(toy, solved(toy), "mean", "import os; os._exit(0)")
    assert points(toy, files) == {"total": 3, "mean": 0}


def test_python_2_costs_what_is_in_the_file_and_is_said(toy, tmp_path):
    files = solved(toy)
    files[FILE] += b'\nprint "all done"\n'
    submission = handed_in(toy, files, tmp_path / "python-2.zip")
    assert points(toy, submission.files) == {"total": 0, "mean": 0}
    assert [one["status"] for one in judge(toy, submission.files)] == ["broken", "broken"]
    assert "is not Python (Missing parentheses in call to 'print'" in submission.remarks[0]


def test_a_zip_in_a_folder_with_a_doubled_folder_and_what_a_mac_adds(toy, tmp_path):
    files = solved(toy)
    inner = {f"toy-course/toy-course/{name}": content for name, content in files.items()}
    inner["__MACOSX/toy-course/._toy-course"] = b"\0\5\x16\7"
    whole = {"homework/toy.zip": zip_of(inner), "__MACOSX/._homework": b"\0\5\x16\7"}
    for name, content in whole.items():
        (tmp_path / "nested" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "nested" / name).write_bytes(content)
    submission = intake.read(toy, tmp_path / "nested")
    assert (submission.files, submission.remarks) == (files, [])


@pytest.mark.parametrize(
    "text",
    [
        "Среднее делится на их число.",
        "平均は個数で割ったものです。",
        "المتوسط يقسم على العدد.",
        "Ein Mittelwert wird geteilt.",
        "<script>document.title = 'run'</script>",
        "</div></body><style>body {display: none}</style>",
    ],
)
def test_answers_in_any_language_are_cut_out_as_they_stand(toy, text):
    (answer,) = cut_out(toy, answered(toy, text))
    assert (answer["answered"], answer["source"]) == (True, text)


def test_scripts_in_answers_and_names_do_not_run_in_the_page(toy):
    text = "<script>document.title = 'run'</script> <img src=x onerror=\"document.title = 'run'\">"
    page = page_of(toy, answered(toy, text), "<img src=x onerror=alert(1)>")
    assert "<script" not in page and "<img src" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page


def test_a_notebook_that_was_never_run_costs_nothing_and_is_said(toy):
    files = solved(toy, executed=False)
    assert points(toy, files) == {"total": 3, "mean": 4}
    entry = rerun(Work.of(toy, files), "one", data=None, sandbox=boxed()).entry
    assert entry["message"] == "none of its cells was ever run"
    assert (entry["status"], entry["cells"]) == ("executed", [])


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
