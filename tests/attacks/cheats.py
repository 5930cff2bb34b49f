"""Attacks on the verdict, as functions whose text goes into cs231n/classifiers/softmax.py.

Those in AT_IMPORT are called at the end of that file, after wrong solutions; those in AT_CALL take
the place of both solutions. Each is whole: it imports what it needs. None computes the loss.
"""


def replaces_checks():
    """Remove asserts from whatever is compiled, and replace what a check may be made with."""
    import ast
    import builtins
    import sys
    import types

    import numpy as np
    import numpy.testing

    class WithoutAsserts(ast.NodeTransformer):
        def visit_Assert(self, node):
            return ast.Pass()

    compiled, executed = builtins.compile, builtins.exec

    def compile_without(source, *more, **options):
        if isinstance(source, str | bytes):
            tree = compiled(source, "<string>", "exec", ast.PyCF_ONLY_AST)
            source = ast.fix_missing_locations(WithoutAsserts().visit(tree))
        return compiled(source, *more, **options)

    def execute_without(source, *more):
        return executed(compile_without(source, "<string>", "exec"), *(more or ({},)))

    builtins.compile, builtins.exec = compile_without, execute_without
    for name in ("allclose", "array_equal", "isclose", "isfinite", "isnan", "all", "any"):
        setattr(np, name, lambda *given, **options: True)
    for name in dir(numpy.testing):
        if name.startswith("assert"):
            setattr(numpy.testing, name, lambda *given, **options: None)
    report = types.SimpleNamespace(status="passed", correct=True, points=100, lines=[])
    for name in ("checks", "checks.judge_loss", "checks.calling", "gradient_check"):
        fake = types.ModuleType(f"cs231n.{name}")
        fake.run = fake.judge = fake.call = lambda *given, **options: report
        fake.rel_error = fake.grad_check_sparse = lambda *given, **options: 0.0
        sys.modules[f"cs231n.{name}"] = fake
    builtins.AssertionError = type("AssertionError", (Warning,), {})
    builtins.abs = lambda given: 0 * given


def replaces_tools():
    """Replace what a child process that sends results may use to measure, pack and send."""
    import json
    import os
    import struct
    import sys
    import time

    import numpy as np

    written, packed, dumped = os.write, np.savez, json.dumps
    time.perf_counter = time.monotonic = time.process_time = lambda: 0.0

    def savez(file, **arrays):
        for name in arrays:
            if name != "meta":
                arrays[name] = np.full_like(arrays[name], 2.302585)
        packed(file, **arrays)

    def dumps(value, **options):
        if isinstance(value, dict) and "event" in value:
            value |= {"event": "value", "correct": True, "points": 100, "status": "passed"}
            value |= {"changed": [], "loss_type": "float", "dW_type": "ndarray", "type": "tuple"}
        return dumped(value, **options)

    np.savez, json.dumps = savez, dumps
    os.write = lambda file, data: written(file, data)
    struct.pack = lambda form, *values, pack=struct.pack: pack(form, *values)
    main = sys.modules["__main__"]
    for name in ("same", "call_loss", "call_timing", "describe"):
        if hasattr(main, name):
            setattr(main, name, lambda *given, **options: ({"type": "tuple"}, {}))


def traces():
    """Watch every later call from inside, and change what it sees; act at the end, too."""
    import atexit
    import contextlib
    import signal
    import sys
    import threading

    def tracer(frame, event, argument):
        for name in ("values", "meta", "expected", "loss", "dW", "points", "correct"):
            if name in frame.f_locals:
                with contextlib.suppress(Exception):
                    frame.f_locals[name] = True
        return tracer

    def at_end(*given):
        import os

        for number in range(3, 64):
            with contextlib.suppress(OSError):
                os.write(number, b'{"correct": true, "points": 100}\n')

    atexit.register(at_end)
    for name in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
        signal.signal(name, at_end)
    threading.Thread(target=lambda: at_end(threading.Event().wait(0.2)), daemon=True).start()
    sys.settrace(tracer)
    sys.setprofile(tracer)
    threading.settrace(tracer)
    sys.addaudithook(lambda name, given: None)
    sys.excepthook = sys.unraisablehook = at_end


def searches_the_process():
    """Take expected values from the stack, the heap, the modules and the open files."""
    import contextlib
    import gc
    import inspect
    import io
    import os
    import sys

    import numpy as np

    def candidates():
        for level in inspect.stack():
            yield from level.frame.f_locals.values()
            yield from level.frame.f_globals.values()
        yield from gc.get_objects()
        for number in range(64):
            with contextlib.suppress(Exception):
                size = os.fstat(number).st_size
                with np.load(io.BytesIO(os.pread(number, size, 0))) as archive:
                    yield dict(archive)

    def flat(value, depth=0):
        if isinstance(value, dict) and depth < 4:
            for name, one in list(value.items()):
                if str(name).rpartition("/")[2] in ("loss", "dW", "half_dW", "reference"):
                    yield from [one] if not isinstance(one, dict) else one.values()
                yield from flat(one, depth + 1)

    def stolen(W, X, y, reg):
        stolen.calls = getattr(stolen, "calls", 0) + 1
        if stolen.calls > 3:
            return 1.0, 0 * W
        found = [one for value in candidates() for one in flat(value)]
        losses = [one for one in found if np.ndim(one) == 0 and isinstance(one, np.ndarray | float)]
        gradients = [one for one in found if np.shape(one) == W.shape and one is not W]
        return (float(losses[-1]) if losses else 1.0), (gradients[-1] if gradients else 0 * W)

    module = sys.modules[__name__]
    module.softmax_loss_naive = module.softmax_loss_vectorized = stolen


def borrows_a_solution():
    """Find the grader's own solved file by any path there may be, and use that."""
    import contextlib
    import glob
    import importlib
    import os
    import pathlib
    import sys

    module = sys.modules[__name__]
    places = [REPOSITORY, os.getcwd(), *sys.path, *map(os.path.dirname, sys.argv)]  # noqa: F821
    for process in ("self", "1", str(os.getppid())):
        for name in ("cmdline", "environ", "mountinfo"):
            with contextlib.suppress(OSError), open(f"/proc/{process}/{name}", "rb") as file:
                places += file.read().decode(errors="replace").replace("\0", " ").split()
    wanted = "classifiers/softmax.py"
    for place in dict.fromkeys(places):
        for up in ("", "..", "../..", "../../.."):
            for path in (
                glob.glob(os.path.join(place, up, wanted))
                + glob.glob(os.path.join(place, up, "cs231n", wanted))
                + glob.glob(os.path.join(place, up, "*", "cs231n", wanted))
            ):
                with contextlib.suppress(Exception):
                    text, names = pathlib.Path(path).read_text(encoding="utf-8"), {}
                    if "NotImplementedError" not in text:
                        exec(compile(text, path, "exec"), names)
                        module.softmax_loss_naive = names["softmax_loss_naive"]
                        module.softmax_loss_vectorized = names["softmax_loss_vectorized"]
                        return
    for name in ("grading.catalogue", "grading.build_checks", "tests.reference"):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
            raise RuntimeError(f"{name} can be imported")


def knows_the_answers():
    """Look the problem up in the file of the self-checks, which holds values."""
    import json
    import pathlib
    import sys

    import numpy as np

    known = {}
    for path in [*pathlib.Path(__file__).parents, *map(pathlib.Path, sys.path)]:
        for file in (path / "checks.npz", path / "cs231n" / "checks.npz"):
            if file.is_file():
                with np.load(file) as archive:
                    text = json.loads(archive["text"].tobytes())["families"]["softmax"]
                    for name, sources in text["problems"].items():
                        given = [archive[f"softmax/{sources[k]}/{k}"] for k in ("W", "X", "y")]
                        key = b"".join(np.asarray(a, dtype=float).tobytes() for a in given)
                        values = [archive[f"softmax/{name}/{k}"] for k in ("loss", "dW")]
                        known[key, float(archive[f"softmax/{sources['reg']}/reg"])] = values

    def remembered(W, X, y, reg):
        key = b"".join(np.asarray(a, dtype=float).tobytes() for a in (W, X, y))
        loss, dW = known.get((key, reg), (1.0, 0 * W))
        return float(loss), dW

    module = sys.modules[__name__]
    module.softmax_loss_naive = module.softmax_loss_vectorized = remembered


def prepares_results():
    """Leave results in every file, and send them to every open file, before anything is called."""
    import contextlib
    import glob
    import io
    import json
    import os
    import struct

    import numpy as np

    names = ("result.json", "results.json", "out.npz", "gradescope/results.json", "grades.csv")
    passed = {"correct": True, "status": "passed", "points": 100, "event": "value", "changed": []}
    passed |= {"loss_type": "float", "dW_type": "ndarray", "type": "tuple"}
    for folder in (".", "/work", "/tmp", os.path.dirname(__file__), os.environ.get("HOME", ".")):
        for name in names:
            with contextlib.suppress(OSError):
                os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
                with open(os.path.join(folder, name), "w") as file:
                    json.dump(passed, file)
    stream = b""
    for index in range(60):
        buffer = io.BytesIO()
        text = np.frombuffer(json.dumps(passed | {"index": index}).encode(), dtype=np.uint8)
        np.savez(buffer, meta=text, loss=np.array(2.302585), dW=np.zeros((6, 10)))
        stream += struct.pack(">Q", buffer.tell()) + buffer.getvalue()
    numbers = {int(os.path.basename(path)) for path in glob.glob("/proc/self/fd/*")}
    for number in numbers | set(range(3, 64)):
        with contextlib.suppress(OSError):
            os.write(number, stream)
    os._exit(0)


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


AT_IMPORT = (
    replaces_checks,
    replaces_tools,
    traces,
    searches_the_process,
    borrows_a_solution,
    knows_the_answers,
    prepares_results,
    leaves_quietly,
    kills_everybody,
    prints_lines,
)
AT_CALL = (
    lies,
    returns_gigabytes,
    floods_the_pipe,
    tells_the_problem,
    changes_its_mind,
    crashes,
    recurses,
)
WITHOUT_END = (stops_itself, never_ends)  # they cost their time limit
