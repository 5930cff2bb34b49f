"""Is a loop found where one runs, is none found elsewhere, and is its place told?"""

import types

import numpy as np
import pytest

from course.checks import child, steps
from course.checks.calling import Outcome

LARGE = (512, {"X": np.ones((520, 3))})
JUDGE = types.SimpleNamespace(
    growing=lambda: ({"X": np.ones((8, 3))}, {"row": LARGE, "column": (9, {"X": np.ones((8, 12))})})
)


def called(function, problem):
    return {}, {"value": function(problem["X"])}


def told(folder, text, others=None):
    """Return what is Told of f in a file with this text."""
    (folder / "toy").mkdir()
    texts = {"toy/sums.py": "import numpy as np\n" + text, **(others or {})}
    for name, content in texts.items():
        (folder / name).write_text(content)
    job = {"root": str(folder), "package": "toy", "file": str(folder / "toy" / "sums.py")}
    function = child.load("sums", job["file"]).f
    outcome = Outcome("value", *child.count_steps(called, function, steps.problem_of(JUDGE), job))
    return steps.tell(JUDGE, outcome, {**texts, "": texts["toy/sums.py"]})


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("def f(X): return X.sum(axis=0)", 0, ""),
        ("def f(X):\n  for i in range(len(X)):\n    X[i]", 3, "row"),
        ("def f(X):\n  i = 0\n  while i < len(X): i += 1", 4, "row"),
        ("def f(X): return [x for x in X]", 2, "row"),
        ("def f(X): return {x: 1 for i in range(3) for x in range(X.shape[1])}", 2, "column"),
        ("def f(X): return sum(1 for x in X)", 2, "row"),
        ("def f(X): return np.vectorize(lambda x: x + 1)(X)", 2, "row"),
        ("def f(X): return np.apply_along_axis(np.sum, 1, X)", 2, "row"),
        ("def f(X): return list(map(np.sum, X))", 2, "row"),
        ("def f(X): return f(X[1:]) if len(X) else 0", 2, "row"),
        ("def f(X):\n  for a in (X, X): assert a.ndim == 2", 0, ""),
        ("def f(X):\n  for i in range(0, len(X), 1000): X[i : i + 1000].sum()", 0, ""),
        ("def f(X): return [i for i in range(3)]", 0, ""),
        ("T = [i for i in range(9999)]\ndef f(X): return X.sum() + len(T)", 0, ""),
        ("def g(X):\n  for x in X: pass\ndef f(X): return g(X)", 3, "row"),
        ("def g(X):\n  for x in X: pass\ndef f(X): return X", 0, ""),
        ("def mean(X):\n  for x in X: pass\ndef f(X): return np.mean(X)", 0, ""),
        ("class A:\n  def g(self, X):\n    for x in X: pass\ndef f(X): A().g(X)", 4, "row"),
        (
            "class A:\n  def loss(s, X):\n    for x in X: pass\ndef f(X): loss = 1; return loss",
            0,
            "",
        ),
        ("def f(X): print(X)", 0, ""),
        ("def f(X): exec('for x in X: y = 1')", 2, "row"),
    ],
)
def test_what_runs_again_for_each_row_or_column_is_found(tmp_path, text, line, what):
    found = told(tmp_path, text)
    if not what:
        assert found == (True, "", "")
        return
    assert found.ok is False and f" runs again for each {what}: " in found.detail
    quoted = ("import numpy as np\n" + text).split("\n")[line - 1].strip()
    assert found.detail == f"line {line} runs again for each {what}: {quoted}"


def test_a_loop_in_another_file_is_told_with_its_name_and_without_signs_for_a_terminal(tmp_path):
    others = {"toy/mine.py": "def g(X):\n  for x in X: '\x1b[2J \u202e'\n"}
    import_it = "import importlib.util as u\nm = u.module_from_spec(s := u.spec_from_file_location("
    path = tmp_path / "toy" / "mine.py"
    text = f"{import_it}'mine', {str(path)!r}))\ns.loader.exec_module(m)\ndef f(X): m.g(X)"
    shown = "for x in X: '\ufffd[2J \ufffd'"
    detail = f"line 2 of mine.py runs again for each row: {shown}"
    assert told(tmp_path, text, others) == (False, detail, "")


def test_what_keeps_pairs_of_rows_is_right_and_remarked(tmp_path):
    found = told(tmp_path, "def f(X): return np.diag(X @ X.T)")
    assert found.ok and found.remark.startswith("It keeps a number for each pair of rows: ")


@pytest.mark.parametrize("outcome", [None, Outcome("crash"), Outcome("value", {"file": ""}, {})])
def test_what_was_not_counted_says_nothing(outcome):
    assert steps.tell(JUDGE, outcome, {}) == (None, "", "")


def test_what_does_not_end_where_there_is_more_to_do_is_not_vectorized():
    told = "it did not finish in time where there is more to do"
    assert steps.tell(JUDGE, Outcome("hang"), {}) == (False, told, "")


@pytest.mark.parametrize("line", [-1, 0, 3, np.nan, np.inf])
def test_lines_that_are_not_there_are_not_told(line):
    counted = {"steps": np.array([5.0, 900, 5]), "memory": np.zeros(3), "line": np.array([line])}
    found = steps.tell(JUDGE, Outcome("value", {"file": ""}, counted), {"": "a\nb"})
    assert found == (False, "some lines run again for each row", "")


def test_numbers_that_are_none_never_pass():
    counted = {"steps": np.array([5.0, np.nan, 5]), "memory": np.zeros(3), "line": np.array([1.0])}
    assert steps.tell(JUDGE, Outcome("value", {"file": ""}, counted), {}).ok is False
