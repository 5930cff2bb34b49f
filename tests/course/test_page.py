"""Pages of notebooks need no network: formulas are MathML, pictures have alternative texts."""

import re

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from conftest import ROOT
from course.export.markup import markdown
from course.export.notebook_page import notebook_page
from course.outputs.page import mathml, to_html

pytest.importorskip("latex2mathml", reason="requirements.txt has it: pip install latex2mathml")

PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)


def book(*cells):
    return new_notebook(cells=list(cells))


def figure(data, **metadata):
    outputs = [new_output("display_data", data)]
    return new_code_cell("draw()", outputs=outputs, execution_count=1, metadata=metadata)


@pytest.mark.parametrize("name", ["svm", "softmax"])
def test_a_page_loads_nothing_and_every_formula_is_typeset(name):
    notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    page = to_html(notebook, name)
    loaded = re.findall(r"""<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=["'](\w+:)""", page)
    assert set(loaded) <= {"data:"}
    prose = re.sub(r"<(pre|script|style|iframe)\b.*?</\1>", "", page, flags=re.DOTALL)
    assert not re.search(r"\$|\\[a-zA-Z]", re.sub(r"<[^>]*>", "", prose))
    typed = [re.sub(r"`[^`]*`", "", cell.source) for cell in notebook.cells if is_prose(cell)]
    count = sum(len(re.findall(r"\$\$.+?\$\$|\$[^$]+\$", text, re.DOTALL)) for text in typed)
    assert page.count("<math ") == count > 20


def is_prose(cell):
    return cell.cell_type == "markdown"


@pytest.mark.parametrize(
    "latex, display, parts",
    [
        (r"\frac{1}{N} \sum_i L_i", "block", ['display="block"', "<mfrac>", "<munder"]),
        (r"\partial L/\partial W", "inline", ['display="inline"', "&#x02202;"]),
        (r"\begin{matrix}1&2\\3&4\end{matrix}", "block", ["<mtable>", "<mn>4</mn>"]),
    ],
)
def test_formulas_become_mathml(latex, display, parts):
    made = mathml(latex, display)
    assert made.startswith("<math") and all(part in made for part in parts)


@pytest.mark.parametrize("latex", [r"\left(", "x" * 3000, "{" * 500])
def test_what_is_no_formula_is_shown_as_it_was_typed(latex):
    assert mathml(latex) == ""
    assert f"${latex}$" in to_html(book(new_markdown_cell(f"a ${latex}$ b")), "t")
    assert f'<code class="math">${latex}$</code>' in markdown(f"a ${latex}$ b")


@pytest.mark.parametrize(
    "latex",
    [
        r"\text{<script>alert(1)</script>}",
        r"\href{javascript:alert(1)}{x}",
        r"\style{position:fixed}{x}",
        r"\class{overlay}{x}",
        r"\text{</math><img src=x onerror=alert(1)>}",
        "x < <img src=x onerror=alert(1)>",
    ],
)
def test_a_students_formula_brings_no_markup_of_its_own(latex):
    html = markdown(f"${latex}$")
    assert not re.search(r"<(?!/?(p|code|math|m[a-z]+)\b)", html)
    assert not re.search(r"<[^>]*\b(on\w+|href|src|style|class=\"overlay)", html)


def test_many_formulas_cost_no_more_than_some():
    assert markdown("$x$ " * 4000).count("<math") == 300


def test_pictures_are_told_by_their_cells():
    told = 'a "curve" & <points>'
    cells = figure({"image/png": PIXEL}, alt=told), figure({"image/png": PIXEL})
    assert alts(to_html(book(*cells), "t")) == [
        told,
        "No description has been provided for this image",
    ]
    graded = notebook_page(nbformat.writes(book(*cells)).encode())
    assert alts(graded) == [told, "output of this cell"]


def alts(page):
    return [picture["alt"] for picture in BeautifulSoup(page, "html.parser").find_all("img")]


def test_a_figure_to_be_touched_is_in_the_page_and_a_picture_where_nothing_may_run():
    frame = (
        '<div><img alt="all" src="data:image/png;base64,AAAA"><iframe srcdoc="x"></iframe></div>'
    )
    touch = figure({"text/html": frame, "image/png": PIXEL, "text/plain": "all"})
    assert '<iframe srcdoc="x">' in to_html(book(touch), "t")
    graded = notebook_page(nbformat.writes(book(touch)).encode())
    assert "<iframe" not in graded and PIXEL in graded
