"""What does a person see in nbgrader, and do nbgrader's own programs work on the course?"""

import csv
import json
import random
from html.parser import HTMLParser

import nbformat
import pytest

pytest.importorskip("nbgrader")

from gradebook_submissions import (
    ANSWER,
    COURSE,
    HINT,
    answered,
    cell_of,
    dump,
    edition,
    give,
    graded,
    nbgrader,
    shown,
)
from nbconvert.filters import markdown2html

from conftest import ROOT
from course import definition
from course.edition import handed_out
from course.export import nbgrader as gradebook
from course.export.nbgrader import course_folder, course_notebook


@pytest.fixture
def book(tmp_path):
    return tmp_path / "out" / "nbgrader"


def graded_cells(book):
    return [cell.id for cell in book.cells if cell.metadata.get("nbgrader", {}).get("grade")]


def take_out(book):
    book["cells"] = [cell for cell in book["cells"] if "answer" not in cell["id"]]


def shuffle(book):
    book["cells"].reverse()


def double(book):
    book["cells"] = [cell for cell in book["cells"] for _ in range(2)]


def forget_ids(book):
    for cell in book["cells"]:
        del cell["id"]
        cell["metadata"] = {}


def empty(book):
    book["cells"] = []


def only_code(book):
    for cell in book["cells"]:
        cell.update(cell_type="code", outputs=[], execution_count=None)


@pytest.mark.parametrize("change", [take_out, shuffle, double, forget_ids, empty, only_code])
def test_every_graded_cell_is_there_once_whatever_was_done_to_the_notebook(book, change):
    books = answered("Kinks.")
    change(books["one"])
    gradebook.record(COURSE, book, [graded("alice", books)])
    found = shown(book, "alice")
    nbformat.validate(found)
    given = course_folder.assignment(COURSE).cells["one"]
    expected = graded_cells(nbformat.v4.new_notebook(cells=given))
    assert sorted(graded_cells(found)) == sorted(expected)
    if change is not shuffle:
        assert graded_cells(found) == expected
    original = {cell.id: cell for cell in given}
    for cell in found.cells:
        if cell.id.startswith(("check-", "question-")):
            assert (cell.source, cell.cell_type) == (
                original[cell.id].source,
                original[cell.id].cell_type,
            )
    if change in (shuffle, double, forget_ids, only_code):
        answer = next(cell for cell in found.cells if cell.id == "answer-1")
        assert "Kinks." in answer.source and answer.cell_type == "markdown"


def test_what_students_wrote_stays_readable(book):
    picture = next(
        output["data"]["image/png"]
        for cell in json.loads((ROOT / definition.load().notebook_files[0]).read_text())["cells"]
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    )
    text = "If $a < b$, `x[i]` is *small*: ![it](attachment:it.png) see https://example.org/"
    books = answered(text)
    cell = cell_of(books["one"], "answer-1")
    cell["attachments"] = {"it.png": {"image/png": picture}}
    search = cell_of(books["one"], "search-cell")
    search["source"] = "search = 1 < 2"
    search["outputs"] = [
        nbformat.v4.new_output("display_data", {"image/png": picture, "text/html": "<b>"}),
        nbformat.v4.new_output("stream", text="\x1b[31mred\x1b[0m\n"),
    ]
    gradebook.record(COURSE, book, [graded("alice", books)])
    found = {cell.id: cell for cell in shown(book, "alice").cells}
    assert found["answer-1"].source == text
    assert found["answer-1"].attachments["it.png"]["image/png"] == picture.replace("\n", "")
    assert found["search-cell"].source == "search = 1 < 2"
    figure, printed = found["search-cell"].outputs
    assert figure.data["image/png"] == picture.replace("\n", "") and "text/html" not in figure.data
    assert printed.text == "red"


def test_the_executed_notebook_is_shown_where_there_is_one(book):
    result, _, submitted = graded("alice", edition())
    executed = edition()
    cell_of(executed["one"], "imports")["outputs"] = [nbformat.v4.new_output("stream", text="ran")]
    executed = {"one": json.dumps(executed["one"]).encode()}
    gradebook.record(COURSE, book, [(result, executed, submitted)])
    outputs = {cell.id: cell.get("outputs") for cell in shown(book, "alice").cells}
    assert outputs["imports"][0].text == "ran"
    assert "not executed" in shown(book, "alice", "two").cells[0].source
    handed_in = book / "submitted" / "alice" / COURSE.name / "one.ipynb"
    assert handed_in.read_bytes() == submitted["one"]


def test_the_code_that_a_check_is_about_stands_above_it(book):
    result, executed, submitted = graded("alice", edition())
    for entry in result["exercises"]:
        entry["code"] = f"def {entry['exercise']}(x):\n    return x < 1"
    gradebook.record(COURSE, book, [(result, executed, submitted)])
    found = shown(book, "alice").cells
    place = [cell.id for cell in found].index("check-sum-naive")
    before = found[place - 1].source
    assert "What was handed in" in before and "    def sum_naive(x):" in before


class Tags(HTMLParser):
    """What a browser would take for elements, and their attributes."""

    def __init__(self, html):
        super().__init__()
        self.found = set()
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.found |= {tag, *(name for name, _ in attributes)}
        self.found |= {"link" for name, to in attributes if name == "href" and to[0] not in "#h"}

    def handle_comment(self, text):
        self.found.add("comment")

    handle_decl = handle_pi = unknown_decl = handle_comment


def test_no_combination_of_signs_becomes_html_links_or_pictures():
    signs = (
        "< > </ <! <? <a <script> <img/src=x/onerror=a> <!-- --> ` ``` ~~~ $ $$ \\ \\( \\[ [ ] ( )"
    )
    signs += (
        " ]( ]: ![ [a] &lt; &#60;a&#62; \" ' * ** _ | |-| # - = : a javascript:a http:a ```mermaid"
    )
    signs = [*signs.split(), "[a]: javascript:a", "\n", "\n\n", "\n    ", "\n> ", "\t", " "]
    rng, harmful = random.Random(231), set()
    for _ in range(3000):
        text, _ = course_notebook.written("".join(rng.choices(signs, k=rng.randint(2, 25))), {})
        harmful |= Tags(markdown2html(text)).found & {
            *("script", "img", "comment", "onerror", "src", "link", "style", "iframe")
        }
    assert not harmful
    assert Tags("<img src=x onerror=a><!-- --><a href='javascript:a'>").found >= {
        *("img", "src", "onerror", "comment", "link")
    }


@pytest.mark.parametrize(
    "text", ["[" * 20_000, "$" * 20_000, "*a" * 9_000, ">" * 20_000, "![](attachment:x.png)" * 99]
)
def test_no_answer_breaks_the_page(book, text):
    gradebook.record(COURSE, book, [graded("alice", answered("So: " + text))])
    answer = next(cell for cell in shown(book, "alice").cells if cell.id == "answer-1")
    assert "So:" in markdown2html(answer.source)


# nbgrader's own programs


@pytest.mark.slow
def test_nbgrader_exports_and_writes_feedback_and_runs_no_code_of_a_student(book):
    """Traps: checks have no comments; autograding lets code reach ../../../gradebook.db."""
    attack = "open('../../../gradebook.db', 'wb').close(); open('../../../ran', 'w').close()"
    books = answered("Because of **kinks**.")
    books["one"]["cells"].insert(0, nbformat.v4.new_code_cell(attack))
    submissions = [graded("alice", books, ["sum_naive"]), graded("bob", edition())]
    gradebook.record(COURSE, book, submissions)
    give(book, "alice", ANSWER, 4, "Which *kinks*?")
    before = dump(book)

    nbgrader(book, "export")
    with open(book / "grades.csv", encoding="utf-8") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    scores = {slug: (float(row["score"]), float(row["max_score"])) for slug, row in rows.items()}
    assert scores == {"alice": (59, 100), "bob": (70, 100)}

    page = book / "feedback" / "alice" / COURSE.name / "one.html"
    page.parent.mkdir(parents=True)
    page.write_text("4 points, of last week")
    nbgrader(book, "generate_feedback", COURSE.name, "--student", "alice")
    text = page.read_text(encoding="utf-8")
    assert "last week" not in text
    assert "Which <em>kinks</em>?" in text and "4.0 / 5.0" in text and HINT in text

    told = nbgrader(book, "autograde", COURSE.name, "--force", fails=True)
    assert "python -m course.grader grade" in told
    assert dump(book) == before and not (book / "ran").exists()
    assert shown(book, "alice").cells  # nor was anything removed

    nbgrader(book, "generate_assignment", COURSE.name, "--force")
    assert dump(book) == before


def test_students_get_the_edition_unchanged(book):
    gradebook.record(COURSE, book, [])
    release = book / "release" / COURSE.name
    for name in ("notebooks/one.ipynb", "notebooks/two.ipynb", "toy/sums.py"):
        path = release / name.removeprefix("notebooks/")
        assert path.read_bytes() == handed_out.edition(COURSE).files[name]
    expected = {"one.ipynb", "two.ipynb", "toy", "course", "exercises"}
    assert {path.name for path in release.iterdir()} == expected
    source = nbformat.read(book / "source" / COURSE.name / "one.ipynb", as_version=4)
    checks = [cell for cell in source.cells if cell.id.startswith("check-sum")]
    assert all(cell.metadata.nbgrader.solution for cell in checks)  # or it had no comment


def test_settings_of_the_course_are_the_instructors(book):
    gradebook.record(COURSE, book, [])
    config = book / "nbgrader_config.py"
    config.write_text("# mine\n")
    gradebook.record(COURSE, book, [])
    assert config.read_text() == "# mine\n"
