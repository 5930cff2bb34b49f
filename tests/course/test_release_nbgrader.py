"""Is the student edition an assignment that nbgrader accepts, with its own programs?"""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import nbformat
import pytest
from student_edition import EXERCISES, NOTEBOOKS, derived, student_notebook
from traitlets.config import Config

from conftest import ROOT
from course.edition import release
from course.submission.contents import EXERCISE_FILES

pytest.importorskip("nbgrader")


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course with the assignment `linear`: the notebooks and the package beside them."""
    folder = tmp_path_factory.mktemp("course")
    release.write(derived(), folder / "build")
    source = folder / "source" / "linear"
    shutil.copytree(folder / "build" / "student" / "cs231n", source / "cs231n")
    for path in NOTEBOOKS:
        shutil.copy(folder / "build" / "student" / path, source)
    return folder


def nbgrader(course, *args, **variables):
    home = course / "home"
    env = {
        **os.environ,
        "HOME": str(home),
        "IPYTHONDIR": str(home / "ipython"),
        **{f"JUPYTER_{kind}_DIR": str(home / kind) for kind in ("CONFIG", "DATA", "RUNTIME")},
        # nbgrader calls alembic, which is installed beside Python.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        **variables,
    }
    command = [sys.executable, "-m", "nbgrader", *args]
    result = subprocess.run(
        command, cwd=course, env=env, capture_output=True, text=True, timeout=600
    )
    assert result.returncode == 0, result.stderr
    assert "Traceback" not in result.stderr and "ERROR" not in result.stderr
    return result.stdout


def sources(folder, path):
    book = nbformat.read(folder / Path(path).name, as_version=4)
    return {cell.id: cell.source for cell in book.cells}


def test_generate_assignment_accepts_it_and_knows_100_points(course):
    config = course / "nbgrader_config.py"
    shutil.copy(ROOT / "grading" / "nbgrader_config.py", config)
    nbgrader(course, "generate_assignment", "linear")
    config.unlink()
    for path in NOTEBOOKS:  # nothing that students read has been changed
        expected = {cell.id: cell.source for cell in student_notebook(path).cells}
        assert sources(course / "release" / "linear", path) == expected
    with closing(sqlite3.connect(course / "gradebook.db")) as gradebook:
        points = gradebook.execute("SELECT SUM(max_score) FROM grade_cells").fetchone()
        by_hand = gradebook.execute("SELECT COUNT(*) FROM solution_cells").fetchone()
    assert points == (100,) and by_hand == (6,)


def test_autograding_keeps_the_files_that_students_edit():
    config = Config()
    code = (ROOT / "grading" / "nbgrader_config.py").read_text(encoding="utf-8")
    exec(code, {"get_config": lambda: config})
    assert sorted(config.Autograde.exclude_overwriting["linear"]) == sorted(EXERCISE_FILES)


def test_generate_assignment_accepts_it_without_any_setting(course):
    # nbgrader then puts its own prompts into the cells that are graded by hand.
    nbgrader(course, "generate_assignment", "linear", "--force")
    for path in NOTEBOOKS:
        prompts = sources(course / "release" / "linear", path)
        assert prompts["answer-1"] == "YOUR ANSWER HERE"
        assert "NotImplementedError" in prompts["search-cell"]


@pytest.mark.parametrize("path", NOTEBOOKS)
def test_validate_accepts_it_and_names_every_check_that_fails(course, path, synthetic_dir):
    name = Path("source", "linear", Path(path).name)
    told = nbgrader(course, "validate", str(name), CIFAR10_DIR=str(synthetic_dir))
    sources_of_cells = [cell.source for cell in student_notebook(path).cells]
    checks = [source for source in sources_of_cells if source.startswith("checks.run(")]
    assert 2 <= len(checks) <= len(EXERCISES)
    assert f"VALIDATION FAILED ON {len(checks)} CELL(S)!" in told
    for check in checks:
        assert f"The following cell failed:\n\n    {check}\n" in told
    assert told.count("Partial credit") == len(checks)  # 0 points, and not an exception
