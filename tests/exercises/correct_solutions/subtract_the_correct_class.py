"""Sums over all classes first, and takes the correct class out again afterwards."""

import numpy as np


def svm_loss_naive(W, X, y, reg):
    N, C = len(X), W.shape[1]
    loss, dW = 0.0, np.zeros(W.shape)
    for i in range(N):
        scores = X[i] @ W
        for j in range(C):
            if scores[j] - scores[y[i]] + 1 > 0:
                loss += scores[j] - scores[y[i]] + 1
                dW[:, j] += X[i]
                dW[:, y[i]] -= X[i]  # for j = y[i], the two cancel
        loss -= 1  # the margin that the correct class kept from itself
    return loss / N + reg * np.sum(W * W), dW / N + 2 * reg * W


def svm_loss_vectorized(W, X, y, reg):
    N = len(X)
    scores = X @ W
    margins = np.maximum(0, scores - scores[np.arange(N), y].reshape(N, 1) + 1)
    loss = margins.sum() / N - 1 + reg * np.sum(W * W)
    dscores = (margins > 0).astype(float)
    dscores[np.arange(N), y] -= dscores.sum(axis=1)
    return loss, X.T @ dscores / N + 2 * reg * W


def softmax_loss_naive(W, X, y, reg):
    N, C = len(X), W.shape[1]
    loss, dW = 0.0, np.zeros(W.shape)
    for i in range(N):
        scores = X[i] @ W - np.max(X[i] @ W)
        total = 0.0
        for j in range(C):
            total += np.exp(scores[j])
        for j in range(C):
            dW[:, j] += X[i] * np.exp(scores[j]) / total
        loss += np.log(total)
    for i in range(N):
        loss -= X[i] @ W[:, y[i]] - np.max(X[i] @ W)
        dW[:, y[i]] -= X[i]
    return loss / N + reg * np.sum(W * W), dW / N + 2 * reg * W


def softmax_loss_vectorized(W, X, y, reg):
    N, C = len(X), W.shape[1]
    scores = X @ W
    scores = scores - scores.max(axis=1).reshape(N, 1)
    exponentials = np.exp(scores)
    normalizer = exponentials.sum(axis=1)
    dW = X.T @ (exponentials / normalizer.reshape(N, 1)) / N + 2 * reg * W
    dW = dW - X.T @ np.eye(C)[y] / N  # what the data say, after what the model says
    loss = np.log(normalizer).sum() / N - scores[np.arange(N), y].sum() / N
    return loss + reg * np.sum(W * W), dW
