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
from student_edition import derived

from conftest import ROOT
from course.export import nbgrader as gradebook
from course.export.nbgrader import course_folder, course_notebook


@pytest.fixture
def course(tmp_path):
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
def test_every_graded_cell_is_there_once_whatever_was_done_to_the_notebook(course, change):
    books = answered("Kinks.")
    change(books["svm"])
    gradebook.record(course, [graded("alice", books)])
    found = shown(course, "alice")
    nbformat.validate(found)
    given = course_folder.assignment().given["svm"]
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


def test_what_students_wrote_stays_readable(course):
    picture = next(
        output["data"]["image/png"]
        for cell in json.loads((ROOT / "notebooks" / "svm.ipynb").read_text())["cells"]
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    )
    text = "If $a < b$, `x[i]` is *small*: ![it](attachment:it.png) see https://cs231n.github.io/"
    books = answered(text)
    cell = cell_of(books["svm"], "answer-1")
    cell["attachments"] = {"it.png": {"image/png": picture}}
    search = cell_of(books["svm"], "search-cell")
    search["source"] = "search = 1 < 2"
    search["outputs"] = [
        nbformat.v4.new_output("display_data", {"image/png": picture, "text/html": "<b>"}),
        nbformat.v4.new_output("stream", text="\x1b[31mred\x1b[0m\n"),
    ]
    gradebook.record(course, [graded("alice", books)])
    found = {cell.id: cell for cell in shown(course, "alice").cells}
    assert found["answer-1"].source == text
    assert found["answer-1"].attachments["it.png"]["image/png"] == picture.replace("\n", "")
    assert found["search-cell"].source == "search = 1 < 2"
    figure, printed = found["search-cell"].outputs
    assert figure.data["image/png"] == picture.replace("\n", "") and "text/html" not in figure.data
    assert printed.text == "red\n"


def test_the_executed_notebook_is_shown_where_there_is_one(course):
    result, _, submitted = graded("alice", edition())
    executed = edition()
    cell_of(executed["svm"], "imports")["outputs"] = [nbformat.v4.new_output("stream", text="ran")]
    executed = {"svm.ipynb": json.dumps(executed["svm"]).encode()}
    gradebook.record(course, [(result, executed, submitted)])
    outputs = {cell.id: cell.get("outputs") for cell in shown(course, "alice").cells}
    assert outputs["imports"][0].text == "ran"
    assert "not executed" in shown(course, "alice", "softmax").cells[0].source
    handed_in = course / "submitted" / "alice" / "linear" / "svm.ipynb"
    assert handed_in.read_bytes() == submitted["svm.ipynb"]


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
def test_no_answer_breaks_the_page(course, text):
    gradebook.record(course, [graded("alice", answered("So: " + text))])
    answer = next(cell for cell in shown(course, "alice").cells if cell.id == "answer-1")
    assert "So:" in markdown2html(answer.source)


# --- nbgrader's own programs ------------------------------------------------------------------


def test_nbgrader_exports_and_writes_feedback_and_runs_no_code_of_a_student(course):
    """Traps: checks have no comments; autograding lets code reach ../../../gradebook.db."""
    attack = "open('../../../gradebook.db', 'wb').close(); open('../../../ran', 'w').close()"
    books = answered("Because of **kinks**.")
    books["svm"]["cells"].insert(0, nbformat.v4.new_code_cell(attack))
    gradebook.record(course, [graded("alice", books, ["svm_loss_naive"]), graded("bob", edition())])
    give(course, "alice", ANSWER, 4, "Which *kinks*?")
    before = dump(course)

    nbgrader(course, "export")
    with open(course / "grades.csv", encoding="utf-8") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    scores = {slug: (float(row["score"]), float(row["max_score"])) for slug, row in rows.items()}
    assert scores == {"alice": (59, 100), "bob": (70, 100)}

    page = course / "feedback" / "alice" / "linear" / "svm.html"
    page.parent.mkdir(parents=True)
    page.write_text("4 points, of last week")
    nbgrader(course, "generate_feedback", "linear", "--student", "alice")
    text = page.read_text(encoding="utf-8")
    assert "last week" not in text
    assert "Which <em>kinks</em>?" in text and "4.0 / 5.0" in text and HINT in text

    told = nbgrader(course, "autograde", "linear", "--force", fails=True)
    assert "python -m grading grade" in told
    assert dump(course) == before and not (course / "ran").exists()
    assert shown(course, "alice").cells  # nor was anything removed

    nbgrader(course, "generate_assignment", "linear", "--force")
    assert dump(course) == before


def test_students_get_the_edition_unchanged(course):
    gradebook.record(course, [])
    release = course / "release" / "linear"
    for name in ("notebooks/svm.ipynb", "notebooks/softmax.ipynb", "cs231n/data_utils.py"):
        path = release / name.removeprefix("notebooks/")
        assert path.read_bytes() == derived().files[name]
    assert {path.name for path in release.iterdir()} == {"svm.ipynb", "softmax.ipynb", "cs231n"}
    source = nbformat.read(course / "source" / "linear" / "svm.ipynb", as_version=4)
    checks = [cell for cell in source.cells if cell.id.startswith("check-svm")]
    assert all(cell.metadata.nbgrader.solution for cell in checks)  # or it had no comment


def test_settings_of_the_course_are_the_instructors(course):
    gradebook.record(course, [])
    config = course / "nbgrader_config.py"
    config.write_text("# mine\n")
    gradebook.record(course, [])
    assert config.read_text() == "# mine\n"
