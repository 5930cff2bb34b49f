"""Scores less the score of the correct class, or of every other class: no maximum anywhere.

p_k = 1 / sum_j exp(s_j - s_k): where the sum overflows to inf, p_k is the 0 that it should be. The
loss, log sum_j exp(s_j - s_y), is inf only where it exceeds 700 (float32: 80).
"""

import numpy as np


def svm_loss_vectorized(W, X, y, reg):
    N, C = len(X), W.shape[1]
    differences = X @ W - np.sum(X * W[:, y].T, axis=1)[:, None]
    violated = (differences > -1) & (y[:, None] != np.arange(C))
    loss = np.sum(differences + 1, where=violated) / N + reg * np.sum(W * W)
    counts = np.zeros((N, C))
    counts[np.arange(N), y] = violated.sum(axis=1)
    return loss, X.T @ (violated - counts) / N + 2 * reg * W


def softmax_loss_naive(W, X, y, reg):
    loss, dW = reg * np.sum(W * W), 2 * reg * W
    with np.errstate(over="ignore"):
        for i in range(len(X)):
            scores = X[i] @ W
            loss = loss + np.log(np.sum(np.exp(scores - scores[y[i]]))) / len(X)
            for k in range(W.shape[1]):
                p = 1 / np.sum(np.exp(scores - scores[k]))
                dW[:, k] += (p - (k == y[i])) * X[i] / len(X)
    return loss, dW


def softmax_loss_vectorized(W, X, y, reg):
    N = len(X)
    scores = X @ W
    with np.errstate(over="ignore"):
        ratios = np.exp(scores[:, :, None] - scores[:, None, :])  # (N, j, k): p_j / p_k
        normalizers = np.sum(ratios, axis=1)  # (N, k): 1 / p_k
    loss = np.mean(np.log(normalizers[np.arange(N), y])) + reg * np.sum(W * W)
    dscores = 1 / normalizers
    dscores[np.arange(N), y] -= 1
    return loss, X.T @ dscores / N + 2 * reg * W
