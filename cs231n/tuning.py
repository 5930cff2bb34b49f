"""Hyperparameter search: a whole grid of linear classifiers trained in one pass over the data.

Models that see the same minibatches share the expensive part. With K of them side by side in one
matrix W (D, K*C), the scores of all are a single product X @ W, and so are their gradients: the
rows of X travel from memory once instead of K times. Only the loss, a function of scores
(N, K, C), tells an SVM from a softmax classifier.
"""

import itertools
from dataclasses import dataclass

import numpy as np
from tqdm.auto import trange

from cs231n.classifiers.inputs import as_float, check_labels
from cs231n.classifiers.linear_classifier import check_training, initial_weights


@dataclass
class GridSearch:
    """What a grid search found, for L learning rates and R regularization strengths.

    train_accuracy, val_accuracy (L, R); NaN where training diverged. W (D, L, R, C) all weights.
    """

    learning_rates: list
    regs: list
    train_accuracy: np.ndarray
    val_accuracy: np.ndarray
    W: np.ndarray

    @property
    def best_index(self):
        """(row, column) of the best validation accuracy; the first of equals.

        Raises ValueError if every model diverged.
        """
        if np.isnan(self.val_accuracy).all():
            raise ValueError(
                f"every model diverged: lower the learning rates (the lowest is "
                f"{min(self.learning_rates):g})"
            )
        return np.unravel_index(np.nanargmax(self.val_accuracy), self.val_accuracy.shape)

    @property
    def best(self):
        """(learning rate, reg, validation accuracy, W (D, C)) of the best model."""
        row, column = self.best_index
        return (
            self.learning_rates[row],
            self.regs[column],
            float(self.val_accuracy[row, column]),
            self.W[:, row, column].copy(),
        )

    def __str__(self):
        """A line for each pair, in the order of the grid."""
        return "\n".join(
            f"lr {lr:.1e}  reg {reg:.1e}  "
            f"training {self.train_accuracy[row, column]:.3f}  "
            f"validation {self.val_accuracy[row, column]:.3f}"
            for row, lr in enumerate(self.learning_rates)
            for column, reg in enumerate(self.regs)
        )


def grid_search(
    loss_on_scores,
    X,
    y,
    X_val,
    y_val,
    learning_rates,
    regs,
    num_iters=1500,
    batch_size=200,
    verbose=False,
    *,
    rng=None,
):
    """Train a classifier for each pair of learning rate and reg by plain SGD; return a GridSearch.

    loss_on_scores   linear_svm.hinge_loss or softmax.cross_entropy_loss
    X (N, D), y (N,) training set;  X_val, y_val  validation set

    All models start from the same weights and see the same minibatches, so they differ by their
    hyperparameters alone; each ends as LinearClassifier.train would leave it with the same rng. A
    model whose weights stop being finite has diverged: its accuracies are NaN.
    Raises ValueError for an empty grid, and for arguments that LinearClassifier.train would refuse.
    """
    X, y, X_val, y_val = as_float(X), np.asarray(y), as_float(X_val), np.asarray(y_val)
    learning_rates, regs = list(learning_rates), list(regs)
    L, R = len(learning_rates), len(regs)
    if L * R == 0:
        raise ValueError("the grid is empty: give at least one learning rate and one reg")
    for learning_rate, reg in itertools.product(learning_rates, regs):
        check_training(X, y, None, learning_rate, reg, num_iters, batch_size, momentum=0.0)
    if X_val.ndim != 2 or X_val.shape[1] != X.shape[1]:
        raise ValueError(f"X_val must have shape (N, {X.shape[1]}), but it is {X_val.shape}")
    check_labels(y_val, len(X_val))
    rng = np.random if rng is None else rng
    C, D, K = int(y.max()) + 1, X.shape[1], L * R

    # One row of W's (K, C) models for each pair, learning rates outermost.
    lr = np.repeat(learning_rates, R).astype(X.dtype)[:, np.newaxis]  # (K, 1)
    decay = (1 - 2 * np.repeat(learning_rates, R) * np.tile(regs, L)).astype(X.dtype)[:, None]
    W = np.repeat(initial_weights(rng, X, C)[:, np.newaxis], K, axis=1)  # (D, K, C)

    with np.errstate(over="ignore", invalid="ignore"):
        for _ in trange(num_iters, desc="grid search", leave=False, disable=not verbose):
            batch = rng.choice(len(X), batch_size, replace=True)
            X_batch = X[batch]
            scores = (X_batch @ W.reshape(D, K * C)).reshape(batch_size, K, C)
            _, dscores = loss_on_scores(scores, y[batch])
            # W - lr * (X.T @ dscores + 2 * reg * W), with lr moved onto the small dscores
            W *= decay
            W -= (X_batch.T @ (lr * dscores).reshape(batch_size, K * C)).reshape(D, K, C)

        train_accuracy = accuracies(W, X, y).reshape(L, R)
        val_accuracy = accuracies(W, X_val, y_val).reshape(L, R)
    return GridSearch(learning_rates, regs, train_accuracy, val_accuracy, W.reshape(D, L, R, C))


def accuracies(W, X, y, rows=2000):
    """Return the accuracy (K,) of each model in W (D, K, C); NaN if its weights are not finite."""
    D, K, C = W.shape
    correct = np.zeros(K)
    for start in range(0, len(X), rows):  # in pieces: all scores at once would take N * K * C
        scores = (X[start : start + rows] @ W.reshape(D, K * C)).reshape(-1, K, C)
        correct += (scores.argmax(axis=-1) == y[start : start + rows, np.newaxis]).sum(axis=0)
    finite = np.isfinite(W).all(axis=(0, 2))
    return np.where(finite, correct / len(X), np.nan)
