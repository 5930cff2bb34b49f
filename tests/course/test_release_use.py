"""Can the student edition be used: imported, checked, run up to the first exercise?"""

import os
import re
import subprocess
import sys
import types

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from student_edition import COURSE, EXERCISES, NOTEBOOKS, derived, put_back, stubs, student_notebook

from course.edition import release


@pytest.fixture(scope="module")
def edition():
    return derived()


@pytest.fixture(scope="module")
def student(edition, tmp_path_factory):
    """The folder of the student edition, as `make release` writes it."""
    out = tmp_path_factory.mktemp("build")
    release.write(COURSE, edition, out)
    return out / "student"


def run_python(code, folder, **variables):
    hidden = ("PYTHONPATH", "CIFAR10_DIR")
    env = {name: value for name, value in os.environ.items() if name not in hidden}
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=folder, env={**env, **variables}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_every_module_can_be_imported(student):
    modules = sorted(
        ".".join(path.relative_to(student).with_suffix("").parts).removesuffix(".__init__")
        for path in student.glob("c*/**/*.py")
        if path.name != "__main__.py"
    )
    assert len(modules) > 30
    code = f"import importlib\nfor m in {modules}: print(importlib.import_module(m).__file__)"
    for place in run_python(code, student).splitlines():
        assert place.startswith(str(student))


SCORES = np.zeros((3, 4)), np.array([0, 1, 2])
BATCH = np.zeros((5, 4)), np.ones((3, 5)), np.array([0, 1, 2]), 0.1


def call_method(module, name, *args, W=None):
    class Example(module.LinearClassifier):
        def loss(self, X, y, reg):
            return 1.0, np.zeros_like(self.W)

    classifier = Example()
    classifier.W = W
    return getattr(classifier, name)(*args)


CALLS = {
    "svm_loss_naive": lambda m: m.svm_loss_naive(*BATCH),
    "svm_loss_vectorized": lambda m: m.svm_loss_vectorized(*BATCH),
    "hinge_loss": lambda m: m.hinge_loss(*SCORES),
    "softmax_loss_naive": lambda m: m.softmax_loss_naive(*BATCH),
    "softmax_loss_vectorized": lambda m: m.softmax_loss_vectorized(*BATCH),
    "cross_entropy_loss": lambda m: m.cross_entropy_loss(*SCORES),
    "probabilities": lambda m: m.probabilities(SCORES[0]),
    "LinearClassifier.train": lambda m: call_method(m, "train", *BATCH[1:3]),
    "LinearClassifier.predict": lambda m: call_method(m, "predict", BATCH[1], W=BATCH[0]),
}


def test_every_stub_raises_by_itself_and_names_its_function_and_file(edition):
    met = []
    for path, cell, number in stubs():
        changes = edition.changes[path, cell]
        others = [change for change in changes if change is not changes[number]]
        if cell is not None:
            source = next(c for c in student_notebook(path).cells if c.id == cell).source
            with pytest.raises(NotImplementedError, match=f"{cell} in {path} is not implemented"):
                exec(put_back(source, others), {})
            continue
        module = types.ModuleType("stub")
        exec(put_back(edition.files[path].decode(), others), vars(module))
        stub = " ".join(changes[number].new)
        name = next(name for name in CALLS if f'"{name} in {path} is' in stub)
        with pytest.raises(NotImplementedError, match=f"{name} in {path} is not implemented yet"):
            CALLS[name](module)
        met.append(name)
    assert set(met) == CALLS.keys()
    assert len(met) == 10  # train has two parts


def test_every_check_says_not_implemented_yet(student):
    cells = [cell.source for path in NOTEBOOKS for cell in student_notebook(path).cells]
    assert {f'checks.run("{name}")' for name in EXERCISES} <= set(cells)
    code = f"from course import checks\nfor n in {EXERCISES}: print(n, '::', checks.run(n), '\\f')"
    reports = run_python(code, student).split("\f\n")[:-1]
    assert len(reports) == len(EXERCISES)
    for name, report in zip(EXERCISES, reports, strict=True):
        assert name in report and "not implemented yet" in report
        assert "Traceback" not in report and "Error" not in report.replace(
            "NotImplementedError", ""
        )


CALL_OF_AN_EXERCISE = re.compile(
    r"(svm_loss_\w+|softmax_loss_\w+|hinge_loss|cross_entropy_loss|\.train|\.predict)\("
)


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS)
def test_notebooks_run_up_to_the_first_exercise(student, path, synthetic_dir):
    book = nbformat.read(student / path, as_version=4)
    first = next(
        c for c in book.cells if c.cell_type == "code" and CALL_OF_AN_EXERCISE.search(c.source)
    )
    client = NotebookClient(
        book,
        kernel_name="python3",
        timeout=300,
        resources={"metadata": {"path": str(student / "notebooks")}},
        extra_arguments=["--log-level=ERROR"],
    )
    with pytest.raises(CellExecutionError):
        client.execute(env={**os.environ, "CIFAR10_DIR": str(synthetic_dir)})
    cells = [cell for cell in book.cells if cell.cell_type == "code"]
    failed = [c for c in cells if any(out.output_type == "error" for out in c.outputs)]
    assert failed == [first] == [c for c in cells if c.execution_count][-1:]
    error = failed[0].outputs[-1]
    assert error.ename == "NotImplementedError"
    assert re.match(r"(svm|softmax)_loss_naive in cs231n/classifiers/\w+\.py is not", error.evalue)
