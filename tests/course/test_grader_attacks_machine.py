"""The sandbox alone against attacks on the machine and on limits, and these without a sandbox."""

import dataclasses
import json
import subprocess
import sys
import time

import pytest
from attacks import EVERYTHING
from attacks.world import World, outlasting

from conftest import ROOT
from course.grader import sandbox
from course.grader.sandbox import usage

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="bubblewrap is for Linux")

ATTACKS = ROOT / "tests" / "attacks"
MB = 1 << 20
SMALL = dataclasses.replace(
    sandbox.EXERCISE, memory=200 * MB, processes=24, file_size=16 * MB, scratch=32 * MB, seconds=30
)
MARGIN = 250  # megabytes that may be taken between two looks of the guard; their bound is 600


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    world = World(tmp_path_factory.mktemp("world"))
    yield world
    world.close()


def run(prefix, file, *words, seconds=60):
    """Run a file of attacks with some words."""
    command = [*prefix, sys.executable, "-I", "-S", "-c", (ATTACKS / file).read_text(), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=seconds)


def succeeded(prefix, world, *attacks):
    done = run(prefix, "machine.py", json.dumps(world.targets(*attacks)))
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def test_the_machine_is_out_of_reach(world, tmp_path):
    (tmp_path / "notebook.ipynb").write_text("{}")
    prefix = sandbox.prefix(copy=tmp_path, limits=SMALL)
    assert succeeded(prefix, world, *EVERYTHING[:-1]) == []
    run(prefix, "machine.py", json.dumps(world.targets("harms_processes")))
    assert world.damage() == []


def test_these_attacks_succeed_where_nothing_forbids_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))  # not that of who runs the tests
    world = World(tmp_path)
    try:
        # What it reads from the pipes of others, they never get: it must look at ours alone.
        targets = world.targets("reads", "connects") | {"processes": str(world.process.pid)}
        found = json.loads(run([], "machine.py", json.dumps(targets)).stdout)
        run([], "machine.py", json.dumps({**world.targets("writes"), "write": []}))
        damage = world.damage()
    finally:
        world.close()
    for path in (*world.secrets, f"/proc/{world.process.pid}/environ"):
        assert f"read {path}" in found
    assert any("by a link" in text for text in found)
    assert {"connection: TCP", "connection: Unix", "connection: abstract"} <= set(damage)
    assert f"changed: names in {world.home}" in damage


LIMITED = {  # name: (bound, what may be reached at most)
    "processes": (2000, SMALL.processes),
    "threads": (2000, SMALL.processes),
    "private": (600, SMALL.memory // MB + MARGIN),
    "spread": (600, SMALL.memory // MB + MARGIN),
    "unmapped": (600, SMALL.memory // MB + MARGIN),
    "detached": (600, SMALL.memory // MB + MARGIN),
    "shared": (600, SMALL.memory // MB + MARGIN),
    "buffers": (600, SMALL.memory // MB + MARGIN),
    "files": (600, 4 * SMALL.scratch // MB),
    "large_file": (600, SMALL.file_size // MB),
    # Files that nobody has open: their file systems, which are in memory, know of them.
    "in_flight": (600, 4 * SMALL.scratch // MB),
    "mapped": (600, 4 * SMALL.scratch // MB),
}


@pytest.mark.parametrize("name", LIMITED)
def test_limits_hold(name):
    bound, most = LIMITED[name]
    done = run(sandbox.prefix(limits=SMALL), "limits.py", name, str(bound))
    reached = max(map(int, done.stdout.split()), default=0)
    assert reached <= most, done.stderr


@pytest.mark.parametrize("name", ["private", "large_file", "files"])
def test_without_a_sandbox_the_same_goes_to_its_bound(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run([], "limits.py", name, "64", str(tmp_path))
    assert max(map(int, done.stdout.split())) >= 64, done.stderr


def test_nothing_outlives_the_sandbox():
    run(sandbox.prefix(limits=SMALL), "limits.py", "outlasting", "60")
    assert outlasting(60) == []
    run([], "limits.py", "outlasting", "2")
    assert len(outlasting(2)) == 1  # which ends by itself


def test_a_sandbox_ends_in_time():
    limits = dataclasses.replace(SMALL, seconds=2.0)
    command = [sys.executable, "-I", "-S", str(ATTACKS / "limits.py"), "endless", "600"]
    start = time.monotonic()
    shown = sandbox.prefix(show=[str(ATTACKS)], limits=limits)
    done = subprocess.run(
        [*shown, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60
    )
    assert done.returncode == usage.TIME
    assert time.monotonic() - start < 60  # not at its own bound
