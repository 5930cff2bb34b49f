"""Is a function vectorized? Its syntax tree says where it loops; the growth of its time, whether.

Only the text is read here, nothing is run. A loop counts where it may run over examples or
classes: in the function, or in a function of the same file that it calls. A loop over literal
values, or over a few blocks of rows (range with a step), is no loop of that kind.
"""

import ast
import warnings
from collections import deque

import numpy as np

from course.checks.frames import printable
from course.checks.names import Misconception
from course.checks.report import Line

NOT_VECTORIZED = Misconception("loops")
HIDDEN_LOOPS = {"vectorize", "apply_along_axis", "apply_over_axes", "map", "frompyfunc", "fromiter"}
LOOPS = (ast.For, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
# How fast the time may grow: in times the growth of X @ W, and of a loop that only takes each row
# of X. Right solutions without loops stayed below 23 products, most naive ones were above 200.
PRODUCTS, LOOPS_WITHOUT_WORK = 100, 30
MOST_SOURCE = 200_000  # characters; whoever writes more than that has something else in mind
MOST_SHOWN = 100  # characters of the line that loops


def add_vectorization(report, data, source, name, sizes, outcome, others=()):
    """Add the line that tells whether a function is vectorized, apart from correctness.

    outcome is that of the timing problem, with that many rows; None where it was not tried.
    """
    loop, detail = find_loop(source, name, others), ""
    if loop:
        detail = f"line {loop[0]} loops: {loop[1]}"
    elif outcome is None or outcome.status != "value":
        return
    elif not grows_slowly(sizes, outcome.values["seconds"]):
        detail = "its time grows with N as that of a loop"
    report.vectorized = not detail
    report.lines.append(Line("vectorized", not detail, detail))
    if detail:
        report.name({NOT_VECTORIZED}, data)


def find_loop(source, name, others=()):
    """Return (line, what) of the first loop that function `name` uses, or None.

    others are the texts of modules that the file may import from.
    """
    bodies = {}  # {name: (node, lines of its text)}
    for text in (source, *others):
        for defined, node in definitions(text).items():
            bodies.setdefault(defined, (node, text.split("\n")))
    waiting, seen = deque([name]), {name}
    while waiting:
        body, lines = bodies.get(waiting.popleft(), (None, ()))
        for node in ast.walk(body) if body else ():
            if is_loop(node):
                line = getattr(node, "lineno", body.lineno)
                return line, printable(lines[line - 1].strip()[:MOST_SHOWN])
            used = getattr(node, "id", getattr(node, "attr", "") if others else "")
            if used in bodies and used not in seen and isinstance(node.ctx, ast.Load):
                seen.add(used)
                waiting.append(used)
    return None


def definitions(source):
    """Return {name: node} of the functions of a text, and of the values that names have."""
    if len(source) > MOST_SOURCE:
        return {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd escapes, which are no matter of ours
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    assigned = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    functions = {
        node.name: node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    return assigned | functions


def is_loop(node):
    if isinstance(node, ast.For):
        return not harmless(node.iter)
    if isinstance(node, LOOPS):
        return not (
            hasattr(node, "generators") and all(harmless(part.iter) for part in node.generators)
        )
    if isinstance(node, ast.Call):
        function = node.func
        return getattr(function, "attr", getattr(function, "id", "")) in HIDDEN_LOOPS
    return False


def harmless(iterable):
    """Say whether a loop over this expression cannot run over all examples or classes."""
    if isinstance(iterable, ast.Tuple | ast.List | ast.Constant):
        return True
    if isinstance(iterable, ast.Call) and getattr(iterable.func, "id", "") == "range":
        constant = all(isinstance(a, ast.Constant) for a in iterable.args)
        return constant or len(iterable.args) == 3
    return False


def grows_slowly(sizes, seconds):
    """Judge the growth of the time with N: seconds (3, sizes) as child.call_timing takes them."""
    return not slowness(sizes, seconds) > 1


def slowness(sizes, seconds):
    """Return the growth of the time with N in units of the most that counts as vectorized.

    The least growth of the function is held against the greatest of the others: a disturbed
    measurement may hide a loop, but never invent one. NaN means that nothing was measured.
    """
    seconds = np.asarray(seconds)
    if seconds.shape != (3, len(sizes)) or not np.isfinite(seconds).all():
        return np.nan
    function, product, loop = np.diff(seconds) / np.diff(sizes)
    limit = max(PRODUCTS * product.max(), LOOPS_WITHOUT_WORK * loop.max())
    return float(function.min() / limit) if limit > 0 else np.nan
