"""Every figure of the notebooks is numbered in order, titled, announced, and told in words.

Those of evidence have letters: students do not get them, and a number would be missing.
"""

import re

import nbformat
import pytest

from conftest import ROOT
from course.edition.notebooks import is_evidence

NUMBERED = re.compile(r"Figure (\d+)\. \w")


def figures_of(name):
    """Return the cells that show pictures, and all cells, of a notebook."""
    cells = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4).cells
    return [cell for cell in cells if shows_picture(cell)], cells


def shows_picture(cell):
    kinds = [kind for output in cell.get("outputs", []) for kind in output.get("data", {})]
    return any(kind.startswith("image/") for kind in kinds)


def problems(figures, cells):
    """Return what is wrong with the figures of a notebook, in words."""
    found, number, letters = [], 0, iter("ABCDEF")
    for cell in figures:
        if not 30 <= len(cell.metadata.get("alt", "")) <= 400:
            found.append(f"{cell.id}: 30 to 400 characters of alternative text are missing")
        if is_evidence(cell):
            letter = next(letters)
            if f'"Figure {letter}. ' not in cell.source:
                found.append(f"{cell.id}: not titled as 'Figure {letter}. …'")
            continue
        number += 1
        if {int(one) for one in NUMBERED.findall(cell.source)} != {number}:
            found.append(f"{cell.id}: not titled as 'Figure {number}. …'")
        before = cells[: cells.index(cell)]
        if not any(f"**Figure {number}**" in one.source for one in before if is_prose(one)):
            found.append(f"{cell.id}: nothing above it says what **Figure {number}** shows")
    named = {int(one) for cell in cells if is_prose(cell) for one in named_in(cell)}
    found += [f"there is no Figure {one}" for one in sorted(named - set(range(1, number + 1)))]
    texts = [cell.metadata.get("alt") for cell in figures]
    return found + [f"told twice: {text}" for text in {*texts} if text and texts.count(text) > 1]


def is_prose(cell):
    return cell.cell_type == "markdown"


def named_in(cell):
    return re.findall(r"\bFigure (\d+)", cell.source)


@pytest.mark.parametrize("name", ["svm", "softmax"])
def test_figures_are_numbered_titled_announced_and_told(name):
    figures, cells = figures_of(name)
    assert len(figures) >= 8
    assert problems(figures, cells) == []


@pytest.mark.parametrize(
    "edit, told",
    [
        (lambda cell, _: cell.metadata.pop("alt"), "alternative text"),
        (lambda cell, _: cell.update(source="plot()"), "not titled as 'Figure 1. …'"),
        (lambda cell, _: cell.update(source="plot('Figure 2. A')"), "not titled as 'Figure 1. …'"),
        (lambda cell, _: cell.metadata.update(tags=["evidence"]), "not titled as 'Figure A. …'"),
        (lambda _, prose: prose.update(source="See:"), "nothing above it says"),
        (lambda _, prose: prose.update(source="**Figure 1**, Figure 3"), "there is no Figure 3"),
    ],
)
def test_what_is_wrong_with_a_figure_is_told(edit, told):
    prose = nbformat.v4.new_markdown_cell("**Figure 1** shows it.")
    output = nbformat.v4.new_output("display_data", {"image/png": ""})
    cell = nbformat.v4.new_code_cell("plot('Figure 1. A')", outputs=[output])
    cell.metadata["alt"] = "A curve that rises from left to right."
    assert problems([cell], [prose, cell]) == []
    edit(cell, prose)
    assert [one for one in problems([cell], [prose, cell]) if told in one]
