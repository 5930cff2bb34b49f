"""What checks.run says: of the solved tree, of work not done yet, and of code that misbehaves."""

import html.parser
import io
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from course import checks
from course.checks import frames

ROOT = Path(__file__).resolve().parents[1]
NAMES = list(checks.EXERCISES)


def run_code(tmp_path, code, name="svm_loss_naive", **options):
    """Check an exercise in a file that holds just this code."""
    file = tmp_path / "mine.py"
    file.write_text(code, encoding="utf-8")
    return checks.run(name, file=file, **options)


@pytest.fixture
def tree(tmp_path):
    """Return a copy of the parts of the package that a check imports."""
    classifiers = tmp_path / "cs231n" / "classifiers"
    shutil.copytree(ROOT / "cs231n" / "classifiers", classifiers)
    shutil.copy(ROOT / "cs231n" / "__init__.py", tmp_path / "cs231n")
    return tmp_path


@pytest.mark.parametrize("name", NAMES)
def test_the_solved_tree_passes(name):
    report = checks.run(name)
    assert report.passed
    assert all(line.ok for line in report.lines)
    assert not report.misconceptions and not report.notes
    assert report.vectorized is (True if "vectorized" in name else None)
    assert str(report).startswith(f"✓ {name}: all right\n  ✓ ")
    assert str(report) == str(checks.run(name)), "the notebooks store the text, so it must not vary"


def test_an_unknown_exercise_is_the_callers_mistake():
    with pytest.raises(ValueError, match="no exercise 'svm_loss'; there are: svm_loss_naive, "):
        checks.run("svm_loss")


def test_the_terminal_shows_all_and_tells_by_its_status():
    command = [sys.executable, "-m", "course.checks"]
    done = subprocess.run([*command, "predict"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.startswith("✓ predict: all right")
    done = subprocess.run([*command, "knn"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and "there is no exercise 'knn'" in done.stderr


# Work in progress


def test_another_tree_is_checked_and_always_read_anew(tree):
    file = tree / "cs231n" / "classifiers" / "softmax.py"
    solved = file.read_text(encoding="utf-8")
    assert checks.run("softmax_loss_vectorized", root=tree).passed
    # The same size, and within the same second: a stale .pyc would not be noticed.
    file.write_text(solved.replace("2 * float(reg) * W", "1 * float(reg) * W"), encoding="utf-8")
    report = checks.run("softmax_loss_vectorized", root=tree)
    assert list(report.misconceptions) == ["reg-gradient-halved"]
    file.write_text(solved, encoding="utf-8")
    assert checks.run("softmax_loss_vectorized", root=tree).passed


def test_what_is_not_implemented_yet_is_said_in_one_line(tmp_path):
    code = "def svm_loss_naive(W, X, y, reg):\n    raise NotImplementedError('write me')\n"
    report = run_code(tmp_path, code)
    assert report.status == "not implemented"
    assert str(report) == "svm_loss_naive: not implemented yet"


def test_a_syntax_error_is_shown_with_file_and_line(tree):
    file = tree / "cs231n" / "classifiers" / "linear_svm.py"
    file.write_text("import numpy as np\n\ndef svm_loss_naive(W, X, y, reg)\n", encoding="utf-8")
    report = checks.run("svm_loss_naive", root=tree)
    assert report.status == "broken"
    place = "expected ':' (linear_svm.py, line 3)"
    assert str(report) == f"✗ svm_loss_naive: SyntaxError: {place}"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import nmpy\n", "ModuleNotFoundError: No module named 'nmpy' (mine.py, line 1)"),
        ("x = 1\n", "AttributeError: module 'student_file' has no attribute 'svm_loss_naive'"),
        ("import sys\nsys.exit('bye')\n", "SystemExit: bye (mine.py, line 2)"),
        ("\0", "SyntaxError: source code string cannot contain null bytes"),
    ],
)
def test_a_file_that_cannot_be_imported_is_reported(tmp_path, code, message):
    report = run_code(tmp_path, code)
    assert report.status == "broken" and message in str(report)


def test_a_file_that_is_missing_is_reported(tree):
    (tree / "cs231n" / "classifiers" / "linear_svm.py").unlink()
    assert "No module named 'cs231n.classifiers.linear_svm'" in str(
        checks.run("predict", root=tree)
    )


# Code that misbehaves

HEAD = "import os, sys, time\nimport numpy as np\ndef svm_loss_naive(W, X, y, reg):\n"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("pass", "NoneType instead of the pair loss, dW"),
        ("return 1", "int instead of the pair loss, dW"),
        ("return 'one', W", "the loss is not a number"),
        ("return np.ones(3), W", "the loss is not a number"),
        ("return np.ones((1, 1)), W", "the loss is a ndarray of shape (1, 1)"),
        ("return 0.0, None", "dW is not an array of numbers"),
        ("return 0.0, W.tolist()", "dW is a list, not an array"),
        ("return 0.0, W.T", "dW has shape (10, 6) instead of (6, 10)"),
        ("return 0.0, W.astype(object)", "dW is not an array of numbers"),
        ("return 0.0, np.zeros((3000, 3000))", "dW is not an array of numbers"),
        ("return np.nan, W * np.nan", "loss: nan instead of"),
        ("return 1j, W", "the loss is not a number"),
        ("return 1 / 0, W", "runs: ZeroDivisionError: division by zero (mine.py, line 4)"),
        ("raise SystemExit", "runs: SystemExit (mine.py, line 4)"),
        ("raise KeyboardInterrupt", "runs: KeyboardInterrupt (mine.py, line 4)"),
        ("sys.exit(0)", "runs: SystemExit: 0 (mine.py, line 4)"),
        ("return svm_loss_naive(W, X, y, reg)", "runs: RecursionError: "),
        ("os._exit(0)", "it ended the Python process"),
        ("os.abort()", "it ended the Python process"),
        ("sys.stdout.close(); sys.stderr.close(); return 0.0, W", "loss: 0 instead of"),
        ("os.chdir('/'); return float(input()), W", "runs: EOFError"),
        (
            "os.write(int(sys.argv[1]), b'\\0' * 7 + b'nonsense'); return 0.0, W",
            "it ended the Python",
        ),
        ("os.close(int(sys.argv[1])); return 0.0, W", "it ended the Python process"),
    ],
)
def test_wrong_types_and_exceptions_are_reported(tmp_path, body, told):
    report = run_code(tmp_path, HEAD + "    " + body + "\n")
    assert not report.passed
    assert told in str(report)
    assert not report.misconceptions


@pytest.mark.parametrize("body", ["while True: pass", "time.sleep(1000)"])
def test_a_hang_is_ended(tmp_path, body):
    report = run_code(tmp_path, HEAD + "    " + body + "\n", time_limit=2)
    assert "it did not finish in time" in str(report)


def test_a_hang_or_crash_in_one_problem_costs_that_one_only(tmp_path):
    solved = (ROOT / "cs231n" / "classifiers" / "linear_svm.py").read_text(encoding="utf-8")
    old = "    W, X, y = check_inputs(W, X, y)\n    ### BEGIN SOLUTION\n    N, C"
    for harm in ("__import__('os')._exit(1)", "while True: pass"):
        code = solved.replace(
            old, f"    if len(X) == 1 and W.shape[1] == 3:\n        {harm}\n{old}"
        )
        report = run_code(tmp_path, code, time_limit=10)
        crosses = [line.title for line in report.lines if not line.ok]
        assert crosses == ["other numbers of examples and classes"]
        assert not report.misconceptions


def test_frames_that_would_unpack_to_more_than_fits_are_refused():
    buffer = io.BytesIO()
    np.savez_compressed(buffer, meta=np.zeros(frames.MOST_FRAME + 1, dtype=np.uint8))
    bomb = buffer.getvalue()
    assert len(bomb) < 100_000
    for frame in (bomb, b"no archive"):
        with pytest.raises(ValueError, match="not a frame"):
            list(frames.Frames().add(struct.pack(">Q", len(frame)) + frame))
    with pytest.raises(ValueError, match="a frame of"):
        list(frames.Frames().add(struct.pack(">Q", frames.MOST_FRAME + 1)))


def test_a_flood_is_survived_and_noted(tmp_path):
    body = "    for i in range(20000): print('y' * 80)\n    sys.stderr.write('x' * 100)\n"
    report = run_code(tmp_path, HEAD + body + "    return 0.0, W\n")
    assert "prints more than a million characters" in str(report)
    endless = HEAD + "    while True: print('y' * 1000)\n"
    report = run_code(tmp_path, endless, time_limit=3)
    assert "it did not finish in time" in str(report)


@pytest.mark.parametrize(
    ("name", "body", "told"),
    [
        ("train", "train(self): pass", "runs: TypeError"),
        ("train", "train(self, X, y, **options): return []", "self.loss is never called"),
        ("train", "train(self, X, y, **options): self.W = 1; self.loss(1, 2, 3)", "rows of X"),
        ("train", "train(self, X, y, **options): raise SystemExit", "runs: SystemExit"),
        ("predict", "predict(self, X): pass", "NoneType instead of an array of labels"),
        ("predict", "predict(self, X): return 3", "an array of shape () instead of (12,)"),
        (
            "predict",
            "predict(self, X): return ['a'] * len(X)",
            "list instead of an array of labels",
        ),
        ("predict", "predict(self, X): del self.W; return 1", "AttributeError"),
    ],
)
def test_broken_methods_are_reported(tmp_path, name, body, told):
    code = "class Classifier:\n    def __init__(self): self.W = None\n    def " + body + "\n"
    report = run_code(tmp_path, code, name, attribute="Classifier")
    assert not report.passed and told in str(report)


# Reports


class Structure(html.parser.HTMLParser):
    """Notes tags, and raises where they are not closed in order."""

    def __init__(self):
        super().__init__()
        self.open, self.tags = [], []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.tags.append(tag)
        assert "color" not in str(attrs), "colours of our own would fail on a dark page"

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_html_is_closed_escaped_and_says_what_the_text_says(tmp_path):
    code = HEAD + "    raise ValueError('<script>alert(1)</script> & <b>')\n"
    report = run_code(tmp_path, code)
    page = report._repr_html_()
    structure = Structure()
    structure.feed(page)
    assert not structure.open and "script" not in structure.tags
    assert "&lt;script&gt;" in page and "✗" in page


def test_reports_hold_no_paths_of_this_machine(tree):
    file = tree / "cs231n" / "classifiers" / "linear_svm.py"
    code = HEAD + "    raise ValueError(f'{__file__} {object()}')\n" + "hinge_loss = 0\n"
    file.write_text(code + "svm_loss_vectorized = svm_loss_naive\n", encoding="utf-8")
    text = str(checks.run("svm_loss_naive", root=tree))
    assert "ValueError: cs231n/classifiers/linear_svm.py <object object at 0x…>" in text
    assert str(tree) not in text


def test_no_formula_of_an_exercise_is_in_the_package():
    for file in (ROOT / "cs231n" / "checks").glob("*.py"):
        text = file.read_text(encoding="utf-8")
        for formula in ("X.T @", "np.exp", "argmax(X", ".max(axis=1", "np.maximum", "dscores"):
            assert formula not in text, file.name
