"""Attacks on the verdict by what a function does, and by how its process ends.

Objects that lie are in test_grader_verdict.py. The text of those in AT_CALL takes the
place of both solutions in softmax.py; ENDS and WITHOUT_END are called when that file is imported.
Each is whole: it imports what it needs.
"""


def returns_gigabytes(W, X, y, reg):
    """Return, and keep, more than anybody wants."""
    import numpy as np

    kept = [np.ones(1 << 26) for _ in range(8)]  # 4 GB
    return 1.0, kept[0]


def floods_the_pipe(W, X, y, reg):
    """Send one right-looking frame of a megabyte after the other, each for another problem."""
    import contextlib
    import io
    import json
    import os
    import struct

    import numpy as np

    large = np.arange(1 << 17, dtype=float)
    for index in range(100, 3000):
        buffer = io.BytesIO()
        text = json.dumps({"event": "value", "index": index, "changed": []}).encode()
        np.savez(buffer, meta=np.frombuffer(text, dtype=np.uint8), dW=large)
        frame = struct.pack(">Q", buffer.tell()) + buffer.getvalue()
        for number in range(3, 32):
            with contextlib.suppress(OSError):
                os.write(number, frame)
    return 1.0, 0 * W


def tells_the_problem(W, X, y, reg):
    """Put the data of an unseen problem into whatever may be shown to students."""
    text = "SECRET " + " ".join(f"{number:.17g}" for number in W.ravel()[:8])
    print(text)
    error = type(f"SECRET_{W.ravel()[0]:.17g}".replace(".", "_"), (RuntimeError,), {})
    if len(X) % 2:
        raise SyntaxError(text, (text, 1, 1, text))
    raise error(text)


def changes_its_mind(W, X, y, reg):
    """Return arrays that a thread goes on changing, and change what was given afterwards."""
    import threading
    import time

    import numpy as np

    dW, loss = np.zeros(W.shape), np.array(1.0)

    def later():
        for _ in range(1000):
            time.sleep(0.001)
            for array in (dW, loss, W, X):
                array += 1
            y[:] = 0

    threading.Thread(target=later, daemon=True).start()
    return loss, dW


def crashes(W, X, y, reg):
    """End the interpreter, from the third call on by a wrong address."""
    import ctypes

    crashes.calls = getattr(crashes, "calls", 0) + 1
    if crashes.calls > 2:
        ctypes.memset(8, 0, 1 << 20)
    return 1.0, 0 * W


def recurses(W, X, y, reg):
    """Use up the interpreter's own stack."""
    import sys

    sys.setrecursionlimit(1 << 30)
    return max([W], key=lambda W: recurses(W, X, y, reg))


def leaves_quietly():
    """End well before anything could go wrong."""
    import os

    os._exit(0)


def kills_everybody():
    """Kill the parent, everybody, oneself."""
    import contextlib
    import os
    import signal

    for process in (os.getppid(), 1, -1, 0):
        if process > 1 or os.getpid() < 1000:  # elsewhere than in a sandbox, that costs too much
            with contextlib.suppress(OSError):
                os.kill(process, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def stops_itself():
    """Neither go on nor end."""
    import os
    import signal

    os.kill(os.getpid(), signal.SIGSTOP)


def prints_lines():
    """Print ten million lines."""
    import os

    for _ in range(1000):
        for number in (1, 2):
            os.write(number, b"passed\n" * 5_000)


def never_ends():
    """Compute for ever, whatever signal or exception comes."""
    import contextlib
    import signal

    for number in range(1, 65):
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_IGN)
    while True:
        with contextlib.suppress(BaseException):
            while True:
                pass


AT_CALL = (
    returns_gigabytes,
    floods_the_pipe,
    tells_the_problem,
    changes_its_mind,
    crashes,
    recurses,
)
ENDS = (leaves_quietly, kills_everybody, prints_lines)
WITHOUT_END = (stops_itself, never_ends)  # they cost their time limit
