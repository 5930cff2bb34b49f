"""Build the checks of this course with some pairs of misconceptions: with all it takes a minute."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from course.checks import build


@contextmanager
def some_pairs(course, every=9):
    """Let what is built meanwhile know of each misconception alone, and of every ninth pair."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(course.kind("loss").part("signature_table"), "EVERY", every)
        # In this process, as others would not know of it.
        patch.setattr(build, "ProcessPoolExecutor", lambda *_, **__: ThreadPoolExecutor(1))
        yield
