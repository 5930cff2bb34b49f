"""Further arguments with defaults that change nothing; both exercises of a loss share one function.

The functions are functools.partial inside, plain outside.
"""

from functools import partial

import numpy as np


def linear_loss(data_loss, W, X, y, reg, *, average=True, penalty=np.square, slope=2.0):
    scale = 1 / len(X) if average else 1
    loss, dscores = data_loss(X @ W, y)
    return loss * scale + reg * penalty(W).sum(), X.T @ dscores * scale + slope * reg * W


def hinge(scores, y, delta=1.0):
    rows = np.arange(len(y))
    margins = np.maximum(scores + delta - scores[rows, y][..., None], 0)
    margins[rows, y] = 0
    dscores = np.not_equal(margins, 0).astype(float)
    dscores[rows, y] -= dscores.sum(-1)
    return margins.sum(), dscores


def cross_entropy(scores, y, temperature=1.0):
    rows = np.arange(len(y))
    scores = scores / temperature
    scores = scores - scores.max(-1)[..., None]
    log_p = scores - np.log(np.exp(scores).sum(-1))[..., None]
    dscores = np.exp(log_p)
    dscores[rows, y] -= 1
    return -log_p[rows, y].sum(), dscores / temperature


svm = partial(linear_loss, partial(hinge, delta=1.0))
softmax = partial(linear_loss, cross_entropy)


def svm_loss_naive(W, X, y, reg, delta=1.0, verbose=False, **options):
    loss, dW = 0.0, np.zeros(W.shape)
    for i in range(len(X)):
        term = linear_loss(partial(hinge, delta=delta), W, X[i : i + 1], y[i : i + 1], reg)
        loss, dW = loss + term[0] / len(X), dW + term[1] / len(X)
        if verbose:
            print(i, term[0])
    return loss, dW


def svm_loss_vectorized(W, X, y, reg, delta=1.0, *, loss_only=False):
    loss, dW = linear_loss(partial(hinge, delta=delta), W, X, y, reg)
    return loss if loss_only else (loss, dW)


def softmax_loss_naive(W, X, y, reg=0.0, *args, temperature=1.0, start=None):
    loss = 0.0
    dW = np.zeros(W.shape) if start is None else start
    for i in range(len(X)):
        part, gradient = softmax(W, X[[i]], y[[i]], reg, average=False)
        loss += part
        dW += gradient
    return loss / len(X), dW / len(X)


def softmax_loss_vectorized(W, X, y, reg=0.0, return_scores=False):
    result = softmax(W, X, y, reg)
    return (*result, X @ W) if return_scores else result
