"""Call a loss function beside the student's code: on one problem.

It imports nothing of ours, and whatever it returns may be a student's making: RETURNS says what may
come back from each call. In "meta", str is a short text, bool a flag, a list stands for some of its
own entries; "arrays" are numbers; what ends in a question mark may be missing.
"""

import numpy as np

RETURNS = {
    "loss": {
        "meta": {"changed": ["W", "X", "y"], "type": str, "loss_type?": str, "dW_type?": str},
        "arrays": ["loss?", "dW?"],
    },
    "helper": {"meta": {"changed": ["scores", "y"], "type": str}, "arrays": ["first?", "second?"]},
}


def arguments(problem):
    """Return W, X, y. "repeats" is how often the columns of X are there: neither the loss nor what
    belongs to a column in dW changes with that."""
    W, X, y = (problem[name] for name in ("W", "X", "y"))
    repeats = int(problem.get("repeats", 1))
    W = np.vstack([W, np.zeros(((repeats - 1) * len(W), W.shape[1]), W.dtype)])
    return {"W": W, "X": np.tile(X, (1, repeats)), "y": y.copy()}


def call_loss(function, problem):
    given, before = arguments(problem), arguments(problem)
    for _ in range(int(problem.get("calls", 1))):
        result = function(*given.values(), float(problem["reg"]))
    changed = [name for name, array in given.items() if not np.array_equal(array, before[name])]
    meta = {"changed": changed, "type": type(result).__name__}
    if not isinstance(result, tuple | list) or len(result) != 2:
        return meta, {}
    loss, dW = result
    meta |= {"loss_type": type(loss).__name__, "dW_type": type(dW).__name__}
    return meta, {"loss": loss, "dW": dW}


def call_helper(function, problem):
    """Call a function of scores, or of scores and labels, that returns one or two arrays."""
    given = {name: array.copy() for name, array in problem.items()}
    result = function(*(given[name] for name in ("scores", "y") if name in given))
    changed = [name for name, array in given.items() if not np.array_equal(array, problem[name])]
    meta = {"changed": changed, "type": type(result).__name__}
    results = result if isinstance(result, tuple | list) else [result]
    return meta, dict(zip(("first", "second"), results, strict=False))


CALLS = {"loss": call_loss, "helper": call_helper}
