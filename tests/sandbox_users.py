"""Start sandboxes as the user who runs the tests and, where that is root, as an ordinary one too.

Root's sandboxes and those of others are made in different ways. The ordinary user takes the
system's Python, and both a copy of the package: root's are often in folders closed to others.
"""

import dataclasses
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from conftest import ROOT
from course.grader.sandbox import EXERCISE, MB

SYSTEM_PYTHON = "/usr/bin/python3"
SOMEBODY = 1234
BECOME = ("setpriv", f"--reuid={SOMEBODY}", f"--regid={SOMEBODY}", "--clear-groups")
LIMITS = dataclasses.replace(
    EXERCISE, memory=150 * MB, scratch=4 * MB, file_size=2 * MB, processes=12, seconds=30.0
)
PATIENCE = 60  # seconds until a test gives up; what it waits for takes a tenth of one
DRIVER = """
import json, os, sys
from course.grader import sandbox
options = json.loads(sys.argv[1])
options["limits"] = sandbox.Limits(**options["limits"])
command = [*sandbox.prefix(**options), *sys.argv[2:]]
os.execv(command[0], command)
"""


class User:
    """Somebody with a Python and a folder `place` that others can enter."""

    def __init__(self, place, ordinary):
        self.place, self.ordinary = Path(place), ordinary
        self.python = SYSTEM_PYTHON if ordinary else os.path.normpath(sys.executable)
        self.modules = copy_package(self.place / "modules")

    def popen(self, command, pass_fds=()):
        return subprocess.Popen(
            [*(BECOME if self.ordinary else ()), *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            pass_fds=pass_fds,
            env={**os.environ, "PYTHONPATH": str(self.modules), "SECRET": "of the host"},
        )

    def start(self, *command, pass_fds=(), limits=LIMITS, **options):
        """Start a command in a sandbox: its guard is the process that this returns."""
        options["limits"] = dataclasses.asdict(limits)
        given = json.dumps(options, default=str)
        return self.popen([self.python, "-c", DRIVER, given, *command], pass_fds)

    def run(self, code, **options):
        """Run Python code in a sandbox; return its exit status and what it printed."""
        process = self.start(self.python, "-I", "-c", code, **options)
        output = process.communicate(timeout=PATIENCE)[0]
        return process.returncode, output

    def folder(self, name, content=()):
        """Return a new folder of this user's with files {name: text}."""
        folder = self.place / name
        folder.mkdir()
        for name, text in dict(content).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        if self.ordinary:
            for path in (folder, *folder.rglob("*")):
                os.chown(path, SOMEBODY, SOMEBODY)
        return folder


@pytest.fixture(name="user", params=["this user", "an ordinary user"])
def every_user(request):
    ordinary = request.param == "an ordinary user"
    if ordinary and os.geteuid() != 0:
        pytest.skip("the tests run as an ordinary user already")
    if ordinary and not os.access(SYSTEM_PYTHON, os.X_OK):
        pytest.skip("there is no Python that every user can run")
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # pytest's own folders are closed to others
        yield User(folder, ordinary)


def copy_package(folder):
    """Copy what a sandbox needs to where everybody can read it."""
    import pyseccomp

    package = Path("course", "grader", "sandbox")
    (folder / package).mkdir(parents=True)
    for path in (package.parents[1], package.parents[0]):
        shutil.copy(ROOT / path / "__init__.py", folder / path)
    for path in (ROOT / package).glob("*.py"):
        shutil.copy(path, folder / package)
    shutil.copy(pyseccomp.__file__, folder)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755)
    return folder
