"""The instructors' commands: grade a folder of submissions, or try it on examples.

docs/teaching.md explains them. Also: `make grade SUBMISSIONS=FOLDER`, `make grade-demo`.
"""

import errno
import os
import signal
import sys
import threading

# Until a command begins, Ctrl-C ends this as it ends any program, and not with a traceback.
if __name__ == "__main__" and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from course import ROOT, definition
from course.grader import CannotGrade
from course.grader.options import INTERRUPTED, NOT_STARTED, check, parse


def main(argv=None, root=ROOT):
    """Run a command on the course that lies in `root`; return the exit status."""
    options = parse(argv)
    try:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # what batch systems send
        if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        course = definition.load(root)
        check(course, options)
        from course.grader import commands  # takes a second, which a wrong option need not wait for

        return getattr(commands, options.run)(course, options)
    except (OSError, ValueError, CannotGrade) as error:
        print(f"error: {error}", file=sys.stderr)
        if getattr(error, "errno", 0) in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES):
            print("  name another folder with --out, or make room there", file=sys.stderr)
        return NOT_STARTED
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on from there", file=sys.stderr)
        return INTERRUPTED


def once_more(unraisable):
    """Send Ctrl-C again if a destructor, or a callback of the garbage collector, swallowed it."""
    if issubclass(unraisable.exc_type, KeyboardInterrupt):
        threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()  # outside of that
    else:
        sys.__unraisablehook__(unraisable)


if __name__ == "__main__":
    sys.unraisablehook = once_more
    status = main()
    # What is left of a cluster, a thread or a handler of a library, must not keep it from ending.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
