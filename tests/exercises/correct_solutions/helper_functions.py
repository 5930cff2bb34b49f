"""Everything in small helpers of one's own: the four exercises only put them together."""

import numpy as np

from cs231n.classifiers.linear_classifier import LinearClassifier


def penalty(W, reg):
    return reg * np.sum(W * W), 2 * reg * W


def correct_scores(scores, y):
    return scores[np.arange(len(y)), y]


def hinge(scores, y):
    """Return data loss and its gradient by the scores, both already divided by N."""
    margins = scores - correct_scores(scores, y)[:, None] + 1
    wrong = np.arange(scores.shape[1]) != y[:, None]
    violated = wrong & (margins > 0)
    dscores = violated.astype(scores.dtype)
    dscores[np.arange(len(y)), y] -= violated.sum(axis=1)
    return margins[violated].sum() / len(y), dscores / len(y)


def cross_entropy(scores, y):
    """Return data loss and its gradient by the scores, both already divided by N."""
    shifted = scores - scores.max(axis=1)[:, None]
    dscores = softmax(shifted)
    dscores[np.arange(len(y)), y] -= 1
    losses = np.log(np.exp(shifted).sum(axis=1)) - correct_scores(shifted, y)
    return losses.mean(), dscores / len(y)


def softmax(shifted):
    exponentials = np.exp(shifted)
    return exponentials / exponentials.sum(axis=1)[:, None]


def total(W, X, y, reg, score_loss):
    data_loss, dscores = score_loss(X @ W, y)
    reg_loss, reg_gradient = penalty(W, reg)
    return data_loss + reg_loss, X.T @ dscores + reg_gradient


def one_by_one(W, X, y, reg, score_loss):
    """Treat each example as a batch of one."""
    loss, dW = penalty(W, reg)
    for i in range(len(y)):
        loss_i, dW_i = total(W, X[i : i + 1], y[i : i + 1], 0.0, score_loss)
        loss, dW = loss + loss_i / len(y), dW + dW_i / len(y)
    return loss, dW


def svm_loss_naive(W, X, y, reg):
    return one_by_one(W, X, y, reg, hinge)


def svm_loss_vectorized(W, X, y, reg):
    return total(W, X, y, reg, hinge)


def softmax_loss_naive(W, X, y, reg):
    return one_by_one(W, X, y, reg, cross_entropy)


def softmax_loss_vectorized(W, X, y, reg):
    return total(W, X, y, reg, cross_entropy)


class Classifier(LinearClassifier):
    def train(
        self, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, rng=None, **unused
    ):
        rng = rng or np.random.default_rng()
        self._start(X, y, rng)
        return [
            self._step(*self._minibatch(X, y, batch_size, rng), learning_rate, reg)
            for _ in range(num_iters)
        ]

    def _start(self, X, y, rng):
        if self.W is None:
            self.W = 0.0001 * rng.standard_normal((X.shape[1], int(y.max()) + 1))

    def _minibatch(self, X, y, batch_size, rng):
        rows = rng.choice(X.shape[0], size=batch_size, replace=batch_size > X.shape[0])
        return X[rows], y[rows]

    def _step(self, X_batch, y_batch, learning_rate, reg):
        loss, dW = self.loss(X_batch, y_batch, reg)
        self.W = self.W - learning_rate * dW
        return loss
