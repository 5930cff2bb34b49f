"""Does the look-over before handing in find what is wrong, and nothing where all is well?"""

import copy
import json
from pathlib import Path

import pytest

from course import submission
from course.submission import ANSWER_PLACEHOLDER, lookover
from course.submission.contents import NOTEBOOK_LIMIT, code_hash, collect
from tests.small_coursework import cell, code, markdown, notebook, printed, result, unanswered

ROOT = Path(__file__).resolve().parents[1]
CODE = "0123456789abcdef"


@pytest.fixture
def work():
    return notebook(CODE)


def problems(content):
    """Return the problems of a notebook, each as the sentence that is printed."""
    content = json.dumps(content) if isinstance(content, dict) else content
    content = content if isinstance(content, bytes) else content.encode()
    return [one.what for one in lookover.look_over("notebooks/svm.ipynb", content, CODE)]


def put_beside(content, place, new):
    """Insert the cell `new` directly before (-1) or after (1) the answer to question 1."""
    index = content["cells"].index(cell(content, "answer-1"))
    content["cells"].insert(index + (place > 0), new)


def test_finished_work_has_no_problem(work):
    assert problems(work) == []


# --- Was it run? ------------------------------------------------------------------------------


def test_a_notebook_that_was_not_run_is_one_problem(work):
    for one in work["cells"]:
        if one["cell_type"] == "code":
            one["execution_count"], one["outputs"] = None, []
    assert problems(work) == ["it has not been run"]


def test_a_cell_that_was_not_run_is_named(work):
    cell(work, "sum-cell")["execution_count"] = None
    assert problems(work) == ["not run: code cell 3, 'print(2 + 2)'"]


@pytest.mark.parametrize("numbers", [[1, 3, 2], [1, 2, 4], [2, 3, 4], [1, 1, 2], [1, 2, "3"]])
def test_cells_run_in_another_order_or_twice_are_a_problem(work, numbers):
    for id, number in zip(["imports", "stamp", "sum-cell"], numbers, strict=True):
        cell(work, id)["execution_count"] = number
    [what] = problems(work)
    assert what.startswith("not run in order: code cell")


def test_code_changed_after_the_run_is_a_problem(work):
    cell(work, "stamp")["outputs"] = [result("'code 0000456789abcdef'", 2)]
    assert problems(work) == ["the code has changed since it was run"]
    cell(work, "stamp")["outputs"] = []
    assert problems(work) == ["the code has changed since it was run"]


def test_one_of_two_stamps_that_does_not_match_is_enough(work):
    old = result("'code 0000456789abcdef'", 4)
    work["cells"].append(code("submission.stamp()", 4, "my-stamp", old))
    assert problems(work) == ["the code has changed since it was run"]


def test_a_stamp_may_be_printed(work):
    cell(work, "stamp").update(
        source="print(submission.stamp())", outputs=[printed(f"code {CODE}\n")]
    )
    assert problems(work) == []


def test_a_deleted_stamp_is_a_problem_with_the_cell_to_put_back(work):
    work["cells"].remove(cell(work, "stamp"))
    cell(work, "sum-cell")["execution_count"] = 2
    [problem] = lookover.look_over("svm.ipynb", json.dumps(work).encode(), CODE)
    assert problem.what.startswith("no stamp")
    assert "from cs231n import submission; submission.stamp()" in problem.way_out


def test_an_error_is_quoted_with_its_cell(work):
    error = {"output_type": "error", "ename": "ValueError", "evalue": "a\nb", "traceback": []}
    cell(work, "sum-cell")["outputs"].append(error)
    assert problems(work) == ["an error is stored: code cell 3, 'print(2 + 2)': ValueError: a"]


def test_the_hash_follows_names_and_content_of_code_and_nothing_else():
    files = {"cs231n/a.py": b"1", "cs231n/b.py": b"2", "notebooks/svm.ipynb": b"{}"}
    same = {**files, "notebooks/svm.ipynb": b"{ }", "cs231n/checks.npz": b"x"}
    assert code_hash(files) == code_hash(dict(reversed(same.items())))
    others = [
        {**files, "cs231n/a.py": b"1 "},
        {**files, "cs231n/a.py": b"2", "cs231n/b.py": b"1"},
        {**files, "cs231n/c.py": b""},
        {"cs231n/a.py": b"1", "cs231n/c.py": b"2"},
    ]
    assert len({code_hash(one) for one in [files, *others]}) == 5
    assert len(code_hash(files)) == 16


def test_the_stamp_is_the_hash_of_the_code_that_is_there():
    assert submission.stamp() == f"code {code_hash(collect(ROOT).files)}"


# --- Are the questions answered? --------------------------------------------------------------

ANSWERS = [
    "Because.",
    "是的",
    "ค่าเฉลี่ย",
    "لأن",
    "$0$",
    f"{ANSWER_PLACEHOLDER}\n\nBecause.",
    f"Because.\n\n{ANSWER_PLACEHOLDER}",
    "**Your answer.** Because.",
    "*Replace this line.* Because.",
    "<p>Because.</p>",
    "<!-- a thought --> Because.",
    "![on paper](attachment:photo.jpg)",
    '<img src="photo.jpg">',
]
NO_ANSWERS = [
    ANSWER_PLACEHOLDER,
    f"  {ANSWER_PLACEHOLDER}\n\n",
    "**Your answer.**",
    "*Replace this line.*",
    "",
    " \n\t\u200b",
    "<!-- TODO: think -->",
    f"{ANSWER_PLACEHOLDER}\n<!-- never closed",
    "&nbsp;<br>\n---\n**",
    "...",
]


@pytest.mark.parametrize("text", ANSWERS)
def test_an_answer_counts_in_any_language_with_or_without_the_prompt(work, text):
    cell(work, "answer-1")["source"] = text
    assert problems(work) == []


@pytest.mark.parametrize("text", NO_ANSWERS)
def test_what_says_nothing_is_no_answer(work, text):
    cell(work, "answer-1")["source"] = text
    assert problems(work) == ["inline question 1 is not answered"]


@pytest.mark.parametrize("id", ["3f2a9c1d", "b1946ac9-2497-4c1a-b1d3-f0b7c2f2a1aa", "12345678"])
@pytest.mark.parametrize("place", [-1, 1])
def test_an_answer_in_a_new_cell_beside_the_prompt_counts(work, place, id):
    unanswered(work, "answer-1")
    put_beside(work, place, markdown("Because.", id))
    assert problems(work) == []


def test_an_answer_below_an_experiment_below_the_prompt_counts(work):
    unanswered(work, "answer-1")
    put_beside(work, 1, markdown("Because it is 1.", "22222222"))
    put_beside(work, 1, code("# Because.", None, "11111111"))
    assert [what for what in problems(work) if "question" in what] == []


def test_neither_given_cells_nor_code_nor_cells_elsewhere_are_an_answer(work):
    unanswered(work, "answer-1")
    put_beside(work, 1, markdown("Given prose.", "more-prose-2"))
    work["cells"].append(markdown("Because.", "3f2a9c1d"))
    assert problems(work) == ["inline question 1 is not answered"]
    work = notebook(CODE)
    unanswered(work, "answer-1")
    put_beside(work, 1, code("# Because.", 3, "3f2a9c1d"))
    cell(work, "sum-cell")["execution_count"] = 4
    assert problems(work) == ["inline question 1 is not answered"]


def test_a_deleted_answer_cell_is_named_and_a_copy_of_it_counts(work):
    answer = cell(work, "answer-2")
    work["cells"].remove(answer)
    assert problems(work) == ["the answer cell of inline question 2 is missing"]
    answer.update(id="3f2a9c1d", metadata={"nbgrader": {"grade_id": "answer-2"}})
    work["cells"].append(answer)
    assert problems(work) == []


def test_without_ids_prose_beside_the_prompt_is_not_taken_for_an_answer(work):
    unanswered(work, "answer-1")
    for one in work["cells"]:
        one["metadata"] = {"nbgrader": {"grade_id": one["id"]}} if "answer" in one["id"] else {}
        del one["id"]
    work["nbformat_minor"] = 4
    assert problems(work) == ["inline question 1 is not answered"]


@pytest.mark.parametrize("name", ["svm", "softmax"])
def test_every_cell_of_the_course_is_known_as_given_and_every_question_is_answered(name):
    content = (ROOT / "notebooks" / f"{name}.ipynb").read_bytes()
    cells = lookover.read_cells(content)
    assert [one["ids"] for one in cells if not lookover.is_given_cell(one)] == []
    assert lookover.missing_answers(name, cells) == []
    changed = copy.deepcopy(cells)
    for one in changed:
        if one["ids"] & {"answer-1", "answer-2"}:
            one["source"] = ANSWER_PLACEHOLDER
    assert len(lookover.missing_answers(name, changed)) == 2


# --- Is it a notebook at all? -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe\xfa", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "not in notebook format 4"),
        (b'{"nbformat": 3, "worksheets": []}', "not in notebook format 4"),
        (b'{"nbformat": 4}', "no list of cells"),
        (b'{"nbformat": 4, "cells": [1]}', "no list of cells"),
    ],
)
def test_a_broken_notebook_is_said_in_one_line(content, said):
    [what] = problems(content)
    assert said in what and "\n" not in what


def test_cells_of_any_shape_are_survived():
    odd = [{}, {"source": 3, "id": 5}, {"cell_type": "code", "source": ["x", 1], "outputs": 7}]
    odd += [{"cell_type": "code", "source": "y", "outputs": [3, {"data": []}], "metadata": []}]
    assert "it has not been run" in problems({"nbformat": 4, "cells": odd})


def test_a_notebook_beyond_the_limit_names_what_makes_it_large(work):
    cell(work, "sum-cell")["outputs"] = [printed("4" * NOTEBOOK_LIMIT)]
    [what] = problems(work)
    assert "25.0 MB in code cell 3, 'print(2 + 2)'; the limit is 25 MB" in what
