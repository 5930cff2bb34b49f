"""Does a run that grades many submissions keep what it has read, sent or saved?"""

import json
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("distributed")

from conftest import ROOT

# All of a run but the grading: workers send back as much as came.
RUN = """
import json, sys
from benchmarks.measure import peak_memory
from course import definition
from course.grader import intake, many
from course.grader.grade import Graded
from course.grader.settings import Settings
from course.grader.store import Store

def nothing(files, settings):
    return Graded({"times": {}}, {"everything.ipynb": b"".join(files.values())})

handed = intake.find(definition.load(), sys.argv[1]).students
with Store(sys.argv[2]) as store:
    summary = many.grade_all(handed, Settings(0, "", bytes(200_000)), store, jobs=2, work=nothing)
print(json.dumps({"count": len(summary.states), "memory": peak_memory()}))
"""


@pytest.mark.night
def test_memory_does_not_grow_with_the_number_of_submissions(tmp_path):
    rng = np.random.default_rng(231)
    measured = {}
    for count in (20, 100):
        for i in range(count):
            path = tmp_path / str(count) / f"s{i}" / "notebooks"
            path.mkdir(parents=True)
            noise = rng.bytes(1_250_000).hex()  # of 2.5 MB
            (path / "svm.ipynb").write_text(json.dumps({"cells": [], "metadata": {"x": noise}}))
        command = [sys.executable, "-c", RUN, tmp_path / str(count), tmp_path / f"out{count}"]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
        measured[count] = json.loads(done.stdout)
        assert measured[count]["count"] == count
    # If it kept what it read or sent, 80 more would be 200 MB or more.
    assert measured[100]["memory"] - measured[20]["memory"] < 60e6
    assert measured[20]["memory"] > 50e6  # it is really measured
