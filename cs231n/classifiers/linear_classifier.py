"""A linear classifier trained by stochastic gradient descent; LinearSVM and Softmax add the loss.

One step takes a random minibatch, and moves the weights against the gradient of its loss:

    velocity <- momentum * velocity - learning_rate * schedule(progress) * dW
    W        <- W + velocity

With the defaults (momentum 0, no schedule) that is plain SGD, W <- W - learning_rate * dW.

Source: CS231n course notes, https://cs231n.github.io/optimization-1/ and /neural-networks-3/#sgd
"""

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from tqdm.auto import trange

from cs231n.classifiers.inputs import as_float, check_examples


class LinearClassifier:
    """Weights W (D, C), or None before training, and what can be done with them."""

    W = None

    def train(
        self, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, verbose=False,
        *, momentum=0.0, schedule=None, rng=None,
    ):  # fmt: skip
        """Train by SGD on X (N, D), y (N,); return the minibatch losses, one an iteration.

        Minibatches are drawn with replacement. Training goes on from self.W if it is set;
        otherwise W starts as 0.0001 times normal random numbers, in X's dtype, with as many
        columns as y has classes (its greatest label + 1).

        verbose    show a progress bar, and the loss every 100 iterations
        momentum   in [0, 1): how much of the last step is carried into the next
        schedule   a function of progress in [0, 1) that returns a factor for learning_rate
                   (see cosine_decay); None keeps it constant
        rng        a np.random.Generator or RandomState; None means NumPy's global generator

        If the loss stops being finite, training stops there, self.W keeps the last weights whose
        loss was finite, a RuntimeWarning tells why, and the list ends with the last finite loss.
        Raises ValueError for arguments that cannot work, before anything is changed.
        """
        X, y = as_float(X), np.asarray(y)
        training = Training(learning_rate, reg, num_iters, batch_size, momentum, schedule)
        check_examples(X, y, self.W)
        rng = np.random if rng is None else rng
        if self.W is None:
            self.W = initial_weights(rng, X, C=int(y.max()) + 1)
        momentum = float(momentum)  # a np.float64 would widen W

        losses = []
        last_finite_W = self.W
        velocity = 0.0
        bar = trange(num_iters, desc=type(self).__name__, leave=False, disable=not verbose)
        with np.errstate(over="ignore", invalid="ignore"), bar:
            for iteration in bar:
                # Draw with the given rng: any of three kinds of generator; all have `choice`.
                ### BEGIN SOLUTION
                batch = rng.choice(len(X), batch_size, replace=True)
                X_batch, y_batch = X[batch], y[batch]
                ### END SOLUTION
                loss, dW = self.loss(X_batch, y_batch, reg)
                if not math.isfinite(loss):
                    self.W = last_finite_W
                    training.warn_diverged(iteration, loss)
                    break
                losses.append(float(loss))
                last_finite_W = self.W.copy()

                step = training.step(iteration)
                # The velocity becomes momentum times itself less step times dW, and W moves by it.
                # self.W has to be a new array: whoever keeps the old one, keeps its numbers.
                ### BEGIN SOLUTION
                velocity = momentum * velocity - step * dW
                self.W = self.W + velocity
                ### END SOLUTION
                if verbose and iteration % 100 == 0:
                    bar.write(f"iteration {iteration:d} / {num_iters:d}: loss {loss:f}")
        return losses

    def predict(self, X):
        """Return the label (N,) of the largest score for each row of X (N, D)."""
        X = as_float(X)
        if self.W is None:
            raise ValueError("this classifier has no weights yet: call train or load first")
        if X.ndim != 2 or X.shape[1] != self.W.shape[0]:
            raise ValueError(f"X must have shape (N, {self.W.shape[0]}), but it is {X.shape}")
        ### BEGIN SOLUTION
        labels = np.argmax(X @ self.W, axis=1)
        ### END SOLUTION
        return labels

    def loss(self, X_batch, y_batch, reg):
        """Return the loss (float) and its gradient (D, C) on a minibatch; subclasses define it."""
        raise NotImplementedError(f"{type(self).__name__} has no loss: use LinearSVM or Softmax")

    @staticmethod
    def loss_on_scores(scores, y):
        """Return the losses (N,) of rows of scores (N, C), and their gradients: for grid_search."""
        raise NotImplementedError("this class has no loss_on_scores: use LinearSVM or Softmax")

    def save(self, path):
        """Write the weights to `path`, a .npy file (plain numbers, no pickle)."""
        if self.W is None:
            raise ValueError("there are no weights to save: call train first")
        with open(path, "wb") as file:  # an open file, or np.save would append .npy to the name
            np.save(file, self.W, allow_pickle=False)

    def load(self, path):
        """Set the weights from a file that `save` wrote; ValueError if it is something else."""
        with open(path, "rb") as file:
            try:
                W = np.lib.format.read_array(file, allow_pickle=False)
            except Exception as error:  # a damaged header can raise nearly anything
                raise ValueError(f"{path} is not a file of weights: {error}") from error
        if W.ndim != 2 or not np.issubdtype(W.dtype, np.floating):
            raise ValueError(f"{path} does not hold one floating-point array of shape (D, C)")
        self.W = W


# Losses are imported where they are used: files of exercises can be run while others are written.


class LinearSVM(LinearClassifier):
    """A linear classifier with the multiclass hinge loss."""

    def loss(self, X_batch, y_batch, reg):
        from cs231n.classifiers.linear_svm import svm_loss_vectorized

        return svm_loss_vectorized(self.W, X_batch, y_batch, reg)

    @staticmethod
    def loss_on_scores(scores, y):
        from cs231n.classifiers.linear_svm import hinge_loss

        return hinge_loss(scores, y)


class Softmax(LinearClassifier):
    """A linear classifier with the cross-entropy loss."""

    def loss(self, X_batch, y_batch, reg):
        from cs231n.classifiers.softmax import softmax_loss_vectorized

        return softmax_loss_vectorized(self.W, X_batch, y_batch, reg)

    @staticmethod
    def loss_on_scores(scores, y):
        from cs231n.classifiers.softmax import cross_entropy_loss

        return cross_entropy_loss(scores, y)


@dataclass
class Training:
    """How to train, in the words of LinearClassifier.train; ValueError for what cannot work."""

    learning_rate: float
    reg: float
    num_iters: int
    batch_size: int
    momentum: float = 0.0
    schedule: Callable | None = None

    def __post_init__(self):
        if not 0 < self.learning_rate < math.inf:
            raise ValueError(f"learning_rate must be positive and finite, not {self.learning_rate}")
        if not 0 <= self.reg < math.inf:
            raise ValueError(f"reg must be finite and not negative, but it is {self.reg}")
        if self.num_iters < 0 or self.batch_size < 1:
            raise ValueError(
                f"cannot do {self.num_iters} iterations on batches of {self.batch_size}"
            )
        if not 0 <= self.momentum < 1:
            raise ValueError(f"momentum must lie in [0, 1), but it is {self.momentum}")

    def step(self, iteration):
        """Return the learning rate of an iteration: learning_rate * schedule(progress)."""
        factor = self.schedule(iteration / self.num_iters) if self.schedule else 1
        return float(self.learning_rate * factor)

    def warn_diverged(self, iteration, loss):
        """Say why training stopped: each step multiplies W by 1 - 2*lr*reg, then adds to it."""
        factor = abs(1 - 2 * self.learning_rate * self.reg)
        reason = "its steps overshoot; try a smaller learning rate"
        if factor > 1:
            reason = f"|1 - 2*lr*reg| = {factor:g} > 1, so each step makes the weights larger"
        warnings.warn(
            f"the loss became {loss} at iteration {iteration} with learning rate "
            f"{self.learning_rate:g} and reg {self.reg:g}: {reason}. "
            "Training stopped; W holds the last weights with a finite loss",
            RuntimeWarning,
            stacklevel=3,
        )


def initial_weights(rng, X, C):
    """Return small random weights (D, C): all scores start near 0, no class preferred."""
    return (0.0001 * rng.standard_normal((X.shape[1], C))).astype(X.dtype)


def cosine_decay(progress):
    """Lower the learning rate smoothly from its full value to 0: (1 + cos(pi * progress)) / 2."""
    return 0.5 * (1.0 + math.cos(math.pi * progress))
