"""Are memory, processes, disk and time of a sandbox limited, whatever its code does?"""

import dataclasses
import signal
import sys

import pytest
from sandbox_users import LIMITS, PATIENCE, every_user  # noqa: F401 (the fixture `user`)

from course.grader.sandbox import MB, usage

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="bubblewrap is for Linux")


def test_memory_that_processes_share_counts_once(user):
    code = """
import os, time
block = bytearray(80_000_000)
pids = []
for _ in range(8):
    pids.append(os.fork())
    if pids[-1] == 0:
        time.sleep(0.5)
        os._exit(0)
for pid in pids:
    os.waitpid(pid, 0)
"""
    assert user.run(code) == (0, "")


@pytest.mark.parametrize(
    "code",
    [
        "import mmap; mmap.mmap(-1, 1000)",
        "import mmap; mmap.mmap(os.open('/dev/zero', os.O_RDWR), 1000)",
        "os.memfd_create('')",
        "import socket; a, b = socket.socketpair(); a.setsockopt(1, socket.SO_SNDBUF, 1 << 22)",
        "os.ftruncate(os.open('/tmp/file', os.O_RDWR | os.O_CREAT), 1 << 30)",
    ],
    ids=["shared mapping", "device", "memory file", "buffer of a socket", "file"],
)
def test_memory_that_is_no_process_s_is_refused(user, code):
    status, output = user.run(f"import os\n{code}")
    assert status == 1 and "Error" in output, output


@pytest.mark.parametrize(
    "code",
    ["open(f'/tmp/{len(kept)}', 'w').close()", "kept += socket.socketpair()"],
    ids=["empty files", "sockets"],
)
def test_what_takes_memory_in_the_kernel_is_estimated(user, code):
    limits = dataclasses.replace(LIMITS, memory=40 * MB)
    code = f"""
import socket, time
kept = []
try:
    while True:
        kept.append(0)
        {code}
except OSError:
    time.sleep(60)
"""
    assert user.run(code, limits=limits)[0] == usage.MEMORY


def test_a_fork_bomb_is_bounded_and_costs_no_other_sandbox(user):
    bomb = """
import os, time
count = 0
while True:
    try:
        if os.fork() == 0:
            time.sleep(60)
        count += 1
    except OSError:
        print(count, flush=True)
        time.sleep(60)
"""
    bombs = [user.start(user.python, "-I", "-c", bomb) for _ in range(3)]
    for process in bombs:
        assert 5 <= int(process.stdout.readline()) < LIMITS.processes
    code = "import os\nfor _ in range(5):\n    if os.fork() == 0: os._exit(0)"
    assert user.run(code) == (0, "")
    for process in bombs:
        process.kill()
        process.communicate(timeout=PATIENCE)


def test_time_ends_even_what_has_stopped_itself(user):
    code = "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)"
    assert user.run(code, limits=dataclasses.replace(LIMITS, seconds=0.5)) == (usage.TIME, "")


def test_a_busy_process_ends_by_its_processor_time(user):
    limits = dataclasses.replace(LIMITS, cpu_seconds=1)
    assert user.run("while True: pass", limits=limits) == (128 + signal.SIGKILL, "")
