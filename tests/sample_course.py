"""The sample course: what the toy course lacks, for tests of what is written from results.

It has two notebooks, six exercises, which all ask for the toy's two functions, and six cells that
people grade; two of those hold code. tests/sample_results.py has results of it.
"""

from cells import code, markdown, notebook
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
    for place, name, points in EXERCISES:
        tables.append(
            f'[[exercise]]\nname = "{name}"\nkind = "number"\nproblems = "totals"\n'
            f'file = "toy/sums.py"\nattribute = "total"\nnotebook = "{place}"\n'
            f'cell = "{check_cell(name)}"\npoints = {points}\n'
        )
    for place in NOTEBOOKS:
        for cell, title in ANSWERS.items():
            question = f'question = "question-{cell[-1]}"\n' if "answer" in cell else ""
            tables.append(
                f'[[by_hand]]\nnotebook = "{place}"\ncell = "{cell}"\n{question}'
                f'title = "{title}"\npoints = 5\n'
            )
    return "\n".join([*tables, files])


def cells(name):
    """Yield the cells of a solved notebook, which was never run."""
    checks = [check for place, check, _ in EXERCISES if place == name]
    yield markdown(f"# Numbers, {name}", "title")
    yield code("import sys\n\nsys.path[:0] = ['..']\nfrom course import checks", None, "imports")
    yield markdown("## Look at the numbers", "samples")
    yield code("numbers = [1, 2, 3]", None, "samples-cell")
    yield markdown("## Write a loop", "loops")
    yield code(f'checks.run("{checks[0]}")', None, check_cell(checks[0]))
    yield markdown("### Inline question 1\nWhy is a mean no sum?\n\nSay it.", "question-1")
    yield markdown("**Answer.** It is divided by how many numbers there are.", "answer-1")
    yield markdown("## Use arrays", "vectorize")
    yield code("print(sum(numbers))", None, "train-cell")
    for check in checks[1:]:
        yield code(f'checks.run("{check}")', None, check_cell(check))
    yield markdown("## Search", "search")
    solution = "### BEGIN SOLUTION\nsearch = max(numbers)\n### END SOLUTION"
    yield code(f"# The largest number.\n{solution}\nprint(search)", None, "search-cell")
    yield code("print(numbers)", None, "figure-2")
    yield markdown("## Look at the result", "finish")
    yield code("print(numbers[::-1])", None, "figure-3")
    yield markdown("### Inline question 2\nWhich number is the largest?", "question-2")
    yield markdown("**Answer.** The last one, as they rise.", "answer-2")


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
        (folder / "notebooks" / f"{name}.ipynb").write_bytes(notebook(*cells(name)))
    return definition.load(folder)
