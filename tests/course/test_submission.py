"""Does the look-over before handing in find what is wrong, and nothing where all is well?

What is an answer: test_notebook.py.
"""

import json

import pytest
from cells import code, printed, result
from small_coursework import NOTEBOOK, cell, finished, run_with, write_coursework
from test_notebook import BROKEN

from course import record, submission
from course.notebook import PLACEHOLDER
from course.submission.contents import code_hash, collect
from course.submission.lookover import look_over

CODE = "0123456789abcdef"
THIRD = "code cell 3, 'print(sums.total([1, 2, 3]))'"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return write_coursework(tmp_path_factory.mktemp("student"))


@pytest.fixture
def work():
    content = finished()
    run_with(content, CODE)
    return content


@pytest.fixture
def problems(course):
    """Return the problems of a notebook, each as the sentence that is printed."""

    def look(content):
        content = json.dumps(content).encode() if isinstance(content, dict) else content
        notebook = course.notebooks["one"]
        found = look_over(course, notebook, content, CODE, record.read(course))
        assert {one.where for one in found} <= {NOTEBOOK}
        assert all(one.way_out for one in found)
        return [one.what for one in found]

    return look


def test_finished_work_has_no_problem(work, problems):
    assert problems(work) == []


# Was it run?


def test_a_notebook_that_was_not_run_is_one_problem(work, problems):
    for one in work["cells"]:
        if one["cell_type"] == "code":
            one["execution_count"], one["outputs"] = None, []
    assert problems(work) == ["it has not been run"]


def test_a_cell_that_was_not_run_is_named(work, problems):
    cell(work, "total-cell")["execution_count"] = None
    assert problems(work) == [f"not run: {THIRD}"]
    cell(work, "mean-check")["execution_count"] = None
    assert problems(work) == [f"not run: {THIRD} and 1 more"]


@pytest.mark.parametrize("numbers", [[1, 3, 2], [1, 2, 4], [2, 3, 4], [1, 1, 2], [1, 2, "3"]])
def test_cells_run_in_another_order_or_twice_are_a_problem(work, problems, numbers):
    for id, number in zip(["imports", "stamp", "total-cell"], numbers, strict=True):
        cell(work, id)["execution_count"] = number
    [what] = problems(work)
    assert what.startswith("not run in order: code cell")


def test_the_first_cell_that_is_out_of_order_is_named(work, problems):
    cell(work, "total-cell")["execution_count"] = 7
    assert problems(work) == [f"not run in order: {THIRD} has [7] instead of [3]"]


def test_code_changed_after_the_run_is_a_problem(work, problems):
    run_with(work, "0000456789abcdef")
    assert problems(work) == ["the code has changed since it was run"]
    cell(work, "stamp")["outputs"] = []
    assert problems(work) == ["the code has changed since it was run"]


def test_one_of_two_stamps_that_does_not_match_is_enough(work, problems):
    old = result("'code 0000456789abcdef'", 7)
    work["cells"].append(code("submission.stamp()", 7, "my-stamp", old))
    assert problems(work) == ["the code has changed since it was run"]


def test_a_stamp_may_be_printed(work, problems):
    cell(work, "stamp").update(
        source="print(submission.stamp())", outputs=[printed(f"code {CODE}\n")]
    )
    assert problems(work) == []


def test_a_deleted_stamp_is_a_problem_with_the_cell_to_put_back(work, course):
    work["cells"].remove(cell(work, "stamp"))
    for number, one in enumerate(one for one in work["cells"] if one.get("execution_count")):
        one["execution_count"] = number + 1
    content, edition = json.dumps(work).encode(), record.read(course)
    [problem] = look_over(course, course.notebooks["one"], content, CODE, edition)
    assert problem.what.startswith("no stamp")
    assert "from course import submission; submission.stamp()" in problem.way_out


def test_an_error_is_quoted_with_its_cell(work, problems):
    error = {"output_type": "error", "ename": "ValueError", "evalue": "a\nb", "traceback": []}
    cell(work, "total-cell")["outputs"].append(error)
    assert problems(work) == [f"an error is stored: {THIRD}: ValueError: a"]


def test_the_hash_follows_names_and_content_of_code_and_nothing_else():
    files = {"toy/a.py": b"1", "toy/b.py": b"2", NOTEBOOK: b"{}"}
    same = {**files, NOTEBOOK: b"{ }", "toy/checks.npz": b"x"}
    assert code_hash(files) == code_hash(dict(reversed(same.items())))
    others = [
        {**files, "toy/a.py": b"1 "},
        {**files, "toy/a.py": b"2", "toy/b.py": b"1"},
        {**files, "toy/c.py": b""},
        {"toy/a.py": b"1", "toy/c.py": b"2"},
    ]
    assert len({code_hash(one) for one in [files, *others]}) == 5
    assert len(code_hash(files)) == 16


def test_the_stamp_is_the_hash_of_the_code_that_is_there(course):
    assert submission.stamp(course.root) == f"code {code_hash(collect(course).files)}"


def test_what_a_person_grades_and_is_not_there_is_a_problem(work, problems):
    cell(work, "answer-1")["source"] = PLACEHOLDER
    cell(work, "search-cell")["source"] = "# To do.\nprint(1)"
    assert problems(work) == ["Question on means is not answered"]
    cell(work, "search-cell")["source"] = "# To do."
    assert problems(work) == ["Question on means is not answered", "Search is not written"]


# Is it a notebook at all?


@pytest.mark.parametrize(("content", "said"), BROKEN)
def test_a_broken_notebook_is_said_in_one_line(problems, content, said):
    [what] = problems(content)
    assert said in what and "\n" not in what
