"""One scratch array for everything, written by out= arguments; the inputs stay as they are."""

import numpy as np


def svm_loss_vectorized(W, X, y, reg):
    N = len(X)
    work = np.dot(X, W)
    np.subtract(work, work[np.arange(N), y].reshape(N, 1) - 1, out=work)
    np.maximum(work, 0, out=work)
    work[np.arange(N), y] = 0
    loss = work.sum(dtype=np.float64) / N
    np.sign(work, out=work)
    work[np.arange(N), y] -= work.sum(axis=1)
    np.divide(work, N, out=work)
    dW = np.dot(X.T, work)
    np.add(dW, 2 * reg * W, out=dW)
    return loss + reg * np.sum(np.square(W)), dW


def softmax_loss_vectorized(W, X, y, reg):
    N = len(X)
    work = np.dot(X, W)
    work -= work.max(axis=1, keepdims=True)
    loss = -work[np.arange(N), y].sum()
    np.exp(work, out=work)
    sums = work.sum(axis=1, keepdims=True)
    loss += np.log(sums).sum()
    work /= sums
    work[np.arange(N), y] -= 1
    work /= N
    return loss / N + reg * np.sum(np.square(W)), np.dot(X.T, work) + 2 * reg * W
