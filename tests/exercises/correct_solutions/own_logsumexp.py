"""A log-sum-exp function of one's own; probabilities are exp(score - logsumexp)."""

import numpy as np


def logsumexp(a, axis=-1):
    top = a.max(axis=axis, keepdims=True)
    return np.squeeze(top, axis=axis) + np.log(np.exp(a - top).sum(axis=axis))


def softmax_loss_naive(W, X, y, reg):
    N, C = len(X), W.shape[1]
    loss = reg * np.sum(W**2)
    dW = 2 * reg * W
    for i in range(N):
        scores = X[i] @ W
        log_normalizer = logsumexp(scores)
        loss = loss + (log_normalizer - scores[y[i]]) / N
        for j in range(C):
            dW[:, j] += np.exp(scores[j] - log_normalizer) * X[i] / N
        dW[:, y[i]] -= X[i] / N
    return loss, dW


def softmax_loss_vectorized(W, X, y, reg):
    N = len(X)
    scores = X @ W
    log_normalizers = logsumexp(scores)
    dscores = np.exp(scores - log_normalizers[:, None])
    dscores[np.arange(N), y] -= 1
    loss = np.mean(log_normalizers - scores[np.arange(N), y]) + reg * np.sum(W**2)
    return loss, X.T @ dscores / N + 2 * reg * W
