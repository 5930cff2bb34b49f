"""What an example gives to its class is added up by np.add.at, np.bincount or np.ix_."""

import numpy as np

from cs231n.classifiers.linear_classifier import LinearClassifier


def svm_loss_naive(W, X, y, reg):
    loss, dW = 0.0, np.zeros(W.shape)
    every_feature = np.arange(W.shape[0])
    for i in range(len(X)):
        scores = X[i] @ W
        margins = np.delete(scores, y[i]) - scores[y[i]] + 1
        classes = np.delete(np.arange(W.shape[1]), y[i])[margins > 0]
        loss += margins[margins > 0].sum()
        dW[np.ix_(every_feature, classes)] += X[i].reshape(-1, 1)
        dW[:, y[i]] -= len(classes) * X[i]
    return loss / len(X) + reg * np.sum(W * W), dW / len(X) + 2 * reg * W


def svm_loss_vectorized(W, X, y, reg):
    N = len(X)
    scores = X @ W
    margins = scores - scores[np.arange(N), y][:, np.newaxis] + 1
    margins[np.arange(N), y] = 0
    example, wrong_class = np.nonzero(margins > 0)
    loss = margins[example, wrong_class].sum() / N + reg * np.sum(W * W)

    dscores = np.zeros(scores.shape)
    np.add.at(dscores, (example, wrong_class), 1)
    np.subtract.at(dscores, (example, y[example]), 1)
    return loss, X.T @ dscores / N + 2 * reg * W


def softmax_loss_naive(W, X, y, reg):
    dW = np.zeros(W.shape)
    losses = np.zeros(len(X))
    for i in range(len(X)):
        scores = X[i] @ W
        scores = scores - scores.max()
        normalizer = np.exp(scores).sum()
        losses[i] = np.log(normalizer) - scores[y[i]]
        np.add.at(dW.T, np.arange(W.shape[1]), np.outer(np.exp(scores) / normalizer, X[i]))
        np.subtract.at(dW.T, y[i], X[i])
    return losses.mean() + reg * np.sum(W * W), dW / len(X) + 2 * reg * W


def softmax_loss_vectorized(W, X, y, reg):
    N, C = len(X), W.shape[1]
    scores = X @ W
    scores = scores - scores.max(axis=1)[:, np.newaxis]
    normalizer = np.exp(scores).sum(axis=1)
    dW = X.T @ (np.exp(scores) / normalizer[:, np.newaxis])
    np.subtract.at(dW.T, y, X)
    losses = np.log(normalizer) - scores[np.arange(N), y]
    loss_of_class = np.bincount(y, weights=losses, minlength=C)
    return loss_of_class.sum() / N + reg * np.sum(W * W), dW / N + 2 * reg * W


class Classifier(LinearClassifier):
    def train(self, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, **options):
        N, D = X.shape
        if self.W is None:
            shape = (D, np.unique(y).max() + 1)
            self.W = np.random.normal(scale=1e-4, size=shape)  # noqa: NPY002
        losses = {}
        for t in range(num_iters):
            chosen = (np.random.random(batch_size) * N).astype(int)  # noqa: NPY002
            losses[t], gradient = self.loss(X[chosen, :], y[chosen], reg)
            np.subtract(self.W, learning_rate * gradient, out=self.W)
        return list(losses.values())
