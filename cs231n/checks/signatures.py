"""What a loss function did on all problems, in a few numbers: its signature.

On each problem, a loss function leaves two observations: the loss, and one number for the gradient
(its product with a fixed random vector). Instead of a number, an observation can say how the
function failed. The observations are grouped into aspects, each a short vector:

    loss, gradient                              the data part, on ordinary problems without reg
    loss regularization, gradient regulariz.    with reg minus without it: the penalty alone
    loss shapes, gradient shapes                other N and C
    loss ties, gradient ties                    scores exactly at the kink of the hinge
    loss large, gradient large                  scores of ±1e3 and ±1e6

Aspects are compared apart, so several mistakes in different aspects can be told from each other.
"""

import numpy as np

# Observations that are no numbers. All fit float32; NaN stands for "not finite".
RAISES_INDEX_ERROR, RAISES, WRONG_SHAPE = 1e38, 2e38, 3e38
FAILURES = (RAISES_INDEX_ERROR, RAISES, WRONG_SHAPE)
NOT_FINITE = np.nan

PARTS = ("loss", "gradient")
TOLERANCE = 1e-4  # relative; float32 arithmetic inside a solution stays below 1e-5 here


def observe(outcome, expected, projection):
    """Return (loss, gradient) of one Outcome of the kind `loss`: numbers or failures.

    expected has loss, dW and inf_ok: whether the true loss may be too large for a logarithm of a
    probability, so that infinity is as right as a value can be.
    """
    if outcome.status != "value":
        failure = RAISES_INDEX_ERROR if outcome.meta.get("error") == "IndexError" else RAISES
        return failure, failure
    loss, dW = (outcome.values.get(name) for name in ("loss", "dW"))
    return observe_loss(loss, expected), observe_gradient(dW, expected["dW"].shape, projection)


def observe_loss(loss, expected):
    if loss is None or loss.size != 1:
        return WRONG_SHAPE
    loss = float(loss.reshape(()))
    if loss == np.inf and expected["inf_ok"]:
        return float(expected["loss"])
    return loss if np.isfinite(loss) and abs(loss) < 1e30 else NOT_FINITE


def observe_gradient(dW, shape, projection):
    if dW is None or dW.shape != shape:
        return WRONG_SHAPE
    if not np.isfinite(dW).all() or np.abs(dW).max() > 1e30:
        return NOT_FINITE
    return float(dW.ravel().astype(np.float64) @ projection[: dW.size])


def signature(observations, aspects):
    """Return {aspect: vector} from {problem: (loss, gradient)}.

    aspects {name: (part, entries)}; an entry is a problem's name, or two of them, whose difference
    is meant. Where an observation is missing, the vector holds infinity, which equals everything.
    """
    vectors = {}
    for aspect, (part, entries) in aspects.items():
        which = PARTS.index(part)
        vector = []
        for entry in entries:
            names = [entry] if isinstance(entry, str) else entry
            values = [observations[n][which] if n in observations else np.inf for n in names]
            vector.append(difference(values))
        vectors[aspect] = np.array(vector)
    return vectors


def difference(values):
    for value in values:
        if not np.isfinite(value) or value in FAILURES:
            return value
    return values[0] - sum(values[1:])


def agree(observed, rows, scales):
    """Return for each of the rows (R, K) whether the observed vector (K,) equals it."""
    rows = np.atleast_2d(rows).astype(np.float64)
    # Failures are so large, and so far apart, that the same comparison tells them apart.
    with np.errstate(invalid="ignore", over="ignore"):
        close = np.abs(observed - rows) <= TOLERANCE * (np.abs(rows) + scales)
    both_not_finite = np.isnan(rows) & np.isnan(observed)
    return (close | both_not_finite | np.isposinf(observed)).all(axis=1)
