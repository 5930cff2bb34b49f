"""Attacks on the verdict by what a function does and returns, and by how its process ends.

The text of those in AT_CALL takes the place of both solutions in softmax.py; ENDS and WITHOUT_END
are called when that file is imported. Each is whole: it imports what it needs.
"""


def lies(W, X, y, reg):
    """Return another untruthful object at each call."""
    import numpy as np

    class Equal(np.ndarray):
        def equal(self, *given, **options):
            return np.ones(self.shape, dtype=bool)

        __eq__ = __le__ = __lt__ = __ge__ = __array_ufunc__ = __array_function__ = equal

    class Number(float):
        def same(self, *given):
            return True

        __eq__ = __le__ = __lt__ = __gt__ = __ge__ = same
        __sub__ = __rsub__ = __abs__ = lambda self, *given: Number(0)
        __hash__ = None

    class Turning:
        """Is another array each time it is looked at."""

        turn, shape, ndim = 0, W.shape, 2

        def __array__(self, dtype=None, copy=None):
            Turning.turn += 1
            return np.full(W.shape, float(Turning.turn))

    class Pickled:
        def __reduce__(self):
            return eval, ("__import__('os').system('echo attacked')",)

    class Pair(tuple):
        def __len__(self):
            return 2

        def __iter__(self):
            return iter((0.0, 0 * W))

    objects = np.empty(W.shape, dtype=object)
    objects[...] = Pickled()
    record = np.zeros(W.shape, dtype=[("a", "f8"), ("b", "O")])
    huge = np.broadcast_to(np.float64(0), (1 << 40,))
    named = type("A" * 3_000_000, (RuntimeError,), {})
    objects_to_return = [
        (Number(0), np.zeros(W.shape).view(Equal)),
        (1.0, objects),
        (np.nan, np.full(W.shape, np.nan)),
        (-0.0, -0.0 * W),
        (1.0, huge),
        (huge, huge),
        (1.0, Turning()),
        (number for number in (1.0, 0 * W)),
        Pickled(),
        Pair(),
        (1.0, np.ma.masked_all(W.shape)),
        (1.0, np.matrix(0 * W)),
        (1 + 0j, 0j * W),
        ("1.0", np.full(W.shape, "0.0")),
        (np.datetime64("2020-01-01"), np.zeros(W.shape, "M8[s]")),
        (True, np.ones(W.shape, dtype=bool)),
        (np.float16(1), W.astype(np.float16)),
        (np.array([[1.0]]), W.astype(np.longdouble)),
        (1.0, record),
        (1.0, np.zeros((0, 10**12))),
        (10**400, 0 * W),
        (1.0, np.zeros(W.shape, dtype="V0")),
        (1.0, memoryview(W)),
        (np.inf, np.full(W.shape, -np.inf)),
        None,
    ]
    turn = lies.turn = getattr(lies, "turn", -1) + 1
    if turn >= len(objects_to_return):
        raise named("B" * 3_000_000)
    return objects_to_return[turn]


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
    lies,
    returns_gigabytes,
    floods_the_pipe,
    tells_the_problem,
    changes_its_mind,
    crashes,
    recurses,
)
ENDS = (leaves_quietly, kills_everybody, prints_lines)
WITHOUT_END = (stops_itself, never_ends)  # they cost their time limit
