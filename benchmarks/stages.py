"""What is measured: ours, a textbook solution, and the floor under both.

    loading losses training grid models optimum      each takes (plan, data), see run.py

The floor is the matrix products alone, and what else no implementation can leave out. Every stage
first asserts that all sides compute the same numbers, then measures them in turns.
"""

import statistics
import tempfile
from itertools import product

import numpy as np

from benchmarks import optimum as best
from benchmarks import textbook
from benchmarks.measure import in_fresh_process, in_turns, ratio
from cs231n.classifiers import LinearSVM, Softmax
from cs231n.classifiers.linear_svm import svm_loss_vectorized
from cs231n.classifiers.softmax import softmax_loss_vectorized
from cs231n.tuning import grid_search

LOSSES = {
    "svm": (svm_loss_vectorized, textbook.svm_loss),
    "softmax": (softmax_loss_vectorized, textbook.softmax_loss),
}
CLASSIFIERS = {"svm": (LinearSVM, textbook.svm_loss), "softmax": (Softmax, textbook.softmax_loss)}
RATES = {"svm": 1e-7, "softmax": 1e-6}  # learning rates at which both train well
REGS = {"svm": 1e3, "softmax": 1e2}
BATCH_SIZE = 200


def summarize(seconds, **ratios):
    """Return {"seconds": medians, "ratios": ...}; a ratio is given as (name, to)."""
    return {
        "seconds": {name: statistics.median(values) for name, values in seconds.items()},
        "ratios": {name: ratio(seconds, *pair) for name, pair in ratios.items()},
    }


# Loading, each time in a process of its own


def loading(plan, data):
    """Return {side: {"seconds", "peak"}}, medians."""
    in_fresh_process("benchmarks.loading", "compare", data.folder)  # fills the file cache, too
    runs = {"ours": [], "textbook": [], "floor": []}
    for _ in range(plan.loading_rounds):
        for side, done in runs.items():
            done.append(in_fresh_process("benchmarks.loading", side, data.folder))
    return {
        side: {key: statistics.median(run[key] for run in done) for key in done[0]}
        for side, done in runs.items()
    }


# Losses


def losses(plan, data):
    return [
        {"kind": kind, "N": N, "dtype": str(X.dtype)}
        | measure_loss(kind, X[:N], data.y[:N], plan.rounds)
        for kind in LOSSES
        for X in (data.X, data.X64)
        for N in plan.batch_sizes
    ]


def measure_loss(kind, X, y, rounds):
    """Loss and gradient at X (N, D), over the two matrix products alone."""
    ours, theirs = LOSSES[kind]
    rng = np.random.default_rng(0)
    W = (0.0001 * rng.standard_normal((X.shape[1], 10))).astype(X.dtype)
    dscores = rng.standard_normal((len(X), 10)).astype(X.dtype)
    reg = REGS[kind]
    compare_losses(kind, W, X[:2000], y[:2000], reg)

    def floor():
        X @ W
        X.T @ dscores

    sides = {"ours": lambda: ours(W, X, y, reg), "floor": floor}
    pairs = {"floor": ("ours", "floor")}
    if X.dtype == np.float64:
        sides["textbook"] = lambda: theirs(W, X, y, reg)
        pairs["textbook"] = ("textbook", "ours")
    return summarize(in_turns(sides, rounds, repeat=max(1, 20000 // len(X))), **pairs)


def compare_losses(kind, W, X, y, reg):
    ours, theirs = LOSSES[kind]
    loss, dW = ours(W, X, y, reg)
    expected_loss, expected_dW = theirs(W.astype(float), X.astype(float), y, reg)
    # float32 keeps 7 digits, and sums of 3,073 products lose up to two of them.
    tolerance = 1e-10 if X.dtype == np.float64 else 1e-4
    np.testing.assert_allclose(loss, expected_loss, rtol=tolerance)
    scale = np.abs(expected_dW).max()
    np.testing.assert_allclose(dW, expected_dW, rtol=0, atol=tolerance * scale)


# Training


def training(plan, data):
    """SGD with our classifier on float32, with the textbook's loop on float64, and the floor."""
    return {kind: measure_training(kind, plan, data) for kind in CLASSIFIERS}


def measure_training(kind, plan, data):
    compare_training(kind, data)
    num_iters = plan.training_iters

    def floor():
        rng = np.random.default_rng(0)
        W = np.zeros((data.X.shape[1], 10), dtype=data.X.dtype)
        dscores = np.zeros((BATCH_SIZE, 10), dtype=data.X.dtype)
        for _ in range(num_iters):
            X_batch = data.X[rng.choice(len(data.X), BATCH_SIZE)]
            X_batch @ W
            W -= X_batch.T @ dscores

    sides = {
        "ours": lambda: train(kind, data.X, data.y, num_iters),
        "floor": floor,
        "textbook": lambda: train_textbook(kind, data.X64, data.y, num_iters),
    }
    seconds = in_turns(sides, plan.slow_rounds)
    ratios = summarize(seconds, floor=("ours", "floor"), textbook=("textbook", "ours"))
    return {"iterations": num_iters} | ratios


def train(kind, X, y, num_iters, rate=None, reg=None):
    """Return our model, and the loss of every minibatch."""
    model, settings = CLASSIFIERS[kind][0](), (rate or RATES[kind], reg or REGS[kind], num_iters)
    return model, model.train(X, y, *settings, BATCH_SIZE, rng=np.random.default_rng(0))


def train_textbook(kind, X, y, num_iters, rate=None, reg=None):
    """Return the textbook's weights, and the loss of every minibatch."""
    loss, settings = CLASSIFIERS[kind][1], (rate or RATES[kind], reg or REGS[kind], num_iters)
    return textbook.train(loss, X, y, *settings, BATCH_SIZE, np.random.default_rng(0))


def compare_training(kind, data, num_iters=100):
    expected_W, expected = train_textbook(kind, data.X64, data.y, num_iters)
    for X, tolerance in ((data.X64, 1e-9), (data.X, 1e-3)):  # rounding adds up along a trajectory
        model, found = train(kind, X, data.y, num_iters)
        np.testing.assert_allclose(found, expected, rtol=tolerance)
        scale = np.abs(expected_W).max()
        np.testing.assert_allclose(model.W, expected_W, rtol=0, atol=tolerance * scale)


# A grid of models, trained and evaluated


def grid(plan, data):
    """A whole grid at once, against one model after another, and against the products alone."""
    return {kind: measure_grid(kind, plan, data) for kind in plan.grid_kinds}


def measure_grid(kind, plan, data):
    pairs, num_iters = pairs_of(kind, plan.grid_shape), plan.grid_iters
    found = {}

    def keep(name, function):
        found[name] = function(kind, data, pairs, num_iters)

    def ours():
        keep("ours", search)

    fast = {"ours": ours, "products": lambda: stacked_products(data, len(pairs), num_iters)}
    slow = {"ours": ours, "one by one": lambda: keep("one by one", one_after_another)}
    slow["textbook"] = lambda: keep("textbook", textbook_search)
    floor = summarize(in_turns(fast, plan.rounds), floor=("ours", "products"))
    others = summarize(
        in_turns(slow, plan.slow_rounds, warm_up=False),
        sequential=("one by one", "ours"),
        textbook=("textbook", "ours"),
    )
    compare_grids(found["ours"], found["one by one"], found["textbook"])
    return {
        "models": len(pairs),
        "iterations": num_iters,
        "seconds": others["seconds"] | floor["seconds"],
        "ratios": others["ratios"] | floor["ratios"],
    }


def pairs_of(kind, shape):
    """Return the pairs of a learning rate and a reg around those that train well, in a grid."""
    rates = RATES[kind] * np.geomspace(0.5, 2, shape[0]) if shape[0] > 1 else [RATES[kind]]
    regs = REGS[kind] * np.geomspace(0.1, 3, shape[1]) if shape[1] > 1 else [REGS[kind]]
    return list(product(map(float, rates), map(float, regs)))


def search(kind, data, pairs, num_iters):
    """Return {pair: (training accuracy, validation accuracy)}, as the two below."""
    rates, regs = (list(dict.fromkeys(column)) for column in zip(*pairs, strict=True))
    found = grid_search(
        CLASSIFIERS[kind][0], data.X, data.y, data.X_val, data.y_val, rates, regs, num_iters,
        BATCH_SIZE, rng=np.random.default_rng(0),
    )  # fmt: skip
    accuracies = zip(found.train_accuracy.flat, found.val_accuracy.flat, strict=True)
    return dict(zip(pairs, accuracies, strict=True))


def one_after_another(kind, data, pairs, num_iters):
    def accuracies(rate, reg):
        model, _ = train(kind, data.X, data.y, num_iters, rate, reg)
        pieces = ((data.X, data.y), (data.X_val, data.y_val))
        return tuple(np.mean(model.predict(X) == y) for X, y in pieces)

    return {pair: accuracies(*pair) for pair in pairs}


def textbook_search(kind, data, pairs, num_iters):
    def accuracies(rate, reg):
        W, _ = train_textbook(kind, data.X64, data.y, num_iters, rate, reg)
        pieces = ((data.X64, data.y), (X_val, data.y_val))
        return tuple(textbook.accuracy(W, X, y) for X, y in pieces)

    X_val = data.X_val.astype(np.float64)
    return {pair: accuracies(*pair) for pair in pairs}


def stacked_products(data, K, num_iters, rows=2000):
    """The products of K models alone, without gathering: minibatches are slices of X."""
    X, rng = data.X, np.random.default_rng(0)
    W = rng.standard_normal((X.shape[1], 10 * K)).astype(X.dtype)
    dscores = rng.standard_normal((BATCH_SIZE, 10 * K)).astype(X.dtype)
    for i in range(num_iters):
        start = i * BATCH_SIZE % (len(X) - BATCH_SIZE + 1)
        X_batch = X[start : start + BATCH_SIZE]
        X_batch @ W
        X_batch.T @ dscores
    for piece in (X, data.X_val):
        for start in range(0, len(piece), rows):
            piece[start : start + rows] @ W


def compare_grids(ours, *others):
    """Raise AssertionError unless all accuracies agree to half a percentage point.

    The weights agree to float rounding; of 1,000 images the odd one lies on a border.
    """
    for results in others:
        assert list(results) == list(ours)
        np.testing.assert_allclose(list(results.values()), list(ours.values()), rtol=0, atol=0.005)


def models(plan, data):
    """Seconds of a search by its number of models, ours and the products alone."""
    return {
        kind: {
            shape[0] * shape[1]: measure_models(kind, shape, plan, data) for shape in plan.shapes
        }
        for kind in plan.grid_kinds
    }


def measure_models(kind, shape, plan, data):
    pairs, num_iters = pairs_of(kind, shape), plan.models_iters
    sides = {
        "ours": lambda: search(kind, data, pairs, num_iters),
        "products": lambda: stacked_products(data, len(pairs), num_iters),
    }
    return summarize(in_turns(sides, plan.slow_rounds), floor=("ours", "products"))


# To the optimum, each time in a process of its own


def optimum(plan, data):
    """Return for each kind the target, and for each side its runs in sum."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        best.store(folder, data.X, data.y, data.X_test, data.y_test)
        for kind, target in plan.targets.items():
            best.compare(kind, data.X, data.y)
            runs = {side: [] for side in best.SIDES[kind] if side not in plan.left_out}
            for seed in range(plan.seeds):
                for side, done in runs.items():
                    if seed == 0 or side not in best.ONCE:
                        done.append(in_fresh_process(best.__name__, side, kind, seed, folder))
            sides = {side: sum_up(done, target) for side, done in runs.items()}
            found[kind] = {"target": target, "sides": sides}
    return found


def sum_up(runs, target):
    """Return the median time of some runs, all accuracies, and how many reach the target."""
    return {
        "seconds": statistics.median(run["seconds"] for run in runs),
        "peak": max(run["peak"] for run in runs),
        "accuracies": [run["accuracy"] for run in runs],
        "reached": sum(run["accuracy"] >= target for run in runs),
    }
