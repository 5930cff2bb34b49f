"""Does anything wrong in the solved tree stop the release, and is it named where it stands?"""

import io
import re

import nbformat
import numpy as np
import pytest
from student_edition import copy_sources, derived

from course.edition import leaks, release

SVM, SOFTMAX = "cs231n/classifiers/linear_svm.py", "cs231n/classifiers/softmax.py"


@pytest.fixture
def tree(tmp_path):
    copy_sources(tmp_path / "tree")
    return tmp_path / "tree"


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def edit_cell(path, name, change):
    book = nbformat.read(path, as_version=4)
    change(next(cell for cell in book.cells if cell.id == name))
    nbformat.write(book, path)


def problems(tree):
    with pytest.raises(release.ReleaseError) as caught:
        release.derive(tree)
    return str(caught.value).splitlines()


# --- Markers ----------------------------------------------------------------------------------


def test_every_malformed_marker_is_listed_with_file_and_line(tree):
    edit(tree / SVM, "    ### BEGIN SOLUTION", "    ### BEGIN SOLUTON")
    edit(tree / SOFTMAX, "    ### END SOLUTION", "    # END SOLUTION")
    edit(tree / "Makefile", "# END INSTRUCTORS", "")
    edit(tree / "README.md", "\n## For students", "\n<!-- END INSTRUCTOR -->\n## For students")
    lines = (tree / SVM).read_text(encoding="utf-8").split("\n")
    misspelled = lines.index("    ### BEGIN SOLUTON") + 1
    end = next(n for n, line in enumerate(lines[misspelled:], misspelled + 1) if "###" in line)
    found = problems(tree)
    assert found[0].startswith("Makefile:") and "without an END INSTRUCTORS" in found[0]
    assert re.match(r"README\.md:\d+: '<!-- END INSTRUCTOR -->' looks like a marker", found[1])
    assert found[2].startswith(f"{SVM}:{misspelled}: '### BEGIN SOLUTON' looks like a marker")
    assert found[3].startswith(f"{SVM}:{end}: END SOLUTION without a BEGIN SOLUTION")
    assert re.match(rf"{SOFTMAX}:\d+: '# END SOLUTION' looks like a marker", found[4])


def test_markers_in_cells_are_named_by_cell_and_line(tree):
    path = tree / "notebooks" / "svm.ipynb"
    edit(path, "### BEGIN SOLUTION", "### begin solution")
    edit_cell(path, "title", lambda cell: cell.update(source="### BEGIN SOLUTION\na"))
    found = problems(tree)
    assert "notebooks/svm.ipynb, cell title, line 1: BEGIN SOLUTION without an END" in found[0]
    assert any("svm.ipynb, cell search-cell, line 1: '### begin" in problem for problem in found)


def test_a_solution_that_a_stub_cannot_replace_is_refused(tree):
    edit(
        tree / SVM, "import numpy as np", "### BEGIN SOLUTION\nimport numpy as np\n### END SOLUTION"
    )
    assert "has to be a part of the body of one function" in problems(tree)[0]
    edit(tree / SOFTMAX, "    ### BEGIN SOLUTION", "### BEGIN SOLUTION")
    assert any("indented as the lines it encloses" in problem for problem in problems(tree))
    source = "if True:\n### BEGIN SOLUTION\n    search = 1\n### END SOLUTION"
    edit_cell(tree / "notebooks/svm.ipynb", "search-cell", lambda cell: cell.update(source=source))
    assert any("cell search-cell: with stubs" in problem for problem in problems(tree))


# --- Points -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("check-train = 10", "check-train = 9", "the points sum to 99, not to 100"),
        ("check-train = 10", "check-training = 10", "no cell has the id check-training"),
        ("check-train = 10", "check-training = 10", "cell check-train: check without points"),
        ("answer-2 = 5", "question-2 = 5", "cell question-2: it has points, but is nothing to be"),
        ("answer-2 = 5", "question-2 = 5", "cell answer-2: answer without points"),
        ("answer-2 = 5", "border-cell = 5", "cell border-cell: it has points, but is evidence"),
        ("[softmax]", "[soft-max]", "notebooks/soft-max.ipynb, which is not there"),
    ],
)
def test_points_and_graded_cells_fit_together(tree, old, new, expected):
    edit(tree / "grading" / "points.toml", old, new)
    assert any(expected in problem for problem in problems(tree))


def test_points_of_both_notebooks_sum_to_100():
    total = 0
    for path, content in derived().files.items():
        if path.endswith(".ipynb"):
            for cell in nbformat.reads(content.decode(), as_version=4).cells:
                total += cell.metadata.get("nbgrader", {}).get("points", 0)
    assert total == 100


# --- Leaks ------------------------------------------------------------------------------------

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
    "a line of evidence": "colours = images[:, ~inside].mean(axis=1)",
    "what evidence tells": "the models of the search, the correlation of the border's colour casts",
}


@pytest.fixture(scope="module")
def secrets():
    return release.secrets(derived())


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
    edit(
        tree / "cs231n" / "tuning.py",
        "import itertools",
        "# dscores[rows, y] -= 1\nimport itertools",
    )
    (found,) = problems(tree)
    assert found.startswith("cs231n/tuning.py, line ") and SOFTMAX in found


# --- What is there stays ----------------------------------------------------------------------


def files_in(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_nothing_is_written_when_something_is_wrong(tree, tmp_path, monkeypatch, capsys):
    out = tmp_path / "build"
    monkeypatch.setattr(release, "ROOT", tree)
    assert release.main(["--out", str(out)]) == 0
    before = files_in(tmp_path)
    edit(tree / SVM, "    ### BEGIN SOLUTION", "    ### BEGIN SOLUTON")
    after_edit = files_in(tree)
    assert release.main(["--out", str(out)]) == 1
    told = capsys.readouterr()
    assert "nothing was written" in told.err and f"{SVM}:" in told.err
    assert files_in(tmp_path) == before | after_edit
    assert release.main(["--out", str(tmp_path / "new")]) == 1
    assert not (tmp_path / "new").exists()


def test_a_release_takes_the_place_of_an_older_one_as_a_whole(tmp_path):
    (tmp_path / "student").mkdir()
    (tmp_path / "student" / "of an older release.py").touch()
    release.write(derived(), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"student", "student.zip"}
    assert not (tmp_path / "student" / "of an older release.py").exists()


def test_a_full_disk_leaves_an_older_release_as_it_was(tmp_path, monkeypatch):
    release.write(derived(), tmp_path)
    before = files_in(tmp_path)

    def full(files, archive):
        raise OSError("No space left on device")

    monkeypatch.setattr(release, "write_zip", full)
    with pytest.raises(OSError, match="No space"):
        release.write(derived(), tmp_path)
    assert files_in(tmp_path) == before
