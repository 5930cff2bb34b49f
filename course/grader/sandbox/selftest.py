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
from course.grader.sandbox.usage import MEMORY, TMPFS

PROBE = Path(__file__).with_name("probe.py")
SYSTEM = ("/etc/passwd", "/etc/shadow", "/boot", "/mnt", "/run", "/srv", "/sys", "/var")
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
        python = [*command, sys.executable, "-I", "-S", "-c"]
        env = {**os.environ, "COURSE_PROBE": secret}
        probe = start([*python, PROBE.read_text(encoding="utf-8")], env)
        memory = start([*python, greedy], env)
        output, errors = finish(probe, json.dumps(facts))
        finish(memory)
    try:
        found = json.loads(output)
    except ValueError:
        what = errors.strip()[-1000:] or f"it ended with status {probe.returncode}"
        raise ChildProcessError(what) from None
    if memory.returncode != MEMORY:
        found.append("memory has no limit")
    return found


def start(command, env):
    return subprocess.Popen(
        command,
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process, given=None):
    try:
        return process.communicate(given, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.communicate()


def private(folder):
    """Return some paths in a folder of the host, those of which a sandbox shows nothing."""
    shown = [*mounts.SYSTEM, *TMPFS, "/dev", "/etc", "/proc"]
    shown += [sys.prefix, sys.base_prefix, sys.executable, os.path.realpath(sys.executable)]
    try:
        paths = list(islice(Path(folder).iterdir(), 100))
    except OSError:
        return []  # no such home, as for a service's user
    return [str(one) for one in paths if not any(Path(path).is_relative_to(one) for path in shown)]
