"""Hyperparameter search: a whole grid of linear classifiers trained in one pass over the data.

Models that see the same minibatches share the expensive part. With K of them side by side in one
matrix W (D, K*C), the scores of all are a single product X @ W, and so are their gradients: the
rows of X travel from memory once instead of K times, and the processor, which would wait for them
on the way to ten columns, has 10 * K columns to work on.

Between the two products nothing changes. A loss looks at one row of scores at a time, so the scores
(N, K*C) of K models are to it N*K rows of one.
"""

import itertools
from dataclasses import dataclass

import numpy as np
from tqdm.auto import trange

from cs231n.classifiers.inputs import as_float, check_examples, check_labels
from cs231n.classifiers.linear_classifier import Training, initial_weights


@dataclass
class GridSearch:
    """What a grid search found, for L learning rates and R regularization strengths.

    train_accuracy, val_accuracy (L, R)   NaN where training diverged
    losses (num_iters, L, R)              minibatch losses; NaN from where they stop being finite
    W (D, L, R, C)                        all weights; NaN where training diverged
    """

    classifier: type
    learning_rates: list
    regs: list
    train_accuracy: np.ndarray
    val_accuracy: np.ndarray
    losses: np.ndarray
    W: np.ndarray

    @property
    def results(self):
        """A dictionary: results[learning_rate, reg] = (training accuracy, validation accuracy)."""
        pairs = itertools.product(self.learning_rates, self.regs)
        cells = zip(pairs, self.train_accuracy.flat, self.val_accuracy.flat, strict=True)
        return {pair: (float(train), float(val)) for pair, train, val in cells}

    @property
    def best_index(self):
        """(row, column) of the best validation accuracy, the first of equals."""
        if np.isnan(self.val_accuracy).all():
            lowest = min(self.learning_rates)
            raise ValueError(f"every model diverged: lower the learning rates below {lowest:g}")
        return np.unravel_index(np.nanargmax(self.val_accuracy), self.val_accuracy.shape)

    @property
    def best(self):
        """(learning rate, reg, validation accuracy) of the best model."""
        row, column = self.best_index
        return self.learning_rates[row], self.regs[column], float(self.val_accuracy[row, column])

    @property
    def best_model(self):
        """The best model, a classifier ready to predict."""
        row, column = self.best_index
        model = self.classifier()
        model.W = self.W[:, row, column].copy()
        return model

    def __str__(self):
        """A line for each pair, in the order of the grid."""
        return "\n".join(
            f"lr {lr:.1e}  reg {reg:.1e}  training {train:.3f}  validation {val:.3f}"
            for (lr, reg), (train, val) in self.results.items()
        )


def grid_search(
    classifier, X, y, X_val, y_val, learning_rates, regs,
    num_iters=1500, batch_size=200, verbose=False, *, rng=None,
):  # fmt: skip
    """Train a classifier for each pair of learning rate and reg by plain SGD; return a GridSearch.

    classifier       LinearSVM, Softmax, or another class with a `loss_on_scores`
    X (N, D), y (N,) training set;  X_val, y_val  validation set

    All models start from the same weights and see the same minibatches, so they differ by their
    hyperparameters alone; each ends as classifier().train would leave it with the same rng. A model
    whose loss or weights stop being finite has diverged: it is dropped, the others go on.
    Raises ValueError for an empty grid, and for arguments that LinearClassifier.train would refuse.
    """
    X, y, X_val, y_val = as_float(X), np.asarray(y), as_float(X_val), np.asarray(y_val)
    learning_rates, regs = list(learning_rates), list(regs)
    L, R = len(learning_rates), len(regs)
    if L * R == 0:
        raise ValueError("the grid is empty: give at least one learning rate and one reg")
    pairs = itertools.product(learning_rates, regs)
    trainings = [Training(rate, reg, num_iters, batch_size) for rate, reg in pairs]
    check_examples(X, y)
    if X_val.ndim != 2 or X_val.shape[1] != X.shape[1]:
        raise ValueError(f"X_val must have shape (N, {X.shape[1]}), but it is {X_val.shape}")
    check_labels(y_val, len(X_val))
    rng = np.random if rng is None else rng
    W = initial_weights(rng, X, C=int(y.max()) + 1)

    with np.errstate(over="ignore", invalid="ignore"):
        W, losses = train_side_by_side(classifier, trainings, W, X, y, rng, verbose)
        train_accuracy = accuracies(W, X, y).reshape(L, R)
        val_accuracy = accuracies(W, X_val, y_val).reshape(L, R)
    return GridSearch(
        classifier, learning_rates, regs, train_accuracy, val_accuracy,
        losses.reshape(num_iters, L, R), W.reshape(-1, L, R, W.shape[-1]),
    )  # fmt: skip


def train_side_by_side(classifier, trainings, W, X, y, rng, verbose):
    """Train K models from the weights W (D, C) at once, as K trainings of equal length say.

    Returns their weights (D, K, C) and minibatch losses (num_iters, K), NaN for the diverged.
    """
    (D, C), K = W.shape, len(trainings)
    num_iters, batch_size = trainings[0].num_iters, trainings[0].batch_size
    learning_rates = np.array([training.learning_rate for training in trainings])
    regs = np.array([training.reg for training in trainings])
    # W - lr * (X.T @ dscores / N + 2 * reg * W) is decay * W - X.T @ (step * dscores)
    steps = (learning_rates / batch_size).repeat(C).astype(X.dtype)  # (K*C,)
    decays = (1 - 2 * learning_rates * regs).repeat(C).astype(X.dtype)  # (K*C,)
    W = np.tile(W, K)  # (D, K*C)
    alive = np.arange(K)  # the models that have not diverged
    losses = np.full((num_iters, K), np.nan)

    for iteration in trange(num_iters, desc="grid search", leave=False, disable=not verbose):
        batch = rng.choice(len(X), size=batch_size)
        X_batch = X[batch]
        scores = X_batch @ W  # (N, K*C)
        rows = np.asfortranarray(scores.reshape(-1, C))  # (N*K, C), in an order quick to add up
        row_losses, dscores = classifier.loss_on_scores(rows, y[batch].repeat(len(alive)))
        penalty = regs[alive] * np.einsum("ij,ij->j", W, W).reshape(-1, C).sum(axis=1)
        loss = row_losses.reshape(batch_size, -1).mean(axis=0) + penalty
        finite = np.isfinite(loss)
        losses[iteration, alive] = np.where(finite, loss, np.nan)

        W *= decays
        W -= X_batch.T @ (steps * dscores.reshape(scores.shape))

        if not finite.all():
            columns = finite.repeat(C)
            W, steps, decays, alive = W[:, columns], steps[columns], decays[columns], alive[finite]
            if len(alive) == 0:
                break

    all_W = np.full((D, K, C), np.nan, dtype=X.dtype)
    all_W[:, alive] = W.reshape(D, len(alive), C)
    return all_W, losses


def accuracies(W, X, y):
    """Return the accuracy (K,) of each model in W (D, K, C); NaN if its weights are not finite."""
    D, K, C = W.shape
    scores = (X @ W.reshape(D, K * C)).reshape(-1, K, C)
    correct = scores.argmax(axis=-1) == y[:, np.newaxis]  # (N, K)
    return np.where(np.isfinite(W).all(axis=(0, 2)), correct.mean(axis=0), np.nan)
