"""Attacks on limits: processes, memory, files. Each stops at a bound of its own.

A program that needs the standard library alone: `python limits.py NAME BOUND` prints how far it
has come, a line a step, so that the last line tells after it was killed.
"""

import contextlib
import ctypes
import errno
import mmap
import os
import signal
import socket
import sys
import time

STEP = 16  # megabytes


def say(number):
    os.write(1, b"%d\n" % number)


def processes(bound):
    """Fork until the bound, 2,000 at most; no child ends by itself before a while."""
    for number in range(min(bound, 2000)):
        try:
            if os.fork() == 0:
                for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                    signal.signal(name, signal.SIG_IGN)
                with contextlib.suppress(OSError):
                    os.setsid()
                time.sleep(20)
                os._exit(0)
        except OSError:
            break
        say(number + 1)


def threads(bound):
    import threading

    for number in range(min(bound, 2000)):
        threading.Thread(target=time.sleep, args=(20,), daemon=True).start()
        say(number + 1)


def private(bound):
    """Memory of one process, every page touched."""
    kept = []
    for size in range(STEP, bound + 1, STEP):
        kept.append(b"\1" * (STEP << 20))
        say(size)


def spread(bound):
    """The same in many processes, each below what one may have."""
    for size in range(STEP, bound + 1, STEP):
        if os.fork() == 0:
            kept = b"\1" * (STEP << 20)
            time.sleep(20)
            os._exit(len(kept) & 1)
        time.sleep(0.01)
        say(size)


def unmapped(bound):
    """Memory that no process maps: files without a name."""
    kept = []
    for size in range(STEP, bound + 1, STEP):
        kept.append(os.memfd_create("attack"))
        block = b"\1" * (1 << 20)
        for _ in range(STEP):
            if os.write(kept[-1], block) != len(block):
                raise OSError(errno.EFBIG, "the file is too large")
        say(size)


def detached(bound):
    """Memory that no process maps: System V segments, filled and detached."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.shmat.restype = ctypes.c_void_p
    for size in range(STEP, bound + 1, STEP):
        segment = libc.shmget(0, ctypes.c_size_t(STEP << 20), 0o1600)
        address = libc.shmat(segment, None, 0) if segment >= 0 else None
        if segment < 0 or address in (None, ctypes.c_void_p(-1).value):
            raise OSError(ctypes.get_errno(), "no segment")
        ctypes.memset(address, 1, STEP << 20)
        libc.shmdt(ctypes.c_void_p(address))
        say(size)


def shared(bound):
    """Memory that processes hand on: a shared mapping that lives in a sleeping child."""
    for size in range(STEP, bound + 1, STEP):
        block = mmap.mmap(-1, STEP << 20)
        block.write(b"\1" * (STEP << 20))
        if os.fork() == 0:
            time.sleep(20)
            os._exit(0)
        block.close()
        say(size)


def buffers(bound):
    """Memory of the kernel: pipes and sockets that nobody reads from."""
    filled, kept = 0, []
    while filled < bound << 20:
        left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        left.setblocking(False)
        with contextlib.suppress(OSError):
            left.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 22)
        kept += [left, right]
        with contextlib.suppress(BlockingIOError):
            while True:
                filled += left.send(b"\1" * 60_000)
        say(filled >> 20)


def files(bound):
    """Fill every folder that can be written, with files of 4 MB."""
    block, filled = b"\1" * (1 << 20), 0
    folders = [".", "/tmp", "/home", "/student", "/dev/shm", "/var/tmp", "/run", *sys.argv[3:]]
    for folder in folders:
        number = 0
        while filled < bound:
            try:
                with open(os.path.join(folder, f"filler-{number}"), "xb", buffering=0) as file:
                    for _ in range(4):
                        if file.write(block) < len(block):
                            raise OSError(errno.ENOSPC, "full")
                        filled += 1
            except OSError:
                break
            number += 1
            say(filled)


def large_file(bound):
    """One file, written, sparse, and allocated, in megabytes."""
    with open("large", "wb", buffering=0) as file:
        for way in (os.ftruncate, lambda number, size: os.posix_fallocate(number, 0, size)):
            with contextlib.suppress(OSError):
                way(file.fileno(), bound << 20)
                say(bound)
        for size in range(1, bound + 1):
            file.write(b"\1" * (1 << 20))
            say(size)


def nameless(bound):
    """Yield descriptors of files without a name in a file system in memory, one after the other."""
    for size in range(STEP, bound + 1, STEP):
        file = os.open("/tmp", os.O_TMPFILE | os.O_RDWR, 0o600)
        os.write(file, b"\1" * (STEP << 20))
        yield file
        os.close(file)
        say(size)
        time.sleep(0.02)


def in_flight(bound):
    """Such files that nobody has open: they wait in a socket to be received."""
    ends = socket.socketpair()
    for file in nameless(bound):
        socket.send_fds(ends[0], [b"x"], [file])


def mapped(bound):
    """Such files of which nothing is left but a page in the memory of a process."""
    kept = []
    for file in nameless(bound):
        kept.append(mmap.mmap(file, 4096, flags=mmap.MAP_SHARED))
        for number in range(file + 1, 256):  # Python keeps a copy of the descriptor
            with contextlib.suppress(OSError):
                os.close(number)


def outlasting(bound):
    """Live on after the end, in a session of its own, ignoring what can be ignored."""
    if os.fork() == 0:
        os.setsid()
        for number in range(1, 65):
            with contextlib.suppress(OSError, ValueError):
                signal.signal(number, signal.SIG_IGN)
        if os.fork() == 0:
            with open("/proc/self/comm", "w") as file:
                file.write(f"outlast {bound}")
            for number in range(256):
                with contextlib.suppress(OSError):
                    os.close(number)
            time.sleep(bound)
        os._exit(0)
    time.sleep(0.2)
    say(1)


if __name__ == "__main__":
    globals()[sys.argv[1]](int(sys.argv[2]))
