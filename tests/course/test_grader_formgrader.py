"""Does a person grade in nbgrader's formgrader, in a browser, and is it safe to look there?

What the pages showed is in build/browser/formgrader/.
"""

import json
import shutil
import sqlite3
from contextlib import closing

import pytest

pytest.importorskip("nbgrader")

from cells import code, displayed, printed, raised
from gradebook_submissions import COURSE, HINT, answered, cell_of, graded, nbgrader

from conftest import ROOT
from course.export import nbgrader as gradebook
from tests.lab_in_browser import chromium, jupyterlab, wait_for

pytestmark = pytest.mark.slow  # each starts a browser

PICTURES = ROOT / "build" / "browser" / "formgrader"
PROSE = "At a kink, where $s_j<s_y$ changes sides, the difference is between two slopes."

# What must not do anything where it is shown: each sets window.pwned, if it runs.
RUN = "window.pwned=true"
HTML = [
    f"<script>{RUN}</script>",
    f'<img src="x" onerror="{RUN}">',
    f"<svg onload={RUN}></svg>",
    f'<iframe srcdoc="<script>parent.{RUN}</script>"></iframe>',
    f'</textarea></pre></div><body onpageshow="{RUN}"><details open ontoggle={RUN}>',
]
MARKDOWN = [
    *HTML,
    f"[link](javascript:{RUN}) <javascript:{RUN}> ![picture](javascript:{RUN})",
    f"[reference][one] [JAVA](&#106;avascript:{RUN})\n\n[one]: javascript:{RUN}",
    f'[out](http://x/"onmouseover="{RUN}) [title](http://x "\\"onclick={RUN}")',
    f"$\\href{{javascript:{RUN}}}{{x}}$ $$<img src=x onerror={RUN}>$$",
    f"\\begin{{a}}<img src=x onerror={RUN}>\\end{{a}} `<img src=x onerror={RUN}>`",
    f"```mermaid\n<img src=x onerror={RUN}>\n```",
    f"~~~<img/src=x/onerror={RUN}>\n~~~",
    f"# <img src=x onerror={RUN}>\n\n<\\script>{RUN}<\\/script> &lt;script&gt;{RUN}&lt;/script&gt;",
    f"| <img src=x onerror={RUN}> |\n|---|\n| <!--> <script>{RUN}</script> --> |",
    "![missing](attachment:missing.png) ![there](attachment:there.png)",
]
ACTIVE = """
const inside = [...document.querySelectorAll("#notebook *")];
const attributes = inside.flatMap(({attributes}) => [...attributes]);
return [
    ...inside.map(({localName}) => localName).filter((name) => [
        "script", "iframe", "object", "embed", "form", "style", "link", "meta", "base", "svg",
    ].includes(name)),
    ...attributes.filter(({name}) => name.startsWith("on")).map(({name}) => name),
    ...attributes.filter(({name, value}) => ["href", "src", "action", "data"].includes(name)
        && !/^(#|https?:|data:image\\/(png|jpeg|gif);base64,)/.test(value))
        .map(({value}) => value),
];
"""


class Formgrader:
    """Formgrader in a browser, in a server that runs in the folder of a course."""

    def __init__(self, driver, url, token, book):
        self.driver, self.url, self.book, self.pictures = driver, url, book, 0
        driver.get(f"{url}login?token={token}&next=/formgrader")

    def go(self, path):
        self.driver.get(self.url + path)

    def open(self, slug):
        self.go(f"formgrader/submissions/{submission_id(self.book, slug)}/")

    def ask(self, script, *arguments):
        return self.driver.execute_script(f"return {script}", *arguments)

    def wait(self, what, script, *arguments):
        try:
            wait_for(lambda: self.ask(script, *arguments), seconds=60, what=what)
        finally:
            self.save(what)

    def save(self, what):
        self.pictures += 1
        self.driver.save_screenshot(PICTURES / f"{self.pictures:02} {what}.png")

    def hint(self, name):
        """Return what a field says while nobody has typed into it: what nbgrader fills in."""
        return self.ask("document.getElementById(arguments[0]).placeholder", name)

    def typed(self, name):
        return self.ask("document.getElementById(arguments[0]).value", name)

    def waits(self, name):
        field = self.driver.find_element("id", name)
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", field)
        return "needs_manual_grade" in field.get_attribute("class")


@pytest.fixture(scope="module")
def page(tmp_path_factory, synthetic_dir):
    """The Formgrader of a course without submissions: for all tests, as it takes a while."""
    folder = tmp_path_factory.mktemp("course")
    gradebook.record(COURSE, folder / "nbgrader", [])
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir(parents=True)
    with (
        jupyterlab(folder / "nbgrader", synthetic_dir) as (url, token),
        chromium(folder / "chromium") as driver,
    ):
        yield Formgrader(driver, url, token, folder / "nbgrader")


def submission_id(book, slug, notebook="one"):
    query = """SELECT s.id FROM submitted_notebook s
        JOIN submitted_assignment a ON s.assignment_id = a.id
        JOIN notebook n ON s.notebook_id = n.id WHERE a.student_id = ? AND n.name = ?"""
    with closing(sqlite3.connect(book / "gradebook.db")) as connection:
        return connection.execute(query, (slug, notebook)).fetchone()[0]


def hostile():
    """The edition with code for the reader's browser wherever a notebook can hold text."""
    books = answered("\n\n".join(MARKDOWN))
    bad = books["one"]
    bad["metadata"] |= {
        "title": HTML[0],
        "widgets": {"application/vnd.jupyter.widget-state+json": {"a": HTML[0]}},
        "language_info": {"name": HTML[0], "pygments_lexer": HTML[0]},
    }
    cell_of(bad, "answer-1")["attachments"] = {
        "there.png": {f'x"><script>{RUN}</script>': "AAAA", "image/png": HTML[0]}
    }
    everything = "\n".join(HTML)
    outputs = [
        displayed({kind: content}) | {"metadata": metadata}
        for metadata in (
            {},
            {"image/png": {"width": f"1 onload={RUN}"}, "text/html": {"isolated": 1}},
        )
        for content in (everything, [everything], RUN, {"a": everything})
        for kind in (
            *("text/html", "application/javascript", "image/svg+xml", "text/markdown"),
            *("text/latex", "image/png", "text/plain", "application/vnd.jupyter.widget-view+json"),
        )
    ]
    texts = [
        printed(everything) | {"name": HTML[0]},
        raised(everything, everything, *HTML),
        {"output_type": HTML[0], "text": everything},
    ]
    for index, piece in enumerate((texts, outputs[:32], outputs[32:])):
        hostile = code(everything, HTML[0], f'{index}"><script>{RUN}</script>', *piece)
        hostile["metadata"] = {"tags": [HTML[0]], "magics_language": HTML[0]}
        bad["cells"].insert(5 + index, hostile)
    for kind in ("raw", "markdown", HTML[0]):
        raw = {"cell_type": kind, "id": kind, "metadata": {"raw_mimetype": "text/html"}}
        bad["cells"].append(raw | {"source": "\n\n".join(MARKDOWN)})
    cell_of(bad, "title")["source"] += everything
    return books


def test_points_and_comment_of_a_person_survive_a_regrade_and_reach_the_student(page):
    book = page.book
    alice, bob = answered(PROSE), answered("Ein Knick.")
    gradebook.record(COURSE, book, [graded("alice", alice, ["sum_naive"]), graded("bob", bob)])
    page.go("formgrader/gradebook/sample/one")
    waiting = "document.querySelectorAll('.needs-manual-grade .glyphicon-ok').length == 2"
    page.wait("both wait for a person", waiting)

    page.open("alice")
    loaded = "window.formgrader?.grades?.loaded && window.formgrader?.comments?.loaded"
    page.wait("grades are there", loaded)
    assert HINT in page.hint("check-sum-naive-comment")
    assert (page.hint("check-sum-naive"), page.hint("check-train")) == ("0", "10")
    assert page.hint("answer-2-comment") == "Inline question 2: Nothing was written."
    states = [page.waits(name) for name in ("check-train", "answer-2", "answer-1")]
    assert states == [False, False, True]
    page.driver.find_element("id", "answer-1").send_keys("4")
    page.driver.find_element("id", "answer-1-comment").send_keys("Good: *which* slopes?\t")
    given = {("one", "answer-1"): {"score": 4.0, "comment": "Good: *which* slopes?"}}
    what = "points and comment are in the gradebook"
    wait_for(
        lambda: gradebook.manual(COURSE, book).get("alice", {}) == given, seconds=30, what=what
    )
    page.save("graded")

    # The server goes on running while all are graded again.
    gradebook.record(COURSE, book, [graded("alice", alice), graded("bob", bob)])
    assert gradebook.manual(COURSE, book).get("alice", {}) == given
    page.open("alice")
    page.wait("grades are there again", loaded)
    assert (page.typed("answer-1"), page.waits("answer-1")) == ("4", False)
    assert page.typed("answer-1-comment") == "Good: *which* slopes?"
    assert page.hint("check-sum-naive") == "15"
    page.save("regraded")

    # Another answer: the points stay, and formgrader offers to resolve it.
    gradebook.record(COURSE, book, [graded("alice", answered("Other.")), graded("bob", bob)])
    assert gradebook.manual(COURSE, book).get("alice", {}) == given
    page.open("alice")
    page.wait("grades are there a third time", loaded)
    assert (page.typed("answer-1"), page.waits("answer-1")) == ("4", True)
    page.ask("$('#answer-1').closest('.panel-heading').find('.mark-graded').click()")
    page.wait("it is resolved", "!$('#answer-1').hasClass('needs_manual_grade')")
    gradebook.record(COURSE, book, [graded("alice", answered("Other.")), graded("bob", bob)])
    page.open("alice")
    page.wait("grades are there a fourth time", loaded)
    assert (page.typed("answer-1"), page.waits("answer-1")) == ("4", False)

    nbgrader(book, "generate_feedback", COURSE.name, "--student", "alice", "--notebook", "one")
    feedback = (book / "feedback" / "alice" / COURSE.name / "one.html").read_text(encoding="utf-8")
    assert "Good: <em>which</em> slopes?" in feedback and "4.0 / 5.0" in feedback


def test_nothing_that_a_student_wrote_runs_in_the_browser(page):
    book = page.book
    books = hostile()
    result, _, submitted = graded("mallory", books)
    result |= {"name": HTML[0], "remarks": HTML}
    result["exercises"][0]["public"] = result["exercises"][0]["notes"] = HTML
    gradebook.record(COURSE, book, [(result, submitted, submitted)])
    nbgrader(book, "generate_feedback", COURSE.name, "--student", "mallory", "--notebook", "one")
    feedback = book / "feedback" / "mallory" / COURSE.name / "one.html"
    for what in ("formgrader", "feedback"):
        page.open("mallory") if what == "formgrader" else page.driver.get(feedback.as_uri())
        page.wait(f"hostile notebook in {what}", "document.readyState == 'complete'")
        assert page.driver.execute_script(ACTIVE) == []
        assert page.ask("window.pwned ?? null") is None
        # All of it is there to be read, and the rest of the page is as it should be.
        text = page.ask("document.getElementById('notebook').innerText")
        assert text.count("onerror=") > 20 and "answer-1" in page.driver.page_source

    # Would it be seen? The same as the student wrote it, in the place of ours:
    raw = json.dumps(answered("\n\n".join(HTML))["one"])
    (book / "autograded" / "mallory" / COURSE.name / "one.ipynb").write_text(raw)
    page.open("mallory")
    page.wait("it runs if nothing is done about it", "window.pwned === true")
    assert {"script", "onerror", "iframe"} <= set(page.driver.execute_script(ACTIVE))
