"""Fixtures that several test files share."""

from pathlib import Path

import matplotlib
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
SYNTHETIC = ROOT / "datasets" / "synthetic-batches-py"

matplotlib.use("Agg")


@pytest.fixture(scope="session")
def synthetic_dir():
    """The folder of the synthetic data set, drawn now if it is not there yet."""
    from cs231n import synthetic

    if not (SYNTHETIC / "batches.meta").is_file():
        synthetic.write(SYNTHETIC, verbose=False)
    return SYNTHETIC


@pytest.fixture
def rng():
    return np.random.default_rng(231)
