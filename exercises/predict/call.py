"""Call `predict` of a classifier with known weights beside the student's code.

It imports nothing of ours, and whatever it returns may be a student's making: RETURNS says what may
come back from each call. In "meta", str is a short text, bool a flag, a list stands for some of its
own entries; "arrays" are numbers; what ends in a question mark may be missing.
"""

import numpy as np

RETURNS = {
    "predict": {
        "meta": {"changed": ["W", "X"], "type": str, "float_labels": bool},
        "arrays": ["labels?"],
    }
}


def call_predict(cls, problem):
    classifier = cls()
    classifier.W = problem["W"].copy()
    X = problem["X"].copy()
    for _ in range(int(problem.get("calls", 1))):
        labels = classifier.predict(X)
    changed = [
        name
        for name, array in (("W", classifier.W), ("X", X))
        if not (isinstance(array, np.ndarray) and np.array_equal(array, problem[name]))
    ]
    meta = {"changed": changed, "type": type(labels).__name__}
    meta["float_labels"] = np.asarray(labels).dtype.kind not in "iu"
    return meta, {"labels": labels}


CALLS = {"predict": call_predict}
