"""What attacks aim at, put there by the tests: secrets, files to change, sockets, a process.

`World.targets` tells attacks where everything is, so that they need not guess. `World.damage` says
what has changed since.
"""

import contextlib
import hashlib
import os
import secrets
import selectors
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from conftest import ROOT

OURS = ("cs231n", "course", "exercises", "datasets/scenes", "notebooks")
# Variables that pytest and Dask set.
ELSEWHERE = {"PYTEST_CURRENT_TEST", "PYTHONHASHSEED", "MALLOC_TRIM_THRESHOLD_", "__DASK_PARENT_PID"}
ELSEWHERE |= {f"{library}_NUM_THREADS" for library in ("OMP", "MKL", "OPENBLAS")}
KEPT = ("/etc/passwd", "/etc/hosts")


class World:
    """A folder with what a grader's machine holds besides the submissions."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.canary = f"canary-{secrets.token_hex(12)}"
        self.home, self.out, self.temporary = (
            self.folder / name for name in ("home", "out", "temporary")
        )
        self.secrets = [
            self.home / "private.txt",
            self.out / "nbgrader" / "notes.txt",
            self.out / "submissions" / "somebody" / "result.json",
            self.folder / "submissions" / "somebody else" / "cs231n" / "classifiers" / "softmax.py",
            self.folder / "problems.npz",
            Path(tempfile.gettempdir(), f"{self.canary[:20]}.txt"),
        ]
        self.gradebook = self.out / "nbgrader" / "gradebook.db"
        self.temporary.mkdir()
        for path in self.secrets:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"# {self.canary}\n")
        self.process = subprocess.Popen(
            [sys.executable, "-S", "-c", "import time; time.sleep(9999)", self.canary],
            env={**os.environ, "CANARY": self.canary},
        )
        self.listeners = Listeners(self.folder)
        self.before = self.state()

    def targets(self, *attacks):
        """Return what machine.py takes, to make `attacks`."""
        paths = [str(path) for path in self.secrets]
        return {
            "canary": self.canary[::-1],
            "read": [*paths, f"/proc/{self.process.pid}/environ", f"/proc/{os.getpid()}/environ"],
            "write": [
                *paths,
                str(self.gradebook),
                str(ROOT / "course/grader/grade.py"),
                str(ROOT / "cs231n/added.py"),
            ],
            "folders": [str(path) for path in (self.folder, self.home, self.out, self.temporary)],
            "libraries": [sys.prefix, sys.base_prefix],
            "process": self.process.pid,
            "processes": "[0-9]*",  # those to look at
            "attacks": attacks,
            **self.listeners.addresses,
        }

    def state(self):
        """Return {what: its state} of all that no submission may change."""
        paths = [*self.secrets, self.gradebook, *map(Path, KEPT)]
        paths += [path for name in OURS for path in ROOT.joinpath(name).rglob("*")]
        known = {
            str(path): hashlib.sha256(path.read_bytes()).hexdigest() + oct(path.stat().st_mode)
            for path in paths
            if path.is_file() and "__pycache__" not in path.parts
        }
        folders = (self.folder, self.home, Path(os.path.expanduser("~root")), Path("/"), ROOT)
        for folder in folders:
            if os.access(folder, os.R_OK):
                known[f"names in {folder}"] = sorted(os.listdir(folder))
        variables = {name: text for name, text in os.environ.items() if name not in ELSEWHERE}
        known |= {f"variable {name}": text for name, text in variables.items()}
        known["working folder"] = os.getcwd()
        known["modules"] = sorted(name for name in sys.modules if name.startswith("attack_"))
        return known

    def damage(self):
        """Return what is not as it was: changed files, connections, ended and left processes."""
        now = self.state()
        names = [name for name in {**self.before, **now} if self.before.get(name) != now.get(name)]
        found = [f"changed: {name}" for name in sorted(names)]
        found += [f"connection: {name}" for name in self.listeners.seen]
        found += [f"left: {path}" for path in self.temporary.rglob("*") if not is_dasks(path)]
        if self.process.poll() is not None:
            found.append("a process of the test was ended")
        return found

    def forget(self):
        """Let the damage so far be."""
        self.clear()
        self.listeners.seen.clear()
        self.before = self.state()

    def clear(self):
        """Delete what was left, also folders so deep that shutil.rmtree cannot."""
        for path in self.temporary.iterdir():
            subprocess.run(["rm", "-rf", str(path)], check=True)

    def close(self):
        self.clear()
        self.process.kill()
        self.process.wait()
        self.listeners.close()
        self.secrets[-1].unlink(missing_ok=True)


@contextlib.contextmanager
def in_its_place(folder):
    """Yield a World that has the place of this process's home and temporary folder, and a patch."""
    world = World(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(world.home))
        patch.setenv("CANARY", world.canary)
        patch.setattr(tempfile, "tempdir", str(world.temporary))
        yield world, patch
    world.close()


def outlasting(bound):
    """Return the processes that limits.py has left, of those that live for so many seconds."""
    found = []
    for path in Path("/proc").glob("[0-9]*/comm"):
        with contextlib.suppress(OSError):
            found += [path] * (path.read_text() == f"outlast {bound}\n")
    return found


def is_dasks(path):
    """Whether a path is what Dask leaves whatever it is told: a folder with files to lock."""
    return "dask-scratch-space" in path.parts and (path.is_dir() or path.suffix == ".lock")


class Listeners:
    """Sockets that wait for connections, and note them in `seen`."""

    def __init__(self, folder):
        self.seen, self.selector = [], selectors.DefaultSelector()
        path = str(Path(folder, "s"))
        abstract = f"attacked-{secrets.token_hex(8)}"
        self.addresses = {"abstract": abstract, "socket": path}
        for name, family, address in (
            ("TCP", socket.AF_INET, ("127.0.0.1", 0)),
            ("Unix", socket.AF_UNIX, path),
            ("abstract", socket.AF_UNIX, f"\0{abstract}"),
        ):
            listener = socket.socket(family)
            listener.bind(address)
            listener.listen()
            self.selector.register(listener, selectors.EVENT_READ, name)
            if name == "TCP":
                self.addresses["port"] = listener.getsockname()[1]
        self.open = True
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()

    def listen(self):
        while self.open:
            for key, _ in self.selector.select(0.1):
                key.fileobj.accept()[0].close()
                self.seen.append(key.data)

    def close(self):
        self.open = False
        self.thread.join()
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        self.selector.close()
