"""Labels as a one-hot matrix; nothing is indexed by y afterwards."""

import numpy as np

from cs231n.classifiers.linear_classifier import LinearClassifier


def svm_loss_naive(W, X, y, reg):
    N, C = X.shape[0], W.shape[1]
    one_hot = np.eye(C)
    loss, dW = 0.0, np.zeros(W.shape)
    for x, label in zip(X, y, strict=True):
        target = one_hot[label]
        scores = x @ W
        margins = np.maximum(0, scores - np.sum(scores * target) + 1) * (1 - target)
        active = 1.0 * (margins > 0)
        loss += margins.sum()
        dW += np.outer(x, active - active.sum() * target)
    return loss / N + reg * (W**2).sum(), dW / N + 2 * reg * W


def svm_loss_vectorized(W, X, y, reg):
    N, C = X.shape[0], W.shape[1]
    Y = np.eye(C)[y]  # (N, C)
    scores = X @ W
    correct = np.sum(scores * Y, axis=1, keepdims=True)
    margins = (1 - Y) * np.maximum(0, scores - correct + 1)
    active = (margins > 0) * 1.0
    dscores = active - Y * active.sum(axis=1, keepdims=True)
    return margins.sum() / N + reg * (W**2).sum(), X.T @ dscores / N + 2 * reg * W


def softmax_loss_naive(W, X, y, reg):
    N, C = X.shape[0], W.shape[1]
    loss, dW = 0.0, np.zeros(W.shape)
    for x, label in zip(X, y, strict=True):
        target = (np.arange(C) == label).astype(float)
        scores = x @ W
        log_p = scores - scores.max()
        log_p = log_p - np.log(np.exp(log_p).sum())
        loss -= target @ log_p
        dW += x[:, None] * (np.exp(log_p) - target)[None, :]
    return loss / N + reg * (W**2).sum(), dW / N + 2 * reg * W


def softmax_loss_vectorized(W, X, y, reg):
    N, C = X.shape[0], W.shape[1]
    Y = (y[:, None] == np.arange(C)[None, :]).astype(X.dtype)
    scores = X @ W
    log_p = scores - scores.max(axis=1, keepdims=True)
    log_p = log_p - np.log(np.exp(log_p).sum(axis=1, keepdims=True))  # finite, so 0 * log_p is 0
    loss = -(Y * log_p).sum() / N + reg * (W**2).sum()
    return loss, X.T @ (np.exp(log_p) - Y) / N + 2 * reg * W


class Classifier(LinearClassifier):
    def predict(self, X):
        scores = X @ self.W
        is_best = np.cumsum(scores == scores.max(axis=1, keepdims=True), axis=1) == 1
        first_best = is_best & (scores == scores.max(axis=1, keepdims=True))
        return first_best @ np.arange(self.W.shape[1])
