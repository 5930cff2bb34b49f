"""Would the tests notice? Plant single bugs in copies of the repository and see each caught.

planted_bugs.txt names what catches each bug: a test, which has to pass first where there is no bug;
or, of a bug in a notebook, that notebook, which nbval runs: its cells before the one with the bug
have to pass. It takes minutes, so this file is not named test_*, and a plain `pytest` passes it
over: `make test-net` runs it.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import Queue
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest

from conftest import ROOT

PARTS = (".devcontainer", "course", "cs231n", "datasets", "docs", "exercises", "notebooks", "tests")
PARTS += (".gitignore", "Makefile", "README.md", "conftest.py", "get_datasets.sh", "pyproject.toml")
PARTS += ("requirements.txt",)
WAIT = ("kernel_is_reached", "in_a_frame_it_fits")  # for up to a minute, for what never comes
WORKERS = 3  # a notebook takes a core and 1.2 GB; other tests often wait


class Bug(NamedTuple):
    name: str
    file: str
    old: str
    new: str
    test: str  # which catches it


def read_bugs():
    """Return the bugs of planted_bugs.txt, which describes its form itself."""
    text = Path(__file__).with_name("planted_bugs.txt").read_text(encoding="utf-8")
    text = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)
    bugs = []
    for paragraph in re.split(r"\n{2,}", text.strip()):
        name, *lines = paragraph.splitlines()
        if name.startswith("== "):
            file = name[3:]
            continue
        parts = ["\n".join(line[2:] for line in lines if line[:2] == mark + " ") for mark in "-+="]
        assert parts[2], f"{name}: say which test catches it, '= tests/...::test_...'"
        bugs.append(Bug(name, file, *parts))
    return bugs


BUGS = read_bugs()
IN_NOTEBOOKS = [bug for bug in BUGS if bug.file == bug.test]
TESTS = defaultdict(set)  # {file: those that catch bugs}
for bug in BUGS:
    if bug not in IN_NOTEBOOKS:
        TESTS[bug.test.partition("::")[0]].add(bug.test)


def copy_repository(source, target):
    """Copy all that tests and notebooks read; the data sets are linked.

    Bytecode goes along: it is taken by the times of the files, which copies keep.
    """
    ignore = shutil.ignore_patterns(".ipynb_checkpoints", "*-batches-py")
    for part in PARTS:
        if (source / part).is_dir():
            shutil.copytree(source / part, target / part, ignore=ignore)
        else:
            shutil.copy2(source / part, target)
    for data in (ROOT / "datasets").glob("*-batches-py"):
        (target / "datasets" / data.name).symlink_to(data)


@contextmanager
def warm_pythons(count):
    """Yield a queue of `count` processes of warm.py."""
    # Where CI is set, pytest explains a failure in full, which takes minutes for long lists.
    hidden = ("CI", "BUILD_NUMBER", "CIFAR10_DIR", "PYTEST_ADDOPTS", "PYTHONDONTWRITEBYTECODE")
    env = {name: value for name, value in os.environ.items() if name not in hidden}
    env |= {"OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, Path(__file__).with_name("warm.py")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    pythons = Queue()
    with ExitStack() as stack:
        for _ in range(count):
            pythons.put(stack.enter_context(subprocess.Popen(command, env=env, **pipes)))
        yield pythons


def first_failure(pythons, folder, tests):
    """Run tests, or a notebook, by pytest in a folder; return the first that fails, or None."""
    python = pythons.get()
    try:
        with TemporaryDirectory() as temporary:
            # A folder of its own: pytest's usual one is tidied by each run, while others list it.
            own = f"--basetemp={temporary}/tests"
            options = ("-x", "-q", "--tb=no", "-p", "no:cacheprovider", own)
            output = Path(temporary, "output")
            print(json.dumps([str(folder), str(output), *options, *tests]), file=python.stdin)
            python.stdin.flush()
            status, told = int(python.stdout.readline()), output.read_text(encoding="utf-8")
    finally:
        pythons.put(python)
    if status == 0:
        return None
    # Exit code 1 is that of tests that failed; others say that none could be run.
    failed = re.search(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", told, re.MULTILINE)
    assert status == 1 and failed, told
    return failed[1]


def catch(pythons, bug, sound):
    """Plant a bug in a copy of the sound repository; return what catches it, or None."""
    with TemporaryDirectory() as folder:
        copy_repository(sound, Path(folder))
        path = Path(folder, bug.file)
        text = path.read_text(encoding="utf-8")
        assert text.count(bug.old) == 1, f"{bug.old!r} occurs {text.count(bug.old)} times"
        path.write_text(text.replace(bug.old, bug.new), encoding="utf-8")
        found = first_failure(pythons, folder, [bug.test])
        if found and bug in IN_NOTEBOOKS:
            number = text.partition(bug.old)[0].count('"cell_type": "code"') - 1
            assert int(re.search(r"::(\d+)", found)[1]) >= number, f"already {found} fails"
        return found


@pytest.fixture(scope="module")
def net(tmp_path_factory, synthetic_dir):
    """What fails without any bug, by file, then what caught each bug: two dicts of futures."""
    sound = tmp_path_factory.mktemp("sound")  # one state of the files, whoever edits them now
    copy_repository(ROOT, sound)
    # The longest first, lest one core wait for the other at the end.
    by_length = sorted(
        BUGS, key=lambda bug: bug not in IN_NOTEBOOKS and not any(one in bug.test for one in WAIT)
    )
    with warm_pythons(WORKERS) as pythons, ThreadPoolExecutor(WORKERS) as pool:
        whole = {
            file: pool.submit(first_failure, pythons, sound, sorted(TESTS[file]))
            for file in sorted(TESTS)
        }
        # Copied with the bytecode that these leave.
        for one in whole.values():
            one.exception()
        yield whole, {bug: pool.submit(catch, pythons, bug, sound) for bug in by_length}
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("file", sorted(TESTS))
def test_what_catches_bugs_passes_without_them(file, net):
    assert net[0][file].result() is None, "fails without any bug, too"


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_bug_is_caught(bug, net):
    if net[1][bug].result() is None:
        pytest.fail(f"{bug.test} passes with this bug in place", pytrace=False)
