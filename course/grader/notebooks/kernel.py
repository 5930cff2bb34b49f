"""One kernel that may be hostile: started, asked to run cells, watched, and ended.

It is reached by Unix sockets (transport ipc), as its sandbox has no network. It runs a student's
code, so it may send anything, or nothing, on each of them: every message is counted before it is
looked at, and everything waits for a limited time.
"""

import json
import os
import secrets
import signal
import stat
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import zmq
from jupyter_client.session import Session

from course.grader import sandbox
from course.grader.notebooks.cell_outputs import Cell

PARENT = os.getppid()
CHANNELS = ("shell", "stdin", "control", "iopub", "hb")  # their sockets: kernel-1, kernel-2, ...
CONNECTION = ".kernel.json"  # the file that tells the kernel of its sockets
LARGEST_MESSAGE = 16_000_000  # bytes; a connection that brings a larger one is closed
BATCH = 100  # messages of a socket that are read before the limits are looked at


@dataclass(frozen=True)
class Limits:
    """Seconds, messages, characters and bytes. A cell that crosses one is interrupted."""

    start: float = 300  # until the kernel answers: a busy machine is no student's fault
    cell: float = 120  # ours take at most 10 to 30, a textbook solution's search may take 70
    notebook: float = 600  # all cells together
    timeouts: int = 2  # cells that may take too long before the others are left out
    grace: float = 5  # from the interrupt, or the cell's reply, to its end
    messages: int = 10_000  # of a cell
    text: int = 1_000_000  # characters that a cell prints
    outputs: int = 500  # of a cell, besides what it prints
    size: int = 10_000_000  # bytes of all messages of a cell
    total: int = 20_000_000  # bytes of all messages of the notebook


class KernelEnded(Exception):
    """No further cell can run. `how` is dead, timeout or flooded; `code` its exit status."""

    def __init__(self, how, message, code=None, in_cell=True):
        super().__init__(message)
        self.how, self.code, self.in_cell = how, code, in_cell


class Kernel:
    """A kernel in a process of its own, and our ends of its sockets.

    command   the start of its command line, which makes the sandbox; empty: there is none
    folder    a private one, of which the sandbox has a copy as /student. Without a sandbox it is
              for the sockets, too, so its path must be short
    cwd, env  of the command, None: those of this process
    """

    def __init__(self, command, folder, cwd, env, limits):
        self.sandboxed, self.limits, self.received = bool(command), limits, 0
        self.stop_at = time.monotonic() + limits.start
        self.session = Session(key=secrets.token_hex(16).encode(), username="grader")
        inside = "/tmp" if self.sandboxed else folder
        text = json.dumps(self.connection_info(inside))
        Path(folder, CONNECTION).write_text(text, encoding="ascii")
        if not self.sandboxed:
            env = (env or os.environ) | {"JPY_PARENT_PID": str(os.getpid())}  # to end with us
        self.process = subprocess.Popen(
            [*command, *kernel_command("/student" if self.sandboxed else folder)],
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        folder = sandbox.sockets(self.process) if self.sandboxed else folder
        self.paths = {
            channel: Path(folder, f"kernel-{number}") for number, channel in enumerate(CHANNELS, 1)
        }
        self.context = zmq.Context()
        self.poller = zmq.Poller()

    def connection_info(self, folder):
        ports = {f"{channel}_port": number for number, channel in enumerate(CHANNELS, 1)}
        return ports | {
            "transport": "ipc",
            "ip": f"{folder}/kernel",
            "key": self.session.key.decode(),
            "signature_scheme": self.session.signature_scheme,
        }

    # Start and end

    def connect(self):
        """Wait for the sockets, connect, and wait until the kernel answers on both."""
        while not all(is_socket(path) for path in self.paths.values()):
            self.check_time()
            time.sleep(0.01)
        self.shell = self.socket(zmq.DEALER, "shell")
        self.control = self.socket(zmq.DEALER, "control")
        self.iopub = self.socket(zmq.SUB, "iopub")
        self.iopub.subscribe(b"")
        self.poller.register(self.shell, zmq.POLLIN)
        self.poller.register(self.iopub, zmq.POLLIN)
        heard, asked = set(), -1.0
        while heard != {self.shell, self.iopub}:  # what is sent before we have subscribed is lost
            if time.monotonic() > asked + 0.2:
                self.session.send(self.shell, "kernel_info_request", {})
                asked = time.monotonic()
            heard |= {socket for socket, _ in self.messages(0.05)}

    def socket(self, kind, channel):
        socket = self.context.socket(kind)
        socket.linger = 0
        socket.maxmsgsize = LARGEST_MESSAGE
        # A kernel could put a link to another program's socket in the place of its own.
        socket.reconnect_ivl = -1
        socket.connect(f"ipc://{self.paths[channel]}")
        return socket

    def check_time(self):
        if self.process.poll() is not None:
            raise KernelEnded("dead", "the kernel has ended", self.process.returncode)
        if time.monotonic() > self.stop_at:
            raise KernelEnded("timeout", "the kernel does not answer")

    def kill(self):
        """End the kernel and, in a sandbox, everything that it has started."""
        if self.sandboxed:
            self.process.send_signal(signal.SIGINT)  # the guard then waits until all has ended
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(self.limits.grace)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.context.destroy(linger=0)

    # Messages

    def messages(self, seconds):
        """Wait for messages; yield (socket, message), message None if it is none."""
        self.check_time()
        if os.getppid() != PARENT:
            raise KernelEnded("dead", "the grader has ended")
        for socket, _ in self.poller.poll(1000 * seconds):
            enough = self.received + self.limits.size  # a flood is to be seen before more is taken
            for _ in range(BATCH):
                if self.received > enough:
                    break
                try:
                    parts = socket.recv_multipart(zmq.NOBLOCK)
                except zmq.Again:
                    break
                self.received += sum(map(len, parts))
                yield socket, self.read(parts)

    def read(self, parts):
        """Return (type, id of the request, content), None for what is no message with our key."""
        try:
            message = self.session.deserialize(self.session.feed_identities(parts)[1])
            parent, content = message["parent_header"].get("msg_id"), message["content"]
            return (message["msg_type"], parent, content) if isinstance(content, dict) else None
        except Exception:  # whatever the parts hold: no JSON, too deep, no dictionary, no signature
            return None

    def request(self, source, **options):
        """Send a cell to the kernel; return the id of the request."""
        content = {
            "code": source,
            "silent": False,
            "store_history": True,  # else IPython would not see a semicolon at the end of a cell
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": False,
        }
        message = self.session.send(self.shell, "execute_request", content | options)
        return message["header"]["msg_id"]

    def cpu_seconds(self):
        """Return the processor time of all cells as the kernel tells it: for statistics alone."""
        expression = {"cpu": "sum(__import__('os').times()[:4])"}
        request = self.request("", silent=True, user_expressions=expression)
        self.stop_at = time.monotonic() + self.limits.grace
        with suppress(KernelEnded, AttributeError, KeyError, TypeError, ValueError):
            while True:
                for socket, message in self.messages(0.2):
                    if message and socket is self.shell and message[1] == request:
                        told = float(message[2]["user_expressions"]["cpu"]["data"]["text/plain"])
                        return told if 0 <= told < 1e6 else 0.0
        return 0.0

    def execute(self, source, end):
        """Run one cell; return what became of it, see `Cell.report`."""
        request = self.request(source)
        cell, received, counted = Cell(self.limits), self.received, 0
        deadline = min(time.monotonic() + self.limits.cell, end)
        self.stop_at = deadline + self.limits.grace + 1
        while not cell.is_done:
            for socket, message in self.messages(0.2):
                counted += 1
                if message and message[1] == request:
                    cell.add(socket is self.shell, message[0], message[2])
                if counted > 20 * self.limits.messages:
                    raise KernelEnded("flooded", "a cell goes on showing more after an interrupt")
            crossed = counted > self.limits.messages or cell.is_flood
            crossed = crossed or self.received - received > self.limits.size
            now = time.monotonic()
            if not cell.stopped and (crossed or now > deadline):
                cell.stop("flooded" if crossed else "timeout")
                self.session.send(self.control, "interrupt_request", {})
                deadline = now + self.limits.grace
                self.stop_at = deadline + 1
            elif cell.stopped and now > deadline and not cell.replied:
                raise KernelEnded(cell.stopped, "a cell goes on after an interrupt")
            elif cell.replied and now > cell.replied_at + self.limits.grace:
                if not cell.stopped:  # after a flood, the word of its end may have been dropped
                    raise KernelEnded("flooded", "outputs of a cell are lost; was one too large?")
                break
        return cell.report()


# Processes and files

# The kernel's second channel for what forked processes print is a TCP socket, and libzmq ends the
# process where the sandbox refuses it. This is what ipykernel does if no port is free.
START = """
from ipykernel import iostream, kernelapp

def no_pipe(thread):
    thread._pipe_flag = False

iostream.IOPubThread._setup_pipe_in = no_pipe
kernelapp.launch_new_instance()
"""


def kernel_command(folder):
    """Return the command line of our kernel, whatever a notebook's metadata ask for.

    -P and -s: no module of the student's can take the place of one that the kernel needs to start.
    """
    options = ["--HistoryManager.enabled=False", "--InteractiveShellApp.ignore_cwd=True"]
    python = [sys.executable, "-P", "-s", "-c", START]
    return [*python, "-f", f"{folder}/{CONNECTION}", "--log-level=CRITICAL", *options]


def is_socket(path):
    try:
        return stat.S_ISSOCK(path.lstat().st_mode)
    except OSError:
        return False
