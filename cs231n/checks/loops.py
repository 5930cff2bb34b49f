"""Is a function vectorized? Its syntax tree says where it loops; the growth of its time, whether.

Only the text is read here, nothing is run. A loop counts where it may run over examples or
classes: in the function, or in a function of the same file that it calls. A loop over literal
values, or over a few blocks of rows (range with a step), is no loop of that kind.
"""

import ast

import numpy as np

HIDDEN_LOOPS = {"vectorize", "apply_along_axis", "apply_over_axes", "map", "frompyfunc", "fromiter"}
LOOPS = (ast.For, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
# How fast the time may grow: in times the growth of X @ W, and of a loop that only takes each row
# of X. Right solutions without loops stayed below 23 products, most naive ones were above 200.
PRODUCTS, LOOPS_WITHOUT_WORK = 100, 30


def find_loop(source, name):
    """Return (line, what) of the first loop that function `name` uses, or None."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    functions = {
        node.name: node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assigned = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    lines = source.splitlines()
    waiting, seen = [name], set()
    while waiting:
        current = waiting.pop(0)
        body = functions.get(current, assigned.get(current))
        if current in seen or body is None:
            continue
        seen.add(current)
        for node in ast.walk(body):
            if is_loop(node):
                line = getattr(node, "lineno", body.lineno)
                return line, lines[line - 1].strip()
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                waiting.append(node.id)
    return None


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
    """Judge the growth of the time with N: seconds (3, sizes) as child.call_timing takes them.

    The least growth of the function is held against the greatest of the others: a disturbed
    measurement may hide a loop, but never invent one.
    """
    function, product, loop = np.diff(seconds) / np.diff(sizes)
    return function.min() <= max(PRODUCTS * product.max(), LOOPS_WITHOUT_WORK * loop.max())
