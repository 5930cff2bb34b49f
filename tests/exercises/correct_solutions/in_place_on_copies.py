"""Works in place wherever it can (out=, -=, fill), on arrays of its own, never on the inputs."""

import numpy as np

from cs231n.classifiers.linear_classifier import LinearClassifier


def svm_loss_naive(W, X, y, reg):
    dW = W.copy()
    dW *= 2 * reg * len(X)
    loss = np.sum(W * W) * reg * len(X)
    scores = np.empty(W.shape[1], dtype=np.result_type(W, X))
    for i in range(len(X)):
        np.dot(X[i], W, out=scores)
        scores -= scores[y[i]] - 1
        scores[y[i]] = 0
        np.maximum(scores, 0, out=scores)
        loss += scores.sum()
        np.sign(scores, out=scores)
        scores[y[i]] -= scores.sum()
        dW += X[i][:, None] * scores
    loss /= len(X)
    dW /= len(X)
    return loss, dW


def svm_loss_vectorized(W, X, y, reg):
    rows = np.arange(len(X))
    work = X @ W
    work -= work[rows, y][:, None].copy()
    work += 1
    work[rows, y] = 0
    np.maximum(work, 0, out=work)
    loss = work.sum()
    loss /= len(X)
    work[work > 0] = 1
    work[rows, y] -= work.sum(axis=1)
    work /= len(X)
    dW = np.array(W)
    dW *= 2 * reg
    dW += X.T @ work
    loss += reg * np.sum(np.multiply(W, W))
    return loss, dW


def softmax_loss_naive(W, X, y, reg):
    X, W, y = X.copy(), W.copy(), y.copy()
    dW = np.empty_like(W)
    dW.fill(0)
    loss = 0.0
    for i in range(len(X)):
        scores = X[i] @ W
        scores -= scores.max()
        loss -= scores[y[i]]
        np.exp(scores, out=scores)
        loss += np.log(scores.sum())
        scores /= scores.sum()
        scores[y[i]] -= 1
        X[i] /= len(X)
        dW += X[i][:, None] * scores
    loss /= len(X)
    W *= np.sqrt(reg)
    loss += (W * W).sum()
    W *= 2 * np.sqrt(reg)
    dW += W
    return loss, dW


def softmax_loss_vectorized(W, X, y, reg):
    rows = np.arange(len(X))
    work = np.dot(X, W)
    work -= work.max(axis=1, keepdims=True)
    loss = -work[rows, y].sum()
    np.exp(work, out=work)
    normalizer = work.sum(axis=1, keepdims=True)
    work /= normalizer
    work[rows, y] -= 1
    loss += np.log(normalizer, out=normalizer).sum()
    dW = np.dot(X.T, work)
    dW /= len(X)
    dW += 2 * reg * W
    return loss / len(X) + reg * np.sum(W * W), dW


class Classifier(LinearClassifier):
    def train(self, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, **_):
        if self.W is None:
            self.W = np.random.randn(X.shape[1], y.max() + 1)  # noqa: NPY002
            self.W *= 0.0001
        losses = np.zeros(num_iters)
        X_batch = np.empty((batch_size, X.shape[1]), dtype=X.dtype)
        y_batch = np.empty(batch_size, dtype=y.dtype)
        for t in range(num_iters):
            rows = np.random.randint(0, len(X), batch_size)  # noqa: NPY002
            X_batch[:] = X[rows]  # the same two arrays are filled again for every batch
            y_batch[:] = y[rows]
            losses[t], dW = self.loss(X_batch, y_batch, reg)
            dW *= learning_rate
            self.W -= dW
        return losses.tolist()
