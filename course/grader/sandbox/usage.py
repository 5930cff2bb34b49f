"""What a sandbox uses: memory, processes and disk, seen from outside. Imported by guard.py."""

import os
import select
import stat
import time

# Exit statuses of the guard; others are the command's own.
MEMORY, PROCESSES, DISK, TIME, FAILED, ORPHAN = 121, 122, 123, 124, 125, 126
TMPFS = ("/student", "/home", "/tmp", "/dev/shm")  # the file systems in memory, writable and empty
INODE = 1024  # bytes of memory that an empty file takes there
SOCKET = 2 * 212_992  # bytes of memory that what was sent to a socket may take
BLOCK = 4096  # bytes of disk that an empty file in the shared folder is counted for
WHOLE = 1 << 22  # bytes of /proc that are read at a time of what is long
OWN = 4  # processes more than allowed: bubblewrap's first one, and a margin
PAGE = os.sysconf("SC_PAGE_SIZE")


class Usage:
    """A view into the sandbox whose first process is `first`, as the host counts them."""

    def __init__(self, first, first_fd, options, patience):
        self.share = options["share"]
        self.scratch, self.memory = int(options["scratch"]), int(options["memory"])
        self.processes = int(options["processes"])
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
            self.tmpfs = [os.open(root + path, os.O_RDONLY) for path in TMPFS]
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
        if self.share and self.on_disk() + self.deleted(pids) > self.scratch:
            return DISK
        return 0

    def in_files(self):
        """Return bytes of memory that the files of the sandbox's file systems take."""
        uses = [os.fstatvfs(fd) for fd in self.tmpfs]
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

    def on_disk(self):
        """Return bytes of disk that the shared folder takes, at least if that is too much."""
        total, folders = 0, [self.share]
        while folders and total <= self.scratch:
            try:
                with os.scandir(folders.pop()) as entries:
                    for entry in entries:
                        total += BLOCK + 512 * entry.stat(follow_symlinks=False).st_blocks
                        if entry.is_dir(follow_symlinks=False):
                            folders.append(entry.path)
            except FileNotFoundError:
                continue  # deleted meanwhile
            except OSError:
                return self.scratch + 1  # one that is shut, or too deep, hides what it holds
        return total

    def deleted(self, pids):
        """Return bytes of the shared folder's disk in files that have no name, only users.

        Of a file that is mapped, or under way in a socket, nobody knows the size: nothing here
        needs such, so it counts as too much.
        """
        total, device = 0, os.stat(self.share).st_dev
        ours = {os.fstat(fd).st_dev for fd in self.tmpfs}
        for pid in pids:
            try:
                files = self.open_files(pid)
            except PermissionError:
                if pid == "1":  # bubblewrap's, which is shut to all but root
                    continue
                return self.scratch + 1  # this one hides what it does
            for name, file in files:
                if file.st_dev == device and file.st_nlink == 0:
                    total += 512 * file.st_blocks
                if stat.S_ISSOCK(file.st_mode) and self.is_carrying(pid, name):
                    return self.scratch + 1
            for line in read(f"{pid}/maps", self.proc, WHOLE).splitlines():
                if line.endswith(b" (deleted)") and device_of(line) not in ours:
                    return self.scratch + 1
        return total

    def open_files(self, pid):
        """Return (number, os.stat_result) of each file that a process has open. PermissionError."""
        files = []
        try:
            folder = os.open(f"{pid}/fd", os.O_RDONLY, dir_fd=self.proc)
        except (FileNotFoundError, ProcessLookupError):
            return files  # it has ended
        try:
            for name in os.listdir(folder):
                try:
                    files.append((name, os.stat(name, dir_fd=folder)))
                except (FileNotFoundError, ProcessLookupError):
                    continue  # closed meanwhile
        finally:
            os.close(folder)
        return files

    def is_carrying(self, pid, name):
        """Say whether descriptors of files wait in a socket to be received."""
        _, _, rest = read(f"{pid}/fdinfo/{name}", self.proc).partition(b"scm_fds:")
        return bool(rest) and int(rest.split()[0]) > 0


def device_of(line):
    """Return the device of a mapping, as os.stat numbers it."""
    major, minor = line.split()[3].split(b":")
    return os.makedev(int(major, 16), int(minor, 16))


def read(path, folder=None, most=1 << 16):
    """Return a file of /proc, b"" if its process is gone."""
    try:
        fd = os.open(path, os.O_RDONLY, dir_fd=folder)
    except OSError:
        return b""
    try:
        content = piece = os.read(fd, most)
        while piece and most > 1 << 16:  # of a long one, each look gives a part
            content += (piece := os.read(fd, most))
        return content
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
