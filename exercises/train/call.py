"""Call `train` beside the student's code, with a loss of our own that watches it.

It imports nothing of ours, and whatever it returns may be a student's making: RETURNS says what may
come back from each call. In "meta", str is a short text, bool a flag, a list stands for some of its
own entries; "arrays" are numbers; what ends in a question mark may be missing.
"""

import contextlib
import inspect

import numpy as np

RETURNS = {
    "train": {
        "meta": {
            "changed": ["X", "y"],
            "type": str,
            "float_labels": bool,
            "in_place": bool,
            "options": ["rng", "momentum", "schedule"],
        },
        "arrays": [
            *("sizes", "X", "y", "y_sizes", "reg", "between", "calls"),
            *("W?", "losses?"),
        ],
    }
}


def call_train(cls, problem):
    """Train twice with a loss of our own that notes what it is given and returns known numbers."""
    steps, seen = [0], {"sizes": [], "X": [], "y": [], "reg": [], "W": [], "float_labels": []}

    class Probe(cls):
        def loss(self, X_batch, y_batch, reg):
            step = steps[0] % len(problem["losses"])
            steps[0] += 1
            X_batch, y_batch = np.asarray(X_batch), np.asarray(y_batch)
            if steps[0] <= 2 * len(problem["losses"]) + 2:
                call = {
                    "sizes": list(X_batch.shape) + [0] * (2 - X_batch.ndim),
                    "X": X_batch.ravel().astype(float),
                    "y": y_batch.ravel().astype(float),
                    "float_labels": y_batch.dtype.kind not in "iu",
                    "reg": float(reg),
                    "W": np.array(self.W, dtype=float),
                }
                for name, value in call.items():  # all of a call or, if that raised, nothing
                    seen[name].append(value)
            return float(problem["losses"][step]), problem["dW"][step].copy()

    classifier = Probe()
    if "W" in problem:
        classifier.W = problem["W"].copy()
    start = classifier.W
    X, y = problem["X"].copy(), problem["y"].copy()
    options = {
        "learning_rate": float(problem["learning_rate"]),
        "reg": float(problem["reg"]),
        "num_iters": int(problem["num_iters"]),
        "batch_size": int(problem["batch_size"]),
    }
    more = {}
    if "seed" in problem:
        more["rng"] = np.random.default_rng(int(problem["seed"]))
    if "factors" in problem:
        factors = [float(factor) for factor in problem["factors"]]
        more["momentum"] = float(problem["momentum"])
        more["schedule"] = lambda progress: factors[round(progress * len(factors))]
    known = inspect.signature(cls.train).parameters
    more = {name: value for name, value in more.items() if name in known}
    options |= more
    np.random.seed(int(problem["numpy_seed"]))  # noqa: NPY002 (what train uses without rng)
    first = classifier.train(X, y, **options)
    between, calls = np.array(classifier.W, dtype=float), len(seen["X"])
    # A second call that cannot run says nothing more than the first did.
    with contextlib.suppress(Exception):
        classifier.train(X, y, **options)
    changed = [
        name for name, array in (("X", X), ("y", y)) if not np.array_equal(array, problem[name])
    ]
    values = {
        "sizes": np.array(seen["sizes"]).reshape(-1, 2),
        "X": np.concatenate([[], *seen["X"]]),
        "y": np.concatenate([[], *seen["y"]]),
        "y_sizes": np.array([len(labels) for labels in seen["y"]]),
        "reg": np.array(seen["reg"]),
        "between": between,
        "calls": np.array(calls),
    }
    if len({W.shape for W in seen["W"]}) == 1:
        values["W"] = np.array(seen["W"])
    meta = {"changed": changed, "type": type(first).__name__}
    meta["options"] = sorted(more)
    meta["in_place"] = start is not None and not np.array_equal(start, problem["W"])
    meta["float_labels"] = bool(any(seen["float_labels"]))
    return meta, {**values, "losses": first}


CALLS = {"train": call_train}
