"""Each file of exercises can be run while another one is being written."""

import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import cs231n
from cs231n import classifiers
from cs231n.classifiers import LinearClassifier, LinearSVM, Softmax, linear_classifier

PACKAGE = Path(cs231n.__file__).parent

# What still runs, in a few words of Python, while a file is being written
RUNS = {
    "base": "from cs231n.classifiers import LinearClassifier; LinearClassifier().W",
    "classes": "from cs231n.classifiers.linear_classifier import LinearSVM, Softmax",
    "tuning": "from cs231n.tuning import grid_search",
    "svm": "from cs231n.classifiers.linear_svm import svm_loss_naive as f; f(W, X, y, 0.1)",
    "svm trained": "from cs231n.classifiers import LinearSVM as M; M().train(X, y, num_iters=2)",
    "softmax": "from cs231n.classifiers.softmax import softmax_loss_naive as f; f(W, X, y, 0.1)",
    "softmax trained": "from cs231n.classifiers import Softmax as M; M().train(X, y, num_iters=2)",
}
EXAMPLES = "import numpy as np; X, W, y = np.eye(3), np.eye(3), np.arange(3)\n"
WITHOUT = {
    "linear_svm.py": {"svm", "svm trained"},
    "softmax.py": {"softmax", "softmax trained"},
    "linear_classifier.py": {"base", "classes", "tuning", "svm trained", "softmax trained"},
}


@pytest.fixture
def copy(tmp_path):
    shutil.copytree(PACKAGE, tmp_path / "cs231n", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def run(folder, code):
    env = os.environ | {"PYTHONPATH": str(folder), "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("name", WITHOUT)
def test_syntax_error_breaks_only_what_needs_the_file(name, copy):
    (copy / "cs231n" / "classifiers" / name).write_text("def unfinished(:\n")
    # All in one process, as a notebook has it: a failed import must not spoil the next.
    code = f"{EXAMPLES}import traceback\nfor name, code in {RUNS!r}.items():\n"
    code += "    try: exec(code); print(name)\n    except SyntaxError as e: print(e.filename)\n"
    result = run(copy, code)
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert set(RUNS) - set(lines) == WITHOUT[name]
    assert {Path(line).name for line in lines} - set(RUNS) == {name}


def test_loss_needs_no_helper_of_ours(copy):
    path = copy / "cs231n" / "classifiers" / "linear_svm.py"
    text = path.read_text(encoding="utf-8")
    start = text.index("def hinge_loss")
    path.write_text(text[:start].replace("hinge_loss(scores, y, margin)", "(scores[:, 0], scores)"))
    for name in ("svm trained", "softmax trained", "tuning"):
        result = run(copy, EXAMPLES + RUNS[name])
        assert result.returncode == 0, result.stderr


def test_classes_are_the_same_by_either_name():
    for name in classifiers.__all__:
        assert getattr(classifiers, name) is getattr(linear_classifier, name)
        assert name in dir(classifiers)
    with pytest.raises(AttributeError, match="no attribute 'LinearRegression'"):
        _ = classifiers.LinearRegression
    namespace = {}
    exec("from cs231n.classifiers import *", namespace)
    assert namespace["Softmax"] is Softmax


def test_unknown_class_is_an_import_error():
    with pytest.raises(ImportError, match="LinearRegression"):
        from cs231n.classifiers import LinearRegression  # noqa: F401


@pytest.mark.parametrize("model_class", [LinearClassifier, LinearSVM, Softmax])
def test_models_can_be_pickled(model_class):
    model = model_class()
    model.W = np.eye(3)
    again = pickle.loads(pickle.dumps(model))
    assert type(again) is model_class
    np.testing.assert_array_equal(again.W, model.W)


NOTEBOOK = """
import pathlib
from IPython.core.interactiveshell import InteractiveShell

def write(text):
    pathlib.Path("cs231n/classifiers/linear_svm.py").write_text(text, encoding="utf-8")

finished = pathlib.Path("cs231n/classifiers/linear_svm.py").read_text(encoding="utf-8")
shell = InteractiveShell()
shell.user_ns.update(X=X, y=y)
shell.run_cell("%load_ext autoreload")
shell.run_cell("%autoreload 2")

write("def unfinished(:")
shell.run_cell("from cs231n.classifiers import LinearSVM; model = LinearSVM()").raise_error()
assert not shell.run_cell("losses = model.train(X, y, num_iters=1)").success
write(finished)
shell.run_cell("losses = model.train(X, y, num_iters=1)").raise_error()
write(finished.replace("return losses, dscores", "return losses + 100, dscores"))
shell.run_cell("losses += model.train(X, y, num_iters=1)").raise_error()
assert shell.user_ns["losses"][0] < 10 and shell.user_ns["losses"][1] > 100
"""


def test_autoreload_takes_an_edited_loss_into_an_old_model(copy):
    result = run(copy, EXAMPLES + NOTEBOOK)
    assert result.returncode == 0, result.stdout + result.stderr
