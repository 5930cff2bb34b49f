"""The toy course: two exercises of a kind of its own, one notebook, one question.

Its files are in tests/toy/. Tests of the engine run on a copy, `copy_toy(folder)`, which has the
engine beside it and so is a whole repository in small.
"""

import shutil

from cells import new_cell, notebook

from conftest import ROOT
from course import definition
from course.checks import build

CELLS = [
    ("markdown", "title", "# Numbers"),
    (
        "code",
        "imports",
        "import sys\n\nsys.path[:0] = ['..']\nfrom course import checks\nfrom toy import sums",
    ),
    ("code", "total-cell", "print(sums.total([1, 2, 3]))"),
    ("code", "check-of-total", 'checks.run("total")'),
    ("code", "mean-check", 'checks.run("mean")'),
    ("markdown", "question-1", "### Question\nWhy is a mean no sum?"),
    ("markdown", "answer-1", "**Answer.** It is divided by how many numbers there are."),
    ("code", "evidence-cell", "print(sums.mean([1, 2, 3]) * 3)"),
]


def copy_toy(folder):
    """Write the toy course into a folder, with the engine; return its Course."""
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "tests" / "toy", folder, dirs_exist_ok=True, ignore=ignore)
    shutil.copytree(ROOT / "course", folder / "course", ignore=ignore)
    (folder / "notebooks").mkdir(exist_ok=True)
    cells = [new_cell(*one) for one in CELLS]
    cells[-1]["metadata"] = {"tags": ["evidence"]}
    (folder / "notebooks" / "one.ipynb").write_bytes(notebook(*cells))
    course = definition.load(folder)
    build.write(course.data_file, build.build(course))
    return course


DATA = """
[data]
variable = "TOY_DATA"
marker = "numbers.txt"
stored = "drawn"

[[data.set]]
name = "measured"
folder = "datasets/measured"
told = "measured numbers"
get = ["get.py", "measured"]

[[data.set]]
name = "drawn"
folder = "datasets/drawn"
told = "drawn numbers"
get = ["get.py", "drawn"]
"""
# Refuses to measure, draws once, and says how often it was called.
GET = """import pathlib, sys, time
with open("calls", "a") as file:
    file.write("called\\n")
if sys.argv[1] != "drawn":
    sys.exit(3)
print("drawing ✓", flush=True)
pathlib.Path("datasets/drawn").mkdir()
time.sleep(0.2)
pathlib.Path("datasets/drawn/numbers.txt").write_text("1 2 3\\n")
"""


def add_data_sets(root):
    """Declare two data sets, of which one is drawn when it is needed; return the Course."""
    with open(root / definition.FILE, "a", encoding="utf-8") as file:
        file.write(DATA)
    (root / "get.py").write_text(GET, encoding="utf-8")
    (root / "datasets").mkdir(exist_ok=True)
    return definition.load(root)
