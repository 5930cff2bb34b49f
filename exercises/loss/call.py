"""Call a loss function beside the student's code: on one problem, or to take its time.

It imports nothing of ours, and whatever it returns may be a student's making: RETURNS says what may
come back from each call. In "meta", str is a short text, bool a flag, a list stands for some of its
own entries; "arrays" are numbers; what ends in a question mark may be missing.
"""

import time

import numpy as np

RETURNS = {
    "loss": {
        "meta": {"changed": ["W", "X", "y"], "type": str, "loss_type?": str, "dW_type?": str},
        "arrays": ["loss?", "dW?"],
    },
    "timing": {"meta": {}, "arrays": ["seconds"]},
}


def call_loss(function, problem):
    given = {name: problem[name].copy() for name in ("W", "X", "y")}
    result = function(*given.values(), float(problem["reg"]))
    changed = [name for name, array in given.items() if not np.array_equal(array, problem[name])]
    meta = {"changed": changed, "type": type(result).__name__}
    if not isinstance(result, tuple | list) or len(result) != 2:
        return meta, {}
    loss, dW = result
    meta |= {"loss_type": type(loss).__name__, "dW_type": type(dW).__name__}
    return meta, {"loss": loss, "dW": dW}


def call_timing(function, problem):
    """Time, at several N, the function, a matrix product, and a loop that takes each row of X."""
    W, X, y = problem["W"], problem["X"], problem["y"]
    seconds = np.zeros((3, len(problem["N"])))
    for column, N in enumerate(problem["N"]):
        some_X, some_y = X[:N], y[:N]
        seconds[0, column] = fastest(lambda a=some_X, b=some_y: function(W.copy(), a, b, 0.1))
        seconds[1, column] = fastest(lambda a=some_X: a @ W)
        seconds[2, column] = fastest(lambda a=some_X: [None for row in a])
    return {}, {"seconds": seconds}


def fastest(action, rounds=5, budget=0.3):
    """Return the least time of a few calls: other programs can only make a call slower."""
    best, began = np.inf, time.perf_counter()
    for _ in range(rounds):
        start = time.perf_counter()
        action()
        best = min(best, time.perf_counter() - start)
        if time.perf_counter() - began > budget:
            break
    return best


CALLS = {"loss": call_loss, "timing": call_timing}
