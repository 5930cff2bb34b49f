"""The checks that losses, training and grid search share: say early, and exactly, what is wrong."""

import numpy as np


def check_inputs(W, X, y):
    """Return (W, X, y) as arrays whose shapes and labels fit together.

    W (D, C) and X (N, D) come back as floating-point arrays, float32 or float64 as they came in
    (integers become float64), y (N,) as it is. Nothing is copied that is in order already.

    Raises ValueError, with the offending value, where shapes disagree, the batch is empty, or a
    label is not an integer in 0..C-1. Numbers are checked afterwards, by check_scores.
    """
    W, X, y = as_float(W), as_float(X), np.asarray(y)
    if W.ndim != 2:
        raise ValueError(f"W must have shape (D, C), but its shape is {W.shape}")
    if X.ndim != 2 or X.shape[1] != W.shape[0]:
        raise ValueError(f"X must have shape (N, {len(W)}) to match W {W.shape}, not {X.shape}")
    check_labels(y, len(X), W.shape[1])
    return W, X, y


def check_examples(X, y, W=None):
    """Raise ValueError unless X (N, D) and y (N,) are examples to train on, from W if it is set."""
    if X.ndim != 2:
        raise ValueError(f"X must have shape (N, D), but its shape is {X.shape}")
    if W is not None and X.shape[1] != W.shape[0]:
        raise ValueError(f"X must have shape (N, {W.shape[0]}) to match W, but it is {X.shape}")
    check_labels(y, len(X), None if W is None else W.shape[1])


def as_float(array):
    """Return `array` itself if it is floating point, else a float64 copy."""
    array = np.asarray(array)
    return array if np.issubdtype(array.dtype, np.floating) else array.astype(np.float64)


def check_labels(y, N, C=None):
    """Raise ValueError unless y holds N >= 1 integer labels in 0..C-1 (C=None: any from 0 up)."""
    if y.shape != (N,):
        raise ValueError(f"y must have shape ({N},), one label a row of X, but it is {y.shape}")
    if N == 0:
        raise ValueError("the batch is empty: X and y hold no examples")
    if not np.issubdtype(y.dtype, np.integer):
        raise ValueError(f"y must hold integers, but its dtype is {y.dtype}")
    if y.min() < 0:
        raise ValueError(f"y holds label {y.min()}, but labels start at 0")
    if C is not None and y.max() >= C:
        raise ValueError(f"y holds label {y.max()}, but W has {C} columns (labels 0..{C - 1})")


def check_scores(scores, W, X):
    """Raise ValueError if NaN came in with W or X, or infinity with X.

    Every number of W and X takes part in some score, and a NaN survives any sum: so one pass over
    the scores stands for the far larger X. Infinite weights are let through: that is what a
    diverging training looks like from inside, and its loss says so by not being finite.
    """
    if np.isfinite(scores).all():
        return
    if np.isnan(W).any():
        raise ValueError("W holds NaN")
    if not np.isfinite(X).all():
        raise ValueError("X holds NaN or infinity")
