"""Can a student work in JupyterLab: write a function, run its check, read, mend, run it again?

All of it in the student edition and in one kernel, never restarted: what changes is a file of the
package. What the page showed is in build/browser/student/.
"""

import re
import shutil

import nbformat
import pytest
from student_edition import derived, put_back

from conftest import ROOT
from course.checks.catalogue import Catalogue
from course.edition import release
from tests.lab_in_browser import choose, chromium, jupyterlab, look, wait_for, wait_until_open

PICTURES = ROOT / "build" / "browser" / "student"
NOTEBOOK = "notebooks/svm.ipynb"
MODULE = "cs231n/classifiers/linear_svm.py"
CHECK = "check-svm-loss-naive"

MISCONCEPTION = "reg-gradient-halved"
RIGHT, WRONG = "2 * float(reg) * W", "float(reg) * W"

SHIFT, ENTER = "\ue008", "\ue007"  # as WebDriver encodes keys

SHOW_CELL = """
const cell = document.querySelectorAll(".jp-CodeCell")[arguments[0]];
cell.scrollIntoView({block: "center"});
return cell.querySelector(".cm-content");  // where one types
"""


class Page:
    """A notebook in JupyterLab; its code cells go by their ids, their outputs are texts."""

    def __init__(self, driver, ids):
        self.driver, self.ids, self.pictures = driver, ids, 0

    def run_all(self):
        """Choose Run All Cells; return the last cell that was run, and its output."""
        page = self.after(lambda: choose(self.driver, "Run", "Run All Cells"))
        # Where one fails, those after it have no numbers, even if they had some before.
        last = max(i for i, prompt in enumerate(page["prompts"]) if prompt != "[ ]:")
        self.save(last)
        return self.ids[last], page["outputs"][last]

    def run(self, cell):
        """Click into a cell and press Shift+Enter; return its number and its output."""
        index = self.ids.index(cell)
        page = self.after(lambda: self.show(index).send_keys(SHIFT + ENTER))
        self.save(index)
        return int(page["prompts"][index].strip("[]:")), page["outputs"][index].strip()

    def after(self, start):
        """Start cells; return what the page shows when they are executed."""

        def end():
            page = look(self.driver)
            assert page["dialog"] == []
            started, waiting = page["prompts"] != before, "[*]:" in page["prompts"]
            return page if started and not waiting and page["idle"] else None

        before = look(self.driver)["prompts"]
        start()
        return wait_for(end, seconds=300, what="the cells are executed")

    def show(self, index):
        return self.driver.execute_script(SHOW_CELL, index)

    def save(self, index):
        self.show(index)
        self.pictures += 1
        self.driver.save_screenshot(PICTURES / f"{self.pictures}-{self.ids[index]}.png")

    def console(self):
        """Return the errors that the browser reported."""
        return [entry["message"] for entry in self.driver.get_log("browser")]


@pytest.fixture
def page(course, tmp_path, synthetic_dir):
    """svm.ipynb of the student edition, which is in tmp_path/student, in JupyterLab."""
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir(parents=True)
    release.write(course, derived(), tmp_path)
    cells = nbformat.read(tmp_path / "student" / NOTEBOOK, as_version=4).cells
    with (
        jupyterlab(tmp_path, synthetic_dir) as (url, token),
        chromium(tmp_path / "chromium") as driver,
    ):
        driver.get(f"{url}lab/tree/student/{NOTEBOOK}?token={token}")
        try:
            wait_until_open(driver)
            yield Page(driver, [cell.id for cell in cells if cell.cell_type == "code"])
        finally:
            driver.save_screenshot(PICTURES / "end.png")


@pytest.mark.slow
def test_checks_and_cells_follow_the_file_without_a_restart(course, page, tmp_path):
    file = tmp_path / "student" / MODULE
    stub = file.read_text(encoding="utf-8")
    right = put_back(stub, derived().changes[MODULE, None][:1])  # the first exercise alone
    assert right.count(RIGHT) == 1

    cell, output = page.run_all()
    assert cell == "by-hand-cell"
    assert f"NotImplementedError: svm_loss_naive in {MODULE} is not implemented yet" in output
    number, output = page.run(CHECK)
    assert output.startswith("svm_loss_naive: not implemented yet")

    file.write_text(right.replace(RIGHT, WRONG), encoding="utf-8")
    again, output = page.run(CHECK)
    assert again == number + 1  # the same kernel
    assert output.startswith("✗ svm_loss_naive: not yet right")
    named = [m.name for m in Catalogue(course).entries if not m.note and m.explanation in output]
    assert named == [MISCONCEPTION]

    file.write_text(right, encoding="utf-8")
    again, output = page.run(CHECK)
    assert again == number + 2
    assert output.startswith("✓ svm_loss_naive: all right") and "✗" not in output
    again, output = page.run("naive-cell")
    assert again == number + 3
    assert re.match(r"loss \d+\.\d+, wrong classes 9", output)

    cell, output = page.run_all()
    assert cell == "vectorize-cell"  # the next exercise
    assert f"NotImplementedError: svm_loss_vectorized in {MODULE} is not implemented" in output
    # The file grew above this line: does the traceback show where the line is now?
    assert re.search(r"-> \d+ +raise NotImplementedError\(", output)
    assert page.console() == []
