"""Does a sandbox keep a student's code from all but its own folder, and end whatever it does?"""

import os
import select
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from sandbox_users import PATIENCE, every_user  # noqa: F401 (the fixture `user`)

from course.grader.sandbox import mounts

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="bubblewrap is for Linux")


# A command in a sandbox


def test_exit_status_and_output_come_back(user):
    assert user.run("print('hello'); raise SystemExit(7)") == (7, "hello\n")
    status, _ = user.run("import os, signal; os.kill(os.getpid(), signal.SIGTERM)")
    assert status == 128 + signal.SIGTERM


def test_a_pipe_of_the_caller_stays_open_and_ends_with_the_command(user):
    read_end, write_end = os.pipe()
    code = f"import os; os.write({write_end}, b'result')"
    process = user.start(user.python, "-c", code, pass_fds=[write_end])
    os.close(write_end)
    with os.fdopen(read_end, "rb") as pipe:
        assert pipe.read() == b"result"  # which ends with the last process that has it open
    assert process.communicate(timeout=PATIENCE)[0] == ""


def test_a_copy_is_the_sandboxs_own(user):
    names = ["a.py", "deep/er/b.py", "two words é\n.py"]
    folder = user.folder("tree", dict.fromkeys(names, "content"))
    (folder / "link").symlink_to("/etc/passwd")
    code = """
import os
for place, folders, files in os.walk("."):
    for name in files:
        path = os.path.join(place, name)
        assert open(path).read() == "content", path
        open(path, "w").write("changed")
        os.rename(path, path + "c")
        print(ascii(path))
os.mkdir("deep/new")
"""
    status, output = user.run(code, copy=folder)
    assert status == 0, output
    assert sorted(output.split("\n")[:-1]) == sorted(ascii(f"./{name}") for name in names)
    assert {path.read_text() for path in folder.rglob("*.py")} == {"content"}
    assert not (folder / "deep" / "new").exists()


def test_a_shown_folder_can_be_read_only(user):
    folder = user.folder("shown", {"data.txt": "data"})
    code = """
import os
for folder in ("{0}", "/data"):
    print(open(folder + "/data.txt").read())
    for action in (lambda: open(folder + "/data.txt", "a"), lambda: os.mkdir(folder + "/new")):
        try:
            action()
            print("written")
        except OSError:
            pass
"""
    assert user.run(code.format(folder), show=[folder, (folder, "/data")]) == (0, "data\ndata\n")


def test_a_python_in_a_repository_is_shown_without_the_repository(user):
    repository = user.folder("repository", {"reference.py": "solution", "bin.txt": ""})
    venv = [user.python, "-m", "venv", "--without-pip", "--symlinks", str(repository / ".venv")]
    assert user.popen(venv).communicate(timeout=PATIENCE) == ("", None)
    user.python = str(repository / ".venv" / "bin" / "python")
    code = "import os, sys; print(sys.prefix, os.listdir({!r}), os.listdir(sys.prefix))"
    status, output = user.run(code.format(str(repository)))
    assert status == 0, output
    assert output.startswith(f"{repository}/.venv ['.venv'] ")


@pytest.mark.skipif(os.geteuid() != 0, reason="others see in a sandbox what they see outside")
def test_what_only_root_may_read_cannot_be_shown(tmp_path):
    (tmp_path / "closed").mkdir(mode=0o700)
    with pytest.raises(PermissionError, match=r"mode 0700.*chmod -R o\+rX"):
        mounts.visible([tmp_path / "closed"], 1)


def test_paths_that_cannot_be_shown_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="missing"):
        mounts.visible([tmp_path / "missing"], 1)
    for path in ("relative", "/", "/tmp", "/student"):
        with pytest.raises(ValueError, match="cannot be a path inside a sandbox"):
            mounts.visible([("/usr", path)], 1)


def test_a_python_behind_links_is_found(user):
    links = user.folder("links")
    (links / "python").symlink_to(user.python)
    (links / "other").symlink_to("python")
    user.python = str(links / "other")
    assert user.run("import os; print(os.listdir('/home'))") == (0, "[]\n")


# What is outside. attacks/machine.py tries the rest.


@pytest.mark.parametrize(
    "lock",
    [
        "fcntl.flock(file, fcntl.LOCK_SH)",
        "fcntl.lockf(file, fcntl.LOCK_SH)",
        "fcntl.fcntl(file, 37, struct.pack('hhqqi', fcntl.F_RDLCK, 0, 0, 0, 0))",
        "fcntl.fcntl(file, 1024, fcntl.F_RDLCK)",
    ],
    ids=["flock", "POSIX", "open file", "lease"],
)
def test_no_lock_on_the_hosts_programs_tells_another_sandbox_something(user, lock):
    code = f"import fcntl, struct; file = open('/usr/bin/env'); {lock}"
    status, output = user.run(code)
    assert status == 1 and "No locks available" in output


def test_the_hosts_load_is_not_told(user):
    code = """
import ctypes, glob, os
names = ("loadavg", "uptime", "stat", "interrupts", "vmstat", "locks")
paths = ["/proc/" + name for name in names] + glob.glob("/proc/pressure/*")
print([open(path).read() for path in paths if os.path.exists(path)] == [""] * len(paths))
print(ctypes.CDLL(None).sysinfo(ctypes.create_string_buffer(200)))
print(ctypes.CDLL(None).inotify_init())
print(os.cpu_count() > 0, "MemTotal" in open("/proc/meminfo").read())
"""
    assert user.run(code) == (0, "True\n-1\n-1\nTrue True\n")


# The end

STAYING = """
import os, time
os.setsid()
if os.fork() == 0:
    os.setsid()
os.write({0}, b"x")
time.sleep(60)
"""


def end_of(read_end):
    """Wait until no process has the other end of a pipe open."""
    while select.select([read_end], [], [], PATIENCE)[0]:
        if not os.read(read_end, 100):
            return
    pytest.fail("a process of the sandbox is still there")


def start_staying(user):
    """Start a sandbox that stays; return its guard, and a pipe that is open as long as it is."""
    read_end, write_end = os.pipe()
    code = STAYING.format(write_end)
    process = user.start(user.python, "-I", "-c", code, pass_fds=[write_end])
    os.close(write_end)
    return process, read_end


def has_started_bubblewrap(process):
    try:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        return any(Path(f"/proc/{pid}/comm").read_text() == "bwrap\n" for pid in children)
    except OSError:  # a child that has just ended
        return False


def kill(guard, pipe):
    guard.kill()
    guard.wait(PATIENCE)
    end_of(pipe)
    guard.stdout.close()
    os.close(pipe)


def test_killing_the_guard_ends_the_sandbox(user):
    guard, pipe = start_staying(user)
    assert os.read(pipe, 1) == b"x"
    kill(guard, pipe)


def test_killing_the_guard_ends_a_sandbox_that_has_not_begun(user):
    # Bubblewrap needs some 5 ms to start, in which its processes wait for each other.
    for milliseconds in np.arange(0, 6, 0.5):
        guard, pipe = start_staying(user)
        while not has_started_bubblewrap(guard):
            assert guard.poll() is None
        time.sleep(milliseconds / 1000)
        kill(guard, pipe)


def test_the_sandbox_ends_with_the_process_that_started_it(user):
    read_end, write_end = os.pipe()
    starter = """
import subprocess, sys, time
from course.grader import sandbox
command = [*sandbox.prefix(), sys.executable, "-I", "-c", sys.argv[1]]
subprocess.Popen(command, pass_fds=[int(sys.argv[2])], start_new_session=True)
time.sleep(60)
"""
    code = STAYING.format(write_end)
    process = user.popen([user.python, "-c", starter, code, str(write_end)], [write_end])
    os.close(write_end)
    assert os.read(read_end, 1) == b"x"
    process.kill()
    process.wait(PATIENCE)
    end_of(read_end)
    os.close(read_end)
    process.stdout.close()


def test_a_background_process_does_not_outlive_the_command(user):
    read_end, write_end = os.pipe()
    code = f"import subprocess; subprocess.Popen(['sleep', '60'], pass_fds=[{write_end}])"
    process = user.start(user.python, "-I", "-c", code, pass_fds=[write_end])
    os.close(write_end)
    assert process.wait(PATIENCE) == 0
    end_of(read_end)
    os.close(read_end)
    process.stdout.close()
