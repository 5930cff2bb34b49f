"""Does anything wrong in the solved tree stop the release, and is it named where it stands?

What does not fit the declaration: test_release_whole.py.
"""

import io

import nbformat
import numpy as np
import pytest
from cells import add_cells, edit, edit_cell
from student_edition import derived

from conftest import contents
from course import definition
from course.edition import leaks, release

SUMS, NOTEBOOK = "toy/sums.py", "notebooks/one.ipynb"


def problems(folder):
    with pytest.raises(release.ReleaseError) as caught:
        release.make(definition.load(folder))
    return str(caught.value).splitlines()


# Markers


def test_every_malformed_marker_is_listed_with_file_and_line(tree):
    edit(
        tree / SUMS,
        ("    ### BEGIN SOLUTION", "    ### BEGIN SOLUTON"),
        ("result = sum(", "# END SOLUTION\n    result = sum("),
    )
    edit(tree / "README.md", ("#", "# BEGIN INSTRUCTORS\n#"))
    (tree / "toy/__init__.py").write_text("# BEGIN INSTRUCTORS\n\n# END INSTRUCTORS\n")
    found = "\n".join(problems(tree))
    assert "README.md:1: BEGIN INSTRUCTORS without an END INSTRUCTORS after it" in found
    assert "toy/__init__.py:1: nothing stands between BEGIN and END INSTRUCTORS" in found
    assert f"{SUMS}:6: '### BEGIN SOLUTON' looks like a marker, but the markers are" in found
    assert f"{SUMS}:10: END SOLUTION without a BEGIN SOLUTION before it" in found
    assert f"{SUMS}:17: '# END SOLUTION' looks like a marker" in found


def test_markers_in_cells_are_named_by_cell_and_line(tree):
    edit_cell(tree / NOTEBOOK, "title", source="### BEGIN SOLUTION\na")
    edit_cell(tree / NOTEBOOK, "total-cell", source="### begin solution\nx = 1")
    found = "\n".join(problems(tree))
    assert f"{NOTEBOOK}, cell title, line 1: BEGIN SOLUTION without an END" in found
    assert f"{NOTEBOOK}, cell total-cell, line 1: '### begin solution' looks like" in found
    edit_cell(tree / NOTEBOOK, "title", source="### BEGIN SOLUTION\na\n### END SOLUTION")
    assert "cell title, line 1: a SOLUTION region outside of code" in "\n".join(problems(tree))


def test_a_solution_that_a_stub_cannot_replace_is_refused(tree):
    marked = "### BEGIN SOLUTION\nONE = 1\n### END SOLUTION\n\n\n"
    edit(tree / SUMS, ("def total", marked + "def total"))
    assert any("has to be a part of the body of one function" in one for one in problems(tree))
    edit(tree / SUMS, (marked, ""), ("    ### BEGIN SOLUTION", "### BEGIN SOLUTION"))
    assert any("indented as the lines it encloses" in problem for problem in problems(tree))
    source = "if True:\n### BEGIN SOLUTION\n    search = 1\n### END SOLUTION"
    edit_cell(tree / NOTEBOOK, "total-cell", source=source)
    assert any("cell total-cell: with stubs" in problem for problem in problems(tree))


# Leaks: what is secret here is of this course


PLANTS = {
    "a line of code": "velocity = momentum * velocity - step * dW",
    "a short line": "dscores[rows, y] -= 1",
    "a line spaced otherwise": "dW [ :,y[ i ] ]-=X[i ]",
    "a line over two": "scores = scores -\\\n    scores.max()",
    "a comment": "# the correct class does not compete with itself",
    "a line without its comment": "violations[rows, y] = 0",
    "a commented line": "# losses = violations.sum(axis=1)",
    "a docstring": '"""Do dscores = (violations > 0).astype(scores.dtype)."""',
    "a part of a line": "a = clip(0, scores - scores[rows, y][..., None])",
    "a line inside another": "return list(map(str, [labels = np.argmax(X @ self.W, axis=1)]))",
    "a part of an answer": "The hinge loss of an example is exactly zero once",
    "an answer over two lines": "# every class gets a\n# probability of about 1/10, the",
    "a line of evidence": "expected = evidence.expected_failure_rate(margins, X_dev, h)",
    "what evidence tells": "a template, and how much is left of the random start? For the models",
}


@pytest.fixture(scope="module")
def secrets():
    return leaks.secrets(derived())


@pytest.mark.parametrize("text", PLANTS.values(), ids=PLANTS)
def test_a_planted_leak_is_found_in_code_prose_cells_and_data(text, secrets):
    cell = nbformat.v4.new_markdown_cell(text, id="planted")
    book = nbformat.writes(nbformat.v4.new_notebook(cells=[cell])).encode()
    data = io.BytesIO()
    np.savez(data, numbers=np.arange(3.0), words=np.array(["a", text]))
    as_bytes = io.BytesIO()
    np.savez(as_bytes, blob=np.frombuffer(text.encode(), dtype=np.uint8))
    for path, content in {
        "a.py": f"import os\n\n\n{text}\n".encode(),
        "b.ipynb": book,
        "c.npz": data.getvalue(),
        "d.npz": as_bytes.getvalue(),
    }.items():
        found = leaks.find_leaks(secrets, {path: content})
        assert found and found[0].startswith(path)
        if path == "a.py":
            assert found[0].startswith(("a.py, line 4:", "a.py, line 5:"))


@pytest.mark.parametrize(
    "text", ["loss = 0.0", "continue", "for j in range(10):", "scores = X @ W", "if violation > 0:"]
)
def test_what_everybody_would_write_is_no_leak(text, secrets):
    assert leaks.find_leaks(secrets, {"a.py": text.encode()}) == []


def test_a_leak_stops_the_release(tree):
    edit(tree / "README.md", ("#", "<!-- result = result + float(number) -->\n#"))
    (found,) = problems(tree)
    assert found.startswith("README.md, line 1: 'result = result + float ( number )' is a part of")
    assert found.endswith(f"the solution in {SUMS}")


def test_what_solutions_share_with_given_code_is_declared(tree):
    edit(tree / "README.md", ("#", "<!-- result = result + float(number) -->\n#"))
    edit(
        tree / definition.FILE,
        ("[files]", '[files]\nshared = ["result = result + float(number)"]'),
    )
    release.make(definition.load(tree))


# Functions that serve what is left out

HELPERS = '''"""Helpers."""


def show(numbers):
    print(join(numbers))


def join(numbers):
    return " ".join(map(str, numbers))


def reveal(numbers):
    """Say what the answer is."""
    return dig(numbers)


def dig(numbers):
    return numbers


def unused(numbers):
    return numbers
'''


def test_a_function_that_serves_evidence_alone_is_named(tree):
    (tree / "toy/helpers.py").write_text(HELPERS)
    edit(tree / definition.FILE, ('"toy/sums.py",', '"toy/sums.py", "toy/helpers.py",'))
    used = ("code", "use", "from toy import helpers\n\nhelpers.show([1])")
    add_cells(tree / NOTEBOOK, "imports", used)
    edit_cell(tree / NOTEBOOK, "evidence-cell", source="helpers.show([helpers.reveal([1])])")
    first, second = problems(tree)
    assert first.startswith("toy/helpers.py:12: reveal serves cells alone that are left out; ")
    assert second.startswith("toy/helpers.py:17: dig serves")
    edit_cell(tree / NOTEBOOK, "use", source="from toy import helpers\n\nhelpers.reveal([1])")
    assert "show serves" in " ".join(problems(tree))


# What is there stays


@pytest.fixture
def run(tree, tmp_path):
    """A function that releases the toy course into a folder, and returns the exit status."""
    return lambda name="out": release.main(["--out", str(tmp_path / name)], tree)


def test_nothing_is_written_when_something_is_wrong(tree, run, tmp_path, capsys):
    assert run() == 0
    before = contents(tmp_path)
    edit(tree / SUMS, ("    ### BEGIN SOLUTION", "    ### BEGIN SOLUTON"))
    edited = {f"toy/{SUMS}": (tree / SUMS).read_bytes()}
    assert run() == 1
    told = capsys.readouterr()
    assert "nothing was written" in told.err and f"{SUMS}:" in told.err
    assert contents(tmp_path) == before | edited
    assert run("new") == 1
    assert not (tmp_path / "new").exists()


def test_a_release_takes_the_place_of_an_older_one_as_a_whole(run, tmp_path):
    (tmp_path / "out" / "student").mkdir(parents=True)
    (tmp_path / "out" / "student" / "of an older release.py").touch()
    assert run() == 0
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {"student", "student.zip", "nbgrader_config.py"}
    assert not (tmp_path / "out" / "student" / "of an older release.py").exists()


def test_a_full_disk_leaves_an_older_release_as_it_was(run, tmp_path, monkeypatch, capsys):
    assert run() == 0
    before = contents(tmp_path)

    def full(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr(release, "write_zip", full)
    assert run() == 3
    assert "No space left" in capsys.readouterr().err
    assert contents(tmp_path) == before
