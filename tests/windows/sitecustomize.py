"""Takes from the code below $COURSE_ROOT what CPython lacks on Windows. Python runs this first.

Libraries keep it: they ask for the system by its name, which is still this one's.
"""

import builtins
import os
import select
import signal
import subprocess
import sys
import types
import warnings

ROOT = os.path.join(os.environ["COURSE_ROOT"], "")
MODULES = {
    "fcntl",
    "grp",
    "posix",
    "pty",
    "pwd",
    "readline",
    "resource",
    "syslog",
    "termios",
    "tty",
}
LACKS = {
    os: "fork forkpty getuid geteuid getgid getpgid getsid killpg mkfifo nice posix_spawn setsid"
    " setpgid statvfs wait wait3 wait4 waitid chown lchown initgroups chroot sched_getaffinity",
    signal: "SIGALRM SIGKILL SIGHUP SIGQUIT SIGUSR1 SIGUSR2 SIGCHLD SIGPIPE SIGSTOP SIGCONT alarm"
    " setitimer pause sigwait pthread_kill pthread_sigmask",
    select: "poll epoll select",  # select takes sockets alone there
}


def is_ours(frame):
    file = os.path.abspath(frame.f_code.co_filename)
    return file.startswith(ROOT) and not file.startswith(os.path.join(ROOT, ".venv", ""))


def without(module, names):
    """Take names of a module from our code."""

    class Lacking(types.ModuleType):
        def __getattribute__(self, name):
            if name in names and is_ours(sys._getframe(1)):
                raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
            return super().__getattribute__(name)

    module.__class__ = Lacking


def refuse(what):
    raise OSError(f"{what} is not to be had on Windows")


for module, names in LACKS.items():
    without(module, set(names.split()))

import_, open_, start = builtins.__import__, builtins.open, subprocess.Popen.__init__


def import_ours(name, *others, **options):
    if name in MODULES | {"selectors"} and is_ours(sys._getframe(1)):
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    return import_(name, *others, **options)


def open_ours(file, *others, **options):
    if str(file).startswith(("/dev/null", "/proc/")) and is_ours(sys._getframe(1)):
        refuse(file)
    mode = others[0] if others else options.get("mode", "r")
    if "b" not in mode and "encoding" not in options and is_ours(sys._getframe(1)):
        raise EncodingWarning(f"{file} is opened without an encoding")
    return open_(file, *others, **options)


def start_ours(self, *others, **options):
    for name in ("pass_fds", "preexec_fn"):
        if options.get(name) and any(map(is_ours, (sys._getframe(1), sys._getframe(2)))):
            refuse(name)
    start(self, *others, **options)


builtins.__import__, builtins.open, subprocess.Popen.__init__ = import_ours, open_ours, start_ours


def relpath_ours(path, *others):
    if is_ours(sys._getframe(1)) and not os.path.abspath(path).startswith(ROOT):
        raise ValueError(f"{path} is on another drive")
    return relpath_(path, *others)


relpath_, os.path.relpath = os.path.relpath, relpath_ours
os.devnull = "/dev/./null"  # the same under a name that nobody would write
os.symlink = lambda *_, **__: refuse("a link")
os.link = lambda *_, **__: refuse("a link")
ours = r"(course|cs231n|exercises|scenes|download|unpack|get_cifar10|__main__)(\.|\Z)"
warnings.filterwarnings("ignore", category=EncodingWarning)  # in libraries
warnings.filterwarnings("error", category=EncodingWarning, module=ours)
