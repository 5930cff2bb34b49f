"""Hyperparameter search, and fair comparisons: many linear classifiers trained side by side.

Models that see the same minibatches share the expensive part. With K of them side by side in one
matrix W (D, K*C), the scores of all are a single product X @ W, and so are their gradients: the
rows of X travel from memory once instead of K times, to a processor busy with K*C columns.

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
        model = self.classifier()
        model.W = self.W[:, *self.best_index].copy()
        return model

    def __str__(self):
        """A line for each pair, in the order of the grid."""
        pairs = itertools.product(self.learning_rates, self.regs)
        cells = zip(pairs, self.train_accuracy.flat, self.val_accuracy.flat, strict=True)
        return "\n".join(
            f"lr {lr:.1e}  reg {reg:.1e}  training {train:.3f}  validation {val:.3f}"
            for (lr, reg), train, val in cells
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
    whose loss or weights stop being finite has diverged, and spoils none of the others.
    Raises ValueError for an empty grid, and for arguments that LinearClassifier.train would refuse.
    """
    X, y, X_val, y_val = as_float(X), np.asarray(y), as_float(X_val), np.asarray(y_val)
    learning_rates, regs = list(learning_rates), list(regs)
    L, R = len(learning_rates), len(regs)
    check_examples(X, y)
    if X_val.ndim != 2 or X_val.shape[1] != X.shape[1]:
        raise ValueError(f"X_val must have shape (N, {X.shape[1]}), but it is {X_val.shape}")
    check_labels(y_val, len(X_val))

    pairs = enumerate(itertools.product(learning_rates, regs))
    settings = {k: {"learning_rate": rate, "reg": reg} for k, (rate, reg) in pairs}
    length = num_iters, batch_size, verbose
    models, losses = train_together(classifier, X, y, settings, *length, rng=rng)
    W = np.stack([model.W for model in models.values()], axis=1)  # (D, L*R, C)
    return GridSearch(
        classifier, learning_rates, regs,
        accuracies(W, X, y).reshape(L, R), accuracies(W, X_val, y_val).reshape(L, R),
        np.transpose(list(losses.values())).reshape(-1, L, R), W.reshape(-1, L, R, W.shape[-1]),
    )  # fmt: skip


@np.errstate(over="ignore", invalid="ignore")
def train_together(
    classifier, X, y, settings, num_iters=1500, batch_size=200, verbose=False, *, rng=None
):
    """Train a model for each of the settings, from the same weights and on the same minibatches.

    settings   {name: {"learning_rate": ..., "reg": ..., "momentum": ..., "schedule": ...}}, as in
               LinearClassifier.train; momentum and schedule may be left out

    Returns {name: model} and {name: minibatch losses (num_iters,)}; a model that diverged has W and
    all further losses NaN. Raises ValueError for what LinearClassifier.train would refuse.
    """
    X, y = as_float(X), np.asarray(y)
    length = {"num_iters": num_iters, "batch_size": batch_size}
    trainings = [Training(**setting, **length) for setting in settings.values()]
    if not trainings:
        raise ValueError("the grid is empty: there is no model to train")
    check_examples(X, y)
    rng = np.random if rng is None else rng
    K, C = len(trainings), int(y.max()) + 1
    regs, momenta = np.transpose([(training.reg, training.momentum) for training in trainings])
    W = np.tile(initial_weights(rng, X, C), K)  # (D, K*C)
    velocity = np.zeros_like(W)
    alive = np.ones(K, dtype=bool)  # the models that have not diverged
    losses = np.full((K, num_iters), np.nan)

    def columns(numbers):
        return numbers.repeat(C).astype(X.dtype)  # one for each model -> one for each column of W

    for iteration in trange(num_iters, desc=classifier.__name__, leave=False, disable=not verbose):
        batch = rng.choice(len(X), size=batch_size)
        X_batch = X[batch]
        scores = X_batch @ W  # (N, K*C)
        rows = np.asfortranarray(scores.reshape(-1, C))  # (N*K, C), in an order quick to add up
        row_losses, dscores = classifier.loss_on_scores(rows, y[batch].repeat(K))
        penalty = regs * np.einsum("ij,ij->j", W, W).reshape(K, C).sum(axis=1)
        loss = row_losses.reshape(batch_size, K).mean(axis=0) + penalty
        alive &= np.isfinite(loss)
        if not alive.any():
            break
        losses[alive, iteration] = loss[alive]

        rates = np.array([training.step(iteration) for training in trainings])
        downhill = X_batch.T @ (columns(rates / batch_size) * dscores.reshape(scores.shape))
        if momenta.any():  # in place: new arrays of this size cost as much as a product
            velocity *= columns(momenta)
            velocity -= downhill
            velocity -= columns(2 * rates * regs) * W
            W += velocity
        else:  # the same, without an array of velocities
            W *= columns(1 - 2 * rates * regs)
            W -= downhill

    models = {name: classifier() for name in settings}
    for model, weights, finite in zip(models.values(), np.hsplit(W, K), alive, strict=True):
        model.W = weights.copy() if finite else np.full_like(weights, np.nan)
    return models, dict(zip(settings, losses, strict=True))


@np.errstate(invalid="ignore")
def accuracies(W, X, y):
    """Return the accuracy (K,) of each model in W (D, K, C); NaN if its weights are not finite."""
    D, K, C = W.shape
    scores = (X @ W.reshape(D, K * C)).reshape(-1, K, C)
    correct = scores.argmax(axis=-1) == y[:, np.newaxis]  # (N, K)
    return np.where(np.isfinite(W).all(axis=(0, 2)), correct.mean(axis=0), np.nan)
