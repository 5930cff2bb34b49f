"""Would the tests notice? Plant single bugs in copies of the repository and see each caught.

The unit tests of the changed module run first, the slow ones last; if they notice nothing, nbval on
the notebooks. What caught a bug is printed at the end, and has to pass where there is none. This
takes minutes, so it is not named test_*, and a plain `pytest` passes it over: `make test-net` runs
it.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import Queue
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import NamedTuple

import pytest

from conftest import ROOT

PARTS = ("conftest.py", "pyproject.toml", "course", "cs231n", "datasets", "exercises", "notebooks")
PARTS += (
    ".devcontainer",
    ".gitignore",
    "Makefile",
    "README.md",
    "docs",
    "get_datasets.sh",
    "requirements.txt",
)
PARTS += ("tests",)
NOTEBOOKS = ("notebooks/svm.ipynb", "notebooks/softmax.ipynb")
UNIT_TESTS = {  # what is run of the tests, one file after the other
    "cs231n/array_pickle.py": "tests/cs231n/test_data_utils.py",
    "cs231n/classifiers/inputs.py": "tests/cs231n/test_losses.py",
    "cs231n/classifiers/linear_classifier.py": "tests/cs231n/test_linear_classifier.py",
    "cs231n/classifiers/linear_svm.py": "tests/cs231n/test_losses.py",
    "cs231n/classifiers/softmax.py": "tests/cs231n/test_losses.py",
    "cs231n/data_utils.py": "tests/cs231n/test_data_utils.py",
    "cs231n/figures.mplstyle": "tests/cs231n/test_vis_utils.py",
    "cs231n/gradient_check.py": "tests/cs231n/test_gradient_check.py",
    "cs231n/pictures.py": "tests/cs231n/test_pictures.py",
    "cs231n/tuning.py": "tests/cs231n/test_tuning.py",
    "cs231n/vis_utils.py": "tests/cs231n/test_vis_utils.py",
    "course/soundness.py": "tests/course/test_definition.py",
    "course/edition/derive.py": "tests/course/test_release.py",
    "course/edition/handed_out.py": (
        "tests/course/test_grader_editions.py tests/course/test_release_records.py"
    ),
    "course/edition/imports.py": "tests/course/test_release_whole.py",
    "course/edition/leaks.py": "tests/course/test_release_problems.py",
    "course/edition/served.py": "tests/course/test_release_problems.py",
    "course/edition/whole.py": "tests/course/test_release_whole.py",
    "course/record.py": "tests/course/test_release_records.py",
    "course/session.py": "tests/course/test_session.py",
    "course/outputs/data_sets.py": "tests/course/test_data_sets.py",
    "datasets/unpack.py": "tests/datasets/test_get_cifar10.py",
    "course/tables.py": "tests/course/test_definition.py",
    "course/checks/build.py": "tests/course/test_checks_data.py",
    "course/checks/calling.py": "tests/course/test_checks_calling.py",
    "course/checks/child.py": (
        "tests/course/test_checks_steps.py tests/course/test_checks_calling.py"
    ),
    "course/checks/frames.py": "tests/course/test_checks_calling.py",
    "course/checks/steps.py": "tests/course/test_checks_steps.py",
    "course/checks/names.py": "tests/course/test_checks_data.py",
    "course/checks/report.py": "tests/course/test_checks.py tests/exercises/test_points.py",
    "course/export/answers.py": (
        "tests/course/test_grader_answers.py tests/course/test_grader_editions.py "
        "tests/course/test_bombs.py"
    ),
    "course/export/nbgrader/rows.py": "tests/course/test_grader_gradebook.py",
    "course/export/nbgrader/scores.py": "tests/course/test_grader_gradebook.py",
    "course/export/overview.py": "tests/course/test_grader_course.py",
    "course/export/upload.py": "tests/course/test_grader_upload.py",
    "course/export/points.py": "tests/course/test_grader_pages.py",
    "course/export/telling.py": "tests/course/test_grader_pages.py",
    "course/grader/intake/archive.py": "tests/course/test_grader_archive.py",
    "course/grader/intake/downloads.py": "tests/course/test_grader_downloads.py",
    "course/grader/intake/lateness.py": "tests/course/test_grader_lateness.py",
    "course/grader/intake/layout.py": "tests/course/test_grader_limits.py",
    "course/grader/notebooks/compare.py": "tests/course/test_grader_compare.py",
    "course/grader/notebooks/notebook_reader.py": "tests/course/test_grader_notebook_reader.py",
    "course/grader/notebooks/seeds.py": "tests/course/test_grader_seeds.py",
    "course/grader/sandbox/seccomp.py": "tests/course/test_grader_sandbox.py",
    "course/grader/store.py": "tests/course/test_grader_store.py",
    "course/limited.py": "tests/course/test_limited.py",
    "course/notebook.py": "tests/course/test_notebook.py tests/course/test_limited.py",
    "course/outputs/compare.py": "tests/course/test_nbval_extension.py",
    "course/submission/contents.py": "tests/course/test_submission_files.py",
    "course/submission/lookover.py": "tests/course/test_submission.py",
    "course/grader/verdict/__init__.py": "tests/course/test_grader_verdict.py",
    "course/grader/sandbox/guard.py": "tests/course/test_grader_sandbox_check.py",
    "course/grader/sandbox/mounts.py": "tests/course/test_grader_sandbox.py",
    "course/grader/sandbox/usage.py": "tests/course/test_grader_sandbox_limits.py",
    "course/grader/many/cluster.py": "tests/course/test_grader_runs.py",
    "course/grader/many/sending.py": "tests/course/test_grader_runs.py",
    "course/grader/verdict/public.py": "tests/course/test_grader_verdict.py",
    "course/grader/verdict/tree.py": "tests/course/test_grader_verdict.py",
    "course/export/markup.py": "tests/course/test_page.py tests/course/test_bombs.py",
    "course/outputs/page.py": "tests/course/test_page.py",
    "course/outputs/run.py": "tests/course/test_run_notebooks.py",
    "course/grader/settings.py": "tests/course/test_grader_settings.py",
    "notebooks/figures/kink.html": "tests/test_browser_figures.py",
    "notebooks/figures/look.html": "tests/test_browser_figures.py",
    "notebooks/figures/plane.html": "tests/test_browser_figures.py",
    "notebooks/figures/steps.html": "tests/test_browser_figures.py",
    "datasets/scenes/__init__.py": "tests/datasets/test_synthetic.py",
    "datasets/scenes/drawing.py": "tests/datasets/test_synthetic.py",
    "exercises/loss/explain.py": "tests/exercises/test_checks_misconceptions.py",
    "exercises/loss/judge.py": (
        "tests/exercises/test_helpers.py tests/exercises/test_checks_misconceptions.py"
    ),
    "exercises/loss/rules.py": "tests/exercises/test_checks_misconceptions.py",
    "exercises/predict/judge.py": "tests/exercises/test_checks_judges.py",
    "exercises/train/judge.py": "tests/exercises/test_checks_judges.py",
}


class Bug(NamedTuple):
    name: str
    file: str
    old: str
    new: str
    nets: tuple  # what may catch it, one after the other


def read_bugs():
    """Return the bugs of planted_bugs.txt, which describes its form itself."""
    text = Path(__file__).with_name("planted_bugs.txt").read_text(encoding="utf-8")
    text = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)
    bugs = []
    for paragraph in re.split(r"\n{2,}", text.strip()):
        name, *lines = paragraph.splitlines()
        if heading := re.fullmatch(r"== (\S+)(?: in (\S+))?", name):
            file, notebook = heading.groups()
            nets = (notebook,) if notebook else tuple(UNIT_TESTS[file].split())
            if not notebook and file.startswith("cs231n/"):
                nets += NOTEBOOKS
        else:
            old, new = (
                "\n".join(line[2:] for line in lines if line.startswith(mark))
                for mark in ("- ", "+ ")
            )
            bugs.append(Bug(name, file, old, new, nets))
    return bugs


BUGS = read_bugs()
WORKERS = 3  # a notebook takes a core and 1.2 GB; other tests often wait


def copy_repository(source, target):
    """Copy all that tests and notebooks read; the data sets are linked."""
    for part in PARTS:
        if (source / part).is_dir():
            ignore = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", "*-batches-py")
            shutil.copytree(source / part, target / part, ignore=ignore)
        else:
            shutil.copy(source / part, target)
    for data in (ROOT / "datasets").glob("*-batches-py"):
        (target / "datasets" / data.name).symlink_to(data)


@contextmanager
def warm_pythons(count):
    """Yield a queue of `count` processes of warm.py."""
    # Where CI is set, pytest explains a failure in full, which takes minutes for long lists.
    hidden = ("CI", "BUILD_NUMBER", "CIFAR10_DIR", "PYTEST_ADDOPTS")
    env = {name: value for name, value in os.environ.items() if name not in hidden}
    # Bytecode goes by seconds and size: that of another version might pass for this one's.
    env |= {"PYTHONDONTWRITEBYTECODE": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, Path(__file__).with_name("warm.py")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    pythons = Queue()
    with ExitStack() as stack:
        for _ in range(count):
            pythons.put(stack.enter_context(subprocess.Popen(command, env=env, **pipes)))
        yield pythons


def first_failure(pythons, folder, nets):
    """Run pytest on one net after the other, each its options and a file or tests.

    Return (options, test or cell) of the first that fails, or None.
    """
    python = pythons.get()
    try:
        for net in nets:
            with NamedTemporaryFile("r", encoding="utf-8") as output:
                options = ("-x", "-q", "--tb=no", "-p", "no:cacheprovider")
                print(json.dumps([str(folder), output.name, *options, *net]), file=python.stdin)
                python.stdin.flush()
                status, told = int(python.stdout.readline()), output.read()
            if status not in (0, 5):  # 5: none of the tests is slow, or all are
                # Exit code 1 is that of tests that failed; others say that none could be run.
                failed = re.search(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", told, re.MULTILINE)
                assert status == 1 and failed, told
                return net[:-1], failed[1]
        return None
    finally:
        pythons.put(python)


def catch(pythons, bug, sound):
    """Plant a bug in a copy of the sound repository; return what catches it, as first_failure."""
    with TemporaryDirectory() as folder:
        copy_repository(sound, Path(folder))
        path = Path(folder, bug.file)
        text = path.read_text(encoding="utf-8")
        assert text.count(bug.old) == 1, f"{bug.old!r} occurs {text.count(bug.old)} times"
        path.write_text(text.replace(bug.old, bug.new), encoding="utf-8")
        files = [name for name in bug.nets if name not in NOTEBOOKS]
        nets = [("-m", mark, name) for mark in ("not slow", "slow") for name in files]
        nets += [(name,) for name in NOTEBOOKS if name in bug.nets]
        return first_failure(pythons, folder, nets)


@pytest.fixture(scope="module")
def sound(tmp_path_factory, synthetic_dir):
    """One state of the files, whoever edits them now."""
    folder = tmp_path_factory.mktemp("sound")
    copy_repository(ROOT, folder)
    return folder


@pytest.fixture(scope="module")
def pythons():
    with warm_pythons(WORKERS) as pythons:
        yield pythons


@pytest.fixture(scope="module")
def catches(pythons, sound):
    """What caught each bug, as futures."""
    with ThreadPoolExecutor(WORKERS) as pool:
        yield {bug: pool.submit(catch, pythons, bug, sound) for bug in BUGS}
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_bug_is_caught(bug, catches):
    if catches[bug].result() is None:
        pytest.fail("all tests pass with this bug in place: add one that fails", pytrace=False)


def test_what_caught_a_bug_passes_without_it(catches, pythons, sound):
    """Functions with all their parameters; notebooks with all cells, as they need each other."""
    found = {one.result() for one in catches.values() if not one.exception()} - {None}
    nets = {}  # {(options, file): (options, tests)}
    for options, name in sorted(found):
        file, _, function = name.partition("::")
        whole = file if file in NOTEBOOKS else f"{file}::{function.split('[')[0]}"
        net = nets.get((options, file), options)
        nets[options, file] = net if whole in net else (*net, whole)
    with ThreadPoolExecutor(WORKERS) as pool:
        failed = pool.map(lambda net: first_failure(pythons, sound, [net]), nets.values())
        assert not [one for one in failed if one], "these fail without any bug, too"


def test_list_what_caught_each_bug(catches, capsys):
    assert len(BUGS) >= 30
    with capsys.disabled():
        print("\n")
        for bug in BUGS:
            caught = None if catches[bug].exception() else catches[bug].result()
            by = caught[1] if caught else "NOTHING"
            print(f"{bug.file.removeprefix('cs231n/'):32} {bug.name:48} {by}")
