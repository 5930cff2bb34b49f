"""Build the checks of this course with some pairs of misconceptions: with all it takes a minute."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from course.checks import build


@contextmanager
def some_pairs(course, every=9):
    """Let what is built meanwhile know of each misconception alone, and of every ninth pair."""

    def combinations(*given):
        return itertools.islice(itertools.combinations(*given), None, None, every)

    table = course.kind("loss").part("signature_table")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table, "itertools", SimpleNamespace(combinations=combinations))
        patch.setattr(build, "ProcessPoolExecutor", lambda *_, **__: ThreadPoolExecutor(1))
        yield
