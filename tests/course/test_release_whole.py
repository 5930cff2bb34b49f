"""Is a tree refused that does not fit its declaration, with the place and the way out?

On copies of the toy course, each with one fault.
"""

import re

import pytest
from cells import add_cells, edit, edit_cell, remove_cell

from course import definition
from course.checks import build
from course.edition import release, whole
from course.grader import __main__ as grader

TOML = definition.FILE
NOTEBOOK = "notebooks/one.ipynb"


def problems(folder):
    return whole.find_problems(definition.load(folder))


def declare(folder, table):
    """Add a table to the declaration, and its points to the sum."""
    points = int(re.search(r"points = (\d+)", table)[1])
    edit(
        folder / TOML, ("points = 10", f"points = {10 + points}"), ("[files]", table + "\n[files]")
    )


def test_a_whole_tree_has_no_problems(tree):
    assert problems(tree) == []


def test_this_course_is_whole(course):
    assert whole.find_problems(course) == []


# One fault each: what is done to a folder, and the lines that tell it

CHECK = 'checks.run("total")'
FAULTS = {
    "check cell gone": (
        lambda tree: remove_cell(tree / NOTEBOOK, "check-of-total"),
        r"course.toml, line 12: notebooks/one.ipynb has no cell 'check-of-total' at all; correct",
    ),
    "answer among the evidence": (
        lambda tree: edit_cell(tree / NOTEBOOK, "answer-1", metadata={"tags": ["evidence"]}),
        r"line 31: notebooks/one.ipynb has no cell 'answer-1' but as evidence, which is left out",
    ),
    "check of another exercise": (
        lambda tree: edit_cell(tree / NOTEBOOK, "mean-check", source=CHECK),
        r'one.ipynb, cell mean-check: it has to be checks.run\("mean"\) alone, as .* line 22 says',
    ),
    "more than the check": (
        lambda tree: edit_cell(tree / NOTEBOOK, "check-of-total", source=f"x = 1\n{CHECK}"),
        r"one.ipynb, cell check-of-total: it has to be checks.run",
    ),
    "check that is not declared": (
        lambda tree: add_cells(tree / NOTEBOOK, "title", ("code", "again", CHECK)),
        r"one.ipynb, cell again: it checks 'total', but no \[\[exercise\]\] in .* has this cell",
    ),
    "solution that is not declared": (
        lambda tree: edit_cell(
            tree / NOTEBOOK, "total-cell", source="### BEGIN SOLUTION\nx = 1\n### END SOLUTION"
        ),
        r"one.ipynb, cell total-cell: it holds a solution, but no \[\[by_hand\]\]",
    ),
    "answer that is not declared": (
        lambda tree: add_cells(tree / NOTEBOOK, "title", ("markdown", "reply", "**Answer.** Yes.")),
        r"one.ipynb, cell reply: it is an answer, but no \[\[by_hand\]\]",
    ),
    "question that is not declared": (
        lambda tree: add_cells(tree / NOTEBOOK, "title", ("markdown", "question-2", "Why?")),
        r"one.ipynb, cell question-2: it is a question, but no \[\[by_hand\]\]",
    ),
    "something between question and answer": (
        lambda tree: add_cells(tree / NOTEBOOK, "question-1", ("markdown", "between", "Think.")),
        r"line 31: before the cell 'answer-1' stands 'between' in .*, not its question 'quest",
    ),
    "answer in a code cell": (
        lambda tree: [
            remove_cell(tree / NOTEBOOK, "answer-1"),
            add_cells(tree / NOTEBOOK, "question-1", ("code", "answer-1", "print('It is.')")),
        ],
        r"cell answer-1: an answer to 'question-1' has to be a Markdown cell",
    ),
    "code without a solution": (
        lambda tree: declare(
            tree,
            '[[by_hand]]\nnotebook = "one"\ncell = "total-cell"\ntitle = "T"\npoints = 1\n',
        ),
        r"cell total-cell: it is graded by hand, but no SOLUTION region is in it; mark one",
    ),
    "two cells of an id": (
        lambda tree: edit_cell(tree / NOTEBOOK, "title", id="imports"),
        r"one.ipynb: another cell has the id 'imports', too; give one of them another",
    ),
    "id of the cell that a release adds": (
        lambda tree: edit_cell(tree / NOTEBOOK, "title", id="stamp"),
        r"one.ipynb: another cell has the id 'stamp', too",
    ),
    "no notebook": (
        lambda tree: (tree / NOTEBOOK).write_text("{}"),
        r"one.ipynb: it cannot be read as a notebook \(not in notebook format 4\)",
    ),
    "locked cell gone": (
        lambda tree: edit(tree / TOML, ('locked = ["imports"]', 'locked = ["import"]')),
        r"line 8: notebooks/one.ipynb has no cell 'import'; correct the name",
    ),
    "notebook gone": (
        lambda tree: (tree / NOTEBOOK).unlink(),
        r"line 8: there is no notebook notebooks/one.ipynb; correct the name",
    ),
    "file of an exercise gone": (
        lambda tree: (tree / "toy/sums.py").unlink(),
        r"line 12: there is no file toy/sums.py; correct the name, or write it",
    ),
    "file of an exercise not handed out": (
        lambda tree: edit(tree / TOML, (', "toy/sums.py"', "")),
        r"line 12: students do not get toy/sums.py; add it to handed_out of \[files\]",
        r"one.ipynb, cell imports, line 5: students do not get toy/sums.py; add it",
    ),
    "function gone": (
        lambda tree: edit(tree / "toy/sums.py", ("def mean", "def average")),
        r"line 22: toy/sums.py has no function or class 'mean'; correct one of them",
        r"toy/sums.py:\d+: this solution is in no function of an \[\[exercise\]\]",
    ),
    "helper gone": (
        lambda tree: edit(tree / TOML, ("points = 4", 'points = 4\nfunctions = ["mean", "help"]')),
        r"line 22: toy/sums.py has no function 'help'; correct one of them",
    ),
    "package of what is imported not handed out": (
        lambda tree: [
            edit(tree / TOML, ('"toy/__init__.py", ', "")),
            edit_cell(tree / NOTEBOOK, "total-cell", source="import toy.sums"),
        ],
        r"cell total-cell, line 1: students do not get toy/__init__.py; add it",
    ),
    "function without a solution": (
        lambda tree: edit(
            tree / "toy/sums.py",
            ("    ### BEGIN SOLUTION\n", ""),
            ("    ### END SOLUTION\n", ""),
        ),
        r"toy/sums.py:4: total belongs to the exercise total, but no SOLUTION region is in it",
    ),
    "no Python": (
        lambda tree: edit(tree / "toy/__init__.py", ('"""', "")),
        r"toy/__init__.py:1: no valid Python",
    ),
    "no Python in a cell": (
        lambda tree: edit_cell(tree / NOTEBOOK, "total-cell", source="1 +"),
        r"one.ipynb, cell total-cell, line 1: no valid Python",
    ),
    "imported, not handed out": (
        lambda tree: [
            (tree / "toy/more.py").write_text("ONE = 1\n"),
            edit(tree / "toy/__init__.py", ("Python.", 'Python."""\nfrom .more import ONE\n"""')),
        ],
        r"toy/__init__.py:2: students do not get toy/more.py; add it to handed_out",
    ),
    "imported, not there": (
        lambda tree: edit_cell(tree / NOTEBOOK, "total-cell", source="import toy.nothing"),
        r"cell total-cell, line 1: there is no module toy.nothing; correct the name",
    ),
    "handed out, not there": (
        lambda tree: edit(tree / TOML, ('"README.md"', '"READ.md"')),
        r"course.toml: no file is called 'READ.md', which is in handed_out; correct the name",
    ),
    "part of a kind gone": (
        lambda tree: (tree / "exercises/number/judge.py").unlink(),
        r"line 12: the kind 'number' needs a file exercises/number/judge.py",
    ),
    "part of a kind not handed out": (
        lambda tree: edit(tree / TOML, (', "exercises/*/judge.py"', "")),
        r"students do not get exercises/number/judge.py, a part of the kind 'number'; add it",
    ),
    "expected values handed out": (
        lambda tree: edit(tree / TOML, ('*/judge.py"', '*/judge.py", "exercises/*/problems.py"')),
        r"students would get exercises/number/problems.py, which knows what is expected; take it",
    ),
    "no data of the checks": (
        lambda tree: (tree / definition.CHECKS).unlink(),
        r"exercises/checks.npz is not there; `make checks` makes it",
    ),
    "damaged data of the checks": (
        lambda tree: (tree / definition.CHECKS).write_bytes(b"PK"),
        r"checks.npz is not a data file of the checks: .*; `make checks` makes it anew",
    ),
    "problems that were not drawn": (
        lambda tree: edit(tree / TOML, ('problems = "means"', 'problems = "averages"')),
        r"line 22: exercises/checks.npz has no problems 'averages'; `make checks` draws them",
    ),
    "damaged record": (
        lambda tree: [
            (tree / "exercises/editions").mkdir(),
            (tree / "exercises/editions/a.json").write_text("{"),
        ],
        r"exercises/editions/a.json: it is no record of an edition .*; get it back from version",
    ),
    "not UTF-8": (
        lambda tree: (tree / "README.md").write_bytes(b"\xff"),
        r"README.md: it is not UTF-8, and its name does not end in .npz or .png",
    ),
    "malformed marker": (
        lambda tree: edit(tree / "README.md", ("#", "<!-- END INSTRUCTOR -->\n#")),
        r"README.md:1: '<!-- END INSTRUCTOR -->' looks like a marker",
    ),
}


@pytest.mark.parametrize(("spoil", "told"), [(f, t) for f, *t in FAULTS.values()], ids=FAULTS)
def test_a_fault_is_told_with_its_place_and_the_way_out(tree, spoil, told):
    spoil(tree)
    lines = problems(tree)
    for text in told:
        assert any(re.search(text, line) for line in lines), lines
    assert len(lines) <= 3, lines  # and nothing far-fetched besides


# The faults that went out without a word, before there was one declaration

MEDIAN = """
[[exercise]]
name = "median"
kind = "number"
problems = "medians"
file = "toy/medians.py"
notebook = "one"
cell = "median-check"
points = 2
"""
MEDIANS = '''"""A third exercise."""


def median(numbers):
    """Return the median of some numbers; 0 of none."""
    ### BEGIN SOLUTION
    result = sorted(map(float, numbers))[len(numbers) // 2] if len(numbers) else 0.0
    ### END SOLUTION
    return result
'''


def test_a_file_that_was_forgotten_in_the_hand_list_is_refused_with_the_three_reasons(tree):
    (tree / "toy/medians.py").write_text(MEDIANS)
    edit_cell(tree / NOTEBOOK, "total-cell", source="from toy import medians")
    add_cells(tree / NOTEBOOK, "mean-check", ("code", "median-check", 'checks.run("median")'))
    declare(tree, MEDIAN)
    forgotten, imported, not_drawn = problems(tree)
    assert re.search(r"course.toml, line 39: students do not get toy/medians.py; add", forgotten)
    assert re.search(r"has no problems 'medians'; `make checks` draws them", imported)
    assert re.search(r"cell total-cell, line 1: students do not get toy/medians.py", not_drawn)


def test_release_checks_and_grade_refuse_and_write_nothing(tree, tmp_path, capsys):
    edit(tree / TOML, (', "toy/sums.py"', ""))
    before = sorted(path for path in tree.rglob("*") if "__pycache__" not in path.parts)
    (tmp_path / "handed in").mkdir()
    commands = (
        (release.main, ["--out", str(tmp_path / "out")]),
        (build.main, ["--out", str(tmp_path / "checks.npz")]),
        (grader.main, ["grade", str(tmp_path / "handed in"), "--out", str(tmp_path / "out")]),
    )
    for main, argv in commands:
        assert main(argv, tree) != 0
        assert "students do not get toy/sums.py; add it to handed_out" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["handed in", "toy"]
    assert sorted(path for path in tree.rglob("*") if "__pycache__" not in path.parts) == before
