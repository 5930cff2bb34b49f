"""Start a sandbox, watch what it uses, and end it: a script of its own, run by sandbox.prefix.

    python -I -S guard.py OPTION=VALUE ... -- BWRAP_ARGUMENTS COMMAND

It starts bubblewrap, holds the command back until it can watch it, and ends the sandbox when that
uses more memory, processes or time than allowed, or when the guard's parent is gone. If the guard
itself is killed, the kernel ends the sandbox. Its working folder is the sandbox's /tmp: whoever may
look at the guard reaches the sockets in there as /proc/<its number>/cwd/... Imports are few and
quick: every exercise of every submission waits for them.
"""

import os
import resource
import select
import stat
import sys
import time

sys.path.append(os.path.dirname(__file__))  # the option -I has left it out

from usage import FAILED, ORPHAN, TIME, Usage, is_over, read

PERIOD = 0.03  # seconds between two looks
PATIENCE = 120.0  # seconds for bubblewrap to set up a sandbox, or for the kernel to end one
OPEN_FILES = 256  # of each process
FIRST_UID, UIDS = 1_900_000_000, 1 << 22  # nobody's: above those of containers and of systemd
SIGKILL, IGNORED = 9, (13, 25)  # the module signal takes 5 ms; Python ignores SIGPIPE, SIGXFSZ


def main():
    inherited = [int(name) for name in os.listdir("/proc/self/fd")]
    inherited = [fd for fd in inherited if fd > 2 and os.path.lexists(f"/proc/self/fd/{fd}")]
    mark = sys.argv.index("--")
    options = dict(word.split("=", 1) for word in sys.argv[1:mark])
    command = mark + 1 + int(options["arguments"])
    end = time.monotonic() + float(options["seconds"])
    sandbox = Sandbox(options)
    try:
        parents = [os.pidfd_open(pid) for pid in {os.getppid(), int(options["owner"])}]
        usage = sandbox.start(sys.argv[mark + 1 : command], sys.argv[command:])
        for fd in inherited:
            os.close(fd)  # or whoever reads the other end would wait for us
        status = watch(sandbox, usage, parents, end)
    except (OSError, ValueError) as error:
        print(f"The sandbox did not start: {error}.", file=sys.stderr, flush=True)
        status = FAILED
    except KeyboardInterrupt:
        status = ORPHAN
    finally:
        sandbox.kill()
    os._exit(status)


def watch(sandbox, usage, parents, end):
    """Wait for the end of the sandbox, or for a reason to end it; return the exit status."""
    events = select.poll()
    for fd in (*parents, sandbox.monitor_fd):
        events.register(fd, select.POLLIN)
    pause = PERIOD
    while True:
        wait = min(pause, max(0.0, end - time.monotonic()))
        ready = [fd for fd, _ in events.poll(1000 * wait)]
        if sandbox.monitor_fd in ready:
            return sandbox.status()
        if ready:
            return ORPHAN
        began = time.monotonic()
        try:
            status = TIME if began >= end else usage.excess()
        except OSError:  # there is nothing to see any more
            status = 0 if is_over(sandbox.monitor_fd, PATIENCE) else FAILED
        if status:
            return status
        pause = max(PERIOD, time.monotonic() - began)  # at most half of a processor for us


class Sandbox:
    """Bubblewrap outside (the monitor) and inside (the first process)."""

    def __init__(self, options):
        self.options = options
        self.monitor = self.first = 0
        self.uid = unused_uid() if os.geteuid() == 0 else None

    def start(self, arguments, command):
        """Start bubblewrap; let the command begin once its end is certain and its use in view."""
        gate, gate_end = os.pipe()
        if gate > 9:
            raise ValueError("it is to hand on too many open files")  # the shell reads one digit
        wait = ["/bin/sh", "-c", f'read -r go <&{gate} && exec "$@" {gate}<&-', "sh"]
        sources = [memory_file(bytes.fromhex(self.options["seccomp"]))]
        arguments += ["--seccomp", str(sources[0])]
        arguments += [*self.identity(), "--remount-ro", "/", "--remount-ro", "/dev"]
        place = arguments.index("--copy")
        arguments[place : place + 1] = self.copied(sources)
        # In a file, the host's paths are not in the /proc/1/cmdline of the sandbox.
        listed = memory_file(b"".join(os.fsencode(word) + b"\0" for word in arguments))
        start = [self.options["bwrap"], "--args", str(listed), "--", *wait]
        passed = [gate, listed, *sources]
        for fd in passed:
            os.set_inheritable(fd, True)
        # The sandbox is the first to go when the machine's memory is short.
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
        self.monitor = os.posix_spawn(
            start[0], [*start, *self.restricted(), *command], {}, setsigdef=IGNORED, setsigmask=()
        )
        self.monitor_fd = os.pidfd_open(self.monitor)
        for fd in passed:
            os.close(fd)
        if not self.find_first():
            raise ValueError("bubblewrap failed")
        usage = Usage(self.first, self.first_fd, self.options, PATIENCE)
        os.fchdir(usage.tmpfs["/tmp"])
        os.write(gate_end, b"go\n")
        os.close(gate_end)
        return usage

    def identity(self):
        """Return bubblewrap's arguments that say whose rights the command has: nobody's."""
        if self.uid is None:
            return ["--unshare-user", "--cap-drop", "ALL"]
        # No user namespace: there our root would stay root for the kernel, and RLIMIT_NPROC
        # would not bind. The three capabilities are given up in `restricted`.
        kept = ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP")
        return ["--cap-drop", "ALL", *(word for name in kept for word in ("--cap-add", name))]

    def restricted(self):
        """Return the start of a command line that gives up root's rights and sets limits."""
        command = []
        if self.uid is not None:
            command = ["/usr/bin/setpriv", f"--reuid={self.uid}", f"--regid={self.uid}"]
            command += ["--clear-groups", "--no-new-privs", "--inh-caps=-all"]
            command += ["--bounding-set=-all"]
        limits = {
            "core": 0,
            "msgqueue": 0,
            "nofile": OPEN_FILES,
            "nproc": self.options["processes"],
            "as": self.options["address_space"],
            "fsize": self.options["file_size"],
            "cpu": self.options["cpu_seconds"],
        }
        return [*command, "/usr/bin/prlimit", *(f"--{k}={v}" for k, v in limits.items()), "--"]

    def copied(self, sources):
        """Return arguments that put a copy of a folder's regular files into /student."""
        arguments, folder = [], self.options["copy"]
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        for place, folders, files in os.walk(folder) if folder else ():
            inside = os.path.normpath(os.path.join("/student", os.path.relpath(place, folder)))
            for name in sorted(folders):
                arguments += ["--perms", "0777", "--dir", os.path.join(inside, name)]
            for name in sorted(files):
                path = os.path.join(place, name)
                if stat.S_ISREG(os.lstat(path).st_mode):
                    sources.append(os.open(path, os.O_RDONLY | os.O_NOFOLLOW))
                    arguments += ["--perms", "0666", "--file", str(sources[-1])]
                    arguments += [os.path.join(inside, name)]
        return arguments

    def status(self):
        """Return the exit status of the command, 128 + a signal's number if that has ended it."""
        _, status = os.waitpid(self.monitor, 0)
        self.monitor = 0
        code = os.waitstatus_to_exitcode(status)
        return code if code >= 0 else 128 - code

    def find_first(self):
        """Wait for the process that bubblewrap makes; return whether it does."""
        # With --info-fd bubblewrap would name it. But if we had died just then, writing to us would
        # end the monitor, for whose word its child would wait for ever.
        end = time.monotonic() + PATIENCE
        over = False
        while not (self.first or over or time.monotonic() > end):
            time.sleep(0.0005)
            over = is_over(self.monitor_fd)
            for pid in read(f"/proc/{self.monitor}/task/{self.monitor}/children").split():
                self.first_fd = os.pidfd_open(int(pid))
                self.first = int(pid)
        return bool(self.first)

    def kill(self):
        """End every process of the sandbox, and wait until the kernel has done so."""
        if self.monitor:
            self.find_first()
            os.kill(self.monitor, SIGKILL)
            os.waitpid(self.monitor, 0)
        if self.first and not is_over(self.first_fd):
            os.kill(self.first, SIGKILL)  # takes all processes of its namespace with it
            is_over(self.first_fd, PATIENCE)


def unused_uid():
    """Return a user's number that no other sandbox has at this moment."""
    with open("/proc/self/uid_map") as file:
        width = max(int(line.split()[2]) for line in file)
    first, count = (FIRST_UID, UIDS) if width > FIRST_UID + UIDS else (20_000, 40_000)
    return first + os.getpid() % count


def memory_file(content):
    fd = os.memfd_create("sandbox")
    os.write(fd, content)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


if __name__ == "__main__":
    main()
