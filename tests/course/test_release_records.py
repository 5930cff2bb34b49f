"""Is what comes back read as the edition that was handed out, whatever the tree is now?"""

import json
import re

import nbformat
import pytest
from cells import edit, edit_cell, read_cells

from conftest import contents
from course import definition, record
from course.edition import handed_out, release
from course.edition.derive import derive

NOTEBOOK = "notebooks/one.ipynb"


@pytest.fixture
def run(tree, tmp_path):
    """A function that releases the toy as it is now, and returns the edition's files."""

    def release_now():
        assert release.main(["--out", str(tmp_path / "out")], tree) == 0
        return contents(tmp_path / "out" / "student")

    return release_now


def fresh(tree):
    """The course as another process sees it, which has derived nothing yet."""
    handed_out.edition.cache_clear()
    handed_out.records.cache_clear()
    return definition.load(tree)


def records(tree):
    return sorted((tree / "exercises" / "editions").glob("*.json"))


def correct_a_typo(tree):
    edit_cell(tree / NOTEBOOK, "question-1", source="### Question\nWhy is a mean not a sum?")


def given_question(course, files):
    return given(course, files)["question-1"]


def given(course, files):
    chosen = handed_out.choose(handed_out.records(course), files, NOTEBOOK)
    return chosen.notebooks[NOTEBOOK]


# The record


def test_a_release_keeps_a_record_that_its_notebooks_tell(tree, run):
    files = run()
    (path,) = records(tree)
    kept = record.parse(path.read_bytes())
    assert path.name == f"{kept.id}.json" and re.fullmatch("[0-9a-f]{16}", kept.id)
    assert files[record.FILE] == path.read_bytes()
    assert json.loads(files[NOTEBOOK])["metadata"]["course_edition"] == kept.id
    assert kept.files.keys() == files.keys() - {NOTEBOOK, record.FILE}
    assert list(kept.notebooks[NOTEBOOK])[:2] == ["title", "imports"]
    assert "evidence-cell" not in kept.notebooks[NOTEBOOK]


def test_a_release_that_changes_nothing_keeps_nothing_new(tree, run):
    assert run() == run()
    (path,) = records(tree)
    before = path.stat().st_mtime_ns
    run()
    assert path.stat().st_mtime_ns == before
    correct_a_typo(tree)
    run()
    assert len(records(tree)) == 2 and path in records(tree)
    edit(tree / "README.md", ("#", "# Read:"))
    run()
    assert len(records(tree)) == 3


def test_records_are_not_handed_out(tree, run):
    run()
    assert not any("editions/" in path for path in run())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:-20],
        lambda text: "[]",
        lambda text: text.replace("Why is", "What is"),
        lambda text: text.replace('"files": {', '"files": {"x": "y",'),
        lambda text: re.sub(r'"notebooks": \{.*', '"notebooks": 3}', text, flags=re.DOTALL),
        lambda text: "[" * 100_000,
    ],
)
def test_a_damaged_record_is_refused_with_the_way_out(tree, run, spoil, capsys):
    run()
    (path,) = records(tree)
    path.write_text(spoil(path.read_text()))
    with pytest.raises(ValueError, match=r"exercises/editions/.*json: .*; get it back from versi"):
        handed_out.records(fresh(tree))
    assert release.main(["--out", str(tree / "out")], tree) == 1
    assert f"{path.name}: it " in capsys.readouterr().err


# Which edition a submission comes from


def test_work_is_read_as_the_edition_it_was_handed_out_with(tree, run):
    first = run()
    correct_a_typo(tree)
    second = run()
    course = fresh(tree)
    assert len(handed_out.records(course)) == 2
    assert given_question(course, first).endswith("Why is a mean no sum?")
    assert given_question(course, second).endswith("Why is a mean not a sum?")


def test_an_edition_of_which_there_is_no_record_is_read_as_the_tree_gives_it(tree, run):
    correct_a_typo(tree)
    files = derive(definition.load(tree)).files
    assert records(tree) == []
    assert given_question(fresh(tree), files).endswith("not a sum?")


def saved(content):
    """What Jupyter makes of a notebook's file: other spacing, and what kernels and editors add."""
    notebook = nbformat.reads(content.decode(), as_version=4)
    notebook.metadata.language_info = {"name": "python", "version": "3.12"}
    notebook.metadata.widgets = {}
    return nbformat.writes(notebook, indent=2).encode()


def without_id(content):
    notebook = json.loads(content)
    del notebook["metadata"]["course_edition"]
    return json.dumps(notebook).encode()


def test_a_notebook_tells_its_edition_after_it_was_saved(tree, run):
    first = run()
    correct_a_typo(tree)
    course = fresh(tree)
    content = saved(first[NOTEBOOK])
    assert content != first[NOTEBOOK]
    for cells in (content, content.replace(b"Why is a mean no sum?", b"A sum.")):
        assert given_question(course, {NOTEBOOK: cells}).endswith("no sum?")


def test_where_no_id_is_told_the_given_cells_tell(tree, run):
    first = run()
    correct_a_typo(tree)
    course = fresh(tree)
    assert given_question(course, {NOTEBOOK: without_id(first[NOTEBOOK])}).endswith("no sum?")
    unknown = first[NOTEBOOK].replace(
        handed_out.records(course)[1].id.encode(), b"0123456789abcdef"
    )
    assert given_question(course, {NOTEBOOK: unknown}).endswith("no sum?")


def test_another_notebook_may_tell(tree, run):
    first = run()
    correct_a_typo(tree)
    course = fresh(tree)
    stripped = without_id(derive(course).files[NOTEBOOK])
    files = {NOTEBOOK: stripped, "notebooks/two.ipynb": first[NOTEBOOK]}
    assert given_question(course, files).endswith("no sum?")


@pytest.mark.parametrize(
    "content",
    [
        None, b"", b"\xff", b"{}", b"[" * 100_000, b'{"nbformat": 4}',
        b'{"nbformat": 4, "metadata": [], "cells": [3]}',
        b'{"nbformat": 4, "metadata": {"course_edition": ["x"]}, "cells": [{}]}',
        b'{"nbformat": 4, "metadata": {"course_edition": "\\ud800"}, "cells": [{"source": {}}]}',
    ],
)  # fmt: skip
def test_in_doubt_it_is_the_edition_of_the_tree_whatever_a_submission_holds(tree, run, content):
    run()
    correct_a_typo(tree)
    files = {} if content is None else {NOTEBOOK: content, "x.ipynb": content}
    assert given_question(fresh(tree), files).endswith("not a sum?")


def test_a_cell_that_was_added_in_mid_term_was_not_given_before(tree, run):
    first = run()
    notebook, cells = read_cells(tree / NOTEBOOK)
    notebook["cells"].insert(1, cells["title"] | {"id": "news", "source": "News."})
    (tree / NOTEBOOK).write_text(json.dumps(notebook))
    course = fresh(tree)
    for files in (first, {NOTEBOOK: without_id(first[NOTEBOOK])}):
        assert "news" not in given(course, files) and "title" in given(course, files)


def test_the_record_in_the_edition_is_read_there_and_refused_if_damaged(run, tmp_path):
    files = run()
    student = definition.load_version(tmp_path / "out" / "student", 0)
    assert record.read(student).to_bytes() == files[record.FILE]
    (student.root / record.FILE).write_text("{}")
    with pytest.raises(ValueError, match="it is no record of an edition"):
        record.read(student)
    (student.root / record.FILE).unlink()
    assert record.read(student) is None  # as in a solved tree
