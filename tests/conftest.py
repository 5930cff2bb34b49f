"""Fixtures that several test files share."""

import os
import shutil
import time
from contextlib import contextmanager
from pathlib import Path

import matplotlib
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
SYNTHETIC = ROOT / "datasets" / "synthetic-batches-py"
OTHER_SEED = 20_240  # of problems that students do not have

matplotlib.use("Agg")


@pytest.fixture(scope="session", autouse=True)
def tidy():
    """Fail at the end if the tests have left anything in the top folder."""
    before = names_in_sight()
    yield
    assert names_in_sight() == before


def names_in_sight():
    names = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    return names - {"build", "__pycache__"}


@pytest.fixture(scope="session")
def synthetic_dir():
    """The folder of the synthetic data set, drawn now if it is not there yet."""
    import scenes as synthetic

    if not (SYNTHETIC / "batches.meta").is_file():
        synthetic.write(SYNTHETIC, verbose=False)
    return SYNTHETIC


@pytest.fixture(scope="session")
def course():
    """This course, as exercises/course.toml declares it."""
    from course import definition

    return definition.load()


@pytest.fixture(scope="session")
def other_problems(course):
    """The file of this course's problems with another seed than students have, as bytes.

    Made once for all processes, with some pairs of misconceptions, and kept in build/.
    """
    from fcntl import LOCK_EX, flock

    from some_pairs import some_pairs

    from course.grader.verdict.unseen import unseen_problems

    folder = ROOT / "build" / "some-pairs"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as lock, some_pairs(course):
        flock(lock, LOCK_EX)
        return unseen_problems(course, OTHER_SEED, folder)


@pytest.fixture(scope="session")
def toy(tmp_path_factory):
    """The toy course, in a folder that no test may change."""
    from toy_course import copy_toy

    return copy_toy(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="session")
def sample(tmp_path_factory):
    """The sample course, which no test may change."""
    from sample_course import copy_sample

    return copy_sample(tmp_path_factory.mktemp("sample"))


@pytest.fixture
def tree(toy, tmp_path):
    """The folder of a toy course of one's own."""
    return shutil.copytree(toy.root, tmp_path / "toy")


@pytest.fixture
def toy_with_data(tree, monkeypatch):
    """A toy course of one's own that declares two data sets; none is there, or named."""
    from toy_course import add_data_sets

    monkeypatch.delenv("TOY_DATA", raising=False)
    return add_data_sets(tree)


@pytest.fixture
def work(tmp_path, monkeypatch):
    """A student's folder with everything done. HTML copies, which take a second, are faked."""
    from small_coursework import write_coursework

    from course.submission import archive

    monkeypatch.setattr(archive, "to_page", lambda name, content: f"page of {name}".encode())
    monkeypatch.setenv("HOME", str(tmp_path / "anna"))
    return write_coursework(tmp_path / "anna" / "course work").root


@pytest.fixture
def dest(tmp_path):
    """A datasets/ folder with a space in its name."""
    (tmp_path / "data sets").mkdir()
    return tmp_path / "data sets"


@pytest.fixture
def broken(dest):
    """A damaged set in that folder, which must survive every failure."""
    from tests.small_cifar10 import FILES, REAL, snapshot, write_set

    write_set(dest / REAL, FILES | {"data_batch_2": b"cut sh"})
    return snapshot(dest)


@pytest.fixture
def rng():
    return np.random.default_rng(231)


def contents(folder):
    """Return {name from the folder: bytes} of all files below it."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def wait_for(condition, *, seconds=60, what="it happens"):
    """Return what `condition()` returns, as soon as that is true."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > end:
            pytest.fail(f"not within {seconds} seconds: {what}")
        time.sleep(0.05)
    return value


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item):
    with skipping_without_sandbox():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    with skipping_without_sandbox():
        return (yield)


@contextmanager
def skipping_without_sandbox():
    """Skip a test that needs a sandbox where there can be none; CI has to have one."""
    from course.grader.sandbox import SandboxUnavailable

    try:
        yield
    except SandboxUnavailable as error:
        if "CI" in os.environ:
            raise
        pytest.skip(str(error))
