"""Try to get out of a sandbox. Runs inside one, for the self-test, and prints what it could do.

    python -I -S probe.py < facts

The facts are JSON: what the host has and what the limits are. The output is JSON too: a list with
one line for each thing that should have been impossible.
"""

import errno
import itertools
import json
import mmap
import os
import socket
import sys

NEW_USER = 0x10000000  # CLONE_NEWUSER
AF_VSOCK = 40


def main():
    facts = json.load(sys.stdin)
    tests = (visible, processes, environment, rights, writable, network, system_calls, limits)
    print(json.dumps([line for test in tests for line in test(facts)]))


def visible(facts):
    for path in facts["hidden"]:
        if os.path.lexists(path):
            yield f"{path} can be seen"


def processes(facts):
    pids = {int(name) for name in os.listdir("/proc") if name.isdecimal()}
    if not pids <= {1, os.getpid()}:
        yield f"other processes can be seen: {len(pids)}"


def environment(facts):
    if set(os.environ) - set(facts["environment"]):
        yield f"the environment has {sorted(set(os.environ) - set(facts['environment']))}"
    for pid in ("1", "self"):
        for name in ("environ", "cmdline"):
            try:
                with open(f"/proc/{pid}/{name}", "rb") as file:
                    if facts["secret"].encode() in file.read():
                        yield f"/proc/{pid}/{name} tells of the host"
            except PermissionError:
                pass
    links = (f"/proc/self/fd/{name}" for name in os.listdir("/proc/self/fd") if int(name) > 2)
    if any(map(os.path.lexists, links)):
        yield "there are open files"


def rights(facts):
    with open("/proc/self/status") as file:
        status = {name: value.strip() for name, _, value in (line.partition(":") for line in file)}
    if 0 in (os.getuid(), os.geteuid(), os.getgid(), os.getegid()):
        yield "it runs as root"
    if any(int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")):
        yield "it has capabilities"
    if status["NoNewPrivs"] != "1" or status["Seccomp"] != "2":
        yield "it may gain rights, or make every system call"


def writable(facts):
    for folder in facts["read_only"]:
        try:
            os.mkdir(os.path.join(folder, "sandbox-probe"))
            yield f"{folder} can be written to"
        except OSError:
            pass


def network(facts):
    addresses = [
        (socket.AF_INET, ("127.0.0.1", facts["port"])),
        (socket.AF_INET, ("192.0.2.1", 80)),  # reserved for documentation: nobody's
        (socket.AF_UNIX, "\0" + facts["secret"]),
        (AF_VSOCK, (2, 1)),  # the machine that hosts this one
    ]
    for family, address in addresses:
        try:
            with socket.socket(family, socket.SOCK_STREAM) as connection:
                connection.settimeout(0.1)
                connection.connect(address)
            yield f"{address} can be reached"
        except TimeoutError:
            yield f"packets can be sent to {address}"
        except OSError:
            pass
    with open("/proc/self/net/dev") as file:
        interfaces = [line.partition(":")[0].strip() for line in file if ":" in line]
    if interfaces != ["lo"]:
        yield f"there are network interfaces: {interfaces}"


def system_calls(facts):
    import ctypes  # not before open files are looked for: libffi may keep its own file open

    libc = ctypes.CDLL(None)
    if libc.unshare(NEW_USER) == 0:
        yield "user namespaces can be nested"
    if libc.shmget(0, 4096, 0o600) != -1:
        yield "System V shared memory can be had"
    for name, call in (
        ("memory files", lambda: os.memfd_create("probe")),
        ("shared anonymous memory", lambda: mmap.mmap(-1, 4096)),
    ):
        try:
            call()
            yield f"{name} can be had"
        except OSError:
            pass


def limits(facts):
    try:
        mmap.mmap(-1, facts["address_space"], flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        yield "the address space has no limit"
    except OSError:
        pass
    for folder in ("/student", "/home", "/tmp", "/dev/shm"):
        yield from disk_limits(folder, facts)
    yield from process_limit(facts)


def disk_limits(folder, facts):
    """Fill a file system: a file must end at its limit, the sum of all at the scratch's size."""
    files = []
    try:
        for number in itertools.count():
            # Without a name: where there is no sandbox, nothing of the host's is touched.
            files.append(os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o600))
            try:
                os.pwrite(files[-1], b"x", facts["file_size"])
                yield f"files in {folder} have no limit"
            except OSError as error:
                if error.errno != errno.EFBIG:
                    raise
            os.posix_fallocate(files[-1], 0, facts["file_size"])
            if number * facts["file_size"] > facts["scratch"]:
                yield f"{folder} has no limit"
                return
    except OSError:
        return  # full, as it should be


def process_limit(facts):
    read_end, write_end = os.pipe()
    for _ in range(2 * facts["processes"]):
        try:
            if os.fork() == 0:
                os.close(write_end)
                os.read(read_end, 1)  # until our parent has ended
                os._exit(0)
        except OSError:
            return
    yield f"twice the {facts['processes']} processes that are allowed can be started"


if __name__ == "__main__":
    main()
