"""What is visible in a sandbox, as arguments of bubblewrap: the system, this Python, a few paths.

Everything is read-only but four empty file systems in memory. Of a folder that holds a Python,
only its parts are shown: it may be a .venv in a repository, or the repository itself.
"""

import os
import stat
import sys
from pathlib import Path

from course.grader.sandbox.usage import TMPFS

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store")
# The linker's cache, Debian's choice of BLAS, fonts and the time zone: nobody's secrets.
SETTINGS = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/fonts", "/etc/localtime")
PYTHON = ("bin", "lib", "lib64", "pyvenv.cfg")
# Files of /proc that tell of the host's load, whatever namespace asks.
LOAD = ("loadavg", "uptime", "stat", "schedstat", "interrupts", "softirqs", "diskstats", "vmstat")
LOAD += ("zoneinfo", "buddyinfo", "locks", "pressure/cpu", "pressure/io", "pressure/memory")


def visible(show, scratch):
    """Return bubblewrap's arguments. --copy marks the place for the copy that fills /student.

    Raises FileNotFoundError for a path that is missing, PermissionError for one that root alone
    may read, since no command in a sandbox has root's rights, ValueError for one that cannot be.
    """
    mounts = Mounts()
    for path in (*SYSTEM, *SETTINGS):
        mounts.same(path)
    # An anonymous mapping of /dev/zero would be memory that is no process's.
    mounts.arguments += ["--proc", "/proc", "--dev", "/dev"]
    for path in ("/dev/zero", *(f"/proc/{name}" for name in LOAD)):
        if os.path.exists(path):
            mounts.arguments += ["--dev-bind", "/dev/null", path]
    for path in TMPFS:
        mounts.arguments += ["--perms", "0777", "--size", str(scratch), "--tmpfs", path]
    mounts.arguments += ["--copy"]
    mounts.python()
    for item in show:
        source, path = (item, item) if isinstance(item, str | os.PathLike) else item
        mounts.read_only(os.path.abspath(source), os.fspath(path))
    return mounts.arguments


class Mounts:
    """Collects arguments, and knows which folders are there."""

    def __init__(self):
        self.arguments, self.made = [], {"/"}

    def parents(self, path):
        """Make the folders above a path: bubblewrap would let nobody but root into them."""
        for folder in reversed(Path(path).parents):
            if str(folder) not in self.made:
                self.arguments += ["--perms", "0755", "--dir", str(folder)]
                self.made.add(str(folder))

    def read_only(self, source, path):
        if not os.path.isabs(path) or any(is_in(place, path) for place in TMPFS):
            raise ValueError(f"{path!r} cannot be a path inside a sandbox")
        mode = os.stat(source).st_mode
        needed = stat.S_IROTH | (stat.S_IXOTH if stat.S_ISDIR(mode) else 0)
        if os.geteuid() == 0 and mode & needed != needed:
            raise PermissionError(
                f"{source} has mode {stat.S_IMODE(mode):04o}, but code in a sandbox is not run as "
                f"root: chmod -R o+rX {source}"
            )
        self.parents(path)
        self.arguments += ["--ro-bind", source, path]

    def same(self, path):
        """Show what is at a path of the host, a link as a link."""
        if os.path.islink(path):
            self.parents(path)
            self.arguments += ["--symlink", os.readlink(path), path]
        elif os.path.exists(path):
            self.read_only(path, path)

    def python(self):
        """Show the Python that runs this, where it is: its folders and the links to it."""
        program = os.path.realpath(sys.executable)
        folders = [sys.prefix, sys.base_prefix, os.path.realpath(sys.base_prefix)]
        folders += [os.path.dirname(os.path.dirname(program))]
        folders = dict.fromkeys(map(os.path.normpath, folders))
        folders = [folder for folder in folders if not is_in(folder, "/usr")]
        for folder in folders:
            for name in PYTHON:
                self.same(os.path.join(folder, name))
        path = os.path.normpath(sys.executable)
        while os.path.islink(path):
            bins = [os.path.join(folder, "bin") for folder in folders]
            if not any(is_in(path, folder) for folder in (*bins, "/usr", "/bin")):
                self.same(path)
            path = os.path.normpath(os.path.join(os.path.dirname(path), os.readlink(path)))
        self.parents(sys.executable)  # which may be /a/../b/bin/python: then /a must be there


def is_in(path, folder):
    return Path(path).is_relative_to(folder)
