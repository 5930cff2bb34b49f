"""The sandbox alone against attacks on the machine and on limits, and these without a sandbox.

Root and an ordinary user try them.
"""

import dataclasses
import json
import subprocess
import sys

import pytest
from attacks import EVERYTHING
from attacks.world import World, outlasting
from sandbox_users import PATIENCE, every_user  # noqa: F401 (the fixture `user`)

from conftest import ROOT
from course.grader import sandbox

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


def command(python, file, *words):
    return [python, "-I", "-S", "-c", (ATTACKS / file).read_text(), *words]


def run(file, *words):
    """Run a file of attacks with some words, without a sandbox; return what it prints."""
    return subprocess.run(command(sys.executable, file, *words), capture_output=True, text=True)


def run_inside(user, file, *words, **options):
    process = user.start(*command(user.python, file, *words), limits=SMALL, **options)
    return process.communicate(timeout=PATIENCE)[0]


def test_the_machine_is_out_of_reach(user, world, monkeypatch):
    monkeypatch.setenv("CANARY", world.canary)
    world.forget()
    folder = user.folder("copy", {"notebook.ipynb": "{}"})
    targets = world.targets(*EVERYTHING[:-1])
    told = run_inside(user, "machine.py", json.dumps(targets), copy=folder)
    assert told.splitlines()[-1] == "[]", told
    run_inside(user, "machine.py", json.dumps(world.targets("harms_processes")))
    assert world.damage() == []


def test_these_attacks_succeed_where_nothing_forbids_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))  # not that of who runs the tests
    world = World(tmp_path)
    try:
        # What it reads from the pipes of others, they never get: it must look at ours alone.
        targets = world.targets("reads", "connects") | {"processes": str(world.process.pid)}
        found = json.loads(run("machine.py", json.dumps(targets)).stdout)
        run("machine.py", json.dumps({**world.targets("writes"), "write": []}))
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


def reached(told):
    """Return how far an attack came: the last number, in a line of its own."""
    return max((int(line) for line in told.splitlines() if line.isdecimal()), default=0)


@pytest.mark.parametrize("name", LIMITED)
def test_limits_hold(user, name):
    bound, most = LIMITED[name]
    told = run_inside(user, "limits.py", name, str(bound))
    assert reached(told) <= most, told


@pytest.mark.parametrize("name", ["private", "large_file", "files"])
def test_without_a_sandbox_the_same_goes_to_its_bound(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run("limits.py", name, "64", str(tmp_path))
    assert reached(done.stdout) >= 64, done.stderr


def test_nothing_outlives_the_sandbox(user):
    run_inside(user, "limits.py", "outlasting", "60")
    assert outlasting(60) == []
    run("limits.py", "outlasting", "2")
    assert outlasting(2)  # it ends by itself
