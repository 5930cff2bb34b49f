"""Is every number that README.md and docs/ state computed? Those of CIFAR-10 by test_cifar10.py."""

import ast
import re
import tomllib

import nbformat
import numpy as np
import pytest

from conftest import ROOT
from course.grader.sandbox import guard
from course.outputs.compare import Tolerance
from cs231n import data_utils, gradient_check
from cs231n.checksums import CIFAR10_ARCHIVE_BYTES
from cs231n.classifiers import linear_svm, softmax
from tests.readme import results_table

# Code, addresses, headings, and names that contain a number state none.
SILENT = re.compile(
    r"```.*?```|`[^`]*`|\]\([^)]*\)|<[^>]*>|CIFAR-10|CS231n|SHA-256|cp\d+|assignment 1|"
    r"Python [23]\b(?!\.)|tiny images\*, 2009|^#.*?$",
    re.MULTILINE | re.DOTALL,
)
NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?:e-?\d+)?")
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def found(name):
    """Return what a stored notebook found on the synthetic set, {key: number}."""
    cells = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4).cells
    (output,) = next(cell for cell in cells if cell.id == "results-cell").outputs
    lines = [line.split() for line in output.text.splitlines()]
    return {line[0]: float(line[1]) for line in lines if len(line) == 2 and line[0] != "classifier"}


def phrases():
    """Return the phrases with a number in them, made from what holds it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    oldest = project["requires-python"].removeprefix(">=")
    workflow = "".join(path.read_text("utf-8") for path in (ROOT / ".github/workflows").iterdir())
    minors = [int(one) for one in re.findall(r'"3\.(\d+)"', workflow)]
    rates = [row[key] for row in results_table() for key in row if "accuracy" in key]
    errors = [np.sqrt(np.mean(rates) * (1 - np.mean(rates)) / n) for n in (1_000, 10_000)]
    svm, softmax = (found(name)["test_accuracy_all"] for name in ("svm", "softmax"))
    grader = "".join(path.read_text("utf-8") for path in (ROOT / "course/grader").glob("*.py"))
    (bits,) = re.findall(r"seed = secrets\.randbits\((\d+)\)", grader)
    return [
        f"Python {oldest} or later",
        f"with Python 3.{min(minors)} to 3.{max(minors)}.",
        f"has a standard error of {errors[0]:.3f}, on 10,000 of {errors[1]:.3f}.",
        "An accuracy measured on 1,000 images",  # to which the first error belongs
        f"the searches find {svm:.3f} (SVM) and {softmax:.3f} (softmax) on 10,000 test images",
        f"relative tolerance of {Tolerance().rtol:.0e}".replace("e-0", "e-"),
        f"({round(CIFAR10_ARCHIVE_BYTES / 1e7) * 10} MB)",
        f"{bits} bits that nobody chose",
        f"are looked at every {guard.PERIOD:g} s",
        "a stand-in of 60,000 small scenes",  # test_the_stand_in_is_as_large_as_the_readme_says
    ]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_number_is_computed(path):
    held = phrases()
    assert unheld(path.read_text("utf-8"), held) == [], (
        "make their phrases above, or leave them out"
    )


def unheld(text, held):
    """Return the numbers of a document, with what is around them, that no phrase holds."""
    prose = "\n".join(line for line in text.splitlines() if not line.startswith("|"))
    prose = " ".join(SILENT.sub("_", prose).split())
    for phrase in held:
        prose = prose.replace(phrase, "_")
    return [prose[max(0, one.start() - 40) : one.end() + 20] for one in NUMBER.finditer(prose)]


def test_a_number_that_is_changed_is_noticed():
    held, text = phrases(), (ROOT / "README.md").read_text("utf-8")
    for old in ("0.015", "60,000", "Python 3.11"):
        assert text.count(old) == 1
        assert unheld(text.replace(old, f"{old}7"), held)


def test_the_stand_in_is_as_large_as_the_readme_says(synthetic_dir):
    images, _, test_images, _ = data_utils.load_CIFAR10(synthetic_dir, dtype=np.uint8)
    assert len(images) + len(test_images) == 60_000


def test_the_table_names_the_settings_of_the_closing_sections():
    for row in results_table():
        path = ROOT / "notebooks" / f"{row['notebook']}.ipynb"
        cells = {cell.id: cell.source for cell in nbformat.read(path, as_version=4).cells}
        used = {float(one) for one in NUMBER.findall(cells["further-cell"])}
        if row["prefix"]:
            assert {row["learning_rate"], row["reg"]} < used


@pytest.mark.parametrize("loss", [linear_svm.hinge_loss, softmax.cross_entropy_loss])
def test_examples_by_hand_in_docstrings_are_right(loss):
    told = r"the row (\(.*?\)) with y = (\d) has the loss ([\d. +]+), and dscores (\(.*?\))"
    told = re.search(told, " ".join(loss.__doc__.split())).groups()
    row, label, dscores = (ast.literal_eval(told[k]) for k in (0, 1, 3))
    found = loss(np.array([row], dtype=float), np.array([label]))
    np.testing.assert_allclose(found[0], sum(map(float, told[2].split("+"))), atol=5e-4)
    np.testing.assert_allclose(found[1], [dscores], atol=5e-4)


def test_limits_in_docstrings_are_those_of_the_numbers():
    single, double = np.finfo(np.float32), np.finfo(np.float64)
    largest = [int(np.log(one.max)) for one in (single, double)]
    assert "scores of {} (float32) or {} (float64)".format(*largest) in softmax.__doc__
    told = f"(eps = {double.eps:.0e}); with float32 ({single.eps:.0e}".replace("e-0", "e-")
    assert told in gradient_check.__doc__
    copied = f"of 49,000 every further copy would take {round(49_000 * 3_073 * 4, -8) // 10**6} MB"
    assert copied in data_utils.to_rows.__doc__
