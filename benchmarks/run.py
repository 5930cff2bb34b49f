"""Measure this repository against its peers: `make bench`, or `make bench-quick` in two minutes.

    python -m benchmarks.run [--quick] [--threads N] [--label TEXT] [--only STAGE ...]

The full run takes the data set that the notebooks take, CIFAR-10 where it is there, and writes to
benchmarks/. The quick one takes the synthetic set, does the same with fewer iterations and rounds,
and writes to build/bench-quick/. All sides have the same number of threads.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from dataclasses import dataclass

from benchmarks.measure import ROOT, in_fresh_process, machine, set_threads


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


def loading(plan, data):
    from benchmarks import loading

    in_fresh_process("benchmarks.loading", "compare", data.folder)  # fills the file cache, too
    sides = ("ours", "textbook", "floor")
    runs = {side: [] for side in sides}
    for _ in range(plan.loading_rounds):
        for side in sides:
            runs[side].append(in_fresh_process(loading.__name__, side, data.folder))
    return {
        side: {key: statistics.median(run[key] for run in runs[side]) for key in runs[side][0]}
        for side in sides
    }


def losses(plan, data):
    from benchmarks import stages

    return [
        {"kind": kind, "N": N, "dtype": str(X.dtype)}
        | stages.measure_loss(kind, X[:N], data.y[:N], plan.rounds)
        for kind in stages.LOSSES
        for X in (data.X, data.X64)
        for N in plan.batch_sizes
    ]


def training(plan, data):
    from benchmarks import stages

    sets, iterations = (data.X, data.X64, data.y), plan.training_iters
    return {
        kind: {"iterations": iterations}
        | stages.measure_training(kind, *sets, iterations, plan.slow_rounds)
        for kind in stages.CLASSIFIERS
    }


def grid(plan, data):
    from benchmarks import stages

    sets = data.X, data.X64, data.y, data.X_val, data.y_val
    settings = plan.grid_shape, plan.grid_iters, plan.rounds, plan.slow_rounds
    return {kind: stages.measure_grid(kind, *sets, *settings) for kind in plan.grid_kinds}


def models(plan, data):
    from benchmarks import stages

    sets = data.X, data.y, data.X_val, data.y_val
    settings = plan.shapes, plan.models_iters, plan.slow_rounds
    return {
        kind: stages.measure_number_of_models(kind, *sets, *settings) for kind in plan.grid_kinds
    }


def optimum(plan, data):
    from benchmarks import optimum

    found = {}
    with tempfile.TemporaryDirectory() as folder:
        optimum.store(folder, data.X, data.y, data.X_test, data.y_test)
        for kind, target in plan.targets.items():
            optimum.compare(kind, data.X, data.y)
            sides = [side for side in optimum.SIDES[kind] if side not in plan.left_out]
            runs = {side: [] for side in sides}
            for seed in range(plan.seeds):
                for side in sides:
                    if seed == 0 or side not in optimum.ONCE:
                        run = in_fresh_process(optimum.__name__, side, kind, seed, folder)
                        runs[side].append(run)
            found[kind] = {"target": target, "sides": summarize(runs, target)}
    return found


def summarize(runs, target):
    """Return for each side its median time, all accuracies, and how many reach the target."""
    return {
        side: {
            "seconds": statistics.median(run["seconds"] for run in done),
            "peak": max(run["peak"] for run in done),
            "accuracies": [run["accuracy"] for run in done],
            "reached": sum(run["accuracy"] >= target for run in done),
        }
        for side, done in runs.items()
    }


STAGES = {
    "loading": loading,
    "losses": losses,
    "training": training,
    "grid": grid,
    "models": models,
    "optimum": optimum,
}


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
    parser.add_argument("--only", nargs="+", choices=STAGES, default=list(STAGES), metavar="STAGE")
    args = parser.parse_args()
    set_threads(args.threads)  # before NumPy is imported, which reads it then

    from benchmarks import report
    from cs231n.data_utils import find_dataset

    plan = QUICK if args.quick else FULL
    data = Data(ROOT / "datasets" / "synthetic-batches-py" if args.quick else find_dataset())
    results = {"machine": machine(args.threads), "data": args.label or data.description}
    for name in args.only:
        start = time.perf_counter()
        results[name] = STAGES[name](plan, data)
        print(f"{name:10s} {time.perf_counter() - start:6.1f} s", flush=True)

    plan.folder.mkdir(parents=True, exist_ok=True)
    (plan.folder / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    print(report.write(results, plan.folder))


if __name__ == "__main__":
    main()
