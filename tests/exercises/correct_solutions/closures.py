"""Functions inside functions, lambdas and generator expressions for each step."""

import numpy as np


def svm_loss_naive(W, X, y, reg):
    def cost(i, j):
        return X[i] @ W[:, j] - X[i] @ W[:, y[i]] + 1

    pairs = [(i, j) for i in range(len(X)) for j in range(W.shape[1]) if j != y[i]]
    paid = [(i, j) for i, j in pairs if cost(i, j) > 0]
    dW = np.zeros(W.shape)
    for i, j in paid:
        dW[:, [j, y[i]]] += np.outer(X[i], [1, -1])
    mean = lambda total: total / len(X)  # noqa: E731
    return mean(sum(cost(*one) for one in paid)) + reg * np.sum(W**2), mean(dW) + 2 * reg * W


def softmax_loss_naive(W, X, y, reg):
    def of_row(i):
        shifted = (lambda s: s - s.max())(X[i] @ W)
        p = np.exp(shifted) / np.sum(np.exp(shifted))
        return np.log(np.exp(shifted).sum()) - shifted[y[i]], np.outer(X[i], p - one(y[i]))

    one = lambda label: (np.arange(W.shape[1]) == label).astype(int)  # noqa: E731
    losses, slopes = zip(*map(of_row, range(len(X))), strict=True)
    penalty, its_slope = reg * np.sum(W**2), 2 * reg * W
    return np.mean(losses) + penalty, np.mean(slopes, axis=0) + its_slope


def softmax_loss_vectorized(W, X, y, reg):
    def log_softmax(s):
        s = s - s.max(1)[:, None]
        return s - np.log(np.exp(s).sum(1))[:, None]

    logs = log_softmax(X @ W)
    pick = np.arange(len(y)), y
    slopes = np.exp(logs)
    slopes[pick] -= 1
    return -logs[pick].mean() + reg * (W**2).sum(), X.T @ slopes / len(y) + 2 * reg * W
