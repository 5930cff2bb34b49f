"""Attacks on the verdict when an exercise file is imported: functions whose text goes into it.

They are called at the end of cs231n/classifiers/softmax.py, after wrong solutions. Each is whole:
it imports what it needs. None computes the loss. answers.py attacks when it is called.
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
    names = ("course.checks", "course.checks.calling", "course.checks.report")
    for name in (*names, "exercises.loss.judge", "cs231n.gradient_check"):
        fake = types.ModuleType(name)
        fake.run = fake.judge = fake.call = lambda *given, **options: report
        fake.rel_error = fake.grad_check_sparse = lambda *given, **options: 0.0
        sys.modules[name] = fake
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
    frame = sys._getframe()
    while frame := frame.f_back:  # what is called, the table of calls, and whatever else there is
        for name in {"describe", "numbers"} & frame.f_globals.keys():
            frame.f_globals[name] = lambda *given, **options: {}
        for table in frame.f_locals.values():
            for name in table if isinstance(table, dict) else ():
                if name == "loss":
                    table[name] = lambda *given: ({"type": "tuple", "changed": []}, {"loss": 0.0})


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
    for name in ("course.checks.catalogue", "course.checks.build", "tests.reference"):
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
        for file in (path / "checks.npz", path / "exercises" / "checks.npz"):
            if file.is_file():
                with np.load(file) as archive:
                    text = json.loads(archive["text"].tobytes())["sets"]["softmax"]
                    for name, sources in text["problems"].items():
                        if "W" not in sources:  # it is for the functions of scores
                            continue
                        given = [archive[f"softmax/{sources[k]}/{k}"] for k in ("W", "X", "y")]
                        given = b"".join(np.asarray(a, dtype=float).tobytes() for a in given)
                        values = [
                            archive[f"softmax/expected {name}/{key}"] for key in ("loss", "dW")
                        ]
                        known[given, float(archive[f"softmax/{sources['reg']}/reg"])] = values

    def remembered(W, X, y, reg):
        size = len(W)
        if size > 100:  # of many features: 10 rows and 6 columns, again and again
            W, X, y = W[:6], X[:10, :6], y[:10]
        key = b"".join(np.asarray(a, dtype=float).tobytes() for a in (W, X, y))
        loss, dW = known.get((key, reg), (1.0, 0 * W))
        return float(loss), np.tile(dW, (size // len(W), 1))

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
    for folder in (".", "/student", "/tmp", os.path.dirname(__file__), os.environ.get("HOME", ".")):
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


AT_IMPORT = (
    replaces_checks,
    replaces_tools,
    traces,
    searches_the_process,
    borrows_a_solution,
    knows_the_answers,
    prepares_results,
)
