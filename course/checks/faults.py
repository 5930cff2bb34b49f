"""Say in words what is wrong with one outcome: the first difference, with both numbers."""

import numpy as np

TOLERANCE = 1e-4  # relative; float32 arithmetic inside a solution stays below 1e-5 here

LOST = {
    "hang": "it did not finish in time",
    "crash": "it ended the Python process",
    "left out": "not tried, since earlier calls did not come back",
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
    return f"{meta['error']}: {meta['message']}".rstrip(": ") + place


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
