"""Measure this repository against its peers: `make bench`, or `make bench-quick` in two minutes.

    python -m benchmarks.run [--quick] [--threads N] [--label TEXT] [--only STAGE ...]

The full run takes the data set that the notebooks take, CIFAR-10 where it is there, and writes to
benchmarks/. The quick one takes the synthetic set, does the same with fewer iterations and rounds,
and writes to build/bench-quick/. All sides have the same number of threads.
"""

import argparse
import json
import os
import time
from dataclasses import dataclass

from benchmarks.measure import ROOT, machine, set_threads


@dataclass(frozen=True)
class Plan:
    """How much is measured. Rounds are what medians are taken over."""

    folder: object
    rounds: int  # of losses, and of grids against products
    slow_rounds: int  # of training, and of grids against others, which take longer
    loading_rounds: int
    batch_sizes: tuple  # N of loss and gradient
    training_iters: int
    grid_shape: tuple
    grid_iters: int
    grid_kinds: tuple
    shapes: tuple  # grids of 1, 2, 4 ... models
    models_iters: int
    targets: dict
    seeds: int
    left_out: tuple = ()  # sides that a quick run has no time for


FULL = Plan(
    folder=ROOT / "benchmarks",
    rounds=5,
    slow_rounds=3,
    loading_rounds=3,
    batch_sizes=(500, 2000, 8000, 24000, 49000),
    training_iters=1500,
    grid_shape=(4, 4),
    grid_iters=300,
    grid_kinds=("svm", "softmax"),
    shapes=((1, 1), (1, 2), (2, 2), (2, 4), (4, 4), (4, 8), (8, 8)),
    models_iters=100,
    targets={"softmax": 0.405, "svm": 0.390},
    seeds=5,
)
QUICK = Plan(
    folder=ROOT / "build" / "bench-quick",
    rounds=3,
    slow_rounds=1,
    loading_rounds=1,
    batch_sizes=(500, 4000),
    training_iters=100,
    grid_shape=(4, 4),
    grid_iters=50,
    grid_kinds=("softmax",),
    shapes=((1, 1), (2, 2), (4, 4)),
    models_iters=50,
    targets={"softmax": 0.49, "svm": 0.465},
    seeds=1,
    left_out=("PyTorch", "LinearSVC", "LogisticRegression"),
)


STAGES = ("loading", "losses", "training", "grid", "models", "optimum")


class Data:
    """The arrays that all stages share, with all 10,000 test images; X64 is X in float64."""

    def __init__(self, folder):
        import numpy as np

        from cs231n.data_utils import describe_dataset, get_CIFAR10_data

        self.folder, self.description = folder, describe_dataset(folder)
        (
            self.X, self.y, self.X_val, self.y_val, self.X_test, self.y_test, _, _,
        ) = get_CIFAR10_data(num_test=10000, ROOT=folder, rng=np.random.default_rng(0))  # fmt: skip
        self.X64 = self.X.astype(np.float64)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="the synthetic set, in two minutes")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of every side")
    parser.add_argument("--label", help="what the page calls the data set")
    parser.add_argument("--only", nargs="+", choices=STAGES, default=STAGES, metavar="STAGE")
    args = parser.parse_args()
    set_threads(args.threads)  # before NumPy is imported, which reads it then

    from benchmarks import report, stages
    from cs231n.data_utils import find_dataset

    plan = QUICK if args.quick else FULL
    data = Data(ROOT / "datasets" / "synthetic-batches-py" if args.quick else find_dataset())
    path = plan.folder / "results.json"
    results = json.loads(path.read_text()) if path.exists() else {}  # waiting.py's are in it, too
    results |= {"machine": machine(args.threads), "data": args.label or data.description}
    for name in args.only:
        start = time.perf_counter()
        results[name] = getattr(stages, name)(plan, data)
        print(f"{name:10s} {time.perf_counter() - start:6.1f} s", flush=True)

    plan.folder.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, indent=1) + "\n")
    print(report.write(results, plan.folder))


if __name__ == "__main__":
    main()
