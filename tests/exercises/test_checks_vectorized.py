"""Is a loop found in a loss where its text does not show one, and none where it seems to?"""

import pytest

from conftest import ROOT
from course import checks


@pytest.mark.parametrize(
    ("hidden", "shown"),
    [
        ("reduce(lambda a, x: np.dot(x, W) + a, X, 0.0)", False),
        ("np.mean(X)", True),
    ],
)
def test_what_runs_counts_and_not_how_it_is_called(tmp_path, hidden, shown):
    solved = (ROOT / "cs231n" / "classifiers" / "linear_svm.py").read_text(encoding="utf-8")
    file, old = tmp_path / "mine.py", "    losses, dscores ="
    # The name of a function that loops, but not of the one that is used here.
    mean = "\n\ndef mean(X):\n    for x in X:\n        pass\n"
    text = solved.replace(old, f"    {hidden}\n{old}") + mean
    file.write_text("from functools import reduce\n" + text, encoding="utf-8")
    report = checks.run("svm_loss_vectorized", file=file)
    assert report.passed, report
    assert report.vectorized is shown
