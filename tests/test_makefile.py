"""Do the targets of the Makefile explain themselves and do their steps in order?"""

import os
import re
import shutil
import subprocess

import pytest

from conftest import ROOT

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def make(*args, folder=ROOT, **variables):
    # The make that may have started these tests hands down its options and its depth.
    hidden = ("CIFAR10_DIR", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    env = {key: os.environ[key] for key in os.environ if key not in hidden}
    return subprocess.run(
        ["make", *args], cwd=folder, env={**env, **variables}, text=True, capture_output=True
    )


@pytest.fixture
def checkout(tmp_path):
    """A folder with the Makefile, a .venv, and programs that only tell how they were called."""
    folder = tmp_path / "a check out"
    (folder / ".venv" / "bin").mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", folder)
    (folder / "requirements.txt").touch()
    (folder / "requirements-dev.txt").touch()
    (folder / ".venv" / "installed").touch()
    script(folder / ".venv" / "bin" / "python", 'echo "python $*"')
    script(folder / "get_datasets.sh", 'echo "get_datasets $*"')
    return folder


def script(path, body):
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def test_make_alone_lists_every_target_with_a_description():
    targets = " ".join(re.findall(r"^\.PHONY: (.+)", MAKEFILE, re.MULTILINE)).split()
    result = make()
    assert result.returncode == 0, result.stderr
    listed = re.findall(r"^make ([a-z-]+) +\S+", result.stdout, re.MULTILINE)
    assert listed == targets
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_run_shows_its_steps_in_order():
    steps = make("-n", "-B", "run").stdout
    order = ["-m venv", "-r requirements.txt", "get_datasets.sh --timeout", "course.outputs.run"]
    places = [steps.find(step) for step in order]
    assert -1 not in places and places == sorted(places)


def test_run_downloads_cifar10_and_says_what_it_uses(checkout):
    told = make("run", "DOWNLOAD_TIMEOUT=7", folder=checkout).stdout.splitlines()
    assert told[0].startswith("get_datasets --timeout 7")
    assert told[1] == "Using the data set in datasets/cifar-10-batches-py."
    assert told[-1] == "python -m course.outputs.run"


def test_run_without_network_draws_the_synthetic_set_and_does_not_try_twice(checkout):
    script(checkout / "get_datasets.sh", 'echo "get_datasets $*"; [ "$1" = --synthetic ]')
    first = make("run", folder=checkout)
    assert first.returncode == 0, first.stderr
    downloading, drawing, sentence, *_ = first.stdout.splitlines()
    assert downloading.startswith("get_datasets --timeout")
    assert drawing == "get_datasets --synthetic"
    assert "synthetic" in sentence and "./get_datasets.sh" in sentence
    again = make("run", folder=checkout).stdout.splitlines()
    assert again[:2] == [drawing, sentence]
    make("clean", folder=checkout)
    assert make("run", folder=checkout).stdout.splitlines()[0] == downloading


def test_run_uses_a_data_set_that_is_there(checkout):
    told = make("run", folder=checkout, CIFAR10_DIR="/some where").stdout
    assert "/some where" in told and "get_datasets" not in told
    (checkout / "datasets" / "cifar-10-batches-py").mkdir(parents=True)
    told = make("run", folder=checkout).stdout
    assert "Using the data set in datasets/cifar-10-batches-py." in told
    assert "get_datasets" not in told


@pytest.mark.parametrize("python", ["no-such-python", "false"])
def test_setup_names_the_python_it_cannot_use(checkout, python):
    (checkout / ".venv" / "installed").unlink()
    result = make("setup", f"PYTHON={python}", folder=checkout)
    assert result.returncode != 0
    assert f"error: '{python}' is not Python 3.11 or newer" in result.stderr
    assert not (checkout / ".venv" / "installed").exists()


def test_an_interrupted_installation_is_done_again_and_a_finished_one_is_not(checkout):
    python = checkout / ".venv" / "bin" / "python"
    (checkout / ".venv" / "installed").unlink()
    script(python, "exit 1")
    assert make("setup", "PYTHON=true", folder=checkout).returncode != 0
    script(python, 'echo "python $*"')
    assert "-r requirements.txt" in make("setup", "PYTHON=true", folder=checkout).stdout
    assert "-r requirements.txt" not in make("setup", "PYTHON=true", folder=checkout).stdout


def test_what_is_installed_depends_on_what_the_list_says_and_not_on_its_date(checkout):
    """A list that is unpacked over an older edition may be older than the stamp, or younger."""
    for text, date, installs in (("", 2e9, False), ("numpy", 0, True), ("numpy", 2e9, False)):
        (checkout / "requirements.txt").write_text(text)
        os.utime(checkout / "requirements.txt", (date, date))
        told = make("setup", "PYTHON=true", folder=checkout).stdout
        assert ("-r requirements.txt" in told) == installs


def test_installing_says_first_what_it_takes_and_last_what_comes_next(checkout):
    (checkout / ".venv" / "installed").unlink()
    first, _, *_, last = make("setup", "PYTHON=true", folder=checkout).stdout.splitlines()
    assert re.search(r"\d+ MB", first) and "--quiet" not in MAKEFILE
    assert "next step: make lab" in last


def test_clean_spares_data_sets_and_the_environment(checkout):
    kept = [".venv/bin/__pycache__/a", "datasets/cifar-10-batches-py/test_batch", "cs231n/a.py"]
    removed = ["build/svm.html", "cs231n/__pycache__/a.pyc", "notebooks/.ipynb_checkpoints/a.ipynb"]
    for name in kept + removed:
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).touch()
    assert make("clean", folder=checkout).returncode == 0
    assert [name for name in kept + removed if (checkout / name).exists()] == kept
