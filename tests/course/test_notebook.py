"""Do students and those who grade agree on what is answered, wherever and however it is written?

Every answer here is read twice: by the look-over before handing in, on the student edition, and by
what cuts out answers for grading, on the solved tree.
"""

import json
import time
from dataclasses import replace

import pytest
from cells import code, markdown
from small_coursework import NOTEBOOK, cell, finished, write_coursework, write_solved

from course import record
from course.definition import ByHand
from course.export import answers
from course.notebook import (
    MOST_CELLS,
    PLACEHOLDER,
    PLACEHOLDER_PARTS,
    Given,
    find_answer,
    read_cells,
)
from course.submission.lookover import missing_answers

ANSWERED = {
    "a sentence": "Because it is divided.",
    "one word": "This.",
    "a number": "42",
    "Chinese": "是的",
    "Thai": "ค่าเฉลี่ย",
    "Arabic": "لأن",
    "Hebrew": "כי",
    "Hindi": "क्योंकि",
    "a smile": "☺",
    "a coloured smile": "👍🏽",
    "an arrow": "→",
    "a root": "√",
    "a fraction": "½",
    "a formula": "$x$",
    "a formula of a sign": "$\\infty$",
    "a sign in a formula": "$≠$",
    "under the placeholder": f"{PLACEHOLDER}\n\nBecause.",
    "beside the placeholder": f"{PLACEHOLDER} Because.",
    "above the placeholder": f"Because.\n\n{PLACEHOLDER}",
    "between its halves": "**Your answer.** Because. *Replace this line.*",
    "instead of its second half": "**Your answer.** Because.",
    "instead of its first half": "*Replace this line.* Because.",
    "half of its words": "Replace this.",
    "its words in a sentence": "Your answer? Replace this line by a limit.",
    "more than its words": "The answer",
    "in tags": "<p>Because.</p>",
    "in tags of no meaning": "<b>Because.</b>",
    "after a comment": "<!-- a thought --> Because.",
    "a comment that is shown": "&lt;!-- Because. --&gt;",
    "an entity": "&alpha;",
    "a code block": "```\nx = 1\n```",
    "a quotation": "> Because.",
    "an intention": "TODO",
    "a picture, pasted": "![](attachment:scan.png)",
    "a picture, pasted under the placeholder": f"{PLACEHOLDER}\n![scan](attachment:scan.png)",
    "a picture in a file": '<img src="photo.jpg">',
}
NOT_ANSWERED = {
    "the placeholder": PLACEHOLDER,
    "with spaces around it": f"  {PLACEHOLDER}\n\n",
    "doubled": f"{PLACEHOLDER}\n\n{PLACEHOLDER}",
    "its first half": "**Your answer.**",
    "its second half": "*Replace this line.*",
    "retyped without marks": "your answer",
    "its second half without marks": "Replace this line",
    "in other marks": "__YOUR ANSWER:__ replace this line ...",
    "in several lines": "**Your answer.**\n\n*Replace\nthis line.*",
    "a label": "**Answer:**",
    "nothing": "",
    "white space": " \n\t\u00a0\u3000",
    "what no page shows": "\u200b\ufeff\u2060",
    "entities of spaces": "&nbsp; &#8203;",
    "an entity beyond all characters": "&#99999999999;",
    "a line break": "<br>",
    "empty tags": '<br/>\n<p class="x"></p><hr>',
    "a comment": "<!-- TODO: think -->",
    "a comment that never ends": f"{PLACEHOLDER}\n<!-- never closed",
    "a hyphen": "-",
    "dots": "...",
    "one character of dots": "…",
    "question marks": "???",
    "Markdown without text": "***\n---\n> \n- \n#",
    "an empty formula": "$$ $$",
    "an empty code block": "```\n\n```",
}
TEXTS = [*((text, True) for text in ANSWERED.values())]
TEXTS += [(text, False) for text in NOT_ANSWERED.values()]
NAMES = [*ANSWERED, *NOT_ANSWERED]


@pytest.fixture(scope="module")
def sides(tmp_path_factory):
    """The Courses in the student edition and in the solved tree."""
    folder = tmp_path_factory.mktemp("course")
    return write_coursework(folder / "student"), write_solved(folder / "solved")


def given_to(student):
    return record.read(student).given(NOTEBOOK)


@pytest.fixture(scope="module")
def answered(sides):
    """Ask both sides, which must agree: which of the cells that people grade are answered?"""
    student, solved = sides
    given = given_to(student)

    def ask(content):
        content = json.dumps(content).encode()
        notebook = student.notebooks["one"]
        cells = read_cells(content)
        problems = missing_answers(student, notebook, cells, given)
        told = " ".join(one.what for one in problems)
        seen_by_students = {one.cell for one in student.by_hand if one.title not in told}
        entries = answers.cut_out(solved, {NOTEBOOK: content})
        seen_by_graders = {one["cell"] for one in entries if one["answered"]}
        assert seen_by_students == seen_by_graders
        assert all(one["source"] for one in entries if one["answered"])
        return seen_by_graders

    return ask


ALL, OTHERS = {"answer-1", "search-cell", "answer-2"}, {"search-cell", "answer-2"}


@pytest.mark.parametrize(("text", "is_answer"), TEXTS, ids=NAMES)
def test_both_sides_agree_on_a_text(answered, text, is_answer):
    content = finished()
    cell(content, "answer-1")["source"] = text
    assert answered(content) == (ALL if is_answer else OTHERS)


def test_a_pasted_picture_counts_where_the_text_shows_it(answered):
    """JupyterLab keeps a picture whose text was deleted, but nobody sees it."""
    content = finished()
    answer = cell(content, "answer-1")
    answer["attachments"] = {"scan.png": {"image/png": "iVBORw0KGgo="}}
    answer["source"] = "![scan.png](attachment:scan.png)"
    assert answered(content) == ALL
    answer["source"] = PLACEHOLDER
    assert answered(content) == OTHERS


def test_the_words_of_the_placeholder_are_those_that_say_nothing():
    words = PLACEHOLDER.casefold().translate(str.maketrans("", "", "*."))
    assert PLACEHOLDER_PARTS.sub("", words).strip() == ""


# Where an answer may stand


def place(content, id):
    return content["cells"].index(cell(content, id))


def insert(content, offset, *new):
    """Insert cells before (0) or after (1) the answer to the first question."""
    index = place(content, "answer-1") + offset
    content["cells"][index:index] = new


def below(content, text="Because."):
    insert(content, 1, markdown(text, "3f2a9c1d"))


def above(content):
    insert(content, 0, markdown("Because.", "12345678"))


def below_an_experiment(content):
    insert(content, 1, code("print(1)", 1, "11111111"), markdown("Because.", "22222222"))


def under_the_question(content):
    cell(content, "question-1")["source"] += ["\n\nBecause."]


def instead(content):
    cell(content, "answer-1")["source"] = "Because."


def in_a_copy(content):
    """As JupyterLab copies a cell: it has a new id, but its metadata."""
    copied = {**cell(content, "answer-1"), "id": "0a1b", "source": "Because."}
    content["cells"].append(copied)


def in_a_raw_cell(content):
    cell(content, "answer-1").update(cell_type="raw", source="Because.")


def in_a_code_cell(content):
    cell(content, "answer-1").update(cell_type="code", source="# Because.", outputs=[])


def in_a_cell_that_took_its_place(content):
    content["cells"][place(content, "answer-1")] = markdown("Because.", "3f2a9c1d")


def merged_into_the_question(content):
    cell(content, "question-1")["source"] += [f"\n\n{PLACEHOLDER}\n\nBecause."]
    content["cells"].remove(cell(content, "answer-1"))


def merged_with_the_question(content):
    question = "".join(cell(content, "question-1")["source"])
    cell(content, "answer-1")["source"] = f"{question}\n\nBecause."
    content["cells"].remove(cell(content, "question-1"))


def split_in_two(content):
    insert(content, 1, {**cell(content, "answer-1"), "id": "0a1b", "source": "Because."})


def forget_ids(content):
    """As an old editor saves it."""
    content["nbformat_minor"] = 4
    for one in content["cells"]:
        del one["id"]
        one["metadata"] = {}


def without_ids(write):
    def changed(content):
        write(content)
        forget_ids(content)

    changed.__name__ = f"{write.__name__}_without_ids"
    return changed


def with_ids_of_colab(write):
    def changed(content):
        write(content)
        for one in content["cells"]:
            one["metadata"] = {"id": one.pop("id")}

    changed.__name__ = f"{write.__name__}_in_colab"
    return changed


def without_ids_under_a_reworded_question(content):
    cell(content, "question-1")["source"] = "### Question\n\nWhy?"  # its heading is left
    instead(content)
    forget_ids(content)


PLACES = [
    *(below, above, below_an_experiment, under_the_question, instead, in_a_copy, in_a_raw_cell),
    *(in_a_code_cell, in_a_cell_that_took_its_place, merged_into_the_question),
    *(merged_with_the_question, split_in_two, without_ids_under_a_reworded_question),
]
PLACES += [without_ids(write) for write in (instead, below, above, under_the_question)]
PLACES += [with_ids_of_colab(write) for write in (instead, below, above, under_the_question)]


@pytest.mark.parametrize("write", PLACES, ids=lambda write: write.__name__)
def test_an_answer_counts_wherever_it_stands(answered, sides, write):
    content = finished()
    for name in ("answer-1", "answer-2"):
        cell(content, name)["source"] = PLACEHOLDER
    write(content)
    assert answered(content) == {"answer-1", "search-cell"}
    [entry, *_] = answers.cut_out(sides[1], {NOTEBOOK: json.dumps(content).encode()})
    assert entry["cell"] == "answer-1" and "Because." in entry["source"]
    assert "Question" not in entry["source"] and PLACEHOLDER not in entry["source"]


@pytest.mark.parametrize("forget", [lambda content: None, forget_ids], ids=["ids", "no ids"])
def test_neither_given_cells_nor_code_nor_notes_elsewhere_are_an_answer(answered, forget):
    content = finished()
    cell(content, "answer-1")["source"] = PLACEHOLDER
    insert(content, 1, code("# Because.", 1, "3f2a9c1d"))
    content["cells"].insert(place(content, "total-cell"), markdown("A note.", "12345678"))
    content["cells"].append(markdown("Because.", "22222222"))
    forget(content)
    assert answered(content) == OTHERS


def test_two_empty_cells_that_were_merged_are_no_answer(answered):
    content = finished()
    question = "".join(cell(content, "question-1")["source"])
    cell(content, "answer-1")["source"] = f"{question}\n\n{PLACEHOLDER}"
    assert answered(content) == OTHERS


def test_code_counts_in_its_cell_and_in_cells_beside_it(answered, sides):
    stub = given_to(sides[0]).sources["search-cell"]
    for written, is_answer in [
        ("best = max(1, 2)", True),
        (stub, False),
        (f"# best = max(1, 2)\n\n{stub}", False),
        (stub.replace("\n", "  \n"), False),
        (f"{stub}\nbest = 2", True),
        ("", False),
    ]:
        content = finished()
        cell(content, "search-cell")["source"] = written
        assert ("search-cell" in answered(content)) == is_answer, written
    content = finished()
    cell(content, "search-cell")["source"] = stub
    index = place(content, "search-cell") + 1
    content["cells"].insert(index, code("best = 2", 1, "3f2a9c1d"))
    assert answered(content) == ALL


def test_what_is_missing_and_what_is_empty_are_told_apart(sides):
    student, _ = sides
    notebook = student.notebooks["one"]
    given = given_to(student)

    def told(content):
        cells = read_cells(json.dumps(content).encode())
        return [one.what for one in missing_answers(student, notebook, cells, given)]

    content = finished()
    cell(content, "answer-1")["source"] = PLACEHOLDER
    content["cells"].remove(cell(content, "answer-2"))
    cell(content, "search-cell")["source"] = given.sources["search-cell"]
    question = "Question on means is not answered"
    missing = "Second question: its cell is missing"
    assert told(content) == [question, "Search is not written", missing]
    forget_ids(content)
    assert told(content)[::2] == [question, missing]


def test_everything_in_the_solved_tree_is_given_and_answered(sides):
    """It has no record of an edition: all that is known is the notebook itself."""
    _, solved = sides
    notebook = solved.notebooks["one"]
    content = json.loads((solved.root / NOTEBOOK).read_bytes())

    def told():
        cells = read_cells(json.dumps(content).encode())
        given = record.given_cells(solved, notebook, cells, record.read(solved))
        assert all(given.has(one) for one in cells)
        return [one.what for one in missing_answers(solved, notebook, cells, given)]

    assert told() == []
    cell(content, "answer-1")["source"] = PLACEHOLDER
    assert told() == ["Question on means is not answered"]


def test_pieces_of_an_answer_are_told_in_order_with_space_between(sides):
    content = finished()
    cell(content, "answer-1")["source"] = f"{PLACEHOLDER}\n\nSecond.\n"
    above(content)
    below(content, "*Replace this line.* Third.")
    cells = read_cells(json.dumps(content).encode())
    written = find_answer(cells, given_to(sides[0]), sides[0].by_hand[0])
    assert written == "Because.\n\nSecond.\n\n Third."


def test_an_answer_cell_that_was_made_code_is_told_as_code(sides):
    content = finished()
    in_a_code_cell(content)
    cells = read_cells(json.dumps(content).encode())
    written = find_answer(cells, given_to(sides[0]), sides[0].by_hand[0])
    assert written == "```\n# Because.\n```"


def test_what_an_edition_did_not_ask_is_not_answered(sides):
    """Its question came with a later one: nobody knows where its answer would stand."""
    content = finished()
    for offset in range(3):
        content["cells"].insert(2 * offset, markdown("A note.", f"note-{offset}"))
    cells = read_cells(json.dumps(content).encode())
    later = replace(sides[0].by_hand[0], cell="answer-3", question="question-3")
    assert find_answer(cells, given_to(sides[0]), later) == ""


def test_a_question_that_begins_like_another_is_no_answer_to_it():
    longer = "### Question\n\nWhy? And how?"
    given = Given({"question-1": "### Question\n\nWhy?", "answer-1": "", "question-2": longer})
    content = finished()
    content["cells"] = [markdown(given.sources["question-1"], "question-1")]
    content["cells"] += [markdown(PLACEHOLDER, "answer-1"), markdown(longer, "question-2")]
    cells = read_cells(json.dumps(content).encode())
    by_hand = ByHand("one", "answer-1", "A question", 1, "question-1")
    assert find_answer(cells, given, by_hand) == ""


# Whatever comes in

BROKEN = [
    (b"", "not JSON"),
    (b"{", "not JSON"),
    (b"\xff\xfe\xfa", "not JSON"),
    (b"[" * 100_000, "not JSON"),
    (b"9" * 10_000, "not JSON"),
    (b"[]", "not in notebook format 4"),
    (b'{"nbformat": 3, "worksheets": []}', "not in notebook format 4"),
    (b'{"nbformat": 4}', "no list of cells"),
    (b'{"nbformat": 4, "cells": {"id": 1}}', "no list of cells"),
    (b'{"nbformat": 4, "cells": [1]}', "no list of cells"),
]


@pytest.mark.parametrize(("content", "told"), BROKEN)
def test_what_is_no_notebook_is_refused(content, told):
    with pytest.raises(ValueError, match=told):
        read_cells(content)


def test_cells_of_strange_shapes_are_read():
    strange = [
        {},
        {"cell_type": ["markdown"], "id": ["answer-1"], "source": {"a": 1}},
        {"cell_type": "markdown", "id": "answer-1", "source": [1, None, "Because."]},
        {"cell_type": "code", "source": "y", "outputs": [3, {"data": []}], "metadata": []},
        {"cell_type": "code", "id": 5, "source": None, "outputs": {"a": 1}},
        {"attachments": ["a"], "metadata": {"id": 3, "nbgrader": "x"}},
    ]
    cells = read_cells(json.dumps({"nbformat": 4, "cells": strange}).encode())
    assert [one.type for one in cells] == ["", "", "markdown", "code", "code", ""]
    assert [one.source for one in cells] == ["", "", "Because.", "y", "", ""]
    assert [one.ids for one in cells] == [set(), set(), {"answer-1"}, set(), set(), set()]
    assert [one.outputs for one in cells] == [[], [], [], [{"data": []}], [], []]
    assert all(one.attachments == {} for one in cells)


N = 20_000
HOSTILE = {
    "comments": "<!--" * N,
    "ends of comments": "-->" * N,
    "hyphens of a comment": "<!--" + "-" * N,
    "tags": "<p" * N,
    "a tag that never ends": "<p " + "a " * N,
    "entities": "&" * N,
    "names of entities": "&a" * N,
    "digits of an entity": "&#" + "9" * N + ";",
    "hexadecimal digits of an entity": "&#x" + "f" * N + ";",
    "words": "your " * N,
    "placeholders": PLACEHOLDER * N,
    "first halves": "**Your answer." * N,
    "letters": "a" * N,
    "underscores": "_" * N,
    "spaces": " " * N,
    "lines": "\n" * N,
    "half a pair": "\ud800" * N,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_text_takes_long(sides, text):
    """In quadratic time, 20,000 pieces take 4 s or far more; these take 0.1 s at most."""
    student, _ = sides
    content = finished()
    for name in ("answer-1", "search-cell", "question-1"):
        cell(content, name)["source"] = text
    cells = read_cells(json.dumps(content).encode())
    start = time.process_time()
    given = given_to(student)
    for one in student.by_hand:
        find_answer(cells, given, one)
    assert time.process_time() - start < 1


def test_no_number_of_cells_takes_long(sides):
    student, _ = sides
    content = finished()
    answer = cell(content, "answer-1")
    content["cells"] += [answer, markdown("x", "3f2a9c1d")] * (MOST_CELLS // 2 - 10)
    cells = read_cells(json.dumps(content).encode())
    start = time.process_time()
    given = given_to(student)
    assert "x" in find_answer(cells, given, student.by_hand[0])
    assert time.process_time() - start < 3  # 0.5 s
