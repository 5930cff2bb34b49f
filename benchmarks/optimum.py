"""The time to a good classifier: ours, PyTorch and scikit-learn, each with its best settings.

    python -m benchmarks.optimum SIDE svm|softmax SEED FOLDER

trains once in a process of its own, on the arrays that `store` has put into FOLDER, and prints the
seconds and the accuracy on all test images. The clock runs from rows in memory, in the dtype and
scale that the library likes best, to trained weights; a short training before it warms up.

Ours, PyTorch and SGDClassifier report the mean of the weights on the way, not the last ones (Polyak
and Juditsky, 1992): steps may then be so large that the last weights alone would be poor, and one
or two passes over the images are enough.

The settings were searched on CIFAR-10 (JPEG re-encoding), those that reach the target soonest on at
least four of five seeds. scikit-learn's classifiers bring their own bias, and get pixels divided by
their standard deviation; that suits them best, and is done before the clock runs.
"""

import json
import os
import sys
import time
import warnings
from pathlib import Path

import numpy as np

from benchmarks.measure import peak_memory
from cs231n.classifiers import LinearSVM, Softmax

SGD = {  # ours and PyTorch's: batches of 200, momentum 0.9
    "softmax": {"learning_rate": 3.5e-6, "reg": 120.0, "num_iters": 400},
    "svm": {"learning_rate": 3.5e-7, "reg": 300.0, "num_iters": 350},
}
BATCH_SIZE, MOMENTUM = 200, 0.9
SGD_CLASSIFIER = {
    "softmax": {"loss": "log_loss", "alpha": 1e-2, "eta0": 3e-4},
    "svm": {"loss": "hinge", "alpha": 1e-2, "eta0": 1e-4},
}
SIDES = {
    "softmax": ("ours", "PyTorch", "PyTorch autograd", "SGDClassifier", "LogisticRegression"),
    "svm": ("ours", "PyTorch", "PyTorch autograd", "SGDClassifier", "LinearSVC"),
}
ONCE = ("LogisticRegression", "LinearSVC")  # slow; and the first uses no random numbers


class Averaged:
    """Adds up the weights whose loss is asked for, which `train` does once an iteration."""

    total = 0.0

    def loss(self, X_batch, y_batch, reg):
        self.total = self.total + self.W
        return super().loss(X_batch, y_batch, reg)


class AveragedSVM(Averaged, LinearSVM):
    pass


class AveragedSoftmax(Averaged, Softmax):
    pass


def ours(kind, X, y, seed, num_iters=None):
    settings = SGD[kind] | ({"num_iters": num_iters} if num_iters else {})
    settings |= {"batch_size": BATCH_SIZE, "momentum": MOMENTUM}
    model = {"svm": AveragedSVM, "softmax": AveragedSoftmax}[kind]()
    model.train(X, y, **settings, rng=np.random.default_rng(seed))
    return model.total / settings["num_iters"]


def pytorch(kind, X, y, seed, num_iters=None):
    """The same SGD in PyTorch: same weights at the start, same minibatches, same steps.

    The gradient is written out, which may save time over pytorch_autograd.
    """
    import torch

    settings, rng = SGD[kind], np.random.default_rng(seed)
    rate, reg = settings["learning_rate"], settings["reg"]
    num_iters = num_iters or settings["num_iters"]
    W = torch.from_numpy(initial_weights(rng, X))
    velocity, total, rows = torch.zeros_like(W), torch.zeros_like(W), torch.arange(BATCH_SIZE)
    X_batch = torch.empty((BATCH_SIZE, X.shape[1]))
    with torch.no_grad():
        for _ in range(num_iters):
            total += W
            batch = torch.from_numpy(rng.choice(len(X), BATCH_SIZE))
            torch.index_select(X, 0, batch, out=X_batch)
            dscores = SCORE_GRADIENTS[kind](X_batch @ W, y[batch], rows)
            velocity.mul_(MOMENTUM).add_(W, alpha=-2 * rate * reg)
            velocity.addmm_(X_batch.T, dscores, alpha=-rate / BATCH_SIZE)
            W += velocity
    return total.numpy() / num_iters


def initial_weights(rng, X):
    return (0.0001 * rng.standard_normal((X.shape[1], 10))).astype(np.float32)


def softmax_gradient(scores, y, rows):
    dscores = scores.softmax(dim=1)
    dscores[rows, y] -= 1
    return dscores


def svm_gradient(scores, y, rows):
    dscores = (scores - scores[rows, y].unsqueeze(1) + 1 > 0).to(scores.dtype)
    dscores[rows, y] = 0
    dscores[rows, y] = -dscores.sum(dim=1)
    return dscores


SCORE_GRADIENTS = {"softmax": softmax_gradient, "svm": svm_gradient}


def pytorch_autograd(kind, X, y, seed, num_iters=None):
    """The same SGD as most people write it: autograd and torch.optim.SGD."""
    import torch
    from torch.nn import functional

    settings, rng = SGD[kind], np.random.default_rng(seed)
    rate, decay = settings["learning_rate"], 2 * settings["reg"]
    num_iters = num_iters or settings["num_iters"]
    weight = torch.from_numpy(np.ascontiguousarray(initial_weights(rng, X).T)).requires_grad_()
    total = torch.zeros_like(weight, requires_grad=False)
    optimizer = torch.optim.SGD([weight], lr=rate, momentum=MOMENTUM, weight_decay=decay)
    for _ in range(num_iters):
        total += weight.detach()
        batch = torch.from_numpy(rng.choice(len(X), BATCH_SIZE))
        scores = functional.linear(X[batch], weight)
        if kind == "softmax":
            loss = functional.cross_entropy(scores, y[batch])
        else:  # PyTorch divides the sum over the wrong classes by the number of classes
            loss = 10 * functional.multi_margin_loss(scores, y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return total.numpy().T / num_iters


PYTORCH = {"PyTorch": pytorch, "PyTorch autograd": pytorch_autograd}


def scikit_learn(name, kind, seed, threads):
    """Return the estimator `name` with its best settings for a target."""
    from sklearn.linear_model import LogisticRegression, SGDClassifier
    from sklearn.svm import LinearSVC

    if name == "SGDClassifier":  # averaged, one epoch
        settings = {"learning_rate": "constant", "average": True, "max_iter": 1, "tol": None}
        settings |= SGD_CLASSIFIER[kind] | {"n_jobs": threads, "random_state": seed}
        return SGDClassifier(**settings)
    if name == "LogisticRegression":  # stopped early: it is good long before it has converged
        return LogisticRegression(C=4e-4, max_iter=22, random_state=seed)
    return LinearSVC(C=3e-6, dual=True, max_iter=2, random_state=seed)  # squared hinge, 2 epochs


def prepare(side, kind, seed, X, y):
    """Return train(), which returns weights (D, C) that take rows like X; warmed up."""
    if side == "ours":
        ours(kind, X, y, seed, num_iters=20)
        return lambda: ours(kind, X, y, seed)
    if side in PYTORCH:
        import torch

        tensors = torch.from_numpy(X), torch.from_numpy(y)  # the same memory
        PYTORCH[side](kind, *tensors, seed, num_iters=20)
        return lambda: PYTORCH[side](kind, *tensors, seed)
    from sklearn.exceptions import ConvergenceWarning

    warnings.simplefilter("ignore", ConvergenceWarning)  # stopped early on purpose
    threads, scale = int(os.environ["OMP_NUM_THREADS"]), X[:, :-1].std(axis=0)
    pixels = X[:, :-1] / scale
    scikit_learn(side, kind, seed, threads).fit(pixels[:500], y[:500])
    return lambda: weights(scikit_learn(side, kind, seed, threads).fit(pixels, y), scale)


def weights(estimator, scale):
    """Return the weights (D, C) of an estimator trained on pixels divided by `scale`."""
    return np.vstack([estimator.coef_.T / scale[:, np.newaxis], estimator.intercept_])


def compare(kind, X, y, num_iters=50):
    """Raise AssertionError unless PyTorch takes the same steps as we do."""
    import torch

    tensors = torch.from_numpy(X), torch.from_numpy(y)
    expected = ours(kind, X, y, 0, num_iters)
    for train in PYTORCH.values():
        W = train(kind, *tensors, 0, num_iters)
        # float32 keeps 7 digits; rounding adds up along the way, and flips a few hinges.
        np.testing.assert_allclose(W, expected, rtol=0, atol=1e-3 * np.abs(expected).max())


def accuracy(W, X_test, y_test):
    return float(np.mean((X_test @ W).argmax(axis=1) == y_test))


def store(folder, X, y, X_test, y_test):
    for name, array in {"X": X, "y": y, "X_test": X_test, "y_test": y_test}.items():
        np.save(Path(folder) / f"{name}.npy", array)


def main(side, kind, seed, folder):
    names = ("X", "y", "X_test", "y_test")
    X, y, X_test, y_test = (np.load(Path(folder) / f"{name}.npy") for name in names)
    train = prepare(side, kind, int(seed), X, y)
    start = time.perf_counter()
    W = train()
    seconds = time.perf_counter() - start
    result = {"seconds": seconds, "accuracy": accuracy(W, X_test, y_test)}
    print(json.dumps(result | {"peak": peak_memory()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
