"""The sample course: what the toy course lacks, for tests of what is written from results.

It has two notebooks, six exercises, which all ask for the toy's two functions, and six cells that
people grade; two of those hold code. tests/sample_results.py has results of it.
"""

import json

from toy_course import copy_toy

from course import definition

EXERCISES = [  # (notebook, name, points)
    ("one", "sum_naive", 15),
    ("one", "sum_vectorized", 15),
    ("one", "train", 10),
    ("one", "predict", 5),
    ("two", "product_naive", 15),
    ("two", "product_vectorized", 10),
]
ANSWERS = {
    "answer-1": "Inline question 1",
    "search-cell": "Hyperparameter search",
    "answer-2": "Inline question 2",
}
NOTEBOOKS = ("one", "two")
HEAD = """[course]
name = "sample"
title = "A sample course"
package = "toy"
folder = "sample-course"
points = 100
"""


def check_cell(name):
    return f"check-{name.replace('_', '-')}"


def declaration(files):
    """Return the text of course.toml; files: that of the toy's table [files]."""
    tables = [HEAD]
    tables += [f'[[notebook]]\nfile = "notebooks/{name}.ipynb"\n' for name in NOTEBOOKS]
    for notebook, name, points in EXERCISES:
        tables.append(
            f'[[exercise]]\nname = "{name}"\nkind = "number"\nproblems = "totals"\n'
            f'file = "toy/sums.py"\nattribute = "total"\nnotebook = "{notebook}"\n'
            f'cell = "{check_cell(name)}"\npoints = {points}\n'
        )
    for notebook in NOTEBOOKS:
        for cell, title in ANSWERS.items():
            question = f'question = "question-{cell[-1]}"\n' if "answer" in cell else ""
            tables.append(
                f'[[by_hand]]\nnotebook = "{notebook}"\ncell = "{cell}"\n{question}'
                f'title = "{title}"\npoints = 5\n'
            )
    return "\n".join([*tables, files])


def cells(notebook):
    """Yield (kind, id, source) of the solved notebook's cells."""
    checks = [name for place, name, _ in EXERCISES if place == notebook]
    yield "markdown", "title", f"# Numbers, {notebook}"
    yield "code", "imports", "import sys\n\nsys.path[:0] = ['..']\nfrom course import checks"
    yield "markdown", "samples", "## Look at the numbers"
    yield "code", "samples-cell", "numbers = [1, 2, 3]"
    yield "markdown", "loops", "## Write a loop"
    yield "code", check_cell(checks[0]), f'checks.run("{checks[0]}")'
    yield "markdown", "question-1", "### Inline question 1\nWhy is a mean no sum?\n\nSay it."
    yield "markdown", "answer-1", "**Answer.** It is divided by how many numbers there are."
    yield "markdown", "vectorize", "## Use arrays"
    yield "code", "train-cell", "print(sum(numbers))"
    for name in checks[1:]:
        yield "code", check_cell(name), f'checks.run("{name}")'
    yield "markdown", "search", "## Search"
    solution = "### BEGIN SOLUTION\nsearch = max(numbers)\n### END SOLUTION"
    yield "code", "search-cell", f"# The largest number.\n{solution}\nprint(search)"
    yield "code", "figure-2", "print(numbers)"
    yield "markdown", "finish", "## Look at the result"
    yield "code", "figure-3", "print(numbers[::-1])"
    yield "markdown", "question-2", "### Inline question 2\nWhich number is the largest?"
    yield "markdown", "answer-2", "**Answer.** The last one, as they rise."


def notebook_file(name):
    written = []
    for kind, cell, source in cells(name):
        code = {"execution_count": None, "outputs": []} if kind == "code" else {}
        written.append({"cell_type": kind, "id": cell, "metadata": {}, "source": source} | code)
    return json.dumps({"cells": written, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def copy_sample(folder):
    """Write the sample course into a folder, with the engine; return its Course."""
    copy_toy(folder)
    path = folder / definition.FILE
    _, table, files = path.read_text(encoding="utf-8").partition("[files]\n")
    path.write_text(declaration(table + files), encoding="utf-8")
    path = folder / "exercises" / "misconceptions.toml"
    text = path.read_text(encoding="utf-8").replace('"total', f'"{EXERCISES[0][1]}')
    path.write_text(text, encoding="utf-8")
    for name in NOTEBOOKS:
        text = notebook_file(name)
        (folder / "notebooks" / f"{name}.ipynb").write_text(text, encoding="utf-8")
    return definition.load(folder)
