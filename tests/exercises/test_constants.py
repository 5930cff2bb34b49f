"""Do the notebooks run with other constants, which their readers are invited to change?

Without the cells of evidence, as in the student edition. With fewer steps alone they run on Colab
(test_colab.py) and in a browser (test_browser.py).
"""

import asyncio

import pytest
from student_edition import with_constants

from course.outputs.execute import NotebookFailed, execute
from cs231n.data_utils import load_class_names

pytestmark = pytest.mark.slow  # a third of a minute each, most of it for the figures

SHORT = {"NUM_ITERS": 30, "SEED": 231}
FEW = SHORT | {"NUM_TRAIN": 1_000, "NUM_VAL": 300, "NUM_TEST": 200, "NUM_DEV": 60}
OTHERS = {
    "few images, a grid of one row": FEW
    | {"BATCH_SIZE": 40, "LEARNING_RATES": [1e-6], "REGS": [0, 10, 1e3, 1e5, 1e6]},
    "all images, in part diverging": SHORT
    | {"NUM_TRAIN": 45_000, "NUM_VAL": 5_000, "NUM_TEST": 10_000, "NUM_ITERS": 7}
    | {"LEARNING_RATES": [1e-8, 1e-7, 1e10], "REGS": [1, 1e2]},
}
WRONG = {
    "more than there is": ({"NUM_TRAIN": 49_500}, "there are only 50,000|of 50000 training images"),
    "nothing to validate on": ({"NUM_VAL": 0}, "every number must be positive"),
    "no training": ({"NUM_ITERS": 0}, "every number must be positive"),
    "nothing to search": (FEW | {"REGS": []}, "the grid is empty"),
    "all diverge": (FEW | {"LEARNING_RATES": [1e10]}, r"lower the learning rates below 1e\+10"),
}


def run(course, name, constants, data_set):
    """Execute a notebook with other constants; return its results."""
    path = course.root / course.notebooks[name].file
    notebook = with_constants(path, **constants)
    return asyncio.run(execute(notebook, path, {course.data.variable: str(data_set)}))["results"]


@pytest.mark.parametrize("constants", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("name", ["svm", "softmax"])
def test_runs_to_the_end(course, synthetic_dir, name, constants):
    found = run(course, name, constants, synthetic_dir)
    chance = 1 / len(load_class_names(synthetic_dir))
    assert chance + 0.05 < found["further_test_accuracy_all"] < 1
    if "REGS" in constants:
        assert found["reg"] in constants["REGS"]


@pytest.mark.parametrize("constants, told", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("name", ["svm", "softmax"])
def test_what_cannot_work_is_told_in_a_sentence(course, synthetic_dir, name, constants, told):
    with pytest.raises(NotebookFailed, match=told):
        run(course, name, constants, synthetic_dir)
