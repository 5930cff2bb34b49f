"""What holds for all tests: where Matplotlib keeps its files, and the plugin for notebooks."""

import os
import sys
from pathlib import Path

import pytest

import course  # noqa: F401  first, as it says what nbformat need not load

# Neither somebody's own settings nor a stale list of fonts may change the figures.
os.environ.setdefault("MPLCONFIGDIR", str(Path(__file__).parent / "build" / "matplotlib"))

# Tests start hundreds of processes: each would compile the same files, where a setting forbids to
# keep what comes out.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Pytest takes this list from here only. By itself it would load nbval before `course`, and with it
# for 2 s in each process what jsonschema does not need here.
pytest_plugins = ["nbval.plugin", "course.outputs.nbval_plugin"]

# A file stays on one core with -n. These take minutes: begun last, each would end alone.
LONGEST = (
    "notebooks/",
    "tests/course/test_grader_attacks.py",
    "tests/course/test_grader_whole_runs.py",
    "tests/test_colab.py",
    "tests/test_browser.py",
    "tests/cs231n/test_cifar10.py",
    "tests/exercises/test_checks_file.py",
    "tests/exercises/test_optional.py",
    "tests/exercises/test_constants.py",
    "tests/test_systems.py",
    "tests/course/test_release_nbgrader.py",
    "tests/test_browser_figures.py",
    "tests/exercises/test_checks_misconceptions.py",
    "tests/course/test_grader_verdict.py",
)


def pytest_collection_modifyitems(items):
    def place(item):
        return next((n for n, name in enumerate(LONGEST) if item.nodeid.startswith(name)), 99)

    items.sort(key=place)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config):
    """One more than there are cores: some tests wait for processes, browsers and time limits."""
    return len(os.sched_getaffinity(0)) + 1 if hasattr(os, "sched_getaffinity") else None
