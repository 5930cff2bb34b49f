"""Do the notebooks work for a student, in JupyterLab and in a browser?

nbval executes cells without a page. This does what a student does: opens a notebook, chooses
Run > Run All Cells, and looks. What it saw is in build/browser/<notebook>/.
"""

import shutil
from functools import partial

import nbformat
import pytest
from student_edition import with_constants

from conftest import ROOT
from tests.lab_in_browser import choose, chromium, jupyterlab, look, wait_for, wait_until_open

pytestmark = pytest.mark.slow  # both notebooks, from top to bottom, with fewer steps

SCROLL_TO_BAR = "document.querySelector('.progress-bar')?.scrollIntoView({block: 'center'})"

# Returns whether that shows the end of the last cell; empty space follows it.
SCROLL_TO_SCREEN = """
const view = document.querySelector(".jp-WindowedPanel-outer");
view.scrollTop = arguments[0] * view.clientHeight;
const last = [...document.querySelectorAll(".jp-Cell")].at(-1);
return last.getBoundingClientRect().bottom <= view.getBoundingClientRect().bottom;
"""


@pytest.fixture
def run_all(tmp_path, synthetic_dir):
    """A function that runs all cells of a notebook in JupyterLab and returns what it saw."""

    def run(notebook, name):
        pictures = ROOT / "build" / "browser" / name
        shutil.rmtree(pictures, ignore_errors=True)
        pictures.mkdir(parents=True)
        copy_repository(tmp_path, notebook, name)
        with (
            jupyterlab(tmp_path, synthetic_dir) as (url, token),
            chromium(tmp_path / "chromium") as driver,
        ):
            driver.get(f"{url}lab/tree/notebooks/{name}.ipynb?token={token}")
            return watch(driver, pictures)

    return run


def copy_repository(folder, notebook, stem):
    """Copy what a notebook uses, and the notebook without outputs: what is seen then is new."""
    for name in ("cs231n", "course", "exercises"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "datasets").mkdir()
    shutil.copy(ROOT / "datasets" / "picture.png", folder / "datasets")
    for cell in code_cells(notebook):
        cell.outputs, cell.execution_count = [], None
    ignore = shutil.ignore_patterns("*.ipynb", ".*")
    shutil.copytree(ROOT / "notebooks", folder / "notebooks", ignore=ignore)
    nbformat.write(notebook, folder / "notebooks" / f"{stem}.ipynb")


def watch(driver, pictures):
    """Choose Run All Cells; return what LOOK returns in the end, and what was seen meanwhile."""

    def save(name):
        driver.save_screenshot(pictures / f"{name}.png")

    def ended():
        nonlocal progress
        page = look(driver)
        if page["bars"] and not progress:
            progress = True
            driver.execute_script(SCROLL_TO_BAR)
            save("progress")
        # All cells get [*] at once. When one fails, those after it go back to [ ].
        started = set(page["prompts"]) != {"[ ]:"}
        waiting = "[*]:" in page["prompts"]
        return page["dialog"] or (started and not waiting and page["idle"])

    progress = False
    try:
        wait_until_open(driver)
        choose(driver, "Run", "Run All Cells")
        # It takes 45 seconds on an idle machine.
        wait_for(ended, seconds=600, what="all cells are executed")
    finally:
        save("end")
    number, at_end = 0, False
    while not at_end:
        at_end = driver.execute_script(SCROLL_TO_SCREEN, number)
        number += 1
        save(f"screen-{number:02}")
    console = [entry["message"] for entry in driver.get_log("browser")]
    return look(driver) | {"progress": progress, "console": console}


def problems(seen, figures):
    """Return what is wrong, in words; `figures` says how many each code cell should show.

    Any error in the console counts: JupyterLab itself, with an empty notebook, reports none.
    """
    found = [
        f"{kind}: {text}"
        for kind in ("console", "dialog", "error", "formula")
        for text in seen[kind]
    ]
    for number, (expected, shown) in enumerate(zip(figures, seen["figures"], strict=True), 1):
        if shown != expected:
            found.append(f"code cell {number} shows {shown} figures, not {expected}")
    missed = seen["prompts"].count("[ ]:")
    if missed:
        found.append(f"cells not executed: {missed}")
    if not seen["progress"]:
        found.append("no progress bar was seen")
    return found


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def count_figures(cell):
    kinds = [" ".join(output.get("data", {})) for output in cell.outputs]
    return sum("image/" in kind for kind in kinds)


@pytest.mark.parametrize(
    "read",
    [
        partial(with_constants, NUM_ITERS=300),
        pytest.param(partial(nbformat.read, as_version=4), marks=pytest.mark.night),
    ],
    ids=["short", "whole"],
)
@pytest.mark.parametrize("name", ["svm", "softmax"])
def test_notebook_runs_in_jupyterlab_and_shows_all_it_stores(run_all, name, read):
    notebook = read(ROOT / "notebooks" / f"{name}.ipynb")
    figures = [count_figures(cell) for cell in code_cells(notebook)]
    assert problems(run_all(notebook, name), figures) == []


def test_every_fault_of_a_bad_notebook_is_seen(run_all):
    cells = [
        "import sys; print('careful', file=sys.stderr)",
        "from IPython.display import Javascript, Math; Math(r'\\frac{1}')",
        "display({'image/png': 'AAAA'}, raw=True)",
        "Javascript('console.error(\"of ours\")')",
        "1 / 0",
        "print('never')",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    found = problems(run_all(notebook, "bad"), [0, 0, 1, 0, 0, 0])
    faults = [
        "of ours",
        "error: careful",
        "ZeroDivisionError",
        "formula: ",
        "code cell 3 shows 0 figures, not 1",
        "cells not executed: 1",
        "no progress bar",
    ]
    assert len(found) == len(faults), found
    for fault, line in zip(faults, found, strict=True):
        assert fault in line
