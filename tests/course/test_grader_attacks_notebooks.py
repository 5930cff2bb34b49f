"""Notebooks that attack what re-executes and shows them: does it get away, and say what happened?

The notebooks have a few cells: an honest one, the attack, another honest one, and one whose stored
output is forged.
"""

import base64
import json
import sys

import pytest
import submissions
from attacks import EVERYTHING, kernels, machine_code
from attacks.archives import shadows
from attacks.world import in_its_place
from bs4 import BeautifulSoup
from cells import code, displayed, notebook, printed
from grader_submissions import COURSE, work

from course.export.answers import cut_out
from course.export.notebook_page import notebook_page
from course.grader.notebooks import kernel, rerun

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="bubblewrap is for Linux")

LIMITS = kernel.Limits(cell=8, notebook=30, grace=2)
FORGED = "accuracy: 0.999"
PRODUCT = code("print(6 * 7)", 1, "product", printed("42\n"))


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with in_its_place(tmp_path_factory.mktemp("w")) as (world, patch):
        patch.setattr(rerun, "SHORT", str(world.temporary))
        world.before = world.state()
        yield world


def executed(world, synthetic_dir, notebook, files=()):
    """Return the Rerun of a notebook; nothing may have been changed, told or left by it."""
    files = {**dict(files), "notebooks/svm.ipynb": notebook}
    world.forget()
    found = rerun.rerun(work(files), "svm", data=synthetic_dir, limits=LIMITS)
    assert world.damage() == []
    assert world.canary not in json.dumps(found.entry)
    assert world.canary.encode() not in (found.notebook or b"")
    return found


def verdicts(found):
    return [cell["verdict"] for cell in found.entry["cells"]]


def test_the_machine_is_out_of_reach(world, synthetic_dir):
    attack = kernels.attacking(machine_code(world.targets(*EVERYTHING)))
    found = executed(world, synthetic_dir, attack)
    assert found.entry["cells"][1]["fresh"].strip() == "FOUND []"


@pytest.mark.parametrize("attack", kernels.ATTACKS)
def test_honest_cells_are_judged_in_spite_of_the_others(world, synthetic_dir, attack):
    given = {"SOCKET": world.listeners.addresses["socket"], "OUTSIDE": str(world.folder)}
    found = executed(world, synthetic_dir, kernels.attacking(attack, **given))
    first, _, third, forged = found.entry["cells"]
    assert (first["verdict"], third["verdict"]) == ("same", "same"), found.entry
    assert forged["verdict"] == "differs"
    assert FORGED in forged["stored"] and FORGED not in forged["fresh"]


@pytest.mark.parametrize("attack", kernels.ENDS)
def test_a_cell_that_ends_everything_costs_itself_and_the_rest(world, synthetic_dir, attack):
    found = executed(world, synthetic_dir, kernels.attacking(attack))
    assert verdicts(found)[:2] == ["same", "fails"]
    assert set(verdicts(found)[2:]) <= {"same", "differs"}
    assert found.entry["message"] or found.entry["cells"][1]["fresh"]
    assert len(found.notebook) < 10_000_000


def test_files_beside_the_notebook_do_not_take_the_place_of_others(world, synthetic_dir):
    cells = "import random, json, numpy as np\nprint(random.Random(1).random(), np.arange(3))"
    files = {**shadows(world.folder / "shadow"), **submissions.blank()}
    found = executed(world, synthetic_dir, notebook(code(cells, 1)), files)
    assert found.entry["status"] == "executed"
    assert "[0 1 2]" in found.notebook.decode()
    assert not (world.folder / "shadow").exists()


def test_any_number_of_folders_fits_into_a_sandbox(world, synthetic_dir):
    deep = "".join(f"{letter}{{0}}/" for letter in "abcdefgh")
    files = {f"cs231n/{deep.format(number)}own.py": b"" for number in range(300)}
    found = executed(world, synthetic_dir, notebook(PRODUCT), files)
    assert verdicts(found) == ["same"]


@pytest.mark.parametrize(
    "name", ["evil", "../../python2", "python3\nargv: [rm]", None, ["x"], "ir"]
)
def test_the_kernel_is_ours_whatever_the_notebook_asks_for(world, synthetic_dir, name):
    spec = {"name": name, "display_name": name, "argv": ["/bin/false"], "language": "R"}
    found = executed(world, synthetic_dir, notebook(PRODUCT, kernelspec=spec))
    assert verdicts(found) == ["same"]


BROKEN = {
    "not JSON": b"{",
    "deep": b"[" * 1_000_000,
    "a list": b"[]",
    "cells are a text": b'{"cells": "x", "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
    "cells are numbers": b'{"cells": [1, null], "metadata": {}, "nbformat": 4}',
    "numbers beyond all": b'{"cells": [], "metadata": {"a": 1e999}, "nbformat": 99, "x": NaN}',
    "version 3": b'{"worksheets": [{"cells": []}], "metadata": {}, "nbformat": 3}',
    "half a surrogate": b'{"cells": [{"cell_type": "code", "source": "\\ud800"}], "nbformat": 4}',
    "50 MB": b'{"cells": [], "nbformat": 4, "metadata": {"a": "' + b"x" * 50_000_000 + b'"}}',
    "a cell of 15 MB": notebook(
        code("", 1) | {"source": "1\n" * 5_000_000}, code("1", [], "odd", [], 3, {})
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_notebook_is_an_entry_not_an_error(world, synthetic_dir, name):
    found = executed(world, synthetic_dir, BROKEN[name])
    assert found.entry["status"] in ("unreadable", "executed", "flooded", "timeout", "dead")
    answers = cut_out(COURSE, {"notebooks/svm.ipynb": BROKEN[name]})
    assert not any(one["answered"] and one["source"] for one in answers)


# Pages

ACTIVE = ("script", "iframe", "object", "embed", "form", "base", "svg", "math", "link")


def active(text):
    """Return what a browser could run, load or follow."""
    found = []
    for tag in BeautifulSoup(text, "html.parser", multi_valued_attributes=None).find_all():
        if tag.name in ACTIVE:
            found.append(tag.name)
        for name, value in tag.attrs.items():
            value = "".join(value.split()).lower()
            if name.startswith("on") or value.startswith(("javascript:", "vbscript:", "data:text")):
                found.append(f"{tag.name} {name}={value}")
            if (tag.name, name, value) == ("meta", "http-equiv", "refresh"):
                found.append("refresh")
    return found


def test_nothing_of_an_executed_notebook_runs_in_its_page(world, synthetic_dir):
    assert len(active("".join(kernels.MARKUP))) > 8  # the parser sees what is to be seen
    found = executed(world, synthetic_dir, kernels.scripted())
    for content in (found.notebook, kernels.scripted()):
        assert b"attacked" in content
        assert active(notebook_page(content)) == []


def test_a_picture_that_is_none_and_one_of_gigabytes_stay_pictures(world, synthetic_dir):
    header = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\xff\xff\xff\0\xff\xff\xff\x08\x06\0\0\0"
    pictures = [
        base64.b64encode(content).decode()
        for content in (header, b"GIF89a" + b"\xff" * 100, b"<svg onload='x()'/>", b"")
    ]
    pictures += ["no base64 <script>", "A" * 5]
    outputs = [displayed({"image/png": picture}) for picture in pictures]
    shown = "from IPython.display import display\n" + "\n".join(
        f"display({{'image/png': {picture!r}}}, raw=True)" for picture in pictures[3::-1]
    )
    found = executed(world, synthetic_dir, notebook(code(shown, 1, "shows", *outputs)))
    assert found.entry["status"] == "executed"
    assert active(notebook_page(found.notebook)) == []
