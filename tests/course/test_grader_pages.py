"""Do the pages, tables and exports say what a result says, to those who may know it?"""

import json

import nbformat
import pytest
from bs4 import BeautifulSoup
from cells import code, displayed, markdown, notebook, printed, raised
from sample_course import check_cell

from course import definition
from course.export import feedback, grades, gradescope, markup, overview
from course.export.nbgrader.scores import scores, unanswered
from course.export.notebook_page import PAGE_LIMIT, notebook_page
from tests.conftest import ROOT
from tests.sample_results import LOOPS, cell, executed, graded, result, text_of, with_exercises

SECRET = "s3cret 3.14159265"


@pytest.fixture
def page(sample):
    """What the feedback page of a result says."""
    return lambda *args: text_of(feedback.page(sample, *args))


# Feedback


def test_points_are_told_with_what_waits_for_a_person(page):
    told = page(result())
    assert "70 of 100 points so far; answers worth 30 wait for a person" in told
    assert "Automatic 70 of 70 By hand 0 of 30, 30 not yet graded So far 70 of 100" in told
    told = page(result(), graded(result(), 4.5, "Well said."))
    assert "97 of 100 points Automatic 70 of 70 By hand 27 of 30 Total 97 of 100" in told
    assert told.count("Well said.") == 6


def test_no_total_is_final_where_a_file_was_not_found(page, sample):
    """Also where no notebook was to be executed, so that none is told as missing there."""
    one = result(missing=["notebooks/one.ipynb", "toy/sums.py"], notebooks=[])
    why = "one.ipynb, sums.py were not found"
    assert f"70 of 100 points so far; answers worth 30 wait for a person; {why}" in page(one)
    told = page(one, graded(one, 0))
    assert f"70 of 100 points so far; {why}" in told and "Total" not in told
    assert f"so far; {why}" in gradescope.results(one, graded(one, 0))["output"]
    assert overview.row(sample, one, graded(one, 0))["waits"] == why


def test_what_was_not_answered_does_not_wait_but_an_unreadable_notebook_does(page):
    one = result()
    one["answers"][0] |= {"answered": False, "source": ""}
    one["answers"][1] |= {"answered": False, "source": "", "state": "unreadable"}
    told = page(one)
    assert "answers worth 25 wait" in told
    assert "Inline question 1 one.ipynb 0 of 5 Nothing was written." in told
    assert (
        "Hyperparameter search one.ipynb waits for a person, 5 possible one.ipynb cannot be" in told
    )
    given = {("one", "answer-1"): {"score": 3.0, "comment": "It is in the question's cell."}}
    assert "answers worth 25 wait" in page(one, given)
    assert "one.ipynb 3 of 5" in page(one, given)


def test_a_person_may_change_the_points_of_an_exercise(page):
    one = with_exercises(result(), train={"status": "failed"})
    told = page(one, {("one", "check-train"): {"score": 7.0, "comment": "A slip of the pen."}})
    assert "67 of 100 points" in told
    assert "Automatic 60 of 70 Changed by a person +7" in told
    assert "train one.ipynb 0 7 of 10 ✗ Not yet right." in told
    assert "Comment A slip of the pen." in told


def test_each_exercise_has_its_verdict_its_hints_and_vectorization_apart(page):
    hint = {"misconceptions": {"sign": "The sign is wrong."}, "status": "failed"}
    told = page(
        with_exercises(
            result(),
            sum_naive=hint | {"public": "Look at the sign."},
            sum_vectorized=LOOPS | {"notes": ["Half the regularization."]},
            train={"status": "not implemented"},
            predict={"status": "broken", "public": "It took too long."},
        )
    )
    assert "sum_naive one.ipynb 0 of 15 ✗ Not yet right. Look at the sign. The sign is" in told
    assert "What was looked at ✓ loss ✗ gradient ✗ inputs left unchanged" in told
    assert "sum_vectorized one.ipynb 15 of 15 ✓ All right." in told
    assert "Note: Half the regularization. ✗ Not vectorized: it visits elements" in told
    assert "train one.ipynb 0 of 10 ✗ Not implemented yet." in told
    assert "predict one.ipynb 0 of 5 ✗ Could not be run. It took too long." in told


def test_vectorization_is_told_apart_from_what_costs_points(page):
    lines = [
        {"title": title, "ok": title == "loss", "detail": ""} for title in ("loss", "vectorized")
    ]
    words = {"lines": lines, "misconceptions": {"loops": "Let NumPy work on the whole array."}}
    one = with_exercises(result(), sum_vectorized=LOOPS | words)
    told = page(one)
    assert "15 of 15 ✓ All right. What was looked at ✓ loss ✗ Not vectorized: it visits" in told
    assert "No points depend on this. Let NumPy work on the whole array." in told
    output = gradescope.results(one)["tests"][1]["output"].split("\n")
    assert output[:2] == ["All right.", "✓ loss"]
    assert output[-1] == "Let NumPy work on the whole array."


def test_points_of_parts_are_told_everywhere(page):
    parts = [
        {"name": "loss", "points": 12, "possible": 12},
        {"name": "speed", "points": 0, "possible": 3},
    ]
    one = with_exercises(result(), sum_vectorized=LOOPS | {"parts": parts, "points": 12})
    told, words = page(one), "Points: 12 of 15: loss 12 of 12, speed 0 of 3"
    assert "sum_vectorized one.ipynb 12 of 15 ✓ All right." in told and words in told
    assert told.count("No points depend on this.") == 1, "speed has points here, not elsewhere"
    test = gradescope.results(one)["tests"][1]
    assert (test["score"], test["max_score"]) == (12, 15) and test["output"].endswith(words)
    cell = nbformat.v4.new_code_cell(id=check_cell("sum_vectorized"))
    cell.metadata.nbgrader = {"grade": True, "locked": True, "points": 15}
    [row] = scores(one, {"one": [cell]})
    assert row.score == 12 and row.comment.endswith(words)


def secretive():
    """A result with something that students must not see in every place that is not for them."""
    lines = [{"title": "loss", "ok": False, "detail": SECRET}]
    hidden = {"status": "failed", "message": SECRET, "lines": lines}
    hidden["vectorized"] = False
    changes = dict.fromkeys(("sum_naive", "train", "product_vectorized"), hidden)
    changes["predict"] = {"status": "broken", "message": SECRET}
    return with_exercises(result(), **changes)


def test_nothing_of_the_unseen_problems_is_shown_nor_what_makes_them(sample):
    one = secretive()
    for shown in (
        feedback.page(sample, one),
        json.dumps(gradescope.results(one)),
        overview.index(sample, [overview.row(sample, one)]),
        grades.table_of([overview.row(sample, one)]),
        overview.summary_table([overview.row(sample, one)]),
    ):
        for secret in (SECRET, str(one["seed"]), one["key"], one["key"][:16], one["grader"]):
            assert secret not in shown


def test_grading_without_the_sandbox_is_said_first(page, sample):
    one = result(sandbox=False)
    assert page(one).startswith("Graded without the sandbox.")
    assert gradescope.results(one)["output"].startswith("Graded without the sandbox")
    rows = [overview.row(sample, one), overview.row(sample, result(slug="b"))]
    assert text_of(overview.index(sample, rows)).startswith(
        "1 of 2 submissions were graded without"
    )
    assert "without the sandbox" not in page(result()).lower()


def test_cells_that_do_not_reproduce_are_shown_with_both_outputs(page, sample):
    cells = [
        *(cell(f"c{i}", "same", i) for i in range(3)),
        cell("train-cell", "differs", 41, "print(total)", "784 is 792", "loss 784", "loss 792"),
        cell(None, "fails", 50, "1 / 0", "", "", "ZeroDivisionError"),
    ]
    one = result(notebooks=[executed("one", cells), executed("two", [], "missing")])
    html = feedback.page(sample, one)
    told = text_of(html)
    assert "Cells: 3 as stored, 1 failing, 1 different." in told
    assert "784 is 792 Show this cell stored loss 784 executed again loss 792" in told
    assert "print(total) shows something else" in told
    assert "1 / 0 fails when it is executed again" in told
    assert 'href="one.html#cell-41"' in html
    assert "two.html" not in html  # there is none
    assert "✗ Not handed in." in told
    placed = cell("c", "differs", 41, "x") | {"section": "Train the SVM"}
    told = page(result(notebooks=[executed("one", [placed])]))
    assert "Cell 42 in \u201cTrain the SVM\u201d, x shows something else" in told
    many = [cell(f"c{i}", "differs", i, f"line {i}") for i in range(500)]
    told = page(result(notebooks=[executed("one", many)]))
    assert "And 460 more." in told
    assert "line 41" not in told


def test_answers_are_rendered_and_formulas_left_readable(sample):
    one = result()
    one["answers"][0]["source"] = (
        "The *slope* jumps at $\\left(m_i$:\n\n$$\n\\left(\\max(0, m) < 1\n$$"  # both without end
    )
    one["answers"][1]["source"] = "for lr in rates:\n    print(lr < 1)"
    picture = {"cell": "figure-3", "mime": "image/png", "name": "a.png"}
    foreign = {"cell": "x", "mime": "image/svg+xml", "name": "a.png"}
    one["answers"][2]["figures"] = [picture, foreign, picture | {"name": "missing.png"}]
    html = feedback.page(sample, one, {}, {"a.png": b"\x89PNG"})
    assert "<em>slope</em>" in html
    assert '<code class="math">$\\left(m_i$</code>' in html
    assert "\\max(0, m) &lt; 1" in html
    assert '<span class="k">for</span>' in html
    assert html.count("<img") == html.count('src="data:image/png;base64,iVBORw=="') == 1


def test_cells_graded_by_hand_have_the_titles_of_the_declaration_everywhere(sample, page):
    one = result()
    [search] = [a for a in one["answers"][:3] if a["kind"] == "code"]
    second = search | {
        "cell": "ablation-cell",
        "title": "Ablation",
        "answered": False,
        "source": "",
    }
    one["answers"].append(second)
    one["points"]["by_hand_possible"] += 5
    assert "Hyperparameter search one.ipynb waits" in page(one)
    assert "Ablation one.ipynb 0 of 5 Nothing was written." in page(one)
    names = [test["name"] for test in gradescope.results(one)["tests"]]
    assert {"one: Hyperparameter search", "one: Ablation"} <= set(names)
    header, line = grades.table_of([overview.row(sample, one)]).replace('"', "").splitlines()
    read = dict(zip(header.split(","), line.split(","), strict=True))
    assert (read["one: Hyperparameter search"], read["one: Ablation"]) == ("", "0")
    assert unanswered(second) == (0.0, "Ablation: Nothing was written.")


def test_the_same_result_gives_the_same_page_and_times_are_not_in_it(sample):
    html = feedback.page(sample, result())
    assert html == feedback.page(sample, result(times={"cpu": 7.0}))
    assert f'content="{markup.POLICY}"'.replace("'", "&#39;") in html


# Notebooks


def test_the_page_of_a_notebook_shows_all_its_cells():
    content = (ROOT / definition.load().notebook_files[0]).read_bytes()
    html = notebook_page(content)
    cells = json.loads(content)["cells"]
    soup = BeautifulSoup(html, "html.parser")
    assert [one["id"] for one in soup.select(".cell")] == [f"cell-{i}" for i in range(len(cells))]
    outputs = [output for one in cells for output in one.get("outputs", [])]
    shown = sum(
        "image/png" in o.get("data", {}) or "image/gif" in o.get("data", {}) for o in outputs
    )
    assert len(soup.select("p.output img")) == shown > 10
    assert "all right" in text_of(html)  # HTML of an output, sanitized
    assert not soup.select("script, link, iframe, object, embed, form")
    assert len(html) < 1.2 * len(content)  # the pictures are most of both
    assert html == notebook_page(content)


def test_outputs_are_shown_or_said_to_be_left_out():
    streams = [printed("a"), printed(["b\n", "c"]), printed("\x1b[31mred") | {"name": "stderr"}]
    traced = raised("KeyError", "7", "\x1b[0;31mKeyError\x1b[0m", "line 3")
    others = [{"text/markdown": "*so*"}, {"text/plain": "<7>"}, {"image/svg+xml": "<svg><text>7"}]
    others += [{"image/png": "broken"}, {"application/javascript": "alert(1)"}]
    table = "<style>td {color: red}</style><table><tr><td onclick='x()'>7</td></tr></table>"
    html = notebook_page(
        notebook(
            code("x", 3, "a", *streams, raised("KeyError", "7"), traced),
            code("x", 3, "b", displayed({"text/html": table, "text/plain": "no"})),
            code("x", 3, "c", *map(displayed, others)),
            markdown("<b>raw</b>") | {"cell_type": "raw"},
        )
    )
    told = text_of(html)
    assert "[3] x ab c red KeyError: 7 KeyError line 3" in told
    assert "<tbody><tr><td>7</td></tr></tbody>" in html
    assert "color: red}" not in told
    assert "<em>so</em>" in html
    assert "&lt;7&gt;" in html
    assert "a picture in SVG, whose text this is: <svg><text>7" in told
    assert "a picture, damaged or over 3,000,000 bytes: not shown" in told
    assert "alert(1)" not in html
    assert "&lt;b&gt;raw&lt;/b&gt;" in html


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"\xff", b"[" * 100_000, b'{"nbformat": 4, "cells": [1]}'],
)
def test_what_is_no_notebook_is_said_to_be_none(content):
    assert "cannot be read as a notebook" in notebook_page(content)


def test_a_huge_notebook_makes_a_bounded_page_in_bounded_time():
    misnested = "<b><i></b></i>" * 1400
    html = notebook_page(notebook(*[markdown(misnested)] * 2000))  # 40 MB
    assert len(html) < PAGE_LIMIT + 1_000_000
    assert "more cells are not shown" in html
    shown = code("x", 3, "a", printed("x" * 10_000_000))
    html = notebook_page(notebook(shown, code("y" * 10_000_000)))
    assert html.count("cut here, after 20,000 characters") == 2
    assert len(html) < 100_000


@pytest.mark.parametrize(
    "text",
    [
        "[" * 20_000,
        "> " * 10_000,
        "<b>" * 6_000,
        "![](" * 5_000,
        "\\begin{a}" * 2_000,
        "**a *" * 4_000,
    ],
)
def test_markdown_that_is_hard_to_parse_is_shown_all_the_same(text):
    assert markup.markdown(text)
