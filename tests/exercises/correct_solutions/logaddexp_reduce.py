"""np.logaddexp.reduce for the normalizer, other ufuncs' reduce and outer for the rest."""

import numpy as np


def svm_loss_naive(W, X, y, reg):
    total, dW = 0.0, np.multiply(2 * reg, W)
    for x, k in zip(X, y, strict=True):
        scores = np.add.reduce(np.multiply(x[:, None], W), axis=0)
        excess = np.fmax(np.subtract(scores, scores[k] - 1), 0)
        excess[k] = 0
        total += np.add.reduce(excess)
        direction = np.greater(excess, 0) - np.count_nonzero(excess) * (np.arange(len(scores)) == k)
        dW += np.multiply.outer(x, direction) / len(X)
    return total / len(X) + reg * np.add.reduce(np.square(W), axis=None), dW


def svm_loss_vectorized(W, X, y, reg):
    N, C = len(X), W.shape[1]
    scores = np.dot(X, W)
    wrong = np.not_equal.outer(y, np.arange(C))
    target = np.add.reduce(scores, axis=1, keepdims=True, where=~wrong)
    excess = wrong * np.fmax(np.subtract(scores, target) + 1, 0)
    active = np.greater(excess, 0).astype(float)
    dscores = active - ~wrong * np.add.reduce(active, axis=1, keepdims=True)
    loss = np.add.reduce(excess, axis=None) / N + reg * np.add.reduce(np.square(W), axis=None)
    return loss, np.dot(X.T, dscores) / N + 2 * reg * W


def softmax_loss_naive(W, X, y, reg):
    total, dW = 0.0, np.multiply(2 * reg, W)
    for x, k in zip(X, y, strict=True):
        scores = np.dot(x, W)
        log_normalizer = scores[0]
        for score in scores[1:]:
            log_normalizer = np.logaddexp(log_normalizer, score)
        total += log_normalizer - scores[k]
        dW += np.multiply.outer(x, np.exp(scores - log_normalizer)) / len(X)
        dW[:, k] -= x / len(X)
    return total / len(X) + reg * np.add.reduce(np.square(W), axis=None), dW


def softmax_loss_vectorized(W, X, y, reg):
    N, C = len(X), W.shape[1]
    scores = np.dot(X, W)
    log_p = scores - np.logaddexp.reduce(scores, axis=1)[:, None]
    correct = np.equal.outer(y, np.arange(C))
    loss = -np.add.reduce(log_p[correct]) / N + reg * np.add.reduce(np.square(W), axis=None)
    return loss, np.dot(X.T, np.exp(log_p) - correct) / N + 2 * reg * W
