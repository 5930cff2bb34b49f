"""What holds for all tests: where Matplotlib keeps its files, and how they share the cores."""

import os
from pathlib import Path

import pytest

# Neither somebody's own settings nor a stale list of fonts may change the figures.
os.environ.setdefault("MPLCONFIGDIR", str(Path(__file__).parent / "build" / "matplotlib"))

pytest_plugins = ["course.outputs.nbval_plugin"]  # pytest takes this list from here only


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items):
    """Keep the tests of a file, or of those that name the same group, on one core, in their order.

    Cells of a notebook need each other, and costly fixtures are made once.
    """
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.path.name))
