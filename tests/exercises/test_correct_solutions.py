"""The solutions in tests/correct_solutions are right, so a self-check that marks one is wrong.

Each is compared with this repository's naive functions. The numbers of every problem are small
multiples of powers of two, so that scores and margins are exact in float32, too, in whatever order
they are added up: what differs between two right solutions is the rounding after that.
"""

import ast
import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from cs231n.classifiers import LinearClassifier
from cs231n.classifiers.linear_svm import svm_loss_naive, svm_loss_vectorized
from cs231n.classifiers.softmax import cross_entropy_loss, softmax_loss_naive

FILES = sorted((Path(__file__).parent / "correct_solutions").glob("*.py"))
LOSSES = [
    f"{loss}_loss_{version}" for loss in ("svm", "softmax") for version in ("naive", "vectorized")
]


def load(file):
    spec = importlib.util.spec_from_file_location(f"correct_solutions_{file.stem}", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MODULES = {file.stem: load(file) for file in FILES}
SOLUTIONS = [
    pytest.param(stem, name, getattr(module, name), id=f"{stem}-{name}")
    for stem, module in MODULES.items()
    for name in LOSSES
    if hasattr(module, name)
]
CLASSIFIERS = [
    pytest.param(module.Classifier, id=stem)
    for stem, module in MODULES.items()
    if hasattr(module, "Classifier")
]


def draw(seed, N, D, C, *, scale=1, labels=None, dtype=np.float64, reg=0.25, offset=0, ties=False):
    """Return W, X, y, reg; scores are multiples of scale/16, and no margin is 0 unless `ties`."""
    rng = np.random.default_rng(seed)
    while True:
        W = rng.integers(-8, 9, (D, C)) / 4
        X = rng.integers(-8, 9, (N, D)) / 4 * scale
        X[:, -1], W[-1] = 1, W[-1] + offset  # a bias
        y = rng.choice(np.arange(C) if labels is None else labels, N)
        scores = X @ W
        if ties == np.any(scores - scores[np.arange(N), y][:, None] + 1 == 0):
            return W.astype(dtype), X.astype(dtype), y, reg


PROBLEMS = {
    "C = 7": draw(1, 20, 9, 7),
    "C = 12": draw(2, 25, 6, 12),
    "C = 2": draw(3, 9, 5, 2),
    "N = 1": draw(4, 1, 6, 5),
    "N < C": draw(5, 4, 7, 11),
    "N == C": draw(6, 6, 8, 6),
    "N == D == C": draw(7, 5, 5, 5),
    "N > D": draw(8, 30, 3, 4),
    "N < D": draw(9, 8, 40, 9),
    "absent classes": draw(10, 12, 5, 6, labels=[1, 4]),
    "W = 0": (np.zeros((6, 8)), *draw(11, 10, 6, 8)[1:]),
    "reg = 0": draw(12, 10, 6, 4, reg=0.0),
    "scores near 1e3": draw(13, 10, 6, 5, offset=1000, reg=0.0),
    "scores of +-1e3": draw(14, 10, 6, 5, scale=2.0**8),
    "scores of +-1e6": draw(15, 10, 6, 5, scale=2.0**18),
    "float32": draw(16, 20, 9, 7, dtype=np.float32),
    "float32 near 1e3": draw(17, 10, 6, 5, offset=1000, dtype=np.float32, reg=0.0),
    "float32 of +-1e3": draw(18, 10, 6, 5, scale=2.0**8, dtype=np.float32),
    "float32 of +-1e6": draw(19, 10, 6, 5, scale=2.0**18, dtype=np.float32),
    "exact ties": draw(20, 30, 6, 5, ties=True),
}
for arrays in PROBLEMS.values():
    for array in arrays[:3]:
        array.flags.writeable = False  # a solution that modifies its inputs raises


def right(stem, name, W, X, y, reg):
    """Return loss and dW of the naive functions in float64, by the convention of a file."""
    W, X = W.astype(float), X.astype(float)
    if name.startswith("softmax"):
        loss, dW = softmax_loss_naive(W, X, y, 0.0)
    else:
        loss = svm_loss_naive(W, X, y, 0.0)[0]
        # A slightly larger margin counts the ties; the nearest other margin is 1/16 away.
        dW = svm_loss_naive(W, X, y, 0.0, margin=1 + (stem == "greater_or_equal") / 64)[1]
    penalty = reg / 2 if stem.startswith("half_") else reg
    return loss + penalty * np.sum(W * W), dW + 2 * penalty * W


@pytest.mark.parametrize(("stem", "name", "function"), SOLUTIONS)
def test_solution_agrees_with_the_reference_on_every_problem(stem, name, function):
    for title, (W, X, y, reg) in PROBLEMS.items():
        with np.errstate(divide="ignore", over="raise", invalid="raise"):  # log(0) may be taken
            loss, dW = function(W, X, y, reg)
        true_loss, true_dW = right(stem, name, W, X, y, reg)
        assert type(dW) is np.ndarray and dW.shape == W.shape
        single = np.float32 in (W.dtype, X.dtype, dW.dtype)
        eps, limit = np.finfo(np.float32 if single else np.float64).eps, 80 if single else 700
        # At most N * C < 400 numbers are added up. log(sum(exp(s))) is rounded at the size of s.
        scores = X.astype(float) @ W
        largest = max(1, np.abs(scores).max()) if name.startswith("softmax") else 1
        tolerance = 4 * eps * largest
        if not (loss == np.inf and cross_entropy_loss(scores, y)[0].max() > limit):  # p underflows
            np.testing.assert_allclose(loss, true_loss, 200 * eps, tolerance, err_msg=title)
        part = W.shape[1] * np.abs(X).max() + reg * np.abs(W).max()
        tolerance = 200 * eps * part + tolerance * np.abs(X).max()
        np.testing.assert_allclose(dW, true_dW, 0, tolerance, err_msg=title)


def recorded(Classifier):
    """Return an object of a subclass of Classifier that has a loss, and notes its calls."""

    class Recorded(Classifier):
        def loss(self, X_batch, y_batch, reg):
            self.calls.append((self.W.copy(), X_batch.copy(), y_batch.copy(), reg))
            return svm_loss_vectorized(self.W, X_batch, y_batch, reg)

    model = Recorded()
    model.calls = []
    return model


@pytest.mark.parametrize("Classifier", CLASSIFIERS)
@pytest.mark.parametrize(("N", "batch_size"), [(7, 16), (7, 3), (1, 1)])
def test_train_takes_batches_of_the_data_and_steps_against_the_gradient(Classifier, N, batch_size):
    X = np.random.default_rng(0).standard_normal((N, 5))
    X[:, 0] = np.arange(N)
    y = np.array([3, 0, 2, 2, 5, 0, 1])[:N]
    X.flags.writeable = y.flags.writeable = False
    model = recorded(Classifier)
    losses = model.train(X, y, learning_rate=1e-2, reg=0.1, num_iters=40, batch_size=batch_size)
    assert np.abs(model.calls[0][0]).max() < 0.01  # small weights to start from
    losses += model.train(X, y, 1e-2, 0.1, 40, batch_size, verbose=False, rng=None)

    assert type(losses) is list and len(losses) == len(model.calls) == 80
    assert model.W.shape == (5, y.max() + 1)
    after = [call[0] for call in model.calls[1:]] + [model.W]
    for loss, (W, X_batch, y_batch, reg), W_after in zip(losses, model.calls, after, strict=True):
        rows = X_batch[:, 0].astype(int)
        assert len(rows) == batch_size and reg == 0.1
        assert np.array_equal(X_batch, X[rows]) and np.array_equal(y_batch, y[rows])
        value, dW = svm_loss_vectorized(W, X_batch, y_batch, reg)
        # Another memory order of W or X may round the products otherwise, in the last digits.
        assert float(loss) == pytest.approx(value, rel=1e-12)
        assert np.allclose(W_after, W - 1e-2 * dW, rtol=0, atol=1e-14)
    assert {row for call in model.calls for row in call[1][:, 0]} == set(range(N))


@pytest.mark.parametrize("Classifier", CLASSIFIERS)
def test_predict_returns_a_label_of_the_largest_score(Classifier):
    for W, X, _, _ in PROBLEMS.values():
        model = Classifier()
        model.W = W
        labels = model.predict(X)
        assert labels.shape == (len(X),)
        assert np.array_equal(labels, labels.astype(int))
        scores = X @ W
        assert np.array_equal(scores[np.arange(len(X)), labels.astype(int)], scores.max(axis=1))


def test_there_are_40_solutions_and_10_classifiers():
    assert len(FILES) >= 40
    solved = [*LOSSES, "Classifier"]
    assert all(any(hasattr(module, name) for name in solved) for module in MODULES.values())
    assert len(CLASSIFIERS) >= 10
    assert all(issubclass(param.values[0], LinearClassifier) for param in CLASSIFIERS)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_solution_imports_only_numpy_the_standard_library_and_the_base_class(file):
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names = {alias.name.split(".")[0] for alias in node.names}
            assert names <= {"numpy", *sys.stdlib_module_names}
        elif isinstance(node, ast.ImportFrom) and node.module not in sys.stdlib_module_names:
            assert node.module == "cs231n.classifiers.linear_classifier"
            assert [alias.name for alias in node.names] == ["LinearClassifier"]
