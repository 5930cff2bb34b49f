"""Is a loop found, in the syntax tree or by the growth of the time, and is no other alarm given?"""

from pathlib import Path

import pytest

from course import checks
from course.checks import loops

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("return X @ W", None),
        ("for i in range(len(X)):\n  pass", 2),
        ("while X: pass", 2),
        ("return sum(x for x in X)", 2),
        ("return [x for x in X]", 2),
        ("return np.vectorize(float)(X)", 2),
        ("return list(map(float, X))", 2),
        ("return helper(X)\ndef helper(X):\n for x in X: pass", 4),
        ("return functools.partial(helper)(X)\nhelper = lambda X: [x for x in X]", 3),
        ("return 1\ndef unused(X):\n for x in X: pass", None),
        ("for a in (W, X): assert a.ndim == 2", None),
        ("for i in range(0, len(X), 1000): pass", None),
        ("for i in range(3): pass", None),
        ("return X @", None),
    ],
)
def test_loops_are_found_in_the_syntax_tree(body, line):
    code = "def f(W, X):\n" + " " + body + "\n"
    found = loops.find_loop(code, "f")
    assert (found and found[0]) == line


def test_a_loop_that_the_syntax_tree_does_not_show_is_found_by_its_time(tmp_path):
    solved = (ROOT / "cs231n" / "classifiers" / "linear_svm.py").read_text(encoding="utf-8")
    hidden = "from functools import reduce\n" + solved.replace(
        "    losses, dscores =",
        "    reduce(lambda a, x: np.dot(x, W) + a, X, 0.0)\n    losses, dscores =",
    )
    file = tmp_path / "mine.py"
    file.write_text(hidden, encoding="utf-8")
    report = checks.run("svm_loss_vectorized", file=file)
    assert report.passed, report
    assert report.vectorized in (False, True)  # a disturbed measurement may hide a loop
    sizes, product, loop = [500, 1000, 2000], [1.0, 2.0, 4.0], [9.0, 18.0, 36.0]
    assert loops.grows_slowly(sizes, [[3.0, 6.0, 12.0], product, loop])
    assert not loops.grows_slowly(sizes, [[3000.0, 6000.0, 12000.0], product, loop])
    assert loops.grows_slowly(sizes, [[3000.0, 6000.0, 6001.0], product, loop])
