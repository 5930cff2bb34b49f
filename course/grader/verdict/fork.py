"""Call the exercises of a submission, one after another: a script of its own, run in a sandbox.

    python -I -B fork.py CHILD FOLDER...     FOLDER: all that can be written to

Starting Python and NumPy takes longer than most exercises do. So this process imports them, and
nothing of a student's; for each exercise it forks a child, which runs course/checks/child.py. The
host sends the child's standard streams by the socket that is our stdin, so that no child has those
of another, and no problems come before the children of earlier exercises have ended. After each we
tell whether it left anything, a process or a file: the host then takes another sandbox. A child can
end us, and so itself, as we are one user, but not look into us.
"""

import ctypes
import gc
import importlib.util
import os
import socket
import sys

import numpy.random
import tqdm  # noqa: F401 (as NumPy's random numbers, many exercises import it, slowly)

PR_SET_DUMPABLE = 4
READY, CLEAN, LEFT = b"r", b"c", b"l"


def main(path, folders):
    spec = importlib.util.spec_from_file_location("child", path)
    child = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(child)
    control = socket.socket(fileno=os.dup(0))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    # Of us and of our children, nobody may read the memory or the descriptors.
    if ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0) != 0:
        sys.exit("others could read its memory")
    gc.freeze()
    before = state(folders)
    control.send(READY)
    while streams := socket.recv_fds(control, 1, 3)[1]:
        if not (pid := os.fork()):
            control.close()
            for number, stream in enumerate(streams):
                os.dup2(stream, number)
                os.close(stream)
            numpy.random.seed()  # noqa: NPY002 (or all children would draw the same numbers)
            child.main()
        for stream in streams:
            os.close(stream)
        os.waitpid(pid, 0)
        control.send(CLEAN if state(folders) == before else LEFT)


def state(folders):
    """Return the processes that there are, and how much room is left in the file systems."""
    uses = map(os.statvfs, folders)
    processes = sorted(name for name in os.listdir("/proc") if name.isdecimal())
    return processes, [(use.f_bfree, use.f_ffree) for use in uses]


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
