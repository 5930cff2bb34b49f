"""What the tests of figures and of picture files draw."""

import numpy as np

NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]


def images(rng, N):
    return rng.integers(0, 256, (N, 32, 32, 3), dtype=np.uint8)


def templates(rng, smooth=True):
    """Draw weights (3073, 10) that look learned: a slope of colour and some noise."""
    slope = np.linspace(-1, 1, 32)[:, None, None] * rng.standard_normal((10, 1, 1, 3))
    W = smooth * slope + 0.3 * rng.standard_normal((10, 32, 32, 3))
    return np.vstack([W.reshape(10, 3072).T, np.zeros(10)]) * 1e-3
