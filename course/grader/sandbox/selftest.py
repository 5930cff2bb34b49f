"""Does a sandbox hold? One is asked to try everything that it must not be able to do.

probe.py tries, inside; here is what it cannot know: what the host has. A second sandbox takes more
memory than it may, with no process that takes much.
"""

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
from itertools import islice
from pathlib import Path

from course import ROOT
from course.grader.sandbox import mounts
from course.grader.sandbox.usage import FAILED, MEMORY, TMPFS

PROBE = Path(__file__).with_name("probe.py")
SYSTEM = ("/etc/passwd", "/etc/shadow", "/boot", "/mnt", "/run", "/srv", "/sys", "/var")
PYTHON = (sys.executable, "-I", "-S", "-c")
PATIENCE = 20  # seconds; an idle machine takes 0.2 for both
HELD = 3  # seconds for which too much memory is held
GREEDY = """
import os, time
for _ in range({processes}):
    if os.fork() == 0:
        break
block = bytearray({size})
time.sleep({seconds})
"""


def findings(command, limits, environment):
    """Return what went wrong, a line each, in sandboxes that `command` starts with `limits`.

    environment  the names of the environment variables that may be there
    Raises ChildProcessError with what bubblewrap says if they do not start.
    """
    size = 2 * limits.memory // limits.processes
    greedy = GREEDY.format(processes=limits.processes // 2, size=size, seconds=HELD)
    secret = secrets.token_hex(8)
    with contextlib.ExitStack() as stack:
        hidden = stack.enter_context(tempfile.NamedTemporaryFile())
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        unix = stack.enter_context(socket.socket(socket.AF_UNIX))
        unix.bind("\0" + secret)
        unix.listen()
        facts = {
            "hidden": [hidden.name, *private(os.path.expanduser("~")), *private(ROOT), *SYSTEM],
            "read_only": ["/", "/dev", "/etc", "/usr", "/proc", f"{sys.prefix}/lib"],
            "environment": [*environment, "PWD", "LC_CTYPE"],
            "secret": secret,
            "port": tcp.getsockname()[1],
            **vars(limits),
        }
        env = {**os.environ, "COURSE_PROBE": secret}
        probe = run([*command, *PYTHON, PROBE.read_text(encoding="utf-8")], env, json.dumps(facts))
        memory = run([*command, *PYTHON, greedy], env)
    try:
        found = json.loads(probe.stdout)
    except ValueError:
        what = probe.stderr.strip()[-1000:] or f"it ended with status {probe.returncode}"
        raise ChildProcessError(what) from None
    if memory.returncode != MEMORY:
        found.append("memory has no limit")
    return found


def run(command, env, given=""):
    """Run a command that may hang; return what it did."""
    options = {"env": env, "input": given, "capture_output": True, "text": True}
    try:
        return subprocess.run(command, timeout=PATIENCE, **options)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, FAILED, "", f"it hangs for {PATIENCE} s")


def private(folder):
    """Return some paths in a folder of the host, those of which a sandbox shows nothing."""
    shown = [*mounts.SYSTEM, *TMPFS, "/dev", "/etc", "/proc"]
    shown += [sys.prefix, sys.base_prefix, sys.executable, os.path.realpath(sys.executable)]
    paths = islice(Path(folder).glob("*"), 100)  # none of a home that is not there
    return [str(one) for one in paths if not any(Path(path).is_relative_to(one) for path in shown)]
