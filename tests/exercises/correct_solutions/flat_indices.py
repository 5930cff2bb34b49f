"""Positions in the flattened scores: ravel_multi_index, take, put; products with np.tensordot."""

import numpy as np

from cs231n.classifiers.linear_classifier import LinearClassifier


def svm_loss_naive(W, X, y, reg):
    N, C = X.shape[0], W.shape[1]
    total = 0.0
    dscores = np.zeros(N * C)
    for position in range(N * C):
        i, c = divmod(position, C)
        if c == y[i]:
            continue
        margin = np.vdot(X[i], W[:, c]) - np.vdot(X[i], W[:, y[i]]) + 1
        if margin > 0:
            total += margin
            dscores[position] += 1
            dscores[i * C + y[i]] -= 1
    dW = np.tensordot(X, dscores.reshape(N, C), axes=([0], [0])) / N + 2 * reg * W
    return total / N + reg * np.vdot(W, W), dW


def svm_loss_vectorized(W, X, y, reg):
    N, C = X.shape[0], W.shape[1]
    scores = np.tensordot(X, W, axes=1)
    correct = np.ravel_multi_index((np.arange(N), y), (N, C))
    margins = np.maximum(scores - scores.ravel()[correct].reshape(N, 1) + 1, 0)
    np.put(margins, correct, 0)
    dscores = np.where(margins > 0, 1.0, 0.0)
    np.put(dscores, correct, -dscores.sum(axis=1))
    dW = np.tensordot(X, dscores, axes=(0, 0)) / N + 2 * reg * W
    return margins.sum() / N + reg * np.vdot(W, W), dW


def softmax_loss_naive(W, X, y, reg):
    N, C = X.shape[0], W.shape[1]
    scores = np.tensordot(X, W, axes=1)
    flat = scores.ravel().astype(float)
    loss = 0.0
    for start in range(0, N * C, C):
        part = flat[start : start + C]  # a view: one example's scores
        part -= part.max()
        loss += np.log(np.exp(part).sum()) - part[y[start // C]]
        part[:] = np.exp(part) / np.exp(part).sum()
        part[y[start // C]] -= 1
    dW = np.tensordot(X, flat.reshape(N, C), axes=([0], [0])) / N + 2 * reg * W
    return loss / N + reg * np.vdot(W, W), dW


def softmax_loss_vectorized(W, X, y, reg):
    N, C = X.shape[0], W.shape[1]
    scores = np.tensordot(X, W, axes=1)
    scores -= scores.max(axis=1).repeat(C).reshape(N, C)
    correct = np.arange(0, N * C, C) + y
    normalizer = np.exp(scores).sum(axis=1)
    loss = (np.log(normalizer) - np.take(scores, correct)).mean() + reg * np.vdot(W, W)
    dscores = np.exp(scores) / np.tile(normalizer, (C, 1)).T
    dscores.flat[correct] -= 1
    return loss, np.tensordot(X, dscores, axes=(0, 0)) / N + 2 * reg * W


class Classifier(LinearClassifier):
    def train(self, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, **rest):
        N, D = X.shape
        if self.W is None:
            self.W = (np.random.rand(D, y.max() + 1) - 0.5) / 1000  # noqa: NPY002
        losses = []
        for _ in range(num_iters):
            rows = np.resize(np.random.permutation(N), batch_size)  # noqa: NPY002
            loss, dW = self.loss(X.take(rows, axis=0), y.take(rows), reg)
            losses.append(loss.item() if hasattr(loss, "item") else loss)
            self.W = np.add(self.W, np.multiply(-learning_rate, dW))
        return losses

    def predict(self, X):
        scores = np.tensordot(X, self.W, axes=1)
        return np.unravel_index(scores.argmax(axis=1), (1, scores.shape[1]))[1]
