"""Find where a notebook draws random numbers without a seed: another run gives other ones.

This reads syntax trees, so it sees what is written in the cells, and not what happens in files
that they import.
"""

import ast
import warnings

LONGEST = 100_000  # characters of a cell
MODULES = ("np.random", "numpy.random", "random")
GENERATORS = ("default_rng", "RandomState", "SeedSequence")  # an argument seeds them
# What draws nothing itself.
HARMLESS = ("seed", "set_state", "get_state", "Generator", "PCG64", "MT19937", "Philox", "SFC64")


def first_unseeded(sources, take_rng=()):
    """Return the number of the first cell that draws without a seed, None if there is none.

    take_rng are functions of the course: without `rng` they draw from NumPy's global generator.
    """
    seeded = set()
    for number, source in enumerate(sources):
        calls = list(calls_in(source))
        seeded |= {module for module, name, call in calls if name == "seed" and has_argument(call)}
        if any(draws_unseeded(*call, seeded, take_rng) for call in calls):
            return number
    return None


def draws_unseeded(module, name, call, seeded, take_rng):
    if module in MODULES and name in GENERATORS:
        return not has_argument(call)
    if module in MODULES and name not in HARMLESS:
        return module not in seeded
    named = {keyword.arg for keyword in call.keywords}  # with None for **options, which may hold it
    takes_rng = name in take_rng and not named & {"rng", None}
    return takes_rng and not seeded & {"np.random", "numpy.random"}


def has_argument(call):
    """Whether a call has an argument other than None."""
    values = [*call.args, *(keyword.value for keyword in call.keywords)]
    return any(not (isinstance(value, ast.Constant) and value.value is None) for value in values)


def calls_in(source):
    """Yield (what stands before the last dot, name, call) of the calls in a cell.

    Lines for IPython, such as %timeit, are left out; a cell that is no Python has no calls.
    """
    lines = ["" if line.lstrip()[:1] in ("%", "!", "?") else line for line in source.splitlines()]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a backslash too many in a string, for instance
            tree = ast.parse("\n".join(lines)[:LONGEST])
    except Exception:  # the parser of 3.11 raises SystemError, too, in two threads at once
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield dotted(node.func.value), node.func.attr, node
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield "", node.func.id, node


def dotted(node):
    """Return a name such as np.random as text, "?" for another expression."""
    names = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    names.append(node.id if isinstance(node, ast.Name) else "?")
    return ".".join(reversed(names))
