"""Loops with while and counters, as from a first course in another language."""

import math

import numpy as np


def svm_loss_naive(W, X, y, reg):
    loss, dW, i = 0.0, np.zeros_like(W), 0
    while i < X.shape[0]:
        scores, right, j = X[i].dot(W), y[i], -1
        while j + 1 < W.shape[1]:
            j += 1
            margin = scores[j] - scores[right] + 1
            if j == right or margin <= 0:
                continue
            loss += margin / X.shape[0]
            dW[:, j] += X[i] / X.shape[0]
            dW[:, right] -= X[i] / X.shape[0]
        i += 1
    d = 0
    while d < W.shape[0]:
        loss += reg * W[d].dot(W[d])
        dW[d] += 2 * reg * W[d]
        d += 1
    return loss, dW


def softmax_loss_naive(W, X, y, reg):
    loss, dW, i = 0.0, np.zeros_like(W), len(X)
    while i > 0:
        i -= 1
        scores = X[i].dot(W)
        largest, total, j = max(scores), 0.0, 0
        while j < len(scores):
            total += math.exp(scores[j] - largest)
            j += 1
        loss -= scores[y[i]] - largest - math.log(total)
        while j > 0:
            j -= 1
            dW[:, j] += X[i] * (math.exp(scores[j] - largest) / total)
            if j == y[i]:
                dW[:, j] -= X[i]
    return loss / len(X) + reg * np.sum(W * W), dW / len(X) + reg * 2 * W
