"""Is a loop found by the growth of the time where the text does not show one, in a loss?"""

import pytest

from conftest import ROOT
from course import checks


@pytest.mark.parametrize(
    ("hidden", "shown"),
    [
        ("reduce(lambda a, x: np.dot(x, W) + a, X, 0.0)", (False, True)),
        ("np.mean(X)", (True,)),
    ],
)
def test_the_time_tells_where_the_text_does_not(tmp_path, hidden, shown):
    solved = (ROOT / "cs231n" / "classifiers" / "linear_svm.py").read_text(encoding="utf-8")
    file, old = tmp_path / "mine.py", "    losses, dscores ="
    # The name of a function that loops, but not of the one that is used here.
    mean = "\n\ndef mean(X):\n    for x in X:\n        pass\n"
    text = solved.replace(old, f"    {hidden}\n{old}") + mean
    file.write_text("from functools import reduce\n" + text, encoding="utf-8")
    report = checks.run("svm_loss_vectorized", file=file)
    assert report.passed, report
    assert report.vectorized in shown  # a disturbed measurement may hide a loop, not invent one
