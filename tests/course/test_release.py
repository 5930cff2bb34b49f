"""Does the student edition hold what students need, and nothing of what they are to find out?

And do its solutions, put back, give this tree again? tests/course/test_release_use.py uses it.
"""

import datetime
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile

import nbformat
import pytest
from cells import edit
from student_edition import COURSE, NOTEBOOKS, derived, put_back, student_notebook
from toy_course import copy_toy

from conftest import ROOT
from course import definition, record
from course.edition import address, leaks, release
from course.edition.derive import derive
from course.notebook import PLACEHOLDER
from course.outputs.canonical import to_text
from course.submission import STAMP_CELL

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS)


@pytest.fixture(scope="module")
def edition():
    return derived()


# What is in it, and what is not


def test_students_get_the_course_and_no_part_of_the_instructors_side(edition):
    assert {path.split("/")[0] for path in edition.files} == {
        ".devcontainer", ".gitignore", "Makefile", "README.md", "course", "cs231n", "datasets",
        "docs", "exercises", "get_datasets.sh", "notebooks", "pyproject.toml", "requirements.txt",
    }  # fmt: skip
    assert {path for path in edition.files if path.startswith("docs/")} == {"docs/samples.png"}
    parts = {path.split("/")[1] for path in edition.files if path.startswith("course/")}
    assert not parts & {"edition", "grader", "export", "requirements.txt"}
    text = "\n".join(
        edition.files[path].decode()
        for path in edition.files
        if not path.endswith((".npz", ".png"))
    )
    assert not re.search(r"(BEGIN|END) (SOLUTION|INSTRUCTORS)", text)
    assert str(ROOT) not in text


def test_pages_and_targets_for_students_name_only_what_they_have(edition):
    targets = re.findall(r"^([a-z-]+):", edition.files["Makefile"].decode(), re.MULTILINE)
    assert {"help", "setup", "data", "run", "lab", "clean"} <= set(targets)
    assert not {"notebooks", "release", "test", "lint"} & set(targets)
    page = edition.files["README.md"].decode()
    links = [link for link in re.findall(r"\]\(([^)]+)\)", page) if "://" not in link]
    assert not set(links) - edition.files.keys()
    folders = "cs231n|course|exercises|docs|notebooks|tests|benchmarks|datasets"
    named = re.findall(rf"`(?:\./)?((?:{folders})/[^` ]*)", page)
    assert named
    for name in named:
        assert any(path.startswith(name) for path in edition.files), name
    assert set(re.findall(r"`make ([a-z-]+)", page)) <= set(targets)


def test_no_line_of_a_solution_is_in_any_file_of_the_students(edition):
    # Found without the tools of the release: whoever made a mistake there did not make it here.
    lines = set()
    for path in (*ROOT.glob("cs231n/**/*.py"), *ROOT.glob("notebooks/*.ipynb")):
        text = path.read_text(encoding="utf-8").replace('\\n",', "").replace('\\"', '"')
        for region in re.findall(r"### BEGIN SOLUTION(.*?)### END SOLUTION", text, re.DOTALL):
            lines.update(line.strip(' "') for line in region.splitlines())
    telling = {line for line in lines if len(re.findall(r"\w+|[^\w\s]", line)) >= leaks.SHORT}
    assert len(telling) > 40
    telling -= {"check_scores(scores, W, X)"}  # a function that is given, defined by the same text
    for path, content in edition.files.items():
        found = [line for line in telling if line.encode() in content.replace(b'\\"', b'"')]
        assert not found, f"{path} holds {found}"


@each_notebook
def test_answers_are_prompts_and_their_evidence_is_gone(edition, path):
    solved = nbformat.read(ROOT / path, as_version=4)
    cells = {cell.id: cell for cell in student_notebook(path).cells}
    evidence = {cell.id for cell in solved.cells if "evidence" in cell.metadata.get("tags", [])}
    assert len(evidence) >= 4 and not evidence & cells.keys()
    for number in (1, 2):
        assert cells[f"answer-{number}"].source == PLACEHOLDER
        assert cells[f"question-{number}"].source.startswith(f"### Inline question {number}")


@each_notebook
def test_no_cell_has_been_executed(edition, path):
    for cell in student_notebook(path).cells:
        if cell.cell_type == "code":
            assert cell.outputs == [] and cell.execution_count is None


@each_notebook
def test_cells_are_graded_locked_or_free_as_nbgrader_reads_it(path):
    cells = {cell.id: cell for cell in student_notebook(path).cells}
    marked = {
        name: cell.metadata.nbgrader for name, cell in cells.items() if "nbgrader" in cell.metadata
    }
    assert all(meta["grade_id"] == name for name, meta in marked.items())
    assert all((meta["schema_version"], meta["task"]) == (3, False) for meta in marked.values())
    kinds = {
        name: (meta["grade"], meta["solution"], meta["locked"], "points" in meta)
        for name, meta in marked.items()
    }
    automatic, by_hand = (True, False, True, True), (True, True, False, True)
    for name, cell in cells.items():
        if cell.source.startswith("checks.run("):
            assert kinds.pop(name) == automatic
            assert cell.metadata.editable is False
        elif name in ("answer-1", "answer-2", "search-cell"):
            assert kinds.pop(name) == by_hand
            assert cell.metadata.editable is True
    assert set(kinds) == {"find-package", "imports", "question-1", "question-2"}
    assert set(kinds.values()) == {(False, False, True, False)}


@each_notebook
def test_the_stamp_of_the_code_follows_the_imports(path):
    names = [cell.id for cell in student_notebook(path).cells]
    assert names.index("stamp") == names.index("imports") + 1
    stamp = student_notebook(path).cells[names.index("stamp")]
    assert stamp.source == STAMP_CELL and stamp.metadata.editable is False


# The way back, and again


def solve(edition, path):
    """The students' notebook with all that was taken out of it put back."""
    book = student_notebook(path)
    book.cells = [cell for cell in book.cells if cell.id != "stamp"]
    for cell in book.cells:
        cell.source = put_back(cell.source, edition.changes[path, cell.id])
    for index, cell in edition.left_out[path]:
        book.cells.insert(index, cell)
    return book


def test_solutions_put_back_give_the_solved_files_to_the_letter(edition):
    changed = [path for path, cell in edition.changes if cell is None]
    assert len(changed) >= 4  # three with solutions, and the Makefile
    made = {*NOTEBOOKS, record.FILE, *COURSE.files.renamed.values()}
    for path, content in edition.files.items():
        if path not in made:
            text = content
            if path in changed:
                text = put_back(content.decode(), edition.changes[path, None]).encode()
            assert text == (ROOT / path).read_bytes(), path


def test_the_readme_is_the_page_for_students_and_lists_what_is_asked(edition):
    page, readme = (ROOT / "docs" / "students.md").read_text(), edition.files["README.md"].decode()
    page = page.replace(address.PLACE, address.told(COURSE, ""))
    before, after = page.split("<!-- EXERCISES -->")
    assert readme.startswith(before) and readme.endswith(after)
    rows = [row.split(" | ") for row in readme[len(before) : -len(after)].split("\n")]
    assert len(rows) == 2 + len(COURSE.exercises) + len(COURSE.by_hand)
    assert rows[2] == [
        "| svm",
        "`svm_loss_naive` in `cs231n/classifiers/linear_svm.py`",
        "15",
        "45 |",
    ]
    assert rows[3][:3] == ["| svm", "Inline question 1", "5"]
    assert sum(int(points) for _, _, points, _ in rows[2:]) == 100


@each_notebook
def test_solutions_put_back_give_the_solved_notebook_to_the_letter(edition, path):
    solved = nbformat.read(ROOT / path, as_version=4)
    book = solve(edition, path)
    for cell, original in zip(book.cells, solved.cells, strict=True):  # what was cleared
        cell.metadata = original.metadata
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = original.outputs, original.execution_count
    assert to_text(book) == (ROOT / path).read_text(encoding="utf-8")


@each_notebook
def test_no_cell_needs_what_only_the_evidence_before_it_defines(edition, path, tmp_path):
    book = student_notebook(path)
    for number, cell in enumerate(book.cells):
        cell.source = put_back(cell.source, edition.changes.get((path, cell.id), []))
        if cell.cell_type == "code":
            until_here = nbformat.v4.new_notebook(cells=book.cells[: number + 1])
            nbformat.write(until_here, tmp_path / f"{number:03}.ipynb")
    # "undefined name"
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "F821"]
    result = subprocess.run([*command, tmp_path], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout


def test_line_ends_of_windows_in_the_solved_tree_change_nothing(tmp_path):
    course = copy_toy(tmp_path)
    before = derive(course).files
    for path in (path for path in tmp_path.rglob("*.*") if path.is_file()):
        if path.suffix != ".npz":
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert b"\r\n" in (tmp_path / course.notebook_files[0]).read_bytes()
    assert derive(definition.load(tmp_path)).files == before


def test_files_have_the_date_of_the_commit_or_the_one_that_is_told(tmp_path, monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    course, edition = toy_edition(tmp_path / "toy")
    when, told = datetime.datetime(2026, 9, 1, 8, 30, tzinfo=datetime.UTC), {}
    git = ["git", "-C", course.root, "-c", "user.name=t", "-c", "user.email=t@t.example"]
    env = {**os.environ, "GIT_COMMITTER_DATE": when.isoformat()}
    for words in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "t"]):
        subprocess.run([*git, *words], check=True, env=env)
    for epoch in ("", "1000000000", "never"):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
        release.write(course, edition, tmp_path)
        with zipfile.ZipFile(tmp_path / "student.zip") as file:
            [told[epoch]] = {info.date_time for info in file.infolist()}
        [seconds] = {path.stat().st_mtime for path in (tmp_path / "student").rglob("*.*")}
        assert told[epoch] == time.gmtime(seconds)[:6]
    assert told == {"": (2026, 9, 1, 8, 30, 0), "1000000000": (2001, 9, 9, 1, 46, 40),
                    "never": (2026, 9, 1, 8, 30, 0)}  # fmt: skip


def test_a_release_has_the_same_bytes_every_time_and_everywhere(tmp_path, monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    release.write(*toy_edition(tmp_path / "toy"), tmp_path / "here")
    copy = shutil.copytree(tmp_path / "toy", tmp_path / "another place")
    for path in copy.rglob("*"):
        os.utime(path, (10**9, 10**9))
        path.chmod(0o700)
    previous = os.umask(0o077)
    try:
        course = definition.load(copy)
        release.write(course, derive(course), tmp_path)
    finally:
        os.umask(previous)
    archive = tmp_path / "student.zip"
    assert archive.read_bytes() == (tmp_path / "here" / "student.zip").read_bytes()
    with zipfile.ZipFile(archive) as file:
        assert file.testzip() is None
        names = [name.removeprefix("toy-course/") for name in file.namelist()]
        assert {info.date_time for info in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        modes = {info.filename[-3:]: oct(info.external_attr >> 16) for info in file.infolist()}
        assert (modes[".sh"], modes[".py"]) == ("0o100755", "0o100644")
    files = (path for path in (tmp_path / "student").rglob("*") if path.is_file())
    assert names == sorted(path.relative_to(tmp_path / "student").as_posix() for path in files)
    assert os.access(tmp_path / "student" / "get.sh", os.X_OK)


def toy_edition(folder):
    """Return the toy course, which has a script besides, and its Edition."""
    copy_toy(folder)
    (folder / "get.sh").write_text("#!/bin/bash\n")
    edit(folder / definition.FILE, ('"README.md"', '"README.md", "get.sh"'))
    course = definition.load(folder)
    return course, derive(course)
