"""Do exercises that share a sandbox keep apart? Can one reach the next, or what is its own?"""

import shutil
from unittest.mock import Mock

import numpy as np
import pytest

from course.checks import calling
from course.grader import verdict
from course.grader.verdict import Work, place

pytestmark = pytest.mark.skipif(not shutil.which("bwrap"), reason="bubblewrap is not installed")

# `once` does something in the process of "total", the first exercise; "mean" comes after it.
CODE = """
import ctypes, os, signal, subprocess, sys
import numpy as np

def total(numbers):
    {once}
    return float(np.sum(numbers))

def mean(numbers):
    {then}
    return float(np.sum(numbers)) / max(1, len(numbers))
"""


@pytest.fixture
def judge(toy, monkeypatch):
    """Return the points of both exercises, and how many sandboxes it took."""
    begun = Mock(side_effect=place.prefix)
    monkeypatch.setattr(place, "prefix", begun)

    def call(once="pass", then="pass"):
        files = {"toy/sums.py": CODE.format(once=once, then=then).encode()}
        entries = verdict.judge_exercises(Work.of(toy, files), toy.data_file.read_bytes())
        return [one["points"] for one in entries], begun.call_count

    return call


def test_all_exercises_share_one_sandbox_and_each_has_a_process_of_its_own(judge):
    then = "assert not hasattr(np, 'mark'); assert os.getpid() != os.getppid() > 1"
    assert judge("np.mark = True", then) == ([3, 4], 1)


@pytest.mark.parametrize("folder", ["/tmp", "/home", "/student", "/dev/shm"])
def test_a_file_that_one_leaves_is_not_there_for_the_next(judge, folder):
    once, then = (
        f"open('{folder}/mark', 'w').close()",
        f"assert 'mark' not in os.listdir('{folder}')",
    )
    assert judge(once, then) == ([3, 4], 2)


def test_a_process_that_one_leaves_is_ended_before_the_next(judge):
    once = "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])"
    then = "assert len([name for name in os.listdir('/proc') if name.isdecimal()]) == 3"
    assert judge(once, then) == ([3, 4], 2)
    assert judge("pass", then) == ([3, 4], 3)  # nor is there anything else


@pytest.mark.parametrize(
    "end, points",
    [
        ("os.kill(os.getppid(), signal.SIGKILL); signal.pause()", [0, 4]),
        ("os.kill(os.getppid(), signal.SIGSTOP)", [3, 4]),
        ("os._exit(0)", [0, 4]),
    ],
)
def test_who_ends_itself_or_what_forks_it_loses_nothing_but_its_own(judge, end, points):
    assert judge(end)[0] == points


@pytest.mark.parametrize(
    "look",
    [
        "open(parent + '/mem', 'rb')",
        "open(parent + '/maps').read()",
        "open(parent + '/environ', 'rb')",
        "os.listdir(parent + '/fd')",
        "ctypes.CDLL(None).syscall(438, os.pidfd_open(os.getppid()), 0, 0) + 1",  # pidfd_getfd
    ],
)
def test_none_looks_into_what_forks_it(judge, look):
    """Where it does, all that it returns is wrong."""
    lines = f"parent = f'/proc/{{os.getppid()}}'\n    try: numbers = numbers + bool({look})"
    assert judge(f"{lines}\n    except OSError: pass") == ([3, 4], 1)


def test_none_has_the_descriptors_of_another(judge):
    """The socket through which they come is closed."""
    opened = "[os.path.realpath(f'/proc/self/fd/{fd}') for fd in os.listdir('/proc/self/fd')]"
    assert judge(then=f"assert 'socket:' not in str({opened})") == ([3, 4], 1)


def test_each_draws_numbers_of_its_own(toy):
    """Children of one process would all draw the same."""
    files = {"toy/sums.py": b"import numpy as np\ndef total(numbers): return np.random.random()"}
    target = calling.Target.of(toy, toy.exercises["total"], f"{place.INSIDE}/1")
    with place.Place(Work.of(toy, files)) as here:
        here.root([])
        drawn = [
            here.call(target, {"one": {"numbers": np.ones(1)}}, {"one": "number"}) for _ in "ab"
        ]
    first, second = (one.by_name["one"].values["number"] for one in drawn)
    assert first != second
