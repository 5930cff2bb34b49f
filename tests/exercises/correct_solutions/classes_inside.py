"""Layers as classes with forward and backward; training takes slices of an order shuffled anew."""

from collections import deque
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from cs231n.classifiers.linear_classifier import LinearClassifier


@dataclass
class Linear:
    W: np.ndarray
    X: np.ndarray = None

    def forward(self, X):
        self.X = X
        return X @ self.W

    def backward(self, dscores):
        return self.X.T @ dscores


@dataclass
class Hinge:
    y: np.ndarray
    active: np.ndarray = field(default=None, repr=False)

    def forward(self, scores):
        rows = np.arange(len(self.y))
        margins = scores - (scores[rows, self.y] - 1)[:, None]
        margins[rows, self.y] = 0
        self.active = margins > 0
        return margins[self.active].sum() / len(rows)

    def backward(self):
        dscores = self.active * 1.0
        dscores[np.arange(len(self.y)), self.y] = -np.count_nonzero(self.active, axis=1)
        return dscores / len(self.y)


@dataclass
class CrossEntropy:
    y: np.ndarray
    probabilities: np.ndarray = field(default=None, repr=False)

    def forward(self, scores):
        rows = np.arange(len(self.y))
        shifted = scores - scores.max(axis=1, keepdims=True)
        exponentials = np.exp(shifted)
        self.probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
        return np.mean(np.log(exponentials.sum(axis=1)) - shifted[rows, self.y])

    def backward(self):
        dscores = self.probabilities.copy()
        dscores[np.arange(len(self.y)), self.y] -= 1
        return dscores / len(self.y)


@dataclass
class Penalized:
    loss: object
    reg: float

    def __call__(self, W, X):
        layer = Linear(W)
        value = self.loss.forward(layer.forward(X)) + self.reg * np.sum(W**2)
        return value, layer.backward(self.loss.backward()) + 2 * self.reg * W


def svm_loss_naive(W, X, y, reg):
    results = [Penalized(Hinge(y[i : i + 1]), reg)(W, X[i : i + 1]) for i in range(len(X))]
    return sum(loss for loss, _ in results) / len(X), sum(dW for _, dW in results) / len(X)


def svm_loss_vectorized(W, X, y, reg):
    return Penalized(Hinge(y), reg)(W, X)


def softmax_loss_naive(W, X, y, reg):
    results = [Penalized(CrossEntropy(y[i : i + 1]), reg)(W, X[i : i + 1]) for i in range(len(X))]
    return sum(loss for loss, _ in results) / len(X), sum(dW for _, dW in results) / len(X)


def softmax_loss_vectorized(W, X, y, reg):
    return Penalized(CrossEntropy(y), reg)(W, X)


class Shuffled:
    """Row numbers without end: each row once in an order drawn anew every time, then again."""

    def __init__(self, N, rng):
        self.N, self.rng, self.waiting = N, rng, deque()

    def __iter__(self):
        return self

    def __next__(self):
        if not self.waiting:
            self.waiting.extend(self.rng.permutation(self.N).tolist())
        return self.waiting.popleft()


class Classifier(LinearClassifier):
    def train(
        self, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, rng=None, **others
    ):
        rng = np.random if rng is None else rng
        if self.W is None:
            self.W = rng.uniform(-1e-4, 1e-4, size=(X.shape[1], int(np.max(y)) + 1))
        order = Shuffled(len(X), rng)
        history = []
        for _ in range(num_iters):
            batch = list(islice(order, batch_size))
            loss, dW = self.loss(X[batch], y[batch], reg)
            history.append(loss)
            self.W = self.W - learning_rate * dW
        return history
