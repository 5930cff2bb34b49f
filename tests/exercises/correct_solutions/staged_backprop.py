"""Backpropagation in stages, one derivative for each forward line, in reverse."""

import numpy as np


def svm_loss_vectorized(W, X, y, reg):
    N = X.shape[0]
    n = np.arange(N)
    s = X.dot(W)
    right = s[n, y]
    diff = s - right[:, None]
    shifted = diff + 1.0
    hinge = shifted * (shifted > 0)
    hinge[n, y] = 0.0
    data = hinge.sum() / N
    penalty = reg * (W**2).sum()

    dhinge = np.ones_like(s) / N
    dhinge[n, y] = 0.0
    dshifted = dhinge * (shifted > 0)
    ds = dshifted.copy()
    ds[n, y] += -dshifted.sum(axis=1)
    return data + penalty, X.T.dot(ds) + reg * 2 * W


def softmax_loss_vectorized(W, X, y, reg):
    N = X.shape[0]
    n = np.arange(N)
    s = X.dot(W)
    t = s - s.max(axis=1, keepdims=True)
    e = np.exp(t)
    z = e.sum(axis=1)
    logz = np.log(z)
    data = np.mean(logz - t[n, y])
    penalty = reg * np.sum(W**2)

    dlogz = np.full(N, 1.0 / N)
    dz = dlogz / z
    dt = e * dz[:, None]
    dt[n, y] -= 1.0 / N
    dW = X.T.dot(dt)
    dW += 2 * reg * W
    return data + penalty, dW
