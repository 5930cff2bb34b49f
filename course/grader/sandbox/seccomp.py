"""The system calls that a sandbox refuses, as a BPF program that bubblewrap loads.

Namespaces and limits do most of the work. This closes what is left open: a nested user namespace
would bring back mounts without a limit of size, and some kinds of memory are no process's.
"""

import errno
import functools
import os
import tempfile

NEW_USER = 0x10000000  # CLONE_NEWUSER, a bit of clone's first argument
SHARED_ANONYMOUS = 0x21  # MAP_SHARED | MAP_ANONYMOUS, bits of mmap's fourth argument
PR_SET_PDEATHSIG = 1
AF_INET, AF_NETLINK, IPPROTO_UDP = 2, 16, 17
SOL_SOCKET, SO_SNDBUF, SO_RCVBUF = 1, 7, 8
LOCKS = (5, 6, 7, 36, 37, 38)  # fcntl's F_GETLK, F_SETLK, F_SETLKW, and those of F_OFD_...
F_SETLEASE, F_NOTIFY = 1024, 1026

FORBIDDEN = (
    # Namespaces and mounts, which would bring back what the sandbox has taken away.
    "unshare",
    "setns",
    "mount",
    "umount2",
    "pivot_root",
    "chroot",
    "fsopen",
    "fsconfig",
    "fsmount",
    "fspick",
    "open_tree",
    "move_mount",
    "mount_setattr",
    # Other processes, keys of the host's user, and ways around a filter of system calls.
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "kcmp",
    "add_key",
    "keyctl",
    "request_key",
    "bpf",
    "userfaultfd",
    "perf_event_open",
    "io_uring_setup",
    "io_uring_enter",
    "io_uring_register",
    # Memory that belongs to no process, so that no watcher sees it.
    "memfd_create",
    "memfd_secret",
    "shmget",
    "msgget",
    "semget",
    "mq_open",
    "vmsplice",
    # Word of what others do with the host's files, by which two sandboxes could talk. So could
    # they by locks, which are refused below.
    "inotify_init",
    "inotify_init1",
    "fanotify_init",
    "sysinfo",  # the host's load
)


@functools.cache
def program():
    """Return the compiled filter as bytes. ImportError, OSError where libseccomp is missing."""
    import pyseccomp  # loads libseccomp.so.2, which only Linux has

    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    refuse, equal = pyseccomp.ERRNO(errno.EPERM), pyseccomp.MASKED_EQ

    def is_int(argument, value):  # the kernel takes 32 of the 64 bits
        return pyseccomp.Arg(argument, equal, 0xFFFFFFFF, value)

    for name in FORBIDDEN:
        rules.add_rule(refuse, name)
    # clone3 hides its flags in memory; where it is missing, the C library takes clone.
    rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
    rules.add_rule(refuse, "clone", pyseccomp.Arg(0, equal, NEW_USER, NEW_USER))
    rules.add_rule(refuse, "mmap", pyseccomp.Arg(3, equal, SHARED_ANONYMOUS, SHARED_ANONYMOUS))
    # Bubblewrap's first process has asked to be killed with its parent; nobody may take that back.
    rules.add_rule(refuse, "prctl", is_int(0, PR_SET_PDEATHSIG))
    no_locks = pyseccomp.ERRNO(errno.ENOLCK)
    rules.add_rule(no_locks, "flock")
    for command in (*LOCKS, F_SETLEASE, F_NOTIFY):
        rules.add_rule(no_locks, "fcntl", is_int(1, command))
    # A network namespace has no way out, but AF_VSOCK, to the machine that hosts this one, is in
    # none. Jupyter's kernel opens a TCP port and lists the interfaces; nothing else is needed.
    no_family = pyseccomp.ERRNO(errno.EAFNOSUPPORT)
    for family in range(AF_INET + 1, AF_NETLINK):
        rules.add_rule(no_family, "socket", is_int(0, family))
    rules.add_rule(no_family, "socket", pyseccomp.Arg(0, pyseccomp.GT, AF_NETLINK))
    other_protocol = pyseccomp.Arg(2, pyseccomp.GT, IPPROTO_UDP)
    rules.add_rule(no_family, "socket", is_int(0, AF_INET), other_protocol)
    # What waits in a socket is the kernel's memory: leave buffers at their usual size.
    for option in (SO_SNDBUF, SO_RCVBUF):
        rules.add_rule(refuse, "setsockopt", is_int(1, SOL_SOCKET), is_int(2, option))
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        return os.pread(file.fileno(), 1 << 20, 0)
