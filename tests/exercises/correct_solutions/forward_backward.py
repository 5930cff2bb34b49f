"""A class for each loss with forward and backward, as frameworks have layers."""

import numpy as np


class Layer:
    def __init__(self, W, X, y):
        self.W, self.X, self.y, self.rows = W, X, y, np.arange(len(X))
        self.scores = X @ W

    def result(self, reg):
        data, slopes = self.forward(), self.backward()
        loss = data.mean() + reg * np.vdot(self.W, self.W)
        return loss, self.X.T @ slopes / len(self.X) + 2 * reg * self.W


class Hinge(Layer):
    def forward(self):
        self.margins = self.scores - self.scores[self.rows, self.y, None] + 1
        self.margins[self.rows, self.y] = 0
        return np.maximum(self.margins, 0).sum(axis=-1)

    def backward(self):
        slopes = (self.margins > 0) * 1.0
        slopes[self.rows, self.y] -= slopes.sum(axis=-1)
        return slopes


class CrossEntropy(Layer):
    def forward(self):
        self.scores = self.scores - self.scores.max(axis=-1, keepdims=True)
        self.total = np.exp(self.scores).sum(axis=-1, keepdims=True)
        return np.log(self.total[:, 0]) - self.scores[self.rows, self.y]

    def backward(self):
        slopes = np.exp(self.scores) / self.total
        slopes[self.rows, self.y] -= 1
        return slopes


def svm_loss_vectorized(W, X, y, reg):
    return Hinge(W, X, y).result(reg)


def softmax_loss_vectorized(W, X, y, reg):
    return CrossEntropy(W, X, y).result(reg)
