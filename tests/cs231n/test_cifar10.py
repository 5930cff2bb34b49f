"""The accuracies that the README promises, measured by executing the notebooks on CIFAR-10.

Needs a copy of CIFAR-10, or a re-encoding of its images, in the folder CIFAR10_JPEG_DIR.
"""

import json
import os
import subprocess
import sys

import pytest

from conftest import ROOT
from tests.readme import COLUMNS, results_table

CIFAR10 = os.environ.get("CIFAR10_JPEG_DIR")
pytestmark = [
    pytest.mark.skipif(not CIFAR10, reason="CIFAR10_JPEG_DIR names no copy of CIFAR-10"),
    pytest.mark.slow,  # minutes
]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """What both notebooks found, as `make run` reports it."""
    out = tmp_path_factory.mktemp("cifar10")
    subprocess.run(
        [sys.executable, "-m", "course.outputs.run", "--out", str(out)],
        cwd=ROOT,
        env=os.environ | {"CIFAR10_DIR": CIFAR10},
        check=True,
    )
    return json.loads((out / "results.json").read_text())


# Measured on all 10,000 test images, where an accuracy of 0.4 has a standard error of 0.005. The
# bars lie below what is reached, softmax's last one by 0.003: another BLAS may pass them, too.
@pytest.mark.parametrize(
    ("notebook", "best", "further"), [("svm", 0.370, 0.390), ("softmax", 0.370, 0.405)]
)
def test_notebooks_reach_the_promised_accuracy(results, notebook, best, further):
    found = results[notebook]["results"]
    assert found["test_accuracy_all"] >= best
    assert found["further_test_accuracy_all"] >= further


# Random numbers have seeds, and the images are the same everywhere. Another BLAS rounds sums of
# float32 otherwise, which after 1,000 steps changes a few answers in a thousand.
@pytest.mark.parametrize("row", results_table(), ids=lambda row: row["notebook"] + row["prefix"])
def test_readme_tells_what_they_find(results, row):
    found, prefix = results[row["notebook"]]["results"], row["prefix"]
    for key in COLUMNS:
        if "accuracy" in key:
            assert found[prefix + key] == pytest.approx(row[key], abs=0.004)
        elif not prefix:
            assert found[key] == row[key]


@pytest.mark.parametrize("notebook", ["svm", "softmax"])
def test_notebooks_stay_within_memory(results, notebook):
    assert results[notebook]["peak_memory_mb"] <= 1250  # two side by side: 2.5 GB
