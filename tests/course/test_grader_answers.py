"""Is what a person grades cut out, with its figures, whatever comes in?

Where answers may stand, and what is none, is asked in test_notebook.py.
"""

import base64
import hashlib
import io
import json
import re
import zlib

import pytest
from cells import cell as cell_of
from cells import displayed, markdown
from PIL import Image
from sample_course import ANSWERS, NOTEBOOKS, copy_sample

from course.edition import handed_out
from course.edition.derive import derive
from course.export import answers
from course.export.notebook_page import notebook_page
from course.notebook import read_cells

ANSWER = "Because the hinge has a kink."
GRADED = [(name, cell, title, 5) for name in NOTEBOOKS for cell, title in ANSWERS.items()]


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return copy_sample(tmp_path_factory.mktemp("course"))


@pytest.fixture
def notebook(course):
    """The student edition's one.ipynb as a dictionary."""
    return json.loads(handed_out.edition(course).files["notebooks/one.ipynb"])


@pytest.fixture
def cut_out(course):
    """Return the entry of one cell of one.ipynb."""

    def cut_out(notebook, cell="answer-1"):
        content = notebook if isinstance(notebook, bytes) else json.dumps(notebook).encode()
        entries = answers.cut_out(course, {"notebooks/one.ipynb": content})
        return next(one for one in entries if (one["notebook"], one["cell"]) == ("one", cell))

    return cut_out


def png(width=2, height=2, colour=0):
    file = io.BytesIO()
    Image.new("L", (width, height), colour).save(file, "png")
    return file.getvalue()


def shown(content, mime="image/png"):
    return displayed({mime: base64.b64encode(content).decode()})


def listed(found):
    return [(one["notebook"], one["cell"], one["title"], one["possible"]) for one in found]


def test_every_cell_that_a_person_grades_is_listed_in_order(course):
    solved = {name: (course.root / name).read_bytes() for name in course.notebook_files}
    found = answers.cut_out(course, solved)
    assert listed(found) == GRADED
    assert all(one["answered"] and one["source"] for one in found)
    assert answers.cut_out(course, solved) == found


@pytest.mark.parametrize("files", [{}, None], ids=["nothing", "the untouched edition"])
def test_nothing_is_answered_where_nothing_was_written(course, files):
    found = answers.cut_out(course, handed_out.edition(course).files if files is None else files)
    assert listed(found) == GRADED
    assert not any(one["answered"] or one["source"] for one in found)


def without_ids(notebook):
    """As an old editor saves it."""
    notebook["nbformat_minor"] = 4
    for cell in notebook["cells"]:
        del cell["id"]
        cell["metadata"] = {}


def under_the_question(notebook):
    cell_of(notebook, "question-1")["source"].append(f"\n\n{ANSWER}")


# Figures


def test_figures_are_those_of_the_section_and_those_pasted_into_the_answer(
    course, cut_out, notebook
):
    cell_of(notebook, "figure-2")["outputs"] = [shown(png(colour=2))]
    cell_of(notebook, "figure-3")["outputs"] = [shown(png(colour=3)), shown(png(colour=4))]
    cell_of(notebook, "samples-cell")["outputs"] = [shown(png(colour=5))]
    cell_of(notebook, "answer-2")["source"] = "See ![my drawing](attachment:d.png)"
    cell_of(notebook, "answer-2")["attachments"] = {"d.png": shown(png(colour=6))["data"]}
    files = {"notebooks/one.ipynb": json.dumps(notebook).encode()}
    ids = [cell["id"] for cell in notebook["cells"]]
    numbers = {id: f"cell {ids.index(id) + 1}" for id in ("figure-2", "figure-3", "answer-2")}
    first = {
        "cell": numbers["figure-2"],
        "mime": "image/png",
        "name": "one_search_cell_1.png",
        "alt": "",
    }
    assert cut_out(notebook, "search-cell")["figures"] == [first]
    found = cut_out(notebook, "answer-2")["figures"]
    places = [one["cell"] for one in found]
    assert places == [numbers[id] for id in ("answer-2", "figure-3", "figure-3")]
    contents = answers.figures(course, files)
    assert [contents[one["name"]] for one in found] == [png(colour=c) for c in (6, 3, 4)]
    assert len(contents) == 4
    assert all(re.fullmatch(r"[a-z0-9_]+\.(png|gif|jpg)", name) for name in contents)


def test_a_picture_that_was_handed_out_is_nobodys_figure(course, notebook):
    cell_of(notebook, "figure-2")["outputs"] = [shown(png(colour=2)), shown(png(colour=3))]
    given = handed_out.records(course)[0].given("notebooks/one.ipynb")
    [one] = (one for one in course.by_hand if (one.notebook, one.cell) == ("one", "search-cell"))
    cells = read_cells(json.dumps(notebook).encode())
    given_files = {hashlib.sha256(png(colour=2)).hexdigest()}
    _, contents = answers.find_one(one, "", cells, given, given_files)
    assert list(contents.values()) == [png(colour=3)]


def test_only_sound_pictures_of_a_bearable_size_and_number_are_cut_out(cut_out, notebook):
    bomb = bytearray(png())
    bomb[16:24] = (100_000).to_bytes(4, "big") * 2  # the size that the header tells
    bomb[29:33] = zlib.crc32(bomb[12:29]).to_bytes(4, "big")
    bad = [
        shown(b"<svg onload=alert(1)>", "image/svg+xml"),
        shown(b"<svg onload=alert(1)>"),
        shown(b""),
        shown(bytes(bomb)),
        shown(png(5000, 5000)),
        shown(png() + bytes(4_000_000)),
        {"output_type": "display_data", "data": {"image/png": "no base64!"}},
        {"output_type": "display_data", "data": {"image/png": [1, {}]}},
        {"output_type": "display_data", "data": [png().hex()]},
        {"output_type": "display_data"},
    ]
    cell_of(notebook, "figure-2")["outputs"] = bad
    assert cut_out(notebook, "search-cell")["figures"] == []
    cell_of(notebook, "figure-2")["outputs"] = bad + [shown(png())] * 20
    assert len(cut_out(notebook, "search-cell")["figures"]) == answers.MOST_FIGURES


def test_a_photo_with_two_pictures_in_its_file_is_a_jpeg(cut_out, notebook):
    """As phones take them: students photograph what they wrote on paper."""
    small, file = (Image.new("RGB", (40, 30), name) for name in ("red", "blue")), io.BytesIO()
    next(small).save(file, format="MPO", save_all=True, append_images=small)
    cell_of(notebook, "figure-2")["outputs"] = [shown(file.getvalue(), "image/jpeg")]
    [figure] = cut_out(notebook, "search-cell")["figures"]
    assert (figure["mime"], figure["name"]) == ("image/jpeg", "one_search_cell_1.jpg")
    assert "data:image/jpeg" in notebook_page(json.dumps(notebook).encode())


# Older editions


def test_work_on_an_older_edition_is_read_with_what_was_handed_out_then(tmp_path):
    """A typo in a question has been corrected since, and a cell beside its answer dropped."""
    course = copy_sample(tmp_path)
    path = course.root / "notebooks" / "one.ipynb"
    new = json.loads(path.read_text())
    old = json.loads(path.read_text())
    question = cell_of(old, "question-1")
    question["source"] = question["source"].replace("mean", "maen")
    dropped = markdown("Think of two numbers.", "hint")
    old["cells"].insert(old["cells"].index(cell_of(old, "answer-1")) + 1, dropped)
    path.write_text(json.dumps(old))
    handed = derive(course)
    handed_out.keep(course, handed.record)
    path.write_text(json.dumps(new))

    def told(work):
        files = {"notebooks/one.ipynb": json.dumps(work).encode()}
        return answers.cut_out(course, files)[0]

    work = json.loads(handed.files["notebooks/one.ipynb"])
    assert not told(work)["answered"]  # the cell that was dropped since is nobody's answer
    under_the_question(work)
    assert told(work)["source"].strip() == ANSWER  # without the question that was asked then
    without_ids(work)
    assert told(work)["source"].strip() == ANSWER
    work["metadata"] = {}  # as an editor writes that drops what it does not know
    assert told(work)["source"].strip() == ANSWER


# Hostile notebooks


@pytest.mark.parametrize("content", [b"", b'{"nbformat": 4, "cells": [null]}'])
def test_what_is_no_notebook_is_said_to_be_unreadable(course, cut_out, content):
    found = cut_out(content)
    assert (found["answered"], found["state"]) == (False, "unreadable")
    missing = answers.cut_out(course, {"notebooks/one.ipynb": content})[-1]
    assert (missing["notebook"], missing["state"]) == ("two", "missing")


def test_a_text_that_no_file_can_store_is_made_fit_and_a_huge_one_is_cut(cut_out, notebook):
    cell_of(notebook, "answer-1")["source"] = "half \ud83d of a pair, \x00 and \x1b[31mred\u202e"
    cell_of(notebook, "answer-2")["source"] = "word " * 1_000_000
    assert cut_out(notebook)["source"] == "half  of a pair,  and red"
    found = cut_out(notebook, "answer-2")["source"]
    assert len(found) < 101_000
    assert found.endswith("cut here, after 100,000 characters")


def test_a_thousand_copies_of_an_answer_cell_take_no_time_to_speak_of(cut_out, notebook):
    notebook["cells"] += [cell_of(notebook, "answer-1")] * 2000
    assert not cut_out(notebook)["answered"]
