"""Run a command in a sandbox: no network, a read-only system, limits, and nothing of the host's.

`prefix` returns the start of a command line, `check` proves that it holds what it promises.
mounts.py decides what is visible, seccomp.py which system calls are refused; guard.py starts
bubblewrap with that, gives the command a user without rights, and ends what uses too much.
"""

import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from course.grader import CannotGrade
from course.grader.sandbox import mounts, seccomp, selftest, usage

GUARD = Path(__file__).with_name("guard.py")
MB, GB = 2**20, 2**30


class SandboxUnavailable(CannotGrade):
    """This machine cannot start a sandbox. The message says why, and how to change that."""


@dataclass(frozen=True)
class Limits:
    """What a sandbox may use. Exceeding memory, processes or seconds ends it."""

    memory: int  # bytes of the whole sandbox: its processes and its files in memory
    address_space: int  # bytes of each process
    processes: int  # threads count too
    file_size: int  # bytes of each file
    scratch: int  # bytes of each of its four file systems, which are in memory
    cpu_seconds: int  # of each process
    seconds: float  # from start to end


EXERCISE = Limits(
    memory=1 * GB,
    address_space=4 * GB,
    processes=32,
    file_size=64 * MB,
    scratch=64 * MB,
    cpu_seconds=120,
    seconds=400.0,
)
# Small, so that the self-test soon reaches each.
SELF_TEST = Limits(
    memory=64 * MB,
    address_space=256 * MB,
    processes=16,
    file_size=1 * MB,
    scratch=2 * MB,
    cpu_seconds=20,
    seconds=20.0,
)
# A float64 solution that copies the images twice takes 3.6 GB in these notebooks.
NOTEBOOK = Limits(
    memory=6 * GB,
    address_space=16 * GB,
    processes=96,
    file_size=256 * MB,
    scratch=256 * MB,
    cpu_seconds=3600,
    seconds=3600.0,
)
# Settings of Linux (sysctl) that keep users from making namespaces: the value that does, and not.
FORBIDDING = (
    ("user.max_user_namespaces", "0", "15000"),
    ("kernel.unprivileged_userns_clone", "0", "1"),
    ("kernel.apparmor_restrict_unprivileged_userns", "1", "0"),
)
ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": "/home",
    "USER": "student",
    "LANG": "C.UTF-8",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}
ENDED = {
    usage.MEMORY: "it took more memory than allowed",
    usage.PROCESSES: "it started more processes than allowed",
    usage.TIME: "it took longer than allowed",
    usage.FAILED: "the sandbox did not start",
}


def prefix(*, show=(), copy=None, cwd="/student", env=None, limits=EXERCISE):
    """Return the start of a command line that runs the rest of it in a new sandbox.

    show    paths of the host that can be read inside: str, or (path, absolute path inside)
    copy    a folder of the host, whose regular files are copied into the writable /student
    env     environment variables besides ENVIRONMENT; nothing of the host's is handed on

    This Python is visible inside, with its packages, so the command may start with sys.executable.
    File descriptors that the caller passes stay open; `sockets` says how to reach the sandbox's
    own. Nothing that is written inside is on the host's disk. The sandbox ends when the process
    that called this function ends, or the one that started the command line. The exit status is
    the command's, 128 + the number of the signal that ended it, or a key of ENDED.
    """
    bwrap = find_bwrap()
    arguments = [
        *("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"),
        *("--unshare-cgroup-try", "--hostname", "sandbox"),
        *("--die-with-parent", "--new-session", "--clearenv"),
        *mounts.visible(show, limits.scratch),
        *("--chdir", cwd),
    ]
    for name, value in {**ENVIRONMENT, **(env or {})}.items():
        arguments += ["--setenv", name, value]
    options = {
        "bwrap": bwrap,
        "owner": os.getpid(),
        "copy": os.path.abspath(copy) if copy else "",
        "seccomp": seccomp.program().hex(),
        "arguments": len(arguments),
        **vars(limits),
    }
    words = [f"{name}={value}" for name, value in options.items()]
    return [sys.executable, "-I", "-S", str(GUARD), *words, "--", *arguments]


def sockets(process):
    """Return the path by which we reach /tmp of the sandbox whose command line is `process`.

    Its user or root can do so, once the command has begun; before that, it is another folder.
    """
    return f"/proc/{process.pid}/cwd"


def find_bwrap():
    """Return the path of bubblewrap. Raises SandboxUnavailable."""
    if sys.platform != "linux":
        raise SandboxUnavailable(
            f"the sandbox is made of Linux's namespaces, and this is {platform.system()}. Grade on "
            "Linux (a virtual machine will do), or send the work to one with --scheduler."
        )
    path = shutil.which("bwrap")
    if path is None:
        raise SandboxUnavailable(
            "bubblewrap is not installed: `sudo apt install bubblewrap` (dnf, pacman and zypper "
            "know it by the same name)."
        )
    return path


@lru_cache(maxsize=1)
def check():
    """Raise SandboxUnavailable unless sandboxes start and hold. Tried once in a process."""
    bwrap = find_bwrap()
    output = subprocess.run([bwrap, "--version"], capture_output=True, text=True).stdout
    version = (output.split() or ["0.0"])[-1]
    if [int(number) for number in version.split(".")[:2]] < [0, 7]:
        raise SandboxUnavailable(f"bubblewrap {version} is too old: 0.7 or later is needed")
    for name in ("prlimit", "setpriv"):
        if not os.path.exists(f"/usr/bin/{name}"):
            raise SandboxUnavailable(f"/usr/bin/{name} is missing: sudo apt install util-linux")
    try:
        seccomp.program()
    except (ImportError, OSError, RuntimeError) as error:
        raise SandboxUnavailable(
            f"libseccomp does not load ({error}): sudo apt install libseccomp2; "
            "pip install -r course/requirements.txt"
        ) from error
    try:
        found = selftest.findings(prefix(limits=SELF_TEST), SELF_TEST, ENVIRONMENT)
    except OSError as error:
        message = "\n  ".join(["the sandbox does not start:", str(error), *advice()])
        raise SandboxUnavailable(message) from error
    if found:
        raise SandboxUnavailable("\n  ".join(["the sandbox does not hold:", *found]))


def advice():
    """Yield what about this machine may keep bubblewrap from working, with the way out."""
    for name, forbidding, allowing in FORBIDDING:
        path = Path("/proc/sys", *name.split("."))
        if os.geteuid() != 0 and path.exists() and path.read_text().strip() == forbidding:
            yield f"users may not make namespaces here: sudo sysctl -w {name}={allowing}"
    if [int(number) for number in platform.release().split(".")[:2]] < [5, 14]:
        yield f"Linux {platform.release()} is too old: 5.14 or later is needed"
    if any(map(os.path.exists, ("/.dockerenv", "/run/.containerenv"))):
        yield "in a container, namespaces need a privileged one: docker run --privileged"
