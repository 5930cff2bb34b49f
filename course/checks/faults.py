"""Say in words what is wrong with one outcome: the first difference, with both numbers."""

import itertools
import re

import numpy as np

TOLERANCE = 1e-4  # relative; float32 arithmetic inside a solution stays below 1e-5 here

LOST = {
    "hang": "it did not finish in time",
    "crash": "it ended the Python process",
    "left out": "not tried, since earlier calls did not come back",
}
FUNCTION, NAMES = re.compile(r"\s*def (\w+)"), re.compile(r"[\w.]+")
WAYS_OUT = {  # of what fails in code for Python 2 or for old libraries: what the message tells
    "No module named 'past'": "delete this import, and write range where xrange stands",
    "No module named 'future'": "delete this import: Python 3 needs none of it",
    "No module named 'builtins": "delete this import: Python 3 needs none of it",
    "No module named 'scipy'": "delete this import: nothing here needs SciPy",
    "'scipy.misc'": "scipy.misc is gone from SciPy: matplotlib.pyplot.imread reads pictures",
    "Missing parentheses in call to 'print'": "in Python 3, print is a function: print(...)",
}


def failure(outcome):
    """Return why there is no value, or an empty text if there is one."""
    if outcome.status == "value":
        return ""
    meta = outcome.meta
    place = f" ({meta['file']}, line {meta['line']})" if meta.get("file") else ""
    if outcome.status in LOST:
        importing = " while its file was imported" * bool(meta.get("importing"))
        return LOST[outcome.status] + importing + place
    ways = (f"; {way}" for told, way in WAYS_OUT.items() if told in meta["message"])
    return f"{meta['error']}: {meta['message']}".rstrip(": ") + place + next(ways, "")


def changed_inputs(outcomes):
    """Return which arguments changed in any of {problem: Outcome}, or an empty text."""
    names = sorted({name for one in outcomes.values() for name in one.meta.get("changed", ())})
    return f"{' and '.join(names)} changed during the call" if names else ""


def unwritten(meta, texts):
    """Return which stub was reached, in words, from an exception's meta and {file: text}.

    What stands below it in the same block, and sets what the stub says is to be set, is finished
    code that is never reached. The text is looked at by its lines: a text can be written such that
    Python's own parser takes gigabytes, and a grader looks at it, too.
    """
    number, wanted = meta["line"], NAMES.findall(meta["message"].rpartition(" sets ")[2])
    for path, text in texts.items():
        lines = text.split("\n")
        if path.rpartition("/")[2] in ("", meta["file"]) and 0 < number <= len(lines):
            function, below = around_stub(lines, number)
            if function:
                told = f"line {number} of {meta['file']} still raises, in {function}"
                finished = not names_set(below).isdisjoint(wanted)
                return told + "; your code below it is never reached" * finished
    return f"{meta['file']}, line {number}" if number else ""


def around_stub(lines, number):
    """Return the function in which the `raise` of this line stands, and the rest of its block.

    ("", []) if this line is none.
    """
    stub = lines[number - 1]
    if not stub.lstrip().startswith("raise"):
        return "", []
    inside = re.compile(re.match(r"\s*", stub)[0] + r"|\s*$").match  # of its block
    heads = (FUNCTION.match(line) for line in reversed(lines[:number]) if not inside(line))
    function = next(filter(None, heads), None)
    return function[1] if function else "", list(itertools.takewhile(inside, lines[number:]))


def names_set(lines):
    """Return the names that lines assign to."""
    halves = (line.partition("=") for line in lines)
    left = (left for left, equals, right in halves if equals and right[:1] != "=")
    return {name for one in left for name in NAMES.findall(one)}


def wrong_number(name, number, expected, inf_ok=False):
    """Return the difference between two numbers, or an empty text."""
    if number is None or number.size != 1:
        return f"{name} is not a number"
    number, expected = float(number.reshape(())), float(expected)
    if inf_ok and number == np.inf:
        return ""
    if abs(number - expected) <= TOLERANCE * max(abs(expected), 0.1):
        return ""
    return f"{number:.6g} instead of {expected:.6g}"


def wrong_array(name, array, expected, inputs_scale=0.0):
    """Return the first difference between two arrays, or an empty text."""
    if array is None:
        return f"{name} is not an array of numbers"
    if array.shape != expected.shape:
        return f"{name} has shape {array.shape} instead of {expected.shape}"
    scale = max(np.abs(expected).max(initial=0), inputs_scale, 1e-3)
    with np.errstate(invalid="ignore", over="ignore"):
        different = ~(np.abs(array - expected) <= TOLERANCE * scale)
    if not different.any():
        return ""
    index = tuple(int(i) for i in np.argwhere(different)[0])
    entry = f"{name}[{', '.join(map(str, index))}]"
    return f"{entry} is {array[index]:.6g} instead of {expected[index]:.6g}"
