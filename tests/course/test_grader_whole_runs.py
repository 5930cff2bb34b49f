"""Does the whole command give the same results on a busy machine, after any kill, and to anybody?

Twelve submissions of the toy course, each odd in its own way, are graded by the real command.
"""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
from cells import code
from submissions import to_folder, to_zip, with_file

from conftest import ROOT, wait_for
from course.grader.examples import blank, plant, solved

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="bubblewrap is for Linux"),
]

FILE, NOTEBOOK = "toy/sums.py", "notebooks/one.ipynb"
PROGRAM = """
import sys
from course.grader.__main__ import main
sys.exit(main(["grade", *sys.argv[2:]], root=sys.argv[1]))
"""
CELLS = [
    "print({'a', 'b'})",
    "import numpy as np; np.random.seed(1); np.random.rand(2)",
    "%matplotlib inline\nimport matplotlib.pyplot as plt; plt.plot([1, 2]);",
    "print('\\x1b[2J', '\\u202e'); 1 / 0",
    "import os; os._exit(3)",
    "print('not reached')",
]


def twelve(toy):
    """Return {name: files}; files that are bytes are those of an archive."""
    right, cells = solved(toy), [code(text, n, f"own{n}") for n, text in enumerate(CELLS, 1)]
    notebook = json.loads(right[NOTEBOOK])
    notebook["cells"] += cells
    text = right[FILE].decode()
    burn = "import time; end = time.process_time() + 0.3\n    while time.process_time() < end: pass"
    return {
        "right": right,
        "nothing done": blank(toy),
        "always zero": plant(toy, solved(toy), "always-zero", "total"),
        "no Python": with_file(right, FILE, "def total(:\n"),
        "slow": with_file(right, FILE, text.replace("result = 0.0", f"{burn}\n    result = 0.0")),
        "leaves": with_file(right, FILE, text + "\nimport os; os._exit(0)\n"),
        "raises": with_file(right, FILE, text.replace("result = 0.0", "result = numbers['a']")),
        # Less than what ends a cell: how far that had come by then is a matter of time.
        "prints": with_file(right, FILE, text + "\nprint('all tests passed\\n' * 20_000)\n"),
        "many kinds of cells": with_file(right, NOTEBOOK, json.dumps(notebook)),
        "no notebook": with_file(right, NOTEBOOK, None),
        "a damaged notebook": with_file(right, NOTEBOOK, right[NOTEBOOK][:-20]),
        "no archive": b"PK\x03\x04 and so on",
    }


@pytest.fixture(scope="module")
def folder(toy, tmp_path_factory):
    folder = tmp_path_factory.mktemp("handed-in")
    for number, (name, files) in enumerate(twelve(toy).items()):
        if isinstance(files, bytes):
            (folder / f"{name}.zip").write_bytes(files)
        elif number % 2:
            to_zip(files, folder / f"{name}.zip")
        else:
            to_folder(files, folder / name)
    return folder


def start(toy, folder, out, before=(), **options):
    words = [toy.root, folder, "--out", out, "--seed", "20240", "--jobs", "2"]
    command = [*before, sys.executable, "-c", PROGRAM, *map(str, words)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen(command, **{"cwd": ROOT, **pipes, **options})


def grade(*words, **options):
    process = start(*words, **options)
    told = process.communicate(timeout=900)[0]
    return process.returncode, told


@pytest.fixture(scope="module")
def alone(toy, folder, tmp_path_factory):
    """The folder of a run's results, undisturbed but for another that wanted the same folder."""
    out = tmp_path_factory.mktemp("alone") / "out"
    first = start(toy, folder, out)
    while not list(out.glob("submissions/*/result.json")):
        time.sleep(0.1)
        assert first.poll() is None, first.communicate()[0]
    status, refused = grade(toy, folder, out)
    told = first.communicate(timeout=900)[0]
    assert first.returncode == 0, told
    assert status == 2 and "another run" in refused.rstrip().splitlines()[-1], refused
    return out


def without_times(out):
    """Return {name: content} of all that a run leaves, without times and what follows from them.

    The gradebook is a data base, so its bytes are compared by what the pages take from it.
    """
    found = {}
    for path in sorted(out.rglob("*")):
        name = str(path.relative_to(out))
        if not path.is_file() or name.startswith((".", "nbgrader")):
            continue
        content = path.read_bytes()
        if path.name == "result.json":
            result = json.loads(content)
            del result["times"]
            content = json.dumps(result)
        if name == "index.html":  # it says how many this run has graded, and found graded
            content = re.sub(rb"In the last run: [^<]*", b"", content)
        found[name] = content
    return found


def differing(one, other):
    """Return the names of what two runs have not left alike."""
    one, other = without_times(one), without_times(other)
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def test_the_twelve_are_what_they_should_be_and_a_second_run_at_once_was_refused(alone):
    results = [json.loads(path.read_text()) for path in alone.rglob("result.json")]
    points = {one["name"]: one["points"]["automatic"] for one in results}
    assert points == {
        "right": 7,
        "nothing done": 0,
        "always zero": 4,
        "no Python": 0,
        "slow": 7,
        "leaves": 0,
        "raises": 4,
        "prints": 7,
        "many kinds of cells": 7,
        "no notebook": 7,
        "a damaged notebook": 7,
        "no archive": 0,
    }
    assert len(without_times(alone)) > 60


@contextmanager
def busy(count):
    processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


@pytest.mark.night
def test_beside_two_busy_processes_the_results_are_the_same(toy, folder, alone, tmp_path):
    with busy(2):
        status, told = grade(toy, folder, tmp_path / "out")
    assert status == 0, told
    assert differing(alone, tmp_path / "out") == []


@pytest.mark.night
@pytest.mark.timeout(3600)
def test_killed_at_twenty_moments_it_ends_with_the_same_bytes(toy, folder, alone, tmp_path):
    moments, out = random.Random(231), tmp_path / "out"
    saved = set()
    for number in range(20):
        env = {**os.environ, "TMPDIR": str(tmp_path)}  # killed, it leaves a folder behind
        process = start(toy, folder, out, env=env, start_new_session=True)
        wanted = min(len(saved) + 1, 12)
        while process.poll() is None and len(set(out.glob("submissions/*/result.json"))) < wanted:
            time.sleep(0.01)
        # Once all are graded, moments are those of the pages; these take some seconds.
        time.sleep(moments.uniform(0, 0.3 if wanted < 12 else 8))
        process.kill()
        process.communicate()
        kept = {path: path.read_bytes() for path in out.glob("submissions/*/result.json")}
        assert saved <= set(kept), number
        saved = set(kept)
    status, told = grade(toy, folder, out)
    assert status == 0, told
    assert differing(alone, out) == []
    assert not list(out.rglob("*.new"))


# Folders of results


def boxed(*words):
    """Return the start of a command line that sees another file system in a folder."""
    return ["bwrap", "--dev-bind", "/", "/", *map(str, words), "--"]


def test_a_full_disk_and_one_that_is_read_only_are_told_in_a_line(toy, folder, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    status, told = grade(toy, folder, out, before=boxed("--size", 300_000, "--tmpfs", out))
    assert status in (1, 2) and "Traceback" not in told, told
    # One for what stopped the run, another if what is written at its end has no room, either.
    lines = [line for line in told.splitlines() if line.startswith("error: ")]
    assert 1 <= len(lines) <= 2, told
    assert all(str(out) in line and "No space left on device" in line for line in lines), told
    status, told = grade(toy, folder, out, before=boxed("--ro-bind", out, out))
    assert (status, "Traceback" in told) == (2, False), told
    assert f"error: {out}: Read-only file system" in told, told
    assert list(out.iterdir()) == []


# The end of a run


def command_line(toy, folder, out):
    """Return the command as people type it, and the folder of the course that it belongs to."""
    words = ["-m", "course.grader", "grade", folder, "--out", out, "--no-notebooks", "--jobs", "2"]
    return [sys.executable, *map(str, words)]


MOMENTS = {  # what is there, seconds to wait from then on
    "problems are drawn": ("seed.txt", 0.3),
    "the cluster starts": (".problems/*.npz", 0.2),
    "workers start": (".problems/*.npz", 1),
    "workers have nearly started": (".problems/*.npz", 2),
    "one is done": ("submissions/*/result.json", 0),
}


# Both come to the same handler: SIGTERM is tried by day where most is under way.
OFTEN = [moment for moment in MOMENTS if moment not in ("the cluster starts", "one is done")]


@pytest.mark.parametrize(
    ("moment", "number"),
    [(moment, signal.SIGINT) for moment in MOMENTS]
    + [
        pytest.param(moment, signal.SIGTERM, marks=[pytest.mark.night] * (moment in OFTEN))
        for moment in MOMENTS
    ],
)
def test_a_signal_is_answered_in_a_line(toy, folder, tmp_path, moment, number):
    out, (there, seconds) = tmp_path / "out", MOMENTS[moment]
    process = subprocess.Popen(
        command_line(toy, folder, out),
        cwd=toy.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    while process.poll() is None and not list(out.glob(there)):
        time.sleep(0.01)
    time.sleep(seconds)
    # Ctrl-C reaches all processes of the terminal, a batch system stops the one it has started.
    send = os.killpg if number == signal.SIGINT else os.kill
    send(process.pid, number)
    told = process.communicate(timeout=60)[1]
    assert process.returncode == 130, told
    lines = [line for line in re.split(r"[\r\n]+", told) if line.strip()]
    lines = [line for line in lines if not line.startswith("grading: ")]
    [line] = lines
    assert line.endswith("the same command goes on from there") or " are done, and the same" in line
    session = ["pgrep", "--session", str(process.pid)]  # workers notice that they are alone
    wait_for(lambda: subprocess.run(session, stdout=subprocess.DEVNULL).returncode)
    assert not (out / ".new").exists()


STAYS = "import threading, time; threading.Thread(target=time.sleep, args=(600,)).start()"


def test_no_thread_of_a_library_keeps_a_run_from_ending(toy, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(STAYS)
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = command_line(toy, tmp_path / "nowhere", tmp_path / "out")
    ended = subprocess.run(
        command, cwd=toy.root, env=env, timeout=60, capture_output=True, text=True
    )
    assert ended.returncode == 2 and "nowhere" in ended.stderr, ended


@pytest.mark.night
def test_a_finished_run_ends(toy, tmp_path):
    """Also for whoever reads what it prints to its end, as `| tee` does."""
    to_folder(solved(toy), tmp_path / "in" / "ada")
    run = {"cwd": toy.root, "timeout": 300, "capture_output": True, "text": True}
    with busy(2):
        ended = subprocess.run(command_line(toy, tmp_path / "in", tmp_path / "out"), **run)
    assert ended.returncode == 0, ended.stderr
    assert "Where to look" in ended.stdout
