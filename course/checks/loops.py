"""Is a function vectorized? Its syntax tree says where it loops; the growth of its time, whether.

Only the text is read here, nothing is run. A loop counts where it may run over whole rows or
columns: in the function, or in what it uses of the student's files. A loop over literal values, or
over a few blocks of rows (range with a step), is no loop of that kind.
"""

import ast
from collections import deque
from pathlib import PurePosixPath
from typing import NamedTuple

import numpy as np

from course.checks.frames import printable
from course.checks.references import (
    Class,
    Files,
    Foreign,
    Function,
    Instance,
    Value,
    in_class,
    nodes_of,
    resolve,
)
from course.checks.report import Line

MAKE_LOOPS = {"vectorize", "frompyfunc"}  # they return a function that loops
HIDDEN_LOOPS = MAKE_LOOPS | {"apply_along_axis", "apply_over_axes", "map", "fromiter"}
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
# How fast the time may grow: in times the growth of a matrix product, and of a loop that only takes
# each row. Right solutions without loops stayed below 23 products, most naive ones were above 200.
PRODUCTS, LOOPS_WITHOUT_WORK = 100, 30
MOST_SHOWN = 100  # characters of the line that loops


class Loop(NamedTuple):
    """Where a function loops: the file, if it is not the function's own, and the line there."""

    line: int
    text: str
    file: str = ""

    def __str__(self):
        place = f" of {printable(PurePosixPath(self.file).name)}" if self.file else ""
        return f"line {self.line}{place} loops: {self.text}"


def add_vectorization(report, name, data, sizes, loop, outcome):
    """Add the line that tells whether a function is vectorized, apart from correctness.

    name is that of the misconception, loop what find_loop found, outcome that of the timing
    problem, with `sizes` rows; None where it was not tried.
    """
    detail = ""
    if loop:
        detail = str(loop)
    elif outcome is None or outcome.status != "value":
        return
    elif not grows_slowly(sizes, outcome.values["seconds"]):
        detail = "its time grows with N as that of a loop"
    report.vectorized = not detail
    report.lines.append(Line("vectorized", not detail, detail))
    if detail:
        report.name({name}, data)


def find_loop(source, name, others=None, file="student_file.py"):
    """Return the first Loop that function `name` of the text `source` uses, or None.

    others {file: text} are modules that it may import from, named as `file` is: from the root.
    """
    files = Files({**(others or {}), file: source})
    waiting, seen = deque(files.find(file, name)), set()
    while waiting:
        used = waiting.popleft()
        if not isinstance(used, Function | Value) or used.node in seen:
            continue
        seen.add(used.node)
        done = set()  # names of what was called when a module was imported, not by the function
        for node, scope, once in nodes_of(used):
            found = resolve(node, scope)
            if is_hidden_loop(node, found, once) or (not once and is_loop(node)):
                text = files.lines(scope.file)[node.lineno - 1].strip()
                elsewhere = scope.file if scope.file != file else ""
                return Loop(node.lineno, printable(text[:MOST_SHOWN]), elsewhere)
            if isinstance(node, ast.Call) and once:
                done.add(node.func)
            elif isinstance(node, ast.Call):
                waiting += run_by_call(node, scope)
            elif node not in done:
                waiting += found
    return None


def run_by_call(node, scope):
    """Return the methods that run when classes, or objects of the student's, are called."""
    found = []
    for called in resolve(node.func, scope):
        if isinstance(called, Class):
            found += [one for name in ("__new__", "__init__") for one in in_class(called, name)]
        elif isinstance(called, Instance):
            found += in_class(called.of, "__call__")
    return found


def is_hidden_loop(node, found, once):
    """Say whether a name is one of a function that loops; found is what it stands for."""
    names = {one.name.rpartition(".")[2] for one in found if isinstance(one, Foreign)}
    if not found and isinstance(node, ast.Attribute):
        names = {node.attr}
    return not names.isdisjoint(MAKE_LOOPS if once else HIDDEN_LOOPS)


def is_loop(node):
    if isinstance(node, ast.For | ast.AsyncFor):
        return not harmless(node.iter)
    if isinstance(node, COMPREHENSIONS):
        return not all(harmless(part.iter) for part in node.generators)
    return isinstance(node, ast.While)


def harmless(iterable):
    """Say whether a loop over this expression cannot run over all rows or columns."""
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
