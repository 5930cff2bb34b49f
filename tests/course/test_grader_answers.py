"""Is what a person grades found wherever students put it, and nothing else, whatever comes in?"""

import base64
import io
import json
import re
import zlib

import pytest
from PIL import Image

from course.export import answers
from course.submission import ANSWER_PLACEHOLDER
from tests.conftest import ROOT
from tests.student_edition import NOTEBOOKS, derived

ANSWER = "Because the hinge has a kink."
GRADED = [
    *(("svm", "answer-1", 5), ("svm", "search-cell", 5), ("svm", "answer-2", 5)),
    *(("softmax", "answer-1", 5), ("softmax", "search-cell", 5), ("softmax", "answer-2", 5)),
]


@pytest.fixture
def notebook():
    """The student edition's svm.ipynb as a dictionary."""
    return json.loads(derived().files["notebooks/svm.ipynb"])


def index_of(notebook, id):
    return next(i for i, cell in enumerate(notebook["cells"]) if cell.get("id") == id)


def cell_of(notebook, id):
    return notebook["cells"][index_of(notebook, id)]


def new(source, kind="markdown", **more):
    """A cell as JupyterLab adds it."""
    cell = {"cell_type": kind, "id": "3f2a9c1d", "metadata": {}, "source": source}
    return cell | ({"outputs": [], "execution_count": None} if kind == "code" else {}) | more


def cut_out(notebook, cell="answer-1"):
    """The entry of one cell of svm.ipynb."""
    content = notebook if isinstance(notebook, bytes) else json.dumps(notebook).encode()
    entries = answers.cut_out({"notebooks/svm.ipynb": content})
    return next(one for one in entries if (one["notebook"], one["cell"]) == ("svm", cell))


def png(width=2, height=2, colour=0):
    file = io.BytesIO()
    Image.new("L", (width, height), colour).save(file, "png")
    return file.getvalue()


def shown(content, mime="image/png"):
    data = {mime: base64.b64encode(content).decode()}
    return {"output_type": "display_data", "metadata": {}, "data": data}


def test_every_cell_that_a_person_grades_is_listed_in_order():
    solved = {name: (ROOT / name).read_bytes() for name in NOTEBOOKS}
    found = answers.cut_out(solved)
    assert [(one["notebook"], one["cell"], one["possible"]) for one in found] == GRADED
    assert all(one["answered"] and one["source"] for one in found)
    assert answers.cut_out(solved) == found


@pytest.mark.parametrize("files", [{}, None], ids=["nothing", "the untouched edition"])
def test_nothing_is_answered_where_nothing_was_written(files):
    found = answers.cut_out(derived().files if files is None else files)
    assert [(one["notebook"], one["cell"], one["possible"]) for one in found] == GRADED
    assert not any(one["answered"] or one["source"] for one in found)


def without_ids(notebook):
    """As an old editor saves it."""
    notebook["nbformat_minor"] = 4
    for cell in notebook["cells"]:
        del cell["id"]
        cell["metadata"] = {}


def instead(notebook):
    cell_of(notebook, "answer-1")["source"] = ANSWER


def under(notebook):
    cell_of(notebook, "answer-1")["source"] = f"{ANSWER_PLACEHOLDER}\n\n{ANSWER}"


def on_the_same_line(notebook):
    cell_of(notebook, "answer-1")["source"] = [f"{ANSWER_PLACEHOLDER} ", ANSWER]


def over(notebook):
    cell_of(notebook, "answer-1")["source"] = f"{ANSWER}\n\n{ANSWER_PLACEHOLDER}"


def in_a_cell_below(notebook):
    notebook["cells"].insert(index_of(notebook, "answer-1") + 1, new(ANSWER))


def two_cells_below(notebook):
    place = index_of(notebook, "answer-1") + 1
    notebook["cells"][place:place] = [new("x = 1", "code"), new(ANSWER)]


def in_a_cell_above(notebook):
    notebook["cells"].insert(index_of(notebook, "answer-1"), new(ANSWER))


def under_the_question(notebook):
    cell_of(notebook, "question-1")["source"].append(f"\n\n{ANSWER}")


def in_a_copy(notebook):
    copied = {**cell_of(notebook, "answer-1"), "id": "0a1b", "source": ANSWER}
    notebook["cells"].append(copied)  # its metadata still say which cell it is


def in_a_raw_cell(notebook):
    cell_of(notebook, "answer-1").update(cell_type="raw", source=ANSWER)


def in_a_code_cell(notebook):
    cell_of(notebook, "answer-1").update(cell_type="code", source=f"# {ANSWER}")


def where_the_cell_was(notebook):
    notebook["cells"][index_of(notebook, "answer-1")] = new(ANSWER)


def without_ids_instead(notebook):
    instead(notebook)
    without_ids(notebook)


def without_ids_below(notebook):
    in_a_cell_below(notebook)
    without_ids(notebook)


def without_ids_and_with_another_question(notebook):
    cell_of(notebook, "question-1")["source"][1:] = ["\nWhy?\n"]  # its heading is left
    without_ids_instead(notebook)


@pytest.mark.parametrize(
    "write",
    [
        *(instead, under, on_the_same_line, over, in_a_cell_below, two_cells_below),
        *(in_a_cell_above, under_the_question, in_a_copy, in_a_raw_cell, in_a_code_cell),
        *(where_the_cell_was, without_ids_instead, without_ids_below),
        without_ids_and_with_another_question,
    ],
)
def test_an_answer_counts_wherever_it_stands(notebook, write):
    write(notebook)
    found = cut_out(notebook)
    assert found["answered"]
    assert ANSWER in found["source"]
    assert ANSWER_PLACEHOLDER not in found["source"]
    assert not cut_out(notebook, "answer-2")["answered"]
    assert not cut_out(notebook, "search-cell")["answered"]


def test_notes_elsewhere_are_no_answer(notebook):
    notebook["cells"].insert(index_of(notebook, "vectorize") + 1, new("A note to myself."))
    notebook["cells"].append(new("The end."))
    assert not cut_out(notebook)["answered"]


@pytest.mark.parametrize(
    "text",
    [
        "Потому что функция потерь имеет излом.",
        "因为合页损失在零点不可导。",
        "折れ目があるため。",
        "لأن دالة الخسارة ليست قابلة للاشتقاق",
        "כי יש לפונקציה שבר",
        "क्योंकि वहाँ अवकलज नहीं है",
        "เพราะมีจุดหักมุม",
        "꺾인 점이 있기 때문입니다",
        "Επειδή έχει γωνία",
        "Nein.",
        "42",
        "$\\infty$",
        "→ ∞",
        "👍",
        "![](attachment:scan.png)",
        "Your answer? Replace this line by a limit.",
    ],
)
@pytest.mark.parametrize("before", ["", ANSWER_PLACEHOLDER + "\n"])
def test_an_answer_counts_in_any_script(notebook, before, text):
    cell_of(notebook, "answer-1")["source"] = before + text
    assert cut_out(notebook)["source"] == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t\u00a0\u3000\u200b\ufeff",
        "&nbsp; &#8203;",
        "<br/>\n<p></p>",
        "<!-- write here -->",
        "***\n---\n> \n- \n#",
        "**Your answer.**",
        "*Replace this line.*",
        "Your answer. Replace this line.",
        "**YOUR ANSWER.** *replace this line*",
        "**Answer.**",
        "Answer:",
    ],
)
def test_the_words_of_the_placeholder_are_no_answer(notebook, text):
    cell_of(notebook, "answer-1")["source"] = text
    assert cut_out(notebook) == {
        **{"notebook": "svm", "cell": "answer-1", "kind": "answer", "possible": 5},
        **{"answered": False, "state": "", "source": "", "figures": []},
    }


def test_code_counts_in_its_cell_and_in_cells_beside_it(notebook):
    stub = "".join(cell_of(notebook, "search-cell")["source"])
    code = "search = tuning.grid_search(LinearSVM)"
    cell_of(notebook, "search-cell")["source"] = f"# {code}\n\n{stub}"
    assert not cut_out(notebook, "search-cell")["answered"]
    cell_of(notebook, "search-cell")["source"] = f"{code}\nprint(search)"
    assert cut_out(notebook, "search-cell")["source"] == f"{code}\nprint(search)"
    cell_of(notebook, "search-cell")["source"] = stub
    notebook["cells"].insert(index_of(notebook, "search-cell") + 1, new(code, "code"))
    assert cut_out(notebook, "search-cell")["source"] == f"{stub}\n\n{code}"
    del notebook["cells"][index_of(notebook, "search-cell")]
    assert cut_out(notebook, "search-cell")["source"] == code


# --- Figures ----------------------------------------------------------------------------------


def test_figures_are_those_of_the_section_and_those_pasted_into_the_answer(notebook):
    cell_of(notebook, "figure-2")["outputs"] = [shown(png(colour=2))]
    cell_of(notebook, "figure-3")["outputs"] = [shown(png(colour=3)), shown(png(colour=4))]
    cell_of(notebook, "samples-cell")["outputs"] = [shown(png(colour=5))]
    cell_of(notebook, "answer-2")["source"] = "See ![my drawing](attachment:d.png)"
    cell_of(notebook, "answer-2")["attachments"] = {"d.png": shown(png(colour=6))["data"]}
    files = {"notebooks/svm.ipynb": json.dumps(notebook).encode()}
    first = {"cell": "figure-2", "mime": "image/png", "name": "svm_search_cell_1.png"}
    assert cut_out(notebook, "search-cell")["figures"] == [first]
    found = cut_out(notebook, "answer-2")["figures"]
    assert [one["cell"] for one in found] == ["answer-2", "figure-3", "figure-3"]
    contents = answers.figures(files)
    assert [contents[one["name"]] for one in found] == [png(colour=c) for c in (6, 3, 4)]
    assert len(contents) == 4
    assert all(re.fullmatch(r"[a-z0-9_]+\.(png|gif|jpg)", name) for name in contents)


def test_only_sound_pictures_of_a_bearable_size_and_number_are_cut_out(notebook):
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


# --- Hostile notebooks ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b"{}",
        b"null",
        b'{"nbformat": 4, "cells": {"id": 1}}',
        b'{"nbformat": 4, "cells": [null]}',
        b'{"nbformat": 3, "worksheets": [{"cells": []}]}',
        b"\x80\x04N.",
    ],
)
def test_what_is_no_notebook_is_said_to_be_unreadable(content):
    found = cut_out(content)
    assert (found["answered"], found["state"]) == (False, "unreadable")
    missing = answers.cut_out({"notebooks/svm.ipynb": content})[-1]
    assert (missing["notebook"], missing["state"]) == ("softmax", "missing")


def test_cells_of_strange_shapes_do_not_raise(notebook):
    strange = [
        {"cell_type": ["markdown"], "id": ["answer-1"], "source": {"a": 1}},
        {"cell_type": "markdown", "id": "answer-1", "source": [1, None, ANSWER]},
        {"cell_type": "code", "id": "search-cell", "source": None, "outputs": {"a": 1}},
        {"cell_type": "markdown", "id": "answer-2", "attachments": ["a"], "metadata": "b"},
        {"cell_type": "markdown", "id": "answer-2", "attachments": {"a": ["b"], "c": {"d": 1}}},
        {},
    ]
    notebook["cells"] = strange
    assert cut_out(notebook)["source"] == ANSWER
    assert not cut_out(notebook, "answer-2")["answered"]


def test_a_text_that_no_file_can_store_is_made_fit_and_a_huge_one_is_cut(notebook):
    cell_of(notebook, "answer-1")["source"] = "half \ud83d of a pair, \x00 and \x1b[31mred\u202e"
    cell_of(notebook, "answer-2")["source"] = "word " * 1_000_000
    assert cut_out(notebook)["source"] == "half  of a pair,  and red"
    found = cut_out(notebook, "answer-2")["source"]
    assert len(found) < 101_000
    assert found.endswith("cut here, after 100,000 characters")


def test_a_thousand_copies_of_an_answer_cell_take_no_time_to_speak_of(notebook):
    notebook["cells"] += [cell_of(notebook, "answer-1")] * 2000
    assert not cut_out(notebook)["answered"]
