"""Attacks on the machine: each tries what a sandbox must forbid, in as many ways as it knows.

A program of its own that needs the standard library alone: `python machine.py TARGETS` prints a
JSON list of what succeeded. As text it also goes into submissions, where `attempts` is called.
TARGETS is a JSON object; what it names was put there by the test, which looks at it afterwards:

    canary    a text that must not be found: in files, environments, command lines; backwards, so
              that it is not found where it was handed to the attack
    read      files that hold it; write: files, folders: places where nothing may be left
    libraries folders that need not be searched, as they are nobody's secret
    port, abstract, socket    where the test listens: TCP on the loopback, and two Unix sockets
    process   the id of a process of the test, which must live on
    attacks   names of functions below. Outside a sandbox, where all of them succeed, the test runs
              only those that do no harm: reads, writes, connects
"""

import contextlib
import ctypes
import glob
import json
import os
import resource
import signal
import socket
import stat
import struct
import sys
import tempfile

SYSTEM = ("/usr", "/proc", "/sys", "/dev", "/lib", "/lib64", "/etc")
MOST_READ = 1 << 20


def attempts(targets):
    """Return what succeeded, a sentence each."""
    found, targets = [], {**targets, "canary": targets["canary"][::-1]}
    for name in targets["attacks"]:
        try:
            found += globals()[name](targets)
        except OSError as error:  # the last try of an attack may end it
            print(f"{name}: {error}", file=sys.stderr)
    return found


def content(path):
    try:
        if not stat.S_ISREG(os.stat(path).st_mode) and not path.startswith("/proc/"):
            return b""
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return b""
    try:
        return os.read(file, MOST_READ)
    except OSError:
        return b""
    finally:
        os.close(file)


# Read


def reads(targets):
    """Look for the canary where the grader may have left it: by path, /proc, links, open files."""
    canary, paths = targets["canary"].encode(), list(targets["read"])
    for process in glob.glob(f"/proc/{targets['processes']}"):
        paths += [f"{process}/{name}" for name in ("environ", "cmdline", "mountinfo", "comm")]
        for path in targets["read"]:
            paths += [f"{process}/root{path}", f"{process}/cwd/{'../' * 12}{path}"]
        paths += glob.glob(f"{process}/fd/*")
    paths += ["/proc/keys", "/proc/1/task/1/environ", "/dev/core", "/dev/mem", "/dev/kmsg"]
    found = [f"read {path}" for path in paths if canary in content(path)]
    found += [f"variable {name}" for name in os.environ if targets["canary"] in os.environ[name]]
    return found + through_open_files(targets) + through_links(targets) + through_memory(targets)


def through_open_files(targets):
    """An open folder is a way out of any root."""
    found = []
    for number in range(3, 256):
        with contextlib.suppress(OSError):
            if not stat.S_ISDIR(os.fstat(number).st_mode):
                continue
            for path in targets["read"]:
                with contextlib.suppress(OSError):
                    outside = os.open("../" * 12 + path, os.O_RDONLY, dir_fd=number)
                    found.append(f"read {path} through the open folder {number}")
                    os.close(outside)
    return found


def through_links(targets):
    """Links, symbolic and hard, in every folder that can be written."""
    found = []
    for folder in (".", "/tmp", "/dev/shm", os.environ.get("HOME", "/"), *targets["folders"]):
        for number, path in enumerate(targets["read"]):
            for make in (os.symlink, os.link):
                with contextlib.suppress(OSError):
                    link = os.path.join(folder, f"link-{make.__name__}-{number}")
                    make(path, link)
                    if targets["canary"].encode() in content(link):
                        found.append(f"read {path} by a link in {folder}")
                    os.unlink(link)  # a test does without the sandbox, too
    return found


def through_memory(targets):
    """Read the memory of every other process that is to be seen."""
    found, canary = [], targets["canary"].encode()
    for maps in glob.glob(f"/proc/{targets['processes']}/maps"):
        process = maps.split("/")[2]
        if process == str(os.getpid()):
            continue
        for line in content(maps).decode(errors="replace").splitlines():
            if " rw" not in line:
                continue
            start, end = (int(number, 16) for number in line.split()[0].split("-"))
            with contextlib.suppress(OSError, ValueError, OverflowError):
                memory = os.open(f"/proc/{process}/mem", os.O_RDONLY)
                try:
                    if canary in os.pread(memory, min(end - start, 1 << 24), start):
                        found.append(f"read the memory of process {process}")
                finally:
                    os.close(memory)
    return found


def walks(targets):
    """Search the file system for the canary, solutions, and what belongs to the grader."""
    wanted = (targets["canary"].encode(), b"### BEGIN " + b"SOLUTION")
    names = ("gradebook.db", "result.json", "misconceptions.toml", "problems.py", "problems.npz")
    found, passed_over = [], (*SYSTEM, *targets["libraries"])
    for place, folders, files in os.walk("/"):
        folders[:] = [f for f in folders if os.path.join(place, f) not in passed_over]
        for name in files[:1000]:
            path = os.path.join(place, name)
            if name in names or any(text in content(path) for text in wanted):
                found.append(f"found {path}")
        if len(found) > 20:
            break
    return found


# Write


def writes(targets):
    """Append to files, and leave files in folders. The test looks whether anything arrived."""
    for path in targets["write"]:
        for way in (os.O_APPEND, os.O_TRUNC, os.O_CREAT | os.O_EXCL):
            with contextlib.suppress(OSError):
                file = os.open(path, os.O_WRONLY | way)
                os.write(file, b"attacked")
                os.close(file)
        for act in (os.remove, lambda p: os.chmod(p, 0o777), lambda p: os.rename(p, p + ".gone")):
            with contextlib.suppress(OSError):
                act(path)
    found = []
    for folder in (*targets["folders"], "/", "/usr", "/etc", sys.prefix, sys.base_prefix):
        with contextlib.suppress(OSError):
            path = os.path.join(folder, "attacked.py")
            with open(path, "w") as file:
                file.write("raise SystemExit")
            if folder not in targets["folders"]:  # those may be new and empty in a sandbox
                found.append(f"wrote {path}")
                os.remove(path)
    for path in ("/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/dev/kmsg"):
        with contextlib.suppress(OSError), open(path, "r+b", buffering=0):
            found.append(f"opened {path} to write")
    with contextlib.suppress(OSError), open("/proc/self/uid_map", "r+b", buffering=0) as file:
        file.write(b"0 0 1\n")
        found.append("took the place of root")
    return found


# Network


def connects(targets):
    """Reach the test by TCP, UDP and Unix sockets, and the world by any other way."""
    places = [
        (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", targets["port"])),
        (socket.AF_INET6, socket.SOCK_STREAM, ("::1", targets["port"])),
        (socket.AF_INET, socket.SOCK_STREAM, ("0.0.0.0", targets["port"])),
        (socket.AF_UNIX, socket.SOCK_STREAM, "\0" + targets["abstract"]),
        (socket.AF_UNIX, socket.SOCK_STREAM, targets["socket"]),
    ]
    for path in ("/var/run/docker.sock", "/tmp/.X11-unix/X0", "/run/dbus/system_bus_socket"):
        places.append((socket.AF_UNIX, socket.SOCK_STREAM, path))
    found = []
    for family, kind, address in places:
        with contextlib.suppress(OSError), socket.socket(family, kind) as client:
            client.settimeout(1)
            client.connect(address)
            client.sendall(b"attacked")
            found.append(f"connected to {address!r}")
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(b"attacked", ("192.0.2.1", 53))  # an address that nobody has
        found.append("sent a datagram to the world")
    for family, kind, protocol in ((socket.AF_PACKET, socket.SOCK_RAW, 0), (socket.AF_INET, 3, 1)):
        with contextlib.suppress(OSError), socket.socket(family, kind, protocol):
            found.append(f"opened a raw socket of family {family}")
    with open("/proc/net/dev") as file:
        found += [f"device {line.split(':')[0].strip()}" for line in file if ":" in line][1:]
    return found


# Rights

SYSTEM_CALLS = {  # x86-64: name: (number, arguments)
    "unshare of the user namespace": (272, (0x10000000,)),
    "clone into a new user namespace": (56, (0x10000000 | 17, 0, 0, 0, 0)),
    "a keyring": (250, (1, b"attacked")),  # KEYCTL_JOIN_SESSION_KEYRING
    "userfaultfd": (323, (0,)),
    "io_uring": (425, (4, b"\0" * 120)),
    "perf_event_open": (298, (struct.pack("II", 1, 112) + b"\0" * 104, 0, -1, -1, 0)),
    "bpf": (321, (0, struct.pack("IIII", 2, 4, 4, 1) + b"\0" * 64, 80)),
    "ptrace of process 1": (101, (0x4206, 1, 0, 0)),  # PTRACE_SEIZE
}


def gains_rights(targets):
    """Become root, mount, enter namespaces, make devices, raise limits."""
    libc = ctypes.CDLL(None, use_errno=True)
    tries = {
        "setuid": lambda: os.setuid(0),
        "setgid": lambda: os.setgid(0),
        "setgroups": lambda: os.setgroups([0, 27]),
        "chroot": lambda: os.chroot("/proc/1/root"),
        "a device": lambda: os.mknod("/tmp/device", 0o666 | stat.S_IFBLK, os.makedev(8, 0)),
        "nice": lambda: os.nice(-5),
        "real time": lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)),
        "more processes": lambda: resource.setrlimit(resource.RLIMIT_NPROC, (-1, -1)),
        "larger files": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1)),
        "a host name": lambda: socket.sethostname("attacked"),
    }
    found = []
    for name, act in tries.items():
        with contextlib.suppress(OSError, ValueError):
            act()
            found.append(f"rights: {name}")
    folder = tempfile.mkdtemp().encode()
    if libc.mount(b"none", folder, b"tmpfs", 0, None) == 0:
        found.append("rights: mount")
    if os.uname().machine == "x86_64":
        for name, (number, arguments) in SYSTEM_CALLS.items():
            result = libc.syscall(number, *arguments)
            if result == 0 and name.startswith("clone"):
                os._exit(0)  # the child
            if result >= 0:
                found.append(f"rights: {name}")
    with open("/proc/self/status") as file:
        status = {name: value.strip() for name, _, value in (x.partition(":") for x in file)}
    for name in ("CapEff", "CapPrm", "CapBnd", "CapAmb"):
        if int(status[name], 16):
            found.append(f"rights: {name} {status[name]}")
    if status["NoNewPrivs"] != "1" or status["Seccomp"] != "2":
        found.append("rights: new ones may be had, or no filter of system calls")
    return found


def harms_processes(targets):
    """Send signals to everybody else."""
    found = []
    with contextlib.suppress(OSError):
        os.kill(targets["process"], signal.SIGKILL)
        found.append("killed a process of the test")
    for process in {1, os.getppid()} - {0, os.getpid()}:
        with contextlib.suppress(OSError):
            os.kill(process, signal.SIGSTOP)  # that of a sandbox may be stopped: it costs itself
    return found


if __name__ == "__main__":
    print(json.dumps(attempts(json.loads(sys.argv[1]))))
