"""Is a student edition an assignment that nbgrader accepts, with its own programs?"""

import shutil
import sqlite3
from contextlib import closing

import nbformat
import pytest
from gradebook_submissions import nbgrader
from sample_course import NOTEBOOKS, copy_sample
from traitlets.config import Config

from course import definition
from course.edition import handed_out, release
from course.export import nbgrader_config

pytest.importorskip("nbgrader")


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return copy_sample(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="module")
def book(course, tmp_path_factory):
    return make_book(course, tmp_path_factory.mktemp("book"))


def make_book(course, folder):
    """Make a course of nbgrader with the edition as its assignment, as docs/teaching.md says."""
    release.write(course, handed_out.edition(course), folder / "build")
    student, source = folder / "build" / "student", folder / "source" / course.name
    for name in (course.package, "course", "exercises"):
        shutil.copytree(student / name, source / name)
    for file in course.notebook_files:
        shutil.copy(student / file, source)
    shutil.copy(folder / "build" / nbgrader_config.FILE, folder)
    return folder


def sources(folder, notebook):
    book = nbformat.read(folder / f"{notebook}.ipynb", as_version=4)
    return {cell.id: cell.source for cell in book.cells}


@pytest.mark.slow
def test_generate_assignment_accepts_it_and_knows_all_points(course, book):
    nbgrader(book, "generate_assignment", course.name)
    for name in NOTEBOOKS:  # nothing that students read has been changed
        handed = sources(book / "source" / course.name, name)
        assert sources(book / "release" / course.name, name) == handed
    with closing(sqlite3.connect(book / "gradebook.db")) as gradebook:
        points = gradebook.execute("SELECT SUM(max_score) FROM grade_cells").fetchone()
        by_hand = gradebook.execute("SELECT COUNT(*) FROM solution_cells").fetchone()
    assert points == (course.points,) and by_hand == (len(course.by_hand),)


def test_autograding_keeps_the_files_that_students_edit(book, course):
    config = Config()
    code = (book / nbgrader_config.FILE).read_text(encoding="utf-8")
    exec(code, {"get_config": lambda: config})
    assert config.Autograde.exclude_overwriting == {course.name: list(course.exercise_files)}
    assert "exporter_class" not in config.Autograde  # it may grade
    assert config.ExecutePreprocessor.timeout > 30  # nbgrader's own; a training takes longer


def test_where_our_grader_grades_the_settings_refuse_autograding(course):
    config = Config()
    exec(nbgrader_config.settings(course, graded_here=True), {"get_config": lambda: config})
    assert "exclude_overwriting" not in config.Autograde
    with pytest.raises(RuntimeError, match="in a sandbox"):
        config.Autograde.exporter_class()


@pytest.mark.slow
def test_generate_assignment_accepts_it_without_any_setting(course, tmp_path):
    # nbgrader then puts its own prompts into the cells that are graded by hand.
    book = make_book(course, tmp_path)
    (book / nbgrader_config.FILE).unlink()
    nbgrader(book, "generate_assignment", course.name)
    for name in NOTEBOOKS:
        prompts = sources(book / "release" / course.name, name)
        assert prompts["answer-1"] == "YOUR ANSWER HERE"
        assert "NotImplementedError" in prompts["search-cell"]


def validate(course, book, notebook, **variables):
    """Let nbgrader validate a notebook of the edition: all its checks fail, and nothing else."""
    told = nbgrader(book, "validate", f"source/{course.name}/{notebook}.ipynb", **variables)
    checks = [
        f'checks.run("{n}")' for n, one in course.exercises.items() if one.notebook == notebook
    ]
    assert f"VALIDATION FAILED ON {len(checks)} CELL(S)!" in told
    for check in checks:
        assert f"The following cell failed:\n\n    {check}\n" in told
    assert told.count("Partial credit") == len(checks)  # 0 points, and not an exception


@pytest.mark.slow
def test_validate_accepts_it_and_names_every_check_that_fails(course, book):
    validate(course, book, "one")


@pytest.mark.slow
@pytest.mark.parametrize(
    "notebook",
    ["softmax", pytest.param("svm", marks=pytest.mark.night)],  # which takes longer
)
def test_validate_accepts_this_course(notebook, tmp_path, synthetic_dir):
    course = definition.load()
    variables = {course.data.variable: str(synthetic_dir)}
    validate(course, make_book(course, tmp_path), notebook, **variables)
