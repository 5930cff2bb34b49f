"""Losses, training and grid search: ours, a textbook solution, and the floor under both.

The floor is the matrix products alone, and what else no implementation can leave out. Every stage
first asserts that all sides compute the same numbers, then measures them in turns.
"""

import itertools
import statistics

import numpy as np

from benchmarks import textbook
from benchmarks.measure import in_turns, ratio
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


def summarize(seconds, **ratios):
    """Return {"seconds": medians, "ratios": ...}; a ratio is given as (name, to)."""
    return {
        "seconds": {name: statistics.median(values) for name, values in seconds.items()},
        "ratios": {name: ratio(seconds, *pair) for name, pair in ratios.items()},
    }


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


def measure_training(kind, X, X64, y, num_iters, rounds, batch_size=200):
    """SGD with our classifier on float32, with the textbook's loop on float64, and the floor."""
    classifier, loss = CLASSIFIERS[kind]
    settings = (RATES[kind], REGS[kind], num_iters, batch_size)
    compare_training(kind, X, X64, y, batch_size)

    def floor():
        rng = np.random.default_rng(0)
        W = np.zeros((X.shape[1], 10), dtype=X.dtype)
        dscores = np.zeros((batch_size, 10), dtype=X.dtype)
        for _ in range(num_iters):
            X_batch = X[rng.choice(len(X), batch_size)]
            X_batch @ W
            W -= X_batch.T @ dscores

    sides = {
        "ours": lambda: classifier().train(X, y, *settings, rng=np.random.default_rng(0)),
        "floor": floor,
        "textbook": lambda: textbook.train(loss, X64, y, *settings, np.random.default_rng(0)),
    }
    seconds = in_turns(sides, rounds)
    return summarize(seconds, floor=("ours", "floor"), textbook=("textbook", "ours"))


def compare_training(kind, X, X64, y, batch_size, num_iters=100):
    classifier, loss = CLASSIFIERS[kind]
    settings = (RATES[kind], REGS[kind], num_iters, batch_size)
    expected_W, expected = textbook.train(loss, X64, y, *settings, np.random.default_rng(0))
    for data, tolerance in ((X64, 1e-9), (X, 1e-3)):  # rounding adds up along a trajectory
        model = classifier()
        losses = model.train(data, y, *settings, rng=np.random.default_rng(0))
        np.testing.assert_allclose(losses, expected, rtol=tolerance)
        scale = np.abs(expected_W).max()
        np.testing.assert_allclose(model.W, expected_W, rtol=0, atol=tolerance * scale)


def grid(kind, rows, columns):
    """Return `rows` learning rates and `columns` regs around those that train well."""
    rates = RATES[kind] * np.geomspace(0.5, 2, rows) if rows > 1 else [RATES[kind]]
    regs = REGS[kind] * np.geomspace(0.1, 3, columns) if columns > 1 else [REGS[kind]]
    return [float(rate) for rate in rates], [float(reg) for reg in regs]


def search(kind, X, y, X_val, y_val, rates, regs, num_iters, batch_size=200):
    return grid_search(
        CLASSIFIERS[kind][0], X, y, X_val, y_val, rates, regs, num_iters, batch_size,
        rng=np.random.default_rng(0),
    )  # fmt: skip


def one_after_another(kind, X, y, X_val, y_val, rates, regs, num_iters, batch_size=200):
    """Our classifier, trained and evaluated for one pair after another: {pair: accuracies}."""
    results = {}
    for rate in rates:
        for reg in regs:
            model, rng = CLASSIFIERS[kind][0](), np.random.default_rng(0)
            model.train(X, y, rate, reg, num_iters, batch_size, rng=rng)
            pieces = ((X, y), (X_val, y_val))
            results[rate, reg] = tuple(np.mean(model.predict(A) == b) for A, b in pieces)
    return results


def textbook_search(kind, X, y, X_val, y_val, rates, regs, num_iters, batch_size=200):
    results, loss = {}, CLASSIFIERS[kind][1]
    for rate in rates:
        for reg in regs:
            rng = np.random.default_rng(0)
            W, _ = textbook.train(loss, X, y, rate, reg, num_iters, batch_size, rng)
            pieces = ((X, y), (X_val, y_val))
            results[rate, reg] = tuple(textbook.accuracy(W, A, b) for A, b in pieces)
    return results


def stacked_products(X, X_val, K, num_iters, batch_size=200, rows=2000):
    """The products of K models alone, without gathering: minibatches are slices of X."""
    rng = np.random.default_rng(0)
    W = rng.standard_normal((X.shape[1], 10 * K)).astype(X.dtype)
    dscores = rng.standard_normal((batch_size, 10 * K)).astype(X.dtype)
    for i in range(num_iters):
        start = i * batch_size % (len(X) - batch_size + 1)
        X_batch = X[start : start + batch_size]
        X_batch @ W
        X_batch.T @ dscores
    for data in (X, X_val):
        for start in range(0, len(data), rows):
            data[start : start + rows] @ W


def measure_grid(kind, X, X64, y, X_val, y_val, shape, num_iters, rounds, slow_rounds):
    """A whole grid at once, against one model after another; training and evaluation both."""
    rates, regs = grid(kind, *shape)
    data, K = (y, X_val, y_val), len(rates) * len(regs)
    val64 = (y, X_val.astype(np.float64), y_val)
    found = {}

    def keep(name, function, *args):
        found[name] = function(*args)

    fast = {
        "ours": lambda: keep("ours", search, kind, X, *data, rates, regs, num_iters),
        "products": lambda: stacked_products(X, X_val, K, num_iters),
    }
    slow = {
        "ours": fast["ours"],
        "one by one": lambda: keep(
            "one by one", one_after_another, kind, X, *data, rates, regs, num_iters
        ),
        "textbook": lambda: keep(
            "textbook", textbook_search, kind, X64, *val64, rates, regs, num_iters
        ),
    }
    floor = summarize(in_turns(fast, rounds), floor=("ours", "products"))
    others = summarize(
        in_turns(slow, slow_rounds, warm_up=False),
        sequential=("one by one", "ours"),
        textbook=("textbook", "ours"),
    )
    ours = found["ours"]
    cells = zip(ours.train_accuracy.flat, ours.val_accuracy.flat, strict=True)
    ours = dict(zip(itertools.product(rates, regs), cells, strict=True))
    compare_grids(ours, found["one by one"], found["textbook"])
    return {
        "models": K,
        "iterations": num_iters,
        "seconds": others["seconds"] | floor["seconds"],
        "ratios": others["ratios"] | floor["ratios"],
    }


def compare_grids(ours, *others):
    """Raise AssertionError unless all accuracies agree to half a percentage point.

    The weights agree to float rounding; of 1,000 images the odd one lies on a border.
    """
    for results in others:
        assert list(results) == list(ours)
        np.testing.assert_allclose(list(results.values()), list(ours.values()), rtol=0, atol=0.005)


def measure_number_of_models(kind, X, y, X_val, y_val, shapes, num_iters, rounds):
    """Seconds of a search by its number of models, ours and the products alone."""
    costs = {}
    for shape in shapes:
        rates, regs = grid(kind, *shape)
        K = len(rates) * len(regs)
        sides = {
            "ours": lambda rates=rates, regs=regs: search(
                kind, X, y, X_val, y_val, rates, regs, num_iters
            ),
            "products": lambda K=K: stacked_products(X, X_val, K, num_iters),
        }
        costs[K] = summarize(in_turns(sides, rounds), floor=("ours", "products"))
    return costs
