"""What a sandbox uses: memory and processes, seen from outside. Imported by guard.py."""

import os
import select
import time

# Exit statuses of the guard; others are the command's own.
MEMORY, PROCESSES, TIME, FAILED, ORPHAN = 121, 122, 124, 125, 126
TMPFS = ("/student", "/home", "/tmp", "/dev/shm")  # the file systems in memory, writable and empty
INODE = 1024  # bytes of memory that an empty file takes there
SOCKET = 2 * 212_992  # bytes of memory that what was sent to a socket may take
OWN = 4  # processes more than allowed: bubblewrap's first one, and a margin
PAGE = os.sysconf("SC_PAGE_SIZE")


class Usage:
    """A view into the sandbox whose first process is `first`, as the host counts them."""

    def __init__(self, first, first_fd, options, patience):
        self.memory, self.processes = int(options["memory"]), int(options["processes"])
        end = time.monotonic() + patience
        while not self.open(first):
            if is_over(first_fd) or time.monotonic() > end:
                raise ValueError("bubblewrap has ended, or hangs")
            time.sleep(0.0005)

    def open(self, first):
        """Open the sandbox's own /proc and file systems. Return False if it is too early."""
        # Bubblewrap's first process sets the filter of system calls just after it has asked to be
        # killed with its parent. From there on, nothing can outlive the guard.
        children = read(f"/proc/{first}/task/{first}/children").split()
        if filters(first) <= filters("self") or not children:
            return False
        root = f"/proc/{int(children[0])}/root"
        try:
            self.proc = os.open(f"{root}/proc", os.O_RDONLY)
            self.tmpfs = {path: os.open(root + path, os.O_RDONLY) for path in TMPFS}
        except PermissionError:
            return False  # the child is still bubblewrap, not yet the shell
        return True

    def excess(self):
        """Return the exit status that stands for the limit which is exceeded, or 0."""
        pids = [name for name in os.listdir(self.proc) if name.isdecimal()]
        if len(pids) > self.processes + OWN:
            return PROCESSES
        left = self.memory - self.in_files() - self.in_sockets()
        # What processes share is first counted for each of them, then, where that is too much,
        # exactly; the kernel has to look at every page for that.
        if sum(map(self.resident, pids)) > left and sum(map(self.proportional, pids)) > left:
            return MEMORY
        return 0

    def in_files(self):
        """Return bytes of memory that the files of the sandbox's file systems take."""
        uses = [os.fstatvfs(fd) for fd in self.tmpfs.values()]
        blocks = sum((use.f_blocks - use.f_bfree) * use.f_frsize for use in uses)
        return blocks + INODE * sum(use.f_files - use.f_ffree for use in uses)

    def in_sockets(self):
        """Return bytes of the kernel's memory that the sockets of the sandbox may take at most."""
        words = read("1/net/sockstat", self.proc).split()  # sockets: used 12 TCP: inuse 1 ...
        if not words:
            return 0
        buffers = [read(f"sys/net/ipv4/tcp_{name}", self.proc) for name in ("rmem", "wmem")]
        tcp = sum(int(buffer.split()[2]) for buffer in buffers)
        return int(words[2]) * SOCKET + int(words[words.index(b"TCP:") + 2]) * tcp

    def resident(self, pid):
        words = read(f"{pid}/statm", self.proc).split()
        return int(words[1]) * PAGE if words else 0

    def proportional(self, pid):
        """Return bytes of memory; of a page that n processes share, an n-th."""
        for line in read(f"{pid}/smaps_rollup", self.proc).splitlines():
            if line.startswith(b"Pss:"):
                return int(line.split()[1]) * 1024
        return self.resident(pid)


def read(path, folder=None):
    """Return a file of /proc, b"" if its process is gone."""
    try:
        fd = os.open(path, os.O_RDONLY, dir_fd=folder)
    except OSError:
        return b""
    try:
        return os.read(fd, 1 << 16)
    except OSError:
        return b""
    finally:
        os.close(fd)


def filters(pid):
    """Return how many filters of system calls a process has: a container may have set one."""
    _, _, rest = read(f"/proc/{pid}/status").partition(b"Seccomp_filters:")
    return int(rest.split()[0]) if rest else 0


def is_over(pidfd, seconds=0.0):
    """Wait for the end of a process; return whether it has come."""
    events = select.poll()
    events.register(pidfd, select.POLLIN)
    return bool(events.poll(1000 * seconds))
