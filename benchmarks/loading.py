"""Load and preprocess a data set in a process of its own; print the time and the peak memory.

    python -m benchmarks.loading ours|textbook|floor FOLDER
    python -m benchmarks.loading compare FOLDER

The floor is what neither side can avoid: reading the files and writing float32 rows once.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks import textbook
from benchmarks.measure import peak_memory
from cs231n.data_utils import TRAIN_BATCHES, get_CIFAR10_data


def ours(folder, **sizes):
    return get_CIFAR10_data(ROOT=folder, **sizes)


def floor(folder):
    rows = np.empty((50000, 3073), dtype=np.float32)
    for i, name in enumerate(TRAIN_BATCHES):
        content = np.fromfile(Path(folder) / name, dtype=np.uint8, count=10000 * 3072)
        rows[10000 * i : 10000 * (i + 1), :-1] = content.reshape(10000, 3072)
    rows[:, -1] = 1
    return rows


def compare(folder, **sizes):
    """Raise AssertionError unless both loaders return the same eight arrays."""
    np.random.seed(0)  # noqa: NPY002  both draw the development set from the global generator
    mine = ours(folder, **sizes)
    np.random.seed(0)  # noqa: NPY002
    theirs = textbook.load_data(folder, **sizes)
    for a, b in zip(mine, theirs, strict=True):
        # The mean is float64 on both sides; subtracting in float32 rounds 255 to 1.5e-5.
        assert a.shape == b.shape and np.abs(a - b).max() < 1e-4


def main(side, folder):
    load = {"ours": ours, "textbook": textbook.load_data, "floor": floor, "compare": compare}[side]
    start = time.perf_counter()
    load(folder)
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "peak": peak_memory()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
