"""Numerical gradients, to hold an analytic gradient against.

The central difference  (f(x + h) - f(x - h)) / (2 h)  has an error of order h^2, the one-sided one
of order h: that is why every function here uses the central one. Rounding adds an error of about
eps * |f| / h, so use float64 (eps = 2e-16); with float32 (1e-7) and h = 1e-5 nothing would be left.

These functions change entries of x in place while they measure, and always put them back: f may
read x through its argument or through a variable of its own.

Source: CS231n course notes, https://cs231n.github.io/neural-networks-3/#gradcheck
"""

from collections import namedtuple

import numpy as np

Check = namedtuple("Check", "index numerical analytic relative_error")


def eval_numerical_gradient(f, x, verbose=True, h=0.00001):
    """Return the gradient of the scalar function f at the float64 array x, an array like x.

    verbose prints a line for each entry. Costs two calls of f for each entry of x.
    """
    check_is_float64(x)
    gradient = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        gradient[index] = central_difference(f, x, index, h)
        if verbose:
            print(index, gradient[index])
    return gradient


def eval_numerical_gradient_array(f, x, df, h=1e-5):
    """Return the gradient of sum(f(x) * df) by x, for a function f whose values are arrays like df.

    This is backpropagation done numerically: df is the gradient that arrives at f's output.
    """
    return eval_numerical_gradient(lambda x: np.sum(f(x) * df), x, verbose=False, h=h)


def grad_check_sparse(f, x, analytic_grad, num_checks=10, h=1e-5, *, rng=None):
    """Compare analytic_grad with numerical slopes of f at num_checks random entries of x.

    Prints a line for each and returns them as a list of Check(index, numerical, analytic,
    relative_error), where relative_error = |n - a| / (|n| + |a|), and 0 if both are 0.
    rng: a np.random.Generator or RandomState; None means NumPy's global generator.
    """
    check_is_float64(x)
    if np.shape(analytic_grad) != x.shape:
        raise ValueError(f"analytic_grad has shape {np.shape(analytic_grad)}, but x is {x.shape}")
    checks = []
    for _ in range(num_checks):
        index = np.unravel_index((rng or np.random).choice(x.size), x.shape)
        numerical = float(central_difference(f, x, index, h))
        analytic = float(analytic_grad[index])
        scale = abs(numerical) + abs(analytic)
        error = abs(numerical - analytic) / scale if scale else 0.0
        print(f"numerical: {numerical:f} analytic: {analytic:f}, relative error: {error:e}")
        checks.append(Check(tuple(map(int, index)), numerical, analytic, error))
    return checks


def central_difference(f, x, index, h):
    """Return (f(x + h) - f(x - h)) / (2 h), where only the entry x[index] moves."""
    before = x[index]
    try:
        x[index] = before + h
        above = f(x)
        x[index] = before - h
        below = f(x)
    finally:
        x[index] = before
    return (above - below) / (2 * h)


def check_is_float64(x):
    if not isinstance(x, np.ndarray) or x.dtype != np.float64:
        found = getattr(x, "dtype", type(x))
        raise ValueError(f"x must be a float64 array, but x is {found}: pass x.astype(np.float64)")
